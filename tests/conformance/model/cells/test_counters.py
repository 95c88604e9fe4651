"""The heuristics, each among things made by hand."""

import pytest

from sigmic_conformance.conformance.model.cells.counters import (
    Both,
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    are_near,
)
from sigmic_conformance.conformance.model.cells.facts import Facts
from tests.conformance.traffic import Traffic

FACTS = Facts(Traffic().model())


@pytest.mark.parametrize(
    ("number", "found"), [(0, "zero"), (1, "one"), (2, "two"), (9, "two"), (10, "many"), (21, "too_many")]
)
def test_a_number_has_a_name(number: int, found: str):
    counter = Numbers(lambda _: iter([("p", number)]), many=10, too_many=21)

    assert list(counter(FACTS)) == [(found, "p")]


def test_what_is_never_absent_and_not_limited_has_neither_value():
    counter = Numbers(lambda _: iter([("p", 0), ("p", 99)]), least=1)

    assert counter.values == {"one", "two"}
    assert list(counter(FACTS)) == [("two", "p")]


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
    counter = Sizes(lambda _: iter([("p", thing)]), large=6000)

    assert {value for value, _ in counter(FACTS)} == found


def test_among_three_there_is_a_middle_and_what_comes_again_is_told():
    counter = Order(lambda _: iter([[("a", 1), ("b", 2), ("c", 1)], [("d", None), ("e", None)]]))

    assert list(counter(FACTS)) == [("first", "a"), ("middle", "b"), ("last", "c"), ("again", "c")]


@pytest.mark.parametrize(
    ("one", "other", "near"),
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
def test_names_are_near_that_differ_in_little(one: str, other: str, *, near: bool):
    assert are_near(one, other) is near


def test_names_of_one_place_are_compared():
    counter = Names(lambda _: iter([[("a", "x"), ("b", "x"), ("c", "X")], [("d", "y")]]))

    assert list(counter(FACTS)) == [("same", "c"), ("nearly_same", "c")]


def test_values_of_two_counters_are_those_of_both():
    one, other = When({"during": lambda _: iter("a")}), When({"after": lambda _: iter("b")})

    assert Both(one, other).values == {"during", "after"}
    assert list(Both(one, other)(FACTS)) == [("during", "a"), ("after", "b")]
