"""Convert the time between events to the waits and paces of a playbook. Pure."""

import itertools
import statistics
from collections.abc import Sequence

from sigmic_conformance.mock_server.recording.event_reader import SeenEvent

LEAST_PACE = 0.005
LEAST_WAIT = 0.2
"""Seconds. The network causes shorter gaps, not the agent."""
_LONGEST_WAIT = 3600.0


def duration(seconds: float) -> str | None:
    """Return a pause as written in a playbook; None if it is too short."""
    return None if seconds < LEAST_WAIT else f"{min(seconds, _LONGEST_WAIT) * 1000:.0f}ms"


def pace_of(pieces: Sequence[SeenEvent]) -> float:
    """Return the usual time between two pieces, in seconds."""
    gaps = [after.at - before.at for before, after in itertools.pairwise(pieces)]
    return statistics.median(gaps) if gaps else 0.0


def runs_of(pieces: Sequence[SeenEvent], pace: float) -> list[list[SeenEvent]]:
    """Split where the agent paused for much longer than its pace."""
    runs: list[list[SeenEvent]] = []
    last: SeenEvent | None = None
    for piece in pieces:
        if last is None or piece.at - last.at >= max(4 * pace, LEAST_WAIT):
            runs.append([])
        runs[-1].append(piece)
        last = piece
    return runs
