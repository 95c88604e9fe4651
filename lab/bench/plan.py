"""Sizes of the measurements."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Sizes of a run."""

    rounds: int
    requests: int
    streams: int
    uploads: int


QUICK = Size(rounds=3, requests=800, streams=1000, uploads=4)
WHOLE = Size(rounds=7, requests=4000, streams=10_000, uploads=20)
