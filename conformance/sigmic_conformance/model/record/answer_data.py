"""Reads the `data` of an answer: a status, messages, the tasks of a page. Pure."""

from typing import Any

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange


def status_of(exchange: Exchange) -> str | None:
    """The status from get_task; for a type other than string its JSON text."""
    told = exchange.fields.get("status")
    return None if told is None else json_values.word(told)


def messages(exchange: Exchange) -> list[Any]:
    """The messages of a history, by their documented fields."""
    return [json_values.message(entry) for entry in json_values.objects(exchange.fields.get("messages"))]


def tasks_marked(exchange: Exchange, mark: str) -> list[str]:
    """The ids of listed tasks whose system prompt starts with a mark."""
    entries = exchange.data if isinstance(exchange.data, list) else []
    return [
        str(entry.get("id"))
        for entry in entries
        if isinstance(entry, dict) and str(entry.get("systemPrompt")).startswith(mark)
    ]
