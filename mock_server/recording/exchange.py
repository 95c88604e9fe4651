"""One request and its answer as the proxy saw them: heads, bounded copies of the bodies, events, the end."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict

from sigmic_conformance.mock_server.recording.event_reader import EventReader, SeenEvent, read_json
from sigmic_conformance.mock_server.recording.findings import Difference
from sigmic_conformance.spec.document import Operation

LARGEST_COPY = 8 << 20
"""Bytes of a body that are stored for the checks. A longer body is passed on, but not checked."""
MOST_EVENTS = 20_000
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


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

    def add(self, piece: bytes) -> None:
        """Add the next bytes."""
        self.total += len(piece)
        self.kept += piece[: LARGEST_COPY - len(self.kept)]

    @property
    def is_whole(self) -> bool:
        """True if every byte was stored."""
        return self.total == len(self.kept)


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One exchange. `target` is the request's own, as sent; times are in monotonic seconds."""

    number: int
    method: str
    target: str
    request_headers: CIMultiDict[str]
    started: float
    operation: Operation | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    turns_known: int = 0
    """The number of known turns of the task at the start, which determines the turn of a stream."""
    request: Copy = field(default_factory=Copy)
    status: int | None = None
    answer_headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    answer: Copy = field(default_factory=Copy)
    events: list[SeenEvent] = field(default_factory=list)
    reader: EventReader = field(default_factory=EventReader)
    findings: list[Difference] = field(default_factory=list)
    """What was found wrong with it, each finding once."""
    ending: Ending | None = None
    ended: float = 0.0

    @property
    def name(self) -> str:
        """The operation, or the method and address if it is unknown."""
        if self.operation is not None:
            return self.operation.operation_id
        return f"{self.method} {self.target.partition('?')[0][:80]}"

    @property
    def task_id(self) -> str:
        """The task in the address; empty if there is none."""
        return self.path.get("id", "")

    @property
    def is_stream(self) -> bool:
        """True if the answer is a stream of events."""
        return media_type(self.answer_headers) == "text/event-stream"

    @property
    def query(self) -> Mapping[str, str]:
        """The fields of the address's query; if one is repeated, the last value."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def request_json(self) -> Any:
        """The request's JSON value; None if the body is not JSON."""
        return read_json(bytes(self.request.kept)) if self.request.is_whole else None

    @property
    def answer_json(self) -> Any:
        """The answer's JSON value; None if the body is not JSON."""
        body = self.answer_body
        return None if body is None else read_json(body)

    @property
    def answer_body(self) -> bytes | None:
        """The decoded bytes of the answer; None if there were too many, or the encoding is unknown."""
        if not self.answer.is_whole:
            return None
        encoding = self.answer_headers.get("Content-Encoding", "identity").lower()
        body = bytes(self.answer.kept)
        if encoding in {"identity", ""}:
            return body
        return _inflated(body) if encoding in {"gzip", "x-gzip", "deflate"} else None

    @property
    def data(self) -> Any:
        """The data in a successful answer's envelope; None for another answer."""
        succeeded = self.status is not None and self.status < HTTPStatus.MULTIPLE_CHOICES
        body = self.answer_json if succeeded else None
        return body.get("data") if isinstance(body, dict) else None


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a message, lower case, without parameters; empty if none is declared."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _inflated(body: bytes) -> bytes | None:
    inflating = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        whole = inflating.decompress(body, LARGEST_COPY)
    except zlib.error:
        return None
    return whole if inflating.eof else None
