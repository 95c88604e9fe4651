"""The composition root: the one place where concrete classes are named and put together.

Rule: what is started here is stopped here, in the reverse order, even if the start fails half-way.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_mock.bootstrap.agent import LoadedAgent
from sigmic_mock.bootstrap.http_server import http_server
from sigmic_mock.bootstrap.infrastructure import Foundation
from sigmic_mock.bootstrap.late_mount import LateMount, beneath
from sigmic_mock.bootstrap.run_report import RunReport
from sigmic_mock.bootstrap.services import ServiceLayer
from sigmic_mock.config import defaults
from sigmic_mock.config.settings import RUN_FOLDER, Settings
from sigmic_mock.control.resources import ControlledServer, control_plane, remove_project
from sigmic_mock.domain.secret import Secret
from sigmic_mock.gauntlet.run_folder import RunFolder
from sigmic_mock.http.fields import UploadSpace
from sigmic_mock.http.mount import Mount, Mounts
from sigmic_mock.http.server import HttpServer
from sigmic_mock.journal.ring import Journal
from sigmic_mock.journal.secrets import Secrets
from sigmic_mock.journal.writer import JournalWriter
from sigmic_mock.mcp.outbound import Outbound
from sigmic_mock.pages.addresses import SUGGESTED, is_page
from sigmic_mock.ports import SandboxBackend, SandboxReport
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.runtime.watchdog import Watchdog
from sigmic_mock.sandbox.detect import open_backend
from sigmic_mock.service.platform import Platform
from sigmic_mock.storage.database import DATABASE_FILE, Database
from sigmic_mock.storage.staging import Staging
from sigmic_spec.document import Document
from sigmic_spec.extras import install_command

if TYPE_CHECKING:
    from sigmic_mock.faults.engine import Faults

log = logging.getLogger(__name__)


class StartRefused(Exception):
    """The server was asked to start in an unsafe way; the message is one line."""


class UsageError(StartRefused):
    """The server was started with invalid arguments; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A whole platform: `start` it, and `stop` it."""

    base: Foundation
    platform: Platform
    server: HttpServer
    control_token: Secret
    agent: LoadedAgent
    outbound: Outbound
    report: RunReport | None
    parts: AsyncExitStack

    async def start(self) -> int:
        """Listen, then load the agent; return the port. Raises `http.server.PortTaken`."""
        port = await self.server.listen(self.base.settings.host, self.base.settings.port)
        self.outbound.own_port = port
        if self.report is not None:
            self.report.begin(f"http://{self.base.settings.reachable_host}:{port}")
        _ = self.agent.begin()
        self.base.watchdog.start(asyncio.get_running_loop())
        return port

    async def stop(self) -> None:
        """Refuse new requests, end runs and streams, then everything else. No process is left. Bounded."""
        self.server.close_port()
        await self.platform.stop()
        await self.server.stop()
        await self.parts.aclose()


BackendOpener = Callable[[Settings, Path], Awaitable[SandboxBackend]]
"""Opens the backend that `settings` select, over the folder of all workspaces."""


async def open_sandboxes(settings: Settings, runtime_dir: Path) -> SandboxBackend:
    """Open the real one."""
    return await open_backend(
        settings.sandbox,
        runtime_dir=runtime_dir,
        spares=settings.spare_sandboxes,
        tools=settings.mcp_tools,
    )


async def build(
    settings: Settings,
    data_dir: Path,
    *,
    clocks: Clocks | None = None,
    backend: BackendOpener = open_sandboxes,
) -> Application:
    """Assemble a platform on `data_dir`, recovered from the last server's data, not yet listening.

    Raises `OSError` or `DatabaseUnusable` when the folder cannot be used, `SandboxUnavailable`,
    `PlaybookError`, `StartRefused`.
    """
    async with AsyncExitStack() as parts:
        clocks = clocks or Clocks(settings.clock)
        parts.callback(clocks.close)
        faults = _faults(settings, clocks)
        if faults is not None:
            parts.callback(faults.close)
        await asyncio.to_thread(data_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
        database = Database(data_dir / DATABASE_FILE)
        parts.push_async_callback(database.close)
        _refuse_missing_client(settings)
        agent = LoadedAgent(settings)
        parts.push_async_callback(agent.close)
        has_own_files = settings.playbooks is not None or settings.answers is not None
        if has_own_files:
            # A mistake in them refuses the start. Read while the sandbox backend waits for its probes.
            _ = agent.begin()
        sandboxes = await backend(settings, data_dir / "workspaces")
        parts.push_async_callback(sandboxes.close)
        _refuse_weak_sandbox(settings, sandboxes.report)
        background = BackgroundWork()
        parts.push_async_callback(background.close)
        watchdog = Watchdog()
        parts.callback(watchdog.stop)
        ids = ProjectIds(settings.seed)
        base = Foundation(
            settings=settings,
            data_dir=data_dir,
            database=database,
            backend=sandboxes,
            background=background,
            clocks=clocks,
            ids=ids,
            watchdog=watchdog,
            faults=faults,
            journal=Journal(settings.journal) if settings.journal else None,
        )
        if has_own_files:
            _ = await agent()
        return await _compose(base, agent, parts)


def _refuse_missing_client(settings: Settings) -> None:
    if settings.model is not None and find_spec("openai") is None:
        raise UsageError(f"--model needs more packages; run: {install_command('sigmic-mock', 'model')}")


def _faults(settings: Settings, clocks: Clocks) -> "Faults | None":
    """Return the faults, with those armed from the start; None with --no-faults. Raises `UsageError`."""
    if settings.no_faults:
        if settings.fault or settings.header_faults:
            raise UsageError("--no-faults can't be combined with --fault or --header-faults")
        return None
    from sigmic_mock.faults.effects import load_effects
    from sigmic_mock.faults.engine import Faults

    load_effects()
    faults = Faults(clocks)
    faults.serve_here()
    is_of_the_file = settings.fault == settings.config.server.get("fault")
    wanted = {"server.fault" if is_of_the_file else "--fault (SIGMIC_MOCK_FAULTS)": settings.fault}
    if settings.run_folder is not None:
        wanted[RUN_FOLDER] = _fault_of(RunFolder(settings.run_folder))
    for source, text in wanted.items():
        if not text:
            continue
        # The catalogue has hundreds of rows, read when the first of them is needed.
        from sigmic_mock.faults.catalogue import BadFaultSpec
        from sigmic_mock.faults.grammar import parse_specs

        try:
            specs = parse_specs(text)
        except BadFaultSpec as problem:
            raise UsageError(f"{source}: {problem}") from None
        for spec in specs:
            faults.arm(spec)
    return faults


def _fault_of(folder: RunFolder) -> str:
    try:
        return folder.armed
    except OSError as problem:
        raise UsageError(f"can't read {RUN_FOLDER} {folder.path}: {problem.strerror}. Unset it") from None


def _refuse_weak_sandbox(settings: Settings, report: SandboxReport) -> None:
    if report.level != "confined" and not settings.is_loopback:
        raise StartRefused(
            f"the sandbox {report.backend} is {report.level}, so the server can't listen on"
            f" {settings.host}. Use --host 127.0.0.1 or --sandbox ns"
        )


async def _compose(base: Foundation, agent: LoadedAgent, parts: AsyncExitStack) -> Application:
    staging = Staging(base.data_dir / "staging", base.backend.own)
    layer = ServiceLayer(base, staging, agent.perform)
    platform = await layer.open()
    document = Document.load()
    control_token = Secret(f"mockctl_{secrets.token_hex(24)}")
    controlled = ControlledServer(
        token=control_token,
        is_public=base.settings.public_control,
        platform=platform,
        document=document,
        agent=agent,
        clocks=base.clocks,
        ids=base.ids,
        journal=base.journal,
        faults=base.faults,
    )
    apis = (
        control_plane(controlled),
        LateMount("console", beneath("/console/api"), partial(_console, controlled)),
    )
    pages = LateMount("pages", is_page, partial(_pages, base.settings, document))
    report = _run_report(base, platform)
    server = http_server(
        base,
        platform,
        document,
        uploads=UploadSpace(staging=staging),
        mounts=Mounts(apis) if base.settings.no_ui else Mounts((*apis, pages), pages, SUGGESTED),
        journal=None if base.journal is None else JournalWriter(base.journal, Secrets(), base.clocks),
        report=report,
    )
    return Application(
        base=base,
        platform=platform,
        server=server,
        control_token=control_token,
        agent=agent,
        outbound=layer.outbound,
        report=report,
        # From here on the application owns the started parts.
        parts=parts.pop_all(),
    )


def _run_report(base: Foundation, platform: Platform) -> RunReport | None:
    """Return the report to the command that runs this server's clients."""
    if base.settings.run_folder is None:
        return None
    faults, folder = base.faults, RunFolder(base.settings.run_folder)
    # A run arms one fault, and arms it last.
    armed = faults.active()[-1:] if faults is not None and folder.armed else ()
    report = RunReport(folder, platform.counters, armed)
    if faults is not None:
        faults.listen(lambda _firing: report.write())
    return report


def _console(controlled: ControlledServer) -> Mount:
    from sigmic_mock.console.resources import console

    return console(controlled.platform, remove_project=partial(remove_project, controlled))


def _pages(settings: Settings, document: Document) -> Mount:
    """Return the pages that people see. The well-known key is given away where its accounts exist."""
    from sigmic_mock.pages.mount import Pages
    from sigmic_mock.pages.reference import Reference
    from sigmic_mock.pages.sign_in import SignIn

    key = defaults.API_KEY if settings.config.default_accounts else None
    return Pages(SignIn(None if key is None else Secret(key)), Reference(document))
