from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    IDLE,
    LIVE,
    USER,
    call,
    content,
    done,
    event,
    judged,
    outcome_of,
    stream,
)


def run(probe: str, *events: bytes) -> Exchange:
    return stream([(1.0, b"".join([LIVE, *events, done("x")]))], probe=probe, label="run: stream")


def called(name: str = "read_file", **args: Any) -> bytes:
    return event("tool_call", callId="c", toolName=name, args=args)


def gave(output: str, status: str = "success") -> bytes:
    return event("tool_result", callId="c", status=status, output=output)


def test_a_run_that_nobody_heard_shows_no_tool():
    late = stream([(1.0, USER + IDLE)], probe="read_upload", label="run: stream")
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}

    assert judged("AGENT-004", late, facts=facts).reason == "stimulus-not-reached"


def test_the_agent_reads_what_was_uploaded():
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}

    def seen(output: str) -> Verdict:
        made = run("read_upload", called(path="uploads/a.txt"), gave(output))
        return judged("AGENT-004", made, facts=facts)

    assert seen("secret\n").outcome is Outcome.PASSED
    assert seen("a.txt: not found").reason == "not-read"


def test_an_agent_that_never_reads_the_file_is_not_blamed():
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}
    refuses = run("read_upload", content("I would rather not."))
    cut = stream([(1.0, LIVE + called(path="uploads/a.txt"))], probe="read_upload", label="run: stream")
    again = stream(
        [(1.0, LIVE + called(path="uploads/a.txt") + gave("secret"))],
        probe="read_upload",
        label="run: stream again",
    )

    assert judged("AGENT-004", refuses, facts=facts).reason == "stimulus-not-reached"
    assert judged("AGENT-004", cut, facts=facts).reason == "stimulus-not-reached"
    assert judged("AGENT-004", cut, again, facts=facts).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"path": "a"}, "other-name"),
        ({"filePath": "a", "depth": 1}, "other-name"),
        ({"command": "ls", "path": "a"}, "zero-observations"),
        ({"depth": 1}, "zero-observations"),
        ({}, "zero-observations"),
    ],
)
def test_a_tool_that_takes_a_path_and_no_command_is_one_for_files(args, reason):
    used = stream([(0.0, USER + LIVE + call("c", toolName="odd", args=args))], probe="made_file", label="run")
    other = stream([(0.0, USER + LIVE + content("x"))], probe="read_upload", label="run: stream")
    facts = {"made_file": {"run": "run"}, "read_upload": {"run": "run"}}

    assert outcome_of(judged("AGENT-005", used, other, facts=facts)) == reason


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


def test_a_failing_call_has_an_error_and_the_task_goes_on():
    def seen(status: str) -> Verdict:
        made = run("failing_tool", called("run_shell_command", command="echo w; exit 3"), gave("w", status))
        return judged("AGENT-007", made, facts={"failing_tool": {"run": "run", "word": "w"}}, reference=True)

    assert seen("error").outcome is Outcome.PASSED
    assert seen("success").reason == "other-status"


def test_a_subagent_that_uses_no_tool_shows_nothing():
    heard = stream([(0.0, USER + LIVE + content("Hi") + done("Hi"))], probe="subagents", label="s")

    assert judged("AGENT-008", heard, facts={"subagents": {"stream": "s"}}).reason == "zero-observations"
