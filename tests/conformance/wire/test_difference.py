import pytest

from sigmic_conformance.wire.difference import Difference, difference, named, spelled


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("it's", '"it\'s"'),
        (["a", 1, None], '["a", 1, null]'),
        ({"b": False}, '{"b": false}'),
        ({"x", "a"}, '["a", "x"]'),
        (b"\xff\n", '"\\\\xff\\n"'),
        ("é名", '"é名"'),
    ],
)
def test_a_value_is_spelled_as_json_spells_it(value: object, text: str):
    assert spelled(value) == text


def test_a_long_value_is_cut():
    assert spelled("x" * 500) == f'"{"x" * 80}"…'
    assert len(spelled(list(range(500)))) == 81


def test_the_first_of_many_values_are_named_with_the_number_of_the_others():
    assert named(["a", ("b", None), 3, "d", "e"]) == '"a", ["b", null], 3 and 2 more'
    assert named(["a"]) == '"a"'


def test_no_values_have_a_word():
    assert named([]) == "none"
    assert named((), none="no task") == "no task"


def test_long_texts_show_their_first_difference_with_its_neighbourhood_and_position():
    found = difference("a" * 100 + "middle" + "b" * 100, "a" * 100 + "Middle" + "b" * 100)

    assert found.place == ", from character 101 of 206 on"
    assert found.expected == f'…"{"a" * 20}middle{"b" * 44}"…'
    assert found.observed == f'…"{"a" * 20}Middle{"b" * 44}"…'


def test_a_cut_text_shows_where_it_ends():
    found = difference("x" * 200, "x" * 150)

    assert found == Difference(
        ", from character 151 of 200 on", f'…"{"x" * 70}"', f'"{"x" * 20}", which ends there'
    )


@pytest.mark.parametrize(
    ("expected", "observed", "told"),
    [
        ([1, 2, 3], [1, 5, 3], Difference("[1]", "2", "5")),
        ([1, 2], [1], Difference("[1]", "2", "absent")),
        ({"a": {"b": [{"c": "x"}]}}, {"a": {"b": [{"c": "y"}]}}, Difference(".a.b[0].c", '"x"', '"y"')),
        ({"a": 1}, {}, Difference(".a", "1", "absent")),
        ({}, {"a": None}, Difference(".a", "absent", "null")),
        ([True], [1], Difference("[0]", "true", "1")),
        ("one", "two", Difference("", '"one"', '"two"')),
        (b"abc", b"abd", Difference(", from byte 3 of 3 on", '"abc"', '"abd"')),
        (None, "x", Difference("", "null", '"x"')),
        ("same", "same", Difference("", '"same"', '"same"')),
    ],
)
def test_the_first_members_that_differ_are_named_by_their_path(
    expected: object, observed: object, told: Difference
):
    assert difference(expected, observed) == told
