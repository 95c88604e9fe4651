"""The seam for what answers a part of the addresses by itself: the control plane, and pages."""

from collections.abc import Mapping
from typing import Protocol

from aiohttp import web


class Mount(Protocol):
    """Answers every address that it speaks for, known or not; no journal hears of it and no CORS applies."""

    @property
    def name(self) -> str:
        """How the log and the metrics call its requests."""

    def speaks_for(self, raw_path: str) -> bool:
        """Return whether an address, not decoded, is one of its own."""

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one request, with the headers that every answer carries; raises `ApiError`."""
