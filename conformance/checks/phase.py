"""The phases of a stream, in the order history, marker, catch-up, live events, end."""

import re
from collections import Counter
from collections.abc import Sequence

from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import (
    CLOSE_SECONDS,
    MOST,
    NANO,
    Comparison,
    compare,
    jitter,
    noisy,
)
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.model.calls import EXECUTING, Call
from sigmic_conformance.conformance.model.conversation import Said, View, calls_in, missing
from sigmic_conformance.conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.seen_tasks import counted, how_often, message_in_brief, settled_stay
from sigmic_conformance.conformance.model.seen_turns import output_told, turn_joined, turn_told
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, FAILED, PENDING, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.registry import check, check_observed
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.numbered_text import in_brief
from sigmic_conformance.conformance.transcript.stream import TERMINAL, TYPES, Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.plural import plural

LEFT = frozenset({Closed.HUNG_UP, Closed.DEADLINE})
CUT = LEFT | {Closed.RESET}
PATIENCE = round((CLOSE_SECONDS + 1) * NANO)
DEAD_INTERVALS = 2.5
TEN = 10
_ECHO = re.compile(r"echo [^;&|`$]*")
"""A command that takes no time."""
STORM = 150
NO_PLACE = frozenset({403, 404, 409, 429, 503})
"""Statuses of a stream that is refused for lack of capacity."""


def _marked(seen: Seen) -> Stream | None:
    """The stream, if its history phase ended, or should have ended."""
    stream = seen.stream
    return stream if stream and (stream.marker is not None or seen.exchange.closed not in CUT) else None


@check("PHASE-001", STREAM, reason="history-out-of-order")
def history_comes_first(seen: Seen) -> Findings:
    """Messages come in the order of their time, before everything else."""
    stream = _marked(seen)
    if stream is None:
        return
    other = next((each for each in stream.history if each.type in TYPES - {"history_message"}), None)
    odd = other or next((each for each in stream.live if each.type == "history_message"), None)
    instants = [json_values.instant(each.get("createdAt")) for each in stream.messages]
    times = [each for each in instants if each is not None]
    if odd is not None:
        known = "the history comes before its marker"
        yield says(odd is None, known, f"{odd.type} at place {odd.number + 1}", offset=odd.offset)
    elif times:
        in_order = times == sorted(times)
        yield says(
            in_order, f"{plural(len(times), 'message')}", f"{'' if in_order else 'not '}in order of time"
        )


@check("PHASE-001", STREAM, reason="message-missing")
def saved_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has the messages of earlier views of the idle task, unchanged and in order."""
    yield from settled_stay(seen, "not replayed, or replayed differently")


@check("PHASE-001", STREAM, reason="message-missing")
def accepted_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has each message that was accepted before the request."""
    for count, view, there in counted(seen):
        known = f"{str(count.said.asked.message)[:60]!r} was accepted {plural(count.least, 'time')}"
        yield says(there >= count.least, known, f"it is replayed {how_often(count, view, there)}")


@check("PHASE-001", STREAM, reason="message-repeated")
def no_message_is_replayed_twice(seen: Seen) -> Findings:
    """A stream's history has no message more often than the clients sent it."""
    for count, _, there in counted(seen):
        if not count.refused:
            known = f"{str(count.said.asked.message)[:60]!r} was sent {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is replayed {plural(there, 'time')}")


@check("PHASE-001", STREAM, reason="message-repeated")
def no_message_is_told_twice(stream: Stream) -> Findings:
    """A history has no two equal messages. Equal ids alone are not a repetition."""
    told = Counter(map(json_values.word, stream.messages))
    if told:
        twice = [message for message, number in told.items() if number > 1]
        shown = f"sent twice: {brief(twice[0])}" if twice else "each is sent once"
        yield says(not twice, f"{told.total()} messages", shown)


@check("PHASE-001", STREAM, reason="message-missing")
def counted_messages_are_told(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A message that the marker counts, and that another view shows, is sent before the marker."""
    counted = stream.marker.get("messageCount") if stream.marker else None
    if stream.marker is None or not json_values.count(counted):
        return
    mine = Counter(
        (json_values.word(each.get("role")), json_values.word(each.get("content")))
        for each in stream.messages
    )
    for view in task.views:
        was_said = any(each.answered > seen.began and each.sent < view.ended for each in task.said)
        if view.ended <= stream.marker.at or was_said:
            continue
        theirs = Counter(
            (json_values.word("user"), json_values.word(each.get("content"))) for each in view.of_user
        )
        lacking = theirs - mine
        if lacking and counted == mine.total() + lacking.total():
            known = f"the marker counts {counted}, and {view.exchange.label} shows what is missing"
            yield breaks(known, f"not told: {brief(min(lacking)[1])}")
            return


@check("PHASE-002", STREAM, reason="wrong-number-of-markers")
def one_marker(seen: Seen) -> Findings:
    """Each stream has one history_done."""
    if stream := _marked(seen):
        number = sum(event.type == "history_done" for event in stream.events)
        yield says(number == 1, "the history is over", f"{number} history_done")


@check("PHASE-003", STREAM, reason="wrong-count")
def marker_counts(stream: Stream) -> Findings:
    """The marker has the number of messages before it."""
    if stream.marker is None:
        return
    counted, sent = (
        stream.marker.get("messageCount"),
        sum(e.type == "history_message" for e in stream.history),
    )
    if sent or counted != sent:
        yield says(
            counted == sent, f"{sent} were sent", f"messageCount {counted}", offset=stream.marker.offset
        )


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def marker_foretells(stream: Stream) -> Findings:
    """Events follow if and only if the marker has isStreaming true."""
    if stream.marker is None:
        return
    live = len(stream.live)
    if stream.is_streaming is False:
        holds, is_told = live == 0, live > 0
    else:
        holds, is_told = stream.is_streaming is True and live > 0, stream.complete
    if is_told:
        yield says(
            holds,
            plural(live, "event follows", "events follow"),
            f"isStreaming {json_values.word(stream.marker.get('isStreaming'))}",
        )


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_rest_nothing_streams(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The marker of a task that was known to be idle says that no events follow."""
    if stream.marker is None or stream.is_streaming is None:
        return
    rest = task.at_rest(seen.began, stream.marker.at)
    if rest is not None and rest.over is not None:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(not stream.is_streaming, f"turn {rest.number} was {rest.over.words}", shown_)


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_work_it_streams(seen: Seen, task: Task, stream: Stream) -> Findings:
    """If a later answer shows a turn as running, its marker says that events follow.

    The arrival time of an event is weaker evidence: a network may have delayed it.
    """
    if stream.marker is None or stream.is_streaming is None:
        return
    turn = task.turn_at(stream.marker.at)
    if turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    if task.asks is not False and seen.model.choices.idles_while_waiting:
        return
    later = [
        told
        for told in task.told
        if told.status == RUNNING and told.began >= stream.marker.at and turn.holds(told.began, told.ended)
    ]
    if later:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, f"{later[0].exchange.label} told it to run afterwards", shown_)


def _goes_on_elsewhere(seen: Seen, stream: Stream) -> bool:
    """Whether a message was sent while the stream was open: it may run live then (G-58)."""
    sent = [said.sent for said in seen.task.said] if seen.task else []
    return any(seen.began < at < stream.exchange.ended for at in sent)


@check("PHASE-005", STREAM, reason="idle-stream-goes-on")
def nothing_follows_an_idle_marker(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The stream of a task that was known to be idle has no event after history_done."""
    if stream.marker is None:
        return
    rest = task.at_rest(seen.began, stream.marker.at)
    if rest is None or rest.over is None or _goes_on_elsewhere(seen, stream):
        return
    known = f"turn {rest.number} was {rest.over.words}"
    later = [event.type for event in stream.live]
    yield says(not later, known, f"behind history_done come {', '.join(later[:4]) or 'no events'}")


@check("PHASE-005", STREAM, reason="idle-stream-goes-on")
def idle_stream_is_closed(seen: Seen, stream: Stream, rest: Turn) -> Findings:
    """The stream of a task that stayed idle is closed within seconds of history_done."""
    if stream.marker is None or rest.over is None or stream.live:
        return
    since = seen.ended - stream.marker.at
    if stream.complete or since > PATIENCE:
        shown_ = "it ended" if stream.complete else f"{since / NANO:.1f} s later it was open"
        yield says(stream.complete, f"turn {rest.number} was {rest.over.words}", shown_)


def _was_cut(seen: Seen) -> bool:
    """Whether the connection broke, or the harness did not read all the time.

    A stream without even heartbeats counts as cut by a network.
    """
    dead = DEAD_INTERVALS * seen.model.profile.heartbeat_seconds * NANO
    silences = seen.stream.silences() if seen.stream and seen.stream.last is None else ()
    broke = any(began + length >= seen.ended and length > dead for began, length in silences)
    return broke or seen.exchange.closed is Closed.RESET or seen.exchange.paused_at is not None


@check("PHASE-006", STREAM, reason="live-phase-missing")
def running_streams_go_on(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A stream with isStreaming true has a live event before its end, unless the task was cancelled."""
    if not stream.is_streaming or not stream.complete:
        return
    if not stream.live and not task.may_be_cancelled(seen.began, seen.ended):
        yield breaks("the marker says that events follow", "the stream ended behind it")


@check("PHASE-006", STREAM, reason="live-phase-missing")
def stream_ends_with_the_turn(seen: Seen, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that is over by other evidence, or by its own events, ends within seconds."""
    if not stream.is_streaming or _was_cut(seen):
        return
    if not turn.is_clear or turn.over is None or turn.over.by is seen.exchange:
        return
    if turn.over.status != COMPLETED or turn.began > seen.began or not stream.was_awaited(0):
        return
    known = f"turn {turn.number} was completed, told by {turn.over.source}"
    done = next(iter(stream.of("done")), None)
    over = turn.over.ended if done is None else done.at
    if stream.complete and stream.last is not None:
        yield says(stream.complete, known, "it ended")
    elif stream.complete:
        yield breaks(known, "the stream ended without done or error")
    elif seen.ended - over > PATIENCE:
        late = (seen.ended - over) / NANO
        yield breaks(known, f"{late:.1f} s later the stream had not ended ({seen.exchange.closed})")


@check("PHASE-006", STREAM, reason="never-ends")
def no_turn_hangs(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A turn ends: its reader does not wait for most of the time that the profile allows for a whole task.

    Unless the turn was cancelled, or one of its calls waits or may take long. That a turn ends after a
    rejected call is a premise (G-65). Heartbeats show that the connection, at least, still works.
    """
    since = seen.ended - round(seen.model.profile.task_seconds * MOST * NANO)
    if not stream.is_streaming or stream.terminal is not None or seen.exchange.closed not in LEFT:
        return
    if task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(seen.began, seen.ended):
        return
    if task.asks is not False and not task.calls:
        return  # a call may wait that no event reports
    latest = stream.live[-1].at if stream.live else seen.began
    works = any(chunk.at > since for chunk in seen.exchange.chunks)
    if works and latest <= since and not any(_may_take_long(call, since) for call in task.calls.values()):
        seconds = (seen.ended - latest) / NANO
        yield breaks(
            "no call waits or sleeps", f"no event came for {seconds:.0f} s, and the stream did not end"
        )


def _may_take_long(call: Call, since: int) -> bool:
    """Whether a call without a result may have waited, or worked, after a time."""
    if call.result is not None:
        return False
    waits = (call.asked is not None or call.listed) and not any(each.answered <= since for each in call.taken)
    return waits or call.sleeps is not None or not (call.takes_a_path or _ECHO.fullmatch(call.command))


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def joiners_hear_the_whole_output(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader of a turn to its end, from any point on, received the output that get_task shows."""
    turn = turn_told(seen)
    content = output_told(seen, turn) if turn else None
    if content is not None:
        holds = stream.delivered(content) or any(each.get("content") == content for each in stream.messages)
        first = task.heard_whole(turn) if turn else None
        no_less = first not in (None, stream) and len(stream.joined) >= len(first.joined)
        if not holds and (no_less or stream.is_in_other_words(content)):
            return  # only the output is worded differently
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(holds, known, f"it received {in_brief(content, ''.join(stream.texts))}")


def _heard_enough(stream: Stream) -> bool:
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
        if there or _heard_enough(seen.stream):
            known = f"the call {call.id} ({call.tool}) had already been sent to another reader"
            yield says(there, known, "it is replayed" if there else "it is not replayed")


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def calls_of_before_are_told(seen: Seen) -> Findings:
    """A late reader receives each earlier call of the turn."""
    yield from _calls_of_before(seen)


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def waiting_calls_are_told_at_once(seen: Seen, task: Task, stream: Stream) -> Findings:
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
def calls_that_run_are_told_as_running(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A call that was last told to other readers as executing does not only wait for a later reader."""
    if turn_joined(seen) is None or stream.marker is None or not _heard_enough(stream):
        return
    for call in task.calls.values():
        before = [each for each in call.heard if each.at < seen.began]
        told = [each.status for each in call.heard if each.stream is stream and not each.is_result]
        is_over = call.result is not None and call.result.at <= stream.marker.at
        if told and before and before[-1].status == EXECUTING and not is_over:
            known = f"{call.id} ({call.tool}) was executing, as other readers received last"
            yield says(told[-1] != AWAITING, known, f"this later reader received {', '.join(told)}")


def _texts(seen: Seen) -> tuple[Stream, str] | None:
    """A reader of a turn, and the text that a reader from the start received, both to its end."""
    turn, stream = turn_joined(seen), seen.stream
    if turn is None or stream is None or seen.task is None:
        return None
    if not stream.complete or stream.terminal is None or stream.terminal.type != "done":
        return None
    first = seen.task.heard_whole(turn)
    if first is None or first is stream or first.exchange.started > seen.began:
        return None
    before = [event for event in first.of("content") if event.at < seen.began]
    if not before or first.grows:
        return None
    return stream, "".join(first.texts)


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def text_of_before_is_told(seen: Seen) -> Findings:
    """A late reader that stays to the end receives all text of the turn."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        holds = len(mine.joined) >= len(whole)
        known = f"a reader from the start received {plural(len(whole), 'character')}"
        yield says(holds, known, f"this later reader received {len(mine.joined)}")


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


@check("PHASE-009", STREAM, reason="not-replayed")
def who_comes_back_is_told_all(seen: Seen, task: Task, view: View) -> Findings:
    """A returning reader of a task's stream receives everything that was saved."""
    before = [each for each in task.streams if each.exchange.ended <= seen.began]
    settled = task.settled_before(seen.began)
    if not before or settled is None:
        return
    lacking = missing(settled, view)
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    yield says(
        not lacking, known, f"not told: {message_in_brief(lacking[0])}" if lacking else "all were sent"
    )


@check("PHASE-009", STREAM, reason="not-replayed")
def who_comes_back_to_a_turn_is_told_all(seen: Seen, task: Task, stream: Stream) -> Findings:
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
    known = f"{left[-1].exchange.label} had told {plural(len(theirs), 'message')} of the user"
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
        task.turn_at(each.at)
        for stream in task.streams
        for each in stream.of("tool_call")
        if each.call == event.call and each.at < turn.began and json_values.fields(each.get("args")) == args
    ]
    words = [each for each in args.values() if isinstance(each, str)]
    return any(
        each in (then.said.asked.message or "") and each not in (turn.said.asked.message or "")
        for then in earlier
        if then is not None
        for each in words
    )


@check("PHASE-009", STREAM, reason="not-current")
def calls_of_earlier_turns_are_not_current(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """After the history a reader of a later turn receives no call again that an earlier turn asked for.

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
def owner_may_listen(seen: Seen) -> Findings:
    """The owner of a task is never refused its stream."""
    yield from not_refused(seen)


@check("PHASE-011", STREAM, reason="wrong-beginning")
def new_tasks_begin_with_their_message(seen: Seen, task: Task, stream: Stream, creation: Said) -> Findings:
    """The history of a live stream in the first turn has exactly the message of the creation."""
    if stream.marker is None or not stream.is_streaming:
        return
    turn = task.turn_at(stream.marker.at)
    if turn is None or turn.number != 1 or creation.asked.message is None or turn.taken > seen.began:
        return
    messages = stream.messages
    said = [each for each in messages if each.get("role") == "user"]
    # The agent's text so far may already be a separate message (G-49).
    holds = len(said) == 1 and creation.is_shown_as(said[0].get("content")) and messages[0] is said[0]
    first = message_in_brief(messages[0]) if messages else "no message"
    shown_ = f"it begins with {first}, and has {len(said)} of the user"
    yield says(holds, f"the task was created with {creation.asked.message[:60]!r}", shown_)


@check("PHASE-012", STREAM, reason="wrong-end")
def done_is_the_end(stream: Stream) -> Findings:
    """A stream has at most one done, followed by no event of a documented type (G-53)."""
    done = [event for event in stream.live if event.type == "done"]
    if done:
        after = sum(event.type in TYPES for event in stream.events[done[0].number + 1 :])
        yield says(after == 0, "done was sent", f"{len(done)} done, {plural(after, 'event')} after it")


@check("PHASE-012", STREAM, reason="wrong-end")
def completed_turns_end_with_done(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A properly closed stream of a turn that answers show as completed has one done, at its end."""
    if not turn.is_clear or turn.taken > seen.began:
        return
    completed = any(
        told.status == COMPLETED and turn.holds(told.began, told.ended) and told.ended > seen.began
        for told in task.told
    )
    if stream.is_streaming and stream.complete and completed:
        known = [event for event in stream.live if event.type in TYPES]
        done = [event for event in known if event.type == "done"]
        last = bool(known) and known[-1].type == "done"
        shown = f"{len(done)} done, {'at' if last else 'not at'} the end"
        yield says(len(done) == 1 and last, f"turn {turn.number} is shown as completed", shown)


@check("PHASE-013", STREAM, reason="closed-late")
def closed_in_time(seen: Seen, stream: Stream) -> Findings:
    """A stream is closed within seconds of its last event."""
    last = stream.last
    if last is not None and stream.was_awaited(CLOSE_SECONDS):
        seconds = (seen.ended - last.at) / NANO
        holds = stream.complete and seconds <= CLOSE_SECONDS
        if stream.live or not holds:
            shown = f"{seen.exchange.closed} {seconds:.2f} s after it"
            yield says(holds, f"{last.type} is the last event", shown)


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_output(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A late reader to the end received the output that get_task shows, without repetition."""
    turn = turn_told(seen)
    content = output_told(seen, turn) if turn else None
    if turn is None or content is None:
        return
    if not task.is_from_the_start(turn, stream) and stream.texts:
        heard = "".join(stream.texts)
        if content not in heard and stream.is_in_other_words(content):
            return
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(stream.delivered(content), known, f"it received {in_brief(content, heard)} ({len(heard)})")


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_same(seen: Seen) -> Findings:
    """At the end, the text of a late reader is that of a reader from the start."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        known = f"a reader from the start received {whole[:60]!r} ({plural(len(whole), 'character')})"
        heard = "".join(mine.texts)
        # The part of the answer that a saved message already has (G-49) may be left out of the events.
        holds = whole in {heard, mine.joined}
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
    mine, theirs = (seen.task.turn_at(each.exchange.started) for each in (one, other))
    return mine is not None and mine is theirs and mine.is_clear


def _from(events: Sequence[tuple[str, str]], place: int) -> str:
    """The event at a place, with the letters that follow if it is a letter of a text."""
    kind = events[place][0]
    return f"{kind} {brief(''.join(text for each, text in events[place:] if each == kind))!r}"


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


@check("PHASE-016", STREAM, reason="replays-differ")
def messages_are_replayed_the_same(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The messages that an earlier stream of the task replayed are replayed with the same ids."""
    if stream.marker is None:
        return
    before = [each for each in task.streams if each.exchange.ended <= seen.began and each.marker is not None]
    if not before or not before[-1].messages:
        return
    mine, theirs = (
        [each.get("id") for each in one.messages if each.get("role") == "user"]
        for one in (stream, before[-1])
    )
    known = f"{before[-1].exchange.label} had replayed {plural(len(theirs), 'message')} of the user"
    yield says(mine[: len(theirs)] == theirs, known, f"{plural(len(mine), 'message')} of the user")


@check("PHASE-016", STREAM, reason="replays-differ")
def repeated_streams_are_equal(seen: Seen, task: Task, stream: Stream, rest: Turn) -> Findings:
    """Two streams of a task that stayed idle have the same events."""
    if not stream.complete or stream.is_streaming:
        return
    for earlier in task.streams:
        if earlier.exchange.ended > seen.began:
            break
        if earlier.complete and task.at_rest(earlier.exchange.started, seen.ended) is rest:
            one, other = earlier.documented, stream.documented
            known = f"{earlier.exchange.label} told {plural(len(one), 'event')} of the task at rest"
            yield says(
                one == other,
                known,
                f"{plural(len(other), 'event')}, {'the same' if one == other else 'not the same'}",
            )
            return


def _stays_open(seen: Seen) -> bool | None:
    """Whether the stream of a waiting task stays open; None if the task is not known to wait.

    A premise: streams that opened before the task waits behave like those that opened while it waits.
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or stream.is_streaming is None:
        return None
    if task.may_be_cancelled(seen.began, stream.marker.at):
        return None
    if any(call.waits(seen.began, stream.marker.at) for call in task.calls.values()):
        return stream.is_streaming
    asked = [event.call for event in stream.of("tool_call") if event.get("status") == AWAITING]
    heard = (call for name in asked if (call := task.calls.get(name)) is not None and call.asked is not None)
    waited = any(call.asked and call.waited_until(seen.ended) - call.asked.at > NANO for call in heard)
    return True if waited and task.admits(Premise.WAITING_STREAMS) else None


@check("PHASE-017", STREAM, reason="two-rules")
def waiting_streams_follow_one_rule(seen: Seen) -> Findings:
    """Whether the stream of a waiting task stays open after history_done is the same in the whole run."""
    stays = _stays_open(seen)
    if stays is not None:
        reading = "stays open" if stays else "ended after history_done"
        first = seen.model.first_reading("PHASE-017", reading)
        yield says(reading == first, f"the first stream of a waiting task {first}", reading)


@check("PHASE-018", STREAM, reason="not-followed")
def pending_tasks_are_followed(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """The stream of a task whose last status was pending continues to the end of its run."""
    if not stream.is_streaming or not stream.complete:
        return
    before = [each for each in task.told if turn.taken <= each.began and each.ended <= seen.began]
    if before and before[-1].status == PENDING and not task.may_be_cancelled(seen.began, seen.ended):
        shown = f"{plural(len(stream.live), 'live event')}, and {'an' if stream.terminal else 'no'} end"
        yield says(stream.terminal is not None, f"{before[-1].exchange.label} told it as pending", shown)


@check("PHASE-018", STREAM, reason="not-followed")
def pending_tasks_stream(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """The marker of a task that a later answer shows as pending still says that events follow."""
    if stream.marker is None or turn.taken > seen.began:
        return
    told = [
        each
        for each in task.told
        if each.status in {PENDING, RUNNING, AWAITING}
        and each.began >= stream.marker.at
        and turn.holds(each.began, each.ended)
    ]
    heard = any(
        event.at <= seen.began for each in task.streams for event in each.live if event.at > turn.began
    )
    before = [each for each in task.told if turn.taken <= each.began and each.ended <= seen.began]
    pending = all(each.status == PENDING for each in before) and not heard
    if told and pending and stream.is_streaming is not None:
        shown = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, "nothing of the turn had been seen, and it was not over", shown)


@check("PHASE-019", STREAM, reason="wrong-end")
def one_terminal(stream: Stream) -> Findings:
    """A properly closed stream of a run has one done or error."""
    if stream.is_streaming and stream.complete:
        kinds = [event.type for event in stream.live if event.type in TERMINAL]
        yield says(len(kinds) == 1, "the stream ended", f"ended with {kinds or 'neither'}")


def _before_the_first_call(stream: Stream) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    for event in stream.live:
        if event.type in {"tool_call", "tool_result", *TERMINAL}:
            break
        found.append(event)
    return found


def _until(said: str, events: Sequence[StreamEvent]) -> list[StreamEvent]:
    """The texts that repeat earlier ones; later texts that a slow reader gets with them are left out."""
    found: list[StreamEvent] = []
    told = 0
    for event in events:
        if event.type == "content" and told < len(said):
            found.append(event)
            told += len(str(event.get("text")))
    return found


def _first_reader(task: Task, turn: Turn) -> Stream | None:
    """The first of the readers that read a turn to its end."""
    heard = (
        each
        for each in task.streams
        if each.is_streaming and each.complete and turn.holds(each.exchange.started, each.exchange.ended)
    )
    return min(heard, key=lambda each: each.exchange.started, default=None)


@check("PHASE-020", STREAM, reason="other-form")
def catch_up_has_its_form(seen: Seen, stream: Stream) -> Findings:
    """A reader that joins after a call receives one partial content, then the calls in their order.

    A reader that connected before the call may receive live text before it, in any number of pieces.
    """
    turn = turn_joined(seen)
    first = _first_reader(seen.task, turn) if seen.task and turn else None
    if first is None or first is stream or not stream.complete or stream.marker is None:
        return
    if not any(each.at <= seen.began for each in first.of("tool_call")):
        return
    # Events that arrived together with the marker are catch-up too, at any position of the text.
    at_once = [event for event in stream.live if event.at <= stream.marker.at]
    said = "".join(str(each.get("text")) for each in first.of("content") if each.at <= seen.began)
    contents = _until(said, max(_before_the_first_call(stream), at_once, key=len))
    begins = str(contents[0].get("text")) if contents else ""
    good = len(contents) <= 1 and all(each.get("isPartial") is True for each in contents)
    mine, theirs = (list(dict.fromkeys(each.call for each in one.of("tool_call"))) for one in (stream, first))
    holds = good and "".join(first.texts).startswith(begins) and mine == theirs
    known = f"{first.exchange.label} heard {plural(len(theirs), 'call')}"
    yield says(holds, known, f"{plural(len(contents), 'content')} before {plural(len(mine), 'call')}")


@check("PHASE-020", STREAM, reason="other-form")
def text_of_before_is_partial(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The first text of a late reader is partial, and has the beginning of what earlier readers received."""
    turn = turn_joined(seen)
    if turn is None or stream.begun:
        return
    before = [
        "".join(heard)
        for other in task.streams
        if other is not stream and task.is_from_the_start(turn, other) and not other.grows
        if (
            heard := [
                json_values.word(each.get("text")) for each in other.of("content") if each.at < seen.began
            ]
        )
    ]
    first = next(iter(stream.of("content")), None)
    if before and first is not None:
        text, so_far = json_values.word(first.get("text")), max(before, key=len)
        partial = first.get("isPartial") is True
        known = f"{plural(len(so_far), 'character')} had been sent before"
        shown = f"the first content has {len(text)}, isPartial {json_values.word(first.get('isPartial'))}"
        # The number of pieces of the text is not checked here: the first may be a part of it.
        begins = text.startswith(so_far) or so_far.startswith(text)
        yield says(partial and begins, known, shown, offset=first.offset)


@check("PHASE-021", STREAM, reason="several-runs")
def streams_end_with_their_run(seen: Seen, stream: Stream) -> Findings:
    """A stream that reported the end of a run reports one end, and is closed."""
    if stream.terminal is not None and stream.was_awaited(CLOSE_SECONDS):
        ends = sum(event.type in TERMINAL for event in stream.live)
        known = f"{stream.terminal.type} was sent"
        yield says(ends == 1 and stream.complete, known, f"{ends} ends, {seen.exchange.closed}")


@check("PHASE-021", STREAM, reason="several-runs")
def streams_cover_one_run(seen: Seen, task: Task, stream: Stream) -> Findings:
    """After the end of a run a stream has no event of the next run, and does not stay open through it."""
    last = stream.terminal
    if last is None:
        return
    sent = [said.sent for said in task.said if last.at < said.sent < seen.ended]
    if sent:
        late = [event for event in stream.live if event.at > sent[0]]
        stayed = compare(seen.model.record, seen.ended - last.at, seen.exchange.probe, over=PATIENCE)
        is_open = stayed is Comparison.BEYOND and seen.ended - sent[0] > NANO
        if late or is_open or stayed is Comparison.WITHIN:
            seconds = (seen.ended - last.at) / NANO
            shown = f"{plural(len(late), 'event')} of the next run, open for {seconds:.1f} s"
            yield says(not late and not is_open, "a follow-up was sent behind its end", shown)


@check("PHASE-022", STREAM, reason="left-hanging")
def streams_end(seen: Seen, stream: Stream) -> Findings:
    """A stream with its last event, or one that was read until a deadline, is closed."""
    over = stream.last is not None and stream.was_awaited(CLOSE_SECONDS)
    waited = seen.exchange.closed is Closed.DEADLINE and not _was_cut(seen)
    if over or waited:
        holds = seen.exchange.closed in {Closed.COMPLETE, Closed.TRUNCATED}
        if not holds or stream.live:
            known = "the last event was sent" if over else "it was waited for"
            yield says(holds, known, f"{seen.exchange.closed}")


@check("PHASE-022", STREAM, reason="left-hanging")
def no_stream_is_left_open(seen: Seen, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that is known to be over, by any evidence, ends within some seconds."""
    if not turn.is_clear or turn.over is None or not stream.is_streaming:
        return
    if turn.over.by is seen.exchange or turn.over.ended > seen.ended or _was_cut(seen):
        return
    if stream.complete:
        yield says(stream.complete, f"the turn was {turn.over.words}", "the stream ended")
    elif seen.ended - turn.over.ended > PATIENCE:
        late = (seen.ended - turn.over.ended) / NANO
        yield says(stream.complete, f"the turn was {turn.over.words}", f"{late:.1f} s later it was open")


@check("PHASE-023", GET, reason="not-completed")
def done_means_completed(seen: Seen, task: Task, turn: Turn) -> Findings:
    """After the done of a stream, get_task shows the task as completed, until a follow-up."""
    if not turn.is_clear or not seen.exchange.ok or not turn.holds(seen.began, seen.ended):
        return
    done = [
        stream.terminal.at
        for stream in task.streams
        if stream.terminal is not None
        and stream.terminal.type == "done"
        and stream.exchange.started >= turn.taken
    ]
    if done and min(done) < seen.began:
        status = seen.fields.get("status")
        yield says(status == COMPLETED, "a stream had told done", f"the status is {status}")


@check("PHASE-024", GET, reason="ran-again")
def reading_streams_runs_nothing(seen: Seen, task: Task, rest: Turn) -> Findings:
    """Streaming an idle task does not change its times or its output."""
    if not seen.exchange.ok:
        return
    for earlier in task.read:
        if earlier.ended > seen.began:
            break
        between = any(earlier.ended <= each.exchange.started < seen.began for each in task.streams)
        if between and task.at_rest(earlier.started, seen.ended) is rest:
            names = ("status", "startedAt", "completedAt")
            mine, theirs = (
                [*(each.get(name) for name in names), json_values.fields(each.get("output")).get("content")]
                for each in (seen.fields, earlier.fields)
            )
            shown = "it is unchanged" if mine == theirs else f"{mine[:3]}"
            yield says(mine == theirs, f"{earlier.label} told {theirs[:3]}, then it was streamed", shown)
            return


def _is_before(one: View, other: View) -> bool:
    return not one.is_stream and one.ended <= other.began


@check("PHASE-024", HISTORY, reason="ran-again")
def reading_streams_adds_nothing(seen: Seen, task: Task, view: View, rest: Turn) -> Findings:
    """Streaming a completed idle task adds no message to its history."""
    if rest.over is None or rest.over.status != COMPLETED:
        return
    earlier = next(
        (
            each
            for each in task.views
            if _is_before(each, view) and task.at_rest(each.began, view.ended) is rest
        ),
        None,
    )
    if earlier is not None and any(
        earlier.ended <= each.exchange.started < seen.began for each in task.streams
    ):
        known = f"{earlier.exchange.label} showed {plural(len(earlier.messages), 'message')}"
        yield says(
            len(view.messages) == len(earlier.messages), known, f"{plural(len(view.messages), 'message')}"
        )


@check("PHASE-024", STREAM, reason="ran-again")
def a_stream_adds_no_message(task: Task, view: View) -> Findings:
    """The stream of an idle task replays as many messages of the user as existed before."""
    rest = task.at_rest(view.began, view.ended)
    if rest is None:
        return
    for earlier in task.views:
        if earlier.ended <= view.began and task.at_rest(earlier.began, view.ended) is rest:
            known = f"{earlier.exchange.label} showed {plural(len(earlier.of_user), 'message')} of the user"
            holds = len(view.of_user) == len(earlier.of_user)
            yield says(holds, known, f"the stream replays {len(view.of_user)}")
            return


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


@check_observed("PHASE-026", "slowed-or-broken", "the next stream as whole and as quick as before")
def storm_leaves_no_trace(record: Record, observations: Observations) -> Verdict:
    before, after = record.stream("connection_storm", "before"), record.exchange("connection_storm", "after")
    cut = [each for each in record.exchanges("connection_storm") if each.label == "cut off"]
    if len(cut) < STORM:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED,
            f"only {plural(len(cut), 'connection was', 'connections were')} opened",
        )
    if not observations.add(
        after.is_stream, after, f"after {plural(len(cut), 'connection')}: {after.status} {after.closed}"
    ):
        return observations.verdict()
    once, again = _seconds(before.exchange), _seconds(after)
    limit = max(2.0, 5 * once) + 3 * jitter(record, "connection_storm") / NANO
    same = record.read(after).messages == before.messages and record.read(after).complete
    observed = f"{once:.2f} s before and {again:.2f} s after {plural(len(cut), 'connection')}"
    observations.add(same and again <= limit, after, observed)
    return observations.verdict()


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


@check("PHASE-027", STREAM, reason="silent-end")
def failing_runs_end_with_error(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that failed ends with error."""
    if not stream.is_streaming or not stream.complete:
        return
    told = turn.over is not None and turn.over.told == FAILED and turn.holds(seen.began, seen.ended)
    if told and not task.may_be_cancelled(seen.began, seen.ended):
        last = stream.terminal.type if stream.terminal else "neither done nor error"
        yield says(last == "error", f"turn {turn.number} failed", f"it ended with {last}")


@check("PHASE-028", STREAM, reason="others-disturbed")
def leaving_disturbs_nobody(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
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
        content = output_told(seen, turn)
        holds = told == ("error" if over.status == "failed" else "done")
        if content is not None and told == "done" and not stream.delivered(content):
            holds = holds and stream.is_in_other_words(content)
            told += " and lacks a part of the answer"
        yield says(holds, f"{gone[0].exchange.label} was cut off", f"it ended with {told}")
