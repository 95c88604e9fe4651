"""The request of a step creates the step's situation, as the judge reads it."""

from collections.abc import Mapping

import pytest

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.journeys.journey import Step
from sigmic_conformance.traffic.journeys.material import files, variables
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_spec.situations import Situations
from tests.conformance.handwritten import Traffic

DIMENSIONS = Situations.load().dimensions
USUAL = {name: next(iter(each.values)) for name, each in DIMENSIONS.items()}


def situation(traffic: Traffic) -> Mapping[str, str]:
    """Return the situation of the last exchange."""
    last = traffic.exchanges[-1]
    return dict(traffic.evaluation().situations[last.probe, last.number])


@pytest.mark.parametrize("kind", DIMENSIONS["value"].values)
def test_variables_are_of_their_kind(kind: str):
    given = variables(kind, "canary")
    secrets = {name: f"[secret:{name}]" for name in given.secrets}
    traffic = Traffic().create(fields={"env": dict(given.env), "secrets": secrets})

    assert situation(traffic)["value"] == kind


@pytest.mark.parametrize(
    ("kind", "without"),
    [(kind, frozenset()) for kind in DIMENSIONS["files"].values if kind != "none"]
    + [("nested", frozenset({"zip"}))],
)
def test_files_are_of_their_kind(kind: str, without: frozenset[str]):
    step = Step(situation={**USUAL, "files": kind})
    parts = files(step, "word", Profile(base_url="http://target", without=without))
    traffic = Traffic().create_form(*(SentFile.of(each.name, each.content) for each in parts))

    assert situation(traffic)["files"] == kind
