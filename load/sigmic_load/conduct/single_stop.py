"""Let a run be stopped by one greenlet at a time.

Locust stops a run again while it is being stopped: a signal ends the shape, whose end stops the run. The
second stop would kill users that are cancelling their tasks, and end the process before its result is there.
"""

from collections.abc import Callable
from typing import Any

from gevent.lock import RLock
from locust.runners import Runner


def stop_once(runner: Runner, first: Callable[[], None] = lambda: None) -> None:
    """Make each `stop` and `quit` of a runner wait for a stop in progress, and then find nothing to stop.

    `first` is called before Locust stops: it reads all source files of its stack then, which blocks the loop.
    """
    stop, lock = runner.stop, RLock()

    def stop_alone(**how: Any) -> None:
        with lock:
            first()
            stop(**how)

    runner.stop = stop_alone  # type: ignore[method-assign]  # Locust has no event that could refuse a stop
