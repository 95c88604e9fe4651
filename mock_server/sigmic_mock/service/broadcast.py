"""The live half of a turn's streams: one log of frames, and the position of each subscriber in it.

Frames sent in the same pass of the event loop reach a subscriber in one write, and many subscribers are
served in slices, so that a thousand readers do not hold up a heartbeat. A broadcast belongs to one turn of
the agent: after its last frame every subscription ends (G-58).
"""

import asyncio
import logging
from collections.abc import Callable

from sigmic_mock.ports import Subscriber, Timer
from sigmic_mock.service.heartbeat import Pulse

log = logging.getLogger(__name__)

_SLICE = 128
"""Subscribers written to before the event loop gets its turn: about a millisecond."""


class Subscription:
    """One open stream; `close` when the reader is gone. That does not affect the task."""

    __slots__ = ("broadcast", "position", "pulse", "subscriber")

    def __init__(self, subscriber: Subscriber, broadcast: "Broadcast | None", position: int) -> None:
        self.subscriber = subscriber
        self.broadcast = broadcast
        self.position = position
        self.pulse: Pulse | None = None

    @classmethod
    def ended(cls, subscriber: Subscriber) -> "Subscription":
        """Return the subscription of a reader that already got everything."""
        return cls(subscriber, None, 0)

    @property
    def is_open(self) -> bool:
        """False after the last frame, or after `close`."""
        return self.broadcast is not None

    def write(self, frames: bytes) -> None:
        """Send whole frames. A subscriber that raises is closed: no other one may suffer from it."""
        try:
            self.subscriber.write(frames)
        except Exception:
            log.exception("a subscriber broke")
            self.close()

    def finish(self) -> None:
        """The last frame was written: close the stream at this event boundary."""
        self.close()
        self.subscriber.finish()

    def close(self) -> None:
        """Write nothing more to the subscriber. Idempotent."""
        if self.broadcast is not None:
            self.broadcast.leave(self)
            self.broadcast = None
        if self.pulse is not None:
            self.pulse.stop()
            self.pulse = None


class Broadcast:
    """The frames of one turn on their way to its subscribers."""

    def __init__(self) -> None:
        self._subscriptions: dict[Subscription, None] = {}
        self._frames: list[bytes] = []
        self._first = 0
        """Position of `_frames[0]`: older frames have reached all subscribers and are dropped."""
        self._ended = False
        self._scheduled = False
        self._waiting: list[Subscription] = []
        """Subscriptions that still have to be served in this round."""
        self._more = False
        """A frame came after this round started: the first subscribers need another one."""
        self._joined: tuple[int, int, bytes] = (0, 0, b"")
        self.on_leave: Callable[[int], None] | None = None
        """Called, each time that a reader leaves or is ended, with the number of those left."""
        self._expect: Callable[[], Timer] | None = None
        self._expected: Timer | None = None
        """While there is no reader: the timer that the next one cancels."""
        self.first_subscriber = asyncio.Event()
        """Set at the first subscription."""

    @property
    def subscriber_count(self) -> int:
        """How many are subscribed now."""
        return len(self._subscriptions)

    def join(self, subscriber: Subscriber) -> Subscription:
        """Send `subscriber` everything from now on. Its replay was written just before."""
        subscription = Subscription(subscriber, self, self._last)
        self._subscriptions[subscription] = None
        self.first_subscriber.set()
        self._expect_none()
        return subscription

    def expect_readers(self, expect: Callable[[], Timer]) -> None:
        """Call `expect` now and whenever the last reader has left before the end; a reader cancels it."""
        self._expect = expect
        self._expected = expect()

    def _expect_none(self) -> None:
        if self._expected is not None:
            self._expected.cancel()
            self._expected = None

    def leave(self, subscription: Subscription) -> None:
        """Remove a subscription."""
        self._subscriptions.pop(subscription, None)
        if self._expect is not None and not self._ended and not self._subscriptions:
            self._expect_none()
            self._expected = self._expect()
        if self.on_leave is not None:
            self.on_leave(self.subscriber_count)

    def send(self, frame: bytes) -> None:
        """Send a frame to all subscribers, in the next round of the event loop."""
        if self._subscriptions:
            self._frames.append(frame)
            self._more = True
            self._schedule()

    def end(self) -> None:
        """Nothing follows: each subscription ends once it has got every frame."""
        self._ended = True
        self._expect_none()
        self._more = True
        self._schedule()

    async def delivered(self) -> None:
        """Return once all subscribers got everything sent so far, and the end if there is one."""
        while self._scheduled:  # noqa: ASYNC110 - the very next round of the loop delivers
            await asyncio.sleep(0)

    @property
    def _last(self) -> int:
        return self._first + len(self._frames)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._serve)

    def _serve(self) -> None:
        """Serve one slice of the round, then let the loop breathe."""
        self._scheduled = False
        if not self._waiting:
            self._waiting = list(self._subscriptions)
            self._more = False
        turn, self._waiting = self._waiting[:_SLICE], self._waiting[_SLICE:]
        for subscription in turn:
            if subscription.is_open:
                self._write(subscription)
        if self._waiting or self._more:
            self._schedule()
        else:
            self._forget()

    def _write(self, subscription: Subscription) -> None:
        frames = self._since(subscription.position)
        subscription.position = self._last
        if frames:
            subscription.write(frames)
        if self._ended and subscription.is_open:
            subscription.finish()

    def _since(self, position: int) -> bytes:
        """Return the frames from `position` on; joined once for all readers at that position."""
        start, end, frames = self._joined
        if (start, end) != (position, self._last):
            frames = b"".join(self._frames[position - self._first :])
            self._joined = (position, self._last, frames)
        return frames

    def _forget(self) -> None:
        reached = min((s.position for s in self._subscriptions), default=self._last)
        del self._frames[: reached - self._first]
        self._first = reached
