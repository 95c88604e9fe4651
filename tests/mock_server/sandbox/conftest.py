"""Backends, workspaces, and a way to detect from outside whether a process in a sandbox still runs."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sigmic_mock.sandbox.backend import ZygoteBackend
from sigmic_mock.sandbox.detect import open_backend
from sigmic_mock.sandbox.live import LiveSandbox
from tests.fakes.command import ended

HAS_NAMESPACES = (
    shutil.which("unshare") is not None
    and ended(["unshare", "--user", "--map-root-user", "true"]).returncode == 0
)
"""Whether this machine can confine: asked of the machine, because a broken backend would say no as well."""


@contextlib.asynccontextmanager
async def opened(name: str, folder: Path) -> AsyncIterator[ZygoteBackend]:
    if name == "ns" and not HAS_NAMESPACES:
        pytest.skip("this machine has no user namespaces")
    backend = await open_backend(name, runtime_dir=folder)
    try:
        yield backend
    finally:
        await backend.close()


class PooledBackend:
    """A backend whose sandboxes were all spares."""

    def __init__(self, backend: ZygoteBackend) -> None:
        self._backend = backend
        self.own = backend.own
        backend.keep_spares(1)

    async def create(self, id: str, workspace: Path) -> LiveSandbox:
        await self._backend.pool.fill()
        (spare,) = self._backend.pool
        sandbox = await self._backend.create(id, workspace)
        assert sandbox._first is spare
        return sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The directory of all workspaces; the platform's own files would be next to it."""
    return tmp_path / "workspaces"


@pytest.fixture(params=["ns", "process"])
async def backend(request, folder: Path) -> AsyncIterator[ZygoteBackend]:
    """Each backend in turn."""
    async with opened(request.param, folder) as backend:
        yield backend


@pytest.fixture
async def ns(folder: Path) -> AsyncIterator[ZygoteBackend]:
    async with opened("ns", folder) as backend:
        yield backend


@pytest.fixture
def workspace(folder: Path) -> Callable[..., Path]:
    """Return a function that creates a workspace owned by the sandboxes' user."""

    def make(backend: ZygoteBackend, name: str) -> Path:
        place = folder / name
        place.mkdir(parents=True)
        backend.own(place)
        return place

    return make


class Pulse:
    """A FIFO in a workspace; it is alive while a process in the sandbox holds it open for writing."""

    COMMAND = "exec sleep 600 >pulse 2>/dev/null </dev/null"

    def __init__(self, backend: ZygoteBackend, place: Path) -> None:
        os.mkfifo(place / "pulse")
        backend.own(place / "pulse")
        self.fd = os.open(place / "pulse", os.O_RDONLY | os.O_NONBLOCK)

    def beats(self) -> bool:
        try:
            return os.read(self.fd, 64) != b""
        except BlockingIOError:
            return True


@pytest.fixture
def pulse() -> Iterator[Callable[..., Pulse]]:
    made: list[Pulse] = []

    def make(backend: ZygoteBackend, place: Path) -> Pulse:
        made.append(Pulse(backend, place))
        return made[-1]

    yield make
    for each in made:
        os.close(each.fd)


async def readable(fd: int) -> None:
    """Wait until there are bytes to read, or the last writer has closed it."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        async with asyncio.timeout(10):
            await ready.wait()
    finally:
        loop.remove_reader(fd)
