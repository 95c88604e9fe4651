"""Every task object and every page of tasks in the answers of a run. Pure."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript.transcript import Exchange


def listings(record: Record) -> Iterator[tuple[Exchange, list[dict[str, Any]], dict[str, Any]]]:
    """Every page from list_tasks: items and pagination."""
    for exchange in record.exchanges():
        if exchange.operation == "list_tasks" and exchange.ok and isinstance(exchange.data, list):
            pagination = exchange.json().get("pagination")
            items = [item for item in exchange.data if isinstance(item, dict)]
            yield exchange, items, pagination if isinstance(pagination, dict) else {}


def tasks(record: Record) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """Every task object from get_task in the run."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task" and exchange.ok and isinstance(exchange.data, dict):
            yield exchange, exchange.data
