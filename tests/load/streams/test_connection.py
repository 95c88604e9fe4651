"""Streams are read as bytes arrive, for any split into packets, and held without a greenlet each."""

import socket
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from gevent import sleep
from gevent.event import Event
from gevent.select import select
from gevent.server import StreamServer

from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.recorder import Recorder
from sigmic_load.streams.connection import StreamConnection, StreamRefused, is_heartbeat, payload
from sigmic_load.streams.held import BURST, RATE, HeldStreams

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HISTORY_DONE = b'event: history_done\ndata: {"messageCount":1,"isStreaming":true}\n\n'
ERROR = b'event: error\ndata: {"message":"no","code":"OVERLOADED"}\n\n'
DONE = b'event: done\ndata: {"finalResponse":"ok"}\n\n'
SECONDS = 10.0


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Script:
    """A server that sends `parts`, and waits for each Event among them."""

    def __init__(self, *parts: bytes | Event) -> None:
        self.parts = parts
        self.asked = b""

    def __call__(self, sock: Any, _address: object) -> None:
        while b"\r\n\r\n" not in self.asked:
            self.asked += sock.recv(4096)
        for part in self.parts:
            if isinstance(part, bytes):
                sock.sendall(part)
            else:
                part.wait(SECONDS)
        sock.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Script], str]]:
    servers = []

    def start(script: Script) -> str:
        server = StreamServer(("127.0.0.1", 0), script)
        server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/api/v1/tasks/t/stream"

    yield start
    for server in servers:
        server.stop()


def opened(url: str) -> StreamConnection:
    return StreamConnection.open(url, {"Authorization": "Bearer key"}, SECONDS, "task-1")


def events(connection: StreamConnection) -> list[str]:
    names = []
    while blocks := connection.read(monotonic() + SECONDS):
        names += [block.event.type if block.event else ":" for block in blocks]
    return names


def test_events_are_read_whatever_the_cuts(serve):
    rest = b'tent\ndata: {"text":"a"}\n\n:heartbeat\n\n' + DONE
    body = HEAD + chunk(b"event: con") + chunk(rest) + chunk(b"")
    script = Script(*(bytes([each]) for each in body))

    connection = opened(serve(script))

    assert events(connection) == ["content", ":", "done"]
    assert connection.at_end
    assert b"Authorization: Bearer key\r\n" in script.asked
    connection.close()


def test_a_heartbeat_is_there_before_anything_else_comes(serve):
    more = Event()
    connection = opened(serve(Script(HEAD, chunk(b":heartbeat\n\n"), more)))

    (block,) = connection.read(monotonic() + SECONDS)

    assert is_heartbeat(block)
    assert payload(block) == {}
    assert not connection.at_end
    more.set()
    connection.close()


def test_a_deadline_ends_the_wait(serve):
    more = Event()
    connection = opened(serve(Script(HEAD, more)))

    assert connection.read(monotonic() + 0.01) == []
    assert not connection.at_end
    more.set()
    connection.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"", "closed before an answer"),
        (b"no HTTP at all\r\n\r\n", "no answer: "),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "Content-Type is text/html"),
    ],
)
def test_a_stream_that_does_not_open_is_refused(serve, answer, says):
    with pytest.raises(StreamRefused, match=says):
        opened(serve(Script(answer)))


def test_an_address_without_a_server_is_refused():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        with pytest.raises(StreamRefused, match="no connection"):
            opened(f"http://127.0.0.1:{bound.getsockname()[1]}/stream")


def held(url: str, recorder: Recorder, *, is_return: bool = False) -> tuple[HeldStreams, Event]:
    ended = Event()
    streams = HeldStreams(recorder.of("StreamUser"), 15.0)
    streams.hold(opened(url), lambda _: ended.set(), is_return=is_return)
    return streams, ended


@pytest.mark.parametrize(
    ("last", "count"),
    [
        (DONE, "streams_ended"),
        (b'event: history_done\ndata: {"messageCount":2,"isStreaming":false}\n\n', "streams_ended"),
        (b'event: history_done\ndata: {"messageCount":1,"isStreaming":true}\n\n', "streams_closed"),
        (ERROR, "streams_failed"),
        (b"", "streams_cut"),
    ],
)
def test_a_held_stream_is_watched_to_its_end(serve, last, count):
    recorder = Recorder()
    parts = [chunk(part) for part in (b":heartbeat\n\n", b":heartbeat\n\n", last) if part]

    streams, ended = held(serve(Script(HEAD, *parts, chunk(b"") if last else b"")), recorder)

    assert ended.wait(SECONDS)
    assert len(streams) == 0
    assert recorder.streams_open == 0
    numbers = recorder.numbers.counts
    assert (numbers["streams_opened"], numbers["heartbeats"], numbers[count]) == (1, 2, 1)
    kinds = {"streams_cut": [Kind.CUT], "streams_closed": [Kind.CUT], "streams_failed": [Kind.FAILED]}
    early = "ended early, with done" if last == DONE else "ended early, because its task was over"
    reasons = {
        "streams_cut": "cut",
        "streams_closed": "closed without done or error",
        "streams_failed": "ended with error OVERLOADED",
    }
    assert [reason for _, reason in recorder.errors.rows] == [reasons.get(count, early)]
    told = [it for it in recorder.evidence if it.kind is not Kind.WRONG]
    assert [it.kind for it in told] == kinds.get(count, [])
    for cut in (it for it in told if it.kind is Kind.CUT):
        assert cut.task == "task-1"
        assert cut.stream.startswith("127.0.0.1:")
        assert "c\r\n:heartbeat\n\n\r\n" in cut.bytes, "as they came, with the framing of HTTP"


@pytest.mark.parametrize(
    ("events", "end", "count"),
    [
        ([HISTORY_DONE, ERROR], None, "streams_failed"),
        ([HISTORY_DONE, DONE, ERROR], None, "streams_failed"),
        ([HISTORY_DONE, DONE, b":heartbeat\n\n"], b"", "streams_cut"),
        ([b"event: history_done\ndata: {}\n\n"], b"", "streams_cut"),
        ([b'event: history_done\ndata: {"isStreaming":false}\n\n'], b"", "streams_cut"),
    ],
    ids=["error and stays", "done, then error", "done, then a cut", "{} and a cut", "over, then a cut"],
)
def test_the_end_of_a_held_stream_is_its_last_one(serve, events, end, count):
    recorder, more = Recorder(), Event()
    rest = [more] if end is None else [end]

    _, ended = held(serve(Script(HEAD, *map(chunk, events), *rest)), recorder)

    assert ended.wait(SECONDS), "an error counts when it comes, though the stream stays open"
    more.set()
    assert recorder.numbers.count(count) == 1
    assert recorder.numbers.count("streams_ended") == 0


def test_what_is_wrong_on_a_held_stream_is_counted_once_a_stream_and_shown(serve):
    recorder = Recorder()
    foreign = b'event: content\ndata: {"taskId":"task-9"}\n\n'

    body = HISTORY_DONE + HISTORY_DONE + foreign + DONE
    _, ended = held(serve(Script(HEAD, chunk(body), chunk(b""))), recorder)

    assert ended.wait(SECONDS)
    assert recorder.numbers.count("streams_wrong") == 1
    assert [it.says for it in recorder.evidence] == [
        "the history came again",
        "an event of another task came",
    ]


def test_a_stream_that_sends_without_pause_is_read_slowly_and_named(serve):
    """Its reader gives way after a chunk, so that others are read, and pauses after some thousand events."""
    recorder, stop = Recorder(), Event()
    beaten = Event()

    flood = chunk(1000 * b": x\n\n")
    noisy, _ = held(serve(Script(HEAD, *(200 * [flood]), stop)), recorder)
    calm = HeldStreams(recorder.of("StreamUser"), 15.0, tell=lambda _: beaten.set())
    calm.hold(opened(serve(Script(HEAD, chunk(b":heartbeat\n\n"), stop))), lambda _: None, is_return=False)

    assert beaten.wait(SECONDS)
    (watched,) = noisy._held
    while not watched.is_noisy:
        sleep(0)
    (incident,) = recorder.evidence
    assert (incident.kind, incident.task) == (Kind.NOISY, "task-1")
    assert recorder.numbers.count("streams_noisy") == 1
    assert watched.blocks < BURST + RATE * watched.age + 1000, "at most a chunk more"
    noisy.drop_all()
    calm.drop_all()
    stop.set()


@pytest.mark.parametrize(("is_return", "measured"), [(False, {"first_event"}), (True, {"catch_up"})])
def test_who_returns_with_a_whole_herd_is_not_judged_as_one_who_opens_a_conversation(
    serve, is_return, measured
):
    recorder = Recorder()

    _, ended = held(serve(Script(HEAD, chunk(HISTORY_DONE), chunk(b""))), recorder, is_return=is_return)

    assert ended.wait(SECONDS)
    assert set(recorder.numbers.distributions) == measured


def test_a_stream_that_is_open_and_silent_for_two_periods_is_found(serve):
    more = Event()
    streams, _ = held(serve(Script(HEAD, more)), Recorder())

    assert streams.silent(monotonic() + 29.0) == 0
    assert streams.silent(monotonic() + 31.0) == 1
    streams.drop_all()
    more.set()


def test_what_came_with_the_head_is_read(serve):
    recorder = Recorder()
    more = Event()

    streams, _ = held(serve(Script(HEAD + chunk(b":heartbeat\n\n"), more)), recorder)
    streams.drop_all()
    more.set()

    assert recorder.numbers.count("heartbeats") == 1
    assert recorder.streams_open == len(streams) == 0
    assert recorder.numbers.count("streams_cut") == 0, "we left: nobody cut it"


def test_a_heartbeat_in_the_socket_is_read_before_the_stream_is_closed(serve):
    recorder = Recorder()
    asked, more = Event(), Event()
    streams, _ = held(serve(Script(HEAD, asked, chunk(b":heartbeat\n\n"), more)), recorder)
    (watched,) = streams._held
    watched.watcher.stop()  # as if the loop were too busy to respond
    asked.set()
    select([watched.connection.fileno()], [], [], SECONDS)

    streams.drop_all()
    more.set()

    assert recorder.numbers.count("heartbeats") == 1


@pytest.mark.parametrize("late", [0, 1, 3])
def test_a_stream_whose_heartbeats_are_late_is_counted_once(serve, late):
    recorder = Recorder()
    more, asked = Event(), Event()
    streams, _ = held(serve(Script(HEAD, asked, chunk(3 * b":heartbeat\n\n"), more)), recorder)
    (watched,) = streams._held
    watched.watcher.stop()
    watched.rhythm.last = monotonic() - 15.0 * late - 5.0 * bool(late)
    asked.set()
    select([watched.connection.fileno()], [], [], SECONDS)

    streams.settle() if late else streams.drop_all()
    streams.drop_all()
    more.set()

    numbers = recorder.numbers
    assert (numbers.count("streams_timed"), numbers.count("streams_late")) == (1, int(late > 0))
    means = numbers.distribution("stream_lateness")
    assert means.count == 1
    assert (means.most > 1.0) == (late > 0)
