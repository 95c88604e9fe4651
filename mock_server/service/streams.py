"""Open streams: a newcomer gets the replay, then everything that happens, until the run ends."""

from typing import Protocol

from mock_server.core.model import Principal
from mock_server.ports import Subscriber


class Subscription(Protocol):
    """One open stream on one run (G-58)."""

    def close(self) -> None:
        """Stop writing to the subscriber, e.g. because it went away; the task does not notice. Idempotent."""


class Streams:
    """Every open stream of every task."""

    async def subscribe(self, principal: Principal, id: str, subscriber: Subscriber) -> Subscription:
        """Write the replay to `subscriber`, then live events and heartbeats, then call its `finish()`.

        Replay and subscription are one synchronous step: nothing is lost or sent twice between them.
        `finish()` may already have been called when this returns (an idle task). Raises NOT_FOUND before
        anything is written.
        """
        raise NotImplementedError
