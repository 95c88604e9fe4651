"""Work on long lists and texts that lets others run: all of it together gets a few milliseconds a pass.

The bound is one for the whole loop. A bound for each caller would not help if two hundred come at once.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar
from weakref import WeakKeyDictionary

_Value = TypeVar("_Value")
_Made = TypeVar("_Made")
_SECONDS = 0.005
"""Of one pass of the event loop."""


class Turns:
    """Shares the passes of one event loop among those who work on something long, in the order they came."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_used = False
        """True from the first turn in a pass until the next pass."""
        self._until = 0.0

    async def take(self) -> None:
        """Return when the caller may work for a moment; at once while this pass has time left."""
        if not self._is_used:
            self._begin()
        elif self._waiting or self._clock() >= self._until:
            await self._wait()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was this one's turn already
                self._next()
            raise
        self._begin()

    def _begin(self) -> None:
        self._is_used = True
        self._until = self._clock() + _SECONDS
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Wake the first that waits: it runs in the next pass."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._until = 0.0
                turn.set_result(None)
                return
        self._is_used = False


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


async def turn() -> None:
    """Return when long work may go on for some milliseconds. Call it before each piece of such work."""
    loop = asyncio.get_running_loop()
    turns = _TURNS.get(loop)
    if turns is None:
        turns = _TURNS[loop] = Turns()
    await turns.take()


async def in_slices(make: Callable[[_Value], _Made], values: Iterable[_Value]) -> list[_Made]:
    """Return the result of `make` for each value, in order."""
    made: list[_Made] = []
    for value in values:
        await turn()
        made.append(make(value))
    return made
