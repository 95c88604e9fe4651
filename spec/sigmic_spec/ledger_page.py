"""The ledger as pages for people: an index and a page per area for requirements, and the same for facts.

Every requirement and fact is an anchor by its id, on the page of its area: `requirements/beat.md#BEAT-004`,
`facts/gaps-of-the-documentation.md#G-47`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sigmic_spec.requirement import Choice, Evidence, Fact, Level, Requirement

_HEADER = """\
# Requirements

Ledger version {version}: {rows} requirements. [Facts](../facts/index.md) shows which requirement settles
which fact.

A target fails if it breaks a *must* that is documented or inherited from a standard. It gets a warning
for a *should*, and for a requirement that is only an example or inferred. If interpretations are listed, the
documentation contradicts itself, and the suite checks which one a target follows consistently. Where no page
says anything, a target is free: a report shows its [choices](../facts/choices.md).

"""

_FACTS_HEADER = """\
# Facts

These pages list what was read about the platform, reconstructed from its samples, or found missing.
Requirements, decisions and comments cite the ids, such as `C-04`, `G-47` or `2.1/appId`. The last column
names the [requirements](../requirements/index.md) that settle a fact, the [choices](choices.md) that it
leaves to a target, or why there is neither ([reasons](../requirements/index.md#reasons)). A requirement that
decides a contradiction or a gap comes first, in bold, with its statement.

"""
_CHOICES_HEADER = """\
# Choices

No page answers these questions. A report shows what a target does.

"""
_NO_LETTERS = re.compile(r"[^a-z0-9]+")


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


def requirements_pages(ledger: Ledger) -> dict[str, str]:
    """Return the pages of `reference/requirements/` of the site, by file name; the first is the index."""
    rows = {area: [row for row in ledger.requirements if row.area == area] for area in ledger.areas}
    areas = [
        _line("area", "covers", "requirements"),
        "|---|---|---:|",
        *(_line(f"[{area}]({area.lower()}.md)", ledger.areas[area], str(len(rows[area]))) for area in rows),
    ]
    legends = [*_legend("Sources", ledger.sources), *_legend("Reasons", ledger.reasons)]
    header = _HEADER.format(version=ledger.version, rows=len(ledger.requirements))
    index = header + counts_table(ledger.counts()) + "\n" + "\n".join([*areas, "", *legends]).rstrip("\n")
    return {
        "index.md": index + "\n",
        **{f"{area.lower()}.md": "\n".join(_area(ledger, area, rows[area])) + "\n" for area in rows},
    }


def facts_pages(ledger: Ledger) -> dict[str, str]:
    """Return the pages of `reference/facts/` of the site, by file name; the first is the index."""
    decisions = {name: [row for row in ledger.requirements if row.decision == name] for name in ledger.facts}
    groups: dict[str, list[str]] = {}
    for fact in ledger.facts.values():
        groups.setdefault(fact.title, []).append(_fact(fact, decisions[fact.id]))
    listed = [_line("group", "facts"), "|---|---:|"]
    listed += [_line(f"[{title}]({_file(title)})", str(len(rows))) for title, rows in groups.items()]
    listed += [_line("[Choices](choices.md)", str(len(ledger.choices)))]
    head = ["", _line("fact", "page", "says", "settled by"), "|---|---|---|---|"]
    return {
        "index.md": _FACTS_HEADER + "\n".join(listed) + "\n",
        **{_file(title): "\n".join([f"# {title}", *head, *rows]) + "\n" for title, rows in groups.items()},
        "choices.md": _CHOICES_HEADER + "\n".join(_choices(ledger)) + "\n",
    }


def _choices(ledger: Ledger) -> Iterator[str]:
    yield from (_line("question", "known answers", "about"), "|---|---|---|")
    for choice in ledger.choices:
        answers = "; ".join(f"{label} (`{text}`)" for text, label in choice.answers.items())
        about = ", ".join(_fact_link(ledger, name, "") for name in choice.facts)
        yield _line(f'<a id="{choice.id}"></a>{choice.question}', answers, about)


def _fact(fact: Fact, decisions: Sequence[Requirement]) -> str:
    decided = [f"**{_row_link(row.id)}** {row.statement}" for row in decisions]
    deciding = {row.id for row in decisions}
    others = ", ".join(_row_link(name) for name in fact.requirements if name not in deciding)
    choices = ", ".join(f"[{name}](choices.md#{name})" for name in fact.choices)
    settled = "<br>".join([*decided, *([others] if others else []), *([choices] if choices else [])])
    return _line(_anchor(fact.id), fact.page, fact.says, settled or f"*{fact.unmapped}*")


def _area(ledger: Ledger, area: str, rows: Sequence[Requirement]) -> Iterator[str]:
    yield from (f"# {area} requirements", "", f"{ledger.areas[area]}.", "")
    yield _line("id", "statement", "level", "evidence", "source", "settles")
    yield "|---|---|---|---|---|---|"
    for row in rows:
        settles = ", ".join(_fact_link(ledger, name, "../facts/") for name in row.facts)
        yield _line(_anchor(row.id), _statement(row), row.level, row.evidence, row.source, settles)


def _file(title: str) -> str:
    """Return the name of the page of a group of facts."""
    return _NO_LETTERS.sub("-", title.lower()).strip("-") + ".md"


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>{name}'


def _row_link(name: str) -> str:
    return f"[{name}](../requirements/{name.partition('-')[0].lower()}.md#{name})"


def _fact_link(ledger: Ledger, name: str, folder: str) -> str:
    return f"[{name}]({folder}{_file(ledger.facts[name].title)}#{name})"


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
