"""A part of the addresses whose code is loaded by its first request: a start does not pay for it."""

from collections.abc import Callable, Mapping
from functools import cached_property

from aiohttp import web

from sigmic_conformance.mock_server.http.mount import Mount


class LateMount:
    """Fulfils `http.mount.Mount` for every address beneath `prefix`."""

    def __init__(self, name: str, prefix: str, make: Callable[[], Mount]) -> None:
        self.name = name
        self._prefix = prefix
        self._make = make

    @cached_property
    def mount(self) -> Mount:
        """What answers, made when it is first asked for."""
        return self._make()

    def speaks_for(self, raw_path: str) -> bool:
        return raw_path == self._prefix or raw_path.startswith(f"{self._prefix}/")

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        return await self.mount.answer(request, headers)
