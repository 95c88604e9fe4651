"""The turns of a task: each message that was taken, until the next, and when the agent was known to be done.

A turn is over when a final status was told that was asked for after its message was taken, or when a stream
of it has ended behind its `done`: live events go on until the task completes (PHASE-006). While neither is
known, nothing is said of what the turn has done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.statuses import COMPLETED, Told
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange


@dataclass(frozen=True, slots=True)
class Over:
    """That a turn has ended, how, and when that was known."""

    ended: int
    status: str
    by: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the agent did for one message.

    `until` is when the next message was sent; `over` is the first that told that the turn has ended.
    `is_clear` is False for a message of which nobody knows whether it was taken, and for one that was sent
    before the turn in front of it was known to be over: whose answer is whose, is not known then (G-59).
    """

    number: int
    said: Said
    until: int | None
    over: Over | None
    is_clear: bool

    @property
    def began(self) -> int:
        """When its message was sent."""
        return self.said.exchange.started

    @property
    def taken(self) -> int:
        """When its message was answered."""
        return self.said.answered

    def was_over(self, at: int) -> bool:
        """Whether the turn was known to be over at a time."""
        return self.over is not None and self.over.ended <= at

    def holds(self, began: int, ended: int) -> bool:
        """Whether a span of time lies between this turn's message and the next one."""
        return began >= self.taken and (self.until is None or ended <= self.until)


def turns_of(said: Sequence[Said], told: Sequence[Told], streams: Sequence[Stream]) -> tuple[Turn, ...]:
    """The turns of a task, from its messages in the order of sending, the statuses told, the streams."""
    ends = sorted([*_told(told), *_done(streams)], key=lambda each: each[1].ended)
    taken = [each for each in said if each.certainty is not Certainty.REFUSED]
    found: list[Turn] = []
    for number, each in enumerate(taken, 1):
        until = taken[number].sent if number < len(taken) else None
        over = next(
            (end for began, end in ends if began >= each.answered and (until is None or end.ended <= until)),
            None,
        )
        before = found[-1] if found else None
        found.append(
            Turn(
                number=number,
                said=each,
                until=until,
                over=over,
                is_clear=each.certainty is Certainty.ACCEPTED
                and (before is None or (before.is_clear and before.was_over(each.sent))),
            )
        )
    return tuple(found)


def _told(told: Sequence[Told]) -> Iterator[tuple[int, Over]]:
    """The final statuses that were told, each with the time from which on it was asked for."""
    for each in told:
        if each.is_final:
            yield each.began, Over(each.ended, each.status, each.exchange)


def _done(streams: Sequence[Stream]) -> Iterator[tuple[int, Over]]:
    """The streams that ended with done, likewise."""
    for stream in streams:
        if stream.complete and stream.terminal is not None and stream.terminal.type == "done":
            exchange = stream.exchange
            yield exchange.started, Over(exchange.ended, COMPLETED, exchange)
