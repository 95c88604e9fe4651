"""Every legal form of a stream is read, however it is split into pieces."""

import pytest

from sigmic_conformance.mock_server.recording.event_reader import LARGEST_EVENT, EventReader

PLAIN = 'event: content\ndata: {"text":"é\u2028ß"}\n\n:heartbeat\n\nevent:done\ndata:{}\n\n'.encode()
FORMS = {
    "as we write it": PLAIN,
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CR": PLAIN.replace(b"\n", b"\r"),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "several data lines": PLAIN.replace(b"data:{}", b"data:{\ndata:}"),
    "other fields": b"id: 1\nretry: 5\nnonsense\n" + PLAIN,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_stream_is_read(form: bytes, size: int) -> None:
    reader = EventReader()
    events = [
        event for at in range(0, len(form), size) for event in reader.feed(form[at : at + size], at=1.0)
    ]
    events += reader.feed(b":\n", at=1.0)

    assert [(event.name, event.data) for event in events] == [("content", {"text": "é\u2028ß"}), ("done", {})]
    assert reader.comments == 2


def test_an_event_that_is_cut_off_is_none() -> None:
    reader = EventReader()

    assert reader.feed(b"event: done\ndata: {}\n", at=0) == []


def test_what_is_not_json_is_kept_as_text() -> None:
    (event,) = EventReader().feed(b"data: {oops\n\n", at=0)

    assert (event.name, event.text, event.data, event.field("a")) == ("message", "{oops", None, "")


def test_an_endless_event_takes_no_endless_memory() -> None:
    reader = EventReader()
    for _ in range(10):
        assert reader.feed(b"data: " + b"x" * (1 << 20), at=0) == []
    assert len(reader._pending) <= LARGEST_EVENT
    assert [event.data for event in reader.feed(b"\n\ndata: 1\n\n", at=0)] == [1]
