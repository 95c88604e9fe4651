"""One proof: the parts in their order on shared grounds, and the document that follows from them."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from conformance.exit_codes import ExitCode
from conformance.proof.canaries_part import canaries_part
from conformance.proof.golden import Golden
from conformance.proof.grounds import Grounds, grounds, healthy
from conformance.proof.part import Part, Plan
from conformance.proof.platform import ControlRefused
from conformance.proof.rows_part import BREAKING, rows_part, unbreakable
from conformance.proof.server_part import server_part
from conformance.proof.stability import stability_part
from conformance.proof.transcripts_part import transcripts_part
from conformance.proof.trial import Bench
from conformance.proof.variations_part import variations_part
from conformance.proof.violations import chosen
from conformance.proof.weather_part import weather_part
from conformance.proof.wire_mutants import MUTANTS
from conformance.proof.wire_part import fits, wire_part
from conformance.registry import load
from conformance.verdict import Outcome
from spec.ledger import Ledger

FORMAT = 1

Prove = Callable[[Bench, Grounds, Golden, Plan], Part]

PARTS: Mapping[str, Prove] = {
    "server": server_part,
    "wire": wire_part,
    "variations": variations_part,
    "weather": weather_part,
    "transcripts": transcripts_part,
    "canaries": canaries_part,
}
"""Every part of the default proof, in the order in which they run."""


def prove(names: Iterable[str], plan: Plan, say: Callable[[str], None], *, repeats: int = 0) -> list[Part]:
    """Run the parts and return what they found, the healthy platform first. Raises ProfileError.

    With `repeats` the run of the healthy platform is repeated so often as well.
    """
    ledger = Ledger.load()
    bench = Bench(ledger, load(ledger.by_id))
    with grounds() as place:
        say("healthy: every probe against a mock without faults")
        first, golden = _healthy(bench, place, plan)
        found = [first]
        parts = dict(PARTS)
        if repeats:
            parts["stability"] = partial(stability_part, repeats=repeats)
            names = [*names, "stability"]
        for name in names:
            began = time.monotonic()
            say(f"{name}: begins")
            try:
                part = parts[name](bench, place, golden, plan)
            except ControlRefused as problem:
                part = Part(name=name, summary="broke off", problems=(f"broken  {problem}",))
            found.append(replace(part, seconds=round(time.monotonic() - began, 1)))
            say(f"{name}: {part.summary}, {found[-1].seconds} s")
    whole = plan.only is None and {part.name for part in found}.issuperset(BREAKING)
    return [*found, rows_part(bench, found, unbreakable())] if whole else found


def _healthy(bench: Bench, place: Grounds, plan: Plan) -> tuple[Part, Golden]:
    """The baseline: nothing may be red before anything is broken, or a kill would be masked."""
    began = time.monotonic()
    golden = Golden(bench, healthy(bench, place.steady, _needed(bench, place, plan)))
    verdicts = golden.verdicts(place.steady.profile, golden.transcripts)
    bad = {
        row: each
        for row, each in verdicts.items()
        if not each.outcome.proves or each.outcome is Outcome.WARNED
    }
    problems = tuple(
        f"{each.outcome}  {row} ({each.reason}) on the healthy platform" for row, each in bad.items()
    )
    part = Part(
        name="healthy",
        summary=f"{len(verdicts) - len(bad)} of {len(verdicts)} rows hold on the healthy platform",
        problems=problems,
        data={"rows": len(verdicts), "red": sorted(bad)},
        seconds=round(time.monotonic() - began, 1),
    )
    return part, golden


def _needed(bench: Bench, place: Grounds, plan: Plan) -> list[str]:
    """The probes of the healthy run: all, or with a pattern those of the rows that it selects."""
    if plan.only is None:
        return list(bench.registry.probes)
    faults = chosen(place.shared.catalogue(), "violation", plan.only)
    mutants = [mutant for mutant in MUTANTS if fits(mutant, plan.only)]
    rows = {*(fault.row for fault in faults), *(mutant.row for mutant in mutants)}
    rows &= bench.registry.judges.keys()
    needed = {name for row in rows for name in bench.registry.judges[row].needs}
    return sorted(needed | {name for mutant in mutants for name in mutant.also})


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
