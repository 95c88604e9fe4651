"""A running sandbox: fulfils `ports.Sandbox` over the socket of its first process."""

import asyncio
import contextlib
import itertools
import os
import posixpath
import time
from collections.abc import Callable, Mapping, Sequence

from sigmic_mock.ports import Execution, Limits, SandboxGone
from sigmic_mock.sandbox import wire
from sigmic_mock.sandbox.execution import Pipes, Running
from sigmic_mock.sandbox.init_process import InitProcess
from sigmic_mock.sandbox.recipe import Recipe
from sigmic_mock.sandbox.talking import TalkingProcess
from sigmic_mock.sandbox.zygote_process import DEADLINE

USUAL = Limits()
"""The limits of every sandbox; a command may request others."""
_NOT_RUNNABLE = 126
"""A shell's exit code for a command that cannot be started."""

GRACE = 0.05
"""Seconds that output may still arrive after a command's exit if a background job holds its pipes."""


class LiveSandbox:
    """One sandbox, from before its first process starts until none of its processes is left."""

    def __init__(
        self,
        id: str,
        root: str,
        *,
        first: InitProcess,
        recipe: Recipe,
        on_closed: Callable[["LiveSandbox"], None],
    ) -> None:
        self.id = id
        self.root = root
        self._first = first
        self._recipe = recipe
        self._on_closed = on_closed
        self._numbers = itertools.count(1)
        self._running: dict[int, Pipes] = {}
        """Commands that have started and not exited."""
        self._held: set[Pipes] = set()
        """Pipes that are open. A background job may hold them open after its command's exit."""
        self._closing: asyncio.Task[None] | None = None
        first.listen(self._received, self._ended)

    @property
    def alive(self) -> bool:
        return self._closing is None and self._first.alive

    # --- running ---------------------------------------------------------------------------------------

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
            raise SandboxGone(self.id)
        bounds = limits or USUAL
        started = time.monotonic()
        number = next(self._numbers)
        try:
            frame = self._order(number, argv, env, cwd, bounds, with_input=bool(stdin))
        except wire.BrokenFrame:  # also far beyond the kernel's limit
            return Execution(exit_code=_NOT_RUNNABLE, stderr=b"argument list too long\n")
        running = Running(
            stdin,
            bounds.output_bytes,
            on_flood=lambda: self._kill(number),
            on_released=lambda: self._held.discard(running),
        )
        self._start(number, frame, running, with_input=bool(stdin))
        try:
            timed_out, status = await self._exit_of(number, running, bounds.wall_seconds)
            stdout, stderr, truncated = await running.drain(GRACE)
        except BaseException:
            running.release()
            raise
        signalled = os.WIFSIGNALED(status)
        return Execution(
            exit_code=None if signalled else os.waitstatus_to_exitcode(status),
            signal=os.WTERMSIG(status) if signalled else None,
            stdout=stdout,
            stderr=stderr,
            timed_out=timed_out,
            truncated=truncated,
            seconds=time.monotonic() - started,
        )

    async def open(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        limits: Limits | None = None,
    ) -> TalkingProcess:
        if not self.alive:
            raise SandboxGone(self.id)
        number = next(self._numbers)
        frame = self._order(number, argv, env, cwd, limits or USUAL, with_input=True)
        process = TalkingProcess(
            on_flood=lambda: self._kill(number), on_released=lambda: self._held.discard(process)
        )
        self._start(number, frame, process, with_input=True)
        return process

    def _order(
        self,
        number: int,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: str | None,
        limits: Limits,
        *,
        with_input: bool,
    ) -> bytes:
        """Return the frame that starts a command. Raises `wire.BrokenFrame` if it is far too long."""
        order = {
            "exec": number,
            "argv": list(argv),
            "env": self._environment(env, cwd),
            "cwd": cwd or ".",
            "limits": kernel_bounds(limits),
            "stdin": with_input,
        }
        return wire.encode(order, files=3 if with_input else 2)

    def _start(self, number: int, frame: bytes, pipes: Pipes, *, with_input: bool) -> None:
        """Send the order for a command with its pipes."""
        self._held.add(pipes)
        try:
            pipes.open(with_input=with_input)
            if self._recipe.owner is not None:
                # They would belong to root: the command's user could not open /dev/stderr.
                for fd in pipes.child_ends:
                    os.fchown(fd, *self._recipe.owner)
            self._running[number] = pipes
            self._first.send(frame, pipes.hand_over())
            pipes.attend()
        except BaseException:
            pipes.release()
            raise

    async def _exit_of(self, number: int, running: Running, seconds: float) -> tuple[bool, int]:
        """Wait for the exit. Kill the command when the time is up or the caller is cancelled."""
        try:
            async with asyncio.timeout(seconds):
                return False, await asyncio.shield(running.exited)
        except TimeoutError:
            return True, await self._exit_after_kill(number, running)
        except asyncio.CancelledError:
            with contextlib.suppress(SandboxGone):
                await self._exit_after_kill(number, running)
            raise

    async def _exit_after_kill(self, number: int, running: Running) -> int:
        self._kill(number)
        try:
            async with asyncio.timeout(DEADLINE):
                return await asyncio.shield(running.exited)
        except TimeoutError:  # the first process does not answer, so the sandbox cannot be trusted
            await self.close()
            raise SandboxGone(self.id) from None

    def _kill(self, number: int) -> None:
        self._first.send(wire.encode({"kill": number}))

    def _received(self, message: wire.Message) -> None:
        number, status = message.get("exited"), message.get("status")
        running = self._running.pop(number, None) if isinstance(number, int) else None
        if running is not None and isinstance(status, int) and not running.exited.done():
            running.exited.set_result(status)

    def _environment(self, env: Mapping[str, str], cwd: str | None) -> dict[str, str]:
        return {
            "PATH": self._recipe.path,
            "HOME": self._recipe.home or self.root,
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PWD": posixpath.normpath(posixpath.join(self.root, cwd or ".")),
            **env,
        }

    # --- ending ----------------------------------------------------------------------------------------

    async def close(self) -> None:
        await asyncio.shield(self._start_closing())

    def _start_closing(self) -> asyncio.Task[None]:
        if self._closing is None:
            for running in self._running.values():
                if not running.exited.done():
                    running.exited.set_exception(SandboxGone(self.id))
                    running.exited.exception()  # mark as retrieved: there may be no waiter
            self._running.clear()
            self._closing = asyncio.get_running_loop().create_task(
                self._end(), name=f"close sandbox {self.id}"
            )
        return self._closing

    async def _end(self) -> None:
        try:
            await self._first.end()
        finally:
            for running in list(self._held):
                running.release()
            self._on_closed(self)

    def _ended(self) -> None:
        """Record the end of the first process, whether we killed it or not."""
        self._closing = self._start_closing()


def kernel_bounds(limits: Limits) -> dict[str, float]:
    """Return the limits that the kernel enforces. The platform enforces the others itself."""
    return {
        "cpu_seconds": limits.cpu_seconds,
        "data_bytes": limits.data_bytes,
        "file_bytes": limits.file_bytes,
        "open_files": limits.open_files,
        "processes": limits.processes,
    }
