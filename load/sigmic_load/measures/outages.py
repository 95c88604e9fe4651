"""Finds outages: when the target held fewer streams than wanted, and how long until all were back. Pure.

Streams that we dropped in a wave are not outages: each user measures their return itself, more exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_load.measures.timeline import Moment, Timeline

Spans = Sequence[tuple[float, float]]
WHOLE = 0.99
"""A second with at least this share of the wanted streams is not part of an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """`began` is an epoch second, `least` the lowest share held, `is_over` whether all streams returned."""

    began: int
    seconds: int
    least: float
    is_over: bool


def outages(timeline: Timeline, spans: Spans) -> list[Outage]:
    """Return the outages in the judged spans (epoch seconds). One that lasts to a span's end is not over."""
    found = []
    for start, end in spans:
        began, least = None, 1.0
        for second in range(int(start) + 1, int(end) + 1):
            share = _share(timeline.moments.get(second))
            if share is not None and share < WHOLE:
                began = second if began is None else began
                least = min(least, share)
            elif share is not None and began is not None:
                found.append(Outage(began=began, seconds=second - began, least=least, is_over=True))
                began, least = None, 1.0
        if began is not None:
            seconds = int(end) + 1 - began
            found.append(Outage(began=began, seconds=seconds, least=least, is_over=False))
    return found


def unfinished_recovery(timeline: Timeline, found: Sequence[Outage], spans: Spans) -> float | None:
    """Return how many seconds streams had been away that had not returned at the end; None if all had."""
    lasting = [float(it.seconds) for it in found if not it.is_over]
    for start, end in spans[-1:]:
        second = int(end)
        while second > start and _is_returning(timeline.moments.get(second)):
            second -= 1
        if second < int(end) - 1:
            lasting.append(float(int(end) - second))
    return max(lasting, default=None)


def _is_returning(moment: Moment | None) -> bool:
    return moment is not None and moment.returning > 0


def _share(moment: Moment | None) -> float | None:
    """The share of the wanted streams that was held; None if none was wanted, or nothing was sampled."""
    if moment is None:
        return None
    wanted = moment.held + moment.missing
    return moment.held / wanted if wanted else None
