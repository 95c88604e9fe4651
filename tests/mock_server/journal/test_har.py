"""The archive has the form of HAR 1.2 and contains the bytes from the wire."""

import json
from typing import Any

import jsonschema_rs

from sigmic_mock.journal.entry import Detail, Entry, Kind
from sigmic_mock.journal.har import har
from sigmic_mock.journal.ring import Numbered

_TEXT = {"type": "string"}
_NUMBER = {"type": "number", "minimum": -1}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}


def _record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Return the schema of an object that permits no other fields, except names of ours."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | optional,
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


_PAIRS = {"type": "array", "items": _record({"name": _TEXT, "value": _TEXT})}
_PARAMS = {"type": "array", "items": _record({"name": _TEXT}, value=_TEXT, fileName=_TEXT, contentType=_TEXT)}
_BOTH = {
    "httpVersion": _TEXT,
    "cookies": _PAIRS,
    "headers": _PAIRS,
    "headersSize": _NUMBER,
    "bodySize": _NUMBER,
}
_REQUEST = _record(
    {"method": _TEXT, "url": {"type": "string", "pattern": "^https?://"}, "queryString": _PAIRS, **_BOTH},
    postData=_record({"mimeType": _TEXT, "params": _PARAMS, "text": _TEXT}),
)
_RESPONSE = _record(
    {
        "status": {"type": "integer"},
        "statusText": _TEXT,
        "redirectURL": _TEXT,
        "content": _record({"size": _NUMBER, "mimeType": _TEXT}, text=_TEXT),
        **_BOTH,
    }
)
_ENTRY = _record(
    {
        "startedDateTime": _TIME,
        "time": {"type": "number", "minimum": 0},
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": {"type": "object"},
        "timings": _record({"send": _NUMBER, "wait": _NUMBER, "receive": _NUMBER}),
    }
)
HAR = jsonschema_rs.validator_for(
    _record(
        {
            "log": _record(
                {
                    "version": {"const": "1.2"},
                    "creator": _record({"name": _TEXT, "version": _TEXT}),
                    "pages": {"type": "array"},
                    "entries": {"type": "array", "items": _ENTRY},
                }
            )
        }
    )
)
"""HAR 1.2 as specified: required fields and types."""
_NOTHING = {"body": None, "bytes": 0, "truncated": False}
_HEAD = b"Host: localhost:8787\r\nContent-Type: application/json\r\n"


def exchange(asked: Detail = _NOTHING, **parts: Any) -> Detail:
    answered = {"headers": b"Content-Type: application/json\r\n", "body": b"{}", "bytes": 2}
    known = {"http": "HTTP/1.1", "code": None, "seconds": 0.25, "ended": "answered", "answered": answered}
    return {**known, "asked": {"headers": _HEAD, **asked}, **parts}


def entry(kind: Kind, detail: Any, **fields: Any) -> Entry:
    known: dict[str, Any] = {
        "project": "p",
        "at": 5_000,
        "real": 10_000,
        "method": "GET",
        "path": "/api?a=1&b=",
    }
    return Entry(kind=kind, detail=detail, **(known | fields))


def archive(*entries: Entry) -> list[dict[str, Any]]:
    """Return the entries of the archive, after checking it against the schema."""
    numbered = [Numbered(number, each) for number, each in enumerate(entries, 1)]
    value = json.loads("".join(har(numbered, "1.0")))
    HAR.validate(value)
    return list(value["log"]["entries"])


def test_an_empty_journal_is_an_archive():
    assert archive() == []


def test_a_request_is_an_entry_that_began_before_it_was_noted():
    body = {"body": b'{"message":"x"}', "bytes": 15}

    (made,) = archive(entry(Kind.REQUEST, exchange(body), status=201, faults=("net.slow",)))

    assert made["startedDateTime"] == "1970-01-01T00:00:09.750Z"
    assert made["time"] == 250
    assert made["request"]["url"] == "http://localhost:8787/api?a=1&b="
    assert made["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert made["request"]["postData"]["text"] == '{"message":"x"}'
    assert (made["response"]["status"], made["response"]["statusText"]) == (201, "Created")
    assert made["response"]["content"] == {"size": 2, "mimeType": "application/json", "text": "{}"}
    assert (made["_at"], made["_faults"]) == ("1970-01-01T00:00:05.000Z", ["net.slow"])


def test_a_form_has_its_fields_and_a_request_without_answer_the_status_0():
    message = {"name": "message", "text": b"x", "filename": None, "content_type": None}
    file = {"name": "files", "text": None, "filename": "a.txt", "content_type": "text/plain"}
    asked = {**_NOTHING, "fields": (message, file)}

    (made,) = archive(entry(Kind.REQUEST, exchange(asked, answered={"headers": b"", **_NOTHING})))

    assert made["request"]["postData"]["params"] == [
        {"name": "message", "value": "x"},
        {"name": "files", "value": "", "fileName": "a.txt", "contentType": "text/plain"},
    ]
    assert (made["response"]["status"], made["response"]["statusText"]) == (0, "")


def _stream() -> list[Entry]:
    frames = [b"event: status\ndata: {}\n\n", b":heartbeat\n\n"]
    noted = [
        entry(Kind.FRAME, {"data": data, "bytes": len(data)}, stream=3, event=event)
        for data, event in zip(frames, ("status", "heartbeat"), strict=True)
    ]
    opening = {"http": "HTTP/1.1", "asked": {"headers": _HEAD}, "last_event_id": None}
    return [entry(Kind.OPEN, opening, stream=3, status=200), *noted]


def test_a_stream_is_its_request_with_every_frame_and_how_it_ended():
    closing = {"closed_by": "client", "frames": 2, "bytes": 36, "unsent_bytes": 4, "seconds": 1.0}

    (made,) = archive(
        *_stream(), entry(Kind.END, closing, stream=3), entry(Kind.REQUEST, exchange(), stream=3, status=200)
    )

    assert [event["event"] for event in made["_events"]] == ["status", "heartbeat"]
    assert made["response"]["content"]["text"] == "event: status\ndata: {}\n\n:heartbeat\n\n"
    assert made["response"]["content"]["size"] == 36
    assert made["_closed"]["closed_by"] == "client"


def test_an_open_stream_is_there_already():
    (made,) = archive(*_stream())

    assert made["_open"] is True
    assert made["response"]["status"] == 200
    assert len(made["_events"]) == 2
