"""The output of a faulty stream, how it is broken off, and what a dry run records about it."""

from typing import Any, cast

import pytest

from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.trigger import FaultContext
from sigmic_mock.faults.wire.stream import FaultyStream
from sigmic_mock.http.event_stream import ChunkFraming, EventStream
from sigmic_mock.http.observer import Ending
from tests.fakes.armed import faults_with
from tests.fakes.clock import SteppedClock
from tests.fakes.faulty_house import Nowhere
from tests.fakes.transport import RecordingTransport

BEAT, EVENT = b":heartbeat\n\n", b'event: content\ndata: {"text":"4"}\n\n'
MISSING, NAMED = "heartbeat.missing", "heartbeat.with-id"
ASKED = "heartbeat.missing-while-asking"
CALL = b'event: tool_call\ndata: {"callId":"c"}\n\n'


class Observer:
    """Records what it receives."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def wrote(self, data: bytes) -> None:
        self.heard.append(data)

    def wrote_altered(self, data: bytes, faults: tuple[str, ...]) -> None:
        self.heard.append((data, faults))

    def breaks_off(self) -> None:
        self.heard.append("breaks off")

    def ended(self, ending: Ending, *, unsent: int) -> None:
        self.heard.append((ending, unsent))


class _FirstTurn(Nowhere):
    """Knows only one dimension: everything happens in the first turn."""

    def values(self, dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset({"first"} if dimension == "turn" else ())


def refuse(_frames: bytes) -> None:
    raise ValueError("not documented")


def opened(
    observer: Observer, transport: RecordingTransport, faults: Faults
) -> tuple[EventStream, FaultyStream]:
    stream = EventStream(ChunkFraming(), refuse, observer)
    wire: Any = transport
    wire.protocol = stream
    stream.open(wire, chunked=False)
    return stream, FaultyStream(stream, faults)


async def test_an_altered_event_is_not_checked_and_is_recorded_with_its_fault():
    observer, transport = Observer(), RecordingTransport()
    stream, faulty = opened(observer, transport, faults_with("sse.crlf"))

    faulty.write(EVENT)

    altered = EVENT.replace(b"\n", b"\r\n")
    assert (transport.written, observer.heard) == ([altered], [(altered, ("sse.crlf",))])
    assert stream.failure is None
    assert not faulty.break_off(cast("Any", transport))


@pytest.mark.parametrize(
    ("fault", "frame", "reset"),
    [("stream.cut-inside-event", EVENT, False), ("stream.reset-live", CALL, True)],
)
async def test_a_cut_breaks_the_connection_off_in_order_or_with_a_reset(
    fault: str, frame: bytes, *, reset: bool
):
    observer, transport = Observer(), RecordingTransport()
    stream, faulty = opened(observer, transport, faults_with(fault))

    faulty.write(frame)

    assert faulty.break_off(cast("Any", transport))
    assert (transport.closing or transport.aborted, transport.aborted) == (True, reset)
    assert stream.ended.result() is Ending.GONE
    assert observer.heard[-2:] == ["breaks off", (Ending.GONE, 0)]


def asking(*statuses: str) -> list[bytes]:
    return [f'event: tool_call\ndata: {{"callId":"c","status":"{each}"}}\n\n'.encode() for each in statuses]


@pytest.mark.parametrize(
    ("faults", "interval", "frames", "noted"),
    [
        ([MISSING, NAMED], 2.0, [EVENT, BEAT, BEAT, EVENT, BEAT], [NAMED]),
        ([MISSING, NAMED], 2.0, [EVENT, BEAT, BEAT, BEAT], [MISSING, NAMED]),
        # With an interval of 0.5 s, a busy machine may cause two intervals without a heartbeat.
        ([MISSING, NAMED], 0.5, [EVENT, BEAT, BEAT, BEAT], [NAMED]),
        ([MISSING, NAMED], 0.5, [EVENT, BEAT, BEAT, BEAT, BEAT], [MISSING, NAMED]),
        # An answer without an earlier tool call is the only one without content.
        (["payload.no-content"], 0.0, [EVENT], ["payload.no-content"]),
        (["payload.no-content"], 0.0, [CALL, EVENT], []),
        # While a call waits for approval.
        ([ASKED], 2.0, [*asking("awaiting_approval"), BEAT, BEAT, BEAT], [ASKED]),
        ([ASKED], 2.0, [*asking("awaiting_approval", "executing"), BEAT, BEAT, BEAT], []),
        ([ASKED], 2.0, [*asking("executing"), BEAT, BEAT, BEAT], []),
    ],
)
async def test_a_dry_run_records_only_faults_that_a_client_could_notice(
    faults: list[str], interval: float, frames: list[bytes], noted: list[str]
):
    """An interval passes before each heartbeat, so only a long silence lacks one."""
    clock, transport = SteppedClock(), RecordingTransport()
    engine = Faults(clock)
    engine.situations = _FirstTurn()
    engine.begin_dry_run([specify(each, {}) for each in faults], "")
    _, stream = opened(Observer(), transport, engine)

    for frame in frames:
        await clock.advance(interval if frame == BEAT else 0.0)
        stream.write(frame)
    met = engine.end_dry_run("")

    assert b"".join(transport.written) == b"".join(frames)
    assert met is not None
    assert [fault for fault, *_ in met.occasions()] == noted
