"""One entry of the journal: the fields of all kinds, and the details of each kind.

An entry contains no secrets: `journal.masking` has already removed them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigmic_mock.domain.payloads import timestamp

_OVERHEAD = 700
"""About the memory of an entry, in bytes, without its texts."""
_LISTED = 200
"""About the memory of each item of a list in it."""


class Kind(StrEnum):
    """The subject of an entry."""

    REQUEST = "request"
    """A request, once it is answered or abandoned."""
    OPEN = "open"
    """A stream started."""
    FRAME = "frame"
    """A frame was written to one stream."""
    END = "end"
    """A stream ended."""
    FAULT = "fault"
    """A fault fired."""


Detail = Mapping[str, Any]
"""The details of one kind, in addition to the searchable fields: in the shown form, but with texts as bytes.

Header lines are under `headers`. A body is `Excerpt.parts`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `at` is platform time, `real` wall-clock time, both in epoch milliseconds.

    `project`: None if it is unknown. `request` is the id of the request that the entry belongs to.
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
        """The bytes of memory that are counted for it."""
        return _OVERHEAD + _size(self.detail)

    def as_json(self, number: int) -> dict[str, Any]:
        """Return it in the form of the control plane; unknown fields are left out."""
        known = {name: value for name in _SEARCHED if (value := getattr(self, name)) is not None}
        return {
            "number": number,
            "kind": self.kind.value,
            "at": timestamp(self.at),
            "real": timestamp(self.real),
            **known,
            "faults": list(self.faults),
            **_shown(self.detail),
        }


_SEARCHED = ("project", "request", "operation", "method", "path", "task", "stream", "event", "status")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The start of a body of `total` bytes; no `text` if none of it was stored."""

    text: bytes | None
    total: int
    truncated: bool = False

    def parts(self, name: str = "body") -> dict[str, Any]:
        """Return it as parts of a detail; `name` is the name of the text."""
        return {name: self.text, "bytes": self.total, "truncated": self.truncated}


def _size(value: Any) -> int:
    match value:
        case bytes() | str():
            return len(value)
        case Mapping():
            return sum(map(_size, value.values()))
        case tuple():
            return sum(_LISTED + _size(item) for item in value)
        case _:
            return 0


def _shown(value: Any, name: str = "") -> Any:
    match value:
        case bytes():
            return _headers(value) if name == "headers" else value.decode("utf-8", "replace")
        case Mapping():
            return {key: _shown(item, key) for key, item in value.items()}
        case tuple():
            return [_shown(item) for item in value]
        case _:
            return value


def _headers(head: bytes) -> list[dict[str, str]]:
    """Return header lines as `{name, value}`, in order."""
    lines = head.decode("latin-1").split("\r\n")[:-1]
    pairs = (line.partition(": ") for line in lines)
    return [{"name": name, "value": value} for name, _, value in pairs]
