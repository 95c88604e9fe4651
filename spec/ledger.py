"""The requirements ledger: every testable sentence about the platform, and the facts behind it.

    python -m spec.ledger --counts     how many rows of which evidence and level
    python -m spec.ledger --digest     rewrite the digests after an intended change of statements

A ledger that is loaded is whole: every reference in it leads somewhere, every fact is settled or says why
not, and no statement has changed under its digest. Anything else raises `LedgerError`.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from sigmic_conformance.spec.ledger_error import LedgerError
from sigmic_conformance.spec.ledger_file import read_facts, read_requirements
from sigmic_conformance.spec.ledger_page import counts_table
from sigmic_conformance.spec.requirement import Evidence, Fact, Kind, Level, Requirement, digest

__all__ = ["Evidence", "Fact", "Kind", "Ledger", "LedgerError", "Level", "Requirement", "digest"]

REQUIREMENTS = Path(__file__).with_name("requirements.yaml")
FACTS = Path(__file__).with_name("facts.yaml")
_ROW_ID = re.compile(r"^  - id: (\S+)$")
_DIGEST = re.compile(r"^(    digest: )\S+$")


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """One version of all requirements, in the file's order. Never changed once loaded."""

    version: str
    areas: Mapping[str, str]
    sources: Mapping[str, str]
    reasons: Mapping[str, str]
    requirements: tuple[Requirement, ...]
    facts: Mapping[str, Fact]
    """By id; each knows the rows that settle it."""

    @classmethod
    def load(cls) -> "Ledger":
        """Return the package's own ledger, read on the first call."""
        return _load()

    @classmethod
    def read(cls, requirements: Path = REQUIREMENTS, facts: Path = FACTS) -> Self:
        """Read a ledger from two files; `LedgerError` names every problem in them."""
        tree = read_requirements(requirements)
        since = tree.get("since", tree["version"])
        rows = tuple(_requirement({"since": since, **row}) for row in tree["requirements"])
        ledger = cls(
            version=tree["version"],
            areas=MappingProxyType(tree["areas"]),
            sources=MappingProxyType(tree["sources"]),
            reasons=MappingProxyType(tree["reasons"]),
            requirements=rows,
            facts=MappingProxyType(_facts(read_facts(facts), rows)),
        )
        problems = [
            *(f"{requirements.name}: {problem}" for problem in _problems_of_rows(ledger)),
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
        """The ledger of a gate that knows this version: newer rows only inform. None leaves it as it is.

        `LedgerError` for a version that there never was.
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

    def counts(self) -> Mapping[tuple[Evidence, Level], int]:
        """Return how many requirements there are of each evidence and level."""
        return Counter((row.evidence, row.level) for row in self.requirements)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@cache
def _load() -> Ledger:
    return Ledger.read()


def _requirement(row: Mapping[str, Any]) -> Requirement:
    reading = row.get("reading")
    return Requirement(
        **{
            **row,
            "level": Level(row["level"]),
            "evidence": Evidence(row["evidence"]),
            "kind": Kind(row["kind"]),
            "operations": tuple(row["operations"]),
            "facts": tuple(row["facts"]),
            "reading": None if reading is None else MappingProxyType(reading),
        }
    )


def _facts(tree: Mapping[str, Mapping[str, Any]], rows: Sequence[Requirement]) -> dict[str, Fact]:
    facts = {
        name: Fact(
            id=name,
            tags=frozenset(fact["tags"]),
            page=fact["page"],
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
    return facts


def _problems_of_rows(ledger: Ledger) -> Iterator[str]:
    numbers: Counter[str] = Counter()
    for row in ledger.requirements:
        numbers[row.area] += 1
        expected = f"{row.area}-{numbers[row.area]:03d}"
        if row.id != expected:
            yield f"{row.id}: the next id of its area is {expected}"
        if row.area not in ledger.areas:
            yield f"{row.id}: unknown area {row.area}"
        if row.digest != digest(row.statement):
            yield f"{row.id}: the statement is new or has changed: `tox -e fix` writes its digest"
        if _numbers(row.since) > _numbers(ledger.version):
            yield f"{row.id}: since {row.since}, and this is only version {ledger.version}"
        yield from (f"{row.id}: {problem}" for problem in _dangling(row, ledger))
        yield from (f"{row.id}: {problem}" for problem in _contradictory(row))


def _dangling(row: Requirement, ledger: Ledger) -> Iterator[str]:
    source = row.source.partition(" ")[0]
    if source not in ledger.sources:
        yield f"unknown source {source}"
    for name in row.facts:
        if name not in ledger.facts:
            yield f"unknown fact {name}"
    if not row.facts and row.evidence is not Evidence.INHERITED:
        yield "settles no fact and states no standard"
    if row.untestable is not None and row.untestable not in ledger.reasons:
        yield f"unknown reason {row.untestable}"
    if row.decision is not None and row.decision not in row.facts:
        yield f"states the decision {row.decision}, which is not among its facts"


def _contradictory(row: Requirement) -> Iterator[str]:
    if (row.kind is Kind.PIN) != (row.reading is not None):
        yield "a pin lists its readings, and only a pin has readings"
    if row.characterise and (row.evidence is not Evidence.CHOSEN or row.decision is None):
        yield "only a chosen row with a decision characterises"
    if (row.evidence is Evidence.CHOSEN) != (row.source == "decisions"):
        yield "a chosen row, and no other, has the source decisions"
    if (row.evidence is Evidence.INHERITED) != ("§" in row.source):
        yield "an inherited row, and no other, names the section of a standard"


def _problems_of_facts(ledger: Ledger) -> Iterator[str]:
    for fact in ledger.facts.values():
        if fact.unmapped is None and not fact.requirements:
            yield f"{fact.id}: settled by no requirement and without a reason"
        if fact.unmapped is not None and fact.requirements:
            yield f"{fact.id}: unmapped, yet settled by {', '.join(fact.requirements)}"
        if fact.unmapped is not None and fact.unmapped not in ledger.reasons:
            yield f"{fact.id}: unknown reason {fact.unmapped}"


def with_digests(path: Path = REQUIREMENTS) -> str:
    """Return the text of a requirements file with the right digest under every statement."""
    statements = {row["id"]: row["statement"] for row in read_requirements(path)["requirements"]}
    lines = path.read_text(encoding="utf-8").split("\n")
    row = ""
    for number, line in enumerate(lines):
        if start := _ROW_ID.match(line):
            row = start[1]
        elif (found := _DIGEST.match(line)) and row in statements:
            lines[number] = found[1] + digest(statements[row])
    return "\n".join(lines)


def rewrite_digests(path: Path = REQUIREMENTS) -> int:
    """Write the right digest under every statement of a requirements file; return how many were wrong."""
    before, after = path.read_text(encoding="utf-8"), with_digests(path)
    path.write_text(after, encoding="utf-8")
    return sum(old != new for old, new in zip(before.split("\n"), after.split("\n"), strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all is well, 1 when the ledger is refused."""
    parser = argparse.ArgumentParser(prog="python -m spec.ledger", description="The requirements ledger.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--counts", action="store_true", help="rows by evidence and level")
    what.add_argument("--digest", action="store_true", help="rewrite the digests of changed statements")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.digest:
            sys.stdout.write(f"{rewrite_digests()} digests rewritten\n")
        else:
            sys.stdout.write(counts_table(Ledger.load().counts()))
    except LedgerError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
