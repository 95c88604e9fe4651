"""Facts that a step notes for whichever probe takes it."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, ProbeName

Segments = list[object]
"""Header and claims of a token as JSON values, None for what is none, and the number of its segments."""


def round_trips(probe: ProbeName) -> Fact[list[int]]:
    """How long small requests took beside what was listened to, in nanoseconds."""
    return Fact(probe, "round trips")


def attempts_made(probe: ProbeName, what: str) -> Fact[int]:
    """How many attempts it took until the agent did what it was asked to."""
    return Fact(probe, f"attempts: {what}")


def session_expired_by(probe: ProbeName) -> Fact[str]:
    """How the profile lets a session expire."""
    return Fact(probe, "session expired by")


def segments_of_token(exchange: Label) -> Fact[Segments]:
    """What is inside the token that an exchange of credentials answered."""
    return Fact(exchange.probe, f"segments: {exchange}")
