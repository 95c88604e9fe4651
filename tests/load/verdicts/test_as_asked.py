"""A run is compared with its plan before anything is held."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_load.verdicts.as_asked import Amounts, shortfalls

PLANNED = Amounts(seconds=60.0, judged=59.0, users=3, streams=60, heartbeats=1140)


def said(*, has_ended: bool = True, **done: Any) -> list[str]:
    return list(shortfalls(PLANNED, replace(PLANNED, **done), has_ended=has_ended, patience=4.0))


def test_a_run_as_asked_falls_short_of_nothing():
    assert said() == []
    assert said(judged=53.0, heartbeats=900) == [], "streams may take their time to open"


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ({"has_ended": False, "seconds": 13.3, "judged": 12.0}, "ended after 13 of 60 s"),
        ({"users": 2}, "2 of 3 users ran at one time"),
        ({"streams": 25}, "25 of 60 streams were open at one time"),
        ({"judged": 30.0}, "judged 30 of 59 s"),
        ({"judged": 0.0}, "so nothing was judged"),
        ({"heartbeats": 500}, "judged 500 of 1140 heartbeats"),
    ],
)
def test_what_a_run_lacks_of_its_plan_is_named_with_its_figure(done, says):
    (line,) = said(**done)

    assert says in line
