"""One entry of the journal: what every kind has in common, and what is told of each kind.

Nothing in an entry is secret any more: `journal.masking` was there before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigmic_conformance.mock_server.domain.payloads import timestamp

_OVERHEAD = 700
"""About what an entry costs in memory besides its texts."""
_LISTED = 200
"""And each item of a list in it."""


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


Detail = Mapping[str, Any]
"""What is told of one kind besides what can be searched for: as it is shown, but for texts, which are bytes.

Header lines are under `headers`. A body is `Excerpt.parts`.
"""


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
        return _OVERHEAD + _size(self.detail)

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
            **_shown(self.detail),
        }


_SEARCHED = ("project", "request", "operation", "method", "path", "task", "stream", "event", "status")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The begin of a body, of `total` bytes; `text` is None when nothing of it was kept."""

    text: bytes | None
    total: int
    truncated: bool = False

    def parts(self, name: str = "body") -> dict[str, Any]:
        """Return it as parts of a detail; `name` is that of the text."""
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
