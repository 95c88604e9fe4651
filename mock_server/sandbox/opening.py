"""A backend that is opened beside the start: whoever needs a sandbox waits for its probes, nobody else does.

Rule: nothing runs before the backend has been examined, and a backend that could not be had fails every
sandbox with its reason. For a start that must be quick, on loopback, whose backend is `auto`: one that was
asked for by name is opened, and refused, at the start.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from sigmic_conformance.mock_server.ports import Sandbox, SandboxBackend, SandboxReport, SandboxUnavailable
from sigmic_conformance.mock_server.sandbox import namespace_recipe


class OpeningBackend:
    """Fulfils `ports.SandboxBackend` from the beginning, then hands on to what came of the opening."""

    def __init__(self, opener: Callable[[], Awaitable[SandboxBackend]], runtime_dir: Path) -> None:
        self._opener = opener
        self._opening: asyncio.Future[SandboxBackend] | None = None
        runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._owner = namespace_recipe.recipe(runtime_dir.resolve()).owner
        except SandboxUnavailable:
            self._owner = None

    def begin(self) -> None:
        """Open it now; call once what the last server left in its folder has been cleared away."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._opener())
            self._opening.add_done_callback(_look_at)

    @property
    def _opened(self) -> SandboxBackend | None:
        opening = self._opening
        return opening.result() if opening and opening.done() and opening.exception() is None else None

    @property
    def report(self) -> SandboxReport:
        """What is enforced; of the level `none` as long as nothing is proven."""
        if self._opened is not None:
            return self._opened.report
        return SandboxReport(backend="opening", level="none")

    async def opened(self) -> SandboxBackend:
        """Wait for the backend itself; raises `SandboxUnavailable`."""
        while self._opening is None:
            self.begin()
        return await asyncio.shield(self._opening)

    async def create(self, id: str, workspace: Path) -> Sandbox:
        return await (await self.opened()).create(id, workspace)

    def own(self, path: Path) -> None:
        # Before it is known which backend it will be, files go to the user of the strongest one: only root
        # can give files away, and root's weaker backend reads them all the same.
        if self._opened is not None:
            self._opened.own(path)
        elif self._owner is not None:
            os.chown(path, *self._owner, follow_symlinks=False)

    async def close(self) -> None:
        if self._opening is None:
            return
        try:
            backend = await self._opening
        except (SandboxUnavailable, OSError):
            return
        await backend.close()


def _look_at(opening: "asyncio.Future[SandboxBackend]") -> None:
    """Take note of a failure: it is told to whoever asks for a sandbox, not to the event loop."""
    if not opening.cancelled():
        opening.exception()
