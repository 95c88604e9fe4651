"""Texts that only one owner's tasks have, to find them in answers to others. Pure."""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_plus

from sigmic_conformance.model.callers import Owner, User
from sigmic_conformance.model.operations import GET, HISTORY
from sigmic_conformance.model.secrets import texts
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange

LONG_ENOUGH = 12
"""Texts of this length do not occur in two tasks by chance."""
_DRAWN = re.compile(r"\bn[0-9a-f]{12}\b")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{11,}")


def belongings(tasks: Iterable[Task]) -> Mapping[str, Owner]:
    """Map each text to its owner: ids, file names, and words that a probe generated.

    A text in tasks of two owners is left out.
    """
    found: dict[str, set[Owner]] = {}
    for task in tasks:
        if task.owner is not None and task.creation is not None:
            for text in _names(task):
                found.setdefault(text, set()).add(task.owner)
    return {text: next(iter(owners)) for text, owners in found.items() if len(owners) == 1}


def words_of(text: str) -> set[str]:
    """The words of a text that may belong to a task."""
    return {word.rstrip(".:-") for word in _WORD.findall(text)} | set(_DRAWN.findall(text))


def refused_text(exchange: Exchange) -> str:
    """The text of a refusal: its head and its decoded body."""
    value = exchange.json()
    body = exchange.body.decode("utf-8", "replace") if value is None else "\n".join(texts(value, names=True))
    return exchange.head.decode("latin-1") + body


def errors_of(stream: Stream) -> str:
    """The texts of the error events of a stream."""
    payloads = (event.payload for event in stream.events if event.type == "error")
    return "\n".join(text for each in payloads if each is not None for text in texts(each, names=True))


def asked_text(exchange: Exchange) -> str:
    """The text of a request, which the platform may repeat."""
    headers = (value for _, value in exchange.sent.headers)
    said = [exchange.sent.target, *headers, exchange.sent.text or "", *exchange.sent.parts]
    said += [unquote_plus(exchange.sent.target), *_decoded(exchange.sent.text)]
    return "\n".join([*said, *(file.name for file in exchange.sent.files)])


def _decoded(body: str | None) -> Iterator[str]:
    """The texts of a JSON body, and the texts of a form."""
    try:
        yield from texts(json.loads(body or "null"), names=True)
    except ValueError:
        yield unquote_plus(body or "")


def _names(task: Task) -> Iterator[str]:
    """The ids of a task and of its parts, and words that no other task has."""
    names = [task.id, *(key for _, key in task.shown)]
    names += (
        json_values.word(reading.facts.get(name))
        for place in (GET, HISTORY)
        for reading in task.shown.get((place, ""), ())
        for name in ("sessionId", "conversationId")
    )
    names += (posixpath.basename(file.name) for said in task.messages for file in said.asked.files)
    yield from (name for name in names if len(name) >= LONG_ENOUGH)
    user = task.owner.name if isinstance(task.owner, User) else ""
    said = [
        text for each in task.messages for text in (each.asked.message, *(f.name for f in each.asked.files))
    ]
    yield from _DRAWN.findall("\n".join(filter(None, [user, *said])))


def sentences(task: Task) -> Iterator[str]:
    """The decoded messages and answers of a task."""
    told = [each.asked.message or "" for each in task.messages]
    told += (json_values.word(each.get("content")) for view in task.views for each in view.messages)
    yield from (text.strip() for text in told if len(text.strip()) >= LONG_ENOUGH)
