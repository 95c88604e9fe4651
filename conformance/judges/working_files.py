"""ARTIFACT and AGENT: files while a task runs, hidden and odd files, and tools that read and fail."""

import re
from typing import Any

from sigmic_conformance.conformance.judges.uploads import listed
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive, info, passed
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream

RUNNING, ODD, MADE, UPLOADED, FAILING = (
    "files_while_running",
    "odd_files",
    "made_file",
    "read_upload",
    "failing_tool",
)
DOWNLOAD = "/artifacts/download?path="
CATEGORIES = frozenset(
    {
        *("csv", "pdf", "image", "code", "text", "json"),
        *("archive", "audio", "video", "spreadsheet", "document", "other"),
    }
)
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'{_WORD}\s*=\s*(?:{_WORD}|"(?:[^"\\]|\\.)*")'
# RFC 6266 §4.1: a type and parameters, each a token or a quoted string.
DISPOSITION = re.compile(rf"{_WORD}(?:\s*;\s*{_PARAMETER})*")


@judge("ARTIFACT-009", RUNNING)
def files_at_any_time(record: Record) -> Verdict:
    task, name = record.exchange(RUNNING, "running: task"), record.fact(RUNNING, "path")
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if state != "running":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the task was {state} by then", cite(task))
    claim = Claim("not-reachable", "listed and downloaded while the task runs, and after it")
    for when in ("running", "finished"):
        page, got = record.exchange(RUNNING, f"{when}: files"), record.exchange(RUNNING, f"{when}: download")
        found = [path for path in listed(page) if path.endswith(name)]
        claim.see(page.ok and bool(found), page, f"{when}: {summary(page)}, {found or 'not listed'}")
        whole = record.fact(RUNNING, "word").encode() in got.body
        claim.see(got.ok and whole, got, f"{when}: {summary(got)}, {got.size} bytes")
    return claim.verdict()


@judge("ARTIFACT-029", RUNNING)
def etag_follows_the_bytes(record: Record) -> Verdict:
    before, after = (record.exchange(RUNNING, f"{when}: download") for when in ("running", "finished"))
    tags = [each.header("etag") for each in (before, after)]
    if not (before.ok and after.ok) or before.body == after.body:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the file was not seen to change", cite(after))
    if None in tags:
        return passed("downloads have no ETag", cite(after))
    claim = Claim("same-tag", "another ETag for other bytes")
    claim.see(tags[0] != tags[1], after, f"{tags[0]}, then {tags[1]}")
    return claim.verdict()


@judge("ARTIFACT-016", ODD, MADE)
def odd_names_break_no_header(record: Record) -> Verdict:
    claim = Claim("broken-header", "a Content-Disposition by its grammar, and no header of the file's making")
    for probe in (ODD, MADE):
        for exchange in record.exchanges(probe):
            if exchange.operation != "download_artifact":
                continue
            value = exchange.header("content-disposition")
            good = value is None or DISPOSITION.fullmatch(value.strip()) is not None
            injected = exchange.header("x-injected")
            claim.see(good and injected is None, exchange, f"{brief(exchange.label)!r}: {value!r}")
    return claim.verdict()


@judge("ARTIFACT-020", MADE)
def where_files_are_downloaded(record: Record) -> Verdict:
    claim = Claim("other-path", "downloaded from artifacts/download?path=")
    exchange = record.exchange(MADE, "download")
    claim.see(exchange.ok and DOWNLOAD in exchange.sent.target, exchange, exchange.sent.target)
    return claim.verdict()


@judge("ARTIFACT-022", ODD)
def hidden_files(record: Record) -> Verdict:
    page, word = record.exchange(ODD, "files"), record.fact(ODD, "word")
    paths = [path for path in listed(page) if word in path]
    if not any(path.endswith(f"seen-{word}.txt") for path in paths):
        return inconclusive(Unproven.CONTROL_FAILED, "a plain file of the same command is not listed")
    claim = Claim("hidden-listed", "neither hidden files nor node_modules")
    odd = [path for path in paths if any(part.startswith(".") for part in path.split("/"))]
    odd += [path for path in paths if "node_modules" in path]
    claim.see(not odd, page, f"listed: {odd or 'none of them'}")
    return claim.verdict()


@judge("ARTIFACT-025", ODD)
def unknown_kind(record: Record) -> Verdict:
    claim = Claim("other-type", "application/octet-stream")
    page = record.exchange(ODD, "files")
    for path, entry in listed(page).items():
        if path.endswith(".qqq"):
            kind = entry.get("mimeType")
            claim.see(kind == "application/octet-stream", page, f"{path}: {kind!r}")
    return claim.verdict()


@judge("ARTIFACT-026", MADE, "file_contents", sweep=True)
def known_categories(record: Record) -> Verdict:
    claim = Claim("other-category", "one of the twelve categories")
    for exchange in record.exchanges():
        if exchange.operation == "list_artifacts" and exchange.ok:
            for path, entry in listed(exchange).items():
                category = entry.get("category")
                claim.see(shapes.one_of(category, CATEGORIES), exchange, f"{path}: {category!r}")
    return claim.verdict()


@judge("ARTIFACT-028", MADE)
def range_beyond_the_end(record: Record) -> Verdict:
    part, beyond = record.exchange(MADE, "range"), record.exchange(MADE, "range beyond")
    if part.status != 206:
        return info(f"ranges are not honoured: {part.status}", cite(part))
    claim = Claim("not-refused", "416 for a range beyond the end")
    claim.see(beyond.status == 416, beyond, summary(beyond))
    return claim.verdict()


@judge("ARTIFACT-031", MADE, ODD)
def where_the_agent_writes(record: Record) -> Verdict:
    pin = Pin(as_written="the path that the agent wrote to", downloads="a path under downloads/")
    page, name = record.exchange(MADE, "files"), record.fact(MADE, "name")
    other, word = record.exchange(ODD, "files"), record.fact(ODD, "word")
    for exchange, wanted in ((page, name), (other, f"seen-{word}.txt")):
        readings = {wanted: "as_written", f"downloads/{wanted}": "downloads"}
        for path in listed(exchange):
            if path.endswith(wanted):
                pin.see(readings.get(path), exchange, f"{wanted} is listed as {path}")
    return pin.verdict()


def told(record: Record, probe: str) -> Stream:
    """The stream of the probe's last run."""
    return record.stream(probe, f"{record.fact(probe, 'run')}: stream")


def paired(stream: Stream, text: str) -> list[tuple[Any, Any, str]]:
    """Tool name, status and output of each result whose call has this text in its arguments."""
    calls = {each.call: each.get("toolName") for each in stream.of("tool_call") if text in each.data}
    return [
        (calls[event.call], event.get("status"), str(event.get("output")))
        for event in stream.of("tool_result")
        if event.call in calls
    ]


@judge("AGENT-004", UPLOADED)
def reads_what_was_uploaded(record: Record) -> Verdict:
    claim = Claim("not-read", "the file's content in a tool's result or in the answer")
    stream, word = told(record, UPLOADED), record.fact(UPLOADED, "word")
    if stream.is_streaming is False:
        raise NotReached("the task was finished before a reader was there")
    outputs = [output for _, _, output in paired(stream, record.fact(UPLOADED, "name"))]
    seen = word in " ".join([*outputs, *stream.texts])
    claim.see(seen, stream.exchange, f"told {brief(' '.join(outputs))!r}")
    return claim.verdict()


@judge("AGENT-005", UPLOADED, MADE)
def names_of_file_tools(record: Record) -> Verdict:
    claim = Claim("other-name", "read_file, write_file and list_directory")
    streams = (record.stream(MADE, record.fact(MADE, "run")), told(record, UPLOADED))
    for stream in streams:
        for event in stream.of("tool_call"):
            args = event.get("args")
            wanted = _file_tool(args) if isinstance(args, dict) else None
            if wanted is not None:
                name = event.get("toolName")
                claim.see(
                    shapes.one_of(name, wanted),
                    stream.exchange,
                    f"{name} with {sorted(args)}",
                    offset=event.offset,
                )
    verdict = claim.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and any(each.is_streaming is False for each in streams):
        raise NotReached("the task was finished before a reader was there")
    return verdict


def _file_tool(args: dict[str, Any]) -> frozenset[str] | None:
    """What a tool with these arguments may be called; None when it is no tool for files."""
    if "command" in args or not any("path" in name.lower() for name in args):
        return None
    writes = any("content" in name.lower() for name in args)
    return frozenset({"write_file"} if writes else {"read_file", "list_directory"})


@judge("AGENT-006", "tool_task")
def saved_outputs(record: Record) -> Verdict:
    claim = Claim("other-output", "the output of the saved call is that of its tool_result")
    stream = record.stream("tool_task", f"{record.fact('tool_task', 'attempt')}: whole")
    results = {event.call: event.get("output") for event in stream.of("tool_result")}
    exchange = record.exchange("tool_task", "history")
    for message in shapes.objects(exchange.fields.get("messages")):
        for entry in shapes.objects(message.get("toolCalls")):
            call = shapes.word(entry.get("callId"))
            if "output" in entry and call in results:
                same = entry["output"] == results[call]
                claim.see(same, exchange, f"{call}: {brief(entry['output'])!r}")
    verdict = claim.verdict()
    if verdict.reason == Unproven.ZERO_OBSERVATIONS and exchange.ok:
        return info("saved calls carry no output", cite(exchange))
    return verdict


@judge("AGENT-007", FAILING)
def failing_calls(record: Record) -> Verdict:
    claim = Claim("other-status", "a result of status error, and the task goes on to its end")
    stream = told(record, FAILING)
    for _, status, output in paired(stream, record.fact(FAILING, "word")):
        claim.see(status == "error", stream.exchange, f"{status}: {brief(output)!r}")
    ended = stream.terminal.type if stream.terminal else "nothing"
    claim.see(ended == "done", stream.exchange, f"the run ended with {ended}")
    return claim.verdict()


@judge("AGENT-008", "subagents")
def subagents_tell_their_own(record: Record) -> Verdict:
    claim = Claim("told-as-own", "a subagent's tool use in subagent_tool events, not in tool_call events")
    stream = record.stream("subagents", record.fact("subagents", "stream"))
    used = {event.call for event in stream.of("subagent_tool")}
    inside = False
    for event in stream.live:
        inside = event.type == "subagent_start" or (inside and event.type != "subagent_end")
        if inside and event.type == "tool_call":
            # The task may use tools of its own beside a subagent: under other ids, and told apart.
            own = bool(used) and event.get("callId") is not None and event.call not in used
            claim.see(own, stream.exchange, f"tool_call of {event.get('toolName')}", offset=event.offset)
        elif event.type == "subagent_tool":
            observed = f"subagent_tool of {event.get('toolName')}"
            claim.see(True, stream.exchange, observed, offset=event.offset)
    return claim.verdict()
