"""What is tried again when rows fail, and what a second look changes."""

import pytest

from sigmic_conformance.conformance.judging.verdict import (
    Citation,
    Outcome,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.conformance.registry import Concurrency, Judge, Probe, Registry
from sigmic_conformance.conformance.run.retrial import MOST_ROWS, MOST_SECONDS, Retry, plan_retrial, settled
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.spec.ledger import Kind

PROFILE = Profile(base_url="http://127.0.0.1:1")
SECONDS = {"quick": 1.0, "other": 1.0, "long": MOST_SECONDS, "endless": MOST_SECONDS + 1}
HOLDS = passed("right", Citation(probe="quick", exchange=1, label="x", note="seen"))


def broken_in(*probes: str, reason: str = "wrong") -> Verdict:
    cited = (Citation(probe=name, exchange=1, label="x", note="seen") for name in probes)
    return failed(reason, *cited, expected="this", observed="that")


async def idle(_: object) -> None:
    """Nothing: no probe is run here."""


def made(name: str) -> Probe:
    return Probe(
        name=ProbeName(name),
        function=idle,
        window=lambda _: SECONDS[name],
        concurrency=Concurrency.QUICK,
    )


def registry(**needs: tuple[str, ...]) -> Registry:
    """Rows by name with the probes that they need; those whose name begins with S are sweeps."""
    found = Registry()
    for name in SECONDS:
        found.add_probe(made(name))
    for row, names in needs.items():
        read = tuple(map(ProbeName, names))
        found.add_judge(Judge(id=row, function=lambda _: HOLDS, needs=read, sweep=row.startswith("S")))
    return found


@pytest.mark.parametrize(
    ("verdicts", "again", "left"),
    [
        ({"A": broken_in("quick")}, {"A": {"quick"}}, {}),
        ({"A": broken_in("other")}, {"A": {"quick", "other"}}, {}),  # an invariant saw it elsewhere
        ({"S": broken_in("other")}, {"S": {"other"}}, {}),  # a sweep is repeated where it found something
        ({"S": broken_in()}, {}, {"S": "no probe"}),
        ({"A": broken_in("journey_1")}, {}, {"A": "journey_1, which is not repeated"}),
        ({"E": broken_in()}, {}, {"E": "longer than is left of 180 s"}),
        ({"L": broken_in(), "A": broken_in()}, {"L": {"long"}}, {"A": "longer than is left"}),
    ],
)
def test_the_traffic_of_a_failed_row_is_made_once_more(verdicts, again, left):
    rows = registry(A=("quick",), S=("quick",), E=("endless",), L=("long",))

    planned = plan_retrial(verdicts, rows, PROFILE)

    assert planned.rows == again
    assert planned.probes == frozenset().union(*again.values())
    assert planned.left.keys() == left.keys()
    assert all(words in planned.left[row] for row, words in left.items())


def test_many_failures_are_no_accident():
    rows = [f"A{number}" for number in range(MOST_ROWS + 1)]

    planned = plan_retrial(
        {row: broken_in() for row in rows}, registry(**dict.fromkeys(rows, ("quick",))), PROFILE
    )

    assert (planned.rows, set(planned.left)) == ({}, set(rows))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("strict", [False, True])
def test_only_what_should_happen_in_the_end_is_tolerated_when_it_holds_alone(kind, strict):
    found = settled(broken_in("quick"), HOLDS, kind, strict=strict)

    tolerated = kind is Kind.LIVENESS and not strict
    assert found.outcome is (Outcome.WARNED if tolerated else Outcome.FAILED)
    assert found.evidence == broken_in("quick").evidence


@pytest.mark.parametrize(
    ("second", "flaky", "words"),
    [
        (HOLDS, True, "failed (wrong), then passed when tried again alone"),
        (broken_in("quick"), False, "failed again when tried alone"),
        (broken_in("quick", reason="late"), False, "failed again, otherwise (late) when tried alone"),
        (
            inconclusive(Unproven.TARGET_THROTTLED, "429"),
            False,
            "tried again alone it was not decided: inconclusive (target-throttled)",
        ),
    ],
)
def test_both_looks_are_told(second, flaky, words):
    retry = Retry(first=broken_in("quick"), second=second, probes=frozenset({"quick"}))

    assert (retry.is_flaky, retry.words) == (flaky, words)
    if not flaky:
        assert settled(retry.first, second, Kind.LIVENESS) == retry.first
