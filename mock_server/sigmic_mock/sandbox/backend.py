"""A backend: one zygote and its sandboxes. Fulfils `ports.SandboxBackend` for every recipe."""

import asyncio
import logging
import os
import re
import stat
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

from sigmic_mock.ports import SandboxReport, SandboxUnavailable
from sigmic_mock.sandbox.init_process import InitProcess
from sigmic_mock.sandbox.live import USUAL, LiveSandbox, kernel_bounds
from sigmic_mock.sandbox.recipe import Recipe
from sigmic_mock.sandbox.warm_pool import WarmPool
from sigmic_mock.sandbox.zygote_process import ZygoteProcess

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ZygoteBackend:
    """Creates sandboxes by one recipe. If the zygote dies, with its sandboxes, it is replaced on demand."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.report = SandboxReport(backend=recipe.name, level=recipe.level)
        self._zygote: ZygoteProcess | None = None
        self._starting = asyncio.Lock()
        self._sandboxes: set[LiveSandbox] = set()
        self.pool: WarmPool[InitProcess] = WarmPool(self._make_spare)
        self._closed = False

    def certify(self, properties: dict[str, str]) -> None:
        """Record what a probe has found to be enforced."""
        self.report = replace(self.report, properties=properties)

    def keep_spares(self, number: int) -> None:
        """Prepare this number of sandboxes ahead; none if the backend only has to fork."""
        self.pool.want(number if self.recipe.namespaced else 0)

    async def start(self) -> None:
        """Start the zygote now instead of with the first sandbox."""
        await self._living_zygote()

    async def create(self, id: str, workspace: Path) -> LiveSandbox:
        if not _ID.fullmatch(id):
            raise ValueError(f"not a sandbox id: {id!r}")
        place, root = self._place(workspace)
        try:
            if (spare := self.pool.take()) is not None:
                try:
                    return await self._sandbox(id, root, spare, spare.enter(place))
                except (SandboxUnavailable, TimeoutError) as problem:
                    # Not an error: the spare may have died unnoticed. A fresh process shows whether it works.
                    log.info("a spare sandbox could not be used: %s", problem)
            first = self._init_process(await self._living_zygote())
            return await self._sandbox(id, root, first, first.begin(place, kernel_bounds(USUAL)))
        finally:
            self.pool.used()

    def own(self, path: Path) -> None:
        if self.recipe.owner is not None:
            os.chown(path, *self.recipe.owner, follow_symlinks=False)

    async def close(self) -> None:
        self._closed = True
        await asyncio.gather(self.pool.close(), *(sandbox.close() for sandbox in list(self._sandboxes)))
        async with self._starting:
            if self._zygote is not None:
                await self._zygote.close()
                self._zygote = None

    async def _sandbox(
        self, id: str, root: str, first: InitProcess, beginning: Awaitable[None]
    ) -> LiveSandbox:
        sandbox = LiveSandbox(id, root, first=first, recipe=self.recipe, on_closed=self._sandboxes.discard)
        self._sandboxes.add(sandbox)
        try:
            await beginning
        except BaseException:
            await sandbox.close()
            raise
        return sandbox

    async def _make_spare(self) -> InitProcess:
        if self._zygote is None or not self._zygote.alive:
            raise SandboxUnavailable("the zygote has ended")
        spare = self._init_process(self._zygote)
        try:
            await spare.begin(None, kernel_bounds(USUAL))
        except BaseException:
            await spare.end()
            raise
        return spare

    def _init_process(self, zygote: ZygoteProcess) -> InitProcess:
        return InitProcess(zygote, namespaced=self.recipe.namespaced)

    async def _living_zygote(self) -> ZygoteProcess:
        if self._zygote is not None and self._zygote.alive:
            return self._zygote
        async with self._starting:
            if self._closed:
                raise SandboxUnavailable("the sandbox backend is closed")
            if self._zygote is not None and not self._zygote.alive:
                await self._zygote.close()
                self._zygote = None
            if self._zygote is None:
                self._zygote = await ZygoteProcess.start(self.recipe.config)
            return self._zygote

    def _place(self, workspace: Path) -> tuple[str, str]:
        """Return the path of the workspace for the zygote, and the path inside the sandbox."""
        real = Path(os.path.realpath(workspace, strict=True))
        base = self.recipe.workspaces
        if base is None or self.recipe.root is None:
            return str(real), str(real)
        if not real.is_relative_to(base) or real == base:
            raise ValueError("a workspace must lie beneath the directory given to open_backend")
        if self.recipe.owner is not None:
            for folder in real.relative_to(base).parents:
                let_pass(base / folder)
        return str(real.relative_to(base)), self.recipe.root


def let_pass(folder: Path) -> None:
    """Let the sandboxes' user traverse a directory of ours without listing it."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & stat.S_IXOTH:
        folder.chmod(mode | stat.S_IXOTH)
