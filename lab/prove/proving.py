"""Run one proof: its parts in order on one pool of mocks, and the resulting document."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lab.prove.canary_servers import CANARIES
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.lanes import KINDS, Stage, side_by_side
from lab.prove.legal import is_out_of_sample
from lab.prove.mock_pool import MockPool, healthy, mock_pool
from lab.prove.part import Part, ProofOptions, matches
from lab.prove.platform import Fault
from lab.prove.rows_part import BREAKING, rows_part
from lab.prove.trial import ProofContext
from lab.prove.violations import chosen
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import load
from sigmic_spec.ledger import Ledger

FORMAT = 1
HEALTHY = "healthy"
"""The part that comes first: the platform before anything is broken."""


class NothingMatches(Exception):
    """The pattern matches nothing; `known` are the names that it could match."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__()
        self.known = known


def prove(names: Iterable[str], plan: ProofOptions, say: Callable[[str], None]) -> list[Part]:
    """Run the parts and return what they found, the healthy platform first.

    Raises ProfileError, and NothingMatches before anything is tried.
    """
    ledger, chosen_parts = Ledger.load(), list(names)
    bench = ProofContext(ledger, load(ledger.by_id))
    with mock_pool() as place:
        if plan.only and chosen_parts:
            known = names_of(chosen_parts, place.shared.catalogue())
            if not any(matches(plan.only, name) for name in known):
                raise NothingMatches(known)
        say("healthy: every probe against a mock without faults")
        first, baseline = _healthy(bench, place, plan)
        stage = Stage(bench, place, baseline, plan, say)
        found = [first, *side_by_side(stage, chosen_parts)]
    whole = not plan.only and any(part.name == BREAKING for part in found)
    return [*found, rows_part(bench, found)] if whole else found


def names_of(parts: Collection[str], catalogue: Iterable[Fault]) -> list[str]:
    """The names that a pattern can match in these parts: faults, their rows, canaries."""
    kinds = {KINDS[part] for part in parts if part in KINDS}
    faults = [each for each in catalogue if each.kind in kinds and not is_out_of_sample(each)]
    canaries = CANARIES if "canaries" in parts else ()
    return list(dict.fromkeys([*(each.id for each in faults), *(each.row for each in faults), *canaries]))


def _healthy(bench: ProofContext, place: MockPool, plan: ProofOptions) -> tuple[Part, HealthyBaseline]:
    """The baseline: no row may be red without a fault, or it could not show a violation."""
    began = time.monotonic()
    transcripts, again = healthy(bench, place.steady, _needed(bench, place, plan))
    baseline = HealthyBaseline(bench, transcripts, place.steady.profile.heartbeat_seconds)
    verdicts = baseline.verdicts(place.steady.profile, baseline.transcripts)
    bad = red(verdicts)
    problems = tuple(
        f"{each.outcome}  {row} ({each.reason}) on the healthy platform" for row, each in bad.items()
    )
    part = Part(
        name=HEALTHY,
        summary=f"{len(verdicts) - len(bad)} of {len(verdicts)} requirements hold on the healthy platform",
        problems=problems,
        data={"rows": len(verdicts), "red": sorted(bad), "again": sorted(again)},
        seconds=round(time.monotonic() - began, 1),
    )
    return part, baseline


def red(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Outcomes that a healthy platform must not have."""
    return {
        row: each
        for row, each in verdicts.items()
        if not each.outcome.proves or each.outcome is Outcome.WARNED
    }


def _needed(bench: ProofContext, place: MockPool, plan: ProofOptions) -> list[str]:
    """The probes of the healthy run: all, or with a pattern those of the rows that it selects."""
    if not plan.only:
        return list(bench.registry.probes)
    faults = chosen(place.shared.catalogue(), "violation", plan.only)
    rows = {fault.row for fault in faults} & bench.registry.checks.keys()
    return sorted({name for row in rows for name in bench.registry.checks[row].needs})


def document(
    parts: Iterable[Part], *, started_at: datetime, only: Sequence[str], suite: str
) -> dict[str, Any]:
    """The content of proof.json; `complete` is its last member."""
    found = list(parts)
    ended = datetime.now(UTC)
    return {
        "format": FORMAT,
        "suite": suite,
        "ledger": Ledger.load().version,
        "only": list(only),
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "ended_at": ended.isoformat(timespec="milliseconds"),
        "seconds": round((ended - started_at).total_seconds(), 1),
        "exit_code": int(exit_code(found)),
        "parts": {
            part.name: {
                "summary": part.summary,
                "seconds": part.seconds,
                "problems": list(part.problems),
                **part.data,
            }
            for part in found
        },
        "complete": True,
    }


def exit_code(parts: Iterable[Part]) -> ExitCode:
    """0 if no part has problems, else 14."""
    return ExitCode.SELF_CHECK if any(part.problems for part in parts) else ExitCode.OK
