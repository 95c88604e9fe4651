"""A campaign: record the behaviour of an unchanged platform, then try mutants on a few servers in parallel.

Everything is saved in a folder: the recorded behaviour, and a line for each mutant as soon as it is decided.
A campaign that is restarted in the same folder continues there.
"""

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.mutation.answers import Answers
from lab.mutation.copies import Copy
from lab.mutation.reach import Reach, reach
from lab.mutation.sources import ROOT, Mutant, mutants, source
from lab.mutation.traffic import Traffic
from lab.mutation.trying import Bench, Fate, Trial
from sigmic_conformance.wire.transcript import Transcript

LEARNED_FROM = ("conformance", "mock_server", "spec", "lab/platforms")
"""The unchanged platform is recorded again if one of these has changed."""
TRIALS = "trials.jsonl"
RECORDINGS = 2
"""Recordings of all probes together, in addition to the one of each probe alone."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The behaviour of an unchanged platform: lines by probe, answers, and one recording of everything."""

    reach: Reach
    answers: Answers
    healthy: Mapping[str, Transcript]


def learned(platform: str, folder: Path) -> Learned:
    """Record it, or read an earlier record."""
    file = folder / f"learned-{_digest()}.pickle"
    if not file.exists():
        by_line, alone = reach(platform)
        together = [_recorded(platform) for _ in range(RECORDINGS)]
        answers = Answers.of((alone, *together))
        file.write_bytes(pickle.dumps(Learned(by_line, answers, alone)))
    found: Learned = pickle.loads(file.read_bytes())  # noqa: S301 - we wrote it
    return found


def _digest() -> str:
    """Return the digest of the source of the suite and of the platforms."""
    found = hashlib.sha256()
    for path in sorted(each for name in LEARNED_FROM for each in (ROOT / name).rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _recorded(platform: str) -> dict[str, Transcript]:
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as place,
        Copy.of(platform, Path(place) / "copy").served() as (profile, credentials),
    ):
        traffic = Traffic(profile)
        return traffic.record(profile, credentials, traffic.probes)


def trials(
    platform: str, *, sample: int, seed: int, jobs: int, folder: Path, controls: int = 0
) -> Iterator[dict[str, Any]]:
    """Try `sample` mutants that a probe executes; yield the results, and the mutants that no probe executes.

    `controls` of them are unchanged copies: a failed requirement there is a false alarm of this machine.
    """
    known = learned(platform, folder)
    of, done = source(platform), kept(folder)
    yield from done.values()
    tried = sum(each["fate"] != Fate.UNREACHED for each in done.values())
    drawn = (each for each in mutants(of, seed) if each.key not in done)
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as place,
        ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(platform, folder, Path(place))) as pool,
    ):
        running: set[Future[Trial]] = set()
        for mutant in _controls(of.modules, controls) if controls else drawn:
            reached = known.reach.of(mutant.path, mutant.lines)
            if not reached:
                yield _keep(folder, Trial(mutant=mutant.as_json(), fate=Fate.UNREACHED))
                continue
            if tried + len(running) >= sample:
                break
            running.add(pool.submit(_try, mutant, reached))
            while len(running) > jobs:
                over, running = wait(running, return_when=FIRST_COMPLETED)
                for each in over:
                    tried += 1
                    yield _keep(folder, each.result())
        for each in running:
            yield _keep(folder, each.result())


def _controls(modules: list[str], count: int) -> Iterator[Mutant]:
    for number in range(count):
        path = modules[number * 7 % len(modules)]
        yield Mutant(path, "none", 1, (1,), f"control {number}", "", (ROOT / path).read_text())


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the trials of a folder, by the key of their mutants."""
    file = folder / TRIALS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    rows = [json.loads(line) for line in lines]
    return {key(row["mutant"]): row for row in rows}


def key(told: dict[str, Any]) -> str:
    """Return `Mutant.key` for a saved line."""
    return f"{told['path']} [{told['operator']}] {told['before']} => {told['after']}"


def _keep(folder: Path, trial: Trial) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(trial.as_json()))
    with (folder / TRIALS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return told


@dataclass
class _Worker:
    """State of a process for its trials."""

    bench: Bench
    copy: Copy


_WORKER: list[_Worker] = []


def _prepare(platform: str, folder: Path, place: Path) -> None:
    known = learned(platform, folder)
    copy = Copy.of(platform, place / str(os.getpid()))
    with copy.served() as (profile, _):
        traffic = Traffic(profile)
    _WORKER.append(_Worker(Bench(source(platform), traffic, known.healthy, known.answers), copy))


def _try(mutant: Mutant, reached: frozenset[str]) -> Trial:
    worker = _WORKER[0]
    try:
        return worker.bench.trial(worker.copy, mutant, reached)
    except Exception as problem:  # noqa: BLE001 - one trial that broke must not end the others
        return Trial(mutant=mutant.as_json(), fate=Fate.INVALID, note=f"broke: {problem!r}"[:200])
