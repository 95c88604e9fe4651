"""Every recorded stream, looked at once each, and its lines. Pure."""

from collections.abc import Callable, Iterator

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.transcript.sse import Line
from sigmic_conformance.conformance.transcript.stream import Stream


def every_stream(
    record: Record, reason: str, expected: str, look: Callable[[Stream], tuple[bool, str, int | None]]
) -> Verdict:
    """Check each stream by one look at it: does it hold, what was seen, at which offset."""
    observations = Observations(reason, expected)
    for stream in record.streams():
        holds, observed, offset = look(stream)
        observations.add(holds, stream.exchange, observed, offset=offset)
    return observations.verdict()


def lines(stream: Stream) -> Iterator[Line]:
    """All lines of a stream."""
    return (line for block in stream.body.blocks for line in block.lines)
