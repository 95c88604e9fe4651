"""The heuristics, each on hand-written data."""

import pytest

from sigmic_conformance.conformance.model.cells.heuristics import (
    Reach,
    again,
    are_near,
    near,
    numbers,
    order,
    sizes,
)
from tests.conformance.kit import exchange

ONE, TWO, THREE = (exchange(number=number) for number in (1, 2, 3))


def reached(reach: Reach) -> set[str]:
    return {cell for cell, exchanges in reach.items() if list(exchanges)}


@pytest.mark.parametrize(
    ("number", "found"), [(0, "zero"), (1, "one"), (2, "two"), (9, "two"), (10, "many"), (21, "too_many")]
)
def test_a_number_has_a_name(number: int, found: str):
    assert reached(numbers([(ONE, number)], many=10, too_many=21)) == {f"count={found}"}


def test_what_is_never_absent_and_not_limited_has_neither_value():
    assert numbers([(ONE, 0), (TWO, 99)], least=1) == {"count=one": [], "count=two": [TWO]}


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        ("", {"nothing"}),
        (0, {"nothing"}),
        ("a", {"small"}),
        ("ab", set()),
        (4095, {"at_an_edge"}),
        (4098, set()),
        (8192, {"large", "at_an_edge"}),
        ("a" * 5000, set()),
        ("a" * 4095 + "é" + "a" * 500, {"at_an_edge"}),
        ("a" * 4096 + "é" + "a" * 500, set()),
    ],
)
def test_a_size_has_names_and_a_character_may_stand_over_an_edge(thing: str | int, found: set[str]):
    assert reached(sizes([(ONE, thing)], large=6000)) == {f"size={name}" for name in found}


def test_among_three_there_is_a_middle():
    found = order([[ONE, TWO, THREE], [ONE, TWO]])

    assert found == {"place=first": [ONE], "place=middle": [TWO], "place=last": [THREE]}


def test_what_has_a_key_of_an_earlier_thing_comes_again():
    assert list(again([(ONE, {"a", "b"}), (TWO, {"c"}), (THREE, {"b", "d"})])) == [THREE]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("a.txt", "A.TXT", True),
        ("é", "e\u0301", True),
        ("a", "a.", True),
        ("report", "report-2", True),
        ("key1", "key2", True),
        ("key1", "key1", False),
        ("key1", "kez2", False),
        ("ann", "bob", False),
    ],
)
def test_names_are_near_that_differ_in_little(one: str, other: str, *, found: bool):
    assert are_near(one, other) is found
    assert bool(list(near([(ONE, one), (TWO, other)]))) is found
