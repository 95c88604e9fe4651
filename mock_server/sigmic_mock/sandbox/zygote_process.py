"""The platform's handle on the zygote: starts it, requests sandboxes from it, ends it with the platform."""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sigmic_mock
from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox import wire
from sigmic_mock.sandbox.channel import Channel

DEADLINE = 10.0
"""Seconds for any answer of the zygote or of a sandbox's first process; they take milliseconds."""

_BOOT = """\
import sys
sys.path.append(sys.argv[1])
from sigmic_mock.sandbox.zygote import main
main()
"""


class ZygoteProcess:
    """One zygote.

    Invariant: start it from a thread that lives as long as the platform, because it dies with that thread.
    """

    def __init__(self, process: subprocess.Popen[bytes], sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._process = process
        self._ready: asyncio.Future[None] = loop.create_future()
        self._answers: dict[int, asyncio.Future[int | None]] = {}
        self._numbers = itertools.count(1)
        self._channel = Channel(sock, on_message=self._answered, on_end=self._ended)

    @classmethod
    async def start(cls, config: Mapping[str, object]) -> "ZygoteProcess":
        """Start one and wait until it can create sandboxes. Raises SandboxUnavailable with its message."""
        command = [*_interpreter(), "-c", _BOOT, str(Path(sigmic_mock.__file__).parent.parent)]
        ours, theirs = socket.socketpair()
        try:
            process = subprocess.Popen(  # noqa: ASYNC220 - our own interpreter; a vfork, about a millisecond
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise SandboxUnavailable(f"the zygote could not be started: {error}") from error
        finally:
            theirs.close()
        zygote = cls(process, ours)
        zygote._channel.send(wire.encode(config))
        try:
            async with asyncio.timeout(DEADLINE):
                await zygote._ready
        except BaseException:
            await zygote.close()
            raise
        return zygote

    @property
    def alive(self) -> bool:
        """True while it accepts requests."""
        return self._channel.open

    async def create(self, order: Mapping[str, object], control: int) -> int | None:
        """Have a sandbox created around the descriptor `control`, which this closes; return its pidfd."""
        return await self._ask("create", order, (control,))

    async def assign(self, workspace: str, mounts: int) -> None:
        """Have a workspace mounted in the mount namespace `mounts`, which this closes."""
        await self._ask("assign", {"workspace": workspace}, (mounts,))

    async def sweep(self) -> None:
        """Have it kill what an ended sandbox left behind."""
        if self.alive:
            with contextlib.suppress(SandboxUnavailable, TimeoutError):
                await self._ask("sweep", {}, ())

    async def close(self) -> None:
        """End it and all its sandboxes, and wait for that."""
        self._channel.close()
        try:
            await asyncio.to_thread(self._process.wait, DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _ask(self, verb: str, order: Mapping[str, object], fds: tuple[int, ...]) -> int | None:
        number = next(self._numbers)
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._channel.send(wire.encode({verb: number, **order}, len(fds)), fds)
            if not self._channel.open:
                raise SandboxUnavailable("the zygote has ended")
            async with asyncio.timeout(DEADLINE):
                return await answer
        finally:
            self._answers.pop(number, None)

    def _answered(self, message: wire.Message, fds: list[int]) -> None:
        failure = message.get("failed")
        if not self._ready.done():
            _settle(self._ready, None, failure)
            return
        number = next((message[verb] for verb in ("created", "assigned", "swept") if verb in message), None)
        answer = self._answers.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():  # the caller has gone: its sandbox ends with its socket
            for fd in fds:
                os.close(fd)
            return
        _settle(answer, fds[0] if fds else None, failure)

    def _ended(self) -> None:
        _settle(self._ready, None, "the zygote has ended")
        for answer in self._answers.values():
            _settle(answer, None, "the zygote has ended")
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # mark as retrieved: there may be no waiter


def _settle(waiting: asyncio.Future[Any], result: int | None, failure: object) -> None:
    if waiting.done():
        return
    if failure:
        waiting.set_exception(SandboxUnavailable(str(failure)))
    else:
        waiting.set_result(result)


def _interpreter() -> list[str]:
    if not sys.executable:
        raise SandboxUnavailable("sys.executable is empty: there is no interpreter to start the zygote with")
    command = [sys.executable, "-I", "-S", "-X", "utf8"]
    return [*command, "-B"] if sys.dont_write_bytecode else command
