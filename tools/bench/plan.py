"""Sizes of the measurements, and the exception for what cannot be measured."""

from dataclasses import dataclass


class NotMeasured(Exception):
    """A row that this run or this machine leaves out; the message gives the reason. It is not a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Sizes of a run."""

    rounds: int
    requests: int
    streams: int
    most_streams: int
    """As many as one process holds if it may open 20,000 files; 0: too many for a quick run."""
    readers: int
    events: int
    tasks: int
    uploads: int
    zipped: int
    """Files of a ZIP archive; a large one holds 30 KB for each of them."""


QUICK = Size(
    rounds=3,
    requests=800,
    streams=1000,
    most_streams=0,
    readers=300,
    events=50,
    tasks=10_000,
    uploads=4,
    zipped=1000,
)
WHOLE = Size(
    rounds=7,
    requests=4000,
    streams=10_000,
    most_streams=19_500,
    readers=1000,
    events=100,
    tasks=100_000,
    uploads=20,
    zipped=10_000,
)
