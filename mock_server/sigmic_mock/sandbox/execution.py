"""One running command as the platform sees it: its pipes, its output, its exit.

All output is read, so that a command never blocks, and stored up to a limit, so that memory stays bounded.
Invariant: a command ends with its exit, not with the end of its output, because a background job may hold
the pipes open without a time limit.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence

CHUNK = 1 << 16
FLOOD_BYTES = 64 << 20
"""Bytes that a command may print, stored or not, before it is killed."""


class OutputPipe:
    """Reads one pipe to its end and stores the head."""

    def __init__(
        self, fd: int, keep: int, *, on_data: Callable[[int], None], on_end: Callable[[], None]
    ) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._keep = keep
        self._on_data = on_data
        self._on_end = on_end
        self._head = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(fd, self.read)
        self.open = True
        self.truncated = False

    def read(self) -> bool:
        """Read once. Return False if there is nothing to read now, or the pipe has ended."""
        if not self.open:
            return False
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.close()
            return False
        room = self._keep - len(self._head)
        if room < len(data):
            self.truncated = True
        if room > 0:
            self._head += data[:room]
        self._on_data(len(data))
        return True

    def take(self) -> bytes:
        """Return the head. Later output is read and discarded."""
        head = bytes(self._head)
        self._head.clear()
        self._keep = 0
        return head

    def close(self) -> None:
        """Stop reading; a writer gets SIGPIPE."""
        if self.open:
            self.open = False
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._on_end()


class InputPipe:
    """Writes bytes to one pipe as the command reads them, then closes it."""

    def __init__(self, fd: int, data: bytes) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._rest = memoryview(data)
        self._loop = asyncio.get_running_loop()
        self._watching = False
        self.open = True
        self._write()

    def close(self) -> None:
        """Stop writing; the command sees the end of its input."""
        if self.open:
            self.open = False
            if self._watching:
                self._loop.remove_writer(self._fd)
            os.close(self._fd)

    def _write(self) -> None:
        try:
            while self._rest:
                self._rest = self._rest[os.write(self._fd, self._rest) :]
        except BlockingIOError:
            if not self._watching:
                self._watching = True
                self._loop.add_writer(self._fd, self._write)
            return
        except OSError:  # the command has closed its input
            pass
        self.close()


class Pipes:
    """The pipes of one command, from before its order is sent until no process holds them."""

    def __init__(self, *, on_flood: Callable[[], None], on_released: Callable[[], None]) -> None:
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The wait status, or an exception if the sandbox ended first."""
        self._on_flood = on_flood
        self._on_released = on_released
        self._ours: list[int] = []
        self._theirs: list[int] = []

    def open(self, *, with_input: bool) -> None:
        """Create the pipes: input if there is any (else the command reads an empty one), output, errors."""
        for is_input in (True, False, False) if with_input else (False, False):
            reader, writer = os.pipe()
            self._ours.append(writer if is_input else reader)
            self._theirs.append(reader if is_input else writer)

    @property
    def child_ends(self) -> Sequence[int]:
        """The command's descriptors: [input,] output, errors."""
        return self._theirs

    def hand_over(self) -> list[int]:
        """Return the command's descriptors; the caller closes them."""
        fds, self._theirs = self._theirs, []
        return fds

    def attend(self) -> None:
        """Start to read and write, after the order is sent so that the command can start at the same time."""
        raise NotImplementedError

    def release(self) -> None:
        """Close our ends of all pipes, and the command's ends if they were not handed over."""
        for fd in (*self._ours, *self.hand_over()):
            os.close(fd)
        self._ours.clear()
        self._on_released()


class Running(Pipes):
    """A command that runs to its end. It gets `stdin`, and `keep` bytes of its output are stored."""

    def __init__(
        self, stdin: bytes, keep: int, *, on_flood: Callable[[], None], on_released: Callable[[], None]
    ) -> None:
        super().__init__(on_flood=on_flood, on_released=on_released)
        self._silent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._printed = 0
        self._stdin = stdin
        self._keep = keep
        self._input: InputPipe | None = None
        self._outputs: list[OutputPipe] = []

    def attend(self) -> None:
        *inputs, output, errors = self._ours
        self._ours = []
        for fd in (output, errors):
            pipe = OutputPipe(fd, self._keep, on_data=self._count, on_end=self._ended)
            self._outputs.append(pipe)
        for fd in inputs:
            self._input = InputPipe(fd, self._stdin)
        self._stdin = b""

    async def drain(self, grace: float) -> tuple[bytes, bytes, bool]:
        """After the exit: return what is in the pipes, as (stdout, stderr, truncated).

        If a background job holds a pipe open, it is read for `grace` more seconds. Later output is discarded.
        """
        if self._input is not None:
            self._input.close()
        for pipe in self._outputs:
            pending = 64  # no pipe holds more than this many chunks
            while pending and pipe.read():
                pending -= 1
        if not self._silent.done():
            await asyncio.wait((self._silent,), timeout=grace)
        truncated = any(pipe.truncated for pipe in self._outputs)
        stdout, stderr = (pipe.take() for pipe in self._outputs)
        return stdout, stderr, truncated

    def release(self) -> None:
        if self._input is not None:
            self._input.close()
        for pipe in list(self._outputs):
            pipe.close()
        super().release()

    def _count(self, size: int) -> None:
        self._printed += size
        if self._printed > FLOOD_BYTES:
            self._printed = 0
            if self.exited.done():
                self.release()  # a background job holds them: it gets SIGPIPE
            else:
                self._on_flood()

    def _ended(self) -> None:
        if not any(pipe.open for pipe in self._outputs):
            with contextlib.suppress(asyncio.InvalidStateError):
                self._silent.set_result(None)
            self._on_released()
