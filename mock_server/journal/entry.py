"""One entry of the journal: what every kind has in common, and what is told of each kind.

Nothing in an entry is secret any more: `journal.masking` was there before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sigmic_conformance.mock_server.domain.payloads import timestamp

_OVERHEAD = 700
"""About what an entry costs in memory besides its texts."""


class Kind(StrEnum):
    """What an entry is about."""

    REQUEST = "request"
    """A request, once it is answered or given up."""
    OPEN = "open"
    """A stream began."""
    FRAME = "frame"
    """A frame was written to one stream."""
    END = "end"
    """A stream is over."""
    FAULT = "fault"
    """A fault fired."""


class Detail(Protocol):
    """What is told of one kind besides what can be searched for."""

    @property
    def size(self) -> int:
        """Bytes of its texts."""

    def as_json(self) -> Mapping[str, Any]:
        """Return it as the control plane shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `at` is platform time, `real` wall-clock time, both in epoch milliseconds.

    `project` is None for what no project is known of. `request` is the id of the request it belongs to.
    """

    kind: Kind
    project: str | None
    at: int
    real: int
    detail: Detail
    request: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    task: str | None = None
    stream: int | None = None
    event: str | None = None
    status: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of memory that it is counted with."""
        return _OVERHEAD + self.detail.size

    def as_json(self, number: int) -> dict[str, Any]:
        """Return it as the control plane shows it; what is not known is left out."""
        known = {name: value for name in _SEARCHED if (value := getattr(self, name)) is not None}
        return {
            "number": number,
            "kind": self.kind.value,
            "at": timestamp(self.at),
            "real": timestamp(self.real),
            **known,
            "faults": list(self.faults),
            **self.detail.as_json(),
        }


_SEARCHED = ("project", "request", "operation", "method", "path", "task", "stream", "event", "status")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The begin of a body, of `total` bytes; `text` is None when nothing of it was kept."""

    text: bytes | None
    total: int
    truncated: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return `{body, bytes, truncated}`."""
        body = None if self.text is None else self.text.decode("utf-8", "replace")
        return {"body": body, "bytes": self.total, "truncated": self.truncated}


@dataclass(frozen=True, slots=True)
class Field:
    """One field or file of a form; of a file only its name, type and size are kept."""

    name: str
    total: int
    text: str | None = None
    filename: str | None = None
    content_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        shown = {"name": self.name, "bytes": self.total, "text": self.text}
        return shown | {"filename": self.filename, "content_type": self.content_type}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer. Heads are header lines ending in CRLF; `ended` says how it ended."""

    http: str
    head: bytes
    body: Excerpt
    fields: tuple[Field, ...]
    answer_head: bytes
    answer: Excerpt
    code: str | None
    seconds: float
    ended: str

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        bodies = len(self.body.text or b"") + len(self.answer.text or b"")
        fields = sum(len(field.text or "") + len(field.filename or "") + 200 for field in self.fields)
        return len(self.head) + len(self.answer_head) + bodies + fields

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        asked: dict[str, Any] = {"headers": headers(self.head), **self.body.as_json()}
        if self.fields:
            asked["fields"] = [field.as_json() for field in self.fields]
        return {
            "http": self.http,
            "seconds": round(self.seconds, 6),
            "ended": self.ended,
            "code": self.code,
            "asked": asked,
            "answered": {"headers": headers(self.answer_head), **self.answer.as_json()},
        }


@dataclass(frozen=True, slots=True)
class Opening:
    """A stream began; `head` are the header lines of its request."""

    http: str
    head: bytes
    last_event_id: str | None

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return len(self.head)

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        return {"last_event_id": self.last_event_id}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stream, or the piece of one that a fault made of it."""

    data: Excerpt

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return len(self.data.text or b"")

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        text = (self.data.text or b"").decode("utf-8", "replace")
        return {"bytes": self.data.total, "data": text, "truncated": self.data.truncated}


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A stream is over.

    `closed_by` is `server` (the orderly end), `client`, `fault`, or `too far behind`; `unsent` counts the
    bytes that were still waiting for the client.
    """

    closed_by: str
    frames: int
    total: int
    unsent: int
    seconds: float
    last_event_id: str | None
    size: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        return {
            "closed_by": self.closed_by,
            "frames": self.frames,
            "bytes": self.total,
            "unsent_bytes": self.unsent,
            "seconds": round(self.seconds, 6),
            "last_event_id": self.last_event_id,
        }


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault fired; `armed` is the number under which it was armed."""

    fault: str
    armed: int
    phase: str | None
    code: str | None
    size: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        return {"fault": self.fault, "armed": self.armed, "phase": self.phase, "code": self.code}


def headers(head: bytes) -> list[dict[str, str]]:
    """Return header lines as `{name, value}`, in order."""
    lines = head.decode("latin-1").split("\r\n")[:-1]
    pairs = (line.partition(": ") for line in lines)
    return [{"name": name, "value": value} for name, _, value in pairs]
