"""The conversation of a task: the messages that clients sent and that the target showed. Pure.

Every view that is requested after a message was accepted shows it exactly once (FOLLOWUP-015). A message that
a view of an idle task showed is unchanged in later views (HISTORY-016, PHASE-001). The documentation does not
say whether an answer in progress is a message (G-49), or how views show one that was cut off (G-74).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sigmic_conformance.model.requests import Act, Asked, Certainty
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage(Act):
    """A message that a client sent, with its creation or as a follow-up."""

    asked: Asked

    @property
    def is_follow_up(self) -> bool:
        """True for a message to an existing task."""
        return bool(self.exchange.task)

    def is_shown_as(self, content: object) -> bool:
        """Whether a user's message of this content is this one; a list of files may precede it (G-33)."""
        text = self.asked.message
        if text is None or not isinstance(content, str):
            return False
        if text.strip() and (self.asked.files or not self.asked.known):
            return text.strip() in content
        return content.strip() == text.strip()


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
