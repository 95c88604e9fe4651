"""Each documentation gap has a choice or a reason, and no answer of a platform hides another."""

import inspect
from collections import Counter
from pathlib import Path

import pytest
import yaml

from lab.platforms.bugs.all import AREAS
from lab.platforms.catalogue import DEFECTS
from lab.platforms.freedom.table import ANSWERS, CHOICES, NOT_FREE, drawn
from lab.platforms.freedom.trial import shrunk
from lab.platforms.server import Parts
from sigmic_spec.ledger import Ledger

VARIATIONS = Path(__file__).parents[3] / "mock_server" / "sigmic_mock" / "faults" / "rows" / "variations.yaml"


def test_each_gap_and_contradiction_has_a_choice_or_a_reason():
    open_facts = {fact for fact in Ledger.load().facts if fact.startswith(("G-", "X-"))}
    chosen = {fact for choice in CHOICES for fact in choice.facts}

    assert open_facts - chosen == NOT_FREE.keys()
    assert chosen <= Ledger.load().facts.keys()


def test_each_variation_of_the_mock_is_of_one_choice():
    variations = [each["id"] for each in yaml.safe_load(VARIATIONS.read_text())]

    assert sorted(each for choice in CHOICES for each in choice.mock) == sorted(variations)


def test_each_choice_has_a_name_and_answers_of_its_own():
    assert max(Counter(choice.name for choice in CHOICES).values()) == 1
    assert max(Counter(answer.name for choice in CHOICES for answer in choice.answers).values()) == 1
    assert all(choice.answers for choice in CHOICES)


def test_each_warning_that_an_answer_explains_is_one_of_the_ledger():
    assert {row for answer in ANSWERS.values() for row in answer.may_warn} <= Ledger.load().by_id.keys()


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_hides_another_of_a_drawn_platform(seed: int):
    oddities = [ANSWERS[name].part for name in drawn(seed)]
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


def test_a_few_seeds_draw_every_answer():
    assert set().union(*map(drawn, range(60))) == ANSWERS.keys()


def test_a_failing_platform_shrinks_to_the_answers_that_it_needs():
    tried: list[tuple[str, ...]] = []

    def fails(answers: tuple[str, ...]) -> bool:
        tried.append(answers)
        return {"c", "h"} <= set(answers)

    assert shrunk("abcdefghij", fails) == ("c", "h")
    assert len(tried) < 30
    assert shrunk("abc", lambda _: True) == ()


def test_each_bug_names_requirements_that_exist():
    bugs = [each for each in DEFECTS.values() if each.part.__module__ in {area.__name__ for area in AREAS}]

    assert {row for each in DEFECTS.values() for row in each.rows} <= Ledger.load().by_id.keys()
    assert all(each.rows and each.says for each in bugs)


def own(oddity: type) -> set[str]:
    """Return the names that a class overrides."""
    return {name for name in vars(oddity) if not name.startswith("__") or name == "__init__"}


def passes_on(oddity: type, name: str) -> bool:
    """Return True for a method that calls `super()`."""
    method = vars(oddity)[name]
    return inspect.isfunction(method) and "__class__" in method.__code__.co_freevars
