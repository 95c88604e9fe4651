"""A list of steps that shows something is shortened to those that it needs."""

import asyncio
from collections.abc import Collection, Sequence

import pytest

from sigmic_conformance.commands.exploration.shorten import shortened


def shorten(steps: Sequence[int], needed: Collection[int]) -> tuple[list[int], int]:
    """What is left if these are needed, and the number of attempts. The simpler form of 13 is 3."""
    attempts = 0

    async def shows(kept: Sequence[int]) -> bool:
        nonlocal attempts
        attempts += 1
        return {*needed} <= {each % 10 for each in kept}

    left = asyncio.run(shortened(steps, shows, lambda step: [step % 10] if step >= 10 else []))
    return left, attempts


@pytest.mark.parametrize(
    ("steps", "needed", "left"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], [3], [3]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [1, 8], [1, 8]),
        ([1, 2, 3], [1, 2, 3], [1, 2, 3]),
        ([1], [1], [1]),
        ([11, 2, 13], [1, 3], [1, 3]),
    ],
)
def test_only_needed_steps_are_left_in_their_simplest_form(steps, needed, left):
    assert shorten(steps, needed)[0] == left


def test_twelve_steps_are_shortened_in_few_attempts():
    left, attempts = shorten(range(1, 10), [4, 7])

    assert left == [4, 7]
    assert attempts <= 25
