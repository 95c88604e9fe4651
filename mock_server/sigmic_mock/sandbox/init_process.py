"""The platform's handle on a sandbox's first process: its socket, its pidfd, and the wait for its end.

It is created with its workspace, or as a spare that gets one later with `enter`. Invariant: it has at most
one workspace, so that sessions are isolated from each other.
"""

import asyncio
import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping, Sequence

from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox import wire
from sigmic_mock.sandbox.channel import Channel
from sigmic_mock.sandbox.zygote_process import DEADLINE, ZygoteProcess


class InitProcess:
    """One first process, from the order to the zygote until no process of its tree is left."""

    def __init__(self, zygote: ZygoteProcess, *, namespaced: bool) -> None:
        self._zygote = zygote
        self._namespaced = namespaced
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()
        """Set when its socket is closed."""
        self._pidfd: int | None = None
        self._mounts: int | None = None
        """Its mount namespace, while it is a spare."""
        self._on_message: Callable[[wire.Message], None] = lambda _message: None
        self._on_end: Callable[[], None] = lambda: None
        ours, self._theirs = socket.socketpair()
        self._channel = Channel(ours, on_message=self._received, on_end=self._ended)

    @property
    def alive(self) -> bool:
        """False after its end was seen, or `end` was called."""
        return self._channel.open

    def listen(self, on_message: Callable[[wire.Message], None], on_end: Callable[[], None]) -> None:
        """Set the receivers of its messages and of its end, once it is ready; they replace earlier ones."""
        self._on_message, self._on_end = on_message, on_end

    async def begin(self, workspace: str | None, limits: Mapping[str, float]) -> None:
        """Have it created and wait until it is confined. Without a workspace it is a spare.

        Raises SandboxUnavailable with its message or the zygote's, TimeoutError.
        """
        order = {"workspace": workspace, "limits": limits}
        self._pidfd = await self._zygote.create(order, self._theirs.detach())
        async with asyncio.timeout(DEADLINE):
            await self._ready

    async def enter(self, workspace: str) -> None:
        """Give a spare its workspace. Raises SandboxUnavailable, for example if it has died; TimeoutError."""
        mounts, self._mounts = self._mounts, None
        if mounts is None:
            raise SandboxUnavailable("only a spare can be given a workspace, and only one")
        await self._zygote.assign(workspace, mounts)
        if self._died():
            raise SandboxUnavailable("the spare has ended")

    def send(self, frame: bytes, fds: Sequence[int] = ()) -> None:
        """Send one frame and its open files, which this closes afterwards."""
        self._channel.send(frame, fds)

    async def end(self) -> None:
        """Kill it and all its descendants, and wait until they have ended. Call it once."""
        try:
            if self._namespaced:
                self._kill()
            else:
                self._channel.hang_up()
            if not await self._gone():
                self._kill()
                await self._gone()
            if not self._namespaced:
                await self._zygote.sweep()
        finally:
            self._channel.close()
            self._theirs.close()
            for fd in (self._pidfd, self._mounts):
                if fd is not None:
                    os.close(fd)
            self._pidfd = self._mounts = None

    def _received(self, message: wire.Message, fds: list[int]) -> None:
        """Handle one frame. Malformed frames are ignored, because tools run in the same sandbox."""
        if "ready" in message and not self._ready.done():
            self._ready.set_result(None)
            if fds:
                self._mounts = fds.pop()
        elif "failed" in message and not self._ready.done():
            self._ready.set_exception(SandboxUnavailable(str(message["failed"])))
        else:
            self._on_message(message)
        for fd in fds:
            os.close(fd)

    def _ended(self) -> None:
        if not self._ready.done():
            self._ready.set_exception(SandboxUnavailable("the sandbox's first process ended"))
            self._ready.exception()  # mark as retrieved: there may be no waiter
        self._over.set()
        self._on_end()

    def _died(self) -> bool:
        """Return whether it is dead, even if its end was not seen yet."""
        if self._pidfd is None:
            return not self.alive
        watch = select.poll()
        watch.register(self._pidfd, select.POLLIN)
        return bool(watch.poll(0))

    def _kill(self) -> None:
        if self._pidfd is None:
            self._channel.close()  # it ends itself when it reads the end of its socket
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def _gone(self) -> bool:
        """Wait for its end: of the pidfd (its whole namespace has then ended too), else of its socket."""
        loop = asyncio.get_running_loop()
        gone = self._over
        if self._pidfd is not None:
            gone = asyncio.Event()
            loop.add_reader(self._pidfd, gone.set)
        try:
            async with asyncio.timeout(DEADLINE):
                await gone.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            if self._pidfd is not None:
                loop.remove_reader(self._pidfd)
