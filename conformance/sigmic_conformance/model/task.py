"""One task of a run: all requests of clients, and all facts in answers and streams, by time."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sigmic_conformance.model.callers import Owner
from sigmic_conformance.model.calls import REJECT, Call, Decision, calls_of
from sigmic_conformance.model.conversation import Count, SentMessage, Settled, View, counts
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.shown import Shown
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, FINAL, PENDING, RUNNING, SeenStatus
from sigmic_conformance.model.turns import Turn, turns_of
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
    def turns(self) -> tuple[Turn, ...]:
        """Its turns."""
        rejections = [each.exchange for each in self._rejections]
        return turns_of(
            self.messages, self.statuses, self.streams, [*self.cancellations, *rejections], self.admits
        )

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
                turn = self.turn_at(waited[0])
                ends = [turn.until] if turn is not None and turn.until is not None else []
                rejected = [each.sent for each in self._rejections if each.answered >= waited[0]]
                if rejected and not self.admits(Premise.REJECTED_GOES_ON):
                    ends += rejected
                call.until = min(ends, default=None)
        return {name: call for name, call in found.items() if self._is_one(call)}

    def _is_one(self, call: Call) -> bool:
        """Whether all observations with a callId may be attributed to one call."""
        times = [each.at for each in call.events] + [each.sent for each in call.decisions]
        turns = {turn.number for at in times if (turn := self.turn_at(at)) is not None}
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
    def settled(self) -> tuple[Settled, ...]:
        """The messages that views showed of the idle task."""
        return tuple(self._settled())

    def settled_before(self, at: int) -> Settled | None:
        """The messages in the last view of the idle task that ended before a time."""
        place = bisect_right(self.settled, at, key=lambda each: each.by.ended)
        return self.settled[place - 1] if place else None

    def settled_by(self, view: View) -> Settled | None:
        """The messages in a view, if the task was idle."""
        return next((each for each in self.settled if each.by is view), None)

    @cached_property
    def slowest_idle_stream(self) -> int | None:
        """The longest time to the marker of a stream of the idle task, in nanoseconds, or None."""
        idle = [each for each in self.streams if each.is_streaming is False]
        return max((each.marker.at - each.exchange.started for each in idle if each.marker), default=None)

    def counts(self, view: View) -> list[Count]:
        """How often a view must and may show each text; empty if there may be no conversation yet."""
        return [] if self.may_be_empty(view) else counts(self.messages, view, self._queued(view))

    def _queued(self, view: View) -> list[SentMessage]:
        """The messages whose turn may not have started before a view, so that it may lack them (G-59).

        Of messages that were sent at the same time, any may have been the first.
        """
        beside = [turn.began for turn in self.turns if not turn.is_clear]
        early = [turn for turn in self.turns if any(turn.began <= each < turn.taken for each in beside)]
        final = max(
            (told.began for told in self.statuses if told.is_final and told.ended <= view.began), default=0
        )
        return [turn.message for turn in early if turn.taken > final and view.status not in FINAL]

    def may_be_empty(self, view: View) -> bool:
        """Whether a view shows nothing, and the task may have been pending: it may have no conversation then.

        That a conversation exists from creation on is an example (PHASE-011); a list may lack it (LIST-008).
        """
        turn = self.turn_at(view.ended)
        if view.messages or turn is None or turn.number > 1 or view.status not in (None, PENDING):
            return False
        begun = [told.ended for told in self.statuses if told.status != PENDING]
        begun += [each.ended for each in self.views if each.messages]
        begun += [event.at for each in self.streams for event in each.live]
        return min(begun, default=view.began) >= view.began

    def turn_at(self, at: int) -> Turn | None:
        """The turn whose message was the last to be sent before a time."""
        place = bisect_left(self._begins, at)
        return self.turns[place - 1] if place else None

    def goes_on(self, at: int) -> bool:
        """Whether a follow-up that was not refused was sent before a time."""
        turn = self.turn_at(at)
        return turn is not None and turn.number > 1

    @cached_property
    def _begins(self) -> list[int]:
        return [turn.began for turn in self.turns]

    def at_rest(self, began: int, ended: int) -> Turn | None:
        """The last turn, if nothing can have changed the task between two times: no message, no open turn.

        Always None for a task without a known creation.
        """
        last = self.turn_at(ended)
        if last is None or self.creation is None or last.began > began or not last.was_over(began):
            return None
        return last if last.number <= self._clear else None

    @cached_property
    def _clear(self) -> int:
        """The number of turns at the beginning that are all clear."""
        return next((turn.number - 1 for turn in self.turns if not turn.is_clear), len(self.turns))

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
        turn = self.turn_at(began)
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

    def is_from_the_start(self, turn: Turn, stream: Stream) -> bool:
        """Whether a reader was connected before any reader received an event of a turn."""
        first = self._first_event(turn)
        mine = turn.began <= stream.exchange.started and (
            turn.until is None or stream.exchange.started < turn.until
        )
        return mine and stream.marker is not None and stream.marker.at <= first and not stream.begun

    def _first_event(self, turn: Turn) -> int:
        """When any reader received the first live event after a turn's message; 0 if none did."""
        if turn.number not in self._first_events:
            began = turn.began
            found = (event.at for each in self.streams for event in each.live if event.at > began)
            self._first_events[turn.number] = min(found, default=0)
        return self._first_events[turn.number]

    @cached_property
    def _first_events(self) -> dict[int, int]:
        return {}

    @cached_property
    def events_at(self) -> list[int]:
        """The arrival times of its live events on all streams, in order."""
        return sorted(event.at for stream in self.streams for event in stream.live)

    @cached_property
    def worked_at(self) -> list[int]:
        """The arrival times of its live events on streams of a running turn, in order."""
        return sorted(event.at for stream in self.streams if stream.is_streaming for event in stream.live)

    @cached_property
    def sessions(self) -> tuple[tuple[Exchange, str], ...]:
        """The answers of get_task that have a session id, with it."""
        told = ((each, each.fields.get("sessionId")) for each in self.read)
        return tuple((each, session) for each, session in told if isinstance(session, str))

    @cached_property
    def spoken_at(self) -> list[int]:
        """The arrival times of its text, in order."""
        return sorted(event.at for stream in self.streams for event in stream.of("content"))

    @cached_property
    def signs_of_work(self) -> list[int]:
        """The times at which it was running, in order: events, statuses, answers to calls that waited."""
        found = list(self.events_at)
        at_work = (told for told in self.statuses if told.status in {RUNNING, AWAITING})
        found += [each.began for each in at_work if self.turn_at(each.began) is self.turn_at(each.ended)]
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

    def broke_off(self, turn: Turn) -> str | None:
        """The text of the error that ended a stream of a turn; None if no stream ended with one."""
        for stream in self.streams:
            last = stream.terminal
            if last is not None and last.type == "error" and stream.complete:
                text = last.get("message")
                if turn.holds(stream.exchange.started, stream.exchange.ended) and isinstance(text, str):
                    return text
        return None

    def reader_of_all(self, turn: Turn) -> Stream | None:
        """A reader that was connected from before a turn's first event to its done, or None."""
        return next((each for each in self._readers_to_done if self.is_from_the_start(turn, each)), None)

    def reader_to_the_end(self, turn: Turn) -> Stream | None:
        """A reader that joined during a turn and received its done; it also gets earlier text (PHASE-007)."""
        for each in self._readers_to_done:
            in_time = turn.until is None or each.exchange.ended < turn.until
            if turn.taken <= each.exchange.started and in_time:
                return each
        return None

    @cached_property
    def _readers_to_done(self) -> tuple[Stream, ...]:
        """The streams that were read to a done at their end."""
        return tuple(
            each
            for each in self.streams
            if each.complete and each.terminal is not None and each.terminal.type == "done"
        )

    def _settled(self) -> Iterator[Settled]:
        for view in self.views:
            rest = self.at_rest(view.began, view.ended)
            if rest is not None and rest.over is not None:
                whole = rest.over.status == COMPLETED
                shown = view.messages if whole else _up_to_last_user(view)
                yield Settled(by=view, messages=shown)

    @property
    def refusals(self) -> Iterator[SentMessage]:
        """The messages that were refused."""
        return (each for each in self.messages if each.certainty is Certainty.REFUSED)


def _up_to_last_user(view: View) -> tuple[Mapping[str, object], ...]:
    """The messages up to the user's last one: a later message was cut off, and may still be completed."""
    places = [number for number, each in enumerate(view.messages) if each.get("role") == "user"]
    return view.messages[: places[-1] + 1] if places else ()
