"""The healthy platform's verdicts: each judge runs once, on the exchanges that it may see."""

from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.finding import Findings, fulfils
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.registry import Registry
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger
from tests.conformance.kit import check_by, exchange

BRISK = Profile(base_url="http://127.0.0.1:1", heartbeat_seconds=0.5)
OTHER = Profile(base_url="http://127.0.0.1:2", heartbeat_seconds=0.5)


class Counting:
    """A judge that passes and records how many exchanges it received."""

    def __init__(self) -> None:
        self.shown: list[int] = []
        self.intervals: set[float] = set()

    def __call__(self, record: Record) -> Findings:
        self.intervals.add(record.profile.heartbeat_seconds)
        self.shown.append(len(list(record.exchanges())))
        yield fulfils("", "so", exchange=next(record.exchanges()))


async def nothing(_: object) -> None:
    """A probe that does nothing."""


def baseline(narrow: Counting, sweep: Counting) -> HealthyBaseline:
    registry = Registry()
    transcripts = {}
    for name in ("one", "two", "three"):
        registry.probes[name] = Probe(
            name=name, function=nothing, window=lambda _: 1.0, concurrency=Concurrency.QUICK
        )
        transcripts[name] = Transcript(
            probe=name, ending=Ending.COMPLETE, exchanges=(exchange(probe=name, body={}),)
        )
    for check in (
        check_by(narrow, id="GET-001", needs=("one",)),
        check_by(sweep, id="GET-003", needs=("one",), anywhere=True),
        check_by(Counting(), id="GET-006", needs=("three",)),
    ):
        registry.checks[check.id] = check
    return HealthyBaseline(ProofContext(Ledger.load(), registry), transcripts, 2.0)


def test_a_row_is_judged_once_by_the_probes_that_it_needs():
    narrow, sweep = Counting(), Counting()
    said = baseline(narrow, sweep)

    first = said.verdicts(BRISK, ["one"])
    again = said.verdicts(BRISK, ["one", "two"])

    assert {row: each.outcome for row, each in again.items()} == {
        "GET-001": Outcome.PASSED,
        "GET-003": Outcome.PASSED,
    }
    assert first["GET-001"] is again["GET-001"]
    assert (narrow.shown, sweep.shown, narrow.intervals) == ([1], [1, 2], {2.0})


def test_another_profile_is_another_judgement():
    narrow = Counting()
    said = baseline(narrow, Counting())

    said.verdicts(BRISK, ["one"])
    said.verdicts(OTHER, ["one"])

    assert narrow.shown == [1, 1]


def test_probes_that_were_not_run_allow_no_verdict():
    assert baseline(Counting(), Counting()).verdicts(BRISK, ["four"]) == {}
