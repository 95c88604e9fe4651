"""An event loop on a thread of its own: explorers are called synchronously, our wire is asyncio."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from sigmic_conformance.conformance.probing.draining import drain

T = TypeVar("T")

CLOSING_SECONDS = 5.0


class BackgroundLoop:
    """Runs coroutines one after the other for a synchronous caller."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="explore", daemon=True)
        self._thread.start()

    def run(self, step: Coroutine[Any, Any, T], timeout: float) -> T:
        """Run a coroutine to its end; TimeoutError after `timeout` seconds, when it is cancelled."""
        future = asyncio.run_coroutine_threadsafe(step, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel what runs, end the loop and its thread; TimeoutError when a step does not let go."""
        asyncio.run_coroutine_threadsafe(drain(), self._loop).result(CLOSING_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING_SECONDS)
        self._loop.close()
