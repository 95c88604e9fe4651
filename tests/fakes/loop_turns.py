"""Another task of the same loop, which counts how often it is served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Turns:
    served = 0


@contextlib.asynccontextmanager
async def another_task() -> AsyncIterator[Turns]:
    turns = Turns()

    async def run() -> None:
        while True:
            turns.served += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(run())
    yield turns
    task.cancel()
