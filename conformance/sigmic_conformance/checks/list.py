"""Listing tasks."""

import re
from collections import Counter
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import Key, Owner, User
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_requests import wrong_page
from sigmic_conformance.model.observation.seen_tasks import is_due
from sigmic_conformance.model.operations import CREATE, GET, HISTORY, LIST, SAY
from sigmic_conformance.model.page import LARGEST, SIZE, Page
from sigmic_conformance.model.pages import total_of
from sigmic_conformance.model.places import MOVING, TOLD_AT_CREATION, agrees
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, notes, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.requests import Certainty, query_of
from sigmic_conformance.model.requests import asked as asked_for
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

ITEM = frozenset({*json_values.TASK_FIELDS, "lastActivityAt", "messageCount"})
_UNIQUE = re.compile(r"\bn[0-9a-f]{16}\b")
TIMES = ("completedAt", "startedAt", "createdAt")
"""The times of a task of which `lastActivityAt` is the latest."""


def _items(seen: Seen) -> list[dict[str, Any]]:
    """The items of a page."""
    page = seen.page
    return page.items if page is not None else []


@check("LIST-001", LIST, reason="other-limit")
def limit_by_default(page: Page) -> Findings:
    """Without `limit` the pagination shows 50, and the page has at most 50 tasks."""
    if page.is_plain and "limit" not in page.asked:
        holds = page.number("limit") == SIZE and len(page.items) <= SIZE
        yield says(
            holds,
            "no limit was given",
            f"limit {page.pagination.get('limit')}, {plural(len(page.items), 'task')}",
        )


def _is_full(seen: Seen, page: Page, limit: int) -> Findings:
    """A page has as many tasks as its limit, or as earlier pages have shown.

    `total` proves nothing: it may count more than the list has (X-08). Neither does the position of a page: a
    target may return the first page for any other one (LIST-005).
    """
    there = seen.model.pages.listed_before(seen.caller.owner, seen.began) if seen.caller.owner else 0
    least = min(limit, there - int(page.asked.get("offset", "0")))
    if least > 0:
        yield says(
            len(page.items) >= least,
            f"earlier pages had {plural(there, 'task')}",
            f"{plural(len(page.items), 'task')}",
        )


@check("LIST-001", LIST, reason="other-limit")
def pages_by_default_are_full(seen: Seen, page: Page) -> Findings:
    """Without `limit` a page has 50 tasks, or all."""
    if page.is_plain and "limit" not in page.asked:
        yield from _is_full(seen, page, SIZE)


@check("LIST-002", LIST, reason="other-offset")
def offset_by_default(page: Page) -> Findings:
    """Without `offset` the pagination shows 0."""
    if page.is_plain and "offset" not in page.asked:
        yield says(
            page.number("offset") == 0, "no offset was given", f"offset {page.pagination.get('offset')}"
        )


@check("LIST-003", LIST, reason="page-too-short")
def pages_are_not_shorter(seen: Seen, page: Page) -> Findings:
    """A page has as many tasks as requested, or all."""
    if page.is_plain and "limit" in page.asked:
        yield from _is_full(seen, page, int(page.asked["limit"]))


@check("LIST-003", LIST, reason="page-too-long")
def pages_are_not_longer(page: Page) -> Findings:
    """A page has at most the requested number of tasks."""
    if page.items and page.is_plain and "limit" in page.asked:
        yield says(
            len(page.items) <= int(page.asked["limit"]),
            f"limit {page.asked['limit']}",
            f"{plural(len(page.items), 'task')}",
        )


@check("LIST-004", LIST, reason="page-too-long")
def pages_are_never_longer_than_the_largest(page: Page) -> Findings:
    """No page has more than 100 tasks, whatever the request was."""
    if page.items:
        yield says(
            len(page.items) <= LARGEST,
            f"limit {page.asked.get('limit', 'left out')}",
            f"{plural(len(page.items), 'task')}",
        )


@check("LIST-005", LIST, reason="wrong-place")
def pagination_says_what_was_asked(page: Page) -> Findings:
    """The pagination repeats the offset, and a limit within the bounds."""
    if page.is_plain:
        for name in page.asked:
            shown = f"{name} {page.pagination.get(name)}"
            yield says(
                page.number(name) == int(page.asked[name]),
                f"the request has {name}={page.asked[name]}",
                shown,
            )


def _creations(model: Model) -> list[Exchange]:
    """The creations that may have created a task."""
    return [each for each in model.exchanges if model.operation(each) == CREATE and not each.refused]


def _is_quiet(model: Model, owner: Owner, began: int, ended: int) -> bool:
    """Whether no request of this run can have moved one of an owner's own tasks between two times."""
    tasks = [task for task in model.tasks.values() if task.owner == owner and task.creation is not None]
    begun = [task for task in tasks if task.creation is not None and task.creation.sent < ended]
    makes = any(
        began <= each.ended and each.started <= ended and model.callers.of(each).owner == owner
        for each in model.derived(_creations)
    )
    return not makes and all(task.turns.at_rest(began, ended) is not None for task in begun)


@check("LIST-005", LIST, reason="wrong-place")
def pages_agree_on_places(seen: Seen, page: Page) -> Findings:
    """Two pages of an end user whose tasks did not change have the same tasks at the same places.

    In the list of a key other clients may create tasks that the run does not know.
    """
    if not page.is_plain or not isinstance(seen.caller.owner, User):
        return
    for _, exchange in seen.model.pages.before(seen.exchange, seen.caller):
        theirs = Page.of(exchange)
        if not theirs.is_plain or theirs.number("total") != page.number("total"):
            continue
        if _is_quiet(seen.model, seen.caller.owner, exchange.started, seen.ended):
            both = page.places().keys() & theirs.places().keys()
            other = [place for place in both if page.places()[place] != theirs.places()[place]]
            if both:
                shown = f"another task at place {min(other)}" if other else "the same tasks"
                yield says(not other, f"{exchange.label} was the list before, and nothing happened", shown)
        break


def _goes_on(model: Model, began: int, ended: int) -> bool:
    """Whether a follow-up may have reached any task between two times."""
    said = (each for task in model.tasks.values() for each in task.messages if each.is_follow_up)
    return any(each.sent <= ended and began <= each.answered for each in said)


@check("LIST-005", LIST, reason="wrong-place")
def pages_between_equal_ones_agree(seen: Seen, page: Page) -> Findings:
    """A page has at each place the task that another page has there, both before and after it.

    Tasks of the same last activity may change places (G-38), and one that ended before them falls behind them
    when a follow-up takes its `completedAt` (G-39).
    """
    around = seen.model.pages.around(seen.exchange, seen.caller) if page.is_plain else None
    if around is None or _goes_on(seen.model, around[0].started, around[1].ended):
        return
    before, after = map(Page.of, around)
    had, here, then = (each.places("lastActivityAt") for each in (before, page, after))
    still = (before.places(), had) == (after.places(), then)
    both = page.places().keys() & before.places().keys()
    if before.is_plain and still and both:
        other = [
            place
            for place in both
            if page.places()[place] != before.places()[place] and here[place] != had[place]
        ]
        shown = f"another task is at {min(other)}" if other else "the tasks are the same"
        yield says(not other, "a page before and after it has the same tasks at its places", shown)


@check("LIST-006", LIST, reason="wrong-order")
def newest_activity_first(page: Page) -> Findings:
    """Every page is in descending order of lastActivityAt."""
    if len(page.items) < 2:
        return
    times = [json_values.instant(item.get("lastActivityAt")) for item in page.items]
    known = [each for each in times if each is not None]
    yield says(
        known == sorted(known, reverse=True), "the order is documented", f"{plural(len(known), 'time')}"
    )


@check("LIST-007", LIST, reason="other-time")
def last_activity(seen: Seen) -> Findings:
    """The lastActivityAt of each item is the latest of its three times."""
    for item in _items(seen):
        times = [json_values.instant(item.get(name)) for name in TIMES]
        latest = max((time for time in times if time is not None), default=None)
        told = item.get("lastActivityAt")
        which = next((name for name in TIMES if json_values.instant(item.get(name)) == latest), "none")
        known = f"the latest is {which} {spelled(item.get(which))}"
        yield says(json_values.instant(told) == latest is not None, known, f"lastActivityAt {spelled(told)}")


@check("LIST-008", LIST, reason="wrong-type")
def message_count(seen: Seen) -> Findings:
    """The messageCount of each item is a whole number not below 0."""
    for item in _items(seen):
        count = item.get("messageCount")
        yield says(json_values.count(count), "a task is listed", f"messageCount {spelled(count)}")


@check("LIST-009", LIST, reason="wrong-count")
def message_count_has_the_follow_up(seen: Seen) -> Findings:
    """The messageCount of a running task counts what a view showed before, and the follow-up since.

    A second follow-up may be saved only when its turn begins (G-59).
    """
    for item in _items(seen):
        task, count = seen.model.tasks.get(json_values.word(item.get("id"))), item.get("messageCount")
        settled = task.conversation.settled_before(seen.began - NANO) if task is not None else None
        if task is None or settled is None or not isinstance(count, int):
            continue
        if any(
            each.is_follow_up
            and each.certainty is Certainty.ACCEPTED
            and settled.by.ended <= each.sent
            and each.answered + NANO <= seen.began
            for each in task.messages
        ):
            known = f"{settled.by.exchange.label} showed {plural(len(settled.messages), 'message')}"
            known += ", and a follow-up was accepted since"
            yield says(count > len(settled.messages), known, f"messageCount {count}")


@check("LIST-009", LIST, reason="wrong-count")
def counts_agree_with_the_history(seen: Seen) -> Findings:
    """A finished task has the same count in each list, that of its history."""
    return agrees(seen, LIST, HISTORY, LIST, facts=["messageCount"], at_rest=True)


@check("LIST-010", LIST, reason="field-missing")
def items_have_all_fields(seen: Seen) -> Findings:
    """Each item has all task fields, lastActivityAt and messageCount."""
    for item in _items(seen):
        missing = sorted(ITEM - set(item))
        yield says(not missing, "a task is listed", f"missing: {named(missing)}")


@check("LIST-010", LIST, reason="other-value")
def items_are_the_tasks(seen: Seen) -> Findings:
    """An item has the values that get_task shows of the task, in any state of the task."""
    told = ("apiKeyId", "username", *TOLD_AT_CREATION, "createdAt", "conversationId", *MOVING, "sessionId")
    yield from agrees(seen, LIST, GET, facts=told, lag=NANO)


@check("LIST-011", LIST, reason="field-too-many")
def no_output_in_items(seen: Seen) -> Findings:
    """No item has an output or waiting calls."""
    for item in _items(seen):
        found = sorted({"output", "pendingApprovals"} & set(item))
        yield says(not found, "a task is listed", f"found: {named(found, 'neither')}")


@check("LIST-012", LIST, reason="wrong-total")
def total_counts_all(seen: Seen, page: Page) -> Findings:
    """`total` is at least the number that this page proves, and the number of the caller's tasks."""
    total = page.number("total")
    if total is None or not page.is_plain:
        return
    least = page.begins + len(page.items) if page.items else 0
    made = len(seen.model.created_before(seen.caller.owner, seen.began)) if seen.caller.owner else 0
    known = f"the caller created {plural(made, 'task')}, and the page ends at place {least}"
    yield says(total >= max(least, made), known, f"total {total}")
    if page.is_whole:
        # An item that is listed twice is one task.
        there = len(set(page.places().values()))
        yield says(total == there, f"the whole list has {plural(there, 'task')}", f"total {total}")


@check("LIST-013", LIST, reason="wrong-has-more")
def has_more_when_more_follow(page: Page) -> Findings:
    """The value of hasMore follows from offset, items and total on every page."""
    total = page.number("total")
    if total is None or not page.is_plain:
        return
    more = page.begins + len(page.items) < total
    yield says(
        page.pagination.get("hasMore") is more,
        f"{plural(len(page.items), 'item')} from offset {page.begins}, of {total}",
        f"hasMore {spelled(page.pagination.get('hasMore'))}",
    )


@check("LIST-014", LIST, reason="not-listed")
def created_tasks_are_listed(seen: Seen, page: Page) -> Findings:
    """A page has every task of its caller that it must have, in any state."""
    if seen.caller.owner is None:
        return
    listed = {item.get("id") for item in page.items}
    for task in seen.model.created_before(seen.caller.owner, seen.began):
        if task.id in listed or is_due(seen, page, task):
            shown = "it is listed" if task.id in listed else f"it is not among {len(listed)}"
            yield says(task.id in listed, f"the caller created {task.id}", shown)


def _sent_once(model: Model) -> frozenset[str]:
    """The messages with a word of no other run that only one request had."""
    sent = (
        asked_for(each.sent).message for each in model.exchanges if model.operation(each) in {CREATE, SAY}
    )
    texts = Counter(text.strip() for text in sent if text is not None and _UNIQUE.search(text))
    return frozenset(text for text, number in texts.items() if number == 1)


@check("LIST-014", LIST, reason="second-task")
def one_creation_makes_one_task(seen: Seen, page: Page) -> Findings:
    """No page has two tasks with a message that was sent once, by this run only."""
    once = seen.model.derived(_sent_once)
    texts = Counter(json_values.word(item.get("message")).strip() for item in page.items)
    twice = [text for text in once if texts[text] > 1]
    if not once.isdisjoint(texts):
        shown = f"two tasks have {spelled(twice[0], 60)}" if twice else "each has one task"
        yield says(not twice, f"{plural(len(once), 'message was', 'messages were')} sent once", shown)


@check("LIST-015", LIST, reason="lost-or-twice")
def tasks_are_listed_once(seen: Seen) -> Findings:
    """No page names a task twice."""
    ids = [json_values.word(item.get("id")) for item in _items(seen)]
    if ids:
        shown = f"{plural(len(ids), 'item')}, {plural(len(set(ids)), 'id')}"
        yield says(len(set(ids)) == len(ids), "a task is listed once", shown)


def _moments(exchange: Exchange) -> list[tuple[Any, Any]]:
    """The ids on a page, each with the time of its last activity."""
    return [(item.get("id"), item.get("lastActivityAt")) for item in exchange.entries]


@check("LIST-015", LIST, reason="lost-or-twice")
def walks_name_each_task_once(seen: Seen, page: Page) -> Findings:
    """Between two equal first pages, pages have the same tasks, unless one of their tasks runs."""
    if not page.is_plain or page.begins or not page.items:
        return
    between = []
    for asked, earlier in seen.model.pages.before(seen.exchange, seen.caller):
        if asked == page.asked:
            break
        between.append(earlier)
    else:
        return
    unchanged = _moments(earlier) == _moments(seen.exchange) and _rest(seen, seen.exchange, earlier.ended)
    mine = page.places()
    # A page that was requested before the first of the two arrived may show an older list.
    within = [
        Page.of(each)
        for each in between
        if each.started >= earlier.ended and _rest(seen, each, earlier.ended)
    ]
    for each in within if unchanged else ():
        told = each.places() if each.is_plain else {}
        other = [place for place in told if place in mine and told[place] != mine[place]]
        shown = f"another task at place {other[0]}" if other else "the same tasks"
        yield says(not other, f"the list was the same before and after offset {each.begins}", shown)


def _rest(seen: Seen, page: Exchange, since: int) -> bool:
    """Whether no task of a page is known to have run since a moment: it may have moved and returned."""
    tasks = (seen.model.tasks.get(json_values.word(name)) for name, _ in _moments(page))
    known = (task for task in tasks if task is not None and task.creation is not None)
    return all(task.turns.at_rest(since, seen.ended) is not None for task in known)


@check("LIST-016", LIST, reason="not-empty")
def nothing_beyond(page: Page) -> Findings:
    """A page that starts beyond `total` is empty, and reports that no page follows."""
    total = page.number("total")
    if total is None or not page.is_plain or int(page.asked.get("offset", "0")) < total:
        return
    holds = not page.items and page.pagination.get("hasMore") is False
    known = f"offset {page.asked.get('offset', '0')} of {total}"
    yield says(
        holds, known, f"{plural(len(page.items), 'task')}, hasMore {spelled(page.pagination.get('hasMore'))}"
    )


@check("LIST-018", LIST, reason="server-error")
def nonsense_pages_break_nothing(seen: Seen) -> Findings:
    """An impossible page is never answered with a server error."""
    known = wrong_page(seen)
    if known is not None and seen.exchange.status is not None:
        yield says(seen.exchange.status < 500, known, summary(seen.exchange))


def _ids(exchange: Exchange) -> list[object]:
    return [item.get("id") for item in exchange.entries]


@check("LIST-019", reason="no-reading")
def scope_is_one(record: Record) -> Findings:
    """Another credential's task shows if the list reaches beyond the key; once listed, it has to stay."""
    followed = Reading(
        project="tasks of other credentials of the project too", key_or_user="only the key's or user's own"
    )
    other = record.noted("list_scope", "other's task")
    lists, alone = record.labelled("list_scope", "list"), []
    for exchange in lists:
        mine = record.fact("list_scope", "task") in _ids(exchange)
        if not mine:
            followed.add(None, exchange, f"{plural(len(_ids(exchange)), 'task')}, without the key's newest")
        elif other is not None:
            listed = other in _ids(exchange)
            observed = f"a task of another credential is {'listed' if listed else 'not listed'}"
            followed.add("project" if listed else "key_or_user", exchange, observed)
        else:
            alone.append(exchange)
    if other is None and len(alone) == len(lists):
        shown = "the key's own task is in every list; no other caller created a task to compare"
        return (notes("the key made a task", shown, exchange=each) for each in alone)
    return followed.findings()


@check("LIST-019", LIST, reason="scope-changed")
def scope_stays(seen: Seen) -> Findings:
    """Whether a key's list has tasks that the run did not create with it is the same for every request."""
    owner, page = seen.caller.owner, seen.exchange.entries
    if owner is None or not seen.exchange.ok or query_of(seen.exchange.sent):
        return
    made = {
        task.id
        for task in seen.model.created_before(owner, seen.began)
        if task.creation is not None and task.creation.asked.fields.get("showInHistory") is not False
    }
    listed = {entry.get("id") for entry in page}
    if made and len(page) < 50:
        yield says(
            made <= listed,
            f"the caller created {plural(len(made), 'task')}",
            f"{len(made & listed)} of them are listed",
        )


@check("LIST-019", LIST, reason="scope-changed")
def lists_do_not_shrink(seen: Seen) -> Findings:
    """A key's list counts at least the tasks of its earlier pages: no operation deletes a task."""
    total, owner = total_of(seen.exchange), seen.caller.owner
    if not isinstance(owner, Key) or not seen.exchange.ok or total is None:
        return
    if shown := seen.model.pages.listed_before(owner, seen.began):
        yield says(
            total >= shown, f"{plural(shown, 'task')} had been listed to the key", f"the total is {total}"
        )
