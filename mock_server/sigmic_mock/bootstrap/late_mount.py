"""A mount whose code a thread loads at its first request: neither the start nor other requests wait."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from sigmic_mock.http.mount import Mount


class LateMount:
    """Fulfils `http.mount.Mount` for every address that `speaks_for` accepts."""

    def __init__(self, name: str, speaks_for: Callable[[str], bool], make: Callable[[], Mount]) -> None:
        self.name = name
        self.speaks_for = speaks_for
        self._make = make
        self._mount: Mount | None = None
        self._making = asyncio.Lock()

    async def mount(self) -> Mount:
        """Return the mount, created at the first request."""
        async with self._making:
            if self._mount is None:
                self._mount = await asyncio.to_thread(self._make)
            return self._mount

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        mount = self._mount or await self.mount()
        return await mount.answer(request, headers)


def beneath(prefix: str) -> Callable[[str], bool]:
    """Return a check for an address and all below it."""
    return lambda raw_path: raw_path == prefix or raw_path.startswith(f"{prefix}/")
