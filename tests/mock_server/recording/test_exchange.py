"""Every legal form of a stream is read, and no stream costs more than its bound."""

import time

import pytest
from multidict import CIMultiDict

from sigmic_mock.recording.exchange import MOST_EVENTS, Ending, Exchange, read_events

PLAIN = 'event: content\ndata: {"text":"é\u2028ß"}\n\n:heartbeat\n\nevent:done\ndata:{}\n\n'.encode()
FORMS = {
    "as we write it": PLAIN,
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CR": PLAIN.replace(b"\n", b"\r"),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "several data lines": PLAIN.replace(b"data:{}", b"data:{\ndata:}"),
    "other fields": b"id: 1\nretry: 5\nnonsense\n" + PLAIN,
}


def exchange(*pieces: bytes) -> Exchange:
    """Return an exchange whose answer is a stream in these pieces."""
    seen = Exchange(number=1, method="GET", target="/", request_headers=CIMultiDict())
    seen.begins_answer(200, {"Content-Type": "text/event-stream"})
    for piece in pieces:
        seen.answer.add(piece)
    seen.ending, seen.ended = Ending.WHOLE, time.monotonic()
    return seen


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_stream_is_read(form: bytes, size: int) -> None:
    events = exchange(*(form[at : at + size] for at in range(0, len(form), size))).events

    assert [(event.name, event.data) for event in events] == [("content", {"text": "é\u2028ß"}), ("done", {})]
    assert events[0].at <= events[1].at


def test_an_event_has_the_time_of_the_piece_that_ended_it() -> None:
    seen = exchange(b"event: a\ndata: 1\n", b"\nevent: b\ndata: 2\n\n", b"event: c\ndata: 3\n\n")

    assert [event.at for event in seen.events] == [seen.answer._times[at] for at in (1, 1, 2)]


def test_an_event_that_is_cut_off_is_none() -> None:
    assert list(read_events(b"event: done\ndata: {}\n")) == []


def test_data_that_is_not_json_is_none() -> None:
    assert list(read_events(b"data: {oops\n\n")) == [(13, "message", None)]


def test_of_a_flood_of_events_only_the_first_are_read() -> None:
    assert len(exchange(b"data: 1\n\n" * (2 * MOST_EVENTS)).events) == MOST_EVENTS
