"""The parts of the API that a target can conform to separately, each with a verdict. Pure.

A row counts for every part that its area or its check's capabilities name, and for `core` if they name none.
So one line shows that a target without widgets conforms to the core.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sigmic_conformance.model.record.verdict import Outcome, Verdict

CORE = "core"
CLAIMS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    CORE: (frozenset(), frozenset()),
    "files": (frozenset({"UPLOAD", "ZIP", "ARTIFACT"}), frozenset({"files", "zip", "artifacts"})),
    "approvals": (frozenset({"APPROVE"}), frozenset({"approvals"})),
    "widget": (frozenset({"TOKEN"}), frozenset({"widget"})),
    "sessions": (frozenset({"SESSION"}), frozenset({"sessions"})),
    "mcp": (frozenset({"MCP"}), frozenset({"mcp"})),
}
"""For each claim, the areas and capabilities whose rows count for it; `core` has the other rows."""


class ClaimStatus(StrEnum):
    """The verdict on a claim."""

    CONFORMANT = "conformant"
    BROKEN = "not conformant"
    UNPROVEN = "not proven"
    UNCLAIMED = "not claimed"  # the profile declares it absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The results of a claim's rows. `unproven` counts binding ones, `unjudged` those without a verdict."""

    passed: int
    broken: int
    unproven: int
    unjudged: int
    of: int

    @property
    def standing(self) -> ClaimStatus:
        """The verdict; a failure still counts as broken if a baseline excuses it."""
        if self.broken:
            return ClaimStatus.BROKEN
        if self.unproven or self.unjudged:
            return ClaimStatus.UNPROVEN
        return ClaimStatus.CONFORMANT if self.passed else ClaimStatus.UNCLAIMED

    def document(self) -> dict[str, Any]:
        """The claim as JSON values."""
        return {"standing": self.standing.value, **asdict(self)}


def claims_of(row: str, capabilities: Collection[str]) -> tuple[str, ...]:
    """The claims that a row counts for."""
    area = row.partition("-")[0]
    named = [
        name for name, (areas, known) in CLAIMS.items() if area in areas or not known.isdisjoint(capabilities)
    ]
    return tuple(named) or (CORE,)


def claims(
    rows: Mapping[str, Collection[str]], verdicts: Mapping[str, Verdict], binding: Collection[str]
) -> dict[str, Claim]:
    """Every claim by name. `rows` are all with a check, and their capabilities; `binding` those that bind."""
    found: dict[str, Claim] = {}
    for name in CLAIMS:
        mine = [row for row, capabilities in rows.items() if name in claims_of(row, capabilities)]
        outcomes = {row: verdicts[row].outcome for row in mine if row in verdicts}
        undecided = {row for row, each in outcomes.items() if not each.proves and each is not Outcome.FAILED}
        found[name] = Claim(
            passed=sum(each is Outcome.PASSED for each in outcomes.values()),
            broken=sum(each is Outcome.FAILED for each in outcomes.values()),
            unproven=len(undecided.intersection(binding)),
            unjudged=len(mine) - len(outcomes),
            of=len(mine),
        )
    return found
