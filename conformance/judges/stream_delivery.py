"""STREAM, delivery: readers that differ get the same, in time, whatever the others do."""

import zlib
from collections.abc import Container, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import (
    held_back,
    joiners,
    many_events_answer,
    many_events_reader,
    whole,
)
from sigmic_conformance.conformance.judging.record import NotReached, NotRecorded, Record
from sigmic_conformance.conformance.judging.timing import NANO, SLACK_SECONDS, jitter
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.beat import HeartbeatWindow
from sigmic_conformance.conformance.labels.conversation import ToolTask
from sigmic_conformance.conformance.labels.stream import (
    ForeignEventIds,
    LargeEvent,
    ManyEvents,
    TokenEndsWhileStreaming,
)
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Chunk, Closed, Exchange
from sigmic_conformance.spec.plural import plural

LARGE_BYTES = 1_000_000
STALL_SECONDS = 1.0
"""Half of the pause of the pausing reader: a quick one that hears nothing for so long waits for it."""
COMMAND_SECONDS = 1.0
"""How long each of the three commands sleeps."""
MOMENTS = NANO // 4
"""How long behind the marker a reader may still be told what was there when he came, in nanoseconds."""
BURST = 100
DISCRETE = frozenset({"tool_call", "tool_result", "done", "error"})


def _said(stream: Stream) -> str:
    """The answer as far as it was heard: its pieces joined, or the last of texts that grow (G-47)."""
    texts = stream.texts
    growing = bool(texts and texts[0]) and all(
        later.startswith(earlier) for earlier, later in pairwise(texts)
    )
    return texts[-1] if growing else stream.joined


def _identity(message: Mapping[str, Any]) -> tuple[str, str]:
    """The id and text of a message: ids alone may be counted anew in each task."""
    return shapes.word(message.get("id")), shapes.word(message.get("content"))


@judge("STREAM-022", ApproveOnce.PROBE, HeartbeatWindow.PROBE)
def history_without_waiting(record: Record) -> Verdict:
    observations = Observations("held-back", "head and history although nothing happens in the task")
    held = held_back(record, HeartbeatWindow.EARLY, HeartbeatWindow.MEANWHILE)
    if held is not None:
        observations.broken(record.exchange(HeartbeatWindow.EARLY), held)
        return observations.verdict()
    for label, until in (
        (ApproveOnce.JOINS_WHILE_WAITING, ApproveOnce.APPROVE),
        (HeartbeatWindow.LATE, HeartbeatWindow.CANCEL_WITH_A_BODY),
    ):
        opened, event = record.exchange(label), record.exchange(until)
        if opened.status is None and opened.closed is Closed.DEADLINE:
            observations.broken(opened, f"{label}: no head, before anything happened")
            continue
        stream = record.stream(label)
        arrived = stream.marker.at if stream.marker else None
        seconds = ((arrived or event.started) - stream.exchange.started) / NANO
        observed = f"after {seconds:.2f} s" if arrived else f"not within {seconds:.2f} s"
        holds = arrived is not None and arrived < event.started
        observations.add(
            holds, stream.exchange, f"{label}: history_done {observed}, before anything happened"
        )
    return observations.verdict()


@judge("STREAM-023", ToolTask.PROBE)
def written_when_it_happens(record: Record) -> Verdict:
    observations = Observations(
        "held-back", "at the same time for two readers, and not held until the next event"
    )
    noise, first = jitter(record, ToolTask.PROBE), whole(record)
    slack = max(SLACK_SECONDS * NANO, 3 * noise)
    # An agent may call other tools beside the commands that it was asked for.
    calls = {
        event.call: event.at
        for event in first.of("tool_call")
        if not event.get("args") or "sleep" in shapes.word(event.get("args"))
    }
    for result in first.of("tool_result"):
        called = calls.get(result.call)
        if called is None:
            continue
        # Each command sleeps for a second: a call that comes with its result was held back.
        gap = result.at - called
        holds = gap + noise >= 0.4 * NANO
        if holds or not _caught_up(record, first, called, result.at):
            observed = f"a call {gap / NANO:.2f} s before its result, of a command of a second"
            observations.add(holds, first.exchange, observed, offset=result.offset)
    by_chance = ""
    for other in joiners(record):
        received = [abs(mine - theirs) for mine, theirs in _heard_by_both(first, other)]
        late = sum(apart > slack for apart in received)
        if 0 < late <= len(received) / 2:
            # Who holds events back does so with each; now and then one is late on any busy machine.
            by_chance = f"{other.exchange.label}: {late} of {len(received)} events were late"
            continue
        for apart in received:
            observed = f"{other.exchange.label}: {apart / NANO:.2f} s apart"
            if apart > slack - noise and apart <= slack + noise and noise > SLACK_SECONDS * NANO / 3:
                return inconclusive(Unproven.TIMING_NOISE, f"{observed}, noise {noise / NANO:.2f} s")
            observations.add(apart <= slack, other.exchange, observed)
    verdict = observations.verdict()
    if by_chance and verdict.outcome is Outcome.PASSED:
        return inconclusive(Unproven.TIMING_NOISE, by_chance)
    return verdict


def _caught_up(record: Record, reader: Stream, called: int, ended: int) -> bool:
    """Whether a call came with the marker, and its command may have begun as long before as it sleeps."""
    created = record.labelled(ToolTask.CREATE.of(record.fact(ToolTask.REACHED)))
    slept = any(ended - each.started >= COMMAND_SECONDS * NANO for each in created)
    return slept and reader.marker is not None and called <= reader.marker.at + MOMENTS


def _heard_by_both(first: Stream, other: Stream) -> list[tuple[int, int]]:
    """Arrival times of what both heard live; what is caught up is not compared."""
    if other.marker is None:
        return []
    mine = {event.type + event.data: event.at for event in first.live if event.type in DISCRETE}
    return [
        (mine[key], event.at)
        for event in other.live
        if event.type in DISCRETE and (key := event.type + event.data) in mine and mine[key] > other.marker.at
    ]


@judge("STREAM-024", LargeEvent.PROBE)
def large_event_is_whole(record: Record) -> Verdict:
    observations = Observations(
        "large-event-broken", "one event of more than a megabyte, complete and equal to the history"
    )
    stream, saved = record.stream(LargeEvent.QUICK), record.exchange(LargeEvent.HISTORY)
    sizes = [len(event.data.encode()) for event in stream.history]
    # A cut event is shorter: what the history tells in one answer says whether a large one was due.
    if not saved.ok or saved.size <= LARGE_BYTES:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the message arrives in {plural(saved.size, 'byte')}"
        )
    same = stream.complete and stream.messages == messages(saved)
    observations.add(
        same, stream.exchange, f"an event of {max(sizes, default=0)} bytes, {stream.exchange.closed}"
    )
    return observations.verdict()


@judge("STREAM-025", ManyEvents.PROBE)
def burst_is_whole(record: Record) -> Verdict:
    stream, answer = many_events_reader(record, "quick"), many_events_answer(record)
    found = len(stream.of("content"))
    if found < BURST and stream.delivered(answer):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the answer came in {plural(found, 'piece')}")
    observations = Observations("lost-or-swapped", "all pieces, in order: together they are the answer")
    observations.add(
        stream.delivered(answer),
        stream.exchange,
        f"{plural(found, 'piece')}, {plural(len(answer), 'character')}",
    )
    return observations.verdict()


@judge("STREAM-026", ManyEvents.PROBE, LargeEvent.PROBE)
def pausing_reader(record: Record) -> Verdict:
    observations = Observations(
        "reader-disturbed", "the others undelayed, the pausing stream whole or ended between two events"
    )
    quick, pausing = many_events_reader(record, "quick"), many_events_reader(record, "pausing")
    # A reader that was never made to wait may be done a moment before the others.
    resumed_at = record.noted(ManyEvents.RESUMED_AT)
    paused_until = pausing.exchange.ended if resumed_at is None else resumed_at
    if quick.terminal is not None and quick.terminal.at > paused_until:
        received = (event.at for event in quick.events if event.at <= paused_until)
        silence = paused_until - max(received, default=quick.exchange.started)
        if silence < STALL_SECONDS * NANO:
            raise NotReached("the answer took longer than the pause, and came all the while")
        observed = f"the quick reader: nothing for {silence / NANO:.1f} s while another paused"
        observations.broken(quick.exchange, observed)
    else:
        holds = quick.terminal is not None and quick.said_all
        observations.add(holds, quick.exchange, f"the quick reader: {quick.exchange.closed}, to its end")
    _same_or_cut(observations, quick, pausing)
    _same_or_cut(observations, record.stream(LargeEvent.QUICK), record.stream(LargeEvent.PAUSING))
    return observations.verdict()


def _same_or_cut(observations: Observations, quick: Stream, pausing: Stream) -> None:
    """What the pausing reader heard is all of it, or the beginning of it up to the end of an event."""
    leftover = pausing.body.leftover
    # Where the harness itself left off says nothing about the server.
    between = leftover is None or not leftover.fields or pausing.exchange.closed is Closed.HUNG_UP
    mine, theirs = _said(quick), _said(pausing)
    if pausing.complete:
        holds = theirs == mine and pausing.messages == quick.messages
    else:
        holds = mine.startswith(theirs) and pausing.messages == quick.messages[: len(pausing.messages)]
    events = len(pausing.events)
    observed = f"the pausing reader: {plural(events, 'event')}, {pausing.exchange.closed}"
    observations.add(
        holds and between, pausing.exchange, observed + ("" if between else ", cut inside an event")
    )


@judge("STREAM-031", TokenEndsWhileStreaming.PROBE)
def goes_on_without_the_token(record: Record) -> Verdict:
    label = record.fact(TokenEndsWhileStreaming.STREAM)
    stream, number = record.stream(label), int(TokenEndsWhileStreaming.ATTEMPT.parts(label.text)[0])
    issued, expired = (
        record.exchange(TokenEndsWhileStreaming.TOKEN.of(number)),
        record.exchange(TokenEndsWhileStreaming.EXPIRED.of(number)),
    )
    if expired.status != 401:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the token is still accepted: {expired.status}", cite(expired)
        )
    observations = Observations(
        "ended-with-the-token", "events continue after the token has expired, to the end of the run"
    )
    lifetime = record.noted(TokenEndsWhileStreaming.SECONDS) or 3
    after = [event for event in stream.live if event.at > issued.ended + lifetime * NANO]
    holds = stream.terminal is not None and stream.terminal in after
    observed = f"{plural(len(after), 'event')} after the token's end, {stream.exchange.closed}"
    observations.add(holds, stream.exchange, observed)
    return observations.verdict()


@judge("STREAM-035", ForeignEventIds.PROBE)
def events_of_the_task_only(record: Record) -> Verdict:
    observations = Observations("foreign-event", "events of the requested task only")
    saved = record.exchange(ForeignEventIds.HISTORY)
    if not saved.ok:
        raise NotRecorded(f"the history cannot be read: {summary(saved)}")
    marks = {
        record.fact(ForeignEventIds.OTHER_WORD): "word",
        record.fact(ForeignEventIds.OTHER_TASK): "id",
    }
    received = record.stream(ForeignEventIds.OTHER).messages
    foreign = {_identity(each) for each in received} - {_identity(each) for each in messages(saved)}
    for exchange in record.exchanges(ForeignEventIds.PROBE):
        if not exchange.label.startswith(("finished", "control")):
            continue
        if exchange.is_stream:
            stream = record.read(exchange)
            found = _foreign(stream, marks, foreign)
            observed = found or f"nothing of the other task in {plural(len(stream.events), 'event')}"
            observations.add(not found, exchange, f"{exchange.label}: {observed}")
        elif exchange.refused:
            observations.holds(exchange, f"{exchange.label}: {exchange.status}")
    return observations.verdict()


def _foreign(stream: Stream, marks: Mapping[str, str], foreign: Container[tuple[str, str]]) -> str:
    """What proves an event to be of the other task: its word, its id, or one of its messages; else empty."""
    for event in stream.events:
        for mark, name in marks.items():
            if mark in event.data:
                return f"{event.type} with the other task's {name}"
    for each in stream.messages:
        if _identity(each) in foreign:
            return f"the other task's message {brief(each.get('content'))!r}"
    return ""


@judge("STREAM-036", ManyEvents.PROBE)
def gzip_is_the_same(record: Record) -> Verdict:
    observations = Observations(
        "content-differs", "decoded, the stream of a client that offers gzip says the same"
    )
    exchange = record.exchange(ManyEvents.READER.of(record.fact(ManyEvents.ATTEMPT), "gzip"))
    quick = many_events_reader(record, "quick")
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    stream = record.read(exchange) if coding == "identity" else _decoded(exchange, coding)
    if stream is not None and stream.is_streaming is False:
        raise NotReached("the answer was over before the gzip reader had come")
    if stream is None:
        observations.broken(exchange, f"the coding {coding!r} cannot be undone", reason="bad-coding")
        return observations.verdict()
    both = stream.said_all and quick.said_all
    ends = [event.data for event in stream.live if event.type in DISCRETE]
    holds = (
        both
        and _said(stream) == _said(quick)
        and ends == [event.data for event in quick.live if event.type in DISCRETE]
    )
    observations.add(holds, exchange, f"{coding}: {plural(len(stream.events), 'event')}, {exchange.closed}")
    return observations.verdict()


def _decoded(exchange: Exchange, coding: str) -> Stream | None:
    """The stream with its content coding undone; None for an unknown or broken coding. Times are not kept."""
    if coding not in {"gzip", "x-gzip"}:
        return None
    try:
        plain = zlib.decompressobj(wbits=31).decompress(exchange.body)
    except zlib.error:
        return None
    return Stream(replace(exchange, chunks=(Chunk(exchange.ended, plain),), size=len(plain)))
