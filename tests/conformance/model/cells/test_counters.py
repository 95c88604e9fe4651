"""The heuristics, each on hand-written data."""

import pytest

from sigmic_conformance.conformance.model.cells.counters import (
    Again,
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    are_near,
    noun,
)
from sigmic_conformance.conformance.model.cells.facts import Facts
from tests.conformance.kit import exchange
from tests.conformance.traffic import Traffic

FACTS = Facts(Traffic().model())
ONE, TWO, THREE = (exchange(number=number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("number", "found"), [(0, "zero"), (1, "one"), (2, "two"), (9, "two"), (10, "many"), (21, "too_many")]
)
def test_a_number_has_a_name(number: int, found: str):
    counter = Numbers(lambda _: iter([(ONE, number)]), many=10, too_many=21)

    assert list(counter(FACTS)) == [(found, ONE)]


def test_what_is_never_absent_and_not_limited_has_neither_value():
    counter = Numbers(lambda _: iter([(ONE, 0), (TWO, 99)]), least=1)

    assert counter.values == {"one", "two"}
    assert list(counter(FACTS)) == [("two", TWO)]


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
    counter = Sizes(lambda _: iter([(ONE, thing)]), large=6000)

    assert {value for value, _ in counter(FACTS)} == found


def test_among_three_there_is_a_middle():
    counter = Order(lambda _: iter([[ONE, TWO, THREE], [ONE, TWO]]))

    assert list(counter(FACTS)) == [("first", ONE), ("middle", TWO), ("last", THREE)]


def test_what_is_equal_to_an_earlier_thing_of_its_place_comes_again():
    counter = Again(lambda _: iter([[(ONE, "a"), (TWO, "b"), (THREE, "a")], [(ONE, "b")]]))

    assert list(counter(FACTS)) == [("again", THREE)]


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
    counter = Names(lambda _: iter([[(ONE, "x"), (TWO, "x"), (THREE, "X")], [(ONE, "y")]]))

    assert list(counter(FACTS)) == [("same", TWO), ("nearly_same", THREE)]


def test_a_noun_has_counters_and_a_heuristic_of_one_value_is_a_function():
    when = When(during=lambda _: iter([ONE]), after=lambda _: iter([TWO]))
    made = noun(
        moment=when,
        place=[Order(lambda _: iter([])), When(again=lambda _: iter([]))],
        cut=lambda _: iter([ONE]),
    )

    assert {
        name: {value for each in counters for value in each.values} for name, counters in made.items()
    } == {
        "moment": {"during", "after"},
        "place": {"first", "middle", "last", "again"},
        "cut": {"middle"},
    }
    assert list(when(FACTS)) == [("during", ONE), ("after", TWO)]
