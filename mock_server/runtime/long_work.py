"""Work on long texts away from the event loop: a body of megabytes holds no other caller up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
LONG_BYTES = 64 << 10
"""Of a text; what is done with a shorter one takes a few milliseconds."""


async def work_on(length: int, work: Callable[[], Result]) -> Result:
    """Return what `work`, which is pure, makes of a text of that many bytes: of a long one in a thread."""
    return await asyncio.to_thread(work) if length > LONG_BYTES else work()
