"""PHASE, several readers: who joins late, leaves or reconnects loses nothing and disturbs nobody."""

from collections.abc import Sequence
from itertools import pairwise

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import (
    joiners,
    many_events_answer,
    many_events_reader,
    whole,
)
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.timing import NANO, jitter
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.beat import HeartbeatWindow
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.stream import ConnectionStorm, ManyEvents
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import TERMINAL, Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE, ToolTask.PROBE)
# Two connections hear one event at slightly different times: right at the join they are not compared.
SEAM_NANOSECONDS = 250_000_000


@judge("PHASE-007", ToolTask.PROBE)
def late_joiner_loses_nothing(record: Record) -> Verdict:
    observations = Observations("lost-at-the-join", "every tool call and all text from before it joined")
    output = shapes.fields(record.exchange(ToolTask.FINISHED).fields.get("output"))
    calls = [shapes.word(call.get("callId")) for call in shapes.objects(output.get("toolCalls"))]
    for stream in joiners(record):
        received = {event.call for event in stream.of("tool_call") + stream.of("tool_result")}
        saved = (call for each in stream.messages for call in shapes.objects(each.get("toolCalls")))
        received |= {shapes.word(call.get("callId")) for call in saved}
        missing = [call for call in calls if call not in received]
        content = str(output.get("content"))
        found = stream.delivered(content) or _in_history(stream, content)
        if not found and stream.is_in_other_words(content):
            found = whole(record).joined in {"".join(stream.texts), stream.joined}
        text = f"{plural(len(stream.joined), 'character')} of text"
        observed = f"{len(calls) - len(missing)} of {len(calls)} calls, {text}"
        observations.add(not missing and found, stream.exchange, f"{stream.exchange.label}: {observed}")
    return observations.verdict()


def _in_history(stream: Stream, text: str) -> bool:
    return any(each.get("content") == text for each in stream.messages)


@judge("PHASE-008", ToolTask.PROBE, HeartbeatWindow.PROBE)
def disconnecting_is_harmless(record: Record) -> Verdict:
    observations = Observations("task-disturbed", "the task completes although a reader vanished")
    # The attempt is looked at even when its commands never came: a cancelled task does not get to them.
    attempt = record.fact(ToolTask.VANISHED)
    gone = record.exchange(ToolTask.VANISHING_READER.of(attempt))
    if gone.closed is not Closed.HUNG_UP:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the reader could not vanish: the stream ended first"
        )
    final = record.exchange(ToolTask.AFTER_THE_READER_VANISHED.of(attempt))
    status = final.fields.get("status")
    if shapes.one_of(status, {"pending", "running", "awaiting_approval"}):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the task did not end, it is {status}")
    observations.add(status == "completed", final, f"status {status} after a reader was reset")
    stream = record.stream(ToolTask.WHOLE.of(attempt))
    calls, results = len(stream.of("tool_call")), len(stream.of("tool_result"))
    observations.add(
        results >= calls,
        stream.exchange,
        f"the other reader received {plural(results, 'result')} of {plural(calls, 'call')}",
    )
    return observations.verdict()


@judge("PHASE-009", HeartbeatWindow.PROBE)
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


@judge("PHASE-014", ToolTask.PROBE)
def nothing_doubled_at_the_seam(record: Record) -> Verdict:
    observations = Observations(
        "seam-broken", "the joined text is the text of a reader from the start, no result twice"
    )
    first = whole(record)
    texts, said = first.texts, {"".join(first.texts), first.joined}
    # Texts that grow are read as the text so far (G-47): then the last one is all there is to lose.
    growing = len(texts) > 1 and all(later.startswith(earlier) for earlier, later in pairwise(texts))
    for stream in joiners(record):
        if stream.is_streaming is not True:
            continue
        results = [event.call for event in stream.of("tool_result")]
        told = {"".join(stream.texts), stream.joined}
        same = stream.texts[-1:] == texts[-1:] if growing else bool(said & told)
        doubled = len(results) != len(set(results))
        shown = plural(len(results), "result") + (", doubled" if doubled else "")
        observed = f"text {'equal' if same else 'different'}, {shown}"
        observations.add(same and not doubled, stream.exchange, f"{stream.exchange.label}: {observed}")
    return observations.verdict()


@judge("PHASE-015", *STREAMS)
def readers_agree(record: Record) -> Verdict:
    observations = Observations("readers-differ", "the same live events in the same order")
    pairs = [(record.stream(EasyTask.FIRST_READER), record.stream(EasyTask.SECOND_READER))]
    pairs += [(whole(record), stream) for stream in joiners(record)]
    for one, other in pairs:
        if one.is_streaming and other.is_streaming and one.complete and other.complete:
            ours, theirs = _since_join(one, other)
            observations.add(
                ours == theirs, other.exchange, f"{other.exchange.label}: {len(theirs)} common live events"
            )
    return observations.verdict()


def _since_join(one: Stream, other: Stream) -> tuple[list[str], list[str]]:
    """What both readers heard live: tool events and the end, from the first that the second heard live."""
    joined = (other.marker.at if other.marker else 0) + SEAM_NANOSECONDS
    ours = [event.type + event.data for event in one.live if _discrete(event.type) and event.at > joined]
    theirs = [event.type + event.data for event in other.live if _discrete(event.type)]
    return ours, theirs[len(theirs) - len(ours) :] if ours else []


def _discrete(kind: str) -> bool:
    return kind in {"tool_call", "tool_result", "done", "error"}


@judge("PHASE-016", EasyTask.PROBE)
def replays_are_equal(record: Record) -> Verdict:
    observations = Observations("replays-differ", "the same messages")
    one, other = record.stream(EasyTask.REPLAY), record.stream(EasyTask.SECOND_REPLAY)
    same = one.messages == other.messages and bool(one.messages)
    observations.add(
        same, other.exchange, f"{len(one.messages)} and {plural(len(other.messages), 'message')}"
    )
    return observations.verdict()


@judge("PHASE-020", ToolTask.PROBE)
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


def _until(said: str, events: Sequence[StreamEvent]) -> list[StreamEvent]:
    """The texts that repeat what had been said; what a slow reader gets together with them was said later."""
    found: list[StreamEvent] = []
    told = 0
    for event in events:
        if event.type == "content" and told < len(said):
            found.append(event)
            told += len(str(event.get("text")))
    return found


def _before_the_first_call(stream: Stream) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    for event in stream.live:
        if event.type in {"tool_call", "tool_result", *TERMINAL}:
            break
        found.append(event)
    return found


@judge("PHASE-024", ToolTask.PROBE, EasyTask.PROBE)
def reconnecting_runs_nothing(record: Record) -> Verdict:
    observations = Observations("ran-again", "the same task, output and history after replays")
    for before, after in (
        (EasyTask.FINISHED, EasyTask.FINISHED_AGAIN),
        (ToolTask.FINISHED, ToolTask.AFTER_REPLAY),
    ):
        one, other = record.exchange(before), record.exchange(after)
        same = one.ok and other.ok and shapes.task(one.data) == shapes.task(other.data)
        observations.add(same, other, f"{after}: {'the same' if same else 'changed'}")
    saved, again = record.exchange(EasyTask.HISTORY), record.exchange(EasyTask.HISTORY_AGAIN)
    same = saved.ok and messages(saved) == messages(again)
    observations.add(same, again, f"{plural(len(messages(again)), 'message')}")
    return observations.verdict()


@judge("PHASE-025", ToolTask.PROBE)
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


def _open_at(exchanges: list[Exchange], at: int) -> int:
    return sum(each.started <= at < each.ended for each in exchanges)


@judge("PHASE-026", ConnectionStorm.PROBE)
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


def _seconds(exchange: Exchange) -> float:
    return (exchange.ended - exchange.started) / NANO


@judge("PHASE-028", ManyEvents.PROBE)
def leaving_changes_nothing_for_others(record: Record) -> Verdict:
    observations = Observations("others-disturbed", "the others receive the whole answer and the end")
    gone, answer = many_events_reader(record, "leaving"), many_events_answer(record)
    if gone.exchange.closed is not Closed.HUNG_UP:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the reader could not leave: the stream ended first"
        )
    for name in ("quick", "pausing"):
        stream = many_events_reader(record, name)
        if name == "pausing" and not stream.complete:
            continue  # a server may drop a reader that pauses (STREAM-026)
        end = stream.terminal.type if stream.terminal else "neither done nor error"
        if end == "done" and not stream.delivered(answer) and stream.is_in_other_words(answer):
            continue  # nobody can say whether it was heard whole
        # A run that was taken along by the reader who left ends with an error, and delivers all of nothing.
        holds = stream.said_all and end == "done" and stream.delivered(answer)
        observed = f"{name}: {plural(len(stream.texts), 'piece')}, {end}, {stream.exchange.closed}"
        observations.add(holds, stream.exchange, observed)
    return observations.verdict()
