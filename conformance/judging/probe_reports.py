"""Reads what the judge's MCP server reported through the results of tool calls. Pure.

A report is `<server>.<what>=<SHA-256>`, whatever a platform makes of the text around it.
"""

import re

from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.probe_server.program import receipt
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent

_REPORT = re.compile(r"((?:http|stdio|off|moody)\.[A-Za-z0-9_.-]+)=([0-9a-f]{64})")


class Reports:
    """What the servers reported in one stream; `word` is what the texts of its calls begin with."""

    def __init__(self, stream: Stream, word: str) -> None:
        self.stream = stream
        self._word = word
        self._found: dict[str, set[str]] = {}
        for event in stream.of("tool_result"):
            for what, value in _REPORT.findall(str(event.get("output"))):
                self._found.setdefault(what, set()).add(value)

    def answered(self, tool: str) -> bool:
        """Whether a tool such as `http_echo` answered the call of its name."""
        server, _, own = tool.partition("_")
        due = receipt(server, own, f"{self._word}.{tool}")
        return due in self._found.get(f"{server}.{own}.receipt", ())

    def told(self, what: str) -> frozenset[str]:
        """The digests that were reported of one thing, such as `http.word`."""
        return frozenset(self._found.get(what, ()))

    def reached(self, server: str) -> bool:
        """Whether the server over HTTP saw this task reach another one of that name."""
        return bool(self._found.get(f"http.beside.{server}"))

    def events_of(self, tool: str) -> list[StreamEvent]:
        """What the stream tells of the calls of a tool."""
        text = f"{self._word}.{tool}"
        calls = {event.call for event in self.stream.of("tool_call") if text in str(event.get("args"))}
        return [
            event
            for event in (*self.stream.of("tool_call"), *self.stream.of("tool_result"))
            if event.call in calls
        ]

    def outcome(self, tool: str) -> str:
        """What came of the calls of a tool, in short."""
        results = [event for event in self.events_of(tool) if event.type == "tool_result"]
        told = [f"{event.get('status')}: {str(event.get('output'))[:120]!r}" for event in results]
        return f"{tool}: {'; '.join(told) or 'no result'}"


def reports(record: Record, label: Label, word: str, *needed: str) -> Reports:
    """The reports of a stream; NotReached when one of the needed tools did not answer there."""
    found = Reports(record.stream(label), word)
    for tool in needed:
        if not found.answered(tool):
            raise NotReached(f"nothing can be said: {found.outcome(tool)}")
    return found
