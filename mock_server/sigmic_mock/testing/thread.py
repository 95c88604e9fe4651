"""A whole server on its own thread and event loop; its data are removed when it ends.

Rule: however the test ends, the thread, its sandboxes and its folder end with it: by `stop`, or at the latest
when the interpreter does.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

# The agent is loaded by a start in any case; here it is part of the import and not of the start.
from sigmic_mock.agent import agent  # noqa: F401 - loaded here, before the first server needs it
from sigmic_mock.bootstrap.app import build, open_sandboxes
from sigmic_mock.bootstrap.serving import why_not_started
from sigmic_mock.config.settings import FLAGS, RUN_FOLDER, Settings, SettingsError, resolve
from sigmic_mock.control.table import CONTROL_PATH
from sigmic_mock.ports import SandboxBackend, SandboxReport, SandboxUnavailable
from sigmic_mock.sandbox.opening import OpeningBackend
from sigmic_mock.testing.control_client import ControlClient, MockRefused
from sigmic_spec.document import Document
from sigmic_spec.nearest import hint_of_known

log = logging.getLogger(__name__)
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_WORKERS = 6
"""Threads for work that would hold up the event loop: as many as asyncio uses on two processors."""
DECIDED = frozenset(
    {"host", "port", "data-dir", "ephemeral", "ready-file", "json", "log-level", "log-format"}
)
"""Fixed for a server in a test: a free port of this machine, temporary data, unchanged logging."""
_running: "set[ServerThread]" = set()
Document.load()  # kept for the process: a start does not have to wait for it


class ServerThread:
    """One server: `start` it once, `stop` it."""

    def __init__(self, flags: Mapping[str, str], folder: Path | None = None) -> None:
        """`flags` are those of the command, by name; `folder` is for its temporary data folder."""
        self._settings = _settings(flags)
        self._folder = folder
        self._ready: Future[ControlClient] = Future()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._backend: SandboxBackend | None = None
        self._thread = threading.Thread(target=self._run, name="sigmic-mock", daemon=True)

    def start(self) -> ControlClient:
        """Return its control plane once its port answers. Raises `MockRefused` with the reason."""
        _running.add(self)
        self._thread.start()
        try:
            return self._ready.result(_START_SECONDS)
        except Exception as problem:
            self.stop()
            if isinstance(problem, TimeoutError) and not self._ready.done():
                raise MockRefused(f"the server was not ready within {_START_SECONDS:.0f} s") from None
            reason = why_not_started(problem)
            if reason is None:
                raise
            raise MockRefused(reason) from None
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and all its parts. Idempotent; raises `MockRefused` when that takes too long."""
        if self._loop is not None:
            # The loop may have been closed this very moment.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_SECONDS)
        _running.discard(self)
        if self._thread.is_alive():
            raise MockRefused(
                f"the server did not end within {_STOP_SECONDS:.0f} s; it ends with this process"
            )

    def sandbox(self) -> SandboxReport:
        """Return the properties of the sandboxes here, after their checks. Raises `MockRefused`."""
        backend = self._backend
        if isinstance(backend, OpeningBackend) and self._loop is not None:
            opened = asyncio.run_coroutine_threadsafe(backend.opened(), self._loop)
            try:
                return opened.result(_START_SECONDS).report
            except SandboxUnavailable as problem:
                raise MockRefused(str(problem)) from None
        if backend is None:
            raise MockRefused("the server is not running")
        return backend.report

    def _run(self) -> None:
        try:
            _run_to_the_end(self._serve())
        except BaseException as problem:
            if self._ready.done():
                log.exception("the server broke")
            else:
                self._ready.set_exception(problem)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        data_dir = Path(tempfile.mkdtemp(prefix="sigmic-mock-", dir=self._folder))
        try:
            application = await build(self._settings, data_dir, backend=self._open)
            try:
                port = await application.start()
                if isinstance(self._backend, OpeningBackend):
                    self._backend.begin()
                url = f"http://127.0.0.1:{port}{CONTROL_PATH}"
                self._ready.set_result(ControlClient(url, application.control_token))
                await self._stopping.wait()
            finally:
                await application.stop()
        finally:
            # Not in another thread: at the end of the interpreter no new one can start.
            shutil.rmtree(data_dir, ignore_errors=True)

    async def _open(self, settings: Settings, runtime_dir: Path) -> SandboxBackend:
        """Open the backend that was named, or in the background the one that the machine chooses."""
        if settings.sandbox == "auto":
            self._backend = OpeningBackend(partial(open_sandboxes, settings, runtime_dir), runtime_dir)
        else:
            self._backend = await open_sandboxes(settings, runtime_dir)
        return self._backend


def _run_to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on a separate loop, and end what it left.

    As `asyncio.run`, which ends the loop's executor from one more thread: at the end of the interpreter there
    is none to be had (Python 3.12), so that the executor has all of its threads from the beginning.
    """
    loop = asyncio.new_event_loop()
    executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sigmic-mock")
    all_there = threading.Barrier(_WORKERS)
    for _ in range(_WORKERS):
        executor.submit(all_there.wait, _START_SECONDS)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(_and_what_it_left(work))
    finally:
        executor.shutdown()
        loop.close()


async def _and_what_it_left(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()


def _settings(flags: Mapping[str, str]) -> Settings:
    """Read `flags` as the command does. Of the environment only the run counts: tests mean the same anywhere.

    Raises `MockRefused`, also for a flag that does not exist, with the nearest that does.
    """
    known = {flag.name for flag in FLAGS} - DECIDED
    for name in flags:
        if name not in known:
            words = sorted(each.replace("-", "_") for each in known)
            word = name.replace("-", "_")
            raise MockRefused(f"mock_server() has no option {word!r}{hint_of_known(word, words)}")
    try:
        return resolve({"ephemeral": "on", "port": "0", **flags}, _of_a_run())
    except SettingsError as problem:
        raise MockRefused(str(problem)) from None


def _of_a_run() -> Mapping[str, str]:
    return {RUN_FOLDER: os.environ[RUN_FOLDER]} if RUN_FOLDER in os.environ else {}


def _end_all() -> None:
    for server in tuple(_running):
        server.stop()


# `atexit` itself is too late: by then a thread accepts no new work, which an orderly end needs.
getattr(threading, "_register_atexit", atexit.register)(_end_all)
