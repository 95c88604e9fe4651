"""Entries as an HTTP Archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/).

A request is an entry; a stream is the entry of its request, its frames both as the content and, each with its
times and faults, in `_events`. A stream that is still open is there with what it has written so far. Fields
that begin with `_` are ours, as the format provides.
"""

import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.journal.entry import (
    Closing,
    Entry,
    Excerpt,
    Exchange,
    Frame,
    Kind,
    Opening,
    headers,
)
from sigmic_conformance.mock_server.journal.ring import Numbered

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
    """The frames of each stream, and which streams have ended with their request."""

    def __init__(self, entries: Sequence[Numbered]) -> None:
        self._frames: dict[int | None, list[Numbered]] = {}
        self._closings: dict[int | None, Closing] = {}
        self._over = {each.entry.stream for each in entries if each.entry.kind is Kind.REQUEST}
        for each in entries:
            if each.entry.kind is Kind.FRAME:
                self._frames.setdefault(each.entry.stream, []).append(each)
            if isinstance(each.entry.detail, Closing):
                self._closings[each.entry.stream] = each.entry.detail

    def entry(self, each: Numbered) -> dict[str, Any] | None:
        """Return the archive's entry for a request or an open stream; None for everything else."""
        entry, detail = each.entry, each.entry.detail
        if isinstance(detail, Exchange):
            made = _entry(each, detail)
            if entry.stream is not None:
                self._add_stream(made, entry)
            return made
        if isinstance(detail, Opening) and entry.stream not in self._over:
            made = _entry(each, _unanswered(detail))
            made["_open"] = True
            made["response"]["content"]["mimeType"] = "text/event-stream"
            self._add_stream(made, entry)
            return made
        return None

    def _add_stream(self, made: dict[str, Any], entry: Entry) -> None:
        frames = self._frames.get(entry.stream, [])
        made["_stream"] = entry.stream
        made["_events"] = [_event(frame) for frame in frames]
        texts = [
            frame.entry.detail.data.text or b"" for frame in frames if isinstance(frame.entry.detail, Frame)
        ]
        content = made["response"]["content"]
        content["text"] = b"".join(texts).decode("utf-8", "replace")
        content["size"] = sum(event["bytes"] for event in made["_events"])
        closing = self._closings.get(entry.stream)
        if closing is not None:
            made["_closed"] = closing.as_json()


def _event(frame: Numbered) -> dict[str, Any]:
    shown = frame.entry.as_json(frame.number)
    return {name: shown[name] for name in ("number", "real", "at", "event", "bytes", "data", "faults")}


def _unanswered(opening: Opening) -> Exchange:
    nothing = Excerpt(None, 0)
    return Exchange(
        http=opening.http,
        head=opening.head,
        body=nothing,
        fields=(),
        answer_head=b"",
        answer=nothing,
        code=None,
        seconds=0.0,
        ended="open",
    )


def _entry(each: Numbered, detail: Exchange) -> dict[str, Any]:
    entry = each.entry
    milliseconds = round(detail.seconds * 1000, 3)
    asked, answered = headers(detail.head), headers(detail.answer_head)
    path = entry.path or "/"
    return {
        "startedDateTime": timestamp(entry.real - round(milliseconds)),
        "time": milliseconds,
        "request": {
            "method": entry.method or "GET",
            "url": path if "://" in path else f"http://{_value(asked, 'host') or 'localhost'}{path}",
            "httpVersion": detail.http,
            "cookies": [],
            "headers": asked,
            "queryString": _query(path),
            "headersSize": _UNKNOWN,
            "bodySize": detail.body.total,
            **_post_data(asked, detail),
        },
        "response": {
            "status": entry.status or 0,
            "statusText": _phrase(entry.status),
            "httpVersion": detail.http,
            "cookies": [],
            "headers": answered,
            "content": {
                "size": detail.answer.total,
                "mimeType": _value(answered, "content-type") or "application/octet-stream",
                "text": (detail.answer.text or b"").decode("utf-8", "replace"),
            },
            "redirectURL": "",
            "headersSize": _UNKNOWN,
            "bodySize": detail.answer.total,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_number": each.number,
        "_at": timestamp(entry.at),
        "_operation": entry.operation,
        "_task": entry.task,
        "_ended": detail.ended,
        "_faults": list(entry.faults),
    }


def _post_data(asked: list[dict[str, str]], detail: Exchange) -> dict[str, Any]:
    if detail.body.text is None and not detail.fields:
        return {}
    data: dict[str, Any] = {"mimeType": _value(asked, "content-type")}
    if detail.fields:
        data["params"] = [
            {
                "name": field.name,
                "value": field.text or "",
                **({} if field.filename is None else {"fileName": field.filename}),
                **({} if field.content_type is None else {"contentType": field.content_type}),
            }
            for field in detail.fields
        ]
        data["text"] = ""
    else:
        data["params"] = []
        data["text"] = (detail.body.text or b"").decode("utf-8", "replace")
    return {"postData": data}


def _query(path: str) -> list[dict[str, str]]:
    pairs = parse_qsl(path.partition("?")[2], keep_blank_values=True)
    return [{"name": name, "value": value} for name, value in pairs]


def _value(pairs: list[dict[str, str]], name: str) -> str:
    return next((pair["value"] for pair in pairs if pair["name"].lower() == name), "")


def _phrase(status: int | None) -> str:
    try:
        return "" if status is None else HTTPStatus(status).phrase
    except ValueError:
        return ""
