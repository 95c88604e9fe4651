"""How a stream lived and ended."""

from collections.abc import Mapping

import pytest

from sigmic_load.measures.accounting import End
from sigmic_load.streams.life import Life, State, wrong_type

Sent = tuple[str, Mapping[str, object]]
HISTORY: Sent = ("history_done", {"isStreaming": True})
DONE: Sent = ("done", {})
ERROR: Sent = ("error", {"code": "OVERLOADED"})


def lived(*events: Sent) -> Life:
    life = Life("task-1", State.HISTORY)
    for name, told in events:
        life.event(name, told, "OVERLOADED" if name == "error" else "")
    return life


@pytest.mark.parametrize(
    ("events", "is_whole", "end"),
    [
        ([HISTORY, DONE], True, End.DONE),
        ([("history_done", {"isStreaming": False})], True, End.DONE),
        ([HISTORY], True, End.CLOSED),
        ([("history_done", {})], True, End.CLOSED),
        ([], True, End.CLOSED),
        ([HISTORY, ERROR], True, End.FAILED),
        ([HISTORY, DONE, ERROR], True, End.FAILED),
        ([HISTORY, ERROR], False, End.FAILED),
        ([HISTORY], False, End.CUT),
        ([HISTORY, DONE], False, End.CUT),
        ([("history_done", {})], False, End.CUT),
        ([("history_done", {"isStreaming": False})], False, End.CUT),
    ],
)
def test_only_done_is_done_and_a_cut_is_a_cut_whatever_came_before(events, is_whole, end):
    life = lived(*events)

    assert life.ended(is_whole=is_whole) is end
    assert life.state is State.ENDED


def test_an_error_is_known_when_it_comes():
    assert lived(HISTORY, ERROR).failure == "OVERLOADED"
    assert lived(HISTORY, DONE, ERROR).failure == "OVERLOADED"
    assert lived(HISTORY, DONE).failure == ""


def test_a_stream_that_we_leave_may_have_been_silent():
    assert lived(HISTORY).left() is End.LEFT
    assert lived(HISTORY).left(is_silent=True) is End.SILENT


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ([HISTORY, HISTORY], ["the history came again"]),
        ([HISTORY, ("history_message", {"id": "m1"}), HISTORY], ["the history came again"]),
        ([HISTORY, ("content", {"taskId": "task-2"})], ["an event of another task came"]),
        ([("history_message", {"taskId": "task-1"}), HISTORY, ("content", {"text": "a"})], []),
    ],
)
def test_what_is_wrong_with_the_content_is_named_once(events, wrong):
    assert lived(*events).wrong == wrong


def test_a_history_that_is_still_missing_after_two_heartbeats_is_missing():
    life = lived()
    life.heartbeat()
    assert life.wrong == []
    life.heartbeat()
    life.heartbeat()
    assert life.wrong == ["no history_done came"]

    patient = lived(HISTORY)
    for _ in range(3):
        patient.heartbeat()
    assert patient.wrong == []


@pytest.mark.parametrize(
    ("media_type", "says"),
    [
        ("text/event-stream", ""),
        ("Text/Event-Stream; charset=utf-8", ""),
        ("text/html", "its Content-Type is text/html, not text/event-stream"),
        ("", "its Content-Type is missing, not text/event-stream"),
        ("::error:: x", "its Content-Type is unreadable, not text/event-stream"),
    ],
)
def test_a_stream_is_one_that_a_browser_reads(media_type, says):
    assert wrong_type(media_type) == says
