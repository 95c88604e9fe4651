"""Waiting for what tells nobody when it happens: the one place where tests look again and again."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 30.0
"""Seconds after which what was waited for is missing: far above any delay of a busy machine."""


async def eventually(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until `condition` holds: threads of the database work in real time, and servers tell no test."""
    async with asyncio.timeout(PATIENCE):
        while not (found if isinstance(found := condition(), bool) else await found):  # noqa: ASYNC110 - nothing else to wait on
            await asyncio.sleep(0.002)
