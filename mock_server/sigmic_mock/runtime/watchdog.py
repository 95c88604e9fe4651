"""Measure how long the event loop stalls, and name what ran. No input may block it for 50 ms.

The loop times its passes (`event_loop.FairSelector`). While a pass is late, a thread samples what the loop's
thread executes. It stores names of operations and of our code, never a caller's data. Time is real time: a
pause delays every caller, regardless of a project's clock.
"""

import asyncio
import gc
import logging
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType

from sigmic_mock.runtime.event_loop import FairLoop

log = logging.getLogger(__name__)
LONGEST_PAUSE = 0.05
"""Seconds that one pass of the loop may take."""
_LATE = 0.02
"""Seconds after which the running code is sampled, and between two samples."""
_LOGGED_EACH = 1.0
"""Seconds between two lines in the log, so that many pauses do not flood it."""
_COLLECTOR = "garbage_collector"
_OURS = "sigmic_mock."
_WORD = re.compile(r"[A-Za-z_-]+")


@dataclass(slots=True)
class Pauses:
    """The pauses of one operation, in seconds; `cpu` is the loop's processor time in the longest of them."""

    count: int = 0
    longest: float = 0.0
    cpu: float = 0.0


class Watchdog:
    """Watches one loop from `start` to `stop`. Only a `FairLoop` times its passes."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` must be the one with which the loop times its passes."""
        self._clock = clock
        self._pauses: dict[str, Pauses] = {}
        self._seen: list[tuple[str, str]] = []
        """The samples, (operation, place in the code), of the pass that started at `_began`.

        The thread adds to them while the loop reads them, so the loop counts a copy.
        """
        self._collected = 0.0
        """Seconds of garbage collection in that pass."""
        self._collecting_since = 0.0
        self._began = 0.0
        self._unlogged = 0
        self._logged_at = float("-inf")
        self._loop: FairLoop | None = None
        self._loop_thread = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watchdog", daemon=True)

    @property
    def pauses(self) -> Mapping[str, Pauses]:
        """The pauses so far, by operation: a route, a kind of background work, or a part of the code."""
        return self._pauses

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch the loop of this thread."""
        if not isinstance(loop, FairLoop):
            return
        self._loop, self._loop_thread = loop, threading.get_ident()
        loop.passes.watch(LONGEST_PAUSE, self.passed)
        gc.callbacks.append(self._collects)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Idempotent."""
        if self._loop is None:
            return
        self._loop.passes.watch(float("inf"), self.passed)
        gc.callbacks.remove(self._collects)
        self._stopping.set()
        self._thread.join()
        self._loop = None

    def passed(self, began: float, seconds: float, cpu: float) -> None:
        """Record a pass that took too long; `cpu` is processor time of the loop's thread."""
        self._enter(began)
        seen = Counter(self._seen.copy()) or Counter([("other", "unknown")])
        [((operation, place), _)] = seen.most_common(1)
        if self._collected > seconds / 2:
            operation = place = _COLLECTOR
        of_operation = self._pauses.setdefault(operation, Pauses())
        of_operation.count += 1
        if seconds > of_operation.longest:
            of_operation.longest, of_operation.cpu = seconds, cpu
        self._log(operation, place, seconds, cpu)

    def saw(self, began: float, operation: str, place: str) -> None:
        """Record what runs in the pass that started at `began`."""
        self._enter(began)
        self._seen.append((operation, place))

    def collected(self, began: float, seconds: float) -> None:
        """Record garbage collection in the pass that started at `began`."""
        self._enter(began)
        self._collected += seconds

    def _enter(self, began: float) -> None:
        if began != self._began:
            self._began, self._collected = began, 0.0
            self._seen.clear()

    def _log(self, operation: str, place: str, seconds: float, cpu: float) -> None:
        if self._clock() - self._logged_at < _LOGGED_EACH:
            self._unlogged += 1
            return
        # With little processor time, the machine ran something else: no input caused this.
        level = logging.WARNING if cpu >= LONGEST_PAUSE else logging.INFO
        fields = {
            "operation": operation,
            "place": place,
            "ms": round(seconds * 1000),
            "cpu_ms": round(cpu * 1000),
        }
        log.log(level, "the event loop stood still", extra={"fields": fields | {"unlogged": self._unlogged}})
        self._logged_at, self._unlogged = self._clock(), 0

    def _look_on(self) -> None:
        while not self._stopping.wait(_LATE):
            loop = self._loop
            if loop is None or self._clock() - (began := loop.passes.busy_since) < _LATE:
                continue
            place = place_of(sys._current_frames().get(self._loop_thread))  # noqa: SLF001 - its documented name
            task = asyncio.current_task(loop)
            self.saw(began, operation_of("" if task is None else task.get_name(), place), place)

    def _collects(self, phase: str, _info: dict[str, int]) -> None:
        if self._loop is None or threading.get_ident() != self._loop_thread:
            return
        if phase == "start":
            self._collecting_since = self._clock()
        else:
            self.collected(self._loop.passes.busy_since, self._clock() - self._collecting_since)


def place_of(frame: FrameType | None) -> str:
    """Return the innermost code of ours in a stack as `module:function`; without any, the innermost code."""
    innermost = frame
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS) and module != __name__:
            return f"{module.removeprefix(_OURS)}:{frame.f_code.co_name}"
        frame = frame.f_back
    if innermost is None:
        return "unknown"
    return f"{innermost.f_globals.get('__name__', '')}:{innermost.f_code.co_name}"


def operation_of(task: str, place: str) -> str:
    """Return what a task with this name does: one of a closed set of words.

    The HTTP layer names its tasks by the route. The name of background work starts with what it does. For a
    task with another name (libraries name theirs by their code), and a callback without a task, the word is
    the part of the code that ran.
    """
    word = task.split(" ", 1)[0]
    if _WORD.fullmatch(word):
        return word
    return place.partition(":")[0].partition(".")[0]
