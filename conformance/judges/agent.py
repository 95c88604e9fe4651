"""AGENT: how tools and files of the agent show in a stream and in the workspace."""

from collections.abc import Mapping

from sigmic_conformance.conformance.judging.agent_answers import answered
from sigmic_conformance.conformance.judging.evidence import brief, cite
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, info
from sigmic_conformance.conformance.labels.agent import FailingTool, ReadUpload
from sigmic_conformance.conformance.labels.artifact import MadeFile
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.state import Subagents
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream


def paired(stream: Stream, text: str) -> list[tuple[object, object, str]]:
    """Tool name, status and output of each result whose call has this text in its arguments."""
    calls = {each.call: each.get("toolName") for each in stream.of("tool_call") if text in each.data}
    return [
        (calls[event.call], event.get("status"), str(event.get("output")))
        for event in stream.of("tool_result")
        if event.call in calls
    ]


@judge("AGENT-001", MadeFile.PROBE)
def agent_makes_a_file(record: Record) -> Verdict:
    observations = Observations("other-content", "the file with the content asked for")
    exchange = record.exchange(MadeFile.DOWNLOAD)
    body = exchange.body.decode("utf-8", "replace")
    observations.add(
        exchange.ok and body.strip() == record.fact(MadeFile.CONTENT), exchange, repr(brief(body))
    )
    return observations.verdict()


@judge("AGENT-002", ToolTask.PROBE)
def agent_runs_a_command(record: Record) -> Verdict:
    observations = Observations("no-output", "the output of the command in the tool_result")
    attempt = record.fact(ToolTask.REACHED)
    stream = record.stream(ToolTask.WHOLE.of(attempt))
    # The network may cut one reader off. An event that any reader received was sent.
    streams = [
        each for each in record.streams(ToolTask.PROBE) if each.exchange.label.startswith(f"{attempt}: ")
    ]
    outputs = " ".join(str(event.get("output")) for each in streams for event in each.of("tool_result"))
    for word in record.fact(ToolTask.WORDS):
        observations.add(
            word in outputs, stream.exchange, f"{word} is {'there' if word in outputs else 'missing'}"
        )
    return observations.verdict()


@judge("AGENT-003", EasyTask.PROBE)
def agent_says_paris(record: Record) -> Verdict:
    expected = "an answer that says Paris"
    return answered(record, EasyTask.FIRST_READER, "Paris", reason="no-answer", expected=expected)


@judge("AGENT-004", ReadUpload.PROBE)
def reads_what_was_uploaded(record: Record) -> Verdict:
    observations = Observations("not-read", "the file's content in a tool's result or in the answer")
    run, word = record.fact(ReadUpload.RUN), record.fact(ReadUpload.WORD)
    name = record.fact(ReadUpload.NAME)
    stream = record.stream(ReadUpload.STREAM.of(run))
    if stream.is_streaming is False:
        raise NotReached("the task was finished before a reader was there")
    # A stream that was cut is opened again: an event that any stream of the attempt received was sent.
    heard = [each for each in record.streams(ReadUpload.PROBE) if each.exchange.label.startswith(f"{run}: ")]
    outputs = [output for each in heard for _, _, output in paired(each, name)]
    seen = word in " ".join([*outputs, *(text for each in heard for text in each.texts)])
    if not seen and not outputs:
        raise NotReached(f"no stream had the result of a tool that was called for {name}")
    observations.add(seen, stream.exchange, f"told {brief(' '.join(outputs))!r}")
    return observations.verdict()


@judge("AGENT-005", ReadUpload.PROBE, MadeFile.PROBE)
def names_of_file_tools(record: Record) -> Verdict:
    observations = Observations("other-name", "read_file, write_file and list_directory")
    streams = (
        record.stream(record.fact(MadeFile.RUN)),
        record.stream(ReadUpload.STREAM.of(record.fact(ReadUpload.RUN))),
    )
    for stream in streams:
        for event in stream.of("tool_call"):
            args = event.get("args")
            wanted = _file_tool(args) if isinstance(args, dict) else None
            if wanted is not None:
                name = event.get("toolName")
                observations.add(
                    shapes.one_of(name, wanted),
                    stream.exchange,
                    f"{name} with {sorted(args)}",
                    offset=event.offset,
                )
    verdict = observations.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and any(each.is_streaming is False for each in streams):
        raise NotReached("the task was finished before a reader was there")
    return verdict


def _file_tool(args: Mapping[str, object]) -> frozenset[str] | None:
    """What a tool with these arguments may be called; None for a tool that is not for files."""
    if "command" in args or not any("path" in name.lower() for name in args):
        return None
    writes = any("content" in name.lower() for name in args)
    return frozenset({"write_file"} if writes else {"read_file", "list_directory"})


@judge("AGENT-006", ToolTask.PROBE)
def saved_outputs(record: Record) -> Verdict:
    observations = Observations("other-output", "the output of the saved call is that of its tool_result")
    stream = record.stream(ToolTask.WHOLE.of(record.fact(ToolTask.REACHED)))
    results = {event.call: event.get("output") for event in stream.of("tool_result")}
    exchange = record.exchange(ToolTask.HISTORY)
    for message in shapes.objects(exchange.fields.get("messages")):
        for entry in shapes.objects(message.get("toolCalls")):
            call = shapes.word(entry.get("callId"))
            if "output" in entry and call in results:
                same = entry["output"] == results[call]
                observations.add(same, exchange, f"{call}: {brief(entry['output'])!r}")
    verdict = observations.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and exchange.ok:
        return info("saved calls carry no output", cite(exchange))
    return verdict


@judge("AGENT-007", FailingTool.PROBE)
def failing_calls(record: Record) -> Verdict:
    observations = Observations("other-status", "a result of status error, and the task runs to its end")
    stream = record.stream(record.fact(FailingTool.RUN).stream)
    for _, status, output in paired(stream, record.fact(FailingTool.WORD)):
        observations.add(status == "error", stream.exchange, f"{status}: {brief(output)!r}")
    ended = stream.terminal.type if stream.terminal else "nothing"
    observations.add(ended == "done", stream.exchange, f"the run ended with {ended}")
    return observations.verdict()


@judge("AGENT-008", Subagents.PROBE)
def subagents_tell_their_own(record: Record) -> Verdict:
    observations = Observations(
        "told-as-own", "a subagent's tool use in subagent_tool events, not in tool_call events"
    )
    stream = record.stream(record.fact(Subagents.STREAM))
    used = {event.call for event in stream.of("subagent_tool")}
    inside = False
    for event in stream.live:
        inside = event.type == "subagent_start" or (inside and event.type != "subagent_end")
        if inside and event.type == "tool_call":
            # The task may use tools of its own beside a subagent: under other ids, and told apart.
            own = bool(used) and event.get("callId") is not None and event.call not in used
            observations.add(
                own, stream.exchange, f"tool_call of {event.get('toolName')}", offset=event.offset
            )
        elif event.type == "subagent_tool":
            observed = f"subagent_tool of {event.get('toolName')}"
            observations.holds(stream.exchange, observed, offset=event.offset)
    return observations.verdict()
