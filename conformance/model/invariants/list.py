"""LIST: whatever page is asked for, and whenever, the list has each task once, as get_task tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.model.callers import User
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import query_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

LIST, GET = "list_tasks", "get_task"
SIZE, LARGEST = 50, 100
FARTHEST = 1 << 31
"""An offset that is a number for every server; what becomes of a farther one, no page says (G-36)."""
FIELDS = (
    "apiKeyId",
    "username",
    "message",
    "systemPrompt",
    "showInHistory",
    "autoExecute",
    "env",
    "createdAt",
)
"""The fields of a task that do not change while it rests, besides its status."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was asked for and answered; counts that were not given as such are None."""

    items: list[dict[str, Any]]
    pagination: Mapping[str, Any]
    asked: Mapping[str, str]

    def number(self, name: str) -> int | None:
        """A count of the pagination."""
        value = self.pagination.get(name)
        return int(value) if value is not None and shapes.count(value) else None

    @property
    def begins(self) -> int:
        """The place at which the page says that it begins; that it was asked for there is LIST-005."""
        told = self.number("offset")
        return int(self.asked.get("offset", "0")) if told is None else told

    @property
    def is_plain(self) -> bool:
        """True when it was asked for as documented: whole numbers within the bounds, and nothing else."""
        limit, offset = self.asked.get("limit", "1"), self.asked.get("offset", "0")
        plain = limit.isdecimal() and offset.isdecimal() and set(self.asked) <= {"limit", "offset"}
        plain = plain and limit.isascii() and offset.isascii() and 1 <= int(limit) <= LARGEST
        return plain and int(offset) <= FARTHEST

    def places(self) -> dict[int, Any]:
        """The ids of the tasks by their places in the whole list."""
        first = int(self.asked.get("offset", "0"))
        return {first + number: item.get("id") for number, item in enumerate(self.items)}

    @property
    def is_whole(self) -> bool:
        """True for a page that has the whole list: from its beginning, and not full."""
        if not self.is_plain or int(self.asked.get("offset", "0")):
            return False
        return len(self.items) < int(self.asked.get("limit", SIZE))


def _page(seen: Seen) -> Page | None:
    if not seen.exchange.ok or not isinstance(seen.exchange.data, list):
        return None
    body = seen.exchange.json()
    pagination = shapes.fields(body.get("pagination")) if isinstance(body, dict) else {}
    return Page(seen.exchange.entries, pagination, query_of(seen.exchange.sent))


@invariant("LIST-003", LIST, reason="page-too-long", expected="at most `limit` tasks")
def pages_are_not_longer(seen: Seen) -> Findings:
    """A page has at most as many tasks as were asked for."""
    page = _page(seen)
    if page is not None and page.is_plain and "limit" in page.asked:
        yield says(
            len(page.items) <= int(page.asked["limit"]),
            f"limit {page.asked['limit']}",
            f"{plural(len(page.items), 'task')}",
        )


@invariant("LIST-004", LIST, reason="page-too-long", expected="never more than 100 tasks")
def pages_are_never_longer_than_the_largest(seen: Seen) -> Findings:
    """No page has more than 100 tasks, whatever was asked for."""
    page = _page(seen)
    if page is not None:
        yield says(
            len(page.items) <= LARGEST,
            f"limit {page.asked.get('limit', 'left out')}",
            f"{plural(len(page.items), 'task')}",
        )


@invariant("LIST-001", LIST, reason="other-limit", expected="50 without `limit`")
def limit_by_default(seen: Seen) -> Findings:
    """Without `limit` the pagination says 50, and the page has no more."""
    page = _page(seen)
    if page is not None and page.is_plain and "limit" not in page.asked:
        holds = page.number("limit") == SIZE and len(page.items) <= SIZE
        yield says(
            holds,
            "no limit was given",
            f"limit {page.pagination.get('limit')}, {plural(len(page.items), 'task')}",
        )


@invariant("LIST-001", LIST, reason="other-limit", expected="50 without `limit`")
def pages_by_default_are_full(seen: Seen) -> Findings:
    """Without `limit` a page has 50 tasks, or as many as earlier pages have shown.

    `total` proves nothing: what it counts may be more than the list has (X-08). Nor does the place of a page:
    a target may give the first one to whoever asks for another (LIST-005).
    """
    page = _page(seen)
    if page is None or not page.is_plain or "limit" in page.asked:
        return
    earlier = seen.model.pages.before(seen.exchange, seen.caller)
    there = {shapes.word(entry.get("id")) for _, each in earlier for entry in each.entries}
    least = min(SIZE, len(there) - int(page.asked.get("offset", "0")))
    if least > 0:
        yield says(
            len(page.items) >= least,
            f"earlier pages had {plural(len(there), 'task')}",
            f"{plural(len(page.items), 'task')}",
        )


@invariant("LIST-002", LIST, reason="other-offset", expected="0 without `offset`")
def offset_by_default(seen: Seen) -> Findings:
    """Without `offset` the pagination says 0."""
    page = _page(seen)
    if page is not None and page.is_plain and "offset" not in page.asked:
        yield says(
            page.number("offset") == 0, "no offset was given", f"offset {page.pagination.get('offset')}"
        )


@invariant("LIST-005", LIST, reason="wrong-place", expected="the page at the offset that was asked for")
def pagination_says_what_was_asked(seen: Seen) -> Findings:
    """The pagination repeats the offset, and a limit within the bounds."""
    page = _page(seen)
    if page is not None and page.is_plain:
        for name in page.asked:
            shown = f"{name} {page.pagination.get(name)}"
            yield says(
                page.number(name) == int(page.asked[name]), f"{name} {page.asked[name]} was asked for", shown
            )


@invariant("LIST-012", LIST, reason="wrong-total", expected="`total` counts all of the caller's tasks")
def total_counts_all(seen: Seen) -> Findings:
    """`total` is not less than this page proves, nor than the number of the caller's tasks."""
    page = _page(seen)
    total = page.number("total") if page else None
    if page is None or total is None or not page.is_plain:
        return
    least = page.begins + len(page.items) if page.items else 0
    made = len(seen.model.created_before(seen.caller.owner, seen.began)) if seen.caller.owner else 0
    known = f"the caller created {plural(made, 'task')}, and the page ends at place {least}"
    yield says(total >= max(least, made), known, f"total {total}")
    if page.is_whole:
        yield says(
            total == len(page.items),
            f"the whole list has {plural(len(page.items), 'task')}",
            f"total {total}",
        )


@invariant("LIST-013", LIST, reason="wrong-has-more", expected="hasMore exactly when more follow")
def has_more_when_more_follow(seen: Seen) -> Findings:
    """HasMore follows from offset, items and total, at every page."""
    page = _page(seen)
    total = page.number("total") if page else None
    if page is None or total is None or not page.is_plain:
        return
    more = page.begins + len(page.items) < total
    yield says(
        page.pagination.get("hasMore") is more, f"{total} in all", f"hasMore {page.pagination.get('hasMore')}"
    )


@invariant("LIST-016", LIST, reason="not-empty", expected="an empty page beyond the last task")
def nothing_beyond(seen: Seen) -> Findings:
    """A page that begins beyond `total` is empty, and says that nothing follows."""
    page = _page(seen)
    total = page.number("total") if page else None
    if page is None or total is None or not page.is_plain or int(page.asked.get("offset", "0")) < total:
        return
    holds = not page.items and page.pagination.get("hasMore") is False
    known = f"offset {page.asked.get('offset', '0')} of {total}"
    yield says(holds, known, f"{plural(len(page.items), 'task')}, hasMore {page.pagination.get('hasMore')}")


@invariant("LIST-014", LIST, reason="not-listed", expected="a created task in the list of its key")
def created_tasks_are_listed(seen: Seen) -> Findings:
    """A whole list has every task that its caller created before, in whatever state it is."""
    page = _page(seen)
    if page is None or not page.is_whole or seen.caller.owner is None:
        return
    listed = {item.get("id") for item in page.items}
    for task in seen.model.created_before(seen.caller.owner, seen.began):
        shown = "it is listed" if task.id in listed else f"it is not among {len(listed)}"
        yield says(task.id in listed, f"the caller created {task.id}", shown)


@invariant("LIST-015", LIST, reason="lost-or-twice", expected="every task once")
def tasks_are_listed_once(seen: Seen) -> Findings:
    """No page names a task twice."""
    page = _page(seen)
    if page is not None and page.items:
        ids = [shapes.word(item.get("id")) for item in page.items]
        yield says(
            len(set(ids)) == len(ids),
            "a task is listed once",
            f"{plural(len(ids), 'item')}, {plural(len(set(ids)), 'id')}",
        )


def listed_at_rest(seen: Seen) -> Iterator[tuple[Mapping[str, Any], Task, Turn]]:
    """The items of a page whose task is at rest, each with the task and its last turn."""
    for item in seen.exchange.entries if seen.exchange.ok else ():
        name = item.get("id")
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        rest = task.at_rest(seen.began, seen.ended) if task else None
        if task is not None and rest is not None:
            yield item, task, rest


@invariant("LIST-010", LIST, reason="other-value", expected="the task's fields, as get_task answers them")
def items_are_the_tasks(seen: Seen) -> Findings:
    """An item of a task at rest has the values that get_task showed of it at rest."""
    for item, task, rest in listed_at_rest(seen):
        for earlier in task.read:
            if earlier.ended <= seen.began and task.at_rest(earlier.started, seen.ended) is rest:
                other = [
                    field for field in FIELDS if field in item and item[field] != earlier.fields.get(field)
                ]
                shown = f"{', '.join(other)} differ" if other else "the item agrees"
                yield says(not other, f"{earlier.label} had shown the task at rest", shown)
                break


@invariant("CREATE-011", LIST, reason="half-done", expected="a refused creation leaves no task")
def refused_creations_leave_nothing(seen: Seen) -> Findings:
    """No task of the list has a message or a system prompt that only refused creations gave."""
    page = _page(seen)
    if page is None:
        return
    refused = seen.model.only_refused
    if refused:
        found = [
            value
            for item in page.items
            for name in ("message", "systemPrompt")
            if isinstance(value := item.get(name), str) and (name, value.strip()) in refused
        ]
        known = f"{plural(len(refused), 'message')} and prompts came with refused creations alone"
        yield says(not found, known, f"listed are {[each[:40] for each in found[:3]] or 'none of them'}")


@invariant("LIST-021", LIST, reason="not-moved", expected="a follow-up moves its task to the head")
def followed_up_tasks_come_first(seen: Seen) -> Findings:
    """A task whose follow-up is completed stands before those that had ended when it was followed up."""
    page = _page(seen)
    if page is None or not page.is_plain:
        return
    places = {item.get("id"): place for place, item in enumerate(page.items)}
    tasks = [task for name in places if isinstance(name, str) and (task := seen.model.tasks.get(name))]
    rests = [(task, rest) for task in tasks if (rest := task.at_rest(seen.began, seen.ended))]
    for task, rest in rests:
        if rest.number == 1:
            continue
        for other, ended in rests:
            if other is not task and ended.over is not None and ended.over.ended <= rest.began:
                first = places[task.id] < places[other.id]
                yield says(
                    first, f"{task.id} was followed up after {other.id} had ended", f"place {places[task.id]}"
                )
                break


@invariant("LIST-006", LIST, reason="wrong-order", expected="descending lastActivityAt")
def newest_activity_first(seen: Seen) -> Findings:
    """Every page is in descending order of lastActivityAt."""
    page = _page(seen)
    if page is None or len(page.items) < 2:  # noqa: PLR2004  an order needs two
        return
    times = [shapes.instant(item.get("lastActivityAt")) for item in page.items]
    known = [each for each in times if each is not None]
    yield says(
        known == sorted(known, reverse=True), "the order is documented", f"{plural(len(known), 'time')}"
    )


@invariant("LIST-005", LIST, reason="wrong-place", expected="each task at its place of the unshifted list")
def pages_agree_on_places(seen: Seen) -> Findings:
    """Two pages of an end user to whose tasks nothing happened have the same tasks at the same places.

    In the list of a key others may make tasks of which the run knows nothing.
    """
    mine = _page(seen)
    if mine is None or not mine.is_plain or not isinstance(seen.caller.owner, User):
        return
    for earlier, exchange in seen.model.pages.before(seen.exchange, seen.caller):
        theirs = Page(exchange.entries, shapes.fields(exchange.json().get("pagination")), earlier)
        if not theirs.is_plain or theirs.number("total") != mine.number("total"):
            continue
        if seen.model.is_quiet(seen.caller.owner, exchange.started, seen.ended):
            both = mine.places().keys() & theirs.places().keys()
            other = [place for place in both if mine.places()[place] != theirs.places()[place]]
            if both:
                shown = f"{plural(len(both), 'place')}" + (
                    f", another task at {min(other)}" if other else ", the same tasks"
                )
                yield says(not other, f"{exchange.label} was the list before, and nothing happened", shown)
        break
