"""Decides when a target may be judged: not while users and their streams are still starting. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class JudgedWindow:
    """Opens when every user has started and every wanted stream is open.

    `patience` is how many seconds streams may take after the last user has started: a target that refuses
    them is judged too. `settle` is for how many seconds after that the target is not judged yet.
    """

    patience: float
    settle: float = 0.0
    is_open: bool = False
    _complete_since: float | None = None
    _ready_since: float | None = None

    def look(self, seconds: float, *, is_rising: bool, has_users: bool, has_streams: bool) -> bool:
        """Return whether the target is judged now, `seconds` after the start. Only rising users end that."""
        if is_rising:
            self.is_open, self._complete_since, self._ready_since = False, None, None
        elif not self.is_open and has_users:
            if self._complete_since is None:
                self._complete_since = seconds
            is_ready = has_streams or seconds - self._complete_since >= self.patience
            if is_ready and self._ready_since is None:
                self._ready_since = seconds
            self.is_open = self._ready_since is not None and seconds - self._ready_since >= self.settle
        return self.is_open
