"""Judges several targets at the same time: a run is mostly waiting, and each has processes of its own."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.conformance.targets.apart import serve_apart
from tests.conformance.targets.judging import UNHURRIED, Judgement, Patience, judge, run

AT_ONCE = 3 * (os.cpu_count() or 1)
"""So many that waiting costs no time, and so few that hardly anybody is late."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A target to be judged: its parts by name, seconds between heartbeats, rows (`-k`), further flags.

    The command that judges has to end within `seconds`.
    """

    parts: tuple[str, ...] = ()
    heartbeat: float = 3.0
    limits: bool = True
    select: str | None = None
    flags: tuple[str, ...] = ()
    patience: Patience = UNHURRIED
    seconds: float = 300


@dataclass(frozen=True)
class Judged:
    """What came of an order, and how many prompts the target's agent disobeyed."""

    judgement: Judgement
    disobeyed: int | None


class SideBySide:
    """Starts all orders at once, `AT_ONCE` of them running, and hands out what came of each."""

    def __init__(self, orders: Iterable[Order], folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="target")
        self._made: dict[Order, Future[Judged]] = {}
        for order in orders:
            self._begin(order)

    def of(self, order: Order) -> Judged:
        """Wait for an order, begun now if it was not before; the command that judges has a deadline."""
        return self._begin(order).result()

    def close(self) -> None:
        """Begin nothing more, and wait for what runs."""
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, order: Order) -> "Future[Judged]":
        if order not in self._made:
            self._made[order] = self._pool.submit(self._judge, len(self._made), order)
        return self._made[order]

    def _judge(self, number: int, order: Order) -> Judged:
        with serve_apart(*order.parts, heartbeat=order.heartbeat, limits=order.limits) as target:
            folder = self._folder / str(number)
            found = judge(
                target.reach,
                folder,
                *order.flags,
                select=order.select,
                patience=order.patience,
                by=partial(run, timeout=order.seconds),
            )
        return Judged(found, target.disobeyed)
