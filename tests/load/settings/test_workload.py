"""The workload file."""

from random import Random

import pytest
import yaml

from sigmic_conformance.load.settings.checked_yaml import BadFile
from sigmic_conformance.load.settings.workload import DEFAULT, Span, Workload


@pytest.fixture
def changed(tmp_path):
    """Our own workload with one thing changed; its path."""

    def change(edit):
        tree = yaml.safe_load(DEFAULT.read_text())
        edit(tree)
        path = tmp_path / "workload.yaml"
        path.write_text(yaml.safe_dump(tree))
        return path

    return change


def test_our_own_file_is_right():
    workload = Workload.read()

    assert workload.weights["StreamUser"] == 1
    assert workload.uploads.archives[0].files == 20
    assert isinstance(workload.chat.prompts, tuple)


def test_a_span_is_drawn_between_its_ends():
    draw = Random(1)

    assert all(1 <= Span(1, 3).draw(draw) <= 3 for _ in range(50))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda tree: tree["users"]["ChatUser"].update(weighd=1), "did you mean weight?"),
        (lambda tree: tree["users"]["StreamUser"].update(streams=0), "users.StreamUser.streams"),
        (lambda tree: tree["think"].update(least=9), "least (9) is above most (3)"),
        (lambda tree: tree["shapes"].pop("step"), "shapes"),
        (lambda tree: [user.update(weight=0) for user in tree["users"].values()], "every weight is 0"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(changed, edit, says):
    with pytest.raises(BadFile) as refused:
        Workload.read(changed(edit))

    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadFile, match="No such file"):
        Workload.read(tmp_path / "none.yaml")
