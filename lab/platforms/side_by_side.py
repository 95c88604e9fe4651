"""Judge several targets in parallel: a run mostly waits, and each has separate processes."""

import os
import shlex
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.platforms.server import LIMITED_BYTES
from lab.platforms.suite_run import UNHURRIED, Patience, SuiteRun, profile_in, run
from lab.platforms.workspace import Files

AT_ONCE = 3 * (os.cpu_count() or 1)
"""Enough to use the waiting time, and few enough that answers are rarely late."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A target to be judged: its parts by name, seconds between heartbeats, rows (`-k`), other flags.

    The judging command has to end within `seconds`.
    """

    parts: tuple[str, ...] = ()
    heartbeat: float = 3.0
    limits: bool = True
    select: str | None = None
    flags: tuple[str, ...] = ()
    patience: Patience = UNHURRIED
    seconds: float = 900


class SideBySide:
    """Starts all orders, `AT_ONCE` of them in parallel, and returns their results."""

    def __init__(self, orders: Iterable[Order], folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="target")
        self._made: dict[Order, Future[SuiteRun]] = {}
        for order in orders:
            self._begin(order)

    def of(self, order: Order) -> SuiteRun:
        """Wait for the result of an order; start it if it is new. The judging command has a time limit."""
        return self._begin(order).result()

    def close(self) -> None:
        """Start no more orders, and wait for those that run."""
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, order: Order) -> Future[SuiteRun]:
        if order not in self._made:
            self._made[order] = self._pool.submit(self._run, len(self._made), order)
        return self._made[order]

    def _run(self, number: int, order: Order) -> SuiteRun:
        """Run the judging command, which starts the target in a separate process."""
        words = [sys.executable, "-m", "lab.platforms", *order.parts]
        words += ["--heartbeat", str(order.heartbeat), *(["--limits"] if order.limits else [])]
        folder, largest = self._folder / str(number), LIMITED_BYTES if order.limits else Files.largest
        profile = profile_in(folder, order.heartbeat, largest, patience=order.patience)
        return run(
            folder,
            {},
            *("--serve", f"exec {shlex.join(words)} --ready-file {{ready_file}}", "--serve-seconds", "60"),
            *("--profile", str(profile), *(("-k", order.select) if order.select else ()), *order.flags),
            timeout=order.seconds,
        )
