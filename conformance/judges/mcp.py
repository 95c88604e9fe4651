"""MCP: what the judge's own server told of how the target treats the servers of a project."""

from collections.abc import Mapping

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.probe_reports import Reports, reports
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.mcp import McpExchange, McpPolicies, McpServers, McpTrouble
from sigmic_conformance.conformance.model.secrets import text_of
from sigmic_conformance.conformance.probe_server.configuration import FIXED, FOLDER, TIMEOUT_MILLISECONDS
from sigmic_conformance.conformance.probe_server.program import digest
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.label import TaskLabel
from sigmic_conformance.conformance.transcript.transcript import Exchange

PLACES = {
    "http.word": "PROBE_WORD",
    "http.header.x-probe-plain": "PROBE_PLAIN",
    "http.header.x-probe-secret": "PROBE_SECRET",
    "stdio.env.PROBE_PLAIN": "PROBE_PLAIN",
    "stdio.env.PROBE_SECRET": "PROBE_SECRET",
}
"""Where a placeholder stands (url, headers, env), and the variable that it names."""
BOTH = {"http.header.x-probe-both": "PROBE_BOTH", "stdio.env.PROBE_BOTH": "PROBE_BOTH"}
DIGESTS = ("http_digests", "stdio_digests")


def first_run(record: Record, *needed: str) -> Reports:
    """What the servers reported of the first run."""
    label = record.fact(McpServers.RUN).stream
    return reports(record, label, record.fact(McpServers.WORD), *needed)


def as_given(
    observations: Observations, found: Reports, places: Mapping[str, str], digests: Mapping[str, str]
) -> Verdict:
    """Whether each place held the value that was given for its variable."""
    for what, name in places.items():
        told = found.told(what)
        seen = "the value given" if digests[name] in told else "another value" if told else "nothing"
        observations.add(
            digests[name] in told, found.stream.exchange, f"{what} holds {seen} for {{{{mcp.{name}}}}}"
        )
    return observations.verdict()


def as_configured(observations: Observations, found: Reports, places: Mapping[str, str]) -> Verdict:
    """Whether each place held what stands in the configuration."""
    for what, value in places.items():
        told = found.told(what)
        observed = (
            f"{what} is {'as configured' if digest(value) in told else 'another' if told else 'missing'}"
        )
        observations.add(digest(value) in told, found.stream.exchange, observed)
    return observations.verdict()


def asks(record: Record, label: TaskLabel, tool: str) -> Verdict:
    """The call of a tool waits for an approval, and runs after it."""
    found = Reports(record.stream(label.stream), record.fact(McpPolicies.WORD))
    events, exchange = found.events_of(tool), found.stream.exchange
    if not events:
        raise NotReached(f"{tool} was not called in a live phase of the stream")
    observations = Observations("ran-unasked", "the call waits for an approval, and runs after it")
    status = events[0].get("status")
    if observations.add(status == "awaiting_approval", exchange, f"{tool} is first told as {status!r}"):
        answers = [each for each in record.any_of(McpPolicies.APPROVE) if events[0].call in each.sent.target]
        decided = min((each.started for each in answers), default=0)
        early = [each for each in events if each.type == "tool_result" and each.at < decided]
        observations.add(not early, exchange, f"{len(early)} results before the approval")
        observations.add(found.answered(tool), exchange, found.outcome(tool), reason="did-not-run")
    return observations.verdict()


def named(observations: Observations, found: Reports, word: str) -> None:
    """One status event, and no more, names what does not work."""
    told = [event for event in found.stream.of("status") if word in str(event.get("message"))]
    observations.add(len(told) == 1, found.stream.exchange, f"{len(told)} status events name {word}")


def ended_well(found: Reports) -> tuple[bool, Exchange, str]:
    """Whether the run ended with `done`, as an observation."""
    last = found.stream.terminal
    how = "without done or error" if last is None else f"with {last.type}"
    return last is not None and last.type == "done", found.stream.exchange, f"the run ended {how}"


def withheld(record: Record, *tools: str, reason: str, expected: str) -> Verdict:
    """None of these tools answered in the run in which another did."""
    found = reports(record, record.fact(McpServers.FILTERED), record.fact(McpServers.WORD), "http_digests")
    observations = Observations(reason, expected)
    for tool in tools:
        observations.add(not found.answered(tool), found.stream.exchange, found.outcome(tool))
    for server in {tool.partition("_")[0] for tool in tools} - {"http", "stdio"}:
        started = found.reached(server)
        observations.add(
            not started,
            found.stream.exchange,
            f"the server {server} was {'reached' if started else 'not reached'}",
        )
    return observations.verdict()


@judge("MCP-001", McpServers.PROBE)
def offered_and_callable(record: Record) -> Verdict:
    found = first_run(record)
    observations = Observations("not-offered", "the answer of the server to each call of its tools")
    for tool in ("http_echo", "stdio_echo"):
        observations.add(found.answered(tool), found.stream.exchange, found.outcome(tool))
    if found.events_of("built-in"):
        word = f"{record.fact(McpServers.WORD)}.built-in"
        printed = any(word in str(event.get("output")) for event in found.events_of("built-in"))
        observations.add(printed, found.stream.exchange, f"beside them, {found.outcome('built-in')}")
    return observations.verdict()


@judge("MCP-002", McpServers.PROBE)
def reached_as_configured(record: Record) -> Verdict:
    observations = Observations("other-headers", "the headers of the configuration")
    found = first_run(record, "http_digests")
    return as_configured(observations, found, {"http.header.x-probe-fixed": FIXED})


@judge("MCP-003", McpServers.PROBE)
def started_as_configured(record: Record) -> Verdict:
    observations = Observations("other-start", "the args, env and cwd of the configuration")
    places = {"stdio.argument": FIXED, "stdio.env.PROBE_FIXED": FIXED, "stdio.cwd": FOLDER}
    return as_configured(observations, first_run(record, "stdio_digests"), places)


@judge("MCP-004", McpServers.PROBE)
def disabled_servers_stay_away(record: Record) -> Verdict:
    expected = "a server whose `enabled` is false is not reached, and its tool does not answer"
    return withheld(record, "off_echo", reason="disabled-offered", expected=expected)


@judge("MCP-005", McpServers.PROBE)
def placeholders_are_replaced(record: Record) -> Verdict:
    observations = Observations("not-replaced", "the task's value in url, headers and env")
    return as_given(observations, first_run(record, *DIGESTS), PLACES, record.fact(McpServers.DIGESTS))


@judge("MCP-006", McpTrouble.PROBE)
def unresolved_placeholders_are_named(record: Record) -> Verdict:
    found = trouble(record, record.fact(McpTrouble.UNRESOLVED))
    observations = Observations("not-named", "the server is not started, and one status event says why")
    observations.add(
        not found.reached("moody"), found.stream.exchange, "the server was not reached", reason="started"
    )
    named(observations, found, "PROBE_MOOD")
    observations.add(*ended_well(found))
    return observations.verdict()


@judge("MCP-007", McpServers.PROBE)
def filtered_tools_stay_away(record: Record) -> Verdict:
    expected = "a tool that the filter leaves out does not answer"
    return withheld(record, "http_hidden", "stdio_hidden", reason="filter-ignored", expected=expected)


@judge("MCP-008", McpPolicies.PROBE)
def a_policy_asks(record: Record) -> Verdict:
    return asks(record, record.fact(McpPolicies.ASKING), "http_ask")


@judge("MCP-009", McpTrouble.PROBE)
def a_dead_server_fails_no_task(record: Record) -> Verdict:
    found = reports(record, record.fact(McpTrouble.DEAD).stream, record.fact(McpTrouble.WORD))
    if found.answered("http_digests") and not found.reached("moody"):
        raise NotReached("the dead server was not asked")
    observations = Observations("task-failed", "the task goes on without the server")
    observations.add(found.answered("http_echo"), found.stream.exchange, found.outcome("http_echo"))
    observations.add(*ended_well(found))
    return observations.verdict()


@judge("MCP-010", McpTrouble.PROBE)
def slow_servers_are_given_up(record: Record) -> Verdict:
    label = record.fact(McpTrouble.LATE).stream
    found = reports(record, label, record.fact(McpTrouble.WORD), "http_digests")
    if not found.reached("moody"):
        raise NotReached("the late server was not asked")
    observations = Observations("waited", f"after {TIMEOUT_MILLISECONDS} ms the task goes on without it")
    observations.add(not found.answered("moody_echo"), found.stream.exchange, found.outcome("moody_echo"))
    return observations.verdict()


@judge("MCP-011", McpServers.PROBE)
def secrets_wins_in_placeholders(record: Record) -> Verdict:
    observations = Observations("env-wins", "the secret's value for a name in both")
    return as_given(observations, first_run(record, *DIGESTS), BOTH, record.fact(McpServers.DIGESTS))


@judge("MCP-012", McpServers.PROBE)
def secrets_for_servers_stay_hidden(record: Record) -> Verdict:
    observations = Observations("secret-shown", "no secret that went to an MCP server")
    first_run(record, "http_digests")
    placeholders = record.fact(McpServers.PLACEHOLDERS)
    for exchange in record.exchanges(McpServers.PROBE):
        said = text_of(exchange, record.read(exchange) if exchange.is_stream else None)
        body = exchange.body.decode("utf-8", "replace")
        shown = any(each in said or each in body for each in placeholders)
        observations.add(
            not shown, exchange, f"{exchange.label}: {'it shows a secret' if shown else 'no secret'}"
        )
    return observations.verdict()


@judge("MCP-013", McpExchange.PROBE)
def secrets_of_an_exchange_win(record: Record) -> Verdict:
    observations = Observations("env-wins", "the secret's value for a name in both maps of the exchange")
    return as_given(observations, of_exchange(record), BOTH, record.fact(McpExchange.DIGESTS))


@judge("MCP-014", McpPolicies.PROBE)
def denied_tools_do_not_run(record: Record) -> Verdict:
    label = record.fact(McpPolicies.DENYING).stream
    found = reports(record, label, record.fact(McpPolicies.WORD), "http_echo")
    observations = Observations("ran", "a denied call does not run, and its result is an error")
    observations.add(not found.answered("http_deny"), found.stream.exchange, found.outcome("http_deny"))
    results = [event for event in found.events_of("http_deny") if event.type == "tool_result"]
    told = bool(results) and all(event.get("status") == "error" for event in results)
    observations.add(told, found.stream.exchange, found.outcome("http_deny"))
    return observations.verdict()


@judge("MCP-015", McpPolicies.PROBE)
def a_policy_loosens_nothing(record: Record) -> Verdict:
    return asks(record, record.fact(McpPolicies.STRICT), "stdio_echo")


@judge("MCP-016", McpTrouble.PROBE)
def a_dead_server_is_named(record: Record) -> Verdict:
    found = trouble(record, record.fact(McpTrouble.DEAD))
    observations = Observations("not-named", "one status event that names the server")
    named(observations, found, "probe-moody")
    return observations.verdict()


@judge("MCP-017", McpServers.PROBE)
def a_failure_is_told(record: Record) -> Verdict:
    label = record.fact(McpServers.FAILED)
    found = Reports(record.stream(label), record.fact(McpServers.WORD))
    results = [event for event in found.events_of("http_fail") if event.type == "tool_result"]
    observations = Observations("told-as-success", "a tool_result whose status is not success")
    for event in results:
        observations.add(
            event.get("status") != "success",
            found.stream.exchange,
            found.outcome("http_fail"),
            offset=event.offset,
        )
    observations.add(*ended_well(found))
    return observations.verdict()


@judge("VARS-019", McpExchange.PROBE)
def variables_of_an_exchange_reach_servers(record: Record) -> Verdict:
    observations = Observations("not-replaced", "the exchange's value in url, headers and env of each server")
    return as_given(observations, of_exchange(record), PLACES, record.fact(McpExchange.DIGESTS))


def of_exchange(record: Record) -> Reports:
    """What the servers reported of the end user's task."""
    label = record.fact(McpExchange.RUN).stream
    return reports(record, label, record.fact(McpExchange.WORD), *DIGESTS)


def trouble(record: Record, label: TaskLabel) -> Reports:
    """What the server that works reported beside one that does not."""
    return reports(record, label.stream, record.fact(McpTrouble.WORD), "http_digests")
