"""What a dry run records of a stream: a heartbeat is missed where a silence is, and nowhere else."""

import pytest

from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.faults.wire.stream import FaultyStream
from tests.fakes.armed import faults_with
from tests.fakes.clock import SteppedClock
from tests.fakes.faulty_house import Nowhere

BEAT, EVENT = b":heartbeat\n\n", b'event: content\ndata: {"text":"4"}\n\n'


class _FirstTurn(Nowhere):
    """Knows no situation but that everything happens in the first turn."""

    def values(self, dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset({"first"} if dimension == "turn" else ())


class _Outlet:
    """Takes everything, and keeps what was written as it is."""

    def __init__(self) -> None:
        self.written = b""

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        self.written += data

    def finish(self) -> None:
        """The end is not looked at."""

    def cut(self, *, reset: bool) -> None:
        raise AssertionError(f"nothing is armed that would cut (reset: {reset})")


MISSING, SOME, SPACED = "heartbeat.missing", "heartbeat.every-second-missing", "heartbeat.with-space"
CALL = b'event: tool_call\ndata: {"callId":"c"}\n\n'


@pytest.mark.parametrize(
    ("interval", "frames", "noted"),
    [
        (2.0, [EVENT, BEAT, BEAT, EVENT, BEAT], [SOME, SPACED]),
        (2.0, [EVENT, BEAT, BEAT, BEAT], [SOME, MISSING, SPACED]),
        # Of half a second each, two intervals without any are not more than a busy machine takes.
        (0.5, [EVENT, BEAT, BEAT, BEAT], [SPACED]),
        (0.5, [EVENT, BEAT, BEAT, BEAT, BEAT], [MISSING, SPACED]),
    ],
)
async def test_a_heartbeat_is_missed_in_a_long_silence_alone(
    interval: float, frames: list[bytes], noted: list[str]
):
    assert await recorded([MISSING, SOME, SPACED], frames, interval) == noted


async def test_an_answer_without_content_is_one_for_which_no_tool_was_called():
    assert await recorded(["payload.no-content"], [EVENT]) == ["payload.no-content"]
    assert await recorded(["payload.no-content"], [CALL, EVENT]) == []


@pytest.mark.parametrize(
    ("statuses", "noted"),
    [
        (["awaiting_approval"], ["heartbeat.missing-while-asking"]),
        (["awaiting_approval", "executing"], []),
        (["executing"], []),
    ],
)
async def test_a_heartbeat_is_missed_while_a_call_asks(statuses: list[str], noted: list[str]):
    calls = [
        f'event: tool_call\ndata: {{"callId":"c","status":"{status}"}}\n\n'.encode() for status in statuses
    ]

    assert await recorded(["heartbeat.missing-while-asking"], [*calls, BEAT, BEAT, BEAT], 2.0) == noted


async def test_a_missing_heartbeat_is_told_once_when_a_client_would_miss_it():
    clock, told = SteppedClock(), list[str]()
    faults = faults_with()
    faults.situations = _FirstTurn()
    faults.begin_dry_run([specify(MISSING, {})], "project")
    stream = FaultyStream(_Outlet(), faults, clock, project="project", task="t")
    stream.tell_of_a_missing_heartbeat(lambda: told.append("missed"))

    numbers = []
    for frame in [EVENT, *[BEAT] * 5]:
        await clock.advance(2.0)
        stream.write(frame)
        numbers.append(len(told))

    assert numbers == [0, 0, 0, 1, 1, 1]


async def recorded(specs: list[str], frames: list[bytes], interval: float = 0.0) -> list[str]:
    """The faults that are noted while frames are written; an interval passes before each heartbeat."""
    faults, outlet, clock = faults_with(), _Outlet(), SteppedClock()
    faults.situations = _FirstTurn()
    faults.begin_dry_run([specify(each, {}) for each in specs], "project")
    stream = FaultyStream(outlet, faults, clock, project="project", task="t")

    for frame in frames:
        await clock.advance(interval if frame == BEAT else 0.0)
        stream.write(frame)
    met = faults.end_dry_run("project")

    assert outlet.written == b"".join(frames)
    assert met is not None
    return [fault for fault, *_ in met.occasions()]
