"""The least that a row must have seen to pass: an answer that has the case of which its sentence speaks.

A history without messages is in order, and a list without tasks names none twice; neither shows anything. A
row that stands here passes only if one of the answers that it reads has what is named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange


@dataclass(frozen=True, slots=True)
class Case:
    """What an answer has to have, in words, and the test of an exchange; of a stream, that of its events."""

    words: str
    holds: Callable[[Exchange], bool] = lambda _: False
    heard: Callable[[Stream], bool] = lambda _: False


def _messages(exchange: Exchange) -> int:
    return len(shapes.objects(exchange.fields.get("messages")))


def _has_status(exchange: Exchange) -> bool:
    return "status" in exchange.fields and exchange.sent.method == "GET"


MESSAGE = Case("a message", lambda each: _messages(each) > 0, lambda stream: bool(stream.messages))
ORDER = Case("two messages", lambda each: _messages(each) > 1)
STATUS = Case("a task's status", _has_status)
LISTED = Case("a task in a list", lambda each: bool(each.entries))
ORDERED = Case("two tasks in a list", lambda each: len(each.entries) > 1)
REPLAYED = Case("a replayed message", heard=lambda stream: bool(stream.messages))
LIVE = Case("a live event", heard=lambda stream: bool(stream.live))
CALLED = Case("a tool call", heard=lambda stream: bool(stream.of("tool_call")))
COMMENT = Case("a comment", heard=lambda stream: bool(stream.comments))

_ROWS: Mapping[Case, tuple[str, ...]] = {
    MESSAGE: ("FOLLOWUP-013", "FOLLOWUP-015"),
    ORDER: ("HISTORY-004", "HISTORY-006"),
    STATUS: (
        *("CREATE-007", "ENVELOPE-009", "GET-007", "GET-018", "GET-024", "GET-028"),
        *("STATE-005", "TOKEN-014"),
    ),
    LISTED: ("ZIP-027", "LIST-015"),
    ORDERED: ("LIST-020",),
    REPLAYED: ("PHASE-001", "PHASE-003", "STREAM-028"),
    LIVE: (
        *("EVENT-001", "ISOLATION-012", "PHASE-004", "PHASE-013", "PHASE-022", "PHASE-024", "STREAM-035"),
        *("CANCEL-009", "STREAM-003", "STREAM-007", "STREAM-010", "STREAM-014", "STREAM-020"),
        *("STREAM-005", "STREAM-006", "STREAM-015", "STREAM-017", "STREAM-018", "STREAM-033", "STREAM-034"),
    ),
    CALLED: ("APPROVE-006", "APPROVE-011", "APPROVE-021"),
    COMMENT: ("STREAM-016",),
}
LEAST: Mapping[str, Case] = {row: case for case, rows in _ROWS.items() for row in rows}


def lacking(row: str, record: Record, probes: tuple[ProbeName, ...] | None) -> str | None:
    """What no answer of these probes, or of the run, has although the row speaks of it; else None."""
    case = LEAST.get(row)
    if case is None or any(case.holds(each) for each in _exchanges(record, probes)):
        return None
    return None if any(case.heard(each) for each in _streams(record, probes)) else case.words


def _exchanges(record: Record, probes: tuple[ProbeName, ...] | None) -> Iterator[Exchange]:
    for probe in (None,) if probes is None else probes:
        yield from record.exchanges(probe)


def _streams(record: Record, probes: tuple[ProbeName, ...] | None) -> Iterator[Stream]:
    for probe in (None,) if probes is None else probes:
        yield from record.streams(probe)
