"""The frames of a stream: exactly the documented bytes, for any payload."""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.events import Content
from sigmic_mock.domain.sse import encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@dataclass
class AnyEvent:
    """An event with the name and payload that the test chooses."""

    name: ClassVar[str] = "any"
    held: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        return self.held


def test_half_a_surrogate_pair_does_not_break_the_stream() -> None:
    frame = encode(Content("\ud83d", is_partial=True))

    assert json.loads(frame.decode().split("data: ")[1])["text"] == "\ud83d"


@given(st.dictionaries(st.text(), JSON))
def test_any_payload_comes_back_from_its_one_line(held: dict[str, Any]) -> None:
    frame = encode(AnyEvent(held)).decode()

    assert frame.splitlines()[:1] == ["event: any"]
    assert len(frame.splitlines()) == 3
    assert json.loads(frame.splitlines()[1].removeprefix("data: ")) == held


def test_a_value_that_json_cannot_encode_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode(AnyEvent({"x": float("nan")}))
