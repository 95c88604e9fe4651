"""HISTORY: what was said is shown to everybody who asks later, once, unchanged and in order."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.conformance.model.conversation import counts, in_order, missing, shown
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.statuses import COMPLETED

HISTORY = "get_task_history"


def brief(message: Mapping[str, Any]) -> str:
    """A message in a few words."""
    return f"{message.get('role')}: {str(message.get('content'))[:60]!r}"


@invariant(
    "HISTORY-016", HISTORY, reason="history-changed", expected="all earlier messages, unchanged and in order"
)
def earlier_messages_stay(seen: Seen) -> Findings:
    """What an earlier view showed of the task at rest is there, unchanged and in the same order."""
    if seen.view is None or seen.task is None:
        return
    settled = seen.task.settled_before(seen.began)
    if settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {len(settled.messages)} messages"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"not there, or otherwise: {brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, f"{len(seen.view.messages)} messages")


@invariant("FOLLOWUP-015", HISTORY, reason="half-taken", expected="an accepted message exactly once")
def accepted_once(seen: Seen) -> Findings:
    """Each message is shown as often as it was accepted, at the least and at the most."""
    if seen.view is None or seen.task is None or seen.task.creation is None:
        return
    for count in counts(seen.task.said, seen.view):
        there = shown(count, seen.view)
        text = str(count.said.asked.message)[:60]
        if not count.refused:
            known = f"{text!r} was accepted {count.least} to {count.most} times"
            yield says(count.least <= there <= count.most, known, f"it is there {there} times")


@invariant(
    "HISTORY-015", HISTORY, reason="no-answer", expected="an assistant message with the answer at the end"
)
def ends_with_an_answer(seen: Seen) -> Findings:
    """The history of a task that was known to be completed ends with an assistant message that has a text."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.view is None:
        return
    last = seen.view.messages[-1] if seen.view.messages else {}
    content = last.get("content")
    holds = last.get("role") == "assistant" and isinstance(content, str) and content != ""
    yield says(holds, f"turn {rest.number} was completed", f"the last message is {brief(last)}")
