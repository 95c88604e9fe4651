"""Identifiers: their formats, and ids derived from a seed."""

import re
import uuid

import pytest

from sigmic_mock.runtime.ids import Ids, ProjectIds, RandomIds


@pytest.mark.parametrize("ids", [RandomIds(), ProjectIds(seed=7).of("project")], ids=["chance", "seed"])
def test_ids_have_the_documented_shapes_and_differ(ids: Ids) -> None:
    assert uuid.UUID(ids.task()).version == 4
    assert uuid.UUID(ids.session("task")).version == 4
    assert uuid.UUID(ids.message("task")).version == 4
    assert re.fullmatch(r"1769442659997-[0-9a-z]{9}", ids.conversation("task", 1_769_442_659_997))
    assert re.fullmatch(r"call_[0-9a-f]{16}", ids.call("task"))
    assert len({ids.task() for _ in range(100)} | {ids.call("task") for _ in range(100)}) == 200


FIRST_OF_42 = (
    "0078518f-555e-4e7b-b1c0-b2ece3b216f1",
    "d02b0e7e-52eb-456f-81d8-312b7b7f3a3c",
    "call_b6c4ad4a74bba86c",
)


def drawn(ids: Ids) -> list[str]:
    """Return ids of every kind, for two tasks."""
    tasks = [ids.task(), ids.task()]
    return [*tasks, *map(ids.message, tasks), *map(ids.session, tasks), ids.call(tasks[0]), ids.uuid()]


def test_ids_cannot_be_guessed_by_default() -> None:
    ids = ProjectIds()

    assert ids.seed_of("project") is None
    assert not set(drawn(ids.of("project"))) & set(drawn(ids.of("project")))


def test_the_first_ids_of_a_seed_are_for_ever() -> None:
    ids = ProjectIds(seed=42).of("project")
    task = ids.task()

    assert (task, ids.message(task), ids.call(task)) == FIRST_OF_42


def test_tasks_at_the_same_time_do_not_disturb_one_anothers_ids() -> None:
    one, other = ProjectIds(seed=7).of("p"), ProjectIds(seed=7).of("p")
    a, b = one.task(), one.task()
    assert (a, b) == (other.task(), other.task())

    in_order = [one.message(a), one.message(a), one.message(b)]
    mixed = [other.message(b), other.message(a), other.message(a)]

    assert in_order == [*mixed[1:], mixed[0]]


def test_two_projects_with_one_seed_share_everything_but_the_ids_of_their_tasks() -> None:
    ids = ProjectIds(seed=7)
    one, other = ids.of("one"), ids.of("other")
    a, b = one.task(), other.task()

    assert a != b
    assert one.message(a) == other.message(b)
    assert one.call(a) == other.call(b)


def test_a_seed_of_one_project_changes_no_other() -> None:
    ids = ProjectIds()
    ids.seed("mine", 7)

    assert (ids.seed_of("mine"), ids.seed_of("theirs")) == (7, None)
    ids.seed("mine", None)
    assert ids.seed_of("mine") is None


def test_a_position_is_gone_on_from_and_is_a_copy() -> None:
    ids = ProjectIds(seed=7)
    drawn(ids.of("project"))
    position = ids.capture("project")
    after = drawn(ids.of("project"))
    ids.rewind("project")
    assert position is not None
    ids.restore("project", position, {})

    assert drawn(ids.of("project")) == after
    assert position.drawn["task", ""] == 2
