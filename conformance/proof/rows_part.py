"""The part `rows`: what turned each judged row red, and the rows that nothing did. It needs no traffic.

A check that nothing ever turned red may be one that cannot. A kill counts for the row that the broken server
declares, when it came for the declared reason (`Grade.CAUGHT`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigmic_conformance.conformance.proof.grading import Grade
from sigmic_conformance.conformance.proof.part import Part
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.spec import strict_yaml
from sigmic_conformance.spec.ledger import Evidence, Level

BREAKING = "server"
"""The part whose kills count."""
FILE = Path(__file__).with_name("unbreakable.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbreakable:
    """A row that nothing can turn red: which of the listed reasons, and what was tried."""

    reason: str
    tried: str


class BadList(Exception):
    """The list of unbreakable rows says what it may not; the text says what."""


def rows_part(bench: Bench, parts: Iterable[Part], listed: Mapping[str, Unbreakable]) -> Part:
    """Lay the kills beside the judged rows."""
    found = killers(parts)
    judged = [row.id for row in bench.ledger.requirements if row.id in bench.registry.checks]
    alive = [row for row in judged if row not in found]
    unproven = [row for row in alive if row not in listed]
    return Part(
        name="rows",
        items=len(judged),
        summary=f"{len(judged) - len(alive)} of {len(judged)} tested requirements were turned red"
        + (f", {len(listed)} cannot be" if listed else "")
        + (f", {len(unproven)} were not" if unproven else ""),
        problems=(
            *(f"not broken  {row}  no violation turned it red" for row in unproven),
            *(
                f"not unbreakable  {row}  is listed, yet broken by {', '.join(found[row])}"
                for row in listed
                if row in found
            ),
            *(f"not tested  {row}  is listed as unbreakable" for row in listed if row not in judged),
        ),
        data={
            "killers": {row: found[row] for row in judged if row in found},
            "unkilled": unproven,
            "unkilled_binding": [row for row in unproven if binds(bench, row)],
            "unbreakable": {row: each.reason for row, each in listed.items()},
        },
    )


def killers(parts: Iterable[Part]) -> dict[str, list[str]]:
    """Of each row the violations that turned it red for the declared reason."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for finding in part.data.get("findings", ()) if part.name == BREAKING else ():
            if finding["grade"] == Grade.CAUGHT:
                found.setdefault(finding["row"], []).append(finding["id"])
    return found


def binds(bench: Bench, row: str) -> bool:
    """True for a must that fails anybody: documented, or inherited from a standard."""
    requirement = bench.ledger.by_id[row]
    told = requirement.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    return told and requirement.level is Level.MUST


def unbreakable(path: Path = FILE) -> dict[str, Unbreakable]:
    """Read the closed list. Raises BadList for a reason that it does not declare or a row without a word."""
    document = strict_yaml.read(path.read_text(encoding="utf-8"))
    reasons = document["reasons"]
    listed = {row: Unbreakable(**values) for row, values in document["rows"].items()}
    for row, each in listed.items():
        if each.reason not in reasons:
            raise BadList(f"{path.name}: {row}: no reason {each.reason!r}; there are {', '.join(reasons)}")
        if not each.tried.strip():
            raise BadList(f"{path.name}: {row}: does not say what was tried")
    return listed
