"""The ledger as pages for people: requirements and facts in Markdown, and the table of counts.

Every row of both pages is an anchor by its id: `requirements.md#BEAT-004`, `facts.md#G-47`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sigmic_spec.requirement import Choice, Evidence, Fact, Level, Requirement

_HEADER = """\
# Requirements

Ledger version {version}: {rows} requirements. [Facts](facts.md) shows which requirement settles which
fact.

A target fails if it breaks a *must* that is documented or inherited from a standard. It gets a warning
for a *should*, and for a requirement that is only an example or inferred. If interpretations are listed, the
documentation contradicts itself, and the suite checks which one a target follows consistently. Where no page
says anything, a target is free: a report shows its [choices](facts.md#choices).

"""

_FACTS_HEADER = """\
# Facts

This page lists what was read about the platform, reconstructed from its samples, or found missing. Rows,
decisions and comments cite the ids, such as `C-04`, `G-47` or `2.1/appId`. The last column names the
[requirements](requirements.md) that settle a fact, the [choices](#choices) that it leaves to a target, or
why there is neither ([reasons](requirements.md#reasons)). A requirement that decides a contradiction or a
gap comes first, in bold, with its statement.

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
    def choices(self) -> tuple[Choice, ...]: ...
    @property
    def facts(self) -> Mapping[str, Fact]: ...
    def counts(self) -> Mapping[tuple[Evidence, Level], int]:
        """Return the number of requirements by evidence and level."""


def counts_table(counts: Mapping[tuple[Evidence, Level], int]) -> str:
    """Return the counts as a Markdown table, evidence down and level across, with sums."""
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


def requirements_page(ledger: Ledger) -> str:
    """Return `reference/requirements.md` of the site."""
    header = _HEADER.format(version=ledger.version, rows=len(ledger.requirements))
    lines = [*_areas(ledger), *_legend("Sources", ledger.sources), *_legend("Reasons", ledger.reasons)]
    return header + counts_table(ledger.counts()) + "\n" + "\n".join(lines).rstrip("\n") + "\n"


def facts_page(ledger: Ledger) -> str:
    """Return `reference/facts.md` of the site."""
    decisions = {name: [row for row in ledger.requirements if row.decision == name] for name in ledger.facts}
    groups: dict[str, list[str]] = {}
    for fact in ledger.facts.values():
        groups.setdefault(fact.title, []).append(_fact(fact, decisions[fact.id]))
    head = ["", _line("fact", "page", "says", "settled by"), "|---|---|---|---|"]
    tables = ["\n".join([f"## {title}", *head, *rows]) for title, rows in groups.items()]
    return _FACTS_HEADER + "\n\n".join([*tables, "\n".join(_choices(ledger))]) + "\n"


def _choices(ledger: Ledger) -> Iterator[str]:
    yield from ("## Choices", "", "No page answers these questions. A report shows what a target does.", "")
    yield from (_line("question", "known answers", "about"), "|---|---|---|")
    for choice in ledger.choices:
        answers = "; ".join(f"{label} (`{text}`)" for text, label in choice.answers.items())
        about = ", ".join(f"[{name}](#{name})" for name in choice.facts)
        yield _line(f'<a id="{choice.id}"></a>{choice.question}', answers, about)


def _fact(fact: Fact, decisions: Sequence[Requirement]) -> str:
    decided = [f"**{_row_link(row.id)}** {row.statement}" for row in decisions]
    deciding = {row.id for row in decisions}
    others = ", ".join(_row_link(name) for name in fact.requirements if name not in deciding)
    choices = ", ".join(f"[{name}](#{name})" for name in fact.choices)
    settled = "<br>".join([*decided, *([others] if others else []), *([choices] if choices else [])])
    return _line(_anchor(fact.id), fact.page, fact.says, settled or f"*{fact.unmapped}*")


def _areas(ledger: Ledger) -> Iterator[str]:
    for area, covers in ledger.areas.items():
        yield from (f"## {area}", "", f"{covers}.", "")
        yield _line("id", "level", "evidence", "statement", "source", "settles")
        yield "|---|---|---|---|---|---|"
        for row in ledger.requirements:
            if row.area == area:
                settles = ", ".join(map(_fact_link, row.facts))
                cells = (row.level, row.evidence, _statement(row), row.source, settles)
                yield _line(_anchor(row.id), *cells)
        yield ""


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>{name}'


def _row_link(name: str) -> str:
    return f"[{name}](requirements.md#{name})"


def _fact_link(name: str) -> str:
    return f"[{name}](facts.md#{name})"


def _statement(row: Requirement) -> str:
    parts = [row.statement]
    if row.reading is not None:
        parts += [f"*{name}*: {says}." for name, says in row.reading.items()]
    if row.untestable is not None:
        parts.append(f"(Not tested: {row.untestable}.)")
    return " ".join(parts)


def _legend(title: str, names: Mapping[str, str]) -> Iterator[str]:
    yield from (f"## {title}", "")
    yield from (f"- `{name}`: {means}." for name, means in names.items())
    yield ""


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
