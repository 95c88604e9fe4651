"""LIST: sizes, offsets, order and fields of pages."""

from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.task_objects import listings
from sigmic_conformance.conformance.judging.verdict import Verdict, info
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.create import QuickAnswer
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.labels.list import ListScope, PageNonsense, Pages, UnchangedList
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import Label, Labels
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural


def page(record: Record, label: Label) -> tuple[Exchange, list[Any], dict[str, Any]]:
    """A page of the probe `pages`."""
    exchange = record.exchange(label)
    body = exchange.json()
    pagination = body.get("pagination") if isinstance(body, dict) else None
    items = exchange.data if isinstance(exchange.data, list) else []
    return exchange, items, pagination if isinstance(pagination, dict) else {}


def ids(exchange: Exchange) -> list[object]:
    """The ids on a page, in order."""
    data = exchange.data if isinstance(exchange.data, list) else []
    return [item.get("id") for item in data if isinstance(item, dict)]


def unchanged(record: Record, labels: Labels[Label]) -> Exchange:
    """A request made while nothing moved in the list."""
    return record.exchange(labels.of(record.fact(UnchangedList.UNCHANGED)))


def at_offset(record: Record, offset: int) -> Exchange:
    """The page at an offset, asked for while nothing moved in the list."""
    return record.exchange(UnchangedList.OFFSET.of(record.fact(UnchangedList.UNCHANGED), offset))


@judge("LIST-001", Pages.PROBE)
def default_limit(record: Record) -> Verdict:
    observations = Observations("other-limit", "50")
    exchange, items, pagination = page(record, Pages.DEFAULT)
    observations.add(pagination.get("limit") == 50 and len(items) <= 50, exchange, f"{pagination}")
    return observations.verdict()


@judge("LIST-002", Pages.PROBE)
def default_offset(record: Record) -> Verdict:
    observations = Observations("other-offset", "0")
    exchange, _, pagination = page(record, Pages.DEFAULT)
    observations.add(pagination.get("offset") == 0, exchange, f"{pagination}")
    return observations.verdict()


@judge("LIST-003", Pages.PROBE)
def at_most_limit(record: Record) -> Verdict:
    observations = Observations("page-too-long", "at most limit tasks")
    for limit in (1, 3, 100):
        exchange, items, pagination = page(record, Pages.LIMIT.of(limit))
        good = exchange.ok and len(items) <= limit and len(items) >= min(limit, 3)
        observations.add(
            good, exchange, f"limit {limit}: {plural(len(items), 'item')} of {pagination.get('total')}"
        )
    return observations.verdict()


@judge("LIST-004", Pages.PROBE)
def never_more_than_100(record: Record) -> Verdict:
    observations = Observations("page-too-long", "refused, or at most 100 tasks")
    exchange, items, _ = page(record, Pages.LIMIT.of(101))
    observations.add(exchange.refused or (exchange.ok and len(items) <= 100), exchange, summary(exchange))
    return observations.verdict()


@judge("LIST-005", UnchangedList.PROBE)
def pages_begin_at_offset(record: Record) -> Verdict:
    observations = Observations("wrong-place", "a page at offset n begins with the task at place n")
    whole = ids(unchanged(record, UnchangedList.BEFORE))
    for offset in (1, 2, 4):
        page = at_offset(record, offset)
        observations.add(ids(page) == whole[offset : offset + 2], page, f"offset {offset}: {ids(page)}")
    return observations.verdict()


@judge("LIST-006", Pages.PROBE, sweep=True)
def newest_first(record: Record) -> Verdict:
    observations = Observations("wrong-order", "descending lastActivityAt")
    for exchange, items, _ in listings(record):
        known = [
            (time, f"data[{number}].lastActivityAt {item.get('lastActivityAt')}")
            for number, item in enumerate(items)
            if (time := shapes.instant(item.get("lastActivityAt"))) is not None
        ]
        if len(known) > 1:
            risen = next(((one, other) for one, other in pairwise(known) if one[0] < other[0]), None)
            observed = f"{risen[0][1]} < {risen[1][1]}" if risen else f"{plural(len(known), 'task')} in order"
            observations.add(risen is None, exchange, observed)
    return observations.verdict()


@judge("LIST-007", Pages.PROBE, sweep=True)
def last_activity(record: Record) -> Verdict:
    observations = Observations("other-time", "the latest of completedAt, startedAt and createdAt")
    for exchange, items, _ in listings(record):
        for item in items:
            times = [shapes.instant(item.get(name)) for name in ("completedAt", "startedAt", "createdAt")]
            latest = max((time for time in times if time is not None), default=None)
            found = shapes.instant(item.get("lastActivityAt"))
            observations.add(found == latest is not None, exchange, f"{item.get('lastActivityAt')}")
    return observations.verdict()


@judge("LIST-008", Pages.PROBE, sweep=True)
def message_count(record: Record) -> Verdict:
    observations = Observations("wrong-type", "a whole number not below 0")
    for exchange, items, _ in listings(record):
        for item in items:
            observations.add(
                shapes.count(item.get("messageCount")), exchange, f"{item.get('messageCount')!r}"
            )
    return observations.verdict()


@judge("LIST-009", EasyTask.PROBE)
def counted_messages(record: Record) -> Verdict:
    observations = Observations("wrong-count", "messageCount is the number of messages in the history")
    exchange = record.exchange(EasyTask.LIST)
    saved = record.exchange(EasyTask.HISTORY)
    if not saved.ok:
        raise NotRecorded(f"the history cannot be read: {summary(saved)}")
    number = len(messages(saved))
    for item in exchange.entries:
        if item.get("id") == record.fact(EasyTask.TASK):
            observations.add(
                item.get("messageCount") == number, exchange, f"{item.get('messageCount')} and {number}"
            )
    return observations.verdict()


@judge("LIST-010", Pages.PROBE, sweep=True)
def item_fields(record: Record) -> Verdict:
    observations = Observations("field-missing", "all task fields, lastActivityAt and messageCount")
    for exchange, items, _ in listings(record):
        for item in items:
            missing = [
                name for name in (*shapes.TASK_FIELDS, "lastActivityAt", "messageCount") if name not in item
            ]
            observations.add(not missing, exchange, f"missing: {missing or 'none'}")
    return observations.verdict()


@judge("LIST-011", Pages.PROBE, sweep=True)
def no_output_in_items(record: Record) -> Verdict:
    observations = Observations("field-too-many", "neither output nor pendingApprovals")
    for exchange, items, _ in listings(record):
        found = {name for item in items for name in ("output", "pendingApprovals") if name in item}
        if items:
            observations.add(not found, exchange, f"found: {sorted(found) or 'neither'}")
    return observations.verdict()


@judge("LIST-012", Pages.PROBE)
def total_of_all(record: Record) -> Verdict:
    observations = Observations("wrong-total", "all tasks, not those of the page")
    exchange, items, pagination = page(record, Pages.LIMIT.of(1))
    made = len(record.fact(Pages.TASKS))
    total = pagination.get("total")
    observations.add(
        isinstance(total, int) and total >= made, exchange, f"total {total}, {len(items)} on the page"
    )
    return observations.verdict()


@judge("LIST-013", Pages.PROBE, sweep=True)
def has_more(record: Record) -> Verdict:
    observations = Observations("wrong-has-more", "true exactly when offset plus items is below total")
    for exchange, items, pagination in listings(record):
        offset, total = pagination.get("offset"), pagination.get("total")
        if isinstance(offset, int) and isinstance(total, int):
            more = offset + len(items) < total
            observations.add(
                pagination.get("hasMore") is more, exchange, f"{pagination}, {plural(len(items), 'item')}"
            )
    return observations.verdict()


@judge("LIST-014", QuickAnswer.PROBE)
def listed_at_once(record: Record) -> Verdict:
    observations = Observations("not-listed", "in the list of the key that created it")
    page = record.exchange(QuickAnswer.LISTED)
    ids = [entry.get("id") for entry in page.entries]
    observations.add(record.fact(QuickAnswer.TASK) in ids, page, f"{plural(len(ids), 'task')}")
    return observations.verdict()


@judge("LIST-015", UnchangedList.PROBE)
def walks_yield_each_once(record: Record) -> Verdict:
    observations = Observations("lost-or-twice", "every task once")
    before = unchanged(record, UnchangedList.BEFORE)
    walked = [each for offset in (0, 2, 4) for each in ids(at_offset(record, offset))]
    observations.add(
        sorted(map(str, walked)) == sorted(map(str, ids(before)[:6])), before, f"walked {walked}"
    )
    return observations.verdict()


@judge("LIST-016", Pages.PROBE)
def beyond_the_end(record: Record) -> Verdict:
    observations = Observations("not-empty", "an empty page with hasMore false")
    exchange, items, pagination = page(record, Pages.BEYOND)
    observations.add(
        exchange.ok and not items and pagination.get("hasMore") is False, exchange, summary(exchange)
    )
    return observations.verdict()


@judge("LIST-017", PageNonsense.PROBE)
def nonsense_is_refused(record: Record) -> Verdict:
    return refused(
        record,
        [PageNonsense.BAD.of("limit"), PageNonsense.BAD.of("offset")],
        control=PageNonsense.TWIN,
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("LIST-018", PageNonsense.PROBE)
def nonsense_is_harmless(record: Record) -> Verdict:
    observations = Observations("server-error", "no 5xx")
    for exchange in record.exchanges(PageNonsense.PROBE):
        observations.add(exchange.refused or exchange.succeeded, exchange, summary(exchange))
    return observations.verdict()


@judge("LIST-019", ListScope.PROBE)
def scope_is_one(record: Record) -> Verdict:
    """Another credential's task shows whether the list reaches beyond the key; once seen, it has to stay."""
    followed = Reading(
        project="tasks of other credentials of the project too", key_or_user="only the key's or user's own"
    )
    other = record.noted(ListScope.OTHERS_TASK)
    lists, alone = record.labelled(ListScope.LIST), []
    for exchange in lists:
        mine = record.fact(ListScope.TASK) in ids(exchange)
        if not mine:
            followed.add(
                None, exchange, f"{plural(len(ids(exchange)), 'task')}, the key's newest is not among them"
            )
        elif other is not None:
            listed = other in ids(exchange)
            observed = f"a task of another credential is {'listed' if listed else 'not listed'}"
            followed.add("project" if listed else "key_or_user", exchange, observed)
        else:
            alone.append(cite(exchange, "the key's own task is listed"))
    if other is None and len(alone) == len(lists) > 0:
        return info(
            "the key's own task is in every list; no other caller created a task to compare", *alone[:3]
        )
    return followed.verdict()


@judge("LIST-020", UnchangedList.PROBE)
def order_is_repeated(record: Record) -> Verdict:
    observations = Observations("other-order", "the same order")
    before, after = unchanged(record, UnchangedList.BEFORE), unchanged(record, UnchangedList.AFTER)
    observations.add(ids(before) == ids(after), after, f"{plural(len(ids(after)), 'task')}")
    return observations.verdict()


@judge("LIST-021", FollowUp.PROBE)
def follow_ups_move_up(record: Record) -> Verdict:
    observations = Observations("not-moved", "above every task that was active before its follow-up")
    page, task = record.exchange(FollowUp.LIST), record.fact(FollowUp.TASK)
    items = page.entries
    found = [
        shapes.instant(message.get("createdAt"))
        for message in messages(record.exchange(FollowUp.HISTORY_AFTER))
        if message.get("role") == "user"
    ]
    if task not in ids(page) or not found or found[-1] is None:
        return observations.verdict()
    above = items[: ids(page).index(task)]
    older = [
        item.get("id") for item in above if (shapes.instant(item.get("lastActivityAt")) or 0) < found[-1]
    ]
    # Among no other tasks any order is right: the younger one was made to be moved over.
    if older or record.fact(FollowUp.YOUNGER_TASK) in ids(page):
        observations.add(
            not older, page, f"at place {len(above)}, below {len(older)} that were active earlier"
        )
    return observations.verdict()
