"""The lanes of a proof: parts in sequence per lane, lanes in parallel, all but the first in processes.

Judging is CPU-bound, and one process uses one core. A lane in another process has the same mocks and the same
transcripts of the healthy platform, and a separate mock for trials that must run alone.
"""

import multiprocessing
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from multiprocessing.synchronize import Event
from typing import Any

from lab.prove.canaries_part import canaries_part
from lab.prove.confined_part import confined_part
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.legal import transient_part, variations_part
from lab.prove.mock_pool import MockPool
from lab.prove.part import Part, ProofOptions
from lab.prove.platform import ControlRefused
from lab.prove.transcripts_part import transcripts_part
from lab.prove.trial import ProofContext
from lab.prove.violations import server_part
from sigmic_conformance.registry import load
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.ledger import Ledger

Prove = Callable[[ProofContext, MockPool, HealthyBaseline, ProofOptions], Part]

PARTS: Mapping[str, Prove] = {
    "server": server_part,
    "variations": variations_part,
    "transient": transient_part,
    "transcripts": transcripts_part,
    "canaries": canaries_part,
    "confined": confined_part,
}
"""Every part, in the order of the report."""
KINDS = {
    "server": "violation",
    "confined": "violation",
    "variations": "variation",
    "transient": "transient",
}
"""The class of faults that a part is about."""
ON_REQUEST = frozenset({"confined"})
"""Parts that run only when they are named."""
LANES = (("server", "confined"), ("variations",), ("transient", "transcripts", "canaries"))
"""The first runs in this process, and takes longest: it waits for heartbeats while the others judge."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The shared setup of all parts. Another process rebuilds context and options from what it is sent."""

    bench: ProofContext
    place: MockPool
    baseline: HealthyBaseline
    plan: ProofOptions
    say: Callable[[str], None]
    parts: Mapping[str, Prove] = field(default_factory=lambda: PARTS)

    def play(self, name: str, part: Prove) -> Part:
        """Run a part; a failing control plane ends it."""
        began = time.monotonic()
        self.say(f"{name}: begins")
        plan = replace(self.plan, tell=lambda text: self.plan.tell(f"{name}: {text}"))
        try:
            found = part(self.bench, self.place, self.baseline, plan)
        except ControlRefused as problem:
            found = Part(name=name, summary="broke off", problems=(f"broken  {problem}",))
        found = replace(found, seconds=round(time.monotonic() - began, 1))
        self.say(f"{name}: {found.summary}, {found.seconds} s")
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        plan = {each.name: getattr(self.plan, each.name) for each in fields(self.plan) if each.name != "stop"}
        return _elsewhere, (self.place.lent(), dict(self.baseline.transcripts), plan, self.say)


def side_by_side(
    stage: Stage, names: Collection[str], *, apart: Callable[[Event], Executor] | None = None
) -> list[Part]:
    """Run the named parts, all lanes in parallel; return the parts in the order of `PARTS`.

    `apart` creates the executor of all lanes but the first: by default processes, which the event stops.
    """
    lanes = [lane for each in LANES if (lane := [name for name in each if name in names])]
    event = _context.Event()
    # Innermost, because the pools wait for their lanes.
    with ThreadPoolExecutor(1) as here, (apart or _processes)(event) as there, _given_up(stage.plan, event):
        played = [(there if number else here).submit(walk, stage, lane) for number, lane in enumerate(lanes)]
        found = [part for lane in as_completed(played) for part in lane.result()]
    order = list(stage.parts)
    return sorted(found, key=lambda part: order.index(part.name))


def walk(stage: Stage, lane: Sequence[str]) -> list[Part]:
    """Run the parts of one lane in sequence."""
    return [stage.play(name, stage.parts[name]) for name in lane]


@contextmanager
def _given_up(plan: ProofOptions, event: Event) -> Iterator[None]:
    """If the proof is aborted, stop this process with `plan.stop` and the others with the event."""
    try:
        yield
    except BaseException:
        plan.stop.set()
        event.set()
        raise


def _processes(event: Event) -> Executor:
    return ProcessPoolExecutor(len(LANES) - 1, mp_context=_context, initializer=_heed, initargs=(event,))


_context = multiprocessing.get_context("spawn")
_heeded: list[Event] = []
"""In a lane's process: the event that stops it. It can be passed only when the process starts."""


def _heed(event: Event) -> None:
    _heeded.append(event)


def _elsewhere(
    place: MockPool,
    transcripts: dict[str, Transcript],
    plan: dict[str, Any],
    say: Callable[[str], None],
) -> Stage:
    """Rebuild the stage in a lane's process."""
    ledger = Ledger.load()
    bench = ProofContext(ledger, load(ledger.by_id))
    baseline = HealthyBaseline(bench, transcripts, place.steady.profile.heartbeat_seconds)
    return Stage(bench, place, baseline, ProofOptions(**plan, stop=_heeded[0]), say)
