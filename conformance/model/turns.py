"""The turns of a task: each message that was taken, until the next, and when the agent was known to be done.

A turn is over when a final status was told that was asked for after its message was taken, or when a stream
of it has ended behind its `done`: live events go on until the task completes (PHASE-006). While neither is
known, nothing is said of what the turn has done. How it ended, an answer tells, or the `done` itself by its
`status`; that one without it means `completed`, where nobody cancelled, is a premise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.statuses import COMPLETED, FINAL, Told
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """That a turn has ended: when that was known, by which answer, and how it ended.

    `told` is the first final status that an answer told of it, `told_by`; `concluded` is what follows from a
    `done` that names none.
    """

    ended: int
    by: Exchange
    told: str | None = None
    told_by: Exchange | None = None
    concluded: str | None = None

    @property
    def status(self) -> str | None:
        """How it ended; None where nothing says it."""
        return self.told or self.concluded

    @property
    def words(self) -> str:
        """The same for a reader."""
        return self.status or "over"

    @property
    def source(self) -> str:
        """The request whose answer says so, by its label."""
        return (self.told_by or self.by).label


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

    def final(self, at: int) -> str | None:
        """The final status that was known of it at a time."""
        if self.over is None or not self.was_over(at):
            return None
        told = self.over.told_by is not None and self.over.told_by.ended <= at
        return self.over.told if told else self.over.concluded

    def holds(self, began: int, ended: int) -> bool:
        """Whether a span of time lies between this turn's message and the next one."""
        return began >= self.taken and (self.until is None or ended <= self.until)


@dataclass(frozen=True, slots=True)
class _End:
    """An answer that tells that a turn is over: since when it was asked for, and the status that it tells."""

    since: int
    by: Exchange
    status: str | None

    @property
    def at(self) -> int:
        """When it was there."""
        return self.by.ended


def turns_of(
    said: Sequence[Said],
    told: Sequence[Told],
    streams: Sequence[Stream],
    cancellations: Sequence[Exchange],
    admits: Callable[[Premise], bool],
) -> tuple[Turn, ...]:
    """The turns of a task, from its messages in the order of sending, and all that tells of their ends."""
    ends = sorted([*_told(told), *_done(streams)], key=lambda each: each.at)
    taken = [each for each in said if each.certainty is not Certainty.REFUSED]
    found: list[Turn] = []
    for number, each in enumerate(taken, 1):
        until = taken[number].sent if number < len(taken) else None
        mine = [end for end in ends if end.since >= each.answered and (until is None or end.at <= until)]
        before = found[-1] if found else None
        found.append(
            Turn(
                number=number,
                said=each,
                until=until,
                over=_over(mine, _since(each, cancellations), admits) if mine else None,
                is_clear=each.certainty is Certainty.ACCEPTED
                and (before is None or (before.is_clear and before.was_over(each.sent))),
            )
        )
    return tuple(found)


def _over(ends: Sequence[_End], cancellations: Sequence[Exchange], admits: Callable[[Premise], bool]) -> Over:
    """The end of a turn. A `done` does not say how it ended if one of the cancellations came before it."""
    first, told = ends[0], next((end for end in ends if end.status is not None), None)
    cancelled = any(each.started < first.at for each in cancellations)
    is_concluded = told is not first and not cancelled and admits(Premise.DONE_COMPLETES)
    return Over(
        ended=first.at,
        by=first.by,
        told=told.status if told else None,
        told_by=told.by if told else None,
        concluded=COMPLETED if is_concluded else None,
    )


def _since(said: Said, cancellations: Sequence[Exchange]) -> list[Exchange]:
    """The cancellations that may have been accepted and that were not answered before a message was sent."""
    return [
        each for each in cancellations if not each.refused and (each.status is None or each.ended > said.sent)
    ]


def _told(told: Sequence[Told]) -> Iterator[_End]:
    """The final statuses that were told."""
    return (_End(each.began, each.exchange, each.status) for each in told if each.is_final)


def _done(streams: Sequence[Stream]) -> Iterator[_End]:
    """The streams that ended with done, which may name a status."""
    for stream in streams:
        if stream.complete and stream.terminal is not None and stream.terminal.type == "done":
            status = stream.terminal.get("status")
            named = status if shapes.one_of(status, FINAL) else None
            yield _End(stream.exchange.started, stream.exchange, named)
