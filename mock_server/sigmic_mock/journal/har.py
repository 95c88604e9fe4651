"""Export entries as an HTTP Archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/).

A request is an entry. A stream is in the entry of its request: its frames are the content and, each with its
times and faults, `_events`. An open stream is included with what it has written so far. Fields that start
with `_` are ours, as the format allows.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.journal.entry import Detail, Entry, Kind
from sigmic_mock.journal.ring import Numbered

_UNKNOWN = -1


def har(entries: Sequence[Numbered], version: str) -> Iterator[str]:
    """Yield the archive piece by piece; joined it is one JSON text. `version` is the program's."""
    creator = json.dumps({"name": "sigmic-mock", "version": version})
    yield f'{{"log":{{"version":"1.2","creator":{creator},"pages":[],"entries":['
    streams = _Streams(entries)
    separator = ""
    for each in entries:
        made = streams.entry(each)
        if made is not None:
            yield separator + json.dumps(made, ensure_ascii=False, separators=(",", ":"))
            separator = ","
    yield "]}}"


class _Streams:
    """The frames of each stream, and the streams that have ended with their request."""

    def __init__(self, entries: Sequence[Numbered]) -> None:
        self._frames: dict[int | None, list[Numbered]] = {}
        self._closings: dict[int | None, Detail] = {}
        self._over = {each.entry.stream for each in entries if each.entry.kind is Kind.REQUEST}
        for each in entries:
            if each.entry.kind is Kind.FRAME:
                self._frames.setdefault(each.entry.stream, []).append(each)
            elif each.entry.kind is Kind.END:
                self._closings[each.entry.stream] = each.entry.detail

    def entry(self, each: Numbered) -> dict[str, Any] | None:
        """Return the archive's entry for a request or an open stream; None for all other entries."""
        number, entry, _ = each
        if entry.kind is Kind.REQUEST:
            made = _entry(entry, entry.as_json(number))
            if entry.stream is not None:
                self._add_stream(made, entry.stream)
            return made
        if entry.kind is Kind.OPEN and entry.stream not in self._over:
            made = _entry(entry, _UNANSWERED | entry.as_json(number))
            made["_open"] = True
            made["response"]["content"]["mimeType"] = "text/event-stream"
            self._add_stream(made, entry.stream)
            return made
        return None

    def _add_stream(self, made: dict[str, Any], stream: int | None) -> None:
        frames = self._frames.get(stream, [])
        made["_stream"] = stream
        made["_events"] = [_event(frame) for frame in frames]
        content = made["response"]["content"]
        content["text"] = b"".join(frame.entry.detail["data"] for frame in frames).decode("utf-8", "replace")
        content["size"] = sum(frame.entry.detail["bytes"] for frame in frames)
        if stream in self._closings:
            made["_closed"] = self._closings[stream]


def _event(frame: Numbered) -> dict[str, Any]:
    shown = frame.entry.as_json(frame.number)
    return {name: shown[name] for name in ("number", "real", "at", "event", "bytes", "data", "faults")}


_UNANSWERED: dict[str, Any] = {
    "seconds": 0.0,
    "ended": "open",
    "answered": {"headers": [], "body": None, "bytes": 0},
}


def _entry(entry: Entry, shown: Mapping[str, Any]) -> dict[str, Any]:
    milliseconds = round(shown["seconds"] * 1000, 3)
    asked, answered = shown["asked"], shown["answered"]
    path = entry.path or "/"
    return {
        "startedDateTime": timestamp(entry.real - round(milliseconds)),
        "time": milliseconds,
        "request": {
            "method": entry.method or "GET",
            "url": path if "://" in path else f"http://{_value(asked, 'host') or 'localhost'}{path}",
            "httpVersion": shown["http"],
            "cookies": [],
            "headers": asked["headers"],
            "queryString": _query(path),
            "headersSize": _UNKNOWN,
            "bodySize": asked.get("bytes", 0),
            **_post_data(asked),
        },
        "response": {
            "status": entry.status or 0,
            "statusText": _phrase(entry.status),
            "httpVersion": shown["http"],
            "cookies": [],
            "headers": answered["headers"],
            "content": {
                "size": answered["bytes"],
                "mimeType": _value(answered, "content-type") or "application/octet-stream",
                "text": answered["body"] or "",
            },
            "redirectURL": "",
            "headersSize": _UNKNOWN,
            "bodySize": answered["bytes"],
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_number": shown["number"],
        "_at": shown["at"],
        "_operation": entry.operation,
        "_task": entry.task,
        "_ended": shown["ended"],
        "_faults": shown["faults"],
    }


def _post_data(asked: Mapping[str, Any]) -> dict[str, Any]:
    fields, body = asked.get("fields", ()), asked.get("body")
    if body is None and not fields:
        return {}
    params = [
        {
            "name": field["name"],
            "value": field["text"] or "",
            **({} if field["filename"] is None else {"fileName": field["filename"]}),
            **({} if field["content_type"] is None else {"contentType": field["content_type"]}),
        }
        for field in fields
    ]
    text = "" if fields else body
    return {"postData": {"mimeType": _value(asked, "content-type"), "params": params, "text": text}}


def _query(path: str) -> list[dict[str, str]]:
    pairs = parse_qsl(path.partition("?")[2], keep_blank_values=True)
    return [{"name": name, "value": value} for name, value in pairs]


def _value(side: Mapping[str, Any], name: str) -> str:
    return next((pair["value"] for pair in side["headers"] if pair["name"].lower() == name), "")


def _phrase(status: int | None) -> str:
    try:
        return "" if status is None else HTTPStatus(status).phrase
    except ValueError:
        return ""
