"""A part of the addresses whose code is loaded by its first request: a start does not pay for it."""

from collections.abc import Callable, Mapping
from functools import cached_property

from aiohttp import web

from sigmic_conformance.mock_server.http.mount import Mount


class LateMount:
    """Fulfils `http.mount.Mount` for every address that `speaks_for` says."""

    def __init__(self, name: str, speaks_for: Callable[[str], bool], make: Callable[[], Mount]) -> None:
        self.name = name
        self.speaks_for = speaks_for
        self._make = make

    @cached_property
    def mount(self) -> Mount:
        """What answers, made when it is first asked for."""
        return self._make()

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        return await self.mount.answer(request, headers)


def beneath(prefix: str) -> Callable[[str], bool]:
    """Speak for an address and all beneath it."""
    return lambda raw_path: raw_path == prefix or raw_path.startswith(f"{prefix}/")
