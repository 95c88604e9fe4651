"""The ledger as pages that people read: the reference page in Markdown and the table of counts."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sigmic_conformance.spec.requirement import Evidence, Fact, Level, Requirement

_HEADER = """\
# Requirements

<!-- Generated from spec/*.yaml by `python -m spec.ledger --markdown`. Do not edit. -->

Ledger version {version}: {rows} requirements, {facts} facts.

A broken *must* that is documented or inherited from a standard fails a target. A *should*, and what is only
an example or inferred, warns. What is *chosen* fills a silence of the documentation and binds the reference
platform alone; where it says *characterised*, the behaviour of other targets is recorded. Where readings are
listed the documentation contradicts itself: the question is which one a target follows, and whether it stays
with it.

"""


class Ledger(Protocol):
    """What a page needs of a ledger."""

    @property
    def version(self) -> str: ...
    @property
    def areas(self) -> Mapping[str, str]: ...
    @property
    def sources(self) -> Mapping[str, str]: ...
    @property
    def reasons(self) -> Mapping[str, str]: ...
    @property
    def requirements(self) -> tuple[Requirement, ...]: ...
    @property
    def facts(self) -> Mapping[str, Fact]: ...
    def counts(self) -> Mapping[tuple[Evidence, Level], int]:
        """Return the number of requirements by evidence and level."""


def counts_table(counts: Mapping[tuple[Evidence, Level], int]) -> str:
    """Draw the counts as a Markdown table, evidence down and level across, with sums."""
    lines = [
        "| evidence | " + " | ".join(Level) + " | all |",
        "|---|" + "---:|" * (len(Level) + 1),
    ]
    for evidence in Evidence:
        numbers = [counts.get((evidence, level), 0) for level in Level]
        lines.append(_line(evidence, *map(str, [*numbers, sum(numbers)])))
    sums = [sum(counts.get((evidence, level), 0) for evidence in Evidence) for level in Level]
    lines.append(_line("all", *map(str, [*sums, sum(sums)])))
    return "\n".join(lines) + "\n"


def render(ledger: Ledger) -> str:
    """Write the whole reference page."""
    header = _HEADER.format(version=ledger.version, rows=len(ledger.requirements), facts=len(ledger.facts))
    lines = [*_areas(ledger), *_facts(ledger), *_legend("Sources", ledger.sources)]
    lines += _legend("Reasons", ledger.reasons)
    return header + counts_table(ledger.counts()) + "\n" + "\n".join(lines) + "\n"


def _areas(ledger: Ledger) -> Iterator[str]:
    for area, covers in ledger.areas.items():
        yield from (f"## {area}", "", f"{covers}.", "")
        yield _line("id", "level", "evidence", "statement", "source", "settles")
        yield "|---|---|---|---|---|---|"
        for row in ledger.requirements:
            if row.area == area:
                yield _line(
                    row.id, row.level, row.evidence, _statement(row), row.source, ", ".join(row.facts)
                )
        yield ""


def _statement(row: Requirement) -> str:
    parts = [row.statement]
    if row.reading is not None:
        parts += [f"*{name}*: {says}." for name, says in row.reading.items()]
    if row.characterise:
        parts.append(f"(Characterised, {row.decision}.)")
    if row.untestable is not None:
        parts.append(f"(Not judged: {row.untestable}.)")
    return " ".join(parts)


def _facts(ledger: Ledger) -> Iterator[str]:
    yield from ("## Facts", "", "What was read, and where it went.", "")
    yield _line("fact", "page", "says", "settled by")
    yield "|---|---|---|---|"
    for fact in ledger.facts.values():
        yield _line(fact.id, fact.page, fact.says, ", ".join(fact.requirements) or f"*{fact.unmapped}*")
    yield ""


def _legend(title: str, names: Mapping[str, str]) -> Iterator[str]:
    yield from (f"## {title}", "")
    yield from (f"- `{name}`: {means}." for name, means in names.items())
    yield ""


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
