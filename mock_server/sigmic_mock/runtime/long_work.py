"""Work on long texts outside the event loop, so that a body of megabytes delays no other caller."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
LONG_BYTES = 64 << 10
"""The length of a text in bytes; work on a shorter one takes a few milliseconds."""


async def work_on(length: int, work: Callable[[], Result]) -> Result:
    """Return the result of `work`, which is pure, for a text of `length` bytes. Long texts use a thread."""
    return await asyncio.to_thread(work) if length > LONG_BYTES else work()
