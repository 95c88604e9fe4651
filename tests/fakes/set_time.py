"""A clock that shows the time that a test sets."""


class SetTime:
    """Fulfils a monotonic or a wall clock: call it for the time in seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
