"""What CI draws of the laboratory."""

import pytest

from lab.sample import OTHERS, TOUCHED, areas_of, draw
from sigmic_mock.faults.catalogue import load_catalogue

AREAS = {"BEAT", "PHASE", "LIST"}


@pytest.mark.parametrize(
    ("path", "areas"),
    [
        ("spec/requirements/beat.yaml", {"BEAT"}),
        ("conformance/sigmic_conformance/checks/phase_end.py", {"PHASE"}),
        ("conformance/sigmic_conformance/traffic/probes/list.py", {"LIST"}),
        ("mock_server/sigmic_mock/faults/rows/beat.yaml", {"BEAT"}),
        ("mock_server/sigmic_mock/faults/rows/variations.yaml", set()),
        ("conformance/sigmic_conformance/run/engine.py", set()),
        ("docs/reference/beat.yaml", set()),
    ],
)
def test_a_changed_file_belongs_to_the_area_of_its_name(path, areas):
    assert areas_of([path], AREAS) == areas


def test_violations_of_a_touched_area_are_proven_and_some_of_the_others():
    catalogue = load_catalogue()

    drawn = draw(catalogue, {"BEAT"}, 1)

    assert {catalogue[each].row.partition("-")[0] for each in drawn.touched} == {"BEAT"}
    assert 0 < len(drawn.touched) <= TOUCHED
    assert len(drawn.others) == OTHERS
    assert {catalogue[each].kind for each in drawn.legal} == {"variation", "transient"}


def test_a_commit_draws_the_same_again_and_another_commit_something_else():
    catalogue = load_catalogue()

    assert draw(catalogue, (), 1) == draw(catalogue, (), 1)
    assert draw(catalogue, (), 1) != draw(catalogue, (), 2)
