"""Work on a long list that lets other callers run every few milliseconds."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

_Value = TypeVar("_Value")
_Made = TypeVar("_Made")
_SECONDS = 0.005


async def in_slices(make: Callable[[_Value], _Made], values: Iterable[_Value]) -> list[_Made]:
    """Return the result of `make` for each value, in order."""
    made: list[_Made] = []
    began = time.perf_counter()
    for value in values:
        made.append(make(value))
        if time.perf_counter() - began > _SECONDS:
            await asyncio.sleep(0)
            began = time.perf_counter()
    return made
