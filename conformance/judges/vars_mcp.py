"""VARS: the variables of an exchange reach the MCP servers of the project, as those of a task do."""

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.probe_reports import DIGESTS, PLACES, as_given, reports
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.mcp import McpExchange, McpServers
from sigmic_conformance.conformance.registry import judge


@judge("VARS-019", McpExchange.PROBE, McpServers.PROBE)
def variables_of_an_exchange_reach_servers(record: Record) -> Verdict:
    # The control: with variables of the task itself both servers answer.
    reports(record, record.fact(McpServers.RUN).stream, record.fact(McpServers.WORD), *DIGESTS)
    label, word = record.fact(McpExchange.RUN).stream, record.fact(McpExchange.WORD)
    found = reports(record, label, word)
    observations = Observations("not-replaced", "the exchange's value in url, headers and env of each server")
    silent = [tool for tool in DIGESTS if not found.answered(tool)]
    for tool in silent:
        if not found.results(tool):
            raise NotReached(f"nothing can be said: {found.outcome(tool)}")
        observations.broken(found.exchange, found.outcome(tool))
    if silent:
        return observations.verdict()
    return as_given(observations, found, PLACES, record.fact(McpExchange.DIGESTS))
