"""Shorten a list of steps that shows something, in few attempts: each costs turns of the model. Pure."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

Step = TypeVar("Step")


async def shortened(
    steps: Sequence[Step],
    shows: Callable[[Sequence[Step]], Awaitable[bool]],
    simpler: Callable[[Step], Iterable[Step]],
) -> list[Step]:
    """The steps without those that are not needed, each as simple as possible.

    First halves are left out, then quarters, then single steps, from the end, until none can be left out.
    """
    kept = list(steps)
    size = max(1, len(kept) // 2)
    while True:
        before = len(kept)
        for end in range(len(kept), 0, -size):
            fewer = kept[: max(0, end - size)] + kept[end:]
            if fewer and len(fewer) < len(kept) and await shows(fewer):
                kept = fewer
        if size > 1:
            size //= 2
        elif len(kept) == before:
            break
    for place in range(len(kept)):
        for other in simpler(kept[place]):
            changed = [*kept[:place], other, *kept[place + 1 :]]
            if await shows(changed):
                kept = changed
                break
    return kept
