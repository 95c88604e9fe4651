"""Tasks in an observation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sigmic_conformance.model.conversation import Count, View, in_order, missing, order_of, shown
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import APPROVE, CANCEL, GET, LIST, SAY
from sigmic_conformance.model.page import Page
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.numbered_text import begun, in_brief
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural


def events_of(seen: Seen, kind: str) -> Iterator[StreamEvent]:
    """The events of one type in a stream."""
    return (event for event in seen.stream.events if event.type == kind) if seen.stream else iter(())


def fields_given(seen: Seen) -> dict[str, Any] | None:
    """The fields of the creation, if the answer is a task's and its creation is known exactly."""
    creation = seen.creation
    if creation is None or not creation.asked.known or not seen.exchange.ok or seen.operation != GET:
        return None
    return dict(creation.asked.fields)


def reads_back(seen: Seen, name: str, default: Any = None) -> Findings:
    """The field reads back with the given value, or with the documented default if it was left out."""
    given = fields_given(seen)
    if given is None or name not in seen.fields:
        return
    wanted = given.get(name, default) if given.get(name) is not None else default
    known = f"{name} was {'given as ' + json_values.word(wanted)[:60] if name in given else 'not given'}"
    yield says(
        seen.fields[name] == wanted,
        known,
        f"it reads {in_brief(json_values.word(wanted), json_values.word(seen.fields[name]))}",
    )


def message_in_brief(message: Mapping[str, Any], sent: str = "") -> str:
    """A short form of a message; if it begins like the sent one, it shows where the rest differs."""
    return f"{message.get('role')}: {in_brief(sent, str(message.get('content')))}"


def how_often(count: Count, view: View, times: int) -> str:
    """Describe how often a view shows a text, or how the text is damaged if only its beginning is shown."""
    text = str(count.message.asked.message)
    alike = [damaged for each in view.of_user if (damaged := begun(text, str(each.get("content"))))]
    return plural(times, "time") + (f", and once damaged: {alike[0]}" if alike and not times else "")


def is_due(seen: Seen, page: Page, task: Task) -> bool:
    """Whether a page has to name a task that was created before it was asked for.

    True if the page has the whole list, or reaches a task that ended a second before this one was created
    (LIST-006): times may have a resolution of one second.
    """
    if page.is_whole or task.creation is None:
        return page.is_whole
    if not page.is_plain or int(page.asked.get("offset", "0")):
        return False
    for item in page.items:
        other = seen.model.tasks.get(json_values.word(item.get("id")))
        rest = other.turns.at_rest(seen.began, seen.ended) if other else None
        if rest is not None and rest.over is not None and rest.over.ended + NANO <= task.creation.sent:
            return True
    return False


def counted(seen: Seen) -> Iterator[tuple[Count, View, int]]:
    """The messages of a view, each with how often it must be and is shown."""
    if seen.view is not None and seen.task is not None and seen.task.creation is not None:
        for count in seen.task.conversation.counts(seen.view):
            yield count, seen.view, shown(count, seen.view)


def statuses_shown(seen: Seen) -> Iterator[tuple[Task, str]]:
    """The tasks in an answer, each with its status."""
    if not seen.exchange.ok:
        return
    entries = seen.exchange.entries if seen.operation == LIST else [seen.exchange.fields]
    for entry in entries:
        name = entry.get("id") if seen.operation == LIST else seen.exchange.task
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        if task is not None and isinstance(status := entry.get("status"), str):
            yield task, status


def stays_final(seen: Seen) -> Findings:
    """A task that stayed idle keeps the final status that was reported before."""
    for task, status in statuses_shown(seen):
        rest = task.turns.at_rest(seen.began, seen.ended)
        final = rest.final(seen.began) if rest is not None else None
        if rest is not None and rest.over is not None and final is not None:
            known = f"turn {rest.number} was {final}, told by {rest.over.source}"
            yield says(status == final, known, f"the status is {status}")


def requests_taken(task: Task) -> Iterator[tuple[str, Exchange]]:
    """The requests that clients sent to a task and that were not refused, with their operations."""
    sent = [
        *((SAY, each.exchange) for each in task.messages if each.is_follow_up),
        *((APPROVE, each.exchange) for each in task.decisions),
        *((CANCEL, each) for each in task.cancellations),
    ]
    return ((name, each) for name, each in sent if not each.refused)


def in_histories(seen: Seen, has: Callable[[View], bool]) -> bool:
    """Whether a history of the turn has what a stream's replay lacks: then only the replay is cut."""
    task, view = seen.task, seen.view
    if task is None or view is None or not view.is_stream:
        return False
    turn = task.turns.at(view.ended)
    histories = [each for each in task.views if not each.is_stream and task.turns.at(each.ended) is turn]
    return bool(histories) and all(map(has, histories))


def settled_stay(seen: Seen, lost: str) -> Findings:
    """What an earlier view of the idle task showed is unchanged and in order; if not, with reason `lost`."""
    settled = seen.task.conversation.settled_before(seen.began) if seen.task else None
    if seen.view is None or settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"{lost}: {message_in_brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, order_of(settled, seen.view))
