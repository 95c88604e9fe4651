"""The conversation of a task: the messages that clients sent and that the target showed. Pure.

Every view that is requested after a message was accepted shows it exactly once (FOLLOWUP-015). A message that
a view of an idle task showed is unchanged in later views (HISTORY-016, PHASE-001). The documentation does not
say whether an answer in progress is a message (G-49), or how views show one that was cut off (G-74).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sigmic_conformance.model.requests import Certainty, SentMessage
from sigmic_conformance.model.statuses import COMPLETED, FINAL, PENDING, SeenStatus
from sigmic_conformance.model.turns import Turns
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural


@dataclass(frozen=True, kw_only=True)
class View:
    """The messages that one answer or stream showed between two times; `status` if it had one."""

    exchange: Exchange
    began: int
    ended: int
    messages: tuple[Mapping[str, Any], ...]
    status: str | None = None

    @property
    def is_stream(self) -> bool:
        """True when the messages came as history_message events."""
        return self.exchange.is_stream

    @property
    def of_user(self) -> tuple[Mapping[str, Any], ...]:
        """The user's messages."""
        return tuple(each for each in self.messages if each.get("role") == "user")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The content that other views must show too, message for message."""
        return tuple(map(_words, self.messages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Messages that every later view must show: the first ones of `by`, which showed them in an idle task."""

    by: View
    messages: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How often one text must and may be among the user's messages of a view."""

    alike: tuple[SentMessage, ...]
    """The requests with this text. Those with files may be shown with a list of them (G-33)."""
    least: int
    most: int

    @property
    def message(self) -> SentMessage:
        """The first of them."""
        return self.alike[0]

    @property
    def refused(self) -> tuple[SentMessage, ...]:
        """Those that were refused."""
        return tuple(each for each in self.alike if each.certainty is Certainty.REFUSED)


class Conversation:
    """What the views of a task must and may show, from its messages, turns, statuses and streams."""

    def __init__(
        self,
        messages: Sequence[SentMessage],
        views: Sequence[View],
        statuses: Sequence[SeenStatus],
        streams: Sequence[Stream],
        turns: Turns,
    ) -> None:
        self._messages, self._views, self._statuses = messages, views, statuses
        self._streams, self._turns = streams, turns

    @cached_property
    def settled(self) -> tuple[Settled, ...]:
        """The messages that views showed of the idle task."""
        return tuple(self._settled())

    def _settled(self) -> Iterator[Settled]:
        for view in self._views:
            rest = self._turns.at_rest(view.began, view.ended)
            if rest is not None and rest.over is not None:
                whole = rest.over.status == COMPLETED
                shown = view.messages if whole else _up_to_last_user(view)
                yield Settled(by=view, messages=shown)

    def settled_before(self, at: int) -> Settled | None:
        """The messages in the last view of the idle task that ended before a time."""
        place = bisect_right(self.settled, at, key=lambda each: each.by.ended)
        return self.settled[place - 1] if place else None

    def settled_by(self, view: View) -> Settled | None:
        """The messages in a view, if the task was idle."""
        return next((each for each in self.settled if each.by is view), None)

    def counts(self, view: View) -> list[Count]:
        """How often a view must and may show each text; empty if there may be no conversation yet."""
        return [] if self.may_be_empty(view) else counts(self._messages, view, self._queued(view))

    def _queued(self, view: View) -> list[SentMessage]:
        """The messages whose turn may not have started before a view, so that it may lack them (G-59).

        Of messages that were sent at the same time, any may have been the first.
        """
        beside = [turn.began for turn in self._turns if not turn.is_clear]
        early = [turn for turn in self._turns if any(turn.began <= each < turn.taken for each in beside)]
        final = max(
            (told.began for told in self._statuses if told.is_final and told.ended <= view.began), default=0
        )
        return [turn.message for turn in early if turn.taken > final and view.status not in FINAL]

    def may_be_empty(self, view: View) -> bool:
        """Whether a view shows nothing, and the task may have been pending: it may have no conversation then.

        That a conversation exists from creation on is an example (PHASE-011); a list may lack it (LIST-008).
        """
        turn = self._turns.at(view.ended)
        if view.messages or turn is None or turn.number > 1 or view.status not in (None, PENDING):
            return False
        begun = [told.ended for told in self._statuses if told.status != PENDING]
        begun += [each.ended for each in self._views if each.messages]
        begun += [event.at for each in self._streams for event in each.live]
        return min(begun, default=view.began) >= view.began


def _up_to_last_user(view: View) -> tuple[Mapping[str, object], ...]:
    """The messages up to the user's last one: a later message was cut off, and may still be completed."""
    places = [number for number, each in enumerate(view.messages) if each.get("role") == "user"]
    return view.messages[: places[-1] + 1] if places else ()


def counts(said: Sequence[SentMessage], view: View, queued: Collection[SentMessage] = ()) -> list[Count]:
    """For each text that was sent: how often the view must show it, and how often it may.

    The view may lack those in `queued`. Empty if the exact text of a message of the task is not known.
    """
    if any(each.asked.message is None for each in said if each.certainty is not Certainty.REFUSED):
        return []
    texts: dict[str, list[SentMessage]] = {}
    for each in said:
        text = (each.asked.message or "").strip()
        if each.sent < view.ended and text:
            texts.setdefault(text, []).append(each)
    found = []
    for same in texts.values():
        taken = [each for each in same if each.certainty is not Certainty.REFUSED]
        least = [
            each
            for each in taken
            if each.certainty is Certainty.ACCEPTED
            and each.answered <= view.began
            and not any(each is other for other in queued)
        ]
        found.append(Count(tuple(same), len(least), len(taken)))
    return found


def shown(count: Count, view: View) -> int:
    """How often the view shows a text."""
    return sum(any(said.is_shown_as(each.get("content")) for said in count.alike) for each in view.of_user)


def kept(message: Mapping[str, Any]) -> dict[str, Any]:
    """The content in which two views of one message must agree."""
    return json_values.message(message)


def missing(settled: Settled, view: View) -> list[Mapping[str, Any]]:
    """The settled messages that the view lacks or shows differently."""
    there = Counter(view.words)
    found = []
    for each, words in zip(settled.messages, settled.by.words, strict=False):
        if there[words]:
            there[words] -= 1
        else:
            found.append(each)
    return found


def in_order(settled: Settled, view: View) -> bool:
    """Whether the view shows the settled messages in the order in which they were first shown."""
    places = {words: number for number, words in enumerate(view.words)}
    said = settled.by.words[: len(settled.messages)]
    known = [places[words] for words in said if words in places]
    return known == sorted(known)


def order_of(settled: Settled, view: View) -> str:
    """Describe how many messages a view shows, and whether the settled ones are in order."""
    return f"{plural(len(view.messages), 'message')}" + (
        "" if in_order(settled, view) else ", in another order"
    )


def doubled(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of more than one message."""
    ids = Counter(json_values.word(each.get("id")) for each in messages if "id" in each)
    return sorted(name for name, number in ids.items() if number > 1)


def calls_in(messages: Iterable[Mapping[str, Any]]) -> set[str]:
    """The callIds of the tool calls that saved messages carry."""
    return {
        json_values.word(call.get("callId"))
        for message in messages
        for call in json_values.objects(message.get("toolCalls"))
        if "callId" in call
    }


def _words(message: Mapping[str, Any]) -> str:
    return json_values.word(kept(message))
