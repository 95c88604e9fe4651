"""One proof: the parts in their order on shared grounds, and the document that follows from them."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grounds import Grounds, grounds, healthy
from sigmic_conformance.conformance.proof.kept import Keeper, Kind
from sigmic_conformance.conformance.proof.lanes import Stage, side_by_side
from sigmic_conformance.conformance.proof.part import Part, Plan
from sigmic_conformance.conformance.proof.rows_part import BREAKING, rows_part, unbreakable
from sigmic_conformance.conformance.proof.stability import stability_part
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.proof.violations import chosen
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger

FORMAT = 1
HEALTHY = "healthy"
"""The part that comes first: the platform before anything is broken."""


def prove(
    names: Iterable[str],
    plan: Plan,
    say: Callable[[str], None],
    *,
    repeats: int = 0,
    keeper: Keeper | None = None,
) -> list[Part]:
    """Run the parts and return what they found, the healthy platform first. Raises ProfileError.

    With `repeats` the run of the healthy platform is repeated so often as well. `keeper` writes trials down.
    """
    ledger = Ledger.load()
    bench = Bench(ledger, load(ledger.by_id), keeper=keeper)
    with grounds() as place:
        say("healthy: every probe against a mock without faults")
        first, golden = _healthy(bench, place, plan)
        stage = Stage(bench, place, golden, plan, say)
        found = [first, *side_by_side(stage, list(names))]
        if repeats:
            # Alone: it makes the load itself that it wants to stand.
            found.append(stage.play("stability", partial(stability_part, repeats=repeats)))
    whole = plan.only is None and any(part.name == BREAKING for part in found)
    return [*found, rows_part(bench, found, unbreakable())] if whole else found


def _healthy(bench: Bench, place: Grounds, plan: Plan) -> tuple[Part, Golden]:
    """The baseline: nothing may be red before anything is broken, or a kill would be masked."""
    began = time.monotonic()
    transcripts, again = healthy(bench, place.steady, _needed(bench, place, plan))
    golden = Golden(bench, transcripts)
    if bench.keeper is not None:
        bench.keeper.keep(Kind.HEALTHY, place.steady.profile, transcripts)
    verdicts = golden.verdicts(place.steady.profile, golden.transcripts)
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
    return part, golden


def red(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Those that a healthy platform may not get."""
    return {
        row: each
        for row, each in verdicts.items()
        if not each.outcome.proves or each.outcome is Outcome.WARNED
    }


def _needed(bench: Bench, place: Grounds, plan: Plan) -> list[str]:
    """The probes of the healthy run: all, or with a pattern those of the rows that it selects."""
    if plan.only is None:
        return list(bench.registry.probes)
    faults = chosen(place.shared.catalogue(), "violation", plan.only)
    rows = {fault.row for fault in faults} & bench.registry.checks.keys()
    return sorted({name for row in rows for name in bench.registry.checks[row].needs})


def document(parts: Iterable[Part], *, started_at: datetime, only: str | None, suite: str) -> dict[str, Any]:
    """The content of proof.json; `complete` is its last member."""
    found = list(parts)
    ended = datetime.now(UTC)
    return {
        "format": FORMAT,
        "suite": suite,
        "ledger": Ledger.load().version,
        "only": only,
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
    """0 when every part is without problems, else 14."""
    return ExitCode.SELF_CHECK if any(part.problems for part in parts) else ExitCode.OK
