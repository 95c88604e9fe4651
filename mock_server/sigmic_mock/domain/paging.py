"""Pages of a list: `limit` 1..100 (50 by default), `offset` from 0 (G-36)."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from sigmic_mock.domain.errors import ApiError, ErrorCode

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
MAX_OFFSET = 2**53 - 1
"""The largest integer that every JSON reader keeps exact; the limit of SQLite is higher."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items of a list, and how many there are in all."""

    items: tuple[T, ...]
    total: int
    limit: int
    offset: int

    @property
    def has_more(self) -> bool:
        """True when items follow this page."""
        return self.offset + len(self.items) < self.total and bool(self.items)


def check_page(limit: int, offset: int) -> None:
    """Raises VALIDATION_ERROR for a page that cannot be asked for."""
    if not 1 <= limit <= MAX_LIMIT:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"limit must be an integer from 1 to {MAX_LIMIT}")
    if not 0 <= offset <= MAX_OFFSET:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "offset must be an integer from 0")
