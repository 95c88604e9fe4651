"""Redaction of secret values, whole and in pieces."""

import json
import os
import re
import time
from copy import copy
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.events import SubagentTool
from sigmic_mock.domain.redaction import MOST_LINES, Redactor
from sigmic_mock.domain.secret import Secret

SECRET = "hunter2-2000"
MOST_PIECES = int(os.environ.get("SECRET_PIECES", "3"))
"""A larger number takes minutes."""
EVERY_CUT = [cuts for more in range(MOST_PIECES) for cuts in combinations(range(1, len(SECRET)), more)]


def pieces(cuts: tuple[int, ...]) -> list[str]:
    return [SECRET[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(SECRET)), strict=True)]


def redactor(**secrets: str) -> Redactor:
    return Redactor({name: Secret(value) for name, value in secrets.items()})


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        ({"TOKEN": "hunter22"}, "-H hunter22 hunter22!", "-H [secret TOKEN] [secret TOKEN]!"),
        ({"PIN": "123"}, "1234 123", "1234 123"),
        ({"A": "secret", "B": "secret-longer"}, "secret secret-longer", "[secret A] [secret B]"),
        ({"A": "xabcd", "B": "cdefg", "C": "efgh"}, "1 xabcdefgh 2", "1 [secret A] 2"),
        ({"K": "BEGIN KEY\nMIIEvQIB\n  Bgkqhki\n"}, "MIIEvQIB\n  Bgkqhki", "[secret K]\n  [secret K]"),
        ({"D": "postgres://app:s3cr%40t@db/orders"}, "s3cr%40t s3cr@t", "[secret D] [secret D]"),
        ({"D": "postgres://app:s3cr%40t@db/orders"}, "postgres://app:s3cr%40t@db/orders", "[secret D]"),
    ],
)
def test_a_value_becomes_the_name_of_its_secret(secrets: dict[str, str], text: str, shown: str) -> None:
    assert redactor(**secrets).text(text) == shown


def test_a_value_inside_json_is_found() -> None:
    value = 'pa"ss\\wörd'

    assert value not in redactor(P=value).text(json.dumps({"p": value}))
    assert redactor(P=value).text(json.dumps({"p": value})) == '{"p": "[secret P]"}'
    assert redactor(P=value).text(json.dumps({"p": value}, ensure_ascii=False)) == '{"p": "[secret P]"}'


def test_a_json_value_is_redacted_in_every_string_and_key() -> None:
    value = {"hunter22": ["x hunter22", 1, None, {"k": "hunter22"}], "b": True}

    assert redactor(T="hunter22").value(value) == {
        "[secret T]": ["x [secret T]", 1, None, {"k": "[secret T]"}],
        "b": True,
    }


def test_the_texts_of_an_event_are_redacted() -> None:
    event = SubagentTool(agent_name="w", status="end", tool_name="t", output="is hunter22")

    assert redactor(T="hunter22").event(event) == SubagentTool(
        agent_name="w", status="end", tool_name="t", output="is [secret T]"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc hunter", "abc [secret]"),
        ("abc hun", "abc hun"),
        ("abc hunter22", "abc [secret T]"),
        ("abc", "abc"),
    ],
)
def test_at_the_end_of_a_text_that_was_cut_even_a_part_is_hidden(text: str, expected: str) -> None:
    assert redactor(T="hunter22").cut_text(text) == expected


def test_a_text_in_pieces_is_held_back_only_where_a_value_may_begin() -> None:
    stream = redactor(T="hunter22").stream()

    assert [stream.add(piece) for piece in ("I am a h", "unt", "er22", " and a hun", "dred")] == [
        "I am a ",
        "",
        "[secret T]",
        " and a ",
        "hundred",
    ]
    assert stream.flush() == ""


@given(
    st.lists(st.text("abc", min_size=4, max_size=7), max_size=3),
    st.lists(st.text("abcd", max_size=6), max_size=12),
)
def test_however_a_text_is_cut_it_comes_out_as_if_it_were_whole(values: list[str], pieces: list[str]) -> None:
    held = Redactor({f"S{number}": Secret(value) for number, value in enumerate(values)})
    stream = held.stream()
    shown = [stream.add(piece) for piece in pieces]
    shown.append(stream.flush())

    assert "".join(shown) == held.text("".join(pieces))


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\n\n"])
def test_neither_pieces_nor_line_breaks_hide_a_value_wherever_they_cut_it(line_break: str) -> None:
    held = redactor(T=SECRET)

    for cuts in EVERY_CUT:
        text = f"a\nb {line_break.join(pieces(cuts))}\nc\n"
        assert held.text(text) == "a\nb [secret T]\nc\n"
        assert held.value({"k": [text]}) == {"k": ["a\nb [secret T]\nc\n"]}

        for parts in (pieces(cuts), line_break.join(pieces(cuts))):
            stream = held.stream()
            assert "".join([*map(stream.add, ["a ", *parts, " b"]), stream.flush()]) == "a [secret T] b"

        before, shown = "", []
        for piece in ["first", *(piece + line_break for piece in pieces(cuts)), "last"]:
            following, before = held.following(before, piece)
            shown.append(following)
        assert shown[-2].startswith("[secret T]")
        assert SECRET not in re.sub(r"[\r\n]", "", "".join(shown))
        assert shown[-1] == "last"


def test_a_stream_that_was_cut_off_hides_even_a_part() -> None:
    stream = redactor(T=SECRET).stream()

    assert stream.add("it is hunter2-20") == "it is "
    assert stream.flush(cut=True) == "[secret]"


def test_a_secret_learnt_later_is_redacted_but_not_by_an_earlier_copy() -> None:
    held = redactor(A="hunter22")
    earlier = copy(held)

    held.learn({"B": Secret("rabbit33")})

    assert held.text("hunter22 rabbit33") == "[secret A] [secret B]"
    assert earlier.text("hunter22 rabbit33") == "[secret A] rabbit33"


def test_more_lines_than_are_looked_for_are_looked_for_together() -> None:
    lines = "\n".join(f"line-{number}" for number in range(MOST_LINES + 2))

    assert redactor(L=lines).text("line-7") == "line-7"
    assert redactor(L=lines).text(f"> {lines}") == "> [secret L]"


@pytest.mark.parametrize(
    "tail", ["{0:03}", "{0:03}" + "a" * 16_000], ids=["differ at the end", "in the middle"]
)
def test_values_that_begin_alike_cost_one_pass_each(tail: str) -> None:
    held = redactor(**{f"S{number}": "a" * 16_000 + tail.format(number) for number in range(100)})
    text, stream = "a" * 100_000, held.stream()
    begun = time.thread_time()

    shown = [held.text(text), "".join([*(stream.add("a" * 500) for _ in range(200)), stream.flush()])]

    assert shown == [text, text]
    assert time.thread_time() - begun < 10


def test_the_redactor_itself_shows_names_alone() -> None:
    assert repr(redactor(TOKEN="hunter22")) == "Redactor(['TOKEN'])"


def test_as_many_values_of_the_largest_size_as_there_may_be_cost_little() -> None:
    values = {f"BIG{number}": f"{number:03}-" + "é" * 16_382 for number in range(100)}
    begun = time.thread_time()

    held = redactor(**values)

    assert held.text(f"it is {values['BIG7']}.") == "it is [secret BIG7]."
    assert time.thread_time() - begun < 2
