import json

import pytest

from sigmic_conformance.conformance.transcript.fact import (
    Fact,
    Facts,
    FollowUpLabelFact,
    LabelFact,
    TaskLabelFact,
)
from sigmic_conformance.conformance.transcript.label import FollowUpLabel, Label, ProbeName, TaskLabel

P = ProbeName("p")


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (Fact[int](P, "since"), 3),
        (Fact[dict[str, str]](P, "env"), {"A": "b"}),
        (LabelFact(P, "stream"), Label(P, "early")),
        (TaskLabelFact(P, "run"), TaskLabel(P, "attempt 1")),
        (FollowUpLabelFact(P, "read"), FollowUpLabel(P, "read 1")),
    ],
)
def test_a_fact_is_read_from_json_as_it_was(fact, value):
    assert fact.read(json.loads(json.dumps(fact.kept(value)))) == value


def test_a_series_makes_facts_of_its_pattern():
    assert Facts[str, str](P, "{}: digest").of("env") == Fact[str](P, "env: digest")
