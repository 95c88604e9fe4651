"""Sandboxes whose programs are Python functions of the test."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from sigmic_conformance.mock_server.ports import (
    Execution,
    Limits,
    SandboxGone,
    SandboxProcess,
    SandboxReport,
)

Program = Callable[["ScriptedSandbox", Sequence[str], Mapping[str, str]], Awaitable[bytes]]


class ScriptedSandbox:
    """Fulfils `mock_server.ports.Sandbox`: `program` is what every command does."""

    def __init__(self, id: str, workspace: Path, program: Program) -> None:
        self.id = id
        self.root = str(workspace)
        self.alive = True
        self.killed: list[Sequence[str]] = []
        self.may_close = asyncio.Event()
        self.may_close.set()
        self._program = program

    async def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: bytes = b"",
        cwd: str | None = None,
        limits: Limits | None = None,
    ) -> Execution:
        if not self.alive:
            raise SandboxGone
        try:
            said = [*argv, stdin.decode()] if stdin else argv
            printed = await self._program(self, said, env)
        except asyncio.CancelledError:
            self.killed.append(argv)
            raise
        return Execution(exit_code=0, stdout=printed)

    async def open(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        limits: Limits | None = None,
    ) -> SandboxProcess:
        raise SandboxGone

    async def close(self) -> None:
        await self.may_close.wait()
        self.alive = False


class ScriptedBackend:
    """Fulfils `mock_server.ports.SandboxBackend`; remembers every sandbox it made."""

    report = SandboxReport("scripted", "none")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: list[ScriptedSandbox] = []
        self.refusal: Exception | None = None

    async def create(self, id: str, workspace: Path, *, limits: Limits | None = None) -> ScriptedSandbox:
        if self.refusal is not None:
            raise self.refusal
        assert os.path.isdir(workspace)  # noqa: ASYNC240, PTH112 - a fake may block
        self.made.append(ScriptedSandbox(id, workspace, self.program))
        return self.made[-1]

    def own(self, path: Path) -> None:
        assert path.exists()

    async def close(self) -> None:
        for sandbox in self.made:
            await sandbox.close()
