"""What a rehearsal notes of a stream: a heartbeat is missed where a silence is, and nowhere else."""

from collections.abc import Set as AbstractSet

import pytest

from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.faults.wire.stream import FaultyStream
from tests.fakes.armed import faults_with
from tests.fakes.clock import SteppedClock

BEAT, EVENT = b":heartbeat\n\n", b'event: content\ndata: {"text":"4"}\n\n'


class _Nowhere:
    """Knows no situation but that everything happens in the first turn."""

    def values(self, dimension: str, _context: FaultContext) -> AbstractSet[str]:
        return frozenset({"first"} if dimension == "turn" else ())

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """Nothing is kept."""


class _Outlet:
    """Takes everything, and keeps what was written as it is."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, frames: bytes) -> None:
        self.written += frames

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        self.written += data

    def finish(self) -> None:
        """The end is not looked at."""

    def cut(self, *, reset: bool) -> None:
        raise AssertionError(f"nothing is armed that would cut (reset: {reset})")


@pytest.mark.parametrize(
    ("frames", "noted"),
    [
        ([EVENT, BEAT, EVENT, BEAT], ["heartbeat.with-space"]),
        ([EVENT, BEAT, BEAT], ["heartbeat.missing", "heartbeat.with-space"]),
    ],
)
def test_a_heartbeat_is_missed_in_a_silence_alone(frames: list[bytes], noted: list[str]):
    faults, outlet = faults_with(), _Outlet()
    faults.ask_situations_of(_Nowhere())
    faults.begin_rehearsal(
        [specify(each, {}) for each in ("heartbeat.missing", "heartbeat.with-space")], "project"
    )
    stream = FaultyStream(outlet, faults, SteppedClock(), project="project", task="t")

    for frame in frames:
        stream.write(frame)
    met = faults.end_rehearsal("project")

    assert outlet.written == b"".join(frames)
    assert met is not None
    assert [fault for fault, *_ in met.occasions()] == noted
