"""Sandboxes that run Python functions of the test instead of programs."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from sigmic_mock.ports import Execution, Limits, SandboxGone, SandboxProcess, SandboxReport

Program = Callable[["ScriptedSandbox", Sequence[str], Mapping[str, str]], Awaitable[bytes]]


class OpenedProcess:
    """Implements `mock_server.ports.SandboxProcess` with a process of this machine."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._errors = b""
        self._reading = asyncio.create_task(self._read_errors())

    @classmethod
    async def start(cls, argv: Sequence[str], env: Mapping[str, str], folder: str) -> Self:
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *argv,
                cwd=folder,
                env={"PATH": os.environ["PATH"], **env},
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                start_new_session=True,
            )
        )

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(65536):
            self._errors = (self._errors + data)[-8192:]

    async def read(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.read(65536)

    async def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    def end_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def wait(self) -> str:
        return f"exit code {await self._process.wait()}"

    @property
    def last_errors(self) -> bytes:
        return self._errors

    async def end(self) -> None:
        """Kill the process and all its children; return after all their output was read."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(RuntimeError):  # another task reads it already
            while await self.read():
                pass
        await self._process.wait()
        await self._reading


class ScriptedSandbox:
    """Implements `mock_server.ports.Sandbox`: every command runs `program`."""

    def __init__(self, id: str, workspace: Path, program: Program) -> None:
        self.id = id
        self.root = str(workspace)
        self.alive = True
        self.killed: list[Sequence[str]] = []
        self.may_close = asyncio.Event()
        self.may_close.set()
        self._program = program
        self._opened: list[OpenedProcess] = []

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
        """Start a harmless program of the test in the workspace, outside any sandbox."""
        try:
            process = await OpenedProcess.start(argv, env, str(Path(self.root) / (cwd or ".")))
        except FileNotFoundError:
            raise SandboxGone from None
        self._opened.append(process)
        return process

    async def close(self) -> None:
        await self.may_close.wait()
        self.alive = False
        for process in self._opened:
            await process.end()


class ScriptedBackend:
    """Implements `mock_server.ports.SandboxBackend`; saves every sandbox that it created."""

    report = SandboxReport("scripted", "none")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: list[ScriptedSandbox] = []
        self.refusal: Exception | None = None
        self.may_create = asyncio.Event()
        self.may_create.set()

    async def create(self, id: str, workspace: Path) -> ScriptedSandbox:
        await self.may_create.wait()
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
