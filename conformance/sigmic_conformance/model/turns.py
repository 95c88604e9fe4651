"""The turns of a task: from each accepted message until the next, and when the agent was known to be done.

A turn is over when an answer that was requested after its message was accepted has a final status, or when a
stream of it ended after its `done`: live events continue until the task completes (PHASE-006). Until one of
them is known, nothing is concluded about the turn. An answer or the `status` of the `done` gives its result.
That a `done` without a status means `completed`, if no client cancelled, is a premise.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.requests import Certainty, SentMessage
from sigmic_conformance.model.statuses import COMPLETED, FINAL, SeenStatus
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The end of a turn: the answer that made it known, when, and how the turn ended.

    `reported` is the first final status in an answer, `reported_by` that answer; `concluded` is what follows
    from a `done` without a status.
    """

    ended: int
    by: Exchange
    reported: str | None = None
    reported_by: Exchange | None = None
    concluded: str | None = None

    @property
    def status(self) -> str | None:
        """How it ended; None if unknown."""
        return self.reported or self.concluded

    @property
    def words(self) -> str:
        """Text for messages: how it ended."""
        return self.status or "over"

    @property
    def source(self) -> str:
        """The label of the request whose answer reports the end."""
        return (self.reported_by or self.by).label


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the agent did for one message.

    `until` is when the next message was sent; `over` is the first report that the turn has ended. `is_clear`
    is False if it is unknown whether the message was accepted, or if it was sent before the turn before it
    was known to be over: answers then cannot be attributed to one of them (G-59).
    """

    number: int
    message: SentMessage
    until: int | None
    over: Over | None
    is_clear: bool

    @property
    def began(self) -> int:
        """When its message was sent."""
        return self.message.exchange.started

    @property
    def taken(self) -> int:
        """When its message was answered."""
        return self.message.answered

    def was_over(self, at: int) -> bool:
        """Whether the turn was known to be over at a time."""
        return self.over is not None and self.over.ended <= at

    def final(self, at: int) -> str | None:
        """The final status that was known at a time."""
        if self.over is None or not self.was_over(at):
            return None
        told = self.over.reported_by is not None and self.over.reported_by.ended <= at
        return self.over.reported if told else self.over.concluded

    def holds(self, began: int, ended: int) -> bool:
        """Whether a period lies between this turn's message and the next one."""
        return began >= self.taken and (self.until is None or ended <= self.until)


class Turns(Sequence[Turn]):
    """The turns of a task in their order; `from_creation` tells whether its creation is known."""

    def __init__(self, turns: Sequence[Turn] = (), *, from_creation: bool) -> None:
        self._turns, self._from_creation = turns, from_creation

    @overload
    def __getitem__(self, place: int) -> Turn: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Turn]: ...
    def __getitem__(self, place: int | slice) -> Turn | Sequence[Turn]:
        """Return a turn by its place, from 0."""
        return self._turns[place]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._turns)

    def at(self, at: int) -> Turn | None:
        """The turn whose message was the last to be sent before a time."""
        place = bisect_left(self._begins, at)
        return self._turns[place - 1] if place else None

    def goes_on(self, at: int) -> bool:
        """Whether a follow-up that was not refused was sent before a time."""
        turn = self.at(at)
        return turn is not None and turn.number > 1

    @cached_property
    def _begins(self) -> list[int]:
        return [turn.began for turn in self._turns]

    def at_rest(self, began: int, ended: int) -> Turn | None:
        """The last turn, if nothing can have changed the task between two times: no message, no open turn.

        Always None for a task without a known creation.
        """
        last = self.at(ended)
        if last is None or not self._from_creation or last.began > began or not last.was_over(began):
            return None
        return last if last.number <= self._clear else None

    @cached_property
    def _clear(self) -> int:
        """The number of turns at the beginning that are all clear."""
        return next((turn.number - 1 for turn in self._turns if not turn.is_clear), len(self._turns))


@dataclass(frozen=True, slots=True)
class _End:
    """A report that a turn is over: when it was requested, and its status."""

    since: int
    by: Exchange
    status: str | None

    @property
    def at(self) -> int:
        """When it was known."""
        return self.by.ended


def turns_of(
    said: Sequence[SentMessage],
    told: Sequence[SeenStatus],
    streams: Sequence[Stream],
    interrupting: Sequence[Exchange],
    admits: Callable[[Premise], bool],
) -> tuple[Turn, ...]:
    """The turns of a task, from its messages in the order of sending, and the reports of their ends.

    `interrupting` are the requests that may have ended one: cancellations, and rejections of calls (G-65).
    """
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
                message=each,
                until=until,
                over=_over(mine, _since(each, interrupting), admits) if mine else None,
                is_clear=each.certainty is Certainty.ACCEPTED
                and (before is None or (before.is_clear and before.was_over(each.sent))),
            )
        )
    return tuple(found)


def _over(ends: Sequence[_End], interrupting: Sequence[Exchange], admits: Callable[[Premise], bool]) -> Over:
    """The end of a turn. A `done` does not tell how it ended if it may have been interrupted before."""
    first, told = ends[0], next((end for end in ends if end.status is not None), None)
    interrupted = any(each.started < first.at for each in interrupting)
    is_concluded = told is not first and not interrupted and admits(Premise.DONE_COMPLETES)
    return Over(
        ended=first.at,
        by=first.by,
        reported=told.status if told else None,
        reported_by=told.by if told else None,
        concluded=COMPLETED if is_concluded else None,
    )


def _since(said: SentMessage, interrupting: Sequence[Exchange]) -> list[Exchange]:
    """Those that may have been accepted and that were not answered before a message was sent."""
    return [
        each for each in interrupting if not each.refused and (each.status is None or each.ended > said.sent)
    ]


def _told(told: Sequence[SeenStatus]) -> Iterator[_End]:
    """The answers with a final status."""
    return (_End(each.began, each.exchange, each.status) for each in told if each.is_final)


def _done(streams: Sequence[Stream]) -> Iterator[_End]:
    """The streams that ended with done, which may name a status."""
    for stream in streams:
        if stream.complete and stream.terminal is not None and stream.terminal.type == "done":
            status = stream.terminal.get("status")
            named = status if json_values.one_of(status, FINAL) else None
            yield _End(stream.exchange.started, stream.exchange, named)
