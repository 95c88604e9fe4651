"""Repeats of the healthy run: each changed verdict is named, and every second run is under load."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Citation, Verdict, failed, passed
from sigmic_conformance.conformance.proof import stability
from sigmic_conformance.conformance.proof.healthy_baseline import HealthyBaseline
from sigmic_conformance.conformance.proof.part import ProofOptions
from sigmic_conformance.conformance.proof.trial import ProofContext
from sigmic_conformance.conformance.registry import Check, Concurrency, Probe, Registry
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.ledger import Ledger

ONE = "one"


def judgement(record: Record) -> Verdict:
    """A judge that returns what the transcript's fact `said` asks for."""
    said = record.fact(ONE, "said")
    piece = Citation(probe="one", exchange=1, label="x", note="n")
    return passed("so", piece) if said == "good" else failed("broke", piece, expected="a", observed="b")


async def nothing(_: object) -> None:
    """A probe that does nothing."""


def run(said: str) -> dict[str, Transcript]:
    return {"one": Transcript(probe="one", ending=Ending.COMPLETE, facts={"said": said})}


def test_a_verdict_that_moves_is_named_with_its_run_and_what_it_was():
    registry = Registry()
    registry.add_probe(Probe(name=ONE, function=nothing, window=lambda _: 1.0, concurrency=Concurrency.QUICK))
    registry.add(Check(id="GET-001", function=judgement, needs=(ONE,)))
    bench = ProofContext(Ledger.load(), registry)
    runs = iter(
        [(run("good"), frozenset()), (run("bad"), frozenset({"GET-001"})), (run("good"), frozenset())]
    )
    loads: list[str] = []

    @contextlib.contextmanager
    def load() -> Iterator[None]:
        loads.append("on")
        yield
        loads.append("off")

    place: Any = SimpleNamespace(steady=SimpleNamespace(profile=Profile(base_url="http://127.0.0.1:1")))

    part = stability.stability_part(
        bench,
        place,
        HealthyBaseline(bench, run("good")),
        ProofOptions(None, 1, lambda _: None),
        repeats=3,
        run=lambda *_: next(runs),
        busy=load,
    )

    assert part.problems == ("changed  GET-001 in run 2: passed, then failed (broke)",)
    assert part.data["again"] == [[], ["GET-001"], []]
    assert loads == ["on", "off"]
    assert "1 verdict changed in 3 repeats" in part.summary
