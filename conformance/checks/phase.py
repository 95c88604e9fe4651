"""The phases of a stream, in the order history, marker, catch-up, live events, end."""

from collections.abc import Iterator, Sequence

from sigmic_conformance.conformance.judging.answer_data import status_of
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import (
    joiners,
    live_reader,
    whole,
)
from sigmic_conformance.conformance.judging.record import NotReached, NotRecorded, Record
from sigmic_conformance.conformance.judging.saved_messages import SavedMessages, repeated
from sigmic_conformance.conformance.judging.task_objects import failed_answers
from sigmic_conformance.conformance.judging.timing import (
    CLOSE_SECONDS,
    NANO,
    Comparison,
    compare,
    jitter,
    noisy,
)
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.beat import HeartbeatWhileWaiting, HeartbeatWindow
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.labels.state import PendingTask
from sigmic_conformance.conformance.labels.stream import ConnectionStorm
from sigmic_conformance.conformance.model.calls import EXECUTING
from sigmic_conformance.conformance.model.conversation import (
    View,
    calls_in,
    in_order,
    missing,
    order_of,
)
from sigmic_conformance.conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.seen_tasks import counted, message_in_brief
from sigmic_conformance.conformance.model.seen_turns import output_told, turn_joined, turn_told
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, RUNNING
from sigmic_conformance.conformance.registry import check, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import Label, ProbeName
from sigmic_conformance.conformance.transcript.stream import TERMINAL, TYPES, Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.plural import plural

CUT = frozenset({Closed.HUNG_UP, Closed.RESET, Closed.DEADLINE})


END_SECONDS = 1.0


SILENT_INTERVALS = 2.5


PATIENCE = 6 * NANO


MOST_STREAMS = 10


PATIENCE_PHASE = round((CLOSE_SECONDS + 1) * NANO)


def _each_once(observations: Observations, saved: SavedMessages, stream: Stream) -> None:
    """Add a violation when the stream's history lacks a saved message, or has one twice."""
    missing, twice = saved.missing(stream), repeated(stream)
    if missing:
        role, content = missing[0]
        observed = f"a saved message of {role} is missing: {brief(content)}"
        observations.add(not missing, stream.exchange, observed, reason="message-missing")
    if twice:
        observations.add(
            not twice, stream.exchange, f"told twice: {brief(twice[0])}", reason="message-repeated"
        )


def marked(record: Record) -> Iterator[Stream]:
    """Streams in which the history phase came to its end, or should have."""
    return (
        stream
        for stream in record.streams()
        if stream.marker is not None or stream.exchange.closed not in CUT
    )


@check_record("PHASE-001")
def history_comes_first(record: Record) -> Verdict:
    observations = Observations(
        "history-out-of-order", "one history_message for each saved message first, in order of time"
    )
    saved = SavedMessages(record)
    for stream in marked(record):
        other = next((each for each in stream.history if each.type in TYPES - {"history_message"}), None)
        late = next((each for each in stream.live if each.type == "history_message"), None)
        instants = [shapes.instant(each.get("createdAt")) for each in stream.messages]
        times = [each for each in instants if each is not None]
        odd, in_order = other or late, times == sorted(times)
        order = f"{plural(len(instants), 'message')}{'' if in_order else ', not'} in order of time"
        observed = f"{odd.type} at place {odd.number + 1}" if odd else order
        if observations.add(
            odd is None and in_order, stream.exchange, observed, offset=odd.offset if odd else None
        ):
            _each_once(observations, saved, stream)
    return observations.verdict()


@check("PHASE-001", STREAM, reason="message-missing")
def saved_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has what earlier views showed of the task at rest, unchanged and in order."""
    if seen.view is None or seen.task is None:
        return
    settled = seen.task.settled_before(seen.began)
    if settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"not replayed, or replayed differently: {message_in_brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, order_of(settled, seen.view))


@check("PHASE-001", STREAM, reason="message-missing")
def accepted_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has each message that was accepted before it was asked for."""
    for count, _, there in counted(seen):
        known = f"{str(count.said.asked.message)[:60]!r} was accepted {plural(count.least, 'time')}"
        yield says(there >= count.least, known, f"it is replayed {plural(there, 'time')}")


@check("PHASE-001", STREAM, reason="message-repeated")
def no_message_is_replayed_twice(seen: Seen) -> Findings:
    """A stream's history has each message at most as often as it was sent."""
    for count, _, there in counted(seen):
        if not count.refused:
            known = f"{str(count.said.asked.message)[:60]!r} was sent {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is replayed {plural(there, 'time')}")


@check_record("PHASE-002")
def one_marker(record: Record) -> Verdict:
    observations = Observations("wrong-number-of-markers", "exactly one history_done")
    for stream in marked(record):
        number = sum(event.type == "history_done" for event in stream.events)
        observations.add(number == 1, stream.exchange, f"{number} history_done")
    return observations.verdict()


@check_record("PHASE-003")
def marker_counts(record: Record) -> Verdict:
    observations = Observations(
        "wrong-count", "messageCount is the number of history_message events before it"
    )
    for stream in record.streams():
        if stream.marker is not None:
            found = stream.marker.get("messageCount")
            sent = sum(event.type == "history_message" for event in stream.history)
            observations.add(
                found == sent,
                stream.exchange,
                f"messageCount {found}, {sent} sent",
                offset=stream.marker.offset,
            )
    return observations.verdict()


@check_record("PHASE-004")
def marker_foretells(record: Record) -> Verdict:
    observations = Observations("wrong-is-streaming", "isStreaming tells whether live events follow")
    for stream in record.streams():
        if stream.marker is None:
            continue
        live = len(stream.live)
        follow = plural(live, "event follows", "events follow")
        if stream.is_streaming is False:
            observations.add(live == 0, stream.exchange, f"isStreaming false, {follow}")
        elif stream.complete:
            observations.add(
                stream.is_streaming is True and live > 0,
                stream.exchange,
                f"isStreaming {stream.is_streaming}, {follow}",
            )
    return observations.verdict()


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_rest_nothing_streams(seen: Seen) -> Findings:
    """The marker of a task that was known to be at rest says that nothing follows."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None or stream.is_streaming is None:
        return
    rest = seen.task.at_rest(seen.began, stream.marker.at)
    if rest is not None and rest.over is not None:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(not stream.is_streaming, f"turn {rest.number} was {rest.over.words}", shown_)


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_work_it_streams(seen: Seen) -> Findings:
    """The marker of a turn that was told to be at work, by a later answer, says that events follow.

    When an event arrived proves less: a network may have held it back.
    """
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None or stream.is_streaming is None:
        return
    turn = seen.task.turn_at(stream.marker.at)
    if turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    later = [
        told
        for told in seen.task.told
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
def idle_stream_ends_phase(seen: Seen) -> Findings:
    """The stream of a task that was known to be at rest has no event behind history_done."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None:
        return
    rest = seen.task.at_rest(seen.began, stream.marker.at)
    if rest is None or rest.over is None or _goes_on_elsewhere(seen, stream):
        return
    known = f"turn {rest.number} was {rest.over.words}"
    later = [event.type for event in stream.live]
    yield says(not later, known, f"behind history_done come {', '.join(later[:4]) or 'no events'}")


@check("PHASE-005", STREAM, reason="idle-stream-goes-on")
def idle_stream_is_closed(seen: Seen) -> Findings:
    """The stream of a task that was at rest all the time is not open seconds after history_done."""
    stream, rest = seen.stream, seen.rest()
    if stream is None or stream.marker is None or rest is None or rest.over is None or stream.live:
        return
    since = seen.ended - stream.marker.at
    if stream.complete or since > PATIENCE_PHASE:
        shown_ = "it ended" if stream.complete else f"{since / NANO:.1f} s later it was open"
        yield says(stream.complete, f"turn {rest.number} was {rest.over.words}", shown_)


def _was_heard_out(record: Record, stream: Stream, attempt: Label) -> bool:
    """False when more might have come: after a cut, or when the harness left before the task's end.

    A stream on which not even heartbeats came any more was cut as well, somewhere on the way.
    """
    closed = stream.exchange.closed
    if closed is not Closed.HUNG_UP:
        return closed not in {Closed.RESET, Closed.TRUNCATED}
    if stream.last is not None:
        return stream.was_awaited(END_SECONDS)
    dead = SILENT_INTERVALS * record.profile.heartbeat_seconds * NANO
    if any(start + length >= stream.exchange.ended and length > dead for start, length in stream.silences()):
        return False
    after = record.labelled(ToolTask.AFTER_THE_READER_VANISHED.of(attempt))
    data = after[-1].data if after else None
    return isinstance(data, dict) and shapes.one_of(data.get("status"), shapes.FINAL)


@check_record("PHASE-006")
def running_stream_goes_on(record: Record) -> Verdict:
    observations = Observations("live-phase-missing", "live events until the task completes, then the end")
    # What the agent did in an attempt does not matter: its stream must go on until the end all the same.
    for stream in record.streams(ToolTask.PROBE):
        if not ToolTask.WHOLE.covers(stream.exchange.label):
            continue
        attempt = Label(ToolTask.PROBE, ToolTask.WHOLE.parts(stream.exchange.label)[0])
        finished_before = stream.is_streaming is False and not stream.live
        if finished_before or not _was_heard_out(record, stream, attempt):
            continue
        going = stream.is_streaming is True and bool(stream.live)
        holds = going and stream.complete and stream.terminal is not None
        end = stream.terminal.type if stream.terminal else "without done or error"
        observations.add(
            holds, stream.exchange, f"live events: {len(stream.live)}, {end}, {stream.exchange.closed}"
        )
    return observations.verdict()


@check("PHASE-006", STREAM, reason="live-phase-missing")
def stream_ends_with_the_turn(seen: Seen) -> Findings:
    """The stream of a turn that others know to be over, or that has told so itself, ends within seconds."""
    stream = seen.stream
    if stream is None or seen.task is None or not stream.is_streaming or seen.exchange.paused_at:
        return
    turn = seen.task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.by is seen.exchange:
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
    elif seen.ended - over > PATIENCE_PHASE:
        late = (seen.ended - over) / NANO
        yield breaks(known, f"{late:.1f} s later the stream had not ended ({seen.exchange.closed})")


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def joiners_hear_the_whole_output(seen: Seen) -> Findings:
    """Whoever reads a turn to its end, from wherever, has heard the output that get_task tells."""
    turn = turn_told(seen)
    content = output_told(seen, turn) if turn else None
    if seen.stream is not None and content is not None:
        holds = seen.stream.delivered(content) or any(
            each.get("content") == content for each in seen.stream.messages
        )
        first = seen.task.heard_whole(turn) if seen.task and turn else None
        no_less = first not in (None, seen.stream) and len(seen.stream.joined) >= len(first.joined)
        if not holds and (no_less or seen.stream.is_in_other_words(content)):
            return  # it is the output that is worded apart
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(holds, known, f"it received {''.join(seen.stream.texts)[:60]!r}")


def _heard_enough(stream: Stream) -> bool:
    """Whether a reader stayed long enough to be told what was there when he came."""
    return stream.complete or (stream.marker is not None and stream.exchange.ended - stream.marker.at > NANO)


@check("PHASE-007", STREAM, reason="lost-at-the-join")
def calls_of_before_are_told(seen: Seen) -> Findings:
    """A reader who comes late is told of each call of the turn that was heard before."""
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
def waiting_calls_are_told_at_once(seen: Seen) -> Findings:
    """A reader who comes while a call waits is told of it while it still waits, of each when several do."""
    stream, task = seen.stream, seen.task
    if turn_joined(seen) is None or stream is None or task is None or stream.marker is None:
        return
    for call in task.calls.values():
        until = call.waited_until(seen.ended)
        if not call.waits(seen.began, stream.marker.at) or until - stream.marker.at < NANO:
            continue
        if (
            call.first is not None
            and call.first.stream is not stream
            and not noisy(seen.model.record, ProbeName(seen.exchange.probe))
        ):
            there = any(event.call == call.id and event.at <= until for event in stream.live)
            there = there or call.id in calls_in(stream.messages)
            known = (
                f"the call {call.id} waited for {(until - stream.marker.at) / NANO:.1f} s behind the marker"
            )
            yield says(there, known, "it is replayed" if there else "it is not replayed")


def _texts(seen: Seen) -> tuple[Stream, str] | None:
    """The reader of a turn, and the text that one from the start heard, both to its end."""
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
    """A reader who comes late and stays to the end has heard all text of the turn."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        holds = len(mine.joined) >= len(whole)
        known = f"a reader from the start received {plural(len(whole), 'character')}"
        yield says(holds, known, f"this later reader received {len(mine.joined)}")


@check("PHASE-008", STREAM, reason="task-disturbed")
def leaving_cancels_nothing(seen: Seen) -> Findings:
    """A turn whose reader has left is not cancelled, unless a client asked for that."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.complete or stream.last is not None:
        return
    turn = task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.ended < seen.ended:
        return
    # Whether a rejected call ends its run as cancelled, no page says (G-65).
    ended = (seen.began, turn.over.ended)
    if not task.may_be_cancelled(*ended) and not task.may_end_by_rejection(turn.began, turn.over.ended):
        status = turn.over.status
        yield says(
            status != "cancelled", "a reader left, and no caller cancelled the task", f"the task is {status}"
        )


@check_record("PHASE-009")
def reconnecting_replays(record: Record) -> Verdict:
    observations = Observations("not-replayed", "the whole history again, then the current state")
    before = record.stream(HeartbeatWindow.BEFORE_THE_RESET)
    after = record.stream(HeartbeatWindow.RECONNECTED)
    if after.is_streaming is False:
        raise NotReached("the task was over before the reader was back")
    holds = before.messages == after.messages and after.marker is not None
    observations.add(holds, after.exchange, f"{plural(len(after.messages), 'message')} again")
    word = record.fact(HeartbeatWindow.WORD)
    found = any(word in event.data for event in after.live if event.type == "tool_call")
    observations.add(
        found, after.exchange, f"the running call is {'told' if found else 'not told'} after reconnecting"
    )
    return observations.verdict()


@check("PHASE-009", STREAM, reason="not-replayed")
def who_comes_back_is_told_all(seen: Seen) -> Findings:
    """Who had read a stream of the task before is told again all that was saved."""
    if seen.view is None or seen.task is None:
        return
    before = [each for each in seen.task.streams if each.exchange.ended <= seen.began]
    settled = seen.task.settled_before(seen.began)
    if not before or settled is None:
        return
    lacking = missing(settled, seen.view)
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    yield says(
        not lacking, known, f"not told: {message_in_brief(lacking[0])}" if lacking else "all were sent"
    )


@check("PHASE-010", STREAM, reason="refused")
def owner_may_listen(seen: Seen) -> Findings:
    """The owner of a task is never refused its stream."""
    yield from not_refused(seen)


def first_reader(record: Record) -> Stream:
    """The first reader of the three-command task, who also is there in time on a quick target."""
    attempt = record.fact(ToolTask.VANISHED)
    stream = record.stream(ToolTask.VANISHING_READER.of(attempt))
    if not stream.is_streaming:
        raise NotReached("a task of three seconds was finished before a reader was there")
    return stream


@check_record("PHASE-011")
def new_task_begins_with_its_message(record: Record) -> Verdict:
    observations = Observations("wrong-beginning", "the user's message, messageCount 1, isStreaming true")
    readers = [record.stream(label) for label in (EasyTask.FIRST_READER, EasyTask.SECOND_READER)]
    message = record.fact(EasyTask.MESSAGE)
    if all(stream.is_streaming is False for stream in readers):
        readers, message = [first_reader(record)], record.fact(ToolTask.MESSAGE)
    for stream in readers:
        if stream.is_streaming is False:
            continue
        words = [(each.get("role"), each.get("content")) for each in stream.messages]
        # What the agent has said so far may be a message of its own already (G-49).
        holds = words[:1] == [("user", message)] and all(role == "assistant" for role, _ in words[1:])
        observations.add(holds and stream.is_streaming is True, stream.exchange, f"history {words}")
    return observations.verdict()


@check("PHASE-011", STREAM, reason="wrong-beginning")
def new_tasks_begin_with_their_message(seen: Seen) -> Findings:
    """The history of a stream that goes on in the first turn is the message of the creation, and no other."""
    stream, task = seen.stream, seen.task
    creation = task.creation if task else None
    if stream is None or task is None or creation is None or stream.marker is None or not stream.is_streaming:
        return
    turn = task.turn_at(stream.marker.at)
    if turn is None or turn.number != 1 or creation.asked.message is None or turn.taken > seen.began:
        return
    messages = stream.messages
    said = [each for each in messages if each.get("role") == "user"]
    # What the agent has said so far may be a message of its own already (G-49).
    holds = len(said) == 1 and creation.is_shown_as(said[0].get("content")) and messages[0] is said[0]
    first = message_in_brief(messages[0]) if messages else "no message"
    shown_ = f"it begins with {first}, and has {len(said)} of the user"
    yield says(holds, f"the task was created with {creation.asked.message[:60]!r}", shown_)


@check_record("PHASE-012")
def exactly_one_done(record: Record) -> Verdict:
    observations = Observations("wrong-end", "exactly one done, and nothing after it")
    for stream in record.streams():
        ends = [event for event in stream.live if event.type == "done"]
        if ends:
            after = len(stream.events) - ends[0].number - 1
            observations.add(
                len(ends) == 1 and after == 0, stream.exchange, f"{len(ends)} done, events after it: {after}"
            )
    return observations.verdict()


@check("PHASE-012", STREAM, reason="wrong-end")
def completed_turns_end_with_done(seen: Seen) -> Findings:
    """A stream that was closed in order, of a turn that is told to be completed, has one done at its end."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    completed = any(
        told.status == COMPLETED and turn.holds(told.began, told.ended) and told.ended > seen.began
        for told in task.told
    )
    if stream.is_streaming and stream.complete and completed:
        done = [event for event in stream.live if event.type == "done"]
        last = bool(stream.live) and stream.live[-1].type == "done"
        shown = f"{len(done)} done, {'at' if last else 'not at'} the end"
        yield says(len(done) == 1 and last, f"turn {turn.number} is shown as completed", shown)


@check_record("PHASE-013")
def closed_in_time(record: Record) -> Verdict:
    observations = Observations("closed-late", f"closed within {CLOSE_SECONDS:g} s of the last event")
    for stream in record.streams():
        last = stream.last
        if last is not None and stream.was_awaited(CLOSE_SECONDS):
            seconds = (stream.exchange.ended - last.at) / NANO
            holds = stream.complete and seconds <= CLOSE_SECONDS
            observations.add(
                holds, stream.exchange, f"{stream.exchange.closed} {seconds:.2f} s after {last.type}"
            )
    return observations.verdict()


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_output(seen: Seen) -> Findings:
    """Who joined late and read to the end has heard the output that get_task tells, and nothing twice."""
    turn = turn_told(seen)
    content = output_told(seen, turn) if turn else None
    if seen.stream is None or seen.task is None or turn is None or content is None:
        return
    if not seen.task.is_from_the_start(turn, seen.stream) and seen.stream.texts:
        heard = "".join(seen.stream.texts)
        if content not in heard and seen.stream.is_in_other_words(content):
            return
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(seen.stream.delivered(content), known, f"it received {heard[:60]!r} ({len(heard)})")


@check("PHASE-014", STREAM, reason="seam-broken")
def joined_text_is_the_same(seen: Seen) -> Findings:
    """The text that a late reader has heard at the end is that of a reader from the start."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        known = f"a reader from the start received {whole[:60]!r} ({plural(len(whole), 'character')})"
        heard = "".join(mine.texts)
        # What a saved message has of the answer already (G-49) need not be told again.
        holds = whole in {heard, mine.joined}
        yield says(holds, known, f"this one received {heard[:60]!r} ({plural(len(heard), 'character')})")


def _after(stream: Stream, at: int) -> list[tuple[str, str]]:
    """The live events that arrived after a time: type and data, of a text letter by letter.

    In how many pieces a text comes is not the same for a reader who is slow.
    """
    found: list[tuple[str, str]] = []
    for event in stream.live:
        text = event.get("text") if event.type == "content" else None
        if event.at > at:
            found += [(event.type, each) for each in (text if isinstance(text, str) else [event.data])]
    return found


def _same_turn(seen: Seen, one: Stream, other: Stream) -> bool:
    if seen.task is None or not other.is_streaming:
        return False
    mine, theirs = (seen.task.turn_at(each.exchange.started) for each in (one, other))
    return mine is not None and mine is theirs and mine.is_clear


@check("PHASE-015", STREAM, reason="readers-differ")
def readers_agree_phase(seen: Seen) -> Findings:
    """The last events that two readers heard after both were surely there are the same, in the same order.

    As many are compared as both heard: a network may have held back some of them for one.
    """
    stream = seen.stream
    if stream is None or seen.task is None or stream.marker is None or not stream.is_streaming:
        return
    for other in seen.task.streams:
        if other is stream or not _same_turn(seen, stream, other) or other.marker is None:
            continue
        # Only who came later is compared, once for each pair; what he is told at once is the catch-up.
        if not stream.complete or not other.complete or other.exchange.started > seen.began:
            continue
        surely = max(stream.marker.at, other.marker.at) + NANO
        mine, theirs = _after(stream, surely), _after(other, surely)
        number = min(len(mine), len(theirs))
        if number:
            same = mine[-number:] == theirs[-number:]
            known = f"another reader ({other.exchange.label}) was there as well"
            events = plural(number, "event is", "events are")
            yield says(same, known, f"the last {events} {'the same' if same else 'others'}")


@check("PHASE-015", STREAM, reason="readers-differ")
def every_reader_hears_the_results(seen: Seen) -> Findings:
    """Who was told that a call waits or runs, and stayed to the end, was told the result that another heard.

    What he came too late for he was told as it stood then: a call that was over neither waits nor runs.
    """
    stream = seen.stream
    if stream is None or seen.task is None or stream.marker is None or not stream.complete:
        return
    if stream.terminal is None:
        return
    mine = {event.call for event in stream.of("tool_result")}
    open_ = {
        event.call
        for event in stream.of("tool_call")
        if shapes.one_of(event.get("status"), {AWAITING, EXECUTING})
    }
    for other in seen.task.streams:
        if other is stream or not _same_turn(seen, stream, other):
            continue
        for event in other.of("tool_result"):
            if event.call in open_ and stream.marker.at < event.at < seen.ended:
                known = f"another reader ({other.exchange.label}) received the result of {event.call}"
                yield says(
                    event.call in mine, known, "so did this one" if event.call in mine else "not this one"
                )


@check("PHASE-016", STREAM, reason="replays-differ")
def messages_are_replayed_the_same(seen: Seen) -> Findings:
    """The messages that an earlier stream of the task replayed are replayed with the ids that they had."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None:
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
def repeated_streams_are_equal(seen: Seen) -> Findings:
    """Two streams of a task that was at rest all the time have the same events."""
    stream, task = seen.stream, seen.task
    rest = seen.rest()
    if stream is None or task is None or rest is None or not stream.complete or stream.is_streaming:
        return
    for earlier in task.streams:
        if earlier.exchange.ended > seen.began:
            break
        if earlier.complete and task.at_rest(earlier.exchange.started, seen.ended) is rest:
            one, other = ([(each.type, each.data) for each in one.events] for one in (earlier, stream))
            known = f"{earlier.exchange.label} told {plural(len(one), 'event')} of the task at rest"
            events = plural(len(other), "event")
            yield says(one == other, known, f"{events}, {'the same' if one == other else 'not the same'}")
            return


@check_record("PHASE-017")
def awaiting_stream_has_one_rule(record: Record) -> Verdict:
    observations = Observations(
        "two-rules", "open while an approval is awaited, or ended after history_done: always the same"
    )
    ended: set[bool] = set()
    for label in (HeartbeatWhileWaiting.PARKED, ApproveOnce.JOINS_WHILE_WAITING):
        stream = record.stream(label)
        rule = stream.is_streaming is False
        ended.add(rule)
        observations.add(
            len(ended) == 1, stream.exchange, "ended after history_done" if rule else "stays open"
        )
    return observations.verdict()


@check("PHASE-017", STREAM, reason="two-readings")
def waiting_streams_follow_one_rule(seen: Seen) -> Findings:
    """Whether the stream of a task that waits goes on behind history_done is the same in the whole run."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or stream.is_streaming is None:
        return
    waits = any(call.waits(seen.began, stream.marker.at) for call in task.calls.values())
    if waits and not task.may_be_cancelled(seen.began, stream.marker.at):
        reading = "continues" if stream.is_streaming else "is over"
        first = seen.model.first_reading("PHASE-017", reading)
        yield says(reading == first, f"the stream of a waiting task {first}", f"here it {reading}")


@check_record("PHASE-018")
def pending_streams_to_the_end(record: Record) -> Verdict:
    before = record.exchange(PendingTask.RIGHT_AFTER_THE_CREATION.of(record.fact(PendingTask.NUMBER)))
    if status_of(before) != "pending":
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the task was {status_of(before)} right after its creation"
        )
    observations = Observations("not-followed", "isStreaming true, and live until the task is finished")
    stream, after = record.stream(PendingTask.RUN), record.exchange(PendingTask.FINISHED)
    holds = stream.is_streaming is True and stream.terminal is not None and stream.complete
    events = plural(len(stream.live), "live event")
    observed = f"isStreaming {stream.is_streaming}, {events}, {stream.exchange.closed}"
    observations.add(holds and status_of(after) == "completed", stream.exchange, observed)
    return observations.verdict()


@check("PHASE-018", STREAM, reason="pending-is-idle")
def pending_tasks_stream(seen: Seen) -> Findings:
    """The marker of a task that was told afterwards to be pending still says that events follow."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or stream.marker is None or turn.taken > seen.began:
        return
    told = [
        each
        for each in task.told
        if each.status in {"pending", RUNNING, AWAITING}
        and each.began >= stream.marker.at
        and turn.holds(each.began, each.ended)
    ]
    heard = any(
        event.at <= seen.began for each in task.streams for event in each.live if event.at > turn.began
    )
    before = [each for each in task.told if turn.taken <= each.began and each.ended <= seen.began]
    pending = all(each.status == "pending" for each in before) and not heard
    if told and pending and stream.is_streaming is not None:
        shown = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, "nothing of the turn had been seen, and it was not over", shown)


@check_record("PHASE-019")
def one_terminal(record: Record) -> Verdict:
    observations = Observations("wrong-end", "exactly one of done and error")
    for stream in record.streams():
        if stream.is_streaming and stream.complete:
            kinds = [event.type for event in stream.live if event.type in TERMINAL]
            observations.add(len(kinds) == 1, stream.exchange, f"ended with {kinds or 'neither'}")
    return observations.verdict()


def _before_the_first_call(stream: Stream) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    for event in stream.live:
        if event.type in {"tool_call", "tool_result", *TERMINAL}:
            break
        found.append(event)
    return found


def _until(said: str, events: Sequence[StreamEvent]) -> list[StreamEvent]:
    """The texts that repeat what had been said; what a slow reader gets together with them was said later."""
    found: list[StreamEvent] = []
    told = 0
    for event in events:
        if event.type == "content" and told < len(said):
            found.append(event)
            told += len(str(event.get("text")))
    return found


@check_record("PHASE-020")
def form_of_the_catch_up(record: Record) -> Verdict:
    observations = Observations(
        "other-form", "one partial content with the text so far, then the turn's calls in their order"
    )
    first = whole(record)
    text = "".join(first.texts)
    order = [event.call for event in first.of("tool_call")]
    for stream in joiners(record):
        lead = _before_the_first_call(stream)
        marker = stream.marker
        calls = [event.call for event in stream.of("tool_call")]
        # Who asked before a call was out may hear live text before it, in as many pieces as the agent speaks.
        asked = stream.exchange.started
        if (
            marker is None
            or not stream.is_streaming
            or not any(each.at <= asked for each in first.of("tool_call"))
        ):
            continue
        # What arrived together with the marker is catch-up too, wherever the text stands in it.
        at_once = [event for event in stream.live if event.at <= marker.at]
        said = "".join(str(each.get("text")) for each in first.of("content") if each.at <= asked)
        contents = _until(said, max(lead, at_once, key=len))
        found = str(contents[0].get("text")) if contents else ""
        good = len(contents) <= 1 and all(each.get("isPartial") is True for each in contents)
        ordered = list(dict.fromkeys(calls)) == order
        observed = (
            f"{stream.exchange.label}: {plural(len(contents), 'content')} before {plural(len(calls), 'call')}"
        )
        observations.add(good and text.startswith(found) and ordered, stream.exchange, observed)
    return observations.verdict()


@check("PHASE-020", STREAM, reason="other-form")
def text_of_before_is_partial(seen: Seen) -> Findings:
    """The first text of a reader who comes late is partial, and begins as what was heard before him."""
    turn, stream = turn_joined(seen), seen.stream
    if turn is None or stream is None or seen.task is None or stream.begun:
        return
    before = [
        "".join(heard)
        for other in seen.task.streams
        if other is not stream and seen.task.is_from_the_start(turn, other) and not other.grows
        if (heard := [shapes.word(each.get("text")) for each in other.of("content") if each.at < seen.began])
    ]
    first = next(iter(stream.of("content")), None)
    if before and first is not None:
        text, so_far = shapes.word(first.get("text")), max(before, key=len)
        partial = first.get("isPartial") is True
        known = f"{plural(len(so_far), 'character')} had been sent before"
        shown = f"the first content has {len(text)}, isPartial {shapes.word(first.get('isPartial'))}"
        # In how many pieces the text comes is not asked here: the first may be a part of it.
        begins = text.startswith(so_far) or so_far.startswith(text)
        yield says(partial and begins, known, shown, offset=first.offset)


@check_record("PHASE-021")
def one_run_each(record: Record) -> Verdict:
    observations = Observations(
        "several-runs", "the stream ends with its run, and the follow-up has a separate stream"
    )
    sent = record.exchange(FollowUp.FOLLOW_UP)
    for label in (FollowUp.FIRST.stream, FollowUp.RUN_OF_FOLLOW_UP):
        stream = record.stream(label)
        ends = [event for event in stream.live if event.type in TERMINAL]
        in_time = label != FollowUp.FIRST.stream or stream.exchange.ended <= sent.started
        holds = len(ends) == 1 and stream.complete and in_time
        observations.add(
            holds, stream.exchange, f"{label}: {plural(len(ends), 'end')}, {stream.exchange.closed}"
        )
    return observations.verdict()


@check("PHASE-021", STREAM, reason="goes-on")
def streams_cover_one_run(seen: Seen) -> Findings:
    """A stream that had told the end of a run tells nothing of the next one, nor stays open through it."""
    stream, task = seen.stream, seen.task
    last = stream.terminal if stream else None
    if stream is None or task is None or last is None:
        return
    sent = [said.sent for said in task.said if last.at < said.sent < seen.ended]
    if sent:
        late = [event for event in stream.live if event.at > sent[0]]
        stayed = compare(
            seen.model.record, seen.ended - last.at, ProbeName(seen.exchange.probe), over=PATIENCE
        )
        is_open = stayed is Comparison.BEYOND and seen.ended - sent[0] > NANO
        if late or is_open or stayed is Comparison.WITHIN:
            seconds = (seen.ended - last.at) / NANO
            shown = f"{plural(len(late), 'event')} of the next run, open for {seconds:.1f} s"
            yield says(not late and not is_open, "a follow-up was sent behind its end", shown)


@check_record("PHASE-022")
def none_left_hanging(record: Record) -> Verdict:
    observations = Observations("left-hanging", "the stream ends when its run has ended")
    for stream in record.streams():
        over = stream.last is not None and stream.was_awaited(CLOSE_SECONDS)
        if over or stream.exchange.closed is Closed.DEADLINE:
            holds = stream.exchange.closed in {Closed.COMPLETE, Closed.TRUNCATED}
            observations.add(holds, stream.exchange, f"{stream.exchange.label}: {stream.exchange.closed}")
    return observations.verdict()


def _was_cut(exchange: Exchange) -> bool:
    """Whether the connection broke, or the harness did not read all the time."""
    return exchange.closed is Closed.RESET or exchange.paused_at is not None


@check("PHASE-022", STREAM, reason="left-hanging")
def no_stream_is_left_open(seen: Seen) -> Findings:
    """The stream of a turn that was told to be over, however, has ended some seconds later."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or turn is None or not turn.is_clear or turn.over is None or not stream.is_streaming:
        return
    patience = 6 * NANO
    if turn.over.by is seen.exchange or turn.over.ended > seen.ended or _was_cut(seen.exchange):
        return
    if stream.complete:
        yield says(stream.complete, f"the turn was {turn.over.words}", "the stream ended")
    elif seen.ended - turn.over.ended > patience:
        late = (seen.ended - turn.over.ended) / NANO
        yield says(stream.complete, f"the turn was {turn.over.words}", f"{late:.1f} s later it was open")


@check_record("PHASE-023")
def done_means_completed(record: Record) -> Verdict:
    observations = Observations("not-completed", "status completed after done")
    try:
        finished, stream = EasyTask.FINISHED, live_reader(record)
    except NotReached:
        finished, stream = ToolTask.FINISHED, whole(record)
    if not stream.of("done"):
        raise NotRecorded("the stream had no done")
    final = record.exchange(finished)
    observations.add(final.fields.get("status") == "completed", final, f"status {final.fields.get('status')}")
    return observations.verdict()


@check("PHASE-023", GET, reason="not-completed")
def done_means_completed_stream(seen: Seen) -> Findings:
    """get_task after the done of a stream tells the task to be completed, until a follow-up."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if (
        task is None
        or turn is None
        or not turn.is_clear
        or not seen.exchange.ok
        or not turn.holds(seen.began, seen.ended)
    ):
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
def reading_streams_runs_nothing(seen: Seen) -> Findings:
    """A task at rest that somebody streamed is told with the times and the output that it had before."""
    task, rest = seen.task, seen.rest()
    if task is None or rest is None or not seen.exchange.ok:
        return
    for earlier in task.read:
        if earlier.ended > seen.began:
            break
        between = any(earlier.ended <= each.exchange.started < seen.began for each in task.streams)
        if between and task.at_rest(earlier.started, seen.ended) is rest:
            names = ("status", "startedAt", "completedAt")
            mine, theirs = (
                [*(each.get(name) for name in names), shapes.fields(each.get("output")).get("content")]
                for each in (seen.fields, earlier.fields)
            )
            shown = "it is unchanged" if mine == theirs else f"{mine[:3]}"
            yield says(mine == theirs, f"{earlier.label} told {theirs[:3]}, then it was streamed", shown)
            return


def _is_before(one: View, other: View) -> bool:
    return not one.is_stream and one.ended <= other.began


@check("PHASE-024", HISTORY, reason="ran-again")
def reading_streams_adds_nothing(seen: Seen) -> Findings:
    """The history of a completed task at rest has as many messages as before somebody streamed it."""
    task, view, rest = seen.task, seen.view, seen.rest()
    if task is None or view is None or rest is None or rest.over is None or rest.over.status != COMPLETED:
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
def a_stream_adds_no_message(seen: Seen) -> Findings:
    """The stream of a task at rest replays as many messages of the user as were there before."""
    task, view = seen.task, seen.view
    rest = task.at_rest(view.began, view.ended) if task and view else None
    if task is None or view is None or rest is None:
        return
    for earlier in task.views:
        if earlier.ended <= view.began and task.at_rest(earlier.began, view.ended) is rest:
            known = f"{earlier.exchange.label} showed {plural(len(earlier.of_user), 'message')} of the user"
            holds = len(view.of_user) == len(earlier.of_user)
            yield says(holds, known, f"the stream replays {len(view.of_user)}")
            return


def _open_at(exchanges: list[Exchange], at: int) -> int:
    return sum(each.started <= at < each.ended for each in exchanges)


@check_record("PHASE-025")
def ten_streams_at_once(record: Record) -> Verdict:
    observations = Observations("refused", "ten streams open at the same time")
    attempt = record.fact(ToolTask.REACHED)
    opened = [
        each
        for each in record.exchanges(ToolTask.PROBE)
        if each.operation == "stream_task" and each.label.startswith(f"{attempt}: ")
    ]
    most = max((_open_at(opened, each.started) for each in opened), default=0)
    for exchange in opened:
        observations.add(
            exchange.is_stream, exchange, f"{exchange.label}: {exchange.status}, {most} open at the same time"
        )
    if most < 10 and all(each.is_stream for each in opened):
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED,
            f"only {plural(most, 'stream was', 'streams were')} open at the same time",
        )
    return observations.verdict()


@check("PHASE-025", STREAM, reason="refused")
def ten_streams_are_served(seen: Seen) -> Findings:
    """The owner's stream is not refused for being one of ten."""
    task = seen.task
    if task is None or task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    beside = sum(
        each.exchange.started < seen.ended and each.exchange.ended > seen.began for each in task.streams
    )
    if beside <= MOST_STREAMS and (seen.exchange.succeeded or seen.exchange.status in {403, 409, 429, 503}):
        yield says(
            seen.exchange.succeeded,
            f"{plural(beside, 'stream was', 'streams were')} open",
            summary(seen.exchange),
        )


def _seconds(exchange: Exchange) -> float:
    return (exchange.ended - exchange.started) / NANO


@check_record("PHASE-026")
def storm_leaves_no_trace(record: Record) -> Verdict:
    observations = Observations("slowed-or-broken", "the next stream as whole and as quick as before")
    before, after = record.stream(ConnectionStorm.BEFORE), record.exchange(ConnectionStorm.AFTER)
    cut = [each for each in record.exchanges(ConnectionStorm.PROBE) if each.label == "cut off"]
    if len(cut) < 150:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED,
            f"only {plural(len(cut), 'connection was', 'connections were')} opened",
        )
    if not observations.add(
        after.is_stream, after, f"after {plural(len(cut), 'connection')}: {after.status} {after.closed}"
    ):
        return observations.verdict()
    once, again = _seconds(before.exchange), _seconds(after)
    limit = max(2.0, 5 * once) + 3 * jitter(record, ConnectionStorm.PROBE) / NANO
    same = record.read(after).messages == before.messages and record.read(after).complete
    observed = f"{once:.2f} s before and {again:.2f} s after {plural(len(cut), 'connection')}"
    observations.add(same and again <= limit, after, observed)
    return observations.verdict()


@check("PHASE-026", STREAM, reason="refused")
def cut_streams_leave_no_trace(seen: Seen) -> Findings:
    """The owner's stream is not refused after others of the run were cut off."""
    task = seen.task
    if task is None or task.creation is None or not seen.is_own:
        return
    cut = sum(
        each.exchange.closed is Closed.HUNG_UP and each.exchange.ended < seen.began and each.last is None
        for each in task.streams
    )
    if cut and (seen.exchange.succeeded or seen.exchange.status in {403, 409, 429, 503}):
        yield says(
            seen.exchange.succeeded, f"cut off: {plural(cut, 'stream')} of the task", summary(seen.exchange)
        )


def last_message(record: Record, exchange: Exchange) -> int:
    """When the follow-up was sent that began the run which an answer tells of; 0 for the first run."""
    sent = (
        each.started
        for each in record.exchanges(ProbeName(exchange.probe))
        if each.operation == "send_message"
        and each.succeeded
        and each.task == exchange.task
        and each.started < exchange.started
    )
    return max(sent, default=0)


def runs_that_failed(record: Record) -> Iterator[tuple[Exchange, Stream]]:
    """Tasks told as failed, each with a stream that was opened on the run that failed."""
    for exchange in failed_answers(record):
        began = last_message(record, exchange)
        for stream in record.streams(ProbeName(exchange.probe)):
            heard = stream.exchange
            same = heard.task == exchange.task and began <= heard.started and heard.ended <= exchange.ended
            if same and stream.is_streaming and heard.started < exchange.started:
                yield exchange, stream


@check_record("PHASE-027")
def failing_ends_with_error(record: Record) -> Verdict:
    observations = Observations("silent-end", "an error event at the end of a run that fails")
    for _, stream in runs_that_failed(record):
        if stream.complete:
            last = stream.terminal
            observations.add(
                last is not None and last.type == "error", stream.exchange, f"ended with {last and last.type}"
            )
    return observations.verdict()


@check("PHASE-028", STREAM, reason="others-disturbed")
def leaving_disturbs_nobody(seen: Seen) -> Findings:
    """A reader beside whom another was cut off hears the answer and its end."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or not turn.is_clear or not stream.is_streaming:
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
        yield says(holds, f"{gone[0].exchange.label} was cut off", f"it ended with {told}")
