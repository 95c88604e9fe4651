"""A page of the list of tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.model.requests import query_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

FARTHEST = 1 << 31
SIZE, LARGEST = 50, 100


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list: request and answer. A count that is not an integer is stored as None."""

    items: list[dict[str, Any]]
    pagination: Mapping[str, Any]
    asked: Mapping[str, str]

    @classmethod
    def of(cls, exchange: Exchange) -> "Page":
        """The page in an answer of list_tasks."""
        pagination = json_values.fields(json_values.fields(exchange.json()).get("pagination"))
        return cls(exchange.entries, pagination, query_of(exchange.sent))

    def number(self, name: str) -> int | None:
        """A count of the pagination."""
        value = self.pagination.get(name)
        return int(value) if value is not None and json_values.count(value) else None

    @property
    def begins(self) -> int:
        """The start of the page according to the page; whether it was requested is LIST-005."""
        told = self.number("offset")
        return int(self.asked.get("offset", "0")) if told is None else told

    @property
    def is_plain(self) -> bool:
        """True for a documented request: whole numbers within the bounds, and no other parameter."""
        limit, offset = self.asked.get("limit", "1"), self.asked.get("offset", "0")
        plain = limit.isdecimal() and offset.isdecimal() and set(self.asked) <= {"limit", "offset"}
        plain = plain and limit.isascii() and offset.isascii() and 1 <= int(limit) <= LARGEST
        return plain and int(offset) <= FARTHEST

    def places(self, field: str = "id") -> dict[int, Any]:
        """The tasks, or a field of them, by their position in the whole list."""
        first = int(self.asked.get("offset", "0"))
        return {first + number: item.get(field) for number, item in enumerate(self.items)}

    @property
    def is_whole(self) -> bool:
        """True for a page that has the whole list: from its beginning, and not full."""
        if not self.is_plain or int(self.asked.get("offset", "0")):
            return False
        return len(self.items) < int(self.asked.get("limit", SIZE))
