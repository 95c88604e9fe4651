"""One task of a run: all requests of clients, and all facts in answers and streams, by time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sigmic_conformance.model.callers import Owner
from sigmic_conformance.model.calls import REJECT, Call, Decision, calls_of
from sigmic_conformance.model.conversation import Conversation, View
from sigmic_conformance.model.readers import Readers
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.requests import Certainty, SentMessage
from sigmic_conformance.model.shown import Shown
from sigmic_conformance.model.statuses import AWAITING, RUNNING, SeenStatus
from sigmic_conformance.model.turns import Turn, Turns, turns_of
from sigmic_conformance.model.workspace import Attachment, Download, Listing, attachments_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange


@dataclass
class Task:
    """Known facts about a task. Lists are in order of time. Invariant: it is not changed after folding."""

    id: str
    admits: Callable[[Premise], bool] = lambda _: True
    """Whether a premise allows a conclusion."""
    owner: Owner | None = None
    creation: SentMessage | None = None
    messages: list[SentMessage] = field(default_factory=list)
    """Every message that was sent to it, that of the creation first, including refused ones."""
    decisions: list[Decision] = field(default_factory=list)
    cancellations: list[Exchange] = field(default_factory=list)
    statuses: list[SeenStatus] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    read: list[Exchange] = field(default_factory=list)
    """Every answer of get_task."""
    shown: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    """The facts that its owner received about it and its calls, by place and call."""

    @property
    def asks(self) -> bool | None:
        """Whether it was created with `autoExecute` false, so that its calls ask; None if unknown."""
        creation = self.creation
        if creation is None or not creation.asked.known:
            return None
        return creation.asked.fields.get("autoExecute") is False

    @property
    def is_hidden(self) -> bool:
        """Whether it was created with `showInHistory` false."""
        return self.creation is not None and self.creation.asked.fields.get("showInHistory") is False

    @cached_property
    def turns(self) -> Turns:
        """Its turns."""
        rejections = [each.exchange for each in self._rejections]
        found = turns_of(
            self.messages, self.statuses, self.streams, [*self.cancellations, *rejections], self.admits
        )
        return Turns(found, from_creation=self.creation is not None)

    @cached_property
    def conversation(self) -> Conversation:
        """What its views must and may show."""
        return Conversation(self.messages, self.views, self.statuses, self.streams, self.turns)

    @cached_property
    def readers(self) -> Readers:
        """What its streams received."""
        return Readers(self.streams)

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files of all accepted messages."""
        return tuple(attachments_of(self.messages))

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        """Its tool calls by id.

        A later message ends the known waiting of every call. That a call still waits after another one was
        rejected is a premise: the turn may end with that (G-65).
        """
        found = calls_of(self.streams, self.decisions, self.read)
        for call in found.values():
            waited = [call.asked.at] if call.asked is not None else [each.ended for each in call.listed]
            if waited:
                turn = self.turns.at(waited[0])
                ends = [turn.until] if turn is not None and turn.until is not None else []
                rejected = [each.sent for each in self._rejections if each.answered >= waited[0]]
                if rejected and not self.admits(Premise.REJECTED_GOES_ON):
                    ends += rejected
                call.until = min(ends, default=None)
        return {name: call for name, call in found.items() if self._is_one(call)}

    def _is_one(self, call: Call) -> bool:
        """Whether all observations with a callId may be attributed to one call."""
        times = [each.at for each in call.events] + [each.sent for each in call.decisions]
        turns = {turn.number for at in times if (turn := self.turns.at(at)) is not None}
        return len(turns) <= 1 or self.admits(Premise.ONE_ID_ONE_CALL)

    @cached_property
    def _rejections(self) -> list[Decision]:
        """The decisions that may have rejected a call."""
        return [
            each
            for each in self.decisions
            if each.outcome in {REJECT, None} and each.certainty is not Certainty.REFUSED
        ]

    @cached_property
    def touched_at(self) -> dict[str, int | None]:
        """Per file name: when the first call that may have changed it was observed. Filled by the callers."""
        return {}

    def may_be_cancelled(self, began: int, ended: int) -> bool:
        """Whether a cancellation that was not refused may have affected the turn between two times.

        If it was answered before the message of a clear turn was sent, it applies to an earlier turn.
        """
        if not self.cancellations:
            return False
        turn = self.turns.at(began)
        since = turn.began if turn is not None and turn.is_clear else 0
        return any(
            each.started < ended and (each.status is None or each.ended > since)
            for each in self.cancellations
            if not each.refused
        )

    def may_end_by_rejection(self, began: int, ended: int) -> bool:
        """Whether the turn between two times may have ended with a rejected call (G-65)."""
        rejected = any(began <= each.answered and each.sent <= ended for each in self._rejections)
        return rejected and not self.admits(Premise.REJECTED_GOES_ON)

    @cached_property
    def sessions(self) -> tuple[tuple[Exchange, str], ...]:
        """The answers of get_task that have a session id, with it."""
        told = ((each, each.fields.get("sessionId")) for each in self.read)
        return tuple((each, session) for each, session in told if isinstance(session, str))

    @cached_property
    def signs_of_work(self) -> list[int]:
        """The times at which it was running, in order: events, statuses, answers to calls that waited."""
        found = list(self.readers.events_at)
        at_work = (told for told in self.statuses if told.status in {RUNNING, AWAITING})
        found += [each.began for each in at_work if self.turns.at(each.began) is self.turns.at(each.ended)]
        found += [each.sent for each in self.decisions if self._decided(each)]
        return sorted(found)

    def _decided(self, decision: Decision) -> bool:
        call = self.calls.get(decision.call)
        return call is not None and call.first_decided_by(decision.exchange)

    def calls_before(self, turn: Turn) -> frozenset[str]:
        """The calls that were known before a turn started: an output may list those of all turns (G-44)."""
        if turn.number not in self._calls_at_start:
            self._calls_at_start[turn.number] = frozenset(self._calls_seen_before(turn.began))
        return self._calls_at_start[turn.number]

    @cached_property
    def _calls_at_start(self) -> dict[int, frozenset[str]]:
        return {}

    def _calls_seen_before(self, began: int) -> Iterator[str]:
        for call in self.calls.values():
            heard = [each.at for each in call.events] + [each.sent for each in call.decisions]
            if min(heard, default=began) < began:
                yield call.id
        for exchange in self.read:
            if exchange.ended <= began:
                output = json_values.fields(exchange.fields.get("output"))
                yield from (
                    json_values.word(each.get("callId"))
                    for each in json_values.objects(output.get("toolCalls"))
                )

    @property
    def refusals(self) -> Iterator[SentMessage]:
        """The messages that were refused."""
        return (each for each in self.messages if each.certainty is Certainty.REFUSED)
