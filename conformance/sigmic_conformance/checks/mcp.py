"""MCP servers, placeholders, tool filters and policies."""

from collections.abc import Iterator, Mapping

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import OWNER, Key, User
from sigmic_conformance.model.calls import AWAITING, EXECUTING
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import STREAM
from sigmic_conformance.model.record.finding import Findings, breaks, says
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
from sigmic_conformance.model.task import Task
from sigmic_conformance.target.mcp_server.configuration import FIXED, FOLDER, TIMEOUT_MILLISECONDS
from sigmic_conformance.target.mcp_server.program import digest
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

LATER = {"filtered": "mcp_servers", "dead": "mcp_failures", "late": "mcp_failures"}
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


def answers(found: Reports, *tools: str) -> Findings:
    """Each call of one of these tools that has a result was answered by the server."""
    for tool in tools:
        if found.results(tool):
            known = f"{tool} is a tool of the server, and has a result"
            yield says(found.answered(tool), known, found.outcome(tool), exchange=found.exchange)


@check("MCP-001", reason="not-offered")
def offered_and_callable(record: Record) -> Findings:
    found = first_run(record)
    yield from answers(found, "http_echo", "stdio_echo")
    for later in known_runs(record, LATER):
        # Whether a task fails because of a server that does not work is another row (MCP-009).
        if later.end != "error":
            yield from answers(later, "http_echo", "http_digests", "http_last", "stdio_echo")
    for exchange, there in found.printed(f"{record.fact('mcp_servers', 'word')}.built-in"):
        shown = f"a shell next to them {'works' if there else 'does not work'}"
        yield says(there, "a shell is built in", shown, exchange=exchange)


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


def as_configured(found: Reports, places: Mapping[str, str]) -> Findings:
    """Whether each place held the configured value."""
    for what, value in places.items():
        told = found.digests(what)
        is_it = digest(value) in told
        shown = f"{what} is {'as configured' if is_it else 'another' if told else 'missing'}"
        yield says(is_it, "the configuration has a value for it", shown, exchange=found.exchange)


@check("MCP-002", reason="other-headers")
def reached_as_configured(record: Record) -> Findings:
    return as_configured(first_run(record, "http_digests"), {"http.header.x-probe-fixed": FIXED})


@check("MCP-003", reason="other-start")
def started_as_configured(record: Record) -> Findings:
    places = {"stdio.argument": FIXED, "stdio.env.PROBE_FIXED": FIXED, "stdio.cwd": FOLDER}
    return as_configured(first_run(record, "stdio_digests"), places)


def withheld(record: Record, known: str, *tools: str) -> Findings:
    """None of these tools answered in a run in which another tool did."""
    first = reports(record, "mcp_servers", "filtered", "http_digests")
    for found in (first, *known_runs(record, {"restored": "mcp_restored"})):
        for tool in tools:
            yield says(not found.answered(tool), known, found.outcome(tool), exchange=found.exchange)
        for server in {tool.partition("_")[0] for tool in tools} - {"http", "stdio"}:
            started = found.reached(server)
            shown = f"the server {server} was {'reached' if started else 'not reached'}"
            yield says(not started, known, shown, exchange=found.exchange)


@check("MCP-004", reason="disabled-offered")
def disabled_servers_stay_away(record: Record) -> Findings:
    known = "a server whose `enabled` is false is not reached, and its tool does not answer"
    return withheld(record, known, "off_echo")


@check("MCP-005", reason="not-replaced")
def placeholders_are_replaced(record: Record) -> Findings:
    found = first_run(record, *DIGESTS)
    pairs = {what: name for what, name in PAIRS.items() if found.digests(what)}
    digests = record.fact("mcp_servers", "digests")
    for later in known_runs(record, {"filtered": "mcp_servers"}):
        # No page says whether a later turn still has the secrets (G-62).
        yield from as_given(later, {what: OF_ENV[what] for what in OF_ENV if later.digests(what)}, digests)
    yield from as_given(found, PLACES | pairs, digests)


def ended_well(found: Reports) -> Findings:
    """The run ended with `done`; no finding if its end is unknown."""
    if found.end:
        known, shown = "no server may fail a task", f"the run ended with {found.end}"
        yield says(found.end == "done", known, shown, exchange=found.exchange, reason="task-failed")


@check("MCP-007", reason="filter-ignored")
def filtered_tools_stay_away(record: Record) -> Findings:
    known = "a tool that the filter leaves out does not answer"
    return withheld(record, known, "http_hidden", "stdio_hidden")


@check("MCP-008", reason="ran-unasked")
def a_policy_asks(record: Record) -> Findings:
    """The call of a tool waits for an approval, and runs after it."""
    found, tool = reports(record, "mcp_policies", "asking"), "http_ask"
    calls, results, exchange = found.calls(tool), found.results(tool), found.exchange
    if not calls:
        raise NotReached(f"{tool} was not called in a live phase of the stream")
    known = "the policy of the tool asks for an approval"
    told = [each.get("status") for each in calls if each.call == calls[0].call]
    status = next((each for each in told if each in {AWAITING, EXECUTING}), told[0])
    if status != AWAITING and results and not found.answered(tool):
        raise NotReached(f"the call shows nothing: {found.outcome(tool)}")
    yield says(status == AWAITING, known, f"{tool} is first reported as {spelled(status)}", exchange=exchange)
    if status != AWAITING:
        return
    answers = [
        each for each in record.labelled("mcp_policies", "approve") if calls[0].call in each.sent.target
    ]
    decided = min((each.started for each in answers), default=0)
    early = [each for each in results if each.at < decided]
    yield says(not early, known, f"{plural(len(early), 'result')} before the approval", exchange=exchange)
    if results:
        ran = found.answered(tool)
        yield says(ran, "the call was approved", found.outcome(tool), exchange=exchange, reason="did-not-run")


@check("MCP-009", reason="task-failed")
def a_dead_server_fails_no_task(record: Record) -> Findings:
    found = reports(record, "mcp_failures", "dead")
    if found.end != "error" and not found.reached("moody"):
        raise NotReached("the dead server was not asked")
    yield from ended_well(found)


@check("MCP-010", reason="waited")
def timeouts_are_of_the_connection(record: Record) -> Findings:
    for called in known_runs(record, {"run": "mcp_servers"}):
        if called.answered("moody_echo") and called.results("moody_slow"):
            known, shown = "the server answered in time when it was reached", called.outcome("moody_slow")
            whole = called.answered("moody_slow")
            yield says(whole, known, shown, exchange=called.exchange, reason="cut")
    found = reports(record, "mcp_failures", "late", "http_digests")
    if not found.reached("moody"):
        raise NotReached("the late server was not asked")
    known = f"after {TIMEOUT_MILLISECONDS} ms the task continues without the server"
    yield says(not found.answered("moody_echo"), known, found.outcome("moody_echo"), exchange=found.exchange)


@check("MCP-011", reason="env-wins")
def secrets_wins_in_placeholders(record: Record) -> Findings:
    return as_given(first_run(record, *DIGESTS), BOTH, record.fact("mcp_servers", "digests"))


@check("MCP-012", reason="secret-shown")
def secrets_for_servers_stay_hidden(record: Record) -> Findings:
    first_run(record, "http_digests")
    placeholders = [each.encode() for each in record.fact("mcp_servers", "placeholders")]
    for exchange in record.exchanges("mcp_servers"):
        # The agent is not asked for its variables here, and the servers print digests.
        is_there = any(each in exchange.body for each in placeholders)
        shown = f"{exchange.label}: {'it shows a secret' if is_there else 'no secret'}"
        yield says(not is_there, "no secret that went to an MCP server", shown, exchange=exchange)


def of_exchange(record: Record) -> Reports:
    """The reports of the servers in the end user's task."""
    return reports(record, "mcp_exchange", "run", *DIGESTS)


@check("MCP-013", reason="env-wins")
def secrets_of_an_exchange_win(record: Record) -> Findings:
    return as_given(of_exchange(record), BOTH, record.fact("mcp_exchange", "digests"))


@check("MCP-017", reason="reported-as-success")
def a_failure_is_reported(record: Record) -> Findings:
    found = reports(record, "mcp_servers", "failed")
    for result in found.results("http_fail"):
        failed, shown = result.get("status") != "success", found.outcome("http_fail")
        yield says(failed, "the server reported an error", shown, exchange=found.exchange)
    yield from ended_well(found)


@check("MCP-018", reason="other-transport")
def the_older_transport_is_spoken(record: Record) -> Findings:
    return answers(first_run(record, "http_echo"), "sse_echo")


@check("MCP-019", reason="not-offered")
def offered_after_a_restore(record: Record) -> Findings:
    yield from answers(reports(record, "mcp_restored", "restored"), "http_echo", "stdio_echo")
    if record.noted("mcp_restored", "of a user"):
        found = reports(record, "mcp_restored", "of a user")
        yield from answers(found, *DIGESTS)
        if all(found.answered(tool) for tool in DIGESTS):
            yield from as_given(found, PLACES, record.fact("mcp_restored", "digests"))
