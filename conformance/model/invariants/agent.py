"""AGENT and ISOLATION: what a tool was asked to do it did, with its own task's files and in its place."""

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sigmic_conformance.conformance.model.calls import SUCCESS, Call, went_on
from sigmic_conformance.conformance.model.files_seen import (
    brought_before,
    download_of,
    may_touch,
    touched,
    written,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.results import good_results
from sigmic_conformance.conformance.model.secrets import unmasked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.workspace import digests_read, is_plain, is_sayable
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.stream import StreamEvent
from sigmic_conformance.spec.plural import plural

STREAM, DOWNLOAD, GET, HISTORY = "stream_task", "download_artifact", "get_task", "get_task_history"
LONG_ENOUGH = 12
_ECHO = re.compile(r"(?:sleep [0-9.]+\s*(?:;|&&)\s*)?echo ([A-Za-z0-9_.-]+)(?:\s*;.*)?")
_DONE = re.compile(r"(?:.*;\s*)?echo ([A-Za-z0-9_.-]+)")
_COUNTED = re.compile(r"^keys=(\d+)$", re.MULTILINE)
_PLACE = re.compile(r"^at=(.+)$", re.MULTILINE)
_CUT = ("…", "...", "truncated", "omitted")
"""What tells that a tool has left out a part of an output."""
_PWD = re.compile(r"\s*pwd\s*")


def _results(seen: Seen) -> Iterator[tuple[Call, StreamEvent, str]]:
    """The successful results that a stream tells live, with their calls and the command of each."""
    if seen.stream is None or seen.task is None:
        return
    for event in seen.stream.of("tool_result"):
        call = seen.task.calls.get(event.call)
        if call is not None and event.get("status") == SUCCESS and shapes.text(event.get("output")):
            command = call.args.get("command")
            yield call, event, command.strip() if isinstance(command, str) else ""


@invariant("AGENT-002", STREAM, reason="no-output", expected="the output of the command in the tool_result")
def commands_show_their_output(seen: Seen) -> Findings:
    """What a command echoes, at its beginning or at its end, is in its result."""
    for call, event, command in _results(seen):
        words = {found[1] for form in (_ECHO, _DONE) if (found := form.fullmatch(command))}
        output = str(event.get("output"))
        missing = sorted(word for word in words if word not in output)
        if words:
            known = f"the call {call.id} echoes {', '.join(sorted(words))}"
            shown = f"the output is {output[:50]!r}"
            yield says(not missing, known, shown, offset=event.offset)


@invariant("ISOLATION-013", STREAM, reason="other-root", expected="/workspace")
def commands_run_in_the_workspace(seen: Seen) -> Findings:
    """The command `pwd` prints the workspace root."""
    for _, event, command in _results(seen):
        if _PWD.fullmatch(command):
            output = str(event.get("output")).strip()
            yield says(
                output == "/workspace",
                "the command is pwd",
                f"it prints {output[:40]!r}",
                offset=event.offset,
            )


@invariant("ISOLATION-013", STREAM, GET, reason="other-root", expected="/workspace")
def commands_say_that_they_run_in_the_workspace(seen: Seen) -> Findings:
    """A command that says where it runs, beside other things, says the workspace root."""
    for result in good_results(seen):
        told = _PLACE.search(result.output or "")
        if told is not None and "echo at=$(pwd)" in result.command:
            shown = f"it runs in {told[1][:40]!r}"
            yield says(told[1] == "/workspace", "the command asks pwd", shown, offset=result.offset)


@invariant(
    "ISOLATION-008", STREAM, GET, reason="foreign-file", expected="no file of another task for a command"
)
def commands_see_their_own_files(seen: Seen) -> Findings:
    """No result has the name of a file that only another task was sent or made."""
    yield from _foreign(seen, {**seen.model.file_names, **seen.model.made_names})


@invariant(
    "ISOLATION-010",
    STREAM,
    GET,
    reason="left-behind",
    expected="no file that another task's commands have made",
)
def commands_find_nothing_left_behind(seen: Seen) -> Findings:
    """No result has the name of a file that only the commands of another task have written."""
    yield from _foreign(seen, seen.model.made_names)


def _foreign(seen: Seen, names: Mapping[str, str]) -> Findings:
    """No result names a file that is another task's alone, unless this task was told of it."""
    if seen.task is None:
        return
    commands = [result for result in good_results(seen) if result.command]
    if not commands:
        return
    asked = "".join(str(each.asked.message) for each in seen.task.said)
    foreign = [name for name, owner in names.items() if owner != seen.task.id and name not in asked]
    for result in commands:
        output, called = result.output or "", str(result.call.args)
        found = [name for name in foreign if name in output and name not in called]
        yield says(
            not found, "files of other tasks are known", f"the output names {found[:2] or 'none of them'}"
        )


@invariant(
    "ISOLATION-011", STREAM, GET, reason="server-seen", expected="no API key in a command's environment"
)
def commands_find_no_key(seen: Seen) -> Findings:
    """A command that counts the variables with the form of an API key counts none."""
    for result in good_results(seen):
        counted = _COUNTED.search(result.output or "")
        if counted is not None and "keys=$(env | grep -cE '=sigmic_" in result.command:
            yield says(
                counted[1] == "0",
                "no variable was given that has the form of an API key",
                f"the command counts {counted[1]}",
                offset=result.offset,
            )


@invariant(
    "AGENT-001", DOWNLOAD, reason="other-content", expected="the file with the content that was written"
)
def written_files_have_their_content(seen: Seen) -> Findings:
    """A file that a tool wrote, and that no later call may have changed, downloads with what was written."""
    task, download = seen.task, download_of(seen)
    if task is None or download is None or not download.is_plain or download.path is None:
        return
    name = posixpath.basename(download.path)
    turns = [turn for turn in task.turns if turn.began <= seen.ended]
    if seen.rest() is None or any(task.heard_whole(turn) is None for turn in turns):
        return
    calls = [call for call in task.calls.values() if call.first is not None and may_touch(call, name)]
    uploads = any(file.name == name for said in task.said for file in said.asked.files)
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


@invariant("AGENT-004", STREAM, reason="not-read", expected="the content of an uploaded file in the result")
def read_uploads_have_their_content(seen: Seen) -> Findings:
    """The result of reading a plain upload of a few lines is not without its bytes, where it is told raw.

    How a reading tool numbers or frames lines is its own: a result longer than the file says nothing.
    """
    if seen.task is None:
        return
    sent = {
        f"uploads/{file.name}": file
        for said in seen.task.said
        for file in said.asked.files
        if file.sha256 is not None and file.entries is None
    }
    for call, event, _ in _results(seen):
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


def _names(file: SentFile) -> list[str]:
    """The names that a call would have for a file, or for the entries of an archive."""
    return [file.name, *(posixpath.basename(entry.name) for entry in file.entries or ())]


def _is_readable(file: SentFile) -> bool:
    """Whether a file is a plain one, or an archive in which every entry has a plain place."""
    parts = [part for entry in file.entries or () for part in entry.name.split("/")]
    return is_plain(file) or (bool(parts) and all(map(is_sayable, parts)))


def _digests(file: SentFile) -> set[str | None]:
    return {file.sha256, *(entry.sha256 for entry in file.entries or ())}


@invariant("AGENT-004", STREAM, GET, reason="not-read", expected="the digests of all uploads, from a command")
def commands_read_the_uploads(seen: Seen) -> Findings:
    """A command that tells the digests of all uploads tells that of each file that nobody has touched.

    Only where some command of the run told one: a sandbox may lack the tools, or have the files elsewhere.
    Files of one name are left out: what becomes of them is not documented (G-30). Of an archive it tells some
    entry, or the archive itself where it was left as it is.
    """
    for result in good_results(seen):
        output = result.output or ""
        whole = went_on(output) and not any(mark in output for mark in _CUT)
        read = digests_read(result.command, output)
        if seen.task is None or read is None or not whole or not seen.model.reads_uploads:
            continue
        names = Counter(each.file.name for each in seen.task.brought)
        sent = [
            each
            for each in brought_before(seen.task, result.at, _is_readable)
            if each.file.sha256
            and names[each.file.name] == 1
            and not any(touched(seen.task, name, seen.ended) for name in _names(each.file))
        ]
        unread = [each.path for each in sent if _digests(each.file).isdisjoint(read.values())]
        if sent:
            shown = f"the command does not print {unread[:2]}" if unread else "it prints all"
            yield says(
                not unread,
                f"{plural(len(sent), 'upload is', 'uploads are')} known",
                shown,
                offset=result.offset,
            )


@invariant(
    "VARS-014", STREAM, GET, HISTORY, reason="secret-shown", expected="a printed secret is masked everywhere"
)
def printed_secrets_are_masked(seen: Seen) -> Findings:
    """No secret of the task's creation is in what its tools and its agent say, unless it was said openly."""
    creation = seen.task.creation if seen.task else None
    if creation is None or not creation.asked.known or not seen.exchange.succeeded:
        return
    secret = unmasked(creation.asked.fields, seen.model.secrets)
    if secret:
        found = [value for value in secret if value.encode() in seen.exchange.body]
        yield says(
            not found,
            f"{plural(len(secret), 'secret was', 'secrets were')} given",
            f"{len(found)} of them are shown",
        )
