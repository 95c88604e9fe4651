"""PHASE: what one connection covers, from a pending task to the end of one run."""

from sigmic_conformance.conformance.judges.cancellation import status
from sigmic_conformance.conformance.judges.phases import joiners, whole
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.stream import TERMINAL, Stream, StreamEvent

PENDING, FOLLOWED = "pending_task", "follow_up"


@judge("PHASE-018", PENDING)
def pending_streams_to_the_end(record: Record) -> Verdict:
    before = record.exchange(PENDING, "right after the creation")
    if status(before) != "pending":
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the task was {status(before)} right after its creation"
        )
    claim = Claim("not-followed", "isStreaming true, and live until the task is finished")
    stream, after = record.stream(PENDING, "run"), record.exchange(PENDING, "finished")
    holds = stream.is_streaming is True and stream.terminal is not None and stream.complete
    observed = f"isStreaming {stream.is_streaming}, {len(stream.live)} live events, {stream.exchange.closed}"
    claim.see(holds and status(after) == "completed", stream.exchange, observed)
    return claim.verdict()


@judge("PHASE-020", "tool_task")
def form_of_the_catch_up(record: Record) -> Verdict:
    claim = Claim(
        "other-form", "one partial content with the text so far, then the turn's calls in their order"
    )
    first = whole(record)
    text = "".join(first.texts)
    order = [event.call for event in first.of("tool_call")]
    for stream in joiners(record):
        lead = _before_the_first_call(stream)
        marker = stream.marker
        calls = [event.call for event in stream.of("tool_call")]
        # Who came before anything had happened was told nothing that could have a form.
        if marker is None or not stream.is_streaming or not any(each.at <= marker.at for each in first.live):
            continue
        # What arrived together with the marker is catch-up too, wherever the text stands in it.
        at_once = [event for event in stream.live if event.at <= marker.at]
        contents = [event for event in max(lead, at_once, key=len) if event.type == "content"]
        told = str(contents[0].get("text")) if contents else ""
        good = len(contents) <= 1 and all(each.get("isPartial") is True for each in contents)
        ordered = list(dict.fromkeys(calls)) == order
        observed = f"{stream.exchange.label}: {len(contents)} contents before {len(calls)} calls"
        claim.see(good and text.startswith(told) and ordered, stream.exchange, observed)
    return claim.verdict()


def _before_the_first_call(stream: Stream) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    for event in stream.live:
        if event.type in {"tool_call", "tool_result", *TERMINAL}:
            break
        found.append(event)
    return found


@judge("PHASE-021", FOLLOWED)
def one_run_each(record: Record) -> Verdict:
    claim = Claim("several-runs", "the stream ends with its run, and the follow-up has one of its own")
    sent = record.exchange(FOLLOWED, "follow-up")
    for label in ("first: stream", "run of follow-up"):
        stream = record.stream(FOLLOWED, label)
        ends = [event for event in stream.live if event.type in TERMINAL]
        in_time = label != "first: stream" or stream.exchange.ended <= sent.started
        holds = len(ends) == 1 and stream.complete and in_time
        claim.see(holds, stream.exchange, f"{label}: {len(ends)} ends, {stream.exchange.closed}")
    return claim.verdict()
