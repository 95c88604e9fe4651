"""Which failed rows are retried, and what a retry changes."""

import pytest

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.verdict import (
    Citation,
    Outcome,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.costs import Costs
from sigmic_conformance.run.retrial import (
    MOST_ROWS,
    Retrial,
    Retry,
    can_clear,
    plan_retrial,
    settled,
    shown,
)
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.requirement import Kind

PROFILE = Profile(base_url="http://127.0.0.1:1")
SECONDS = {"quick": 1.0, "other": 1.0, "agent": 9.0, "beat": 46.0, "late": 40.0}
ALLOWED = 16.0
"""Seconds for all retries together, of a run that is planned to take 53 s."""
COSTS = Costs(
    profile=PROFILE,
    probes={name: Cost(requests=1, turns=0, bytes=0, seconds=each) for name, each in SECONDS.items()},
)
HOLDS = passed("right", Citation(probe="quick", exchange=1, label="x", note="seen"))


def broken_in(*probes: str, reason: str = "wrong") -> Verdict:
    cited = (Citation(probe=name, exchange=1, label="x", note="seen") for name in probes)
    return failed(reason, *cited, expected="this", observed="that")


async def idle(_: object) -> None:
    """Do nothing: no probe runs here."""


def made(name: str) -> Probe:
    return Probe(
        name=name,
        function=idle,
        window=lambda _: SECONDS[name],
        concurrency=Concurrency.QUICK,
    )


def registry(**needs: tuple[str, ...]) -> Registry:
    """Return rows by name with the probes that they need; names that begin with S are sweeps."""
    found = Registry()
    for name in SECONDS:
        found.probes[name] = made(name)
    for row, names in needs.items():
        read = tuple(names)
        found.checks[row] = Check(id=row, needs=read, anywhere=row.startswith("S"))
    return found


def planned(verdicts: dict[str, Verdict], rows: Registry, seconds: float = ALLOWED) -> Retrial:
    return plan_retrial(verdicts, rows, PROFILE, COSTS, seconds=seconds)


@pytest.mark.parametrize(
    ("verdicts", "again", "left"),
    [
        ({"A": broken_in("quick")}, {"A": {"quick"}}, {}),
        ({"A": broken_in("other")}, {"A": {"quick", "other"}}, {}),  # an invariant found it elsewhere
        ({"S": broken_in("other")}, {"S": {"other"}}, {}),  # a sweep is repeated there
        ({"S": broken_in()}, {}, {}),
        ({"A": broken_in("journey_1")}, {}, {}),
        (
            {"B": broken_in()},
            {},
            {"B": "a retry takes 46 s, more than the 16 s for all retries; run it alone with -k B"},
        ),
        # B and L take too long. The others are retried, with three tasks in parallel.
        (
            {"B": broken_in(), "L": broken_in(), "A": broken_in(), "G": broken_in(), "H": broken_in()},
            {"A": {"quick"}, "G": {"agent"}, "H": {"agent", "other"}},
            {"B": "takes 46 s", "L": "takes 40 s"},
        ),
    ],
)
def test_the_traffic_of_a_failed_row_is_made_once_more(verdicts, again, left):
    rows = registry(A=("quick",), S=("quick",), B=("beat",), L=("late",), G=("agent",), H=("agent", "other"))

    found = planned(verdicts, rows)

    assert found.rows == again
    assert found.probes == frozenset().union(*again.values())
    assert found.left.keys() == left.keys()
    assert all(words in found.left[row] for row, words in left.items())


def test_windows_are_waited_for_side_by_side():
    rows = registry(B=("beat",), L=("late",))

    assert planned({"L": broken_in(), "B": broken_in()}, rows, seconds=46.0).rows.keys() == {"B", "L"}


@pytest.mark.parametrize("kind", list(Kind))
def test_only_a_liveness_violation_can_be_cleared_by_a_retry(kind: Kind):
    assert can_clear(kind) is (kind is Kind.LIVENESS)


def test_many_failures_are_no_accident():
    rows = [f"A{number}" for number in range(MOST_ROWS + 1)]

    found = planned({row: broken_in() for row in rows}, registry(**dict.fromkeys(rows, ("quick",))))

    assert (found.rows, set(found.left)) == ({}, set(rows))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("strict", [False, True])
def test_only_a_liveness_violation_that_passes_on_retry_is_tolerated(kind, strict):
    found = settled(broken_in("quick"), HOLDS, kind, strict=strict)

    tolerated = kind is Kind.LIVENESS and not strict
    assert found.outcome is (Outcome.WARNED if tolerated else Outcome.FAILED)
    assert found.evidence == broken_in("quick").evidence


@pytest.mark.parametrize(
    ("ending", "clears"),
    [
        (Ending.COMPLETE, True),
        (Ending.UNAVAILABLE, True),
        (Ending.BUDGET, False),
        (Ending.DEADLINE, False),
    ],
)
def test_a_retry_that_time_ended_clears_nothing(ending: Ending, clears: bool):
    again = Transcript(probe="quick", ending=ending, exchanges=(), detail="14 s are spent")

    found = settled(broken_in("quick"), shown(HOLDS, [again]), Kind.LIVENESS)

    assert found.outcome is (Outcome.WARNED if clears else Outcome.FAILED)


@pytest.mark.parametrize(
    ("second", "flaky", "words"),
    [
        (HOLDS, True, "failed (wrong), then passed on retry"),
        (broken_in("quick"), False, "failed again on retry"),
        (broken_in("quick", reason="late"), False, "failed again, otherwise (late) on retry"),
        (
            inconclusive(Unproven.TARGET_THROTTLED, "429"),
            False,
            "the retry did not decide it: inconclusive (target-throttled)",
        ),
    ],
)
def test_a_retried_requirement_reports_both_results(second, flaky, words):
    retry = Retry(first=broken_in("quick"), second=second, probes=frozenset({"quick"}))

    assert (retry.is_flaky, retry.words) == (flaky, words)
    if not flaky:
        assert settled(retry.first, second, Kind.LIVENESS) == retry.first
