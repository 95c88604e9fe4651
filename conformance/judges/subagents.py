"""EVENT: what is told of a subagent."""

from sigmic_conformance.conformance.judges.events import all_events, payloads
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

PROBE = "subagents"
OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})
START_END = frozenset({"start", "end"})
TOOL_STATUSES = frozenset({"executing", "awaiting_approval", "success", "error", "cancelled"})


def texts(record: Record, kind: str, *names: str) -> Verdict:
    """Every event of the type carries these strings."""
    return payloads(record, kind, dict.fromkeys(names, shapes.text))


@judge("EVENT-009", PROBE)
def subagent_start(record: Record) -> Verdict:
    return texts(record, "subagent_start", "agentName", "displayName", "description", "objective")


@judge("EVENT-010", PROBE)
def subagent_thought(record: Record) -> Verdict:
    return texts(record, "subagent_thought", "agentName", "text")


@judge("EVENT-011", PROBE)
def subagent_tool(record: Record) -> Verdict:
    return texts(record, "subagent_tool", "agentName", "status", "toolName")


@judge("EVENT-012", PROBE)
def subagent_end(record: Record) -> Verdict:
    return texts(record, "subagent_end", "agentName", "terminateReason", "result")


@judge("EVENT-024", PROBE)
def between_start_and_end(record: Record) -> Verdict:
    claim = Claim("outside", "between the subagent_start and the subagent_end of the same agentName")
    for stream in record.streams():
        working: dict[str, int] = {}
        # A late joiner may have missed a start: then nothing is said about what it hears.
        started = {shapes.word(event.get("agentName")) for event in stream.of("subagent_start")}
        for event in stream.live:
            name = shapes.word(event.get("agentName"))
            if event.type == "subagent_start":
                working[name] = working.get(name, 0) + 1
            elif event.type in OF_SUBAGENTS and (name in started or stream.is_streaming):
                at_work = working.get(name, 0) > 0
                observed = f"{event.type} of {name!r}{'' if at_work else ', which is not at work'}"
                claim.see(at_work, stream.exchange, observed, offset=event.offset)
                if event.type == "subagent_end":
                    working[name] = working.get(name, 0) - 1
    return claim.verdict()


@judge("EVENT-025", PROBE)
def one_vocabulary(record: Record) -> Verdict:
    pin = Pin(
        start_end="status is start or end, as of subagents",
        tool_status="status is one of executing, success, error and the like, as of tools",
    )
    for stream, event in all_events(record, "subagent_tool"):
        said = event.get("status")
        reading = None
        if shapes.one_of(said, START_END):
            reading = "start_end"
        elif shapes.one_of(said, TOOL_STATUSES):
            reading = "tool_status"
        pin.see(reading, stream.exchange, f"status {said!r}", offset=event.offset)
    return pin.verdict()
