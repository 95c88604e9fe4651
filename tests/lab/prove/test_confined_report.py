"""The results of confined violations are counted and reported."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from lab.prove import confined_report
from lab.prove.confined_report import ConfinedResult, by_dimension, report, wilson
from lab.prove.confinement import Confined
from lab.prove.grading import Grade
from lab.prove.page import page
from lab.prove.part import Part
from lab.prove.proving import document
from sigmic_spec.situations import Value

SCHEMA = Path(confined_report.__file__).with_name("proof.schema.json")


def one(
    grade: Grade, *values: Value, red: tuple[str, ...] = (), row: str = "OWN-001"
) -> tuple[Confined, ConfinedResult]:
    confined = Confined(fault="f", values=values, probes=("p",))
    return confined, ConfinedResult(
        id=str(confined), row=row, grade=grade, why="so" if grade != "caught" else "", red=red
    )


LIVE, RESTORED = Value("session", "live"), Value("session", "restored")


def test_the_report_shows_the_rate_in_total_and_by_dimension_and_each_miss():
    part = report(
        [
            one(Grade.CAUGHT, LIVE),
            one(Grade.CAUGHT, RESTORED),
            one(Grade.MISSED, RESTORED),
            one(Grade.VOID, LIVE),
        ],
        possible=9,
        never=["g"],
        seed=3,
        everywhere=frozenset({"OWN-001"}),
    )

    assert part.data["whole"] | {"low": 0, "high": 0} == {
        "shown": 3,
        "caught": 2,
        "partly": 0,
        "rate": 0.6667,
        "low": 0,
        "high": 0,
    }
    session = part.data["dimensions"]["session"]
    assert [session[value]["rate"] for value in ("all", "live", "restored")] == [0.6667, 1.0, 0.5]
    assert part.problems[0].startswith("gate  66.7%")
    assert [line.split("  ")[:2] for line in part.problems[1:]] == [
        ["missed", "f,session=restored"],
        ["void", "f,session=live"],
    ]
    assert part.data["unconfinable"] == ["g"]


def test_beside_the_own_row_stand_any_row_and_the_rows_that_are_judged_everywhere():
    part = report(
        [
            one(Grade.CAUGHT, LIVE),
            one(Grade.PARTLY, LIVE, row="PROBE-001", red=("OTHER-001",)),
            one(Grade.MISSED, LIVE, row="PROBE-001"),
            one(Grade.UNSURE, LIVE),
        ],
        possible=9,
        never=[],
        seed=3,
        everywhere=frozenset({"OWN-001"}),
    )

    rates = {name: part.data[name] for name in ("whole", "any_row", "everywhere")}
    assert {name: (each["caught"], each["shown"]) for name, each in rates.items()} == {
        "whole": (1, 3),
        "any_row": (2, 3),
        "everywhere": (1, 1),
    }
    assert "1 unsure" in part.summary
    healthy = Part(name="healthy", summary="all hold", problems=())
    written = json.loads(
        json.dumps(document([healthy, part], started_at=datetime.now(UTC), only=(), suite="1"))
    )
    assert list(jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(written)) == []
    assert '<th scope="row">whole</th><td>by any requirement</td><td>3</td><td>2</td>' in page(written)


def test_a_row_that_turns_red_though_nothing_fired_is_a_false_alarm():
    part = report(
        [one(Grade.VOID, LIVE, red=("OTHER-001",))], possible=1, never=[], seed=0, everywhere=frozenset()
    )

    assert "false alarm  f,session=live  never fired, and OTHER-001 turned red" in part.problems


def test_nothing_is_wrong_when_everything_was_caught():
    part = report([one(Grade.CAUGHT, LIVE)] * 200, possible=200, never=[], seed=0, everywhere=frozenset())

    assert part.problems == ()


def test_a_value_without_samples_has_a_rate_of_zero():
    assert by_dimension([])["session"]["restored_twice"] == {
        "shown": 0,
        "caught": 0,
        "partly": 0,
        "rate": 0.0,
        "low": 0.0,
        "high": 1.0,
    }


@pytest.mark.parametrize(
    ("hits", "trials", "bounds"),
    [(8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (0, 0, (0.0, 1.0))],
)
def test_the_interval_of_a_rate(hits: int, trials: int, bounds: tuple[float, float]):
    assert wilson(hits, trials) == pytest.approx(bounds, abs=5e-4)
