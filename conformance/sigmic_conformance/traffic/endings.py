"""Exceptions that end a probe early, and a one-line description of a response."""

from sigmic_conformance.wire.transcript import Closed, Exchange


class Interrupted(Exception):
    """A step that the rest of the probe depends on failed; the checks of the rest are blocked."""


class ReadOnly(Exception):
    """The profile allows reading only, and the next request may change something."""


class Missed(Exception):
    """The agent did not do what it was asked to, in any attempt."""


class HeldBack(Exception):
    """A stream delivered nothing, so that the agent's actions are unknown."""


class Throttled(Exception):
    """The target still answered 429 after all retries."""


def describe(exchange: Exchange) -> str:
    """An answer in a few words: `404 NOT_FOUND`, `no answer (reset)`, `201 (truncated)`."""
    if exchange.status is None:
        return f"no answer ({exchange.closed}: {exchange.error})"
    code = exchange.code
    cut = "" if exchange.closed is Closed.COMPLETE else f" ({exchange.closed})"
    return f"{exchange.status}{f' {code}' if code else ''}{cut}"
