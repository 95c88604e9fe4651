"""Work on texts outside the event loop: a long message does not hold up other callers.

Invariant: the given functions are pure. One text is processed at a time, so that the loop shares the
interpreter with one thread, which releases it every few milliseconds.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
SHORT_CHARACTERS = 2_000
"""Texts up to this length are processed directly, without a thread: that takes a few milliseconds at most."""


class TextWork:
    """Runs functions of texts: short ones directly, long ones in a thread, in sequence."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def do(self, length: int, work: Callable[[], Result]) -> Result:
        """Return the result of `work`; `length` is that of the texts that it reads, in characters."""
        if length <= SHORT_CHARACTERS:
            return work()
        async with self._one_at_a_time:
            return await asyncio.to_thread(work)
