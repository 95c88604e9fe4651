"""EVENT: the thirteen event types and their payloads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import runs
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.cancel import CancelRunning
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.state import Subagents
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.stream import TYPES, Stream, StreamEvent
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE, ToolTask.PROBE)
START_END = frozenset({"start", "end"})
TOOL_STATUSES = frozenset({"executing", "awaiting_approval", "success", "error", "cancelled"})


def all_events(record: Record, kind: str) -> Iterator[tuple[Stream, StreamEvent]]:
    """Every event of a type in the run."""
    return ((stream, event) for stream in record.streams() for event in stream.events if event.type == kind)


@dataclass(frozen=True, slots=True)
class Payload:
    """Every event of a type has these fields with values of these shapes; a bare name is a string."""

    kind: str
    texts: Sequence[str]
    others: Mapping[str, Callable[[object], bool]] = field(default_factory=dict)
    probes: tuple[ProbeName, ...] = STREAMS

    def __call__(self, record: Record) -> Verdict:
        fields = dict.fromkeys(self.texts, shapes.text) | dict(self.others)
        observations = Observations("wrong-payload", f"{self.kind} with {', '.join(fields)}")
        for stream, event in all_events(record, self.kind):
            wrong = [name for name, shape in fields.items() if not shape(event.get(name))]
            observed = f": wrong or missing {', '.join(wrong)}" if wrong else " with all fields"
            observations.add(not wrong, stream.exchange, self.kind + observed, offset=event.offset)
        return observations.verdict()


judge_each(
    __name__,
    {
        "EVENT-002": Payload("history_message", ["id", "role", "content", "createdAt"]),
        "EVENT-003": Payload("history_done", [], {"messageCount": shapes.count, "isStreaming": shapes.flag}),
        "EVENT-005": Payload("thought", ["subject", "description"]),
        "EVENT-006": Payload("content", ["text"], {"isPartial": shapes.flag}),
        "EVENT-007": Payload(
            "tool_call", ["callId", "toolName", "status"], {"args": shapes.mapping}, probes=(ToolTask.PROBE,)
        ),
        "EVENT-008": Payload("tool_result", ["callId", "status", "output"], probes=(ToolTask.PROBE,)),
        "EVENT-013": Payload("error", ["message"], probes=(CancelRunning.PROBE,)),
        "EVENT-014": Payload("done", ["finalResponse"]),
        "EVENT-026": Payload("error", ["message", "code"], probes=(CancelRunning.PROBE,)),
    },
    sweep=True,
)
judge_each(
    __name__,
    {
        "EVENT-009": Payload(
            "subagent_start",
            ["agentName", "displayName", "description", "objective"],
            probes=(Subagents.PROBE,),
        ),
        "EVENT-010": Payload("subagent_thought", ["agentName", "text"], probes=(Subagents.PROBE,)),
        "EVENT-011": Payload("subagent_tool", ["agentName", "status", "toolName"], probes=(Subagents.PROBE,)),
        "EVENT-012": Payload(
            "subagent_end", ["agentName", "terminateReason", "result"], probes=(Subagents.PROBE,)
        ),
    },
)


@judge("EVENT-001", *STREAMS, sweep=True)
def documented_types(record: Record) -> Verdict:
    observations = Observations("undocumented-type", "the thirteen documented types")
    for stream in record.streams():
        odd = next((event for event in stream.events if event.type not in TYPES), None)
        observed = (
            f"type {odd.type!r}" if odd else f"{plural(len(stream.events), 'event')} of documented types"
        )
        observations.add(odd is None, stream.exchange, observed, offset=odd.offset if odd else None)
    return observations.verdict()


@judge("EVENT-004", *STREAMS, sweep=True)
def status(record: Record) -> Verdict:
    observations = Observations(
        "unknown-status", "connecting, processing or retrying, or no status event at all"
    )
    known = {"connecting", "processing", "retrying"}
    for stream in runs(record):
        for event in stream.of("status"):
            state = event.get("status") or event.get("message")
            observations.add(
                shapes.one_of(state, known), stream.exchange, f"status {state!r}", offset=event.offset
            )
        if not stream.of("status"):
            observations.holds(stream.exchange, "no status event")
    return observations.verdict()


@judge("EVENT-015", ToolTask.PROBE, sweep=True)
def flat_or_wrapped(record: Record) -> Verdict:
    observations = Observations("mixed-payloads", "flat or wrapped, the same in all events")
    first: bool | None = None
    for stream, event in all_events(record, "tool_call"):
        wrapped = event.payload is not None and "callId" not in event.payload
        first = wrapped if first is None else first
        observed = "wrapped" if wrapped else "flat"
        observations.add(wrapped == first, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


@judge("EVENT-023", ToolTask.PROBE, ApproveOnce.PROBE, sweep=True)
def tool_statuses(record: Record) -> Verdict:
    observations = Observations(
        "unknown-status", "executing or awaiting_approval on a call, success, error or cancelled on a result"
    )
    known = {
        "tool_call": {"executing", "awaiting_approval", "success", "error", "cancelled"},
        "tool_result": {"success", "error", "cancelled"},
    }
    for kind, statuses in known.items():
        for stream, event in all_events(record, kind):
            state = event.get("status")
            observations.add(
                shapes.one_of(state, statuses), stream.exchange, f"{kind} {state!r}", offset=event.offset
            )
    return observations.verdict()


@judge("EVENT-025", Subagents.PROBE)
def one_vocabulary(record: Record) -> Verdict:
    followed = Reading(
        start_end="status is start or end, as of subagents",
        tool_status="status is one of executing, success, error and the like, as of tools",
    )
    for stream, event in all_events(record, "subagent_tool"):
        state = event.get("status")
        reading = None
        if shapes.one_of(state, START_END):
            reading = "start_end"
        elif shapes.one_of(state, TOOL_STATUSES):
            reading = "tool_status"
        followed.add(reading, stream.exchange, f"status {state!r}", offset=event.offset)
    return followed.verdict()
