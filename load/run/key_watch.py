"""Notices that a target refuses our key, which it knew when the run began. Pure."""

from dataclasses import dataclass

from sigmic_conformance.load.streams.reasons import is_success

UNAUTHENTICATED = frozenset({401, 403})
IN_A_ROW = 5
"""So many refusals, and not one answer in between that took the key, are worth a question of our own."""


@dataclass(slots=True)
class KeyWatch:
    """Counts what answers say of the key; those that say nothing of it (429, 5xx, none) do not count."""

    _refused: int = 0

    def answered(self, status: int) -> None:
        """Take the status of an answer to a request with the key."""
        if status in UNAUTHENTICATED:
            self._refused += 1
        elif is_success(status):
            self._refused = 0

    @property
    def is_doubtful(self) -> bool:
        """True when the key may not be known any more."""
        return self._refused >= IN_A_ROW

    def clear(self) -> None:
        """Begin to count anew."""
        self._refused = 0
