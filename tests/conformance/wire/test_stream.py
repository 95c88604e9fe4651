"""Parse a recorded stream."""

from dataclasses import replace

import pytest

from sigmic_conformance.wire.stream import Stream
from tests.conformance.kit import LIVE, SECOND, USER, call, content, done, event, result, stream


@pytest.mark.parametrize(("head_at", "opened"), [(2, 2), (0, 0), (None, 1)])
def test_a_stream_is_listened_to_from_its_head_on(head_at, opened):
    heard = replace(
        stream([(3.0, USER + LIVE)], ended=5.0),
        started=SECOND,
        head_at=None if head_at is None else head_at * SECOND,
    )

    assert Stream(heard).opened == opened * SECOND
    assert Stream(heard).listened == (5 - opened) * SECOND


@pytest.mark.parametrize(
    ("parts", "closing"),
    [
        ((content("a"), content("b"), done("ab")), ["a", "b"]),
        ((content("a"), call("c"), result("c", "o"), content("b"), done("b")), ["b"]),
        ((content("a"), call("c"), content("b"), result("c", "o")), []),
        ((call("c"), result("c", "o"), content("a"), call("d"), content("b")), ["a", "b"]),
        ((), []),
    ],
    ids=["no tool", "after a result", "before a result", "between calls", "nothing"],
)
def test_the_closing_text_of_a_run_starts_after_the_last_tool_result(parts, closing):
    heard = Stream(stream([(0.0, b"".join([USER, LIVE, *parts]))]))

    assert [event.get("text") for event in heard.answer.closing] == closing


def test_an_answer_can_start_after_a_call_without_a_result():
    heard = Stream(
        stream([(0.0, b"".join([USER, LIVE, content("a"), call("c"), content("b"), content("c")]))])
    )

    assert [answer for answer in ("abc", "bc", "c", "ab", "b") if heard.answer.may_be(answer)] == [
        "abc",
        "bc",
        "c",
    ]


def test_two_deliveries_are_compared_by_their_documented_fields():
    def delivered(*parts: bytes) -> list[tuple[str, str]]:
        return Stream(stream([(0.0, b"".join(parts))])).documented

    one = delivered(event("hello", id=1), event("done", finalResponse="x", sent=1))
    assert one == delivered(event("done", sent=2, finalResponse="x"))
    assert one != delivered(event("done", finalResponse="y"))
