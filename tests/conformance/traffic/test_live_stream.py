"""The state of a stream while a reader reads it."""

import io
import zipfile

import pytest

from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import (
    LARGEST_EVENT,
    MOST_VALUES,
    LiveEvent,
    LiveStream,
)
from sigmic_conformance.traffic.probes.stream import LARGE_TEXT, _archive
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import READ_BYTES
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Closed, Exchange
from tests.fakes.wire_server import answering, wire_server


class Counted(str):
    """A type of event that counts its comparisons."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return super().__eq__(other)


def test_a_stream_of_many_events_is_not_read_again_for_each():
    stream = LiveStream()
    for _ in range(1000):
        stream.events.append(LiveEvent(Counted("content"), ""))
        assert not stream.settled

    assert Counted.compared <= 10 * 1000


def test_a_stream_is_settled_after_its_last_event():
    stream = LiveStream()
    stream.take(b'event: history_done\ndata: {"isStreaming": true}\n\n')
    before = stream.settled
    stream.take(b"event: done\ndata: {}\n\nevent: later\ndata: {}\n\n")

    assert (before, stream.settled, stream.settled) == (False, True, True)


@pytest.mark.parametrize(
    ("size", "closed", "types"),
    [
        (LARGEST_EVENT - 100, Closed.COMPLETE, ["first", "long", "last"]),
        (LARGEST_EVENT + READ_BYTES, Closed.BOUND, ["first"]),
        (50 << 20, Closed.BOUND, ["first"]),
    ],
)
async def test_a_stream_with_an_event_of_any_size_is_read_up_to_it(
    size: int, closed: Closed, types: list[str]
):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    long = b'event: long\ndata: {"text":"' + b"z" * size + b'"}\n\n'
    body = b"event: first\ndata: {}\n\n" + long + b"event: last\ndata: {}\n\n"

    async with wire_server(answering(head + body)) as url:
        stream, exchange = await read(url)

    assert [event.type for event in stream.events] == types
    assert (exchange.closed, exchange.is_readable_stream) == (closed, closed is Closed.COMPLETE)
    assert exchange.size <= 2 * LARGEST_EVENT
    assert exchange.error == ("an event of more than 4,194,304 bytes" if exchange.is_cut else "")


def test_the_largest_event_that_a_probe_provokes_is_read():
    """A saved message may list each file's name and path, and JSON may escape each character."""
    archive = zipfile.ZipFile(io.BytesIO(_archive("n0123456789ab")))
    characters = LARGE_TEXT + 2 * sum(map(len, archive.namelist()))

    assert 6 * characters < LARGEST_EVENT


async def read(url: str) -> tuple[LiveStream, Exchange]:
    credentials = Credentials(api_key="sigmic_key")
    driver = Driver(
        probe="p",
        client=Client(url),
        profile=Profile(base_url=url),
        credentials=credentials,
        redactor=Redactor(),
    )
    stream = await driver.open_stream("t", label="stream")
    await stream.end(20)
    driver.finish()
    return stream, driver.exchanges()[0]


def test_an_event_with_too_many_values_is_not_parsed_while_the_stream_runs():
    """Text may have as many brackets as that: an event is read whose objects are few."""
    objects = ",".join(["{}"] * MOST_VALUES)

    assert LiveEvent("x", '{"text":"' + "z," * MOST_VALUES + '"}').field("text")
    assert LiveEvent("x", '{"list":[' + objects + '],"text":"z"}').payload == {}
