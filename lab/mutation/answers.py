"""Compare the answers of two platforms to the same requests, without ids and times. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange, Transcript

Key = tuple[str, str]
"""Probe and label. Exchanges with one label, such as repeated polls, are interchangeable."""

HEADERS = {
    *("content-type", "content-disposition", "www-authenticate", "allow", "cache-control", "location"),
    *("access-control-allow-origin", "vary", "x-content-type-options", "connection", "transfer-encoding"),
}
"""The headers whose values are compared; of other headers, only the names."""
UNDER_WAY = {"pending", "running", "awaiting_approval"}
MOMENTARY = {*UNDER_WAY, "cancelled"}
"""The content of an active or cancelled task depends on the moment, and a list contains the tasks of all
probes: for both, only the outline is compared."""
ACTIVE = "active"
PASSING = {"output", "pendingApprovals"}
LARGE = 1 << 16
"""Of a larger body only the digest is compared, unless it is JSON or a stream."""
_CHANCE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d{13}-\w+|\d{4}-\d\d-\d\dT[\d:.]+Z?|eyJ[\w.-]+|\[secret:\w+\]"
    r"|(?<![A-Za-z])[0-9a-f]{8,}|n[0-9a-f]{8,}|\d+\.\d+|\d{4,}|:\d{4,5}"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """Digests of the answers of unchanged platforms to each request, from any number of recordings."""

    fine: Mapping[Key, frozenset[str]]
    coarse: Mapping[Key, frozenset[str]]

    @classmethod
    def of(cls, recordings: Iterable[Mapping[str, Transcript]]) -> "Answers":
        """Build them from recordings."""
        fine: dict[Key, set[str]] = {}
        coarse: dict[Key, set[str]] = {}
        for transcripts in recordings:
            for key, exchange in keyed(transcripts):
                fine.setdefault(key, set()).add(_digest(told(exchange)))
                coarse.setdefault(key, set()).update({_digest(outline(exchange)), _digest(_moment(exchange))})
        return cls(_frozen(fine), _frozen(coarse))

    def strange(self, transcripts: Mapping[str, Transcript]) -> dict[Key, str]:
        """Return the answers that no unchanged platform gave, as text.

        If unchanged platforms differ from each other, only a different outline counts. If their task was
        active, it may be over here.
        """
        found = {}
        for key, exchange in keyed(transcripts):
            known = self.fine.get(key, frozenset())
            text = told(exchange)
            coarse = self.coarse.get(key, frozenset())
            if _digest(text) in known or (
                not _moment(exchange) and _digest(ACTIVE) in coarse and exchange.ok
            ):
                continue
            if len(known) == 1 or _digest(outline(exchange)) not in coarse:
                found[key] = text
        return found


def keyed(transcripts: Mapping[str, Transcript]) -> Iterator[tuple[Key, Exchange]]:
    """Yield every exchange with its key."""
    for name, transcript in transcripts.items():
        for exchange in transcript.exchanges:
            yield (name, exchange.label), exchange


def told(exchange: Exchange) -> str:
    """Return the content of an answer as text, without the parts that differ each time."""
    is_momentary = exchange.fields.get("status") in MOMENTARY or _is_cancelled(exchange)
    if exchange.operation == "list_tasks" or is_momentary:
        return outline(exchange)
    heads = sorted(
        f"{name.lower()}: {_plain(value) if name.lower() in HEADERS else ''}"
        for name, value in exchange.headers
    )
    return "\n".join([str(exchange.status), *heads, _body(exchange)])


def outline(exchange: Exchange) -> str:
    """Return the status, the names of the fields, and the kinds of events."""
    if exchange.is_stream:
        kinds = {event.type for event in Stream(exchange).events}
        return f"{exchange.status} {sorted(kinds)}"
    if exchange.operation == "list_tasks" and exchange.succeeded:
        return str(exchange.status)
    if (status := exchange.fields.get("status")) in MOMENTARY:
        over = "" if status in UNDER_WAY else status
        return f"{exchange.status} {over}{sorted(set(exchange.fields) - PASSING)}"
    return f"{exchange.status} {sorted(_paths(exchange.json()))}"


def _moment(exchange: Exchange) -> str:
    """Return whether a task is active."""
    return ACTIVE if exchange.fields.get("status") in UNDER_WAY else ""


def _is_cancelled(exchange: Exchange) -> bool:
    """Return whether a stream ends with a cancellation."""
    last = Stream(exchange).terminal if exchange.is_stream else None
    return last is not None and last.get("code") == "CANCELLED"


def _body(exchange: Exchange) -> str:
    if exchange.is_stream:
        return "\n".join(_events(Stream(exchange)))
    if (parsed := exchange.json()) is not None:
        return _plain(json.dumps(parsed, sort_keys=True, ensure_ascii=False))
    if exchange.size > LARGE:
        return f"{exchange.size} {hashlib.sha256(exchange.body).hexdigest()}"
    return _plain(exchange.body.decode("utf-8", "replace"))


def _events(stream: Stream) -> list[str]:
    """Return the events in order; consecutive pieces of text are combined."""
    lines: list[str] = []
    text = ""
    for event in stream.events:
        if event.type == "content" and event.payload is not None:
            text += str(event.get("text"))
            continue
        if text:
            lines.append(f"content {_plain(text)}")
            text = ""
        lines.append(f"{event.type} {_plain(json.dumps(event.payload, sort_keys=True, ensure_ascii=False))}")
    return [*lines, f"content {_plain(text)}"] if text else lines


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(text: str) -> str:
    return _CHANCE.sub("*", text)


def _paths(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path}.union(*(_paths(each, f"{path}.{name}") for name, each in value.items()))
    if isinstance(value, list):
        return {path}.union(*(_paths(each, f"{path}[]") for each in value))
    return {f"{path}:{type(value).__name__}"}


def _frozen(found: Mapping[Key, set[str]]) -> dict[Key, frozenset[str]]:
    return {key: frozenset(values) for key, values in found.items()}
