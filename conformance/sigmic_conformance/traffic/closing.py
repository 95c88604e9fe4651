"""How long a reader waits: for the head of a stream, and for the end of a stream after its final event."""

import threading

CLOSE_SECONDS = 7.0
"""Longer than a server may take (G-53), so that a late close is detected."""
RESIGNED_SECONDS = 1.0
REPLAY_SECONDS = 5.0
LATE = 6
"""After this number of streams that were left open, readers wait only briefly."""


class Closing:
    """Whether streams start and are closed in time; shared by the probes of a run, in two threads."""

    def __init__(self) -> None:
        self._late = 0
        self._held_back = 0
        self.held_back_ever = False
        """Whether some stream of the run delivered nothing, so that its agent's actions are unknown."""
        self._lock = threading.Lock()

    def head_seconds(self, patient: float) -> float:
        """How long to wait for the head of a stream, in seconds: less after many delayed streams."""
        return min(patient, CLOSE_SECONDS) if self._held_back >= LATE else patient

    def opened(self, *, held_back: bool) -> None:
        """Count a stream without a head in time; one whose head arrived resets the count."""
        with self._lock:
            self.held_back_ever |= held_back
            self._held_back = self._held_back + 1 if held_back else 0

    @property
    def seconds(self) -> float:
        """How long to wait for the end of a stream."""
        return RESIGNED_SECONDS if self._late >= LATE else CLOSE_SECONDS

    @property
    def replay_seconds(self) -> float:
        """How many seconds the stream of a finished task may take if it is not read live."""
        return self.seconds + REPLAY_SECONDS

    def seen(self, closed: bool) -> None:  # noqa: FBT001  the observation itself
        """Count a stream that was not closed in time; one that was resets the count."""
        with self._lock:
            self._late = 0 if closed else self._late + 1
