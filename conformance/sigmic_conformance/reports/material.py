"""The data of all reports on a finished run, collected once: rows, counts, streams."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.repeat import curl
from sigmic_conformance.model.record.verdict import Citation, Outcome, Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.reports.five_lines import Asked, repeat
from sigmic_conformance.reports.mistakes import usual_mistake
from sigmic_conformance.reports.words import ORDER
from sigmic_conformance.results.causes import causes
from sigmic_conformance.results.coverage import Count, run_counts, situation_count, suite_counts
from sigmic_conformance.results.saved import SavedRun
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from sigmic_spec.situations import Situations

_STANDARD = re.compile(r"RFC(\d+) §([\w.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One checked row as reports show it."""

    id: str
    statement: str
    level: str
    evidence: str
    source: str
    operations: tuple[str, ...]
    binds: bool
    verdict: Verdict
    excused: bool
    mistake: str
    again: str
    """The result of its retry, or why a retry that could clear it was left out; else empty."""

    @property
    def area(self) -> str:
        """The area in the row's id."""
        return self.id.partition("-")[0]

    @property
    def outcome(self) -> Outcome:
        """What was found."""
        return self.verdict.outcome

    @property
    def asked(self) -> Asked:
        """What a finding says of the requirement."""
        return Asked(id=self.id, statement=self.statement, source=self.source, evidence=self.evidence)

    @property
    def is_trouble(self) -> bool:
        """True for a verdict that needs attention."""
        return not self.outcome.proves or self.outcome is Outcome.WARNED

    @property
    def link(self) -> str | None:
        """The URL of the page or section that the statement comes from; None if it has none."""
        return source_link(self.source)


@dataclass(frozen=True, kw_only=True)
class Material:
    """A finished run and its data; `record` is None if the run was saved without transcripts."""

    run: SavedRun
    rows: tuple[Row, ...]
    record: Record | None
    counts: tuple[Count, ...]
    causes: tuple[str, ...] = ()
    """What explains many verdicts."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The run's `result.json`."""
        return self.run.document

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas with a checked row, in the order of the rows."""
        return tuple(dict.fromkeys(row.area for row in self.rows))

    @cached_property
    def troubles(self) -> tuple[Row, ...]:
        """The rows that need attention, worst first."""
        found = [row for row in self.rows if row.is_trouble]
        return tuple(sorted(found, key=lambda row: (row.excused, ORDER.index(row.outcome))))

    @cached_property
    def broken_at(self) -> Mapping[tuple[str, int], tuple[Row, ...]]:
        """By probe and number of an exchange: the rows that are broken or tolerated because of it."""
        found: dict[tuple[str, int], dict[str, Row]] = {}
        for row in self.troubles:
            for piece in row.verdict.evidence if row.outcome.is_violation else ():
                found.setdefault((piece.probe, piece.exchange), {})[row.id] = row
        return {where: tuple(rows.values()) for where, rows in found.items()}

    def number(self, outcome: Outcome, area: str | None = None) -> int:
        """How many rows have this outcome, in one area or in total."""
        return sum(row.outcome is outcome and area in {None, row.area} for row in self.rows)

    def exchange(self, piece: Citation) -> Exchange | None:
        """The exchange that a citation refers to; None if it was not saved."""
        if self.record is None:
            return None
        return self._exchanges.get((piece.probe, piece.exchange))

    def repeat(self, id: str, piece: Citation) -> str:
        """The command that repeats a cited request, made from its transcript: a saved one may be anything."""
        exchange = self.exchange(piece)
        return repeat(id, curl(exchange) if exchange is not None else "")

    def streams(self) -> Iterator[Stream]:
        """Every recorded event stream, in the order of the probes."""
        if self.record is not None:
            yield from sorted(
                self.record.streams(), key=lambda each: (each.exchange.probe, each.exchange.number)
            )

    @cached_property
    def _exchanges(self) -> dict[tuple[str, int], Exchange]:
        found = self.record.exchanges() if self.record is not None else ()
        return {(each.probe, each.number): each for each in found}


def gather(run: SavedRun) -> Material:
    """Read the transcripts of a run, count what it covered, and add the notes to the rows.

    Raises `saved.Unusable` when a transcript is missing or truncated.
    """
    ledger = Ledger.load()
    checks = load(ledger.by_id).checks
    transcripts = run.transcripts() if run.document.get("probes") else {}
    record = Record(run.profile, transcripts) if transcripts else None
    counts = suite_counts(ledger, checks)
    if record is not None:
        counts += run_counts(Document.load(), record, run.verdicts, checks)
    if run.situations is not None:
        counts += (situation_count(run.situations, Situations.load()),)
    return Material(
        run=run, rows=rows_of(run), record=record, counts=counts, causes=causes(transcripts.values())
    )


def rows_of(run: SavedRun) -> tuple[Row, ...]:
    """The checked rows in the order of the ledger."""
    excused = set(run.document.get("baseline", {}).get("excused", ()))
    order = {area: number for number, area in enumerate(Ledger.load().areas)}
    rows = sorted(
        run.document["verdicts"],
        key=lambda row: (order.get(row["id"].partition("-")[0], len(order)), row["id"]),
    )
    return tuple(_row(row, run.verdicts[row["id"]], row["id"] in excused) for row in rows)


def source_link(source: str) -> str | None:
    """The URL of a source of the ledger; None if it has none."""
    if source.startswith("WHATWG"):
        return "https://html.spec.whatwg.org/multipage/server-sent-events.html"
    standard = _STANDARD.match(source)
    if standard:
        return f"https://www.rfc-editor.org/rfc/rfc{standard[1]}#section-{standard[2]}"
    return f"https://docs.sigmic.ai/{source}" if re.fullmatch(r"[a-z][a-z/-]*", source) else None


def _row(row: Mapping[str, Any], verdict: Verdict, excused: bool) -> Row:  # noqa: FBT001  a fact, not a switch
    return Row(
        id=row["id"],
        statement=row["statement"],
        level=row["level"],
        evidence=row["evidence"],
        source=row["source"],
        operations=tuple(row.get("operations", ())),
        binds=bool(row.get("binds")),
        verdict=verdict,
        excused=excused,
        mistake=usual_mistake(Ledger.load().by_id.get(row["id"]), verdict.reason),
        again=row.get("again", {}).get("said", ""),
    )
