"""The text of a turn, from outputs that contain one turn or all turns."""

import pytest

from sigmic_conformance.model.outputs import output_of
from sigmic_conformance.model.task import Task
from tests.conformance.handwritten import Traffic


def told(*contents: str) -> tuple[Task, bool | None]:
    """A task for whose turns get_task returned these outputs, and whether they accumulate."""
    traffic = Traffic()
    for number, content in enumerate(contents):
        traffic.say("More") if number else traffic.create("Hi")
        traffic.get()
        traffic.get(fields={"output": {"content": content}})
    model = traffic.model()
    return model.tasks["t"], model.choices.accumulates


@pytest.mark.parametrize(
    ("contents", "accumulated", "last"),
    [
        (("One.", "Two."), False, "Two."),
        (("One.", "One.Two."), True, "Two."),
        (("One.", "One."), False, "One."),
        (("One.", "One.Two.", "Three."), False, "Three."),
    ],
)
def test_the_output_of_the_last_turn_is_found_in_an_accumulated_output(
    contents: tuple[str, ...], last: str, *, accumulated: bool
):
    task, accumulates = told(*contents)

    assert accumulates is accumulated
    assert output_of(task, task.turns[-1], accumulated=accumulates) == last


def test_a_later_output_is_unknown_while_nothing_shows_whether_outputs_accumulate():
    traffic = Traffic().create("Hi").get(fields={"output": {"content": "One."}}).say("More")
    model = traffic.get().get(fields={"output": {"content": "One.Two."}}).model()

    assert model.choices.accumulates is None
    assert output_of(model.tasks["t"], model.tasks["t"].turns[1], accumulated=None) is None


def test_nothing_is_known_of_a_turn_where_that_before_was_not_read():
    task, _ = told("One.", "One.Two.")
    task.read.pop(1)

    assert output_of(task, task.turns[1], accumulated=True) is None
    assert output_of(task, task.turns[1], accumulated=False) == "One.Two."
