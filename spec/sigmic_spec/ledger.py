"""The requirements ledger: every testable sentence about the platform, and the facts behind it.

A loaded ledger is complete: every reference in it exists, and every fact is settled or has a reason why not.
Otherwise `LedgerError` is raised.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from sigmic_spec import data
from sigmic_spec.ledger_file import (
    file_of,
    read_choices,
    read_facts,
    read_ledger,
    read_requirements,
)
from sigmic_spec.requirement import Choice, Evidence, Fact, Kind, LedgerError, Level, Requirement

REQUIREMENTS = data.FOLDER / "requirements"
"""A directory: `ledger.yaml`, and the requirements of each area in a file of its name."""
FACTS = data.FOLDER / "facts.yaml"
CHOICES = data.FOLDER / "choices.yaml"


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """One version of all requirements, in the file's order. Never changed after loading."""

    version: str
    areas: Mapping[str, str]
    sources: Mapping[str, str]
    reasons: Mapping[str, str]
    requirements: tuple[Requirement, ...]
    choices: tuple[Choice, ...]
    facts: Mapping[str, Fact]
    """By id; each has the rows and choices that settle it."""
    retired: Mapping[str, frozenset[int]]
    """By area, the numbers that no row may have again."""

    @classmethod
    def load(cls) -> "Ledger":
        """Return the package's own ledger, read on the first call."""
        return _load()

    @classmethod
    def read(cls, requirements: Path = REQUIREMENTS, facts: Path = FACTS, choices: Path = CHOICES) -> Self:
        """Read a ledger from a directory and two files. `LedgerError` names every problem."""
        tree = read_ledger(requirements)
        groups, since = tree["operation_groups"], tree.get("since", tree["version"])
        written = read_facts(facts)
        pages = {name: fact.get("page", "") for name, fact in written.items()}
        rows = tuple(
            _requirement({"since": since, "source": _source(row, pages), **row}, groups)
            for area in tree["areas"]
            for row in read_requirements(requirements, area)
        )
        asked = tuple(map(_choice, read_choices(choices)))
        ledger = cls(
            version=tree["version"],
            areas=MappingProxyType(tree["areas"]),
            sources=MappingProxyType(tree["sources"]),
            reasons=MappingProxyType(tree["reasons"]),
            requirements=rows,
            choices=asked,
            facts=MappingProxyType(_facts(written, rows, asked)),
            retired=MappingProxyType(
                {area: frozenset(numbers) for area, numbers in tree.get("retired", {}).items()}
            ),
        )
        problems = [
            *_problems_of_rows(ledger),
            *(f"{choices.name}: {problem}" for problem in _problems_of_choices(ledger)),
            *(f"{facts.name}: {problem}" for problem in _problems_of_facts(ledger)),
        ]
        if problems:
            raise LedgerError("\n".join(problems))
        return ledger

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that rows came with, and this one, the oldest first."""
        return tuple(sorted({self.version, *(row.since for row in self.requirements)}, key=_numbers))

    def pinned(self, version: str | None) -> Self:
        """The ledger for a gate pinned to a version: newer rows are only informative. None changes nothing.

        `LedgerError` for a version that never existed.
        """
        if version is None:
            return self
        if version not in self.versions:
            raise LedgerError(f"there is no ledger {version} here, only {', '.join(self.versions)}")
        pin = _numbers(version)
        rows = (replace(row, is_newer=_numbers(row.since) > pin) for row in self.requirements)
        return replace(self, requirements=tuple(rows))

    @cached_property
    def by_id(self) -> Mapping[str, Requirement]:
        """The requirements by id."""
        return MappingProxyType({row.id: row for row in self.requirements})

    def had(self, id: str) -> bool:
        """Whether a removed row had this id."""
        area, _, number = id.partition("-")
        return number.isdecimal() and int(number) in self.retired.get(area, ())

    def counts(self) -> Mapping[tuple[Evidence, Level], int]:
        """Return the number of requirements by evidence and level."""
        return Counter((row.evidence, row.level) for row in self.requirements)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@cache
def _load() -> Ledger:
    return Ledger.read()


def _source(row: Mapping[str, Any], pages: Mapping[str, str]) -> str:
    """Return the source of a row that names none: the page of its first fact."""
    return pages.get(next(iter(row.get("facts", ())), ""), "")


def _requirement(row: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> Requirement:
    reading, operations, decision = row.get("reading"), row["operations"], row.get("decision")
    return Requirement(
        **{
            **row,
            "level": Level(row.get("level", Level.MUST)),
            "evidence": Evidence(row["evidence"]),
            "kind": Kind(row.get("kind", Kind.SHAPE if reading is None else Kind.PIN)),
            "operations": tuple(groups[operations] if isinstance(operations, str) else operations),
            "probes": tuple(row.get("probes", ())),
            "capabilities": tuple(row.get("capabilities", ())),
            "facts": (*([decision] if decision else []), *row.get("facts", ())),
            "reading": None if reading is None else MappingProxyType(reading),
        }
    )


def _choice(entry: Mapping[str, Any]) -> Choice:
    return Choice(
        id=entry["id"],
        question=entry["question"],
        facts=tuple(entry["facts"]),
        answers=MappingProxyType(entry["answers"]),
        **entry["read"],
    )


def _facts(
    tree: Mapping[str, Mapping[str, Any]], rows: Sequence[Requirement], choices: Sequence[Choice]
) -> dict[str, Fact]:
    facts = {
        name: Fact(
            id=name,
            title=fact["title"],
            tags=frozenset(fact.get("tags", ())),
            page=fact.get("page", ""),
            says=fact["says"],
            unmapped=fact.get("unmapped"),
        )
        for name, fact in tree.items()
    }
    for row in rows:
        for name in row.facts:
            if name in facts:
                fact = facts[name]
                facts[name] = replace(fact, requirements=(*fact.requirements, row.id))
    for choice in choices:
        for name in choice.facts:
            if name in facts:
                facts[name] = replace(facts[name], choices=(*facts[name].choices, choice.id))
    return facts


def _problems_of_rows(ledger: Ledger) -> Iterator[str]:
    numbers: Counter[str] = Counter()
    for row in ledger.requirements:
        numbers[row.area] += 1
        while numbers[row.area] in ledger.retired.get(row.area, ()):
            numbers[row.area] += 1
        expected = f"{row.area}-{numbers[row.area]:03d}"
        problems = [*_dangling(row, ledger), *_contradictory(row)]
        if row.id != expected:
            problems.append(f"the next id of its area is {expected}")
        if _numbers(row.since) > _numbers(ledger.version):
            problems.append(f"since {row.since}, and this is only version {ledger.version}")
        yield from (f"{file_of(row.area)}: {row.id}: {problem}" for problem in problems)


def _dangling(row: Requirement, ledger: Ledger) -> Iterator[str]:
    source = row.source.partition(" ")[0]
    if source not in ledger.sources:
        yield f"unknown source {source}" if source else "has no source, and no fact whose page is one"
    for name in row.facts:
        if name not in ledger.facts:
            yield f"unknown fact {name}"
    if not row.facts and row.evidence is not Evidence.INHERITED:
        yield "settles no fact and states no standard"
    if row.untestable is not None and row.untestable not in ledger.reasons:
        yield f"unknown reason {row.untestable}"
    if row.facts.count(row.decision) > 1:
        yield f"names its decision {row.decision} among its facts, which it is anyway"


def _contradictory(row: Requirement) -> Iterator[str]:
    if bool(row.probes) == (row.untestable is not None):
        yield "names the probes that show it, or says why it is untestable"
    if row.reading is not None and row.kind is not Kind.PIN:
        yield "lists readings, so its kind is pin: leave `kind` out"
    if (row.evidence is Evidence.INHERITED) != ("§" in row.source):
        yield "an inherited row, and no other, names the section of a standard"


def _problems_of_choices(ledger: Ledger) -> Iterator[str]:
    times = Counter(choice.id for choice in ledger.choices)
    for choice in ledger.choices:
        if times[choice.id] > 1:
            yield f"{choice.id}: is there twice"
        yield from (f"{choice.id}: unknown fact {name}" for name in choice.facts if name not in ledger.facts)


def _problems_of_facts(ledger: Ledger) -> Iterator[str]:
    for fact in ledger.facts.values():
        if not (fact.tags and fact.page):
            yield f"{fact.id}: has no {'page' if fact.tags else 'tags'}, and its section has none"
        settled = (*fact.requirements, *fact.choices)
        if fact.unmapped is None and not settled:
            yield f"{fact.id}: settled by no requirement and no choice, and without a reason"
        if fact.unmapped is not None and settled:
            yield f"{fact.id}: unmapped, yet settled by {', '.join(settled)}"
        if fact.unmapped is not None and fact.unmapped not in ledger.reasons:
            yield f"{fact.id}: unknown reason {fact.unmapped}"
