"""An answer is assembled from chunks, whatever chunks an endpoint sends."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.model.answer import Answer, Call, ModelFailed
from tests.fakes.model_endpoint import calling, delta, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "reasoning",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "index",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def built(*chunks: Any) -> Answer:
    answer = Answer()
    for chunk in chunks:
        answer.add(chunk)
    return answer


@given(st.lists(st.fixed_dictionaries({"choices": st.lists(JSON, max_size=2)}), max_size=3))
def test_whatever_is_sent_is_taken_or_refused_with_a_sentence(chunks: list[dict[str, Any]]):
    answer = Answer()
    with suppress(ModelFailed):
        for chunk in chunks:
            answer.add(chunk)
        answer.check_complete()

    assert json.dumps(answer.as_message()).encode()


def test_calls_arrive_in_pieces_and_in_their_order():
    answer = built(*calling(("a", {"x": 1}), ("b", {})))
    answer.check_complete()

    assert [(call.name, call.args()) for call in answer.calls] == [("a", {"x": 1}), ("b", {})]


def test_calls_without_index_are_taken_one_after_the_other():
    parts = [{"function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]

    answer = built(delta(tool_calls=parts), delta(reason="tool_calls"))

    assert [(call.id, call.name) for call in answer.calls] == [("call_0", "a"), ("call_1", "b")]


@pytest.mark.parametrize(
    "arguments",
    [
        "{",
        "[]",
        "null",
        '"x"',
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        "[" * 200_000,
        '{"a": [' + "1," * 3000 + "1]}",
    ],
)
def test_arguments_that_are_no_object_are_refused(arguments: str):
    with pytest.raises(ValueError):
        Call(pieces=[arguments]).args()


def test_no_arguments_are_an_empty_object():
    assert Call(pieces=[" "]).args() == {}


def test_half_of_a_surrogate_pair_is_replaced():
    assert built(*text("\ud800x")).text == "?x"
