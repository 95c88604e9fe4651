"""One proof: the parts in their order on shared grounds, and the document that follows from them."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.proof.canaries_part import canaries_part
from sigmic_conformance.conformance.proof.confined_part import confined_part
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grounds import Grounds, grounds, healthy
from sigmic_conformance.conformance.proof.kept import Keeper, Kind
from sigmic_conformance.conformance.proof.part import Part, Plan
from sigmic_conformance.conformance.proof.platform import ControlRefused
from sigmic_conformance.conformance.proof.rows_part import BREAKING, rows_part, unbreakable
from sigmic_conformance.conformance.proof.server_part import server_part
from sigmic_conformance.conformance.proof.stability import stability_part
from sigmic_conformance.conformance.proof.transcripts_part import transcripts_part
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.proof.variations_part import variations_part
from sigmic_conformance.conformance.proof.violations import chosen
from sigmic_conformance.conformance.proof.weather_part import weather_part
from sigmic_conformance.conformance.proof.wire_mutants import MUTANTS
from sigmic_conformance.conformance.proof.wire_part import fits, wire_part
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger

FORMAT = 1

Prove = Callable[[Bench, Grounds, Golden, Plan], Part]

PARTS: Mapping[str, Prove] = {
    "server": server_part,
    "wire": wire_part,
    "variations": variations_part,
    "weather": weather_part,
    "transcripts": transcripts_part,
    "canaries": canaries_part,
    "confined": confined_part,
}
"""Every part, in the order in which they are told."""
ON_REQUEST = frozenset({"confined"})
"""Parts that run only when they are named."""
LANES = (("server", "wire", "weather"), ("variations", "transcripts", "canaries"), ("confined",))
"""Side by side: parts that wait most of their time, those that go through whole runs, and what is drawn."""


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
        stage = _Stage(bench, place, golden, plan, say)
        found = [first, *_side_by_side(stage, list(names))]
        if repeats:
            # Alone: it makes the load itself that it wants to stand.
            found.append(stage.play("stability", partial(stability_part, repeats=repeats)))
    whole = plan.only is None and {part.name for part in found}.issuperset(BREAKING)
    return [*found, rows_part(bench, found, unbreakable())] if whole else found


@dataclass(frozen=True, slots=True)
class _Stage:
    """What every part is played on."""

    bench: Bench
    place: Grounds
    golden: Golden
    plan: Plan
    say: Callable[[str], None]

    def play(self, name: str, part: Prove) -> Part:
        """Prove a part; a mock that does not obey breaks it off."""
        began = time.monotonic()
        self.say(f"{name}: begins")
        plan = replace(self.plan, tell=lambda text: self.plan.tell(f"{name}: {text}"))
        try:
            found = part(self.bench, self.place, self.golden, plan)
        except ControlRefused as problem:
            found = Part(name=name, summary="broke off", problems=(f"broken  {problem}",))
        found = replace(found, seconds=round(time.monotonic() - began, 1))
        self.say(f"{name}: {found.summary}, {found.seconds} s")
        return found


def _side_by_side(stage: _Stage, names: Collection[str]) -> list[Part]:
    """The named parts, lane beside lane; in the order of `PARTS`."""

    def walk(lane: Sequence[str]) -> list[Part]:
        return [stage.play(name, PARTS[name]) for name in lane if name in names]

    with ThreadPoolExecutor(len(LANES), thread_name_prefix="part") as pool:
        try:
            lanes = [pool.submit(walk, lane) for lane in LANES]
            found = [part for lane in as_completed(lanes) for part in lane.result()]
        except BaseException:
            stage.plan.stop.set()
            raise
    order = list(PARTS)
    return sorted(found, key=lambda part: order.index(part.name))


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
        name="healthy",
        summary=f"{len(verdicts) - len(bad)} of {len(verdicts)} rows hold on the healthy platform",
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
