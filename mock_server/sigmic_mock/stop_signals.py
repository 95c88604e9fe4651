"""The signals that ask a process to stop, and a way to receive them that never interrupts a cleanup.

An exception out of a handler may come between any two statements, also between those that remove a folder.
Here a signal is noted, and the program checks for it while it waits.
"""

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Self

ECHO_SECONDS = 1.0
"""A signal so soon after the first is the same wish: wrappers pass on the Ctrl-C that the terminal sends."""
SIGNAL_BASE = 128
"""A process that signal n ended has the exit code 128 + n."""
_PIPE_BYTES = 4096


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals to stop for. A SIGHUP that `nohup` has ignored stays ignored.

    The exception is SIGINT: a shell ignores it in a process behind `&`, but an explicit SIGINT must stop it.
    """
    always = (signal.SIGTERM, signal.SIGINT)
    return always if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*always, signal.SIGHUP)


class StopSignals:
    """While entered, the signals to stop for are noted and end a `wait`, nothing else. Main thread only."""

    def __init__(self) -> None:
        self.first: signal.Signals | None = None
        """The first that came."""
        self._new: list[signal.Signals] = []
        self._tell: Callable[[], object] | None = None

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        # SIGCHLD changes nothing by itself, but a signal without a handler does not wake the process.
        numbers = (*stop_signals(), signal.SIGCHLD)
        self._handlers = {number: signal.signal(number, self._hear) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def take(self) -> tuple[signal.Signals, ...]:
        """Return the signals since the last call, oldest first."""
        new = tuple(self._new)
        del self._new[: len(new)]
        return new

    def wait(self, seconds: float | None) -> None:
        """Return once a signal has come or a child has ended since the last call, or after `seconds`."""
        if select.select([self._reader], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(self._reader, _PIPE_BYTES)

    @contextmanager
    def telling(self, call: Callable[[], object]) -> Iterator[None]:
        """Inside, call `call` for the first signal, also for one that has come already.

        A signal handler runs it, so it must only pass the signal on.
        """
        self._tell = call
        try:
            if self.first is not None:
                self._tell_once()
            yield
        finally:
            self._tell = None

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGCHLD:
            return
        heard = signal.Signals(number)
        self._new.append(heard)
        if self.first is None:
            self.first = heard
            self._tell_once()

    def _tell_once(self) -> None:
        call, self._tell = self._tell, None
        if call is not None:
            call()
