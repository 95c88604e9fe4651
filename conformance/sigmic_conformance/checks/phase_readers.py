"""The readers of one task: late ones, several, and those after a lost connection."""

import re
from collections.abc import Sequence

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import EXECUTING
from sigmic_conformance.model.conversation import View, calls_in, missing
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_tasks import message_in_brief
from sigmic_conformance.model.observation.seen_turns import output_shown, turn_joined, turn_streamed
from sigmic_conformance.model.operations import GET, STREAM
from sigmic_conformance.model.record.evidence import brief, summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.record.timing import (
    MOST,
    NANO,
    jitter,
    noisy,
)
from sigmic_conformance.model.statuses import AWAITING, PENDING, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import TYPES, StreamEvent
from sigmic_conformance.wire.streamed_answer import StreamedAnswer
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.plural import plural

TEN = 10
_LOST = re.compile("\ufffd+")
STORM = 150
NO_PLACE = frozenset({403, 404, 409, 429, 503})
"""Statuses of a stream that is refused for lack of capacity."""


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def joiners_hear_the_whole_output(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader of a turn to its end, from any point on, received the output that get_task shows."""
    turn = turn_streamed(seen)
    content = output_shown(seen, turn) if turn else None
    if content is not None:
        answer = stream.answer
        holds = answer.may_be(content) or any(each.get("content") == content for each in stream.messages)
        first = task.readers.of_all(turn) if turn else None
        no_less = first not in (None, stream) and len(answer.joined) >= len(first.answer.joined)
        other = no_less or answer.is_in_other_words(content)
        if not holds and other and not _has_lost_characters(answer.sent, content):
            return  # only the output is worded differently
        known = f"the output is {spelled(content, 60)} ({plural(len(content), 'character')})"
        yield says(holds, known, f"it received {in_brief(content, answer.sent)}")


def _has_lost_characters(heard: str, content: str) -> bool:
    """Whether a text is another one with signs for undecodable bytes in place of some characters.

    The two halves of a character in two pieces are not lost: JavaScript joins them.
    """
    whole = ".{1,8}".join(map(re.escape, _LOST.split(heard)))
    found = re.fullmatch(whole, content, re.DOTALL) if _LOST.search(heard) else None
    return found is not None and _LOST.search(content) is None


def _read_enough(stream: Stream) -> bool:
    """Whether a reader stayed long enough to receive the current state."""
    return stream.complete or (stream.marker is not None and stream.exchange.ended - stream.marker.at > NANO)


def _calls_of_before(seen: Seen) -> Findings:
    """A late reader receives each call of the turn that another reader received before."""
    turn = turn_joined(seen)
    if turn is None or seen.task is None or seen.stream is None:
        return
    told = {event.call for event in seen.stream.live if event.type in {"tool_call", "tool_result"}}
    saved = calls_in(seen.stream.messages)
    for call in seen.task.calls.values():
        first = call.first
        if first is None or not turn.taken < first.at < seen.began or first.stream is seen.stream:
            continue
        there = call.id in told or call.id in saved
        if there or _read_enough(seen.stream):
            known = f"the call {call.id} ({call.tool}) had already been sent to another reader"
            yield says(there, known, "it is replayed" if there else "it is not replayed")


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def waiting_calls_are_sent_at_once(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader that joins while calls wait receives each of them while it still waits."""
    if turn_joined(seen) is None or stream.marker is None:
        return
    for call in task.calls.values():
        until = call.waited_until(seen.ended)
        if not call.waits(seen.began, stream.marker.at) or until - stream.marker.at < NANO:
            continue
        if (
            call.first is not None
            and call.first.stream is not stream
            and not noisy(seen.model.record, seen.exchange.probe)
        ):
            there = any(event.call == call.id and event.at <= until for event in stream.live)
            there = there or call.id in calls_in(stream.messages)
            known = (
                f"the call {call.id} waited for {(until - stream.marker.at) / NANO:.1f} s behind the marker"
            )
            yield says(there, known, "it is replayed" if there else "it is not replayed")


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def running_calls_are_sent_as_running(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A call that waited, and was then reported to other readers as executing, waits for no later reader."""
    if turn_joined(seen) is None or stream.marker is None or not _read_enough(stream):
        return
    for call in task.calls.values():
        before = [each.status for each in call.events if each.at < seen.began]
        told = [each.status for each in call.events if each.stream is stream and not each.is_result]
        is_over = call.result is not None and call.result.at <= stream.marker.at
        if told and AWAITING in before and before[-1] == EXECUTING and not is_over:
            known = f"another reader had received {call.id} ({call.tool}) as executing"
            yield says(told[-1] != AWAITING, known, f"this one received it as {', '.join(told)}")


def _texts(seen: Seen) -> tuple[StreamedAnswer, str] | None:
    """The answer as this reader of a turn received it, and its text as a reader from the start did."""
    turn, stream = turn_joined(seen), seen.stream
    if turn is None or stream is None or seen.task is None:
        return None
    if not stream.complete or stream.terminal is None or stream.terminal.type != "done":
        return None
    first = seen.task.readers.of_all(turn)
    if first is None or first is stream or first.exchange.started > seen.began:
        return None
    before = [event for event in first.of("content") if event.at < seen.began]
    if not before or first.answer.grows:
        return None
    return stream.answer, first.answer.text


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def earlier_text_is_sent(seen: Seen) -> Findings:
    """A late reader that stays to the end receives all text of the turn."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        holds = len(mine.joined) >= len(whole)
        known = f"a reader from the start received {plural(len(whole), 'character')}"
        yield says(holds, known, f"this later reader received {len(mine.joined)}")


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def earlier_calls_are_sent(seen: Seen) -> Findings:
    """A reader that joins late gets the calls of before."""
    return _calls_of_before(seen)


@check("PHASE-008", STREAM, reason="task-disturbed")
def leaving_cancels_nothing(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A turn whose reader has left is not cancelled, unless a client cancelled it."""
    if stream.complete or stream.last is not None:
        return
    if not turn.is_clear or turn.over is None or turn.over.ended < seen.ended:
        return
    # No page says whether a rejected call ends its run as cancelled (G-65).
    ended = (seen.began, turn.over.ended)
    if not task.may_be_cancelled(*ended) and not task.may_end_by_rejection(turn.began, turn.over.ended):
        status = turn.over.status
        yield says(
            status != "cancelled", "a reader left, and no caller cancelled the task", f"the task is {status}"
        )


@check("PHASE-008", GET, reason="task-disturbed")
def tasks_go_on_without_a_reader(seen: Seen, task: Task, turn: Turn) -> Findings:
    """A turn without calls, which its reader has left, does not stand still for most of a task's time."""
    if not turn.is_clear or task.calls or seen.fields.get("status") not in {PENDING, RUNNING}:
        return
    readers = [each.exchange for each in task.streams if turn.began <= each.exchange.started < seen.ended]
    left = max((each.ended for each in readers), default=seen.ended)
    same = [
        each
        for each in task.read
        if each.started >= left
        and turn.holds(each.started, seen.ended)
        and all(each.fields.get(name) == seen.fields.get(name) for name in ("status", "output"))
    ]
    stood = seen.began - min((each.ended for each in same), default=seen.began)
    if stood > round(seen.model.profile.task_seconds * MOST * NANO):
        yield breaks(f"{readers[-1].label} was left", f"nothing changed in {stood / NANO:.0f} s")


@check("PHASE-009", STREAM, reason="not-replayed")
def who_comes_back_gets_all(seen: Seen, task: Task, view: View) -> Findings:
    """A returning reader of a task's stream receives everything that was saved."""
    before = [each for each in task.streams if each.exchange.ended <= seen.began]
    settled = task.conversation.settled_before(seen.began)
    if not before or settled is None:
        return
    lacking = missing(settled, view)
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    yield says(
        not lacking, known, f"not sent: {message_in_brief(lacking[0])}" if lacking else "all were sent"
    )


@check("PHASE-009", STREAM, reason="not-replayed")
def who_comes_back_to_a_turn_gets_all(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader that reconnects during a turn receives the user's messages and the earlier calls again."""
    turn = turn_joined(seen)
    if turn is None:
        return
    left = [
        each
        for each in task.streams
        if turn.taken <= each.exchange.started
        and each.exchange.ended <= seen.began
        and each.marker is not None
    ]
    if not left:
        return
    mine, theirs = (
        [each for each in one.messages if each.get("role") == "user"] for one in (stream, left[-1])
    )
    known = f"{left[-1].exchange.label} had shown {plural(len(theirs), 'message')} of the user"
    yield says(
        mine == theirs,
        known,
        f"{plural(len(mine), 'message')}, {'the same' if mine == theirs else 'not the same'}",
    )
    yield from _calls_of_before(seen)


def _asked_before(task: Task, turn: Turn, event: StreamEvent) -> bool:
    """Whether an earlier turn reported a call, and that turn's message has its words, but this turn's not."""
    args = json_values.fields(event.get("args"))
    earlier = [
        task.turns.at(each.at)
        for stream in task.streams
        for each in stream.of("tool_call")
        if each.call == event.call and each.at < turn.began and json_values.fields(each.get("args")) == args
    ]
    words = [each for each in args.values() if isinstance(each, str)]
    return any(
        each in (then.message.asked.message or "") and each not in (turn.message.asked.message or "")
        for then in earlier
        if then is not None
        for each in words
    )


@check("PHASE-009", STREAM, reason="not-current")
def calls_of_earlier_turns_are_not_current(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """After the history a reader of a later turn receives no call of an earlier turn again.

    A platform may use the id of a call again in a later turn, but then for other arguments (EVENT-022).
    """
    if not turn.is_clear or turn.taken > seen.began:
        return
    told = stream.of("tool_call")
    again = [each.call for each in told if _asked_before(task, turn, each)]
    if told and turn.number > 1:
        known = f"turn {turn.number} had started"
        shown = f"{plural(len(again), 'call')} of earlier turns among the live events"
        yield says(not again, known, shown)


@check("PHASE-010", STREAM, reason="refused")
def streams_open_at_any_time(seen: Seen) -> Findings:
    """The owner's request for a stream is accepted."""
    return not_refused(seen)


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_output(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A late reader to the end received the output that get_task shows, without repetition."""
    turn = turn_streamed(seen)
    content = output_shown(seen, turn) if turn else None
    if turn is None or content is None:
        return
    if not task.readers.is_from_the_start(turn, stream) and stream.answer.pieces:
        answer = stream.answer
        if content not in answer.sent and answer.is_in_other_words(content):
            return
        known = f"the output is {spelled(content, 60)} ({plural(len(content), 'character')})"
        shown = f"it received {in_brief(content, answer.sent)} ({len(answer.sent)})"
        yield says(answer.may_be(content), known, shown)


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_same(seen: Seen) -> Findings:
    """At the end, the text of a late reader is that of a reader from the start."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        known = f"a reader from the start received {spelled(whole, 60)} ({plural(len(whole), 'character')})"
        heard = mine.sent
        # The part of the answer that a saved message already has (G-49) may be left out of the events.
        holds = whole in {heard, mine.joined, mine.text, mine.begun + mine.text}
        yield says(
            holds, known, f"this one received {in_brief(whole, heard)} ({plural(len(heard), 'character')})"
        )


def _after(stream: Stream, at: int) -> list[tuple[str, str]]:
    """The documented live events that arrived after a time, with texts split into letters.

    The number of pieces of a text may differ for a slow reader.
    """
    found: list[tuple[str, str]] = []
    for event in stream.live:
        text = event.get("text") if event.type == "content" else None
        if event.at > at and event.type in TYPES:
            found += [(event.type, each) for each in text] if isinstance(text, str) else [event.documented]
    return found


def _same_turn(seen: Seen, one: Stream, other: Stream) -> bool:
    if seen.task is None or not other.is_streaming:
        return False
    mine, theirs = (seen.task.turns.at(each.exchange.started) for each in (one, other))
    return mine is not None and mine is theirs and mine.is_clear


def _from(events: Sequence[tuple[str, str]], place: int) -> str:
    """The event at a place, with the letters that follow if it is a letter of a text."""
    kind = events[place][0]
    return f"{kind} {spelled(brief(''.join(text for each, text in events[place:] if each == kind)))}"


@check("PHASE-015", STREAM, reason="readers-differ")
def readers_agree(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The last events that two readers received while both were connected are the same, in the same order.

    The comparison covers as many events as both received: a network may have delayed some for one reader.
    """
    if stream.marker is None or not stream.is_streaming:
        return
    for other in task.streams:
        if other is stream or not _same_turn(seen, stream, other) or other.marker is None:
            continue
        # Compare each pair once, from the later reader; the events with its marker are the catch-up.
        if not stream.complete or not other.complete or other.exchange.started > seen.began:
            continue
        surely = max(stream.marker.at, other.marker.at) + NANO
        mine, theirs = _after(stream, surely), _after(other, surely)
        number = min(len(mine), len(theirs))
        if number:
            mine, theirs = mine[-number:], theirs[-number:]
            odd = next((place for place in range(number) if mine[place] != theirs[place]), None)
            known = f"another reader ({other.exchange.label}) was there as well"
            shown = "the same" if odd is None else f"{_from(mine, odd)} instead of {_from(theirs, odd)}"
            yield says(odd is None, known, f"it received {shown}")


@check("PHASE-015", STREAM, reason="readers-differ")
def every_reader_hears_the_results(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader to the end that received a waiting or running call also received its result.

    A late reader gets each call in its current state: a call that was over neither waits nor runs.
    """
    if stream.marker is None or not stream.complete:
        return
    if stream.terminal is None:
        return
    mine = {event.call for event in stream.of("tool_result")}
    open_ = {
        event.call
        for event in stream.of("tool_call")
        if json_values.one_of(event.get("status"), {AWAITING, EXECUTING})
    }
    for other in task.streams:
        if other is stream or not _same_turn(seen, stream, other):
            continue
        for event in other.of("tool_result"):
            if event.call in open_ and stream.marker.at < event.at < seen.ended:
                known = f"another reader ({other.exchange.label}) received the result of {event.call}"
                yield says(
                    event.call in mine, known, "so did this one" if event.call in mine else "not this one"
                )


@check("PHASE-025", STREAM, reason="refused")
def ten_streams_are_served(seen: Seen, task: Task) -> Findings:
    """The owner's stream is not refused as one of ten."""
    if task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    others = [each for each in task.streams if each is not seen.stream]
    number = 1 + sum(each.exchange.started <= seen.began < each.exchange.ended for each in others)
    is_refused = number <= TEN and number > 1 and seen.exchange.status in NO_PLACE
    if is_refused or (number >= TEN and seen.exchange.succeeded):
        yield says(
            not is_refused, plural(number, "stream was open", "streams were open"), summary(seen.exchange)
        )


def _seconds(exchange: Exchange) -> float:
    return (exchange.ended - exchange.started) / NANO


@check("PHASE-026", reason="slowed-or-broken")
def storm_leaves_no_trace(record: Record) -> Findings:
    before, after = record.stream("connection_storm", "before"), record.exchange("connection_storm", "after")
    cut = [each for each in record.exchanges("connection_storm") if each.label == "cut off"]
    opened, known = plural(len(cut), "connection"), "the next stream as whole and as quick as before"
    if len(cut) < STORM:
        raise NotReached(f"only {opened} opened")
    if not after.is_stream:
        yield breaks(known, f"after {opened}: {after.status} {after.closed}", exchange=after)
        return
    once, again = _seconds(before.exchange), _seconds(after)
    limit = max(2.0, 5 * once) + 3 * jitter(record, "connection_storm") / NANO
    same = record.read(after).messages == before.messages and record.read(after).complete
    shown = f"{once:.2f} s before and {again:.2f} s after {opened}"
    yield says(same and again <= limit, known, shown, exchange=after)


@check("PHASE-026", STREAM, reason="slowed-or-broken")
def cut_streams_leave_no_trace(seen: Seen, task: Task) -> Findings:
    """The owner's stream is not refused after others of the run were cut off."""
    if task.creation is None or not seen.is_own:
        return
    cut = sum(
        each.exchange.closed is Closed.HUNG_UP and each.exchange.ended < seen.began and each.last is None
        for each in task.streams
    )
    if cut and (seen.exchange.succeeded or seen.exchange.status in NO_PLACE):
        yield says(
            seen.exchange.succeeded,
            f"{plural(cut, 'stream of the task was', 'streams of the task were')} cut off",
            summary(seen.exchange),
        )


@check("PHASE-028", STREAM, reason="others-disturbed")
def leaving_disturbs_no_other(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A reader receives the answer and its end even if another reader was cut off."""
    if not turn.is_clear or not stream.is_streaming:
        return
    gone = [
        each
        for each in task.streams
        if each is not stream
        and each.exchange.closed is Closed.HUNG_UP
        and each.terminal is None
        and stream.opened < each.exchange.ended < seen.ended
    ]
    over = turn.over
    ended = task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(turn.began, seen.ended)
    if gone and stream.complete and over is not None and not ended:
        told = stream.terminal.type if stream.terminal else "neither done nor error"
        content = output_shown(seen, turn)
        holds = told == ("error" if over.status == "failed" else "done")
        if content is not None and told == "done" and not stream.answer.may_be(content):
            holds = holds and stream.answer.is_in_other_words(content)
            told += " and lacks a part of the answer"
        yield says(holds, f"{gone[0].exchange.label} was cut off", f"it ended with {told}")
