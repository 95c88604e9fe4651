"""Compares times within the measured noise, and reports what remains undecided. Pure.

Noise J is the larger of two: how late the harness itself ran, and how much a small request's round trip
varied at the same time (p99 - p50). A silence may exceed the interval by max(0.5 s, 3 J).

Noise makes a measured time wrong by at most J, in either direction. So J above a twelfth of the interval does
not by itself leave a verdict open: a limit that holds with J added, or fails with J subtracted, is decided.
"""

from collections.abc import Mapping
from enum import StrEnum
from statistics import quantiles

from sigmic_conformance.model.record.record import Record

NANO = 1_000_000_000
SLACK_SECONDS = 0.5
MOST = 0.9
"""The part of the time for a whole task after which nothing is still to come."""
NOISE_PART = 12
FEWEST_TRIPS = 4
CLOSE_SECONDS = 5.0
"""How soon after its last event a connection must be closed (PHASE-013)."""
PATIENCE = round((CLOSE_SECONDS + 1) * NANO)
"""Nanoseconds after which a stream that has not been closed is left open."""


class Comparison(StrEnum):
    """Result of comparing a measured time with a limit."""

    WITHIN = "within"
    BEYOND = "beyond"
    UNDECIDED = "undecided"


def round_trip_spread(trips: list[int]) -> int:
    """p99 - p50 of round trips, in the unit given; 0 for fewer than four of them."""
    if len(trips) < FEWEST_TRIPS:
        return 0
    cuts = quantiles(trips, n=100, method="inclusive")
    return round(cuts[98] - cuts[49])


def _spreads(record: Record) -> Mapping[str, int]:
    """The spread of the round trips that each probe noted, in nanoseconds."""
    return {probe: round_trip_spread(record.noted(probe, "round trips") or []) for probe in record.probes}


def jitter(record: Record, *probes: str) -> int:
    """J of these probes, in nanoseconds."""
    spreads = record.derived(_spreads)
    return max(record.jitter(*probes), *(spreads[probe] for probe in probes), 0)


def is_measured(record: Record, probe: str) -> bool:
    """True for a probe that timed small requests during its streams: its late heartbeats can be detected."""
    return record.noted(probe, "round trips") is not None


def noisy(record: Record, *probes: str) -> bool:
    """True when J is more than a twelfth of the interval: then only clear cases are decided."""
    return jitter(record, *probes) > record.profile.heartbeat_seconds * NANO / NOISE_PART


def slack(record: Record, *probes: str) -> int:
    """By how much a silence may exceed the interval, in nanoseconds."""
    return round(max(SLACK_SECONDS * NANO, 3 * jitter(record, *probes)))


def allowed(record: Record, *probes: str) -> int:
    """The longest silence that may pass, in nanoseconds."""
    return round(record.profile.heartbeat_seconds * NANO) + slack(record, *probes)


def compare(record: Record, time: int, *probes: str, over: int | None = None) -> Comparison:
    """Compare a measured time with the interval (or with `over`, in nanoseconds) and its tolerance.

    In a noisy run it is within the limit only with J added and without the tolerance that comes from J, and
    beyond only with J subtracted.
    """
    base = round(record.profile.heartbeat_seconds * NANO) if over is None else over
    limit = base + slack(record, *probes)
    if not noisy(record, *probes):
        return Comparison.WITHIN if time <= limit else Comparison.BEYOND
    noise = jitter(record, *probes)
    if time + noise <= base + SLACK_SECONDS * NANO:
        return Comparison.WITHIN
    return Comparison.BEYOND if time - noise > limit else Comparison.UNDECIDED
