from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from tests.conformance.handwritten import DONE, HI, Traffic, cases, made_by_ann
from tests.conformance.kit import call, exchange, judged, ok, outcome_of, result, verdicts
from tests.conformance.probe_reports import DIGESTS, NO_TOOL, WORD, about, first_run, ran, report, used


@pytest.mark.parametrize(
    ("row", "changed", "reason"),
    [
        ("MCP-002", {"http.header.x-probe-fixed": "other"}, "other-headers"),
        ("MCP-003", {"stdio.cwd": "/elsewhere"}, "other-start"),
        ("MCP-003", {"stdio.env.PROBE_FIXED": "other"}, "other-start"),
        ("MCP-005", {"http.word": "{{mcp.PROBE_WORD}}"}, "not-replaced"),
        ("MCP-005", {"http.header.x-probe-pair": "plain/{{mcp.PROBE_SECRET}}"}, "not-replaced"),
        ("MCP-005", {"stdio.env.PROBE_SECRET": "{{mcp.PROBE_SECRET}}"}, "not-replaced"),
        ("MCP-011", {"http.header.x-probe-both": "from env"}, "env-wins"),
    ],
)
def test_what_a_server_was_given_is_named_by_its_digests(row: str, changed: dict[str, str], reason: str):
    assert about(row, first_run()).outcome is Outcome.PASSED
    assert about(row, first_run(changed)).reason == reason


@cases(
    "MCP-001",
    (NO_TOOL, 404, "unjudged"),
    (report("http_echo"), 404, "of-another-project"),
    (report("http_echo"), 200, "unjudged"),
)
def test_a_server_is_not_offered_in_another_project(output: str, status: int) -> Traffic:
    """Two apps may be of one project: then the owner's key reads the tasks of both."""
    traffic, *_ = made_by_ann()
    other = traffic.token("ann", fields={"appId": "elsewhere"})
    traffic.create("Hi", task="other", headers=other, role="end user ann")
    traffic.stream(*used("http_echo", output), DONE, shown=[HI])
    return traffic.get().get(task="other", status=status)


def test_a_tool_that_does_not_answer_is_not_offered():
    assert about("MCP-001", first_run()).outcome is Outcome.PASSED
    assert about("MCP-001", first_run(without="stdio_echo")).reason == "not-offered"


@pytest.mark.parametrize(("probe", "fact"), [("mcp_servers", "filtered"), ("mcp_failures", "dead")])
def test_the_tools_answer_in_a_later_turn_and_beside_a_server_that_is_dead(probe: str, fact: str):
    def found(output: str, end: str = "done", tool: str = "stdio_echo") -> str:
        later = ran(probe, fact, *used("http_digests", report("http_digests")), *used(tool, output), end=end)
        noted = {"word": WORD, "run": "run", fact: fact}
        facts = dict.fromkeys(("mcp_servers", "mcp_failures"), noted)
        return outcome_of(judged("MCP-001", first_run(), later, facts=facts, noted=noted))

    assert found(report("stdio_echo")) == "passed"
    assert found(NO_TOOL) == "not-offered"
    assert found(NO_TOOL, tool="http_last") == "not-offered"
    assert found(NO_TOOL, "error") == "passed"  # the task failed (MCP-009)


def test_a_later_turn_has_the_env_of_the_task_and_perhaps_no_secrets():
    def found(**told: str) -> str:
        return outcome_of(about("MCP-005", first_run(), filtered(**told), filtered="filtered"))

    assert found(**{"http.word": WORD, "http.header.x-probe-secret": ""}) == "passed"
    assert found(**{"http.word": WORD, "http.header.x-probe-plain": ""}) == "not-replaced"


@verdicts((report("stdio_echo"), "success", "passed"), (NO_TOOL, "error", "not-offered"))
def test_the_tools_answer_after_a_restore_too(output: str, status: str) -> Verdict:
    parts = [*used("http_echo", report("http_echo")), *used("stdio_echo", output, status=status)]
    seen = ran("mcp_restored", "restored", *parts)
    return judged("MCP-019", seen, noted={"word": WORD, "restored": "restored"})


@verdicts(
    ({}, "", "passed"),
    ({"http.header.x-probe-plain": "{{mcp.PROBE_PLAIN}}"}, "", "not-offered"),
    ({}, "stdio_digests", "not-offered"),
)
def test_an_exchanges_variables_reach_the_servers_after_a_restore_too(
    changed: dict[str, str], without: str
) -> Verdict:
    own = replace(first_run(probe="mcp_restored"), label="restored: stream")
    of_a_user = replace(first_run(changed, without=without, probe="mcp_restored"), label="user: stream")
    noted = {"word": WORD, "restored": "restored", "of a user": "user", "digests": DIGESTS}
    return judged("MCP-019", own, of_a_user, noted=noted)


@pytest.mark.parametrize("row", ["MCP-002", "MCP-005", "MCP-011", "MCP-012"])
def test_what_a_silent_server_did_not_send_fails_no_requirement(row: str):
    assert outcome_of(about(row, first_run(without="http_digests"))) == "stimulus-not-reached"


@verdicts(
    (*used("sse_echo", report("sse_echo")), "passed"),
    (*used("sse_echo", status="error"), "other-transport"),
    ("zero-observations",),
)
def test_a_server_of_the_older_transport_is_judged_where_it_was_called(*more: bytes) -> Verdict:
    echo = used("http_echo", report("http_echo"))
    return about("MCP-018", ran("mcp_servers", "run", *echo, *more))


def test_a_call_of_another_tool_with_the_same_text_is_none():
    text = f"{WORD}.http_echo"
    shell = [
        call("s", toolName="run_shell_command", args={"command": f"http_echo {text}"}),
        result("s", "http_echo: not found", status="error"),
    ]

    assert outcome_of(about("MCP-001", ran("mcp_servers", "run", *shell))) == "zero-observations"


def test_what_came_on_a_second_connection_counts():
    whole = first_run()
    cut = ran("mcp_servers", "run", *used("http_echo", report("http_echo")), end="")
    again = replace(whole, label="run: stream again")

    assert about("MCP-005", cut, again).outcome is Outcome.PASSED


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
        return outcome_of(about(row, filtered(*parts, **told), filtered="filtered"))

    assert found(*used(tool, status="error")) == "passed"
    assert found() == "passed"  # a model does not call a tool that it was not offered
    assert found(*used(tool, report(tool))) == reason


@verdicts(
    (*used("http_hidden", status="error"), "passed"),
    (*used("http_hidden", report("http_hidden")), "filter-ignored"),
)
def test_what_is_not_offered_is_not_offered_after_a_restore_either(*parts: bytes) -> Verdict:
    noted = {"word": WORD, "filtered": "filtered", "restored": "restored"}
    facts = dict.fromkeys(("mcp_servers", "mcp_restored"), noted)
    restored = ran("mcp_restored", "restored", *parts)
    return judged("MCP-007", filtered(), restored, facts=facts, noted=noted)


def test_a_server_that_is_switched_off_is_not_even_reached():
    seen = filtered(**{"http.beside.off": "off"})

    assert about("MCP-004", seen, filtered="filtered").reason == "disabled-offered"


def test_a_secret_that_went_to_a_server_is_looked_for_everywhere():
    shown = ok("mcp_servers", "read back", {"env": {"PROBE_SECRET": "[secret:00c0ffee]"}})

    assert about("MCP-012", first_run()).outcome is Outcome.PASSED
    assert about("MCP-012", first_run(), shown).reason == "secret-shown"


def test_a_failure_is_no_success():
    def found(status: str, end: str = "done") -> str:
        seen = ran("mcp_servers", "failed", *used("http_fail", report("http_fail"), status=status), end=end)
        return outcome_of(about("MCP-017", seen, failed="failed", reference=False))

    assert (found("error"), found("success")) == ("passed", "reported-as-success")
    assert found("error", end="error") == "task-failed"


def troubled(row: str, label: str, *more: bytes, end: str = "done", reached: bool = True) -> str:
    """The outcome of a task with a failed server."""
    told = {"http.beside.moody": "moody"} if reached else {}
    parts = [
        *used("http_echo", report("http_echo")),
        *used("http_digests", report("http_digests", **told)),
        *more,
    ]
    noted = {"word": WORD, "dead": "run", "late": "run"}
    return outcome_of(judged(row, ran("mcp_failures", label, *parts, end=end), noted=noted))


def test_a_task_survives_a_server_that_does_not_work():
    assert troubled("MCP-009", "run") == "passed"
    assert troubled("MCP-009", "run", end="error") == "task-failed"
    assert troubled("MCP-009", "run", reached=False) == "stimulus-not-reached"
    assert troubled("MCP-010", "run", *used("moody_echo", status="error")) == "passed"
    assert troubled("MCP-010", "run", *used("moody_echo", report("moody_echo"))) == "waited"


@verdicts(
    (report("moody_echo"), report("moody_slow"), "passed"),
    (report("moody_echo"), NO_TOOL, "cut"),
    (NO_TOOL, NO_TOOL, "passed"),  # the server did not connect in time
)
def test_a_call_may_take_longer_than_the_timeout_of_its_server(echo: str, slow: str) -> Verdict:
    reached = used("http_digests", report("http_digests", **{"http.beside.moody": "moody"}))
    late = ran("mcp_failures", "late", *reached)
    calls = ran("mcp_servers", "run", *used("moody_echo", echo), *used("moody_slow", slow, status="error"))
    noted = {"word": WORD, "late": "late", "run": "run"}
    return judged("MCP-010", late, calls, facts=dict.fromkeys(("mcp_failures", "mcp_servers"), noted))


def test_a_call_that_must_ask_waits_and_then_runs():
    tool = "http_ask"
    approval = exchange(
        probe="mcp_policies", label="approve", method="POST", target=f"/api/v1/tasks/t/tools/c-{tool}/approve"
    )

    def found(first: str, output: str, *before: bytes) -> str:
        seen = ran("mcp_policies", "run", *before, *used(tool, output, first=first))
        return outcome_of(judged("MCP-008", seen, approval, noted={"word": WORD, "asking": "run"}))

    assert found("awaiting_approval", report(tool)) == "passed"
    assert found("executing", report(tool)) == "ran-unasked"
    assert found("executing", NO_TOOL) == "stimulus-not-reached"
    assert found("awaiting_approval", NO_TOOL) == "did-not-run"
    validated = used(tool, report(tool), first="validating")[:1]
    assert found("awaiting_approval", report(tool), *validated) == "passed"
    assert found("executing", report(tool), *validated) == "ran-unasked"


def test_of_a_name_in_both_maps_of_an_exchange_the_secret_wins():
    from_env = {"http.header.x-probe-both": "from env"}

    assert about("MCP-013", first_run(probe="mcp_exchange")).outcome is Outcome.PASSED
    assert about("MCP-013", first_run(from_env, probe="mcp_exchange")).reason == "env-wins"
