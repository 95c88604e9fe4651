"""The interface of parts that answer a range of addresses themselves: the control plane, and pages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web


class Mount(Protocol):
    """Answers every address in its range, known or not. These requests have no journal and no CORS."""

    @property
    def name(self) -> str:
        """The name of its requests in the log and the metrics."""

    def speaks_for(self, raw_path: str) -> bool:
        """Return whether an address, not decoded, is in its range."""

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one request, with the headers of every answer. Raises `ApiError`."""


@dataclass(frozen=True, slots=True)
class Mounts:
    """All mounts. `pages`, if there are any, also answers a browser that opens an address without a route."""

    all: Sequence[Mount]
    pages: Mount | None = None
    suggested: Collection[str] = ()
    """Their addresses that someone who types another may have meant."""

    def of(self, raw_path: str) -> Mount | None:
        """Return the mount of an address, None without one."""
        return next((each for each in reversed(self.all) if each.speaks_for(raw_path)), None)
