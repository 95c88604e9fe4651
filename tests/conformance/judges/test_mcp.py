"""Judges of MCP servers on streams made by hand: what the probe server reported, and what it did not."""

from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.probe_server.configuration import FIXED, FOLDER
from sigmic_conformance.conformance.probe_server.program import digest, receipt
from tests.conformance.kit import LIVE, USER, call, event, exchange, judged, ok, outcome_of, result, stream

WORD = "n1"
GIVEN = {"PROBE_WORD": WORD, "PROBE_PLAIN": "plain", "PROBE_SECRET": "secret", "PROBE_BOTH": "from secrets"}
DIGESTS = {name: digest(value) for name, value in GIVEN.items()}
HTTP = {
    "http.word": WORD,
    "http.header.x-probe-fixed": FIXED,
    "http.header.x-probe-plain": "plain",
    "http.header.x-probe-secret": "secret",
    "http.header.x-probe-both": "from secrets",
}
STDIO = {
    "stdio.argument": FIXED,
    "stdio.cwd": FOLDER,
    "stdio.env.PROBE_FIXED": FIXED,
    "stdio.env.PROBE_PLAIN": "plain",
    "stdio.env.PROBE_SECRET": "secret",
    "stdio.env.PROBE_BOTH": "from secrets",
}
NO_TOOL = "There is no such tool."


def report(tool: str, **told: str) -> str:
    """What a tool of the server returns: its receipt, and digests of values."""
    server, _, own = tool.partition("_")
    words = [f"{server}.{own}.receipt={receipt(server, own, f'{WORD}.{tool}')}"]
    return "\n".join([*words, *(f"{what}={digest(value)}" for what, value in told.items())])


def used(
    tool: str, output: str = NO_TOOL, *, status: str = "success", first: str = "executing"
) -> list[bytes]:
    """The events of one call, under a name that another platform made of the tool's."""
    return [
        call(f"c-{tool}", toolName=f"mcp__probe__{tool}", status=first, args={"text": f"{WORD}.{tool}"}),
        result(f"c-{tool}", output, status=status),
    ]


def ran(probe: str, label: str, *parts: bytes, end: str = "done") -> Any:
    over = event(end, finalResponse="") if end == "done" else event(end, message="no", code="X")
    return stream(
        [(0.0, b"".join([USER, LIVE, *parts, over]))], probe=probe, label=f"{label}: stream", ended=1.0
    )


def first_run(changed: dict[str, str] | None = None, *, without: str = "") -> Any:
    """The first run of `mcp_servers`, with one report changed or one tool silent."""
    values = HTTP | STDIO | (changed or {})
    texts = {
        "http_echo": report("http_echo"),
        "http_digests": report("http_digests", **{name: values[name] for name in HTTP}),
        "stdio_echo": report("stdio_echo"),
        "stdio_digests": report("stdio_digests", **{name: values[name] for name in STDIO}),
    }
    parts = [
        part for tool, text in texts.items() for part in used(tool, NO_TOOL if tool == without else text)
    ]
    return ran("mcp_servers", "run", *parts)


def about(row: str, *exchanges: Any, **noted: Any) -> Any:
    noted = {"word": WORD, "run": "run", "digests": DIGESTS, "placeholders": ["[secret:00c0ffee]"], **noted}
    facts = {"mcp_servers": noted, "mcp_exchange": noted}
    return judged(row, *exchanges, facts=facts, noted=noted)


@pytest.mark.parametrize(
    ("row", "changed", "reason"),
    [
        ("MCP-002", {"http.header.x-probe-fixed": "other"}, "other-headers"),
        ("MCP-003", {"stdio.cwd": "/elsewhere"}, "other-start"),
        ("MCP-003", {"stdio.env.PROBE_FIXED": "other"}, "other-start"),
        ("MCP-005", {"http.word": "{{mcp.PROBE_WORD}}"}, "not-replaced"),
        ("MCP-005", {"stdio.env.PROBE_SECRET": "{{mcp.PROBE_SECRET}}"}, "not-replaced"),
        ("MCP-011", {"http.header.x-probe-both": "from env"}, "env-wins"),
    ],
)
def test_what_a_server_was_given_is_told_by_its_digests(row: str, changed: dict[str, str], reason: str):
    assert about(row, first_run()).outcome is Outcome.PASSED
    assert about(row, first_run(changed)).reason == reason


def test_a_tool_that_does_not_answer_is_not_offered():
    assert about("MCP-001", first_run()).outcome is Outcome.PASSED
    assert about("MCP-001", first_run(without="stdio_echo")).reason == "not-offered"


@pytest.mark.parametrize("row", ["MCP-002", "MCP-005", "MCP-011", "MCP-012"])
def test_nobody_is_blamed_for_what_a_silent_server_did_not_tell(row: str):
    assert outcome_of(about(row, first_run(without="http_digests"))) == "stimulus-not-reached"


def filtered(*parts: bytes, **told: str) -> Any:
    control = used("http_digests", report("http_digests", **told))
    return ran("mcp_servers", "filtered", *control, *parts)


@pytest.mark.parametrize(
    ("row", "tool", "reason"),
    [
        ("MCP-004", "off_echo", "disabled-offered"),
        ("MCP-007", "http_hidden", "filter-ignored"),
        ("MCP-007", "stdio_hidden", "filter-ignored"),
    ],
)
def test_what_is_not_offered_must_not_answer_and_need_not_be_called(row: str, tool: str, reason: str):
    def found(*parts: bytes, **told: str) -> str:
        return outcome_of(about(row, filtered(*parts, **told), filtered="filtered: stream"))

    assert found(*used(tool, status="error")) == "passed"
    assert found() == "passed"  # a model does not call what it was not offered
    assert found(*used(tool, report(tool))) == reason


def test_a_server_that_is_switched_off_is_not_even_reached():
    seen = filtered(**{"http.beside.off": "off"})

    assert about("MCP-004", seen, filtered="filtered: stream").reason == "disabled-offered"


def test_a_secret_that_went_to_a_server_is_looked_for_everywhere():
    shown = ok("mcp_servers", "read back", {"env": {"PROBE_SECRET": "[secret:00c0ffee]"}})

    assert about("MCP-012", first_run()).outcome is Outcome.PASSED
    assert about("MCP-012", first_run(), shown).reason == "secret-shown"


def test_a_failure_is_no_success():
    def found(status: str, end: str = "done") -> str:
        seen = ran("mcp_servers", "failed", *used("http_fail", report("http_fail"), status=status), end=end)
        return outcome_of(about("MCP-017", seen, failed="failed: stream", reference=False))

    assert (found("error"), found("success")) == ("passed", "told-as-success")
    assert found("error", end="error") == "told-as-success"


def troubled(row: str, label: str, *more: bytes, end: str = "done", reached: bool = True) -> str:
    told = {"http.beside.moody": "moody"} if reached else {}
    parts = [
        *used("http_echo", report("http_echo")),
        *used("http_digests", report("http_digests", **told)),
        *more,
    ]
    noted = {"word": WORD, "dead": "run", "late": "run", "unresolved": "run"}
    return outcome_of(judged(row, ran("mcp_trouble", label, *parts, end=end), noted=noted))


def test_a_server_that_does_not_work_is_named_once_and_survived():
    dead = event("status", status="processing", message="MCP server probe-moody could not be started")
    unset = event("status", status="processing", message="{{mcp.PROBE_MOOD}} is not set")

    assert troubled("MCP-009", "run") == "passed"
    assert troubled("MCP-009", "run", end="error") == "task-failed"
    assert troubled("MCP-009", "run", reached=False) == "stimulus-not-reached"
    assert troubled("MCP-010", "run", *used("moody_echo", status="error")) == "passed"
    assert troubled("MCP-010", "run", *used("moody_echo", report("moody_echo"))) == "waited"
    assert (troubled("MCP-016", "run", dead), troubled("MCP-016", "run")) == ("passed", "not-named")
    assert troubled("MCP-016", "run", dead, dead) == "not-named"
    assert troubled("MCP-006", "run", unset, reached=False) == "passed"
    assert troubled("MCP-006", "run", reached=False) == "not-named"
    assert troubled("MCP-006", "run", unset) == "started"


@pytest.mark.parametrize(("row", "tool"), [("MCP-008", "http_ask"), ("MCP-015", "stdio_echo")])
def test_a_call_that_must_ask_waits_and_then_runs(row: str, tool: str):
    approval = exchange(
        probe="mcp_policies", label="approve", method="POST", target=f"/api/v1/tasks/t/tools/c-{tool}/approve"
    )

    def found(first: str, output: str) -> str:
        seen = ran("mcp_policies", "run", *used(tool, output, first=first))
        return outcome_of(judged(row, seen, approval, noted={"word": WORD, "asking": "run", "strict": "run"}))

    assert found("awaiting_approval", report(tool)) == "passed"
    assert found("executing", report(tool)) == "ran-unasked"
    assert found("awaiting_approval", NO_TOOL) == "did-not-run"


def test_a_denied_call_does_not_run_and_says_so():
    def found(output: str, status: str) -> str:
        parts = [*used("http_deny", output, status=status), *used("http_echo", report("http_echo"))]
        seen = ran("mcp_policies", "run", *parts)
        return outcome_of(judged("MCP-014", seen, noted={"word": WORD, "denying": "run"}))

    assert found("The policy does not allow this tool.", "error") == "passed"
    assert found("The policy does not allow this tool.", "success") == "ran"
    assert found(report("http_deny"), "success") == "ran"


def test_variables_of_an_exchange_are_missed_only_where_those_of_a_task_arrive():
    def end_users(**told: str) -> Any:
        parts = [*used("http_digests", report("http_digests", **told)), *used("stdio_digests")]
        return ran("mcp_exchange", "run", *parts)

    given = [
        *used("http_digests", report("http_digests", **HTTP)),
        *used("stdio_digests", report("stdio_digests", **STDIO)),
    ]
    arrived = ran("mcp_exchange", "run", *given)

    assert about("VARS-019", arrived, first_run()).outcome is Outcome.PASSED
    assert about("VARS-019", end_users(), first_run()).reason == "not-replaced"
    assert (
        outcome_of(about("VARS-019", end_users(), first_run(without="http_digests")))
        == "stimulus-not-reached"
    )
    assert about("MCP-013", arrived).outcome is Outcome.PASSED
