"""HISTORY: what was said is shown to everybody who asks later, once, unchanged and in order."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.conformance.model.conversation import Said, in_order, missing, order_of, shown
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

HISTORY, STREAM = "get_task_history", "stream_task"


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
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"missing or different: {brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, order_of(settled, seen.view))


@invariant("FOLLOWUP-015", HISTORY, reason="half-taken", expected="an accepted message exactly once")
def accepted_once(seen: Seen) -> Findings:
    """Each message is shown as often as it was accepted, at the least and at the most."""
    if seen.view is None or seen.task is None or seen.task.creation is None:
        return
    for count in seen.task.counts(seen.view):
        there = shown(count, seen.view)
        text = str(count.said.asked.message)[:60]
        if not count.refused:
            known = f"{text!r} was accepted {count.least} to {plural(count.most, 'time')}"
            yield says(count.least <= there <= count.most, known, f"it is there {plural(there, 'time')}")


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
    if content == "" and seen.task is not None:
        heard = seen.task.heard_whole(rest)
        if heard.joined == "" if heard else last.get("toolCalls"):
            return  # the agent used its tools, and said nothing
    holds = last.get("role") == "assistant" and isinstance(content, str) and content != ""
    yield says(holds, f"turn {rest.number} was completed", f"the last message is {brief(last)}")


@invariant(
    "HISTORY-008",
    HISTORY,
    "stream_task",
    reason="other-message",
    expected="the user's message of the creation",
)
def first_message_is_the_creations(seen: Seen) -> Findings:
    """The first message of a task created without files is the user's, with the text that was given."""
    creation = seen.task.creation if seen.task else None
    if seen.view is None or creation is None or creation.asked.message is None or creation.asked.files:
        return
    if creation.answered <= seen.view.began and not (seen.task and seen.task.may_be_empty(seen.view)):
        first = seen.view.messages[0] if seen.view.messages else {}
        holds = first.get("role") == "user" and creation.is_shown_as(first.get("content"))
        yield says(
            holds,
            f"the task was created with {creation.asked.message[:60]!r}",
            f"it begins with {brief(first)}",
        )


@invariant("HISTORY-019", HISTORY, STREAM, reason="words-added", expected="the user's own words alone")
def users_words_are_kept(seen: Seen) -> Findings:
    """A message that came with files is shown without a list of them."""
    if seen.view is None or seen.task is None:
        return
    for said in seen.task.said:
        text = said.asked.message
        if text is None or not said.asked.files or said.answered > seen.view.began or not _was_taken(said):
            continue
        shown_as = [
            str(each.get("content")) for each in seen.view.of_user if said.is_shown_as(each.get("content"))
        ]
        if shown_as:
            holds = any(content.strip() == text.strip() for content in shown_as)
            yield says(holds, f"the message was {text[:60]!r}", f"it is shown as {shown_as[0][:60]!r}")


@invariant(
    "EVENT-022",
    HISTORY,
    "stream_task",
    reason="call-id-reused",
    expected="different callIds for different calls of a task",
)
def answers_have_calls_of_their_own(seen: Seen) -> Findings:
    """No call that is told with an answer is told with the answer to a later message as well."""
    before: set[str] = set()
    here: set[str] = set()
    again: set[str] = set()
    for message in seen.view.messages if seen.view else ():
        if message.get("role") == "user":
            before |= here
        calls = {shapes.word(call.get("callId")) for call in shapes.objects(message.get("toolCalls"))} - {""}
        here |= calls
        again |= calls & before
    if before:
        shown = f"{len(again)} of them once more, {min(again)} among them" if again else "none of them again"
        yield says(
            not again, f"{plural(len(before), 'call is', 'calls are')} shown with earlier answers", shown
        )


def _was_taken(said: Said) -> bool:
    return said.certainty is Certainty.ACCEPTED


@invariant("HISTORY-002", HISTORY, reason="other-id", expected="the conversationId of get_task")
def one_conversation(seen: Seen) -> Findings:
    """The conversationId of a history is the one that get_task told before."""
    if seen.task is None or not seen.exchange.ok:
        return
    told = [
        value
        for each in seen.task.read
        if each.ended <= seen.began and isinstance(value := each.fields.get("conversationId"), str)
    ]
    shown = seen.fields.get("conversationId")
    if told and shown is not None:
        yield says(shown == told[-1], f"get_task told {told[-1]}", f"conversationId {shown}")


@invariant(
    "HISTORY-009", STREAM, HISTORY, reason="wrong-role", expected="attachedFiles on user messages only"
)
def only_users_attach(seen: Seen) -> Findings:
    """No message but the user's has attached files."""
    if seen.view is not None:
        wrong = [
            each for each in seen.view.messages if each.get("role") != "user" and "attachedFiles" in each
        ]
        yield says(
            not wrong,
            f"{plural(len(seen.view.messages), 'message')}",
            f"{plural(len(wrong), 'other has', 'others have')} attachedFiles",
        )


@invariant(
    "HISTORY-010", STREAM, HISTORY, reason="wrong-role", expected="thoughts on assistant messages only"
)
def only_assistants_think(seen: Seen) -> Findings:
    """No message but the assistant's has thoughts."""
    if seen.view is not None:
        wrong = [
            each for each in seen.view.messages if each.get("role") != "assistant" and "thoughts" in each
        ]
        yield says(
            not wrong,
            f"{plural(len(seen.view.messages), 'message')}",
            f"{plural(len(wrong), 'other has', 'others have')} thoughts",
        )
