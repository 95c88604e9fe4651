"""Queries over entries: the conditions of faults' triggers, applied to the fields of an entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.journal.entry import Entry, Kind
from sigmic_conformance.mock_server.journal.ring import Numbered

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The conditions; all that are given must hold. Each is a word, or several with `|` between them.

    `status` also knows `4xx`; `path` is a glob over path and query.
    """

    kind: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    task: str | None = None
    stream: str | None = None
    event: str | None = None
    status: str | None = None
    fault: str | None = None

    def misses(self, entry: Entry) -> list[str]:
        """Return the names of the conditions that do not hold."""
        asked = ((name, getattr(self, name)) for name in CONDITIONS)
        return [name for name, value in asked if value is not None and not _HOLDS[name](value, entry)]

    def matches(self, entry: Entry) -> bool:
        """True when every condition holds."""
        return not self.misses(entry)

    def of(self, entries: Iterable[Numbered]) -> list[Numbered]:
        """Return those that match."""
        return [each for each in entries if self.matches(each.entry)]

    def nearest(self, entries: Iterable[Numbered]) -> tuple[Numbered, list[str]] | None:
        """Return the newest entry that misses the fewest conditions, and which; None without any entry."""
        best: tuple[Numbered, list[str]] | None = None
        for each in entries:
            missed = self.misses(each.entry)
            if missed and (best is None or len(missed) <= len(best[1])):
                best = each, missed
        return best


CONDITIONS = tuple(field.name for field in fields(Query))


def read_query(values: Mapping[str, Any]) -> Query:
    """Return the query of a mapping whose keys are all in `CONDITIONS`; raises VALIDATION_ERROR by name."""
    given: dict[str, str] = {}
    for name, value in values.items():
        is_number = isinstance(value, int) and not isinstance(value, bool) and name in {"status", "stream"}
        text = str(value) if is_number else value
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} must be text of 1 to {_LONGEST} characters")
        given[name] = text
    for kind in given.get("kind", "").split("|"):
        if kind and kind not in set(Kind):
            known = ", ".join(Kind)
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"kind must be one of {known}, not {kind[:40]!r}")
    return Query(**given)


def _word(name: str) -> Any:
    def holds(asked: str, entry: Entry) -> bool:
        value = getattr(entry, name)
        return value is not None and str(value) in asked.split("|")

    return holds


def _status(asked: str, entry: Entry) -> bool:
    if entry.status is None:
        return False
    status = str(entry.status)
    return any(each in {status, f"{status[0]}xx"} for each in asked.lower().split("|"))


def _path(asked: str, entry: Entry) -> bool:
    return entry.path is not None and fnmatchcase(entry.path, asked)


def _fault(asked: str, entry: Entry) -> bool:
    return any(fault in asked.split("|") for fault in entry.faults)


_HOLDS: Mapping[str, Any] = {name: _word(name) for name in CONDITIONS} | {
    "status": _status,
    "path": _path,
    "fault": _fault,
}
