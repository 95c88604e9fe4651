"""Oddities that are judged together are all there: each is in one group, and none hides another of it."""

import inspect
from collections import Counter

import pytest

from tests.conformance.targets.catalogue import VARIATIONS
from tests.conformance.targets.server import Parts
from tests.conformance.targets.variations import TOGETHER


def test_each_oddity_is_in_one_group():
    assert Counter(name for names in TOGETHER for name in names) == dict.fromkeys(VARIATIONS, 1)


@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_no_oddity_hides_another_of_its_group(names: tuple[str, ...]):
    parts = Parts()
    for name in names:
        parts = parts.with_part(VARIATIONS[name].part)
    made = [getattr(parts, name) for name in parts.__dataclass_fields__]

    for oddity in (VARIATIONS[name].part for name in names):
        whole = next(each for each in made if issubclass(each, oddity))
        for name in own(oddity):
            before = whole.__mro__[: whole.__mro__.index(oddity)]
            hiding = [each.__name__ for each in before if name in own(each) and not passes_on(each, name)]
            assert hiding == [], f"{oddity.__name__}.{name}"


def own(oddity: type) -> set[str]:
    """The names of what it does otherwise."""
    return {name for name in vars(oddity) if not name.startswith("__") or name == "__init__"}


def passes_on(oddity: type, name: str) -> bool:
    """True for a method that calls the next one of its name."""
    method = vars(oddity)[name]
    return inspect.isfunction(method) and "__class__" in method.__code__.co_freevars
