"""One run of the server, from start to signal: data folder, announcement, orderly end."""

import asyncio
import gc
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sigmic_mock.bootstrap.app import Application, StartRefused, build
from sigmic_mock.bootstrap.banner import (
    READY_FILE,
    Ready,
    read_ready_file,
    remove_ready_file,
    write_ready_file,
)
from sigmic_mock.bootstrap.port_owner import owner_of
from sigmic_mock.bootstrap.registry import registered
from sigmic_mock.bootstrap.temporary_data import new_folder, remove_left_folders
from sigmic_mock.config.settings import Settings
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.http.server import PortTaken
from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.runtime.allocator import keep_freed_pieces
from sigmic_mock.runtime.descriptors import make_room_for_descriptors
from sigmic_mock.stop_signals import ECHO_SECONDS, stop_signals
from sigmic_mock.storage.database import DATABASE_FILE, DatabaseUnusable, is_in_use

log = logging.getLogger(__name__)
_KILLED = 130
_PIPE_BYTES = 4096


def why_not_started(problem: Exception) -> str | None:
    """Return why a server could not start or continue, a line per reason; None for a defect of the mock."""
    from sigmic_mock.agent.playbooks.files import PlaybookError

    if isinstance(problem, PlaybookError):
        return str(problem)
    if isinstance(problem, PortTaken | StartRefused | SandboxUnavailable | DatabaseUnusable):
        return " ".join(str(problem).split())
    if isinstance(problem, OSError):
        where = f" {problem.filename}" if problem.filename else ""
        is_no_folder = isinstance(problem, FileExistsError | NotADirectoryError)
        why = "it is a file, not a folder" if is_no_folder else problem.strerror or type(problem).__name__
        return f"can't use{where}: {why.lower()}"
    return None


async def serve(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP. A second, later signal ends the process without cleaning up.

    `announce` is called when the port answers.
    """
    stopping = _on_signals()
    if settings.until_stdin_ends:
        _stop_with(sys.stdin.fileno(), stopping)
    data_dir, is_temporary = _data_dir(settings)
    # The one in the data folder is where commands look first: `sigmic-mock clock`, `reset`, `env`.
    ready_files = [data_dir / READY_FILE, *([settings.ready_file] if settings.ready_file else [])]
    try:
        _refuse_foreign(settings.ready_file, data_dir)
        _refuse_second(data_dir)
        application = await build(settings, data_dir)
        ready: Ready | None = None
        try:
            port = await _start(application, settings)
            ready = _ready(application, port)
            _relax_collector()
            keep_freed_pieces()
            make_room_for_descriptors()
            _refuse_foreign(settings.ready_file, data_dir)  # another server may have started since
            for path in ready_files:
                await asyncio.to_thread(write_ready_file, path, ready)
            with registered(settings.registry, ready.as_json()):
                announce(ready)
                await asyncio.to_thread(remove_left_folders)
                await stopping.wait()
                log.info("stopping")
        finally:
            _tell_unfired(application)
            await application.stop()
            if ready is not None:
                for path in ready_files:
                    remove_ready_file(path, ready)
    finally:
        if is_temporary:
            await asyncio.to_thread(shutil.rmtree, data_dir, ignore_errors=True)


async def _start(application: Application, settings: Settings) -> int:
    """Return the port. Raises `PortTaken` with the owner of the port."""
    try:
        return await application.start()
    except PortTaken as problem:
        owner = await asyncio.to_thread(owner_of, settings.port, settings.registry)
        raise problem.by(owner) from None


def _on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    first: float | None = None  # not `stopping`: the end of standard input sets that too, without a signal

    def receive() -> None:
        nonlocal first
        if first is None:
            first = loop.time()
            stopping.set()
        elif loop.time() - first > ECHO_SECONDS:
            os._exit(_KILLED)

    for number in stop_signals():
        loop.add_signal_handler(number, receive)
    return stopping


def _stop_with(pipe: int, stopping: asyncio.Event) -> None:
    """Set `stopping` when a pipe has no writer left. Raises `StartRefused` if `pipe` is not a pipe."""
    loop = asyncio.get_running_loop()

    def heard() -> None:
        if not os.read(pipe, _PIPE_BYTES):
            loop.remove_reader(pipe)
            stopping.set()

    try:
        loop.add_reader(pipe, heard)
    except OSError:
        raise StartRefused("--until-stdin-ends needs a pipe as standard input") from None


def _data_dir(settings: Settings) -> tuple[Path, bool]:
    if settings.data_dir is not None:
        return settings.data_dir, False
    return new_folder(), True


def _refuse_foreign(path: Path | None, data_dir: Path) -> None:
    """Raise `StartRefused` when `path` is the ready file of another server that runs.

    Its data folder decides: a server locks it while it runs, but a process id may soon be another's.
    """
    ready = {} if path is None else read_ready_file(path)
    folder = ready.get("data_dir")
    if isinstance(folder, str) and Path(folder) != data_dir and is_in_use(Path(folder) / DATABASE_FILE):
        raise StartRefused(
            f"--ready-file {path} belongs to the server at {ready.get('base_url')}"
            f" (process {ready.get('pid')}). Use another file, or stop that server"
        )


def _refuse_second(data_dir: Path) -> None:
    """Raise `StartRefused` when another server uses the folder; the message has its address, if known."""
    ready = read_ready_file(data_dir / READY_FILE)
    if "base_url" in ready and is_in_use(data_dir / DATABASE_FILE):
        raise StartRefused(
            f"the server at {ready['base_url']} (process {ready.get('pid')}) is using the data folder"
            f" {data_dir}. Use that server, or start another one with --ephemeral --port 0"
        )


def _ready(application: Application, port: int) -> Ready:
    faults = application.base.faults
    return Ready(
        base_url=f"http://{application.base.settings.reachable_host}:{port}",
        data_dir=application.base.data_dir,
        settings=application.base.settings,
        sandbox=application.base.backend.report,
        started_at=timestamp(time.time_ns() // 1_000_000),
        control_token=application.control_token,
        supports_mcp=find_spec("mcp") is not None,
        faults=() if faults is None else tuple(armed.spec.fault.id for armed in faults.active()),
    )


def _tell_unfired(application: Application) -> None:
    """Log which armed faults never fired: a test that relied on one of them proved nothing."""
    for armed in () if application.base.faults is None else application.base.faults.unfired():
        whose = "everybody" if armed.project is None else f"project {armed.project}"
        log.warning("fault %s (armed for %s) never fired", armed.spec.fault.id, whose)


def _relax_collector() -> None:
    """Collect less often: with the default thresholds, many open streams are stopped for 0.1 s.

    The middle generation often: a collection scans all of it, and with 200,000 young objects takes 17 ms.
    Objects from the start are frozen: they are never scanned.
    """
    gc.freeze()
    gc.set_threshold(10_000, 5, 200)
    gc.enable()
