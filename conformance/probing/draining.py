"""Ends what still runs on an event loop, before the loop ends."""

import asyncio


async def drain() -> None:
    """Cancel every other task of this loop and wait until it is over.

    A task that is only abandoned closes nothing: its sockets stay open until the garbage collector comes.
    """
    current = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not current]
    for task in tasks:
        if not task.cancelling():  # a second cancellation would break off what the first has it tidy up
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
