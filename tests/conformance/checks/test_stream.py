from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Framing
from tests.conformance.kit import (
    IDLE,
    LIVE,
    USER,
    decided,
    done,
    event,
    exchange,
    judged,
    outcome_of,
    stream,
)


def test_two_events_in_one_block_are_noticed():
    marker = event("history_done", messageCount=0, isStreaming=True)
    content = event("content", text="Hello", isPartial=False)
    good = [marker, content, event("done", finalResponse="Hello")]
    run_together = [marker, content[:-1], good[2]]
    on_two_lines = [marker, content.replace(b'"text"', b'\ndata: "text"'), good[2]]

    def look(parts: list[bytes]) -> Verdict:
        return judged("STREAM-005", stream([(0.0, b"".join(parts))], probe="easy_task"))

    assert look(good).outcome is Outcome.PASSED
    assert look(on_two_lines).outcome is Outcome.PASSED
    assert decided(look(run_together)) == (Outcome.FAILED, "merged-events")


def awkward(replay: str) -> Verdict:
    def message(text: str) -> bytes:
        return event("history_message", id="m", role="user", content=text, createdAt="2026-01-26T15:50:54Z")

    silent = stream([(0.0, USER + LIVE + done("no"))], probe="awkward_text", label="p")
    readers = [
        stream([(0.0, message(text) + LIVE)], probe="awkward_text", label=label)
        for label, text in (("run", "a\rb"), ("replay", replay))
    ]
    facts = {"awkward_text": {"message": "a\rb", "printing": "p", "word": "w"}}
    return judged("STREAM-008", *readers, silent, facts=facts)


def test_a_broken_message_is_told_although_no_command_printed_it():
    assert awkward("a b").reason == "text-broken"
    assert awkward("a\rb").reason == "stimulus-not-reached"


@pytest.mark.parametrize(("message", "reason"), [("Hi", "stimulus-not-reached"), ("changed", "text-broken")])
def test_a_broken_message_is_noticed_although_no_command_was_heard(message, reason):
    told = event("history_message", id="m1", role="user", content=message)
    readers = [
        stream([(1.0, told + IDLE)], probe="awkward_text", label=label)
        for label in ("run", "replay", "printing")
    ]

    found = judged("STREAM-008", *readers, noted={"message": "Hi", "word": "w", "printing": "printing"})

    assert found.reason == reason


def test_half_of_the_streams_cut_is_no_weather():
    def told(cut: int, whole: int) -> str | None:
        body = USER + LIVE + done("x")
        closed = [Closed.TRUNCATED] * cut + [Closed.COMPLETE] * whole
        heard = [
            replace(
                stream([(0.0, body)], probe="easy_task", label=str(number), closed=how),
                framing=Framing.CHUNKED,
            )
            for number, how in enumerate(closed)
        ]
        return judged("STREAM-020", *heard).reason

    assert told(1, 2) is None
    assert told(1, 1) == "cut-connection"
    assert told(2, 1) == "cut-connection"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, {"success": False}, "passed"),
        (404, {"detail": "no"}, "not-the-envelope"),
        (404, ["success"], "not-the-envelope"),
        (200, {"success": False}, "not-the-envelope"),
    ],
)
def test_a_stream_that_is_refused_is_refused_in_the_envelope(status, body, reason):
    asked = exchange(probe="unknown_task", operation="stream_task", status=status, body=body)

    assert outcome_of(judged("STREAM-030", asked)) == reason


@pytest.mark.parametrize(
    ("status", "reason"), [(299, "passed"), (300, "redirected"), (399, "redirected"), (400, "passed")]
)
def test_which_answers_redirect_a_stream(status, reason):
    opened = exchange(probe="easy_task", operation="stream_task", status=status)

    assert outcome_of(judged("STREAM-032", opened)) == reason


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b'event: content\n\ndata: {"text": "a"}\n\n', "half-event"),
        (b'data: {"text":\n\n', "half-event"),
        (b'data: {"text": "a"}\n\n', "passed"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "half-event"),
        (b'event: content\ndata: {"text": "a"}\n\n', "passed"),
    ],
    ids=["a name without data", "half of the data", "data without a name", "endless data", "whole"],
)
def test_a_block_that_was_cut_in_two_is_told_by_what_is_left(block, reason):
    heard = stream([(0.0, USER + LIVE + block + done("a"))], probe="easy_task", label="r")

    assert outcome_of(judged("STREAM-034", heard)) == reason


def test_a_stream_that_is_left_open_is_not_a_cut_one_as_well():
    left = stream([(0.0, USER + LIVE + done("x"))], probe="easy_task", closed=Closed.HUNG_UP, ended=9.0)
    left = replace(left, framing=Framing.CHUNKED)
    whole = replace(left, closed=Closed.COMPLETE)
    waited = replace(left, closed=Closed.DEADLINE)
    cut = replace(left, closed=Closed.TRUNCATED)

    assert judged("STREAM-020", whole, left, waited).outcome is Outcome.PASSED
    assert judged("STREAM-020", cut).reason == "cut-connection"
    assert [Stream(each).said_all for each in (left, whole, waited, cut)] == [True, True, True, False]
