"""Works out which messages of a conversation were known to be saved when a stream was asked for.

Every history and every stream's beginning is a view. An answer counts once its task was completed, because
nobody says whether one in progress is a message already (G-49); a user's message counts at once.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

Words = tuple[str, str]
"""Role and content of a message, as JSON text."""


@dataclass(frozen=True, slots=True)
class View:
    """Messages that somebody was told of, by nanosecond `at`."""

    at: int
    messages: Counter[Words]


class SavedMessages:
    """The views of every task of a run."""

    def __init__(self, record: Record) -> None:
        self._views: dict[str, list[View]] = {}
        self._said: dict[str, list[Exchange]] = {}
        for exchange in record.exchanges():
            if exchange.operation == "get_task_history" and exchange.ok:
                self._add(exchange.task, exchange.ended, _of_history(exchange))
            elif exchange.operation == "send_message":
                self._said.setdefault(exchange.task, []).append(exchange)
        for stream in record.streams():
            if stream.marker is not None:
                self._add(stream.exchange.task, stream.marker.at, _users(stream.messages))

    def missing(self, stream: Stream) -> list[Words]:
        """The saved messages that the stream's history lacks."""
        shown = Counter(_words(message) for message in stream.messages)
        began, task = stream.exchange.started, stream.exchange.task
        for view in self._views.get(task, ()):
            if view.at < began and (lacking := view.messages - shown):
                return sorted(lacking)
        return self._admitted(stream, shown)

    def _admitted(self, stream: Stream, shown: Counter[Words]) -> list[Words]:
        """The user's messages that the marker counts among those before it, though they were not there."""
        marker, task = stream.marker, stream.exchange.task
        counted = marker.get("messageCount") if marker else None
        for view in self._views.get(task, ()):
            if marker is None or view.at <= marker.at or self._was_said(task, stream.exchange, view):
                continue
            users = Counter({words: number for words, number in view.messages.items() if words[0] == _USER})
            lacking = users - shown
            if lacking and counted == shown.total() + lacking.total():
                return sorted(lacking)
        return []

    def _was_said(self, task: str, since: Exchange, view: View) -> bool:
        """True when a message may have become saved between the request for a stream and a view."""
        return any(sent.ended > since.started and sent.started < view.at for sent in self._said.get(task, ()))

    def _add(self, task: str, at: int, messages: Counter[Words]) -> None:
        self._views.setdefault(task, []).append(View(at, messages))


def repeated(stream: Stream) -> list[str]:
    """The messages that a stream's history tells twice, as JSON text; equal ids alone are no repetition."""
    shown = Counter(_text(message) for message in stream.messages)
    return [message for message, number in shown.items() if number > 1]


def _of_history(exchange: Exchange) -> Counter[Words]:
    data = exchange.data if isinstance(exchange.data, dict) else {}
    found = data.get("messages")
    messages = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    whole = data.get("status") == "completed"
    return Counter(_words(message) for message in messages) if whole else _users(messages)


def _users(messages: list[dict[str, Any]]) -> Counter[Words]:
    return Counter(words for message in messages if (words := _words(message))[0] == _USER)


def _words(message: dict[str, Any]) -> Words:
    return _text(message.get("role")), _text(message.get("content"))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


_USER = _text("user")
