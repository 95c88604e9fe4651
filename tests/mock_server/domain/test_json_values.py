"""Count the names and values of a JSON text and measure its nesting, without parsing it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.json_values import holds_more, is_deeper

TEXTS = st.text(st.sampled_from('a"\\,:[]{} \té\u2028\n'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def counted(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + counted(item) for item in value.values())
    if isinstance(value, list):
        return 1 + sum(map(counted, value))
    return 1


@given(VALUES, st.sampled_from([None, 1]), st.sampled_from(["utf-8", "ascii"]))
def test_every_name_and_value_counts_once_however_it_is_written(value: Any, indent: int | None, how: str):
    text = json.dumps(value, indent=indent, ensure_ascii=how == "ascii").encode()

    assert not holds_more(text, counted(value))
    assert holds_more(text + b" " * 100, counted(value) - 1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (b"", 0),
        (b" \r\n\t" * 50, 0),
        (b",:]}" * 50, 0),
        (b'"' + b'\\"' * 50, 1),
        (b'"' + b"\\" * 51, 1),
        (b"\x0b" * 50, 1),
        (b"[" * 50, 50),
        (b'"a""b"c[d' + b" " * 50, 5),
    ],
)
def test_a_text_that_is_not_json_is_counted_too(text: bytes, count: int):
    assert not holds_more(text + b" " * 50, count)
    assert count == 0 or holds_more(text + b" " * 50, count - 1)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b"[]", 1),
        (b'{"a":[{"b":[]},[[]]]}', 4),
        (b'["[[[[", "\\"[[["]', 1),
        (b"[" * 50 + b"]" * 50, 50),
        (b"[[]]" * 50, 2),
        (b"[" * 9 + b'"' + b'\\"' * 1_000_000, 9),  # each quote would start a string that ends with the text
    ],
)
def test_the_nesting_of_a_text_is_measured(text: bytes, depth: int):
    assert not is_deeper(text, depth)
    assert is_deeper(text, depth - 1)
