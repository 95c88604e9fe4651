"""Detect when the target can no longer be tested. Exchanges after that point are not checked.

A refused, broken or unanswered connection, a server error, a rejected key or a long rate limit triggers a
check, the smallest request. No row is checked until the check has a result. A target that is away may return,
as after a restart: the run waits, and repeats the interrupted probes.
"""

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sigmic_conformance.wire.client import NO_CONNECTION, retry_after
from sigmic_conformance.wire.connection import Capture
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript

ABSENT = frozenset({502, 503, 504})
REJECTED = frozenset({401, 403})
TOO_MANY = 429
SERVER_ERROR = 500
LONGEST_PAUSE_SECONDS = 60.0
"""A request is retried for at most this long while the target throttles."""
_BROKEN = frozenset({Closed.REFUSED, Closed.RESET, Closed.TRUNCATED})


class Sign(StrEnum):
    """Result of one reachability check."""

    THERE = "there"
    REFUSED = "refused"
    SILENT = "silent"
    ABSENT = "absent"
    FAILING = "failing"
    REJECTED = "rejected"
    THROTTLED = "throttled"


ENOUGH = {
    Sign.REFUSED: 2,  # a busy listener accepts the second
    Sign.SILENT: 3,
    Sign.ABSENT: 8,  # deployments take less
    Sign.FAILING: 8,
    Sign.REJECTED: 3,
    Sign.THROTTLED: 2,
}
"""Consecutive checks with this result after which the target is away."""
PASSING = frozenset({Sign.REFUSED, Sign.SILENT, Sign.ABSENT, Sign.FAILING})
"""The target may return after these."""
AWAY_SECONDS = 30.0
"""How long the run waits for a target that is away: longer than a restart takes."""
MOST_ABSENCES = 3
"""A target that is away more often is lost: the requests of a probe may be what ends it."""
_HOW = {
    Sign.REFUSED: "connections are refused",
    Sign.SILENT: "requests are not answered",
    Sign.ABSENT: "a gateway reports that the target is unreachable",
    Sign.FAILING: "requests are answered with server errors",
    Sign.REJECTED: "the API key is rejected",
    Sign.THROTTLED: f"429 asks for a pause of more than {LONGEST_PAUSE_SECONDS:g} s (Retry-After)",
}


def sign_of(answer: Capture | Exchange) -> Sign:
    """What one answer to a request with the owner's key shows."""
    status = answer.status
    if status is None:
        if answer.closed is Closed.DEADLINE or answer.error.startswith(NO_CONNECTION):
            return Sign.SILENT
        return Sign.REFUSED if answer.closed is Closed.REFUSED else Sign.THERE
    if status in ABSENT:
        return Sign.ABSENT
    if status in REJECTED:
        return Sign.REJECTED
    if status == TOO_MANY and retry_after(answer.headers, math.inf) > LONGEST_PAUSE_SECONDS:
        return Sign.THROTTLED
    return Sign.FAILING if status >= SERVER_ERROR else Sign.THERE


@dataclass(frozen=True, slots=True)
class TargetLost:
    """When the target last answered, in nanoseconds of the run, and what happened to it, as text."""

    last_answer: int
    words: str


@dataclass(frozen=True, slots=True)
class Absence:
    """The target was away from its last answer until it returned, in nanoseconds, and why, as text."""

    last_answer: int
    back: int
    words: str


class ReachabilityMonitor:
    """Watches the exchanges of all probes, which run in two threads.

    `ask` checks once whether the target answers, `pause` waits until the next check, `patience` is how many
    seconds it may be away; `on_away` is called each time when the target is away. `began` is the start of the
    run, in nanoseconds, like `now`.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Sign]],
        on_away: Callable[[], None],
        *,
        pause: Callable[[], Awaitable[None]],
        patience: Callable[[], float],
        now: Callable[[], int],
    ) -> None:
        self.gone: TargetLost | None = None
        self.absences: list[Absence] = []
        self.times_away = 0
        """How often the target was away, the current absence included."""
        self.began = 0
        self.usual = Sign.THERE
        """What the check showed before the run: a target that is still the same is not lost."""
        self._pause = pause
        self._patience = patience
        self._now = now
        self._ask = ask
        self._on_away = on_away
        self._last_answer = 0
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

    async def settled(self) -> None:
        """Wait until no check is running, and the target is there or lost."""
        while self.in_doubt:
            await self._pause()

    def is_spoilt(self, transcript: Transcript) -> bool:
        """True for a probe that ran while the target was away, and has to be repeated."""
        return any(
            absence.last_answer < each.ended and each.started < absence.back
            for absence in self.absences
            for each in transcript.exchanges
        )

    def see(self, exchange: Exchange) -> None:
        """Record an exchange; called on the event loop that sent it."""
        sign, is_owners = sign_of(exchange), exchange.role == "owner"
        if sign is Sign.THERE and is_owners and exchange.closed is Closed.COMPLETE:
            self._last_answer = max(self._last_answer, exchange.ended)
        lost = sign is not Sign.THERE and (is_owners or sign is not Sign.REJECTED)
        if lost or exchange.closed in _BROKEN:
            with self._lock:
                if self.gone is None and self._asking is None:
                    self._asking = asyncio.get_running_loop().create_task(self._find_out())

    def before_loss(self, transcript: Transcript) -> Transcript:
        """The transcript without the exchanges after the last answer of the target."""
        gone = self.gone
        if gone is None:
            return transcript
        kept = tuple(each for each in transcript.exchanges if each.ended <= gone.last_answer)
        if len(kept) == len(transcript.exchanges) and transcript.ending is Ending.COMPLETE:
            return transcript
        return replace(transcript, exchanges=kept, ending=Ending.GONE, detail=gone.words)

    async def _find_out(self) -> None:
        try:
            heard = self._last_answer
            sign = await self._ask()
            count = 1
            while not self._is_there(sign) and count < ENOUGH[sign]:
                await self._pause()
                sign = await self._ask()
                count += 1
            is_answering = self._last_answer > heard and sign is not Sign.REFUSED
            if not self._is_there(sign) and not is_answering:
                await self._is_away(sign)
        finally:
            self._asking = None

    def _is_there(self, sign: Sign) -> bool:
        return sign in {Sign.THERE, self.usual}

    async def _is_away(self, sign: Sign) -> None:
        """Wait until the target returns, if it can, or is lost."""
        seconds = max(0, self._last_answer - self.began) / 1e9
        how = _HOW[sign]
        what = f"{seconds:.0f} s after the start, {how}" if self._last_answer else how
        lost = TargetLost(self._last_answer, f"{what}; later exchanges were not tested")
        self.times_away += 1
        if sign not in PASSING or self.times_away > MOST_ABSENCES:
            self.gone = lost
            self._on_away()
            return
        self._on_away()
        try:
            async with asyncio.timeout(self._patience()):
                await self._pause()
                while not self._is_there(await self._ask()):
                    await self._pause()
        except TimeoutError:
            self.gone = lost
            return
        back = self._now()
        self.absences.append(
            Absence(lost.last_answer, back, f"{what}, for {(back - lost.last_answer) / 1e9:.0f} s")
        )
