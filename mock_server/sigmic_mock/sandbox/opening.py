"""A backend that opens during the start: only requests for a sandbox wait for its probes.

Invariant: nothing runs before the backend was probed. If no backend can be opened, every sandbox fails with
the reason. This is for a start that must be quick, on loopback, with the backend `auto`. A backend that was
requested by name is opened, or refused, at the start.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from sigmic_mock.ports import Sandbox, SandboxBackend, SandboxReport, SandboxUnavailable
from sigmic_mock.sandbox import namespace_recipe


class OpeningBackend:
    """Fulfils `ports.SandboxBackend` immediately; delegates to the real backend once it is open."""

    def __init__(self, opener: Callable[[], Awaitable[SandboxBackend]], runtime_dir: Path) -> None:
        self._opener = opener
        self._opening: asyncio.Future[SandboxBackend] | None = None
        runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._owner = namespace_recipe.recipe(runtime_dir.resolve()).owner
        except SandboxUnavailable:
            self._owner = None

    def begin(self) -> None:
        """Start to open. Call it once, after the files of the last server were removed from its directory."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._opener())
            self._opening.add_done_callback(_look_at)

    @property
    def _opened(self) -> SandboxBackend | None:
        opening = self._opening
        return opening.result() if opening and opening.done() and opening.exception() is None else None

    @property
    def report(self) -> SandboxReport:
        """The enforced properties; level `none` until the probes have finished."""
        if self._opened is not None:
            return self._opened.report
        return SandboxReport(backend="opening", level="none")

    async def opened(self) -> SandboxBackend:
        """Wait for the backend itself. Raises `SandboxUnavailable`."""
        while self._opening is None:
            self.begin()
        return await asyncio.shield(self._opening)

    async def create(self, id: str, workspace: Path) -> Sandbox:
        return await (await self.opened()).create(id, workspace)

    def own(self, path: Path) -> None:
        # Until the backend is known, files go to the user of the strongest one: only root can give files to
        # another user, and root's weaker backend can read them anyway.
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
    """Mark a failure as retrieved. Callers that request a sandbox get it; the event loop must not log it."""
    if not opening.cancelled():
        opening.exception()
