"""Judges of files that change, odd files and tools that read: what holds, and one thing wrong in it."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import LIVE, done, download, event, judged, ok, stream


def listing(probe: str, label: str, *entries: dict[str, Any]) -> Exchange:
    return ok(probe, label, {"files": list(entries)}, operation="list_artifacts")


RUNNING = "files_while_running"


def running(
    status: str = "running", found: int = 200, tags: tuple[str, str] = ('"1"', '"2"')
) -> list[Exchange]:
    return [
        ok(RUNNING, "running: task", {"status": status}),
        listing(RUNNING, "running: files", {"path": "w.txt"}),
        download(RUNNING, "running: download", "w\n", ("ETag", tags[0]), status=found),
        listing(RUNNING, "finished: files", {"path": "w.txt"}),
        download(RUNNING, "finished: download", "w\nmore\n", ("ETag", tags[1])),
    ]


def test_files_are_there_while_the_task_runs():
    facts = {RUNNING: {"word": "w", "path": "w.txt"}}

    assert judged("ARTIFACT-009", *running(), facts=facts).outcome is Outcome.PASSED
    assert judged("ARTIFACT-009", *running(found=409), facts=facts).reason == "not-reachable"
    assert judged("ARTIFACT-009", *running("completed"), facts=facts).reason == "stimulus-not-reached"


def test_a_tag_follows_the_bytes():
    assert judged("ARTIFACT-029", *running()).outcome is Outcome.PASSED
    assert judged("ARTIFACT-029", *running(tags=('"1"', '"1"'))).reason == "same-tag"


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ('attachment; filename="a.csv"', Outcome.PASSED),
        ("attachment; filename=a.csv", Outcome.PASSED),
        ('attachment; filename="a\\"b"; filename*=UTF-8\'\'a%22b', Outcome.PASSED),
        ('attachment; filename="data".csv"', Outcome.FAILED),
        ('attachment; filename="a', Outcome.FAILED),
    ],
)
def test_a_file_name_stays_within_its_quotes(value: str, outcome: Outcome):
    header = ("Content-Disposition", value)

    assert judged("ARTIFACT-016", download("odd_files", "x", "w", header)).outcome is outcome


def test_a_line_break_in_a_name_makes_no_header():
    injected = download("odd_files", "x", "w", ("X-Injected", "1"))

    assert judged("ARTIFACT-016", injected).reason == "broken-header"


def test_a_range_beyond_the_end_is_416_where_ranges_are_honoured():
    beyond = download("made_file", "range beyond", "", status=416)

    def seen(first: int, then: Exchange) -> Verdict:
        return judged("ARTIFACT-028", download("made_file", "range", status=first), then)

    assert seen(206, beyond).outcome is Outcome.PASSED
    assert seen(206, replace(beyond, status=200)).reason == "not-refused"
    assert seen(200, replace(beyond, status=200)).outcome is Outcome.INFO


def test_hidden_files_are_not_listed():
    def seen(*paths: str) -> Verdict:
        page = listing("odd_files", "files", *({"path": path} for path in paths))
        return judged("ARTIFACT-022", page, facts={"odd_files": {"word": "w"}}, reference=True)

    assert seen("seen-w.txt").outcome is Outcome.PASSED
    assert seen("seen-w.txt", ".hidden-w.txt").reason == "hidden-listed"
    assert seen("seen-w.txt", "node_modules/w/index.js").reason == "hidden-listed"
    assert seen("other.txt").reason == "control-failed"


@pytest.mark.parametrize(
    ("made", "odd", "reason"),
    [
        ("w.txt", "seen-w.txt", None),
        ("downloads/w.txt", "downloads/seen-w.txt", None),
        ("w.txt", "downloads/seen-w.txt", "two-readings"),
        ("elsewhere/w.txt", "seen-w.txt", "no-reading"),
    ],
)
def test_files_of_the_agent_are_listed_by_one_rule(made: str, odd: str, reason: str | None):
    pages = [listing("made_file", "files", {"path": made}), listing("odd_files", "files", {"path": odd})]
    facts = {"made_file": {"name": "w.txt"}, "odd_files": {"word": "w"}}

    assert judged("ARTIFACT-031", *pages, facts=facts).reason == reason


def run(probe: str, *events: bytes) -> Exchange:
    return stream([(1.0, b"".join([LIVE, *events, done("x")]))], probe=probe, label="run: stream")


def called(name: str = "read_file", **args: Any) -> bytes:
    return event("tool_call", callId="c", toolName=name, args=args)


def gave(output: str, status: str = "success") -> bytes:
    return event("tool_result", callId="c", status=status, output=output)


def test_the_agent_reads_what_was_uploaded():
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}

    def seen(output: str) -> Verdict:
        made = run("read_upload", called(path="uploads/a.txt"), gave(output))
        return judged("AGENT-004", made, facts=facts)

    assert seen("secret\n").outcome is Outcome.PASSED
    assert seen("a.txt: not found").reason == "not-read"


def test_file_tools_that_nobody_heard_are_open_for_that_reason():
    facts = {"made_file": {"run": "run: stream"}, "read_upload": {"run": "run"}}
    over = event("history_done", messageCount=0, isStreaming=False)
    late = [stream([(1.0, over)], probe=probe, label="run: stream") for probe in ("made_file", "read_upload")]

    assert judged("AGENT-005", *late, facts=facts).reason == "stimulus-not-reached"


@pytest.mark.parametrize(
    ("name", "args", "outcome"),
    [
        ("read_file", {"path": "a"}, Outcome.PASSED),
        ("open_file", {"path": "a"}, Outcome.WARNED),
        ("write_file", {"file_path": "a", "content": "b"}, Outcome.PASSED),
        ("read_file", {"file_path": "a", "content": "b"}, Outcome.WARNED),
        ("bash", {"command": "cat a"}, Outcome.INCONCLUSIVE),
    ],
)
def test_file_tools_have_the_names_of_the_samples(name: str, args: dict[str, str], outcome: Outcome):
    facts = {"read_upload": {"run": "run"}, "made_file": {"run": "run: stream"}}
    made = [run("read_upload", called(name, **args)), run("made_file")]

    assert judged("AGENT-005", *made, facts=facts).outcome is outcome


def test_a_saved_output_is_that_of_the_result():
    def seen(entry: dict[str, Any]) -> Verdict:
        told = replace(run("tool_task", called(), gave("o")), label="attempt 1: whole")
        saved = ok("tool_task", "history", {"messages": [{"toolCalls": [{"callId": "c"} | entry]}]})
        return judged("AGENT-006", told, saved, facts={"tool_task": {"attempt": "attempt 1"}})

    assert seen({"output": "o"}).outcome is Outcome.PASSED
    assert seen({"output": "other"}).reason == "other-output"
    assert seen({}).outcome is Outcome.INFO


def test_a_failing_call_has_an_error_and_the_task_goes_on():
    def seen(status: str) -> Verdict:
        made = run("failing_tool", called("run_shell_command", command="echo w; exit 3"), gave("w", status))
        return judged("AGENT-007", made, facts={"failing_tool": {"run": "run", "word": "w"}}, reference=True)

    assert seen("error").outcome is Outcome.PASSED
    assert seen("success").reason == "other-status"


def test_a_subagent_tells_its_tools_itself():
    start, end = event("subagent_start", agentName="a"), event("subagent_end", agentName="a")
    used = event("subagent_tool", agentName="a", toolName="t", callId="c")
    facts = {"subagents": {"stream": "run: stream"}}

    def seen(*events: bytes) -> Verdict:
        return judged("AGENT-008", run("subagents", start, *events, end), facts=facts)

    assert seen(used).outcome is Outcome.PASSED
    assert seen(used, called()).reason == "told-as-own"
    assert seen(called()).reason == "told-as-own"
