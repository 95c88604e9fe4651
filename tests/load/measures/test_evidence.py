"""Each violation can be traced; violations have limited memory, and no key is shown."""

import json

import pytest

from sigmic_load.measures.evidence import MOST, Evidence, Kind, around


def noted(evidence: Evidence, kind: Kind, at: float, seconds: float = 0.0, near: bytes = b"") -> None:
    evidence.note(kind, at=at, task="t", stream="127.0.0.1:1", says="it", near=near, seconds=seconds)


def test_the_first_cuts_and_the_latest_heartbeats_are_kept_over_all_processes():
    one, other = Evidence(), Evidence()
    for number in range(MOST + 20):
        noted(one, Kind.LATE, at=number, seconds=number % 60)
        noted(other, Kind.CUT, at=1000 - number)

    one.merge(json.loads(json.dumps(other.to_wire())))

    kinds = [it.kind for it in one]
    assert kinds == [Kind.CUT] * MOST + [Kind.LATE] * MOST
    assert next(iter(one)).at == 1000 - (MOST + 19), "the first cut"
    late = [it.seconds for it in one if it.kind is Kind.LATE]
    assert late == sorted(late, reverse=True)
    assert late[0] == 59


def test_what_is_hidden_is_shown_nowhere():
    evidence = Evidence(hidden=("sigmic_secret", "let-me-in"))
    noted(evidence, Kind.CUT, at=1.0, near=b"data: sigmic_secret let-me-in \xff")

    (incident,) = evidence
    assert incident.bytes == "data: [hidden] [hidden] \\xff"


@pytest.mark.parametrize(
    ("raw", "place", "seen"),
    [
        (b"x" * 500 + b" here " + b"y" * 500, "here", b"x" * 119 + b" here " + b"y" * 119),
        (b"x" * 500, "here", b"x" * 240),
        (b"abc", "", b"abc"),
    ],
)
def test_the_bytes_around_a_place(raw, place, seen):
    assert around(raw, place) == seen
