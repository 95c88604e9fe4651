"""One request and its answer as the proxy saw them: heads, bounded copies of the bodies, the end.

While it passes, it is only copied. It is read after its end, in another thread, so no caller waits for that:
JSON, forms, and events in any form of a stream (WHATWG HTML, section 9.2.6).
"""

import json
import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from aiohttp.helpers import parse_mimetype
from multidict import CIMultiDict

from sigmic_mock.http.content_disposition import read_content_disposition
from sigmic_mock.http.fields import FORM, MULTIPART

LARGEST_COPY = 8 << 20
"""Bytes of a body that are stored. A longer body is passed on, but not checked."""
MOST_EVENTS = 20_000
_MOST_ARRIVALS = 100_000
"""Pieces of a body whose times are known; later ones have the time of the last."""
_LINE_END = re.compile(rb"\r\n|\r|\n")
_MOST_PARTS = 200


class Ending(StrEnum):
    """How an exchange ended."""

    WHOLE = "whole"
    CUT = "cut by the upstream"
    LEFT = "the client left"
    UNANSWERED = "no answer from the upstream"
    STOPPED = "the recording ended"


@dataclass(slots=True)
class Copy:
    """A body in transit: its length, and its first bytes."""

    kept: bytearray = field(default_factory=bytearray)
    total: int = 0
    _ends: list[int] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)

    def add(self, piece: bytes) -> None:
        """Add the next bytes, which have just arrived."""
        self.total += len(piece)
        self.kept += piece[: LARGEST_COPY - len(self.kept)]
        if len(self._ends) == _MOST_ARRIVALS:
            self._ends.pop()
        else:
            self._times.append(time.monotonic())
        self._ends.append(self.total)

    @property
    def is_whole(self) -> bool:
        """True if every byte was stored."""
        return self.total == len(self.kept)

    def time_of(self, end: int) -> float:
        """Return when the first `end` bytes had arrived, in monotonic seconds."""
        return self._times[min(bisect_left(self._ends, end), len(self._times) - 1)]


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event. `at` is in monotonic seconds; `data`: None if the text is not JSON."""

    at: float
    name: str
    data: Any = None

    def field(self, name: str) -> str:
        """Return a text field of the data; empty if it is missing."""
        value = self.data.get(name) if isinstance(self.data, dict) else None
        return value if isinstance(value, str) else ""


@dataclass(kw_only=True)
class Exchange:
    """One exchange. `target` is the request's own, as sent; times are in monotonic seconds."""

    number: int
    method: str
    target: str
    request_headers: CIMultiDict[str]
    started: float = field(default_factory=time.monotonic)
    request: Copy = field(default_factory=Copy)
    status: int | None = None
    answered: float = 0.0
    """When the head of the answer arrived."""
    answer_headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    answer: Copy = field(default_factory=Copy)
    ending: Ending = Ending.STOPPED
    ended: float = 0.0

    def begins_answer(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of the answer has arrived."""
        self.status, self.answer_headers, self.answered = status, CIMultiDict(headers), time.monotonic()

    @property
    def is_accepted(self) -> bool:
        """True if the answer is a success."""
        return self.status is not None and self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_stream(self) -> bool:
        """True if the answer is a stream of events."""
        return media_type(self.answer_headers) == "text/event-stream"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The fields of the address's query."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @cached_property
    def request_json(self) -> Any:
        """The request's JSON value; None if the body is not JSON."""
        return read_json(bytes(self.request.kept)) if self.request.is_whole else None

    @cached_property
    def answer_body(self) -> bytes | None:
        """The bytes of the answer; None if it is compressed, or longer and no stream."""
        is_plain = self.answer_headers.get("Content-Encoding", "identity").lower() == "identity"
        return bytes(self.answer.kept) if is_plain and (self.answer.is_whole or self.is_stream) else None

    @cached_property
    def answer_json(self) -> Any:
        """The answer's JSON value; None for another answer."""
        return None if self.answer_body is None or self.is_stream else read_json(self.answer_body)

    @property
    def data(self) -> Any:
        """The data in a successful answer's envelope; None for another answer."""
        body = self.answer_json if self.is_accepted else None
        return body.get("data") if isinstance(body, dict) else None

    @cached_property
    def events(self) -> list[SeenEvent]:
        """The events of a stream, at most `MOST_EVENTS`."""
        stream = (self.answer_body or b"") if self.is_stream else b""
        events = islice(read_events(stream), MOST_EVENTS)
        return [SeenEvent(self.answer.time_of(end), name, data) for end, name, data in events]


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a message, lower case, without parameters; empty if none is declared."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def read_events(stream: bytes) -> Iterator[tuple[int, str, Any]]:
    """Yield for each event the offset of its end, its name, and its data; None if not JSON."""
    name, data, begin = "", list[bytes](), 3 if stream.startswith(b"\xef\xbb\xbf") else 0
    for found in _LINE_END.finditer(stream, begin):
        line, begin = stream[begin : found.start()], found.end()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                yield found.end(), name or "message", read_json(b"\n".join(data))
            name, data = "", []
        elif field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"data":
            data.append(value)


def read_json(text: bytes) -> Any:
    """Return a JSON value; None if the text is not JSON."""
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Form:
    """The content of a form."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()


def read_form(exchange: Exchange) -> Form | None:
    """Return the form of a request; None if its body is not a form, or is malformed."""
    media, body = media_type(exchange.request_headers), bytes(exchange.request.kept)
    if media == FORM and exchange.request.is_whole:
        return Form(tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    if media != MULTIPART:
        return None
    boundary = parse_mimetype(exchange.request_headers["Content-Type"]).parameters.get("boundary", "")
    # The begin of a large upload was stored: its last part is cut, but a file's name counts.
    *parts, last = (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1 : _MOST_PARTS + 1] or [b""]
    if not boundary or (exchange.request.is_whole and not last.startswith(b"--")):
        return None
    try:
        found = [_part(part) for part in (*parts, *([] if exchange.request.is_whole else [last]))]
    except ValueError:
        return None
    fields = found if exchange.request.is_whole else found[:-1]
    return Form(
        tuple((name, text) for name, filename, text in fields if filename is None),
        tuple(filename for _, filename, _ in found if filename is not None),
    )


def _part(part: bytes) -> tuple[str, str | None, str]:
    """Return name, file name and text of a part. Raises ValueError."""
    head, _, content = part.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    headers: Mapping[str, str] = {name.strip().lower(): value.strip() for name, _, value in lines}
    about = read_content_disposition(headers.get("content-disposition"))
    text = content.decode("utf-8", "replace") if about.filename is None else ""
    return about.name or "", about.filename, text
