"""The waits of a turn, for time or for a caller. A turn that only waits can be captured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sigmic_conformance.mock_server.domain.model import ToolCall
from sigmic_conformance.mock_server.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState:
    """One wait with `seconds` left: for time, or with `asks` for the answer to `call`.

    `call` is the tool call that the turn waits in, None without one.
    """

    call: ToolCall | None
    asks: bool
    seconds: float


class TurnWaits:
    """The waits of one turn; several when tool calls wait at the same time."""

    def __init__(self, clock: Clock, task_id: str) -> None:
        self._clock = clock
        self._task_id = task_id
        self._until: dict[object, tuple[ToolCall | None, bool, float]] = {}
        """Each wait's call, whether it asks, and its end on the clock's monotonic scale."""

    async def sleep(self, seconds: float, call: ToolCall | None = None) -> None:
        """Let platform time pass, inside `call` if one is given."""
        with self._noted(call, seconds, asks=False), self._clock.waiting():
            await self._clock.sleep(seconds, timer="wait", owner=self._task_id)

    @contextmanager
    def asking(self, call: ToolCall, seconds: float, give_up: Callable[[], object]) -> Iterator[None]:
        """Inside, `call` waits for an approval; `give_up` is called if no answer came in time."""
        deadline = self._clock.call_later(seconds, give_up, timer="approval_deadline", owner=self._task_id)
        try:
            with self._noted(call, seconds, asks=True):
                yield
        finally:
            deadline.cancel()

    def capture(self) -> WaitState | None:
        """Return the current wait; None unless there is exactly one."""
        if len(self._until) != 1:
            return None
        [(call, asks, until)] = self._until.values()
        return WaitState(call=call, asks=asks, seconds=max(0.0, until - self._clock.monotonic()))

    @contextmanager
    def _noted(self, call: ToolCall | None, seconds: float, *, asks: bool) -> Iterator[None]:
        wait = object()
        self._until[wait] = (call, asks, self._clock.monotonic() + seconds)
        try:
            yield
        finally:
            del self._until[wait]
