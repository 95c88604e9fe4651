"""Detects that a target refuses our key, which it accepted when the run started. Pure."""

from dataclasses import dataclass

from sigmic_load.streams.reasons import is_success

UNAUTHENTICATED = frozenset({401, 403})
IN_A_ROW = 5
"""After this number of refusals without an accepted request in between, the target is asked once more."""


@dataclass(slots=True)
class KeyWatch:
    """Counts refusals of the key. Answers that do not depend on the key (429, 5xx, none) are ignored."""

    _refused: int = 0

    def answered(self, status: int) -> None:
        """Record the status of an answer to a request with the key."""
        if status in UNAUTHENTICATED:
            self._refused += 1
        elif is_success(status):
            self._refused = 0

    @property
    def is_doubtful(self) -> bool:
        """True if the target may no longer accept the key."""
        return self._refused >= IN_A_ROW

    def clear(self) -> None:
        """Reset the count."""
        self._refused = 0
