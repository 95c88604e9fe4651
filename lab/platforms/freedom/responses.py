"""How answers are written: JSON, times, headers, bodies, refusals: legal answers (see `table`)."""

import gzip
import hashlib
import itertools
import json
import random
import re
import time
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

from lab.platforms.platform import FINAL
from lab.platforms.refusal import Refusal
from lab.platforms.server import Edge
from lab.platforms.wire import Wire

STAMP = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})Z"')
WHOLE = re.compile(r'("(?:size|total|limit|offset|messageCount)": ?)(\d+)')
EXPIRY = re.compile(rb'("expiresAt": ?)"([^"]+)"')


class OtherStatuses(Wire):
    """Creation answers 201, and operations that continue in the background answer 202."""

    created_status = 201
    accepted_status = 202


class NoContent(Edge):
    """A cancellation is answered with 204."""

    def cancel_task(self, id: str) -> None:
        self.server.platform.cancel(self.task(id))
        self.head(204, [])


class Compressed(Edge):
    """A stream is compressed, and flushed, for a client that accepts gzip."""

    def stream_headers(self) -> list[tuple[str, str]]:
        self.packer = None
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.packer = zlib.compressobj(wbits=31)
            return [*super().stream_headers(), ("Content-Encoding", "gzip")]
        return super().stream_headers()

    def put(self, data: bytes) -> None:
        if self.packer is not None and data:
            data = self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH)
        super().put(data)


class Limited(Edge):
    """A 429 asks the client to retry after a second."""

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        super().head(status, [*headers, ("Retry-After", "1")] if status == 429 else headers)


class Throttling(Limited):
    """One request in twenty-five is 429."""

    counter = itertools.count(1)

    def dispatch(self) -> None:
        if next(self.counter) % 25 == 0:
            raise Refusal(429, "RATE_LIMITED", "Too many requests")
        super().dispatch()


class TasksAtOnce(Limited):
    """At most eight tasks of a project may run in parallel."""

    def create_task(self) -> None:
        tasks = list(self.server.platform.tasks.values())
        mine = [task for task in tasks if task.caller.project == self.caller.project]
        if sum(task.status not in FINAL for task in mine) >= 8:
            raise Refusal(429, "TOO_MANY_TASKS", "Eight tasks are running")
        super().create_task()


class FewReaders(Limited):
    """A task has at most three readers."""

    def stream_task(self, id: str) -> None:
        notes = self.task(id).notes
        if notes.get("readers", 0) >= 3:
            raise Refusal(429, "TOO_MANY_STREAMS", "Three streams are open")
        notes["readers"] = notes.get("readers", 0) + 1
        try:
            super().stream_task(id)
        finally:
            notes["readers"] -= 1


class Distant(Edge):
    """Every answer takes 0.15 s longer."""

    def dispatch(self) -> None:
        time.sleep(0.15)
        super().dispatch()


class OldHttp(Wire):
    """All answers use HTTP/1.0."""

    version = "HTTP/1.0"
    chunked = False


class CloseDelimited(Wire):
    """A stream ends with its connection."""

    chunked = False


class ChunkExtensions(Wire):
    """Chunks carry extensions, capital and padded lengths, and a trailer ends them."""

    def chunk(self, data: bytes) -> bytes:
        return f'{len(data):06X};name="value"\r\n'.encode() + data + b"\r\n"

    def last_chunk(self) -> bytes:
        return b"000;last\r\nX-Trailer: yes\r\n\r\n"


class PlainDisposition(Edge):
    """The file name of a download is a token if possible."""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        if all(letter.isalnum() or letter in ".-_" for letter in name) and name.isascii():
            return [("content-disposition", f"Attachment;filename={name}")]
        return super().file_headers(name)


# --- JSON


class CompactJson(Wire):
    """JSON has no blanks and no escapes."""

    def dumps(self, value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class EscapedSlashes(Wire):
    """A slash is escaped, and fields come in another order."""

    def dumps(self, value: object) -> str:
        return json.dumps(value, sort_keys=True).replace("/", "\\/")


class HtmlSafeJson(Wire):
    """The three characters of HTML are escaped in JSON, as Go does."""

    def dumps(self, value: object) -> str:
        told = super().dumps(value)
        return told.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class WholeFractions(Wire):
    """Whole numbers are written with a fraction."""

    def dumps(self, value: object) -> str:
        return WHOLE.sub(r"\1\2.0", super().dumps(value))


class MoreFields(Wire):
    """Envelopes, items, errors and events have fields that no page names."""

    def json(self, value: object) -> bytes:
        if isinstance(value, dict) and "success" in value:
            value = value | {"requestId": f"req-{random.getrandbits(64):x}", "meta": {"version": 2}}
            data = value.get("data")
            if isinstance(data, dict):
                value["data"] = data | {"object": "thing", "links": None}
            elif isinstance(data, list):
                value["data"] = [item | {"object": "task"} for item in data]
            else:
                value["error"] = value["error"] | {"details": [], "type": "error"}
        return super().json(value)

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, {"sequence": random.getrandbits(30), **payload})


class JsonCharset(Wire):
    """The media type of JSON has a charset."""

    json_type = "application/json;charset=UTF-8"


# --- times


class Times(Wire):
    """Timestamps have another format."""

    def told(self, found: re.Match[bytes]) -> bytes:
        raise NotImplementedError

    def json(self, value: object) -> bytes:
        return STAMP.sub(self.told, super().json(value))

    def event(self, name: str, payload: Mapping) -> bytes:
        return STAMP.sub(self.told, super().event(name, payload))


class Microseconds(Times):
    """Timestamps have six digits after the decimal point."""

    def told(self, found: re.Match[bytes]) -> bytes:
        return b'"%b%b000Z"' % found.groups()


class SecondsOnly(Times):
    """Events in the same second have the same time."""

    def told(self, found: re.Match[bytes]) -> bytes:
        return b'"%b.000Z"' % found[1]


class WholeSeconds(Times):
    """Timestamps have no fraction."""

    def told(self, found: re.Match[bytes]) -> bytes:
        return b'"%bZ"' % found[1]


class ZeroOffset(Times):
    """UTC is written as an offset."""

    def told(self, found: re.Match[bytes]) -> bytes:
        return b'"%b%b+00:00"' % found.groups()


class OtherZone(Times):
    """Times are in a zone east of Greenwich."""

    def told(self, found: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat((found[1] + found[2]).decode()).replace(tzinfo=UTC)
        return json.dumps(
            moment.astimezone(timezone(timedelta(hours=2))).isoformat("T", "milliseconds")
        ).encode()


class ExpiryInSeconds(Wire):
    """`expiresAt` of a token is a number of seconds."""

    def json(self, value: object) -> bytes:
        return EXPIRY.sub(self.seconds, super().json(value))

    def seconds(self, found: re.Match[bytes]) -> bytes:
        return b"%b%d" % (found[1], datetime.fromisoformat(found[2].decode()).timestamp())


class ClockAhead(Times):
    """The platform's clock is 40 s ahead."""

    def told(self, found: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat((found[1] + found[2]).decode()) + timedelta(seconds=40)
        return json.dumps(moment.isoformat("T", "milliseconds") + "Z").encode()


FORMS = (Microseconds, WholeSeconds, ZeroOffset, OtherZone)
"""Formats that differ from the samples."""


# --- headers


class LowerCaseNames(Edge):
    """Names of headers are in lower case."""

    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword.lower(), value)


class MoreHeaders(Edge):
    """Answers have headers that no page names, two of them twice."""

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        others = [
            ("X-Request-Id", f"{random.getrandbits(64):x}"),
            *[
                ("Vary", "Origin"),
                ("Vary", "Accept-Encoding"),
                ("Set-Cookie", "a=b; Path=/"),
                ("Set-Cookie", "c=d"),
            ],
            *[("Strict-Transport-Security", "max-age=31536000"), ("X-RateLimit-Remaining", "99")],
        ]
        super().head(status, [*others, *headers])


class Cors(Edge):
    """Every origin may read answers, and OPTIONS is answered."""

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        super().head(status, [*headers, ("Access-Control-Allow-Origin", "*")])

    def dispatch(self) -> None:
        if self.command != "OPTIONS":
            super().dispatch()
            return
        self.head(
            204, [("Access-Control-Allow-Methods", "GET, POST, DELETE"), ("Access-Control-Max-Age", "60")]
        )


class ClosesConnections(Edge):
    """Each answer closes its connection."""

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.close_connection = True
        told = any(name == "Connection" for name, _ in headers)
        super().head(status, headers if told else [*headers, ("Connection", "close")])


# --- bodies


class ChunkedJson(Edge):
    """JSON is sent in chunks."""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is not None or not self.wire.chunked or self.command == "HEAD":
            super().send(status, body, headers, kind)
            return
        self.head(status, [("Content-Type", self.wire.json_type), ("Transfer-Encoding", "chunked"), *headers])
        for piece in filter(None, (body[:9], body[9:200], body[200:])):
            self.wfile.write(self.wire.chunk(piece))
        self.wfile.write(self.wire.last_chunk())


class PackedJson(Edge):
    """JSON is compressed for a client that accepts gzip."""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is None and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers = gzip.compress(body), [*headers, ("Content-Encoding", "gzip")]
        super().send(status, body, headers, kind)


class Ranges(Edge):
    """A download has an ETag, and supports ranges and conditional requests."""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is not None:
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            headers = [*headers, ("ETag", tag), ("Accept-Ranges", "bytes")]
            part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if self.headers.get("If-None-Match") == tag:
                self.head(304, headers)
                return
            if part and int(part[1]) <= int(part[2]) < len(body):
                begin, last = int(part[1]), int(part[2])
                headers.append(("Content-Range", f"bytes {begin}-{last}/{len(body)}"))
                status, body = 206, body[begin : last + 1]
        super().send(status, body, headers, kind)


class TextCharset(Edge):
    """The media type of a downloaded text has a charset."""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        text = kind is not None and kind.startswith("text/")
        super().send(status, body, headers, f"{kind}; charset=utf-8" if text else kind)


class Jitter(Edge):
    """Each answer takes up to 60 ms longer."""

    def dispatch(self) -> None:
        time.sleep(random.random() * 0.06)
        super().dispatch()


# --- refusals


class OtherCodes(Edge):
    """Refusals that no page names have other codes and statuses."""

    others: ClassVar = {
        "FILE_TOO_LARGE": (400, "LIMIT_EXCEEDED"),
        "TOO_MANY_FILES": (413, "LIMIT_EXCEEDED"),
        "INVALID_ARCHIVE": (422, "BAD_ZIP"),
        "UNSUPPORTED_MEDIA_TYPE": (400, "BAD_REQUEST"),
        "METHOD_NOT_ALLOWED": (404, "NO_SUCH_ROUTE"),
        "CONFLICT": (422, "INVALID_STATE"),
        "PAYLOAD_TOO_LARGE": (400, "LIMIT_EXCEEDED"),
    }

    def refuse(self, refusal: Refusal) -> None:
        status, code = self.others.get(refusal.code, (refusal.status, refusal.code))
        super().refuse(Refusal(status, code, refusal.message))


class LongRefusals(Edge):
    """A refusal has a long text of several lines."""

    def refuse(self, refusal: Refusal) -> None:
        text = f"« {refusal.message} »\n" + "Veuillez vérifier la requête, puis réessayez. " * 20
        super().refuse(Refusal(refusal.status, refusal.code, text))
