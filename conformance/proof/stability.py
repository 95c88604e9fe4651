"""`prove --stability N`: N runs of a platform, half of them with all cores loaded; no verdict may change."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sigmic_conformance.conformance.proof.healthy_baseline import HealthyBaseline
from sigmic_conformance.conformance.proof.mock_pool import MockPool, healthy
from sigmic_conformance.conformance.proof.part import Part, ProofOptions
from sigmic_conformance.conformance.proof.trial import ProofContext, changes
from sigmic_conformance.conformance.transcript.transcript import Transcript
from sigmic_conformance.spec.plural import plural

Run = Callable[..., tuple[dict[str, Transcript], frozenset[str]]]

LOAD_SECONDS = 300
_LOAD = f"import time; end = time.monotonic() + {LOAD_SECONDS}\nwhile time.monotonic() < end: pass"


@contextlib.contextmanager
def load() -> Iterator[None]:
    """Keep every core busy with a child process each; they end by themselves after five minutes at most."""
    children = [subprocess.Popen([sys.executable, "-c", _LOAD]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def stability_part(
    bench: ProofContext,
    pool: MockPool,
    baseline: HealthyBaseline,
    plan: ProofOptions,
    *,
    repeats: int,
    run: Run = healthy,
    busy: Callable[[], AbstractContextManager[None]] = load,
) -> Part:
    """Repeat the run of all rows, every second time `busy`; count the verdicts that differ from the first."""
    profile = pool.steady.profile
    first = baseline.verdicts(profile, bench.registry.probes)
    moved: list[dict[str, object]] = []
    again: list[list[str]] = []
    for number in range(repeats):
        loaded = number % 2 == 1
        with busy() if loaded else contextlib.nullcontext():
            transcripts, opened = run(bench, pool.steady, bench.registry.probes)
        now = bench.verdicts(profile, transcripts)
        again.append(sorted(opened))
        plan.tell(f"{number + 1} of {repeats}")
        moved += [
            {
                "run": number + 1,
                "loaded": loaded,
                "row": row,
                "was": was[0].told(was[1]),
                "is": new[0].told(new[1]),
            }
            for row, (was, new) in changes(first, now).items()
        ]
    return Part(
        name="stability",
        summary=f"{plural(len(moved), 'verdict')} changed in {plural(repeats, 'repeat')}, "
        f"{repeats // 2} of them under load"
        + (f"; {sum(map(len, again))} were left open at first" if any(again) else ""),
        problems=tuple(
            f"changed  {each['row']} in run {each['run']}: {each['was']}, then {each['is']}" for each in moved
        ),
        items=repeats,
        data={"repeats": repeats, "changed": moved, "again": again},
    )
