"""A greenlet that checks something repeatedly. Its owner starts, restarts and stops it."""

from abc import ABC, abstractmethod

import gevent
from locust.env import Environment


class Watch(ABC):
    """Checks until it is stopped."""

    _greenlet: "gevent.Greenlet[..., None] | None" = None

    def start(self) -> None:
        """Start, or restart."""
        self.stop()
        self._greenlet = gevent.spawn(self._watch)

    def stop(self) -> None:
        """Stop. Idempotent."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    @abstractmethod
    def _watch(self) -> None:
        """Check and sleep in a loop."""


def end_early(environment: Environment) -> None:
    """End the run. Also end the process, unless its page may start another run."""
    runner = environment.runner
    if runner is None:
        return
    if environment.web_ui is None:
        runner.quit()
    else:
        runner.stop()
