"""The machine's own time as the platform's time: mode `real`."""

import asyncio
import time
from collections.abc import Callable

from mock_server.ports import Timer


class RealClock:
    """Fulfils `mock_server.ports.Clock` with the event loop's timers."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, call)
