"""The first verdict: whether the run is the one that was asked for, planned against done. Pure.

Nothing is held by a run that was cut short, or that opened or judged less than its plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH_HEARTBEATS = 0.5
"""The share of the heartbeats due in the judged time that must have come, or been counted as missing."""
SLACK = 3.0
"""Seconds by which users and the first look at the streams may be late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much a run is or was: `judged` and `seconds` in seconds, `streams` at one time, at most."""

    seconds: float
    judged: float
    users: int
    streams: int
    heartbeats: int


def shortfalls(planned: Amounts, done: Amounts, *, has_ended: bool, patience: float) -> Iterator[str]:
    """Yield in what a run fell short of its plan, with the figures.

    `has_ended` is true if its plan ended it. `patience` is how many seconds streams may take to open.
    """
    if not has_ended:
        yield f"ended after {done.seconds:.0f} of {planned.seconds:.0f} s"
    if done.users < planned.users:
        yield f"{done.users} of {planned.users} users ran at one time"
    if done.streams < planned.streams:
        yield f"{done.streams} of {planned.streams} streams were open at one time"
    if not done.judged:
        yield "not all users and their streams were there in time, so nothing was judged"
    elif has_ended and done.judged < planned.judged - patience - SLACK:
        yield f"judged {done.judged:.0f} of {planned.judged:.0f} s"
    elif done.heartbeats < ENOUGH_HEARTBEATS * planned.heartbeats:
        yield f"judged {done.heartbeats} of {planned.heartbeats} heartbeats"
