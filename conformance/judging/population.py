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
STATUS = Case("a task's status", _has_status)
FILE = Case("a file", lambda each: bool(shapes.objects(each.fields.get("files"))))
ATTACHED = Case(
    "an attached file",
    lambda each: any(m.get("attachedFiles") for m in shapes.objects(each.fields.get("messages"))),
    lambda stream: any(message.get("attachedFiles") for message in stream.messages),
)
LISTED = Case("a task in a list", lambda each: bool(each.entries))
LIVE = Case("a live event", heard=lambda stream: bool(stream.live))
OUTPUT = Case("a tool's output", heard=lambda stream: bool(stream.of("tool_result")))

_ROWS: Mapping[Case, tuple[str, ...]] = {
    MESSAGE: ("UPLOAD-004", "UPLOAD-007"),
    STATUS: ("VARS-015",),
    FILE: ("ARTIFACT-010", "UPLOAD-014", "ZIP-016"),
    ATTACHED: ("ZIP-020",),
    LISTED: ("UPLOAD-006", "ZIP-027"),
    LIVE: ("ISOLATION-012",),
    OUTPUT: ("VARS-014",),
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
