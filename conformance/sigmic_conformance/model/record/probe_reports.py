"""Reads what the suite's MCP server reported through the results of tool calls. Pure.

A report is `<server>.<what>=<SHA-256>`, whatever a platform makes of the text around it.
"""

import re
from collections.abc import Mapping, Sequence

from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.target.mcp_server.program import receipt
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Exchange

DIGESTS = ("http_digests", "stdio_digests")
PLACES = {
    "http.word": "PROBE_WORD",
    "http.header.x-probe-plain": "PROBE_PLAIN",
    "http.header.x-probe-secret": "PROBE_SECRET",
    "stdio.env.PROBE_PLAIN": "PROBE_PLAIN",
    "stdio.env.PROBE_SECRET": "PROBE_SECRET",
}
"""The place of a placeholder (url, headers, env), and the variable that it names."""
PAIRS = {"http.header.x-probe-pair": "PROBE_PAIR", "stdio.env.PROBE_PAIR": "PROBE_PAIR"}
"""The places with two placeholders, which a configuration of an earlier version of the suite lacks."""
REPORT = re.compile(r"((?:http|stdio|sse|off|moody)\.[A-Za-z0-9_.-]+)=([0-9a-f]{64})")


def is_call(tool_name: object, tool: str) -> bool:
    """Whether a tool of this name may be the server's tool `tool`; a shell, for example, is not.

    Platforms add prefixes to the name, or call all tools of a server through one tool named MCP.
    """
    name = str(tool_name).lower().replace("-", "_")
    return tool in name or "mcp" in name


class Reports:
    """What the servers reported in one run; `word` is the prefix of the texts of its calls.

    `streams` are the streams of its reader: several if the connection was cut.
    """

    def __init__(self, streams: Sequence[Stream], word: str) -> None:
        self._streams = streams
        self._word = word
        self._found: dict[str, set[str]] = {}
        for event in self._events("tool_result"):
            for what, value in REPORT.findall(str(event.get("output"))):
                self._found.setdefault(what, set()).add(value)

    def answered(self, tool: str) -> bool:
        """Whether a tool such as `http_echo` answered the call of its name."""
        server, _, own = tool.partition("_")
        due = receipt(server, own, f"{self._word}.{tool}")
        return due in self._found.get(f"{server}.{own}.receipt", ())

    def digests(self, what: str) -> frozenset[str]:
        """The digests that were reported for one item, such as `http.word`."""
        return frozenset(self._found.get(what, ()))

    def reached(self, server: str) -> bool:
        """Whether the server over HTTP reports that this task also reached another server of that name."""
        return bool(self._found.get(f"http.beside.{server}"))

    def calls(self, tool: str) -> list[StreamEvent]:
        """The `tool_call` events of a tool, by its expected text argument."""
        text = f"{self._word}.{tool}"
        return [
            event
            for event in self._events("tool_call")
            if text in str(event.get("args")) and is_call(event.get("toolName"), tool)
        ]

    def results(self, tool: str) -> list[StreamEvent]:
        """The `tool_result` events of the calls of a tool."""
        ids = {event.call for event in self.calls(tool)}
        return [event for event in self._events("tool_result") if event.call in ids]

    def printed(self, text: str) -> list[tuple[Exchange, bool]]:
        """For each result of a call with this text in its arguments, whether the result contains the text."""
        ids = {event.call for event in self._events("tool_call") if text in str(event.get("args"))}
        results = [event for event in self._events("tool_result") if event.call in ids]
        return [(self.exchange, text in str(event.get("output"))) for event in results]

    def outcome(self, tool: str) -> str:
        """The outcome of the calls of a tool, in short."""
        told = [
            f"{event.get('status')}: {spelled(str(event.get('output'))[:120])}"
            for event in self.results(tool)
        ]
        return f"{tool}: {'; '.join(told) or 'no result'}"

    def statuses(self, word: str) -> int:
        """How many status events contain a word in their message."""
        return sum(word in str(event.get("message")) for event in self._events("status"))

    @property
    def exchange(self) -> Exchange:
        """The last connection of the reader."""
        return self._streams[-1].exchange

    @property
    def began(self) -> int:
        """When the reader connected first, in nanoseconds."""
        return self._streams[0].exchange.started

    @property
    def end(self) -> str:
        """The type of the event that ended the run; empty if it is not known."""
        last = self._streams[-1].terminal
        return "" if last is None else last.type

    def _events(self, kind: str) -> list[StreamEvent]:
        return [event for stream in self._streams for event in stream.of(kind)]


def reports(record: Record, probe: str, fact: str, *needed: str) -> Reports:
    """The reports of the run that a fact names; NotReached if a required tool did not answer in it."""
    label = f"{record.fact(probe, fact)}: stream"
    first = record.stream(probe, label)
    more = [record.read(each) for each in record.labelled(probe, f"{label} again") if each.is_stream]
    found = Reports([first, *more], record.fact(probe, "word"))
    for tool in needed:
        if not found.answered(tool):
            raise NotReached(f"nothing can be said: {found.outcome(tool)}")
    return found


def as_given(found: Reports, places: Mapping[str, str], digests: Mapping[str, str]) -> Findings:
    """Whether each place had the value that was given for its variable."""
    for what, name in places.items():
        told = found.digests(what)
        seen = "the value given" if digests[name] in told else "another value" if told else "nothing"
        known = f"{{{{mcp.{name}}}}} was configured there, and the value was given"
        yield says(digests[name] in told, known, f"{what} holds {seen}", exchange=found.exchange)
