"""Wait for a condition that sends no signal. This is the only place where tests poll."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 30.0
"""Seconds until the wait fails: far above any delay of a busy machine."""


async def eventually(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Poll until `condition` holds: the database's threads run in real time, and servers send no signal."""
    async with asyncio.timeout(PATIENCE):
        while not (found if isinstance(found := condition(), bool) else await found):  # noqa: ASYNC110 - nothing else to wait on
            await asyncio.sleep(0.002)
