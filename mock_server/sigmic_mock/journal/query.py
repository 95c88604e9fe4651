"""Queries over entries: the conditions of faults' triggers, applied to the fields of an entry."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.journal.entry import Entry, Kind
from sigmic_mock.journal.ring import Numbered
from sigmic_spec.document import Document
from sigmic_spec.nearest import hint

_LONGEST = 400
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER_REQUESTS = ("preflight", "healthz", "metrics", "unrouted")
"""The names of other requests in the journal."""
_STATUS = re.compile("[1-5]([0-9]{2}|xx)")


def _word(name: str) -> Callable[[str, Entry], bool]:
    def holds(asked: str, entry: Entry) -> bool:
        value = getattr(entry, name)
        return value is not None and str(value) in asked.split("|")

    return holds


def _status(asked: str, entry: Entry) -> bool:
    status = "" if entry.status is None else str(entry.status)
    return bool(status) and any(each in {status, f"{status[0]}xx"} for each in asked.lower().split("|"))


def _path(asked: str, entry: Entry) -> bool:
    return entry.path is not None and fnmatchcase(entry.path, asked)


def _fault(asked: str, entry: Entry) -> bool:
    return any(fault in asked.split("|") for fault in entry.faults)


_HOLDS: Mapping[str, Callable[[str, Entry], bool]] = {
    **{name: _word(name) for name in ("kind", "operation", "method")},
    "path": _path,
    **{name: _word(name) for name in ("task", "stream", "event")},
    "status": _status,
    "fault": _fault,
}
CONDITIONS = tuple(_HOLDS)


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that must all hold. Each is a word, or several with `|` between them.

    `status` also accepts `4xx`; `path` is a glob over path and query.
    """

    conditions: Mapping[str, str]

    def misses(self, entry: Entry) -> list[str]:
        """Return the names of the conditions that do not hold."""
        return [name for name, asked in self.conditions.items() if not _HOLDS[name](asked, entry)]

    def nearest(self, entries: Iterable[Numbered]) -> tuple[Numbered, list[str]] | None:
        """Return the newest entry that misses the fewest conditions, and these; None without any entry."""
        missing = [(each, missed) for each in entries if (missed := self.misses(each.entry))]
        return min(reversed(missing), key=lambda each: len(each[1]), default=None)


def read_query(values: Mapping[str, Any]) -> Query:
    """Return the query for the conditions among `values`. Raises VALIDATION_ERROR with the name."""
    given: dict[str, str] = {}
    for name, value in ((name, values[name]) for name in CONDITIONS if name in values):
        is_number = isinstance(value, int) and not isinstance(value, bool) and name in {"status", "stream"}
        text = str(value) if is_number else value
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} must be text of 1 to {_LONGEST} characters")
        given[name] = text
    known = {
        "kind": tuple(Kind),
        "method": _METHODS,
        "operation": (*Document.load().operations, *_OTHER_REQUESTS),
    }
    for name, choices in known.items():
        for word in given.get(name, choices[0]).split("|"):
            if word not in choices:
                told = f"{name} must be one of {', '.join(choices)}, not {word[:40]!r}{hint(word, choices)}"
                raise ApiError(ErrorCode.VALIDATION_ERROR, told)
    for word in given.get("status", "200").lower().split("|"):
        if _STATUS.fullmatch(word) is None:
            told = f"status must be like 404, 4xx or 429|503, not {word[:40]!r}"
            raise ApiError(ErrorCode.VALIDATION_ERROR, told)
    return Query(given)
