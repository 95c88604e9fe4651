"""An interactive command inside a sandbox, for example an MCP server.

Output is read only on request, so a command that prints without end waits for its reader. Errors are always
read and their end is stored; a command that floods them is killed.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable

from sigmic_mock.sandbox.execution import CHUNK, FLOOD_BYTES, Pipes

KEPT_ERRORS = 8 << 10
"""Bytes of the end of stderr that are stored."""


class TalkingProcess(Pipes):
    """One command with pipes of ours on all three streams. Fulfils `ports.SandboxProcess`."""

    def __init__(self, *, on_flood: Callable[[], None], on_released: Callable[[], None]) -> None:
        super().__init__(on_flood=on_flood, on_released=on_released)
        self._loop = asyncio.get_running_loop()
        self._input: int | None = None
        self._output: int | None = None
        self._errors: int | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._kept: deque[bytes] = deque()
        self._flooded = 0

    def attend(self) -> None:
        for fd in self._ours:
            os.set_blocking(fd, False)
        self._input, self._output, self._errors = self._ours
        self._ours = []
        self._loop.add_reader(self._errors, self._read_errors)

    @property
    def last_errors(self) -> bytes:
        return b"".join(self._kept)[-KEPT_ERRORS:]

    async def read(self) -> bytes:
        while self._output is not None:
            try:
                data = os.read(self._output, CHUNK)
            except BlockingIOError:
                await self._until(self._loop.add_reader, self._loop.remove_reader, self._output)
                continue
            except OSError:
                return b""
            return data
        return b""

    async def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if self._input is None:
                raise BrokenPipeError
            try:
                rest = rest[os.write(self._input, rest) :]
            except BlockingIOError:
                await self._until(self._loop.add_writer, self._loop.remove_writer, self._input)

    def end_input(self) -> None:
        if self._input is not None:
            self._loop.remove_writer(self._input)
            os.close(self._input)
            self._input = None

    async def wait(self) -> str:
        status = await asyncio.shield(self.exited)
        if os.WIFSIGNALED(status):
            return f"signal {os.WTERMSIG(status)}"
        return f"exit code {os.waitstatus_to_exitcode(status)}"

    def release(self) -> None:
        fds = [fd for fd in (self._input, self._output, self._errors) if fd is not None]
        self._input = self._output = self._errors = None
        for fd in fds:
            self._loop.remove_reader(fd)
            self._loop.remove_writer(fd)
            os.close(fd)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        super().release()

    async def _until(
        self,
        watch: Callable[[int, Callable[[], None]], object],
        unwatch: Callable[[int], object],
        fd: int,
    ) -> None:
        """Wait until a pipe is ready or closed."""
        ready: asyncio.Future[None] = self._loop.create_future()

        def note() -> None:
            if not ready.done():
                ready.set_result(None)

        self._waiting.add(ready)
        watch(fd, note)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if fd in (self._input, self._output):  # else it was closed, and the number may be another file's
                unwatch(fd)

    def _read_errors(self) -> None:
        assert self._errors is not None, "attended without a pipe"  # noqa: S101 - a programming error
        try:
            data = os.read(self._errors, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._errors)
            os.close(self._errors)
            self._errors = None
            return
        self._kept.append(data[-KEPT_ERRORS:])
        while sum(map(len, self._kept)) - len(self._kept[0]) >= KEPT_ERRORS:
            self._kept.popleft()
        self._flooded += len(data)
        if self._flooded > FLOOD_BYTES:
            self._flooded = 0
            self._on_flood()
