"""The observable behaviour of the agent."""

import hashlib
import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import EXECUTING, SUCCESS, Call
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.observation.files_seen import (
    attached_before,
    may_touch,
    touched,
    written,
)
from sigmic_conformance.model.observation.results import good_results, results, uploads_printed
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import successful_results
from sigmic_conformance.model.observation.seen_tasks import events_of
from sigmic_conformance.model.operations import DOWNLOAD, GET, HISTORY, STREAM
from sigmic_conformance.model.record.agent_answers import answered
from sigmic_conformance.model.record.evidence import brief
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import (
    Download,
    is_plain,
    is_sayable,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief, lines_of, lost_lines
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

_DONE = re.compile(r"(?:.*;\s*)?echo ([A-Za-z0-9_.-]+)")
_ECHO = re.compile(r"echo ([A-Za-z0-9_.-]+)(?:\s*;.*)?")
_PRINTS = re.compile(r"printf '[^']*'; echo [\w.-]+")
FEW_KILOBYTES, SHORT_BYTES = 8192, 1000


@check("AGENT-001", reason="other-content")
def agent_makes_a_file(record: Record) -> Findings:
    exchange = record.exchange("created_file", "download")
    body = exchange.body.decode("utf-8", "replace")
    right = exchange.ok and body.strip() == record.fact("created_file", "content")
    yield says(right, "the file with the content of the message", spelled(brief(body)), exchange=exchange)


@check("AGENT-001", DOWNLOAD, reason="other-content")
def written_files_have_their_content(seen: Seen, task: Task, download: Download) -> Findings:
    """A file that a tool wrote, and that no later call may have changed, downloads with that content."""
    if not download.is_plain or download.path is None:
        return
    name = posixpath.basename(download.path)
    turns = [turn for turn in task.turns if turn.began <= seen.ended]
    if seen.rest is None or any(task.readers.of_all(turn) is None for turn in turns):
        return
    calls = [
        call
        for call in task.calls.values()
        if call.first is not None and task.turns.at(call.first.at) in turns and may_touch(call, name)
    ]
    uploads = any(file.name == name for said in task.messages for file in said.asked.files)
    if len(calls) == 1 and not uploads and calls[0].result is not None and calls[0].result.status == SUCCESS:
        content = calls[0].args.get("content")
        if (
            written(calls[0]) in {download.path, name}
            and isinstance(content, str)
            and "[secret:" not in content
        ):
            same = seen.exchange.body.strip() == content.encode().strip()
            known = f"{calls[0].tool} wrote {plural(len(content), 'character')} to {name}"
            yield says(same, known, f"{plural(seen.exchange.size, 'byte')}")


def _echoed(call: Call) -> set[str]:
    """The texts that a command echoes at its beginning and at its end."""
    return {found[1] for form in (_ECHO, _DONE) if (found := form.fullmatch(call.command))}


@check("AGENT-002", STREAM, reason="no-output")
def commands_show_their_output(seen: Seen) -> Findings:
    """The text that a command echoes, at its beginning or at its end, is in its result."""
    for call, event in successful_results(seen):
        words = _echoed(call)
        output = str(event.get("output"))
        missing = sorted(word for word in words if word not in output)
        if words:
            known = f"the call {call.id} echoes {', '.join(sorted(words))}"
            shown = f"the output is {spelled(output, 50)}"
            yield says(not missing, known, shown, offset=event.offset)


@check("AGENT-002", STREAM, reason="no-result")
def commands_that_ran_have_a_result(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """No command that was reported as executing lacks its result in a stream of its whole run.

    If a call was rejected or the task cancelled, no page says how the other calls end (G-65), nor if the
    target accepted a message during the run (G-59).
    """
    is_whole = stream.complete and stream.of("done") and task.readers.is_from_the_start(turn, stream)
    if not is_whole or task.may_be_cancelled(turn.began, seen.ended):
        return
    followed = any(
        seen.began < each.sent < seen.ended and not each.exchange.refused for each in task.messages
    )
    if followed or task.may_end_by_rejection(turn.began, seen.ended):
        return
    told = {event.call for event in stream.of("tool_result")}
    for event in stream.of("tool_call"):
        call = task.calls.get(event.call)
        runs = event.get("status") == EXECUTING and call is not None and _echoed(call)
        if call is not None and runs and call.id not in told:
            known = f"the call {call.id} echoes {', '.join(sorted(_echoed(call)))}"
            yield breaks(known, "the run is over, and it has no result")


@check("AGENT-002", STREAM, reason="no-output")
def any_bytes_can_be_printed(seen: Seen) -> Findings:
    """A command that only prints does not fail in a run in which other commands succeed."""
    found = list(results(seen))
    for result in found if any(each.status == SUCCESS for each in found) else ():
        if _PRINTS.fullmatch(result.call.command) and result.status == "error":
            yield breaks(
                f"it is {spelled(result.call.command)}", f"the output is {spelled((result.output or ''), 50)}"
            )


@check("AGENT-002", STREAM, GET, reason="output-damaged")
def long_outputs_are_whole(seen: Seen) -> Findings:
    """No part of a numbered text that a command printed is damaged, or left out without a mark.

    That outputs of some kilobytes are not truncated is a premise: the documentation only has samples.
    """
    for result in good_results(seen):
        lines = lines_of(result.call.command)
        whole = FEW_KILOBYTES if seen.model.record.admits(Premise.OUTPUTS_ARE_WHOLE) else SHORT_BYTES
        lost = None if lines is None else lost_lines(lines, result.output or "", whole_bytes=whole)
        if lines is not None and lost is not None:
            shown = lost or "all are there"
            yield says(not lost, f"it prints {plural(len(lines), 'line')}", shown, offset=result.offset)


@check("AGENT-003", reason="no-answer")
def agent_says_paris(record: Record) -> Findings:
    return answered(record, "easy_task", ("first reader",), "Paris", "an answer that contains Paris")


def _read_from(stream: Stream, name: str) -> list[str]:
    """The outputs of the calls with an argument that ends with this file.

    Other tools of the agent can have the message as an argument, which contains the name as well.
    """
    calls = {
        each.call
        for each in stream.of("tool_call")
        for value in json_values.fields(each.get("args")).values()
        if isinstance(value, str) and (words := value.split()) and posixpath.basename(words[-1]) == name
    }
    return [str(event.get("output")) for event in stream.of("tool_result") if event.call in calls]


@check("AGENT-004", reason="not-read")
def reads_what_was_uploaded(record: Record) -> Findings:
    run, word = record.fact("read_upload", "run"), record.fact("read_upload", "word")
    name = record.fact("read_upload", "name")
    stream = record.stream("read_upload", f"{run}: stream")
    if stream.is_streaming is False:
        raise NotReached("the task was finished before a reader was there")
    # A stream that was cut is opened again: an event that any stream of the attempt received was sent.
    heard = [each for each in record.streams("read_upload") if each.exchange.label.startswith(f"{run}: ")]
    outputs = [output for each in heard for output in _read_from(each, name)]
    seen = word in " ".join([*outputs, *(text for each in heard for text in each.answer.pieces)])
    if not seen and not outputs:
        raise NotReached(f"no stream had the result of a tool that reads {name}")
    known, shown = f"{name} was read", f"the stream shows {spelled(brief(' '.join(outputs)))}"
    yield says(seen, known, shown, exchange=stream.exchange)


@check("AGENT-004", STREAM, reason="not-read")
def read_uploads_have_their_content(seen: Seen, task: Task) -> Findings:
    """The result of reading a plain upload of a few lines has its bytes, if the output is raw.

    A reading tool may number or frame lines: a result longer than the file proves nothing.
    """
    sent = {
        f"uploads/{file.name}": file
        for said in task.messages
        for file in said.asked.files
        if file.sha256 is not None and file.entries is None
    }
    for call, event in successful_results(seen):
        path = str(next(iter(call.args.values()), "")).removeprefix("/workspace/").removeprefix("./")
        file = sent.get(path)
        if call.tool != "read_file" or len(call.args) != 1 or file is None or not file.size:
            continue
        output = str(event.get("output")).encode()
        if len(output) <= file.size:
            forms = (output, output + b"\n", output + b"\r\n")
            same = file.sha256 in {hashlib.sha256(form).hexdigest() for form in forms}
            yield says(
                same,
                f"{path} has {plural(file.size, 'byte')}",
                f"the result has {len(output)}",
                offset=event.offset,
            )


def _digests(file: SentFile) -> set[str | None]:
    return {file.sha256, *(entry.sha256 for entry in file.entries or ())}


def _is_readable(file: SentFile) -> bool:
    """Whether a file is a plain one, or an archive in which every entry has a plain place."""
    parts = [part for entry in file.entries or () for part in entry.name.split("/")]
    return is_plain(file) or (bool(parts) and all(map(is_sayable, parts)))


def _names(file: SentFile) -> list[str]:
    """The names that a call may use for a file, or for the entries of an archive."""
    return [file.name, *(posixpath.basename(entry.name) for entry in file.entries or ())]


@check("AGENT-004", STREAM, GET, reason="not-read")
def commands_read_the_uploads(seen: Seen, task: Task) -> Findings:
    """A command that prints the digests of all uploads prints that of each file that no turn has touched.

    Only if some command of the run printed one: a sandbox may lack the tools, or have the files elsewhere.
    Of several files of one name it prints at least one: which of them stays is not documented (G-30). Of an
    archive it prints some entry, or the archive itself if it was not extracted.
    """
    for result, read in uploads_printed(seen):
        names = Counter(each.file.name for each in task.attachments if each.message.sent < result.at)
        sent = defaultdict[str, list[SentFile]](list)
        for each in attached_before(task, result.at, _is_readable):
            if each.file.sha256 and not any(touched(task, name, seen.ended) for name in _names(each.file)):
                sent[each.file.name].append(each.file)
        known = {
            name: set().union(*map(_digests, files))
            for name, files in sent.items()
            if len(files) == names[name]
        }
        unread = [name for name, digests in known.items() if digests.isdisjoint(read.values())]
        if known:
            shown = f"the command does not print {spelled(unread[:2])}" if unread else "it prints all"
            told = f"{plural(len(known), 'file was', 'files were')} uploaded"
            yield says(not unread, told, shown, offset=result.offset)


def _names_an_upload(seen: Seen, call: str) -> bool:
    outputs = [
        json_values.word(each.get("output")) for each in events_of(seen, "tool_result") if each.call == call
    ]
    attached = seen.task.attachments if seen.task else ()
    names = {re.split(r"[/\\\\]", each.file.name)[-1] for each in attached}
    return any(name and name in output for name in names for output in outputs)


_LISTING = frozenset({"list_directory", "list_files"})
"""The pages show both names (X-15)."""


def _names_for(args: Mapping[str, object], *, listed: bool) -> frozenset[str] | None:
    """The documented names of a tool with only a path, or a path and a content, as arguments."""
    words = {name.lower() for name in args}
    if listed and "recursive" in words and len(words) == 2:
        return _LISTING if any("path" in name for name in words) else None
    path = {name for name in words if "path" in name}
    content = {name for name in words if "content" in name}
    if len(path) != 1 or words - path - content:
        return None
    return frozenset({"write_file"}) if content else _LISTING | {"read_file"}


@check("AGENT-005", STREAM, reason="other-name")
def file_tools_have_their_names(seen: Seen) -> Findings:
    """A tool whose arguments are a path, and perhaps a content, has one of the names.

    One that goes through folders as well, and whose result names an upload, lists files.
    """
    for event in events_of(seen, "tool_call"):
        args = event.get("args")
        listed = _names_an_upload(seen, event.call)
        wanted = _names_for(args, listed=listed) if isinstance(args, dict) else None
        if wanted is not None:
            told = json_values.word(event.get("toolName"))
            yield says(
                told in wanted,
                f"its arguments are {spelled(sorted(args))}",
                f"toolName {told}",
                offset=event.offset,
            )


@check("AGENT-006", HISTORY, STREAM, reason="other-output")
def outputs_are_those_of_the_stream(task: Task, view: View) -> Findings:
    """If a saved message has the output of a call, it equals that of the tool_result."""
    for message in view.messages:
        for told in json_values.objects(message.get("toolCalls")):
            call = task.calls.get(json_values.word(told.get("callId")))
            result = call.result if call else None
            if result is None or "output" not in told or result.at > view.began:
                continue
            output, saved = (json_values.word(each) for each in (result.event.get("output"), told["output"]))
            known = f"the result of {told.get('callId')} was {output[:50]}"
            yield says(output == saved, known, f"the message has {in_brief(output, saved)}")


@check("AGENT-008", STREAM, reason="reported-as-own")
def subagents_tell_their_own_tools(seen: Seen) -> Findings:
    """No tool_call belongs to a subagent, by its agentName or by the callId of a subagent_tool."""
    used = {event.call for event in events_of(seen, "subagent_tool") if event.get("callId") is not None}
    calls = list(events_of(seen, "tool_call"))
    if not used and not any(True for _ in events_of(seen, "subagent_start")):
        return
    for event in calls:
        own = event.get("agentName") is None and event.call not in used
        known = f"subagents used {plural(len(used), 'call')}, reported by id"
        shown = f"tool_call {event.call}" + ("" if own else f" of {event.get('agentName') or 'a subagent'}")
        yield says(own, known, shown, offset=event.offset)
    if not calls:
        yield says(True, "a subagent was running", "no tool_call is reported")  # noqa: FBT003  nothing was told as own
