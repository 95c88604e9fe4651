"""Levels of detail of a page, from most to least, tried in this order until the page is small enough."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Limits of a page.

    `slices`, `excerpt` and `curl` (characters; 0: none) are about rows that hold, `ticks` and `events` about
    one timeline; `timelines` says whether the section of all streams is shown.
    """

    citations: int
    excerpt: int
    curl: int
    ticks: int
    events: int
    timelines: bool = True


LEVELS = (
    Detail(citations=3, excerpt=240, curl=600, ticks=300, events=30),
    Detail(citations=2, excerpt=200, curl=400, ticks=200, events=8),
    Detail(citations=1, excerpt=200, curl=300, ticks=100, events=0),
    Detail(citations=1, excerpt=0, curl=0, ticks=0, events=0, timelines=False),
    Detail(citations=0, excerpt=0, curl=0, ticks=0, events=0, timelines=False),
)
"""The last one is used whatever its size."""
MOST_BYTES = 2_000_000
