"""Oddities that are judged together are all there: each is in one group, and none hides another of it."""

import inspect
from collections import Counter

import pytest

from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.targets.bugs.all import AREAS
from tests.conformance.targets.catalogue import DEFECTS, DIMENSIONS, VARIATIONS, broken
from tests.conformance.targets.free_choices import ANSWERS, CHOICES, drawn
from tests.conformance.targets.server import Parts
from tests.conformance.targets.variations import TOGETHER


def test_each_oddity_is_in_one_group():
    assert Counter(name for names in TOGETHER for name in names) == dict.fromkeys(VARIATIONS, 1)


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_no_oddity_hides_another_of_its_group(names: tuple[str, ...]):
    check_none_is_hidden([VARIATIONS[name].part for name in names])


@pytest.mark.parametrize("seed", range(40))
def test_no_answer_hides_another_of_a_drawn_platform(seed: int):
    check_none_is_hidden([ANSWERS[name] for name in drawn(seed)])


def check_none_is_hidden(oddities: list[type]) -> None:
    parts = Parts()
    for oddity in oddities:
        parts = parts.with_part(oddity)
    made = [getattr(parts, name) for name in parts.__dataclass_fields__]

    for oddity in oddities:
        whole = next(each for each in made if issubclass(each, oddity))
        for name in own(oddity):
            before = whole.__mro__[: whole.__mro__.index(oddity)]
            hiding = [each.__name__ for each in before if name in own(each) and not passes_on(each, name)]
            assert hiding == [], f"{oddity.__name__}.{name}"


def test_each_choice_names_a_fact_and_its_answers_differ():
    facts = Ledger.load().facts

    assert {choice.gap for choice in CHOICES} <= facts.keys()
    assert all(len(set(choice.answers)) == len(choice.answers) > 1 for choice in CHOICES)


def test_a_few_seeds_draw_every_answer():
    assert set().union(*map(drawn, range(40))) == ANSWERS.keys()


def test_the_bugs_cover_every_situation_and_name_rows_of_the_ledger():
    bugs = [each for each in DEFECTS.values() if each.part.__module__ in {area.__name__ for area in AREAS}]

    covered = {(name, value) for each in bugs for name, told in each.situation.items() for value in told}
    assert covered == {(name, value) for name, values in DIMENSIONS.items() for value in values}
    assert {row for each in DEFECTS.values() for row in each.rows} <= Ledger.load().by_id.keys()
    assert all(each.situation and each.rows and each.says for each in bugs)


def test_an_unknown_situation_is_refused():
    with pytest.raises(ValueError, match="no such situation: turn: 4th"):
        broken("GET-001", turn="4th")


def own(oddity: type) -> set[str]:
    """The names of what it does otherwise."""
    return {name for name in vars(oddity) if not name.startswith("__") or name == "__init__"}


def passes_on(oddity: type, name: str) -> bool:
    """True for a method that calls the next one of its name."""
    method = vars(oddity)[name]
    return inspect.isfunction(method) and "__class__" in method.__code__.co_freevars
