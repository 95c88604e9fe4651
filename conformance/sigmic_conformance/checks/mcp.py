"""MCP servers, placeholders, tool filters and policies."""

from collections.abc import Iterator, Mapping

from sigmic_conformance.model.callers import OWNER, Key, User
from sigmic_conformance.model.calls import AWAITING, EXECUTING
from sigmic_conformance.model.observation.seen import Findings, Seen, breaks
from sigmic_conformance.model.operations import STREAM
from sigmic_conformance.model.record.observations import Observations
from sigmic_conformance.model.record.probe_reports import (
    DIGESTS,
    PAIRS,
    PLACES,
    REPORT,
    Reports,
    as_given,
    reports,
)
from sigmic_conformance.model.record.record import NotReached, NotRecorded, Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.model.task import Task
from sigmic_conformance.registry import check, check_observed, check_record
from sigmic_conformance.target.mcp_server.configuration import FIXED, FOLDER, TIMEOUT_MILLISECONDS
from sigmic_conformance.target.mcp_server.program import digest
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

LATER = {"filtered": "mcp_servers", "dead": "mcp_trouble", "late": "mcp_trouble"}
"""Runs of a second turn, and of tasks that one server of the project fails, with their probes."""
OF_ENV = {what: name for what, name in PLACES.items() if name != "PROBE_SECRET"}
BOTH = {"http.header.x-probe-both": "PROBE_BOTH", "stdio.env.PROBE_BOTH": "PROBE_BOTH"}


def first_run(record: Record, *needed: str) -> Reports:
    """The reports of the servers in the first run."""
    return reports(record, "mcp_servers", "run", *needed)


def known_runs(record: Record, runs: Mapping[str, str]) -> Iterator[Reports]:
    """The reports of these runs, a fact and its probe each, as far as they were recorded."""
    for fact, probe in runs.items():
        if probe in record.probes and record.noted(probe, fact):
            try:
                found = reports(record, probe, fact)
            except NotRecorded:
                continue
            yield found


def answers(observations: Observations, found: Reports, *tools: str) -> None:
    """Each call of one of these tools that has a result was answered by the server."""
    for tool in tools:
        if found.results(tool):
            observations.add(found.answered(tool), found.exchange, found.outcome(tool))


@check_observed("MCP-001", "not-offered", "the answer of the server to each call of its tools")
def offered_and_callable(record: Record, observations: Observations) -> None:
    found = first_run(record)
    answers(observations, found, "http_echo", "stdio_echo")
    for later in known_runs(record, LATER):
        # Whether a task fails because of a server that does not work is another row (MCP-009).
        if later.end != "error":
            answers(observations, later, "http_echo", "http_digests", "http_last", "stdio_echo")
    for exchange, there in found.printed(f"{record.fact('mcp_servers', 'word')}.built-in"):
        observations.add(there, exchange, f"a shell next to them {'works' if there else 'does not work'}")


@check("MCP-001", STREAM, reason="of-another-project")
def servers_are_of_one_project(seen: Seen, task: Task, stream: Stream) -> Findings:
    """No tool of the suite's server answers in the owner's project, if that server is in another project."""
    owner, model = task.owner, seen.model
    is_owners = owner == Key(OWNER) or (isinstance(owner, User) and owner.app in model.owners_apps)
    for event in stream.of("tool_result") if is_owners and model.foreign_apps else ():
        found = REPORT.search(json_values.word(event.get("output")))
        if found is not None:
            yield breaks(
                "the owner's key cannot read tasks of the server's project", f"a tool reports {found[1]}"
            )


def as_configured(observations: Observations, found: Reports, places: Mapping[str, str]) -> Verdict:
    """Whether each place held the configured value."""
    for what, value in places.items():
        told = found.told(what)
        observed = (
            f"{what} is {'as configured' if digest(value) in told else 'another' if told else 'missing'}"
        )
        observations.add(digest(value) in told, found.exchange, observed)
    return observations.verdict()


@check_observed("MCP-002", "other-headers", "the headers of the configuration")
def reached_as_configured(record: Record, observations: Observations) -> Verdict:
    found = first_run(record, "http_digests")
    return as_configured(observations, found, {"http.header.x-probe-fixed": FIXED})


@check_observed("MCP-003", "other-start", "the args, env and cwd of the configuration")
def started_as_configured(record: Record, observations: Observations) -> Verdict:
    places = {"stdio.argument": FIXED, "stdio.env.PROBE_FIXED": FIXED, "stdio.cwd": FOLDER}
    return as_configured(observations, first_run(record, "stdio_digests"), places)


def withheld(record: Record, *tools: str, reason: str, expected: str) -> Verdict:
    """None of these tools answered in a run in which another tool did."""
    observations = Observations(reason, expected)
    first = reports(record, "mcp_servers", "filtered", "http_digests")
    for found in (first, *known_runs(record, {"restored": "mcp_restored"})):
        for tool in tools:
            observations.add(not found.answered(tool), found.exchange, found.outcome(tool))
        for server in {tool.partition("_")[0] for tool in tools} - {"http", "stdio"}:
            started = found.reached(server)
            observations.add(
                not started,
                found.exchange,
                f"the server {server} was {'reached' if started else 'not reached'}",
            )
    return observations.verdict()


@check_record("MCP-004")
def disabled_servers_stay_away(record: Record) -> Verdict:
    expected = "a server whose `enabled` is false is not reached, and its tool does not answer"
    return withheld(record, "off_echo", reason="disabled-offered", expected=expected)


@check_observed("MCP-005", "not-replaced", "the task's value in url, headers and env")
def placeholders_are_replaced(record: Record, observations: Observations) -> Verdict:
    found = first_run(record, *DIGESTS)
    pairs = {what: name for what, name in PAIRS.items() if found.told(what)}
    digests = record.fact("mcp_servers", "digests")
    for later in known_runs(record, {"filtered": "mcp_servers"}):
        # No page says whether a later turn still has the secrets (G-62).
        as_given(observations, later, {what: OF_ENV[what] for what in OF_ENV if later.told(what)}, digests)
    return as_given(observations, found, PLACES | pairs, digests)


def ended_well(observations: Observations, found: Reports) -> None:
    """The run ended with `done`; no finding if its end is unknown."""
    if found.end:
        told = f"the run ended with {found.end}"
        observations.add(found.end == "done", found.exchange, told, reason="task-failed")


@check_record("MCP-007")
def filtered_tools_stay_away(record: Record) -> Verdict:
    expected = "a tool that the filter leaves out does not answer"
    return withheld(record, "http_hidden", "stdio_hidden", reason="filter-ignored", expected=expected)


def asks(record: Record, fact: str, tool: str) -> Verdict:
    """The call of a tool waits for an approval, and runs after it."""
    found = reports(record, "mcp_policies", fact)
    calls, results, exchange = found.calls(tool), found.results(tool), found.exchange
    if not calls:
        raise NotReached(f"{tool} was not called in a live phase of the stream")
    observations = Observations("ran-unasked", "the call waits for an approval, and runs after it")
    told = [each.get("status") for each in calls if each.call == calls[0].call]
    status = next((each for each in told if each in {AWAITING, EXECUTING}), told[0])
    if status != AWAITING and results and not found.answered(tool):
        raise NotReached(f"nothing can be said: {found.outcome(tool)}")
    if observations.add(status == AWAITING, exchange, f"{tool} is first told as {status!r}"):
        answers = [
            each for each in record.labelled("mcp_policies", "approve") if calls[0].call in each.sent.target
        ]
        decided = min((each.started for each in answers), default=0)
        early = [each for each in results if each.at < decided]
        observations.add(not early, exchange, f"{plural(len(early), 'result')} before the approval")
        if results:
            observations.add(found.answered(tool), exchange, found.outcome(tool), reason="did-not-run")
    return observations.verdict()


@check_record("MCP-008")
def a_policy_asks(record: Record) -> Verdict:
    return asks(record, "asking", "http_ask")


@check_observed("MCP-009", "task-failed", "the task continues without the server")
def a_dead_server_fails_no_task(record: Record, observations: Observations) -> None:
    found = reports(record, "mcp_trouble", "dead")
    if found.end != "error" and not found.reached("moody"):
        raise NotReached("the dead server was not asked")
    ended_well(observations, found)


@check_observed("MCP-010", "waited", f"after {TIMEOUT_MILLISECONDS} ms the task continues without it")
def timeouts_are_of_the_connection(record: Record, observations: Observations) -> None:
    for called in known_runs(record, {"run": "mcp_servers"}):
        if called.answered("moody_echo") and called.results("moody_slow"):
            told = called.outcome("moody_slow")
            observations.add(called.answered("moody_slow"), called.exchange, told, reason="cut")
    found = reports(record, "mcp_trouble", "late", "http_digests")
    if not found.reached("moody"):
        raise NotReached("the late server was not asked")
    observations.add(not found.answered("moody_echo"), found.exchange, found.outcome("moody_echo"))


@check_observed("MCP-011", "env-wins", "the secret's value for a name in both")
def secrets_wins_in_placeholders(record: Record, observations: Observations) -> Verdict:
    return as_given(observations, first_run(record, *DIGESTS), BOTH, record.fact("mcp_servers", "digests"))


@check_observed("MCP-012", "secret-shown", "no secret that went to an MCP server")
def secrets_for_servers_stay_hidden(record: Record, observations: Observations) -> None:
    first_run(record, "http_digests")
    placeholders = [each.encode() for each in record.fact("mcp_servers", "placeholders")]
    for exchange in record.exchanges("mcp_servers"):
        # The agent is not asked for its variables here, and the servers print digests.
        shown = any(each in exchange.body for each in placeholders)
        observations.add(
            not shown, exchange, f"{exchange.label}: {'it shows a secret' if shown else 'no secret'}"
        )


def of_exchange(record: Record) -> Reports:
    """The reports of the servers in the end user's task."""
    return reports(record, "mcp_exchange", "run", *DIGESTS)


@check_observed("MCP-013", "env-wins", "the secret's value for a name in both maps of the exchange")
def secrets_of_an_exchange_win(record: Record, observations: Observations) -> Verdict:
    return as_given(observations, of_exchange(record), BOTH, record.fact("mcp_exchange", "digests"))


@check_observed("MCP-017", "told-as-success", "a tool_result whose status is not success")
def a_failure_is_told(record: Record, observations: Observations) -> None:
    found = reports(record, "mcp_servers", "failed")
    for result in found.results("http_fail"):
        holds = result.get("status") != "success"
        observations.add(holds, found.exchange, found.outcome("http_fail"))
    ended_well(observations, found)


@check_observed("MCP-018", "other-transport", "the answer of a server that speaks server-sent events")
def the_older_transport_is_spoken(record: Record, observations: Observations) -> None:
    found = first_run(record, "http_echo")
    if found.results("sse_echo"):
        observations.add(found.answered("sse_echo"), found.exchange, found.outcome("sse_echo"))


@check_observed("MCP-019", "not-offered", "the answer of the server to each call of its tools")
def offered_after_a_restore(record: Record, observations: Observations) -> None:
    answers(observations, reports(record, "mcp_restored", "restored"), "http_echo", "stdio_echo")
    if record.noted("mcp_restored", "of a user"):
        found = reports(record, "mcp_restored", "of a user")
        answers(observations, found, *DIGESTS)
        if all(found.answered(tool) for tool in DIGESTS):
            as_given(observations, found, PLACES, record.fact("mcp_restored", "digests"))
