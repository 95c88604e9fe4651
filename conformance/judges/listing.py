"""LIST: sizes, offsets, order and fields of pages."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

EASY, PAGES, NONSENSE = "easy_task", "pages", "page_nonsense"


def listings(record: Record) -> Iterator[tuple[Exchange, list[dict[str, Any]], dict[str, Any]]]:
    """Every page that list_tasks answered: items and pagination."""
    for exchange in record.exchanges():
        if exchange.operation == "list_tasks" and exchange.ok and isinstance(exchange.data, list):
            pagination = exchange.json().get("pagination")
            items = [item for item in exchange.data if isinstance(item, dict)]
            yield exchange, items, pagination if isinstance(pagination, dict) else {}


def page(record: Record, label: str) -> tuple[Exchange, list[Any], dict[str, Any]]:
    """A page of the probe `pages`."""
    exchange = record.exchange(PAGES, label)
    body = exchange.json()
    pagination = body.get("pagination") if isinstance(body, dict) else None
    items = exchange.data if isinstance(exchange.data, list) else []
    return exchange, items, pagination if isinstance(pagination, dict) else {}


@judge("LIST-001", PAGES)
def default_limit(record: Record) -> Verdict:
    claim = Claim("other-limit", "50")
    exchange, items, pagination = page(record, "default")
    claim.see(pagination.get("limit") == 50 and len(items) <= 50, exchange, f"{pagination}")
    return claim.verdict()


@judge("LIST-002", PAGES)
def default_offset(record: Record) -> Verdict:
    claim = Claim("other-offset", "0")
    exchange, _, pagination = page(record, "default")
    claim.see(pagination.get("offset") == 0, exchange, f"{pagination}")
    return claim.verdict()


@judge("LIST-003", PAGES)
def at_most_limit(record: Record) -> Verdict:
    claim = Claim("page-too-long", "at most limit tasks")
    for limit in (1, 3, 100):
        exchange, items, pagination = page(record, f"limit {limit}")
        good = exchange.ok and len(items) <= limit and len(items) >= min(limit, 3)
        claim.see(good, exchange, f"limit {limit}: {len(items)} items of {pagination.get('total')}")
    return claim.verdict()


@judge("LIST-004", PAGES)
def never_more_than_100(record: Record) -> Verdict:
    claim = Claim("page-too-long", "refused, or at most 100 tasks")
    exchange, items, _ = page(record, "limit 101")
    claim.see(exchange.refused or (exchange.ok and len(items) <= 100), exchange, summary(exchange))
    return claim.verdict()


@judge("LIST-006", PAGES, sweep=True)
def newest_first(record: Record) -> Verdict:
    claim = Claim("wrong-order", "descending lastActivityAt")
    for exchange, items, _ in listings(record):
        times = [shapes.instant(item.get("lastActivityAt")) for item in items]
        known = [time for time in times if time is not None]
        if len(known) > 1:
            claim.see(known == sorted(known, reverse=True), exchange, f"{len(known)} tasks")
    return claim.verdict()


@judge("LIST-007", PAGES, sweep=True)
def last_activity(record: Record) -> Verdict:
    claim = Claim("other-time", "the latest of completedAt, startedAt and createdAt")
    for exchange, items, _ in listings(record):
        for item in items:
            times = [shapes.instant(item.get(name)) for name in ("completedAt", "startedAt", "createdAt")]
            latest = max((time for time in times if time is not None), default=None)
            told = shapes.instant(item.get("lastActivityAt"))
            claim.see(told == latest is not None, exchange, f"{item.get('lastActivityAt')}")
    return claim.verdict()


@judge("LIST-008", PAGES, sweep=True)
def message_count(record: Record) -> Verdict:
    claim = Claim("wrong-type", "a whole number not below 0")
    for exchange, items, _ in listings(record):
        for item in items:
            claim.see(shapes.count(item.get("messageCount")), exchange, f"{item.get('messageCount')!r}")
    return claim.verdict()


@judge("LIST-009", EASY)
def counted_messages(record: Record) -> Verdict:
    claim = Claim("wrong-count", "messageCount is the number of messages in the history")
    exchange = record.exchange(EASY, "list")
    saved = record.exchange(EASY, "history")
    if not saved.ok:
        raise NotRecorded(f"the history cannot be read: {summary(saved)}")
    number = len(messages(saved))
    for item in exchange.entries:
        if item.get("id") == record.fact(EASY, "task"):
            claim.see(
                item.get("messageCount") == number, exchange, f"{item.get('messageCount')} and {number}"
            )
    return claim.verdict()


@judge("LIST-010", PAGES, sweep=True)
def item_fields(record: Record) -> Verdict:
    claim = Claim("field-missing", "all task fields, lastActivityAt and messageCount")
    for exchange, items, _ in listings(record):
        for item in items:
            missing = [
                name for name in (*shapes.TASK_FIELDS, "lastActivityAt", "messageCount") if name not in item
            ]
            claim.see(not missing, exchange, f"missing: {missing or 'none'}")
    return claim.verdict()


@judge("LIST-011", PAGES, sweep=True)
def no_output_in_items(record: Record) -> Verdict:
    claim = Claim("field-too-many", "neither output nor pendingApprovals")
    for exchange, items, _ in listings(record):
        found = {name for item in items for name in ("output", "pendingApprovals") if name in item}
        if items:
            claim.see(not found, exchange, f"found: {sorted(found) or 'neither'}")
    return claim.verdict()


@judge("LIST-012", PAGES)
def total_of_all(record: Record) -> Verdict:
    claim = Claim("wrong-total", "all tasks, not those of the page")
    exchange, items, pagination = page(record, "limit 1")
    made = len(record.fact(PAGES, "tasks"))
    total = pagination.get("total")
    claim.see(isinstance(total, int) and total >= made, exchange, f"total {total}, {len(items)} on the page")
    return claim.verdict()


@judge("LIST-013", PAGES, sweep=True)
def has_more(record: Record) -> Verdict:
    claim = Claim("wrong-has-more", "true exactly when offset plus items is below total")
    for exchange, items, pagination in listings(record):
        offset, total = pagination.get("offset"), pagination.get("total")
        if isinstance(offset, int) and isinstance(total, int):
            more = offset + len(items) < total
            claim.see(pagination.get("hasMore") is more, exchange, f"{pagination}, {len(items)} items")
    return claim.verdict()


@judge("LIST-016", PAGES)
def beyond_the_end(record: Record) -> Verdict:
    claim = Claim("not-empty", "an empty page with hasMore false")
    exchange, items, pagination = page(record, "beyond")
    claim.see(exchange.ok and not items and pagination.get("hasMore") is False, exchange, summary(exchange))
    return claim.verdict()


@judge("LIST-017", NONSENSE)
def nonsense_is_refused(record: Record) -> Verdict:
    return refused(
        record,
        NONSENSE,
        ["bad: limit", "bad: offset"],
        twin="twin",
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("LIST-018", NONSENSE)
def nonsense_is_harmless(record: Record) -> Verdict:
    claim = Claim("server-error", "no 5xx")
    for exchange in record.exchanges(NONSENSE):
        claim.see(exchange.refused or exchange.succeeded, exchange, summary(exchange))
    return claim.verdict()
