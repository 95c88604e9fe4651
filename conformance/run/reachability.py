"""Detect when the target becomes unreachable. Exchanges after that point are not checked.

A refused or broken connection, or a 502, 503 or 504 from a gateway, triggers a check. No row is checked until
the check has a result.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange, Transcript

REFUSALS = 2
"""Refused connections in a row after which the target is lost: a busy listener accepts the second."""
ABSENCES = 8
"""Consecutive 502, 503 or 504 of a gateway after which the target is lost: deployments take less."""
ABSENT = frozenset({502, 503, 504})
_BROKEN = frozenset({Closed.REFUSED, Closed.RESET, Closed.TRUNCATED})


class Sign(StrEnum):
    """Result of one reachability check."""

    THERE = "there"
    REFUSED = "refused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class TargetLost:
    """When the target last answered, in nanoseconds of the run, and what happened to it, as text."""

    heard: int
    words: str


class ReachabilityMonitor:
    """Watches the exchanges of all probes, which run in two threads.

    `ask` checks once whether the target answers, `pause` waits until the next check; `on_gone` is called
    once, when the target is lost. `began` is the start of the run, in nanoseconds.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Sign]],
        on_gone: Callable[[], None],
        *,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self.gone: TargetLost | None = None
        self.began = 0
        self._pause = pause
        self._ask = ask
        self._on_gone = on_gone
        self._heard = 0
        self._lock = threading.Lock()
        self._asking: asyncio.Task[None] | None = None

    def has_gone(self) -> bool:
        """True if the target is known to be lost."""
        return self.gone is not None

    @property
    def words(self) -> str:
        """What happened to the target; empty while it is reachable."""
        return self.gone.words if self.gone else ""

    @property
    def in_doubt(self) -> bool:
        """True during a check: the latest exchanges may have to be discarded."""
        return self._asking is not None

    def see(self, exchange: Exchange) -> None:
        """Record an exchange; called on the event loop that sent it."""
        if exchange.closed is Closed.COMPLETE and exchange.status not in {None, *ABSENT}:
            self._heard = max(self._heard, exchange.ended)
        elif exchange.closed in _BROKEN or exchange.status in ABSENT:
            with self._lock:
                if self.gone is None and self._asking is None:
                    self._asking = asyncio.get_running_loop().create_task(self._find_out())

    def before_loss(self, transcript: Transcript) -> Transcript:
        """The transcript without the exchanges after the last answer of the target."""
        gone = self.gone
        if gone is None:
            return transcript
        kept = tuple(each for each in transcript.exchanges if each.ended <= gone.heard)
        if len(kept) == len(transcript.exchanges) and transcript.ending is Ending.COMPLETE:
            return transcript
        return replace(transcript, exchanges=kept, ending=Ending.GONE, detail=gone.words)

    async def _find_out(self) -> None:
        try:
            sign = await self._ask()
            times = {Sign.REFUSED: REFUSALS, Sign.ABSENT: ABSENCES}
            count = 1
            while sign is not Sign.THERE and count < times[sign]:
                await self._pause()
                sign = await self._ask()
                count += 1
            if sign is not Sign.THERE:
                self._is_gone(sign)
        finally:
            self._asking = None

    def _is_gone(self, sign: Sign) -> None:
        seconds = max(0, self._heard - self.began) / 1e9
        how = (
            "connections are refused"
            if sign is Sign.REFUSED
            else "a gateway reports that the target is unreachable"
        )
        what = f"the target went away {seconds:.0f} s after the start: {how}" if self._heard else how
        self.gone = TargetLost(self._heard, f"{what}; later exchanges were not tested")
        self._on_gone()
