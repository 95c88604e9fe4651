"""One greenlet that looks again and again: begun, begun anew, and ended by its owner."""

from abc import ABC, abstractmethod

import gevent
from locust.env import Environment


class Watch(ABC):
    """Looks until it is stopped."""

    _greenlet: "gevent.Greenlet[..., None] | None" = None

    def start(self) -> None:
        """Begin to look."""
        self.stop()
        self._greenlet = gevent.spawn(self._watch)

    def stop(self) -> None:
        """Look no more. Idempotent."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    @abstractmethod
    def _watch(self) -> None:
        """Look, sleep, and look again."""


def end_early(environment: Environment) -> None:
    """End the run, and the process too unless its page may start another."""
    runner = environment.runner
    if runner is None:
        return
    if environment.web_ui is None:
        runner.quit()
    else:
        runner.stop()
