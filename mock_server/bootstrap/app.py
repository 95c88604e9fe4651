"""The composition root: the one place where concrete classes are named and put together.

Rule: what is started here is stopped here, in the reverse order, also when the start fails half-way.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.agent.tools.builtin import TOOLS
from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.bootstrap.control_plane import control_plane
from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.bootstrap.snapshot_parts import aspects_of
from sigmic_conformance.mock_server.config.defaults import default_seeds, merged
from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.domain.accounts import Seeds
from sigmic_conformance.mock_server.domain.policy import ProjectRules
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts, FaultyAccountStore
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.app import Edge
from sigmic_conformance.mock_server.http.context import UploadSpace
from sigmic_conformance.mock_server.http.deviation import Deviation
from sigmic_conformance.mock_server.http.health import status_routes
from sigmic_conformance.mock_server.http.journal_recorder import JournalKeeper
from sigmic_conformance.mock_server.http.metrics import Metrics, Watched
from sigmic_conformance.mock_server.http.open_streams import OpenStreams
from sigmic_conformance.mock_server.http.operations import HANDLERS
from sigmic_conformance.mock_server.http.response_check import Conformity
from sigmic_conformance.mock_server.http.routing import Router
from sigmic_conformance.mock_server.http.server import HttpServer
from sigmic_conformance.mock_server.journal.ring import Journal
from sigmic_conformance.mock_server.journal.secrets import Secrets
from sigmic_conformance.mock_server.ports import SandboxBackend, SandboxReport
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.runtime.clock.clocks import Clocks
from sigmic_conformance.mock_server.runtime.ids import ProjectIds, RandomIds
from sigmic_conformance.mock_server.sandbox.detect import open_backend
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.service.artifacts import Artifacts
from sigmic_conformance.mock_server.service.counters import Counters
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.loaded import LoadedTasks
from sigmic_conformance.mock_server.service.minting import Minting
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.service.recovery import recover
from sigmic_conformance.mock_server.service.resetting import Resetting
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.sessions import Sessions
from sigmic_conformance.mock_server.service.snapshots import Snapshots
from sigmic_conformance.mock_server.service.streams import Streams
from sigmic_conformance.mock_server.service.tasks import Tasks
from sigmic_conformance.mock_server.service.workplace import Workplace
from sigmic_conformance.mock_server.storage.database import DATABASE_FILE, Database
from sigmic_conformance.mock_server.storage.keyring import JwtSigner, Sealer
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.version import VERSION
from sigmic_conformance.spec.document import Document

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent
    from sigmic_conformance.mock_server.agent.steps.catalogue import StepKinds

log = logging.getLogger(__name__)


class StartRefused(Exception):
    """The server was asked for in a way that would not be safe; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A whole platform: `start` it, and `stop` it."""

    settings: Settings
    data_dir: Path
    platform: Platform
    server: HttpServer
    sandbox: SandboxReport
    control_token: Secret
    clocks: Clocks
    faults: Faults
    parts: AsyncExitStack

    async def start(self) -> int:
        """Listen; return the port. Raises `api.server.PortTaken`."""
        return await self.server.listen(self.settings.host, self.settings.port)

    async def stop(self) -> None:
        """Accept nobody, end runs and streams, then everything else. Nothing is left running. Bounded."""
        self.server.close_port()
        await self.platform.stop()
        await self.server.stop()
        await self.parts.aclose()


BackendOpener = Callable[[Settings, Path], Awaitable[SandboxBackend]]
"""Opens what `settings` ask for, over the folder of all workspaces."""
Work = Callable[[Turn], Awaitable[None]]
"""What the agent does on a turn."""


async def open_sandboxes(settings: Settings, runtime_dir: Path) -> SandboxBackend:
    """Open the real one."""
    return await open_backend(settings.sandbox, runtime_dir=runtime_dir, spares=settings.spare_sandboxes)


async def build(
    settings: Settings,
    data_dir: Path,
    *,
    clocks: Clocks | None = None,
    backend: BackendOpener = open_sandboxes,
) -> Application:
    """Put a platform together on `data_dir`, recovered from what the last one left there, not yet listening.

    Raises `OSError` or `DatabaseUnusable` when the folder cannot be used, `SandboxUnavailable`,
    `PlaybookError`, `StartRefused`.
    """
    async with AsyncExitStack() as parts:
        await asyncio.to_thread(data_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
        database = Database(data_dir / DATABASE_FILE)
        parts.push_async_callback(database.close)
        hiring = asyncio.create_task(asyncio.to_thread(_agent, settings))
        parts.callback(hiring.cancel)
        sandboxes = await backend(settings, data_dir / "workspaces")
        parts.push_async_callback(sandboxes.close)
        _refuse_weak_sandbox(settings, sandboxes.report)
        background = BackgroundWork()
        parts.push_async_callback(background.close)
        clocks = clocks or Clocks(settings.clock)
        parts.callback(clocks.close)
        ids = ProjectIds(settings.seed)
        base = Foundation(
            settings=settings,
            data_dir=data_dir,
            database=database,
            backend=sandboxes,
            background=background,
            clocks=clocks,
            ids=ids,
            faults=Faults(clocks),
            journal=Journal(settings.journal) if settings.journal else None,
        )
        for order in settings.fault:
            base.faults.arm(order)
        return await _compose(base, await hiring, parts)


def _agent(settings: Settings) -> "Agent":
    """Load the agent and its playbooks, while the sandbox backend waits for its probes: it saves 70 ms."""
    from sigmic_conformance.mock_server.agent.agent import Agent  # noqa: PLC0415 - loaded only when it is needed
    from sigmic_conformance.mock_server.agent.playbooks.files import PlaybookReader  # noqa: PLC0415 - as above
    from sigmic_conformance.mock_server.agent.playbooks.library import Library  # noqa: PLC0415 - as above

    reader = PlaybookReader(_step_kinds(with_faults=True))
    return Agent(Library([] if settings.playbooks is None else [settings.playbooks], reader=reader))


def _step_kinds(*, with_faults: bool) -> "StepKinds":
    """Return what playbooks may use."""
    if with_faults:
        from sigmic_conformance.mock_server.faults.playbook_step import ALL_STEP_KINDS  # noqa: PLC0415 - only with faults

        return ALL_STEP_KINDS
    from sigmic_conformance.mock_server.agent.steps.catalogue import FAMILIES, StepKinds  # noqa: PLC0415 - as above

    return StepKinds(
        FAMILIES, missing={"fault": "this server has no faults: it was started with --no-faults"}
    )


def _refuse_weak_sandbox(settings: Settings, report: SandboxReport) -> None:
    if report.level != "confined" and not settings.is_loopback:
        raise StartRefused(
            f"the sandbox {report.backend} is {report.level}: with it, listen on this machine only,"
            f" not on {settings.host}"
        )


async def _compose(base: Foundation, agent: "Agent", parts: AsyncExitStack) -> Application:
    staging = Staging(base.data_dir / "staging", base.backend.own)
    heartbeats = Heartbeats(base.clocks, period=base.settings.heartbeat)
    platform = await _platform(base, agent.perform, staging, heartbeats)
    document = Document.load()
    conformity = Conformity(document) if base.settings.check_responses else None
    streams = OpenStreams(None if conformity is None else conformity.check_frames)
    metrics = Metrics()
    _watch(metrics, platform, streams, heartbeats)
    control_token = Secret(f"mockctl_{secrets.token_hex(24)}")
    control = control_plane(base, platform, control_token, agent, document)
    edge = Edge(
        platform=platform,
        document=document,
        router=Router(
            document.operations, HANDLERS, status_routes(lambda: base.backend.report, metrics, VERSION)
        ),
        streams=streams,
        uploads=UploadSpace(staging=staging),
        ids=RandomIds(),
        metrics=metrics,
        control=control,
        clocks=base.clocks,
        deviation=Deviation(base.faults, base.clocks, base.background, by_header=base.settings.header_faults),
        conformity=conformity,
        keeper=_keeper(base),
    )
    return Application(
        settings=base.settings,
        data_dir=base.data_dir,
        platform=platform,
        server=HttpServer(edge),
        sandbox=base.backend.report,
        control_token=control_token,
        clocks=base.clocks,
        faults=base.faults,
        # From here on the application owns what was started.
        parts=parts.pop_all(),
    )


def _keeper(base: Foundation) -> JournalKeeper | None:
    if base.journal is None:
        return None
    keeper = JournalKeeper(base.journal, Secrets(), base.clocks)
    base.faults.listen(keeper.fired)
    return keeper


async def _platform(base: Foundation, work: Work, staging: Staging, heartbeats: Heartbeats) -> Platform:
    clocks, ids, background = base.clocks, base.ids, base.background
    store = _task_store(base)
    workspaces = _workspaces(base)
    await recover(store=store, workspaces=workspaces, staging=staging, clocks=clocks, ids=ids)
    accounts = _accounts(base)
    await accounts.start(_seeds(base.settings))
    loaded = LoadedTasks(store, deviations=base.faults, clocks=clocks)
    counters = Counters()
    sessions = Sessions(
        clocks=clocks,
        ids=ids,
        backend=base.backend,
        workspaces=workspaces,
        background=background,
        idle_seconds=base.settings.session_idle,
    )
    sessions.timelines = loaded.timelines
    place = Workplace(
        clocks=clocks,
        ids=ids,
        background=background,
        store=store,
        tasks=loaded,
        sessions=sessions,
        workspaces=workspaces,
        tools=TOOLS,
        rules=lambda _project_id: ProjectRules(),
        counters=counters,
        deviations=base.faults,
    )

    runs = Runs(place, work)
    resetting = Resetting(place, runs)
    snapshots = Snapshots(
        place,
        runs,
        resetting,
        root=base.data_dir / "snapshots",
        activity=lambda project_id: clocks.of(project_id).activity,
        aspects=aspects_of(base),
    )
    await snapshots.empty()
    return Platform(
        accounts=accounts,
        tasks=Tasks(place, runs, accounts),
        artifacts=Artifacts(loaded, workspaces, base.faults),
        streams=Streams(loaded, heartbeats),
        runs=runs,
        sessions=sessions,
        counters=counters,
        minting=Minting(accounts, clocks, RandomIds(), background),
        resetting=resetting,
        snapshots=snapshots,
    )


def _task_store(base: Foundation) -> FaultyTaskStore:
    return FaultyTaskStore(base.database)


def _workspaces(base: Foundation) -> FaultyWorkspaces:
    return FaultyWorkspaces(base.data_dir / "workspaces", base.backend.own)


def _accounts(base: Foundation) -> Accounts:
    keys = base.data_dir / "keys"
    return FaultyAccounts(
        FaultyAccountStore(base.database),
        clocks=base.clocks,
        ids=base.ids,
        signer=JwtSigner(keys / "jwt.key") if base.settings.jwt else None,
        sealer=Sealer(keys / "exchange.key"),
    )


def _seeds(settings: Settings) -> Seeds:
    config = settings.config
    return merged(default_seeds(), config.seeds) if config.default_accounts else config.seeds


def _watch(metrics: Metrics, platform: Platform, streams: OpenStreams, heartbeats: Heartbeats) -> None:
    counters = platform.counters
    metrics.watch(
        Watched("open_streams", "Streams open now.", lambda: len(streams)),
        Watched("opened_streams", "Streams opened.", lambda: streams.opened, counter=True),
        Watched(
            "dropped_streams", "Streams of readers too far behind.", lambda: streams.dropped, counter=True
        ),
        Watched("heartbeats", "Heartbeats sent.", lambda: heartbeats.sent, counter=True),
        Watched("active_runs", "Tasks that have not finished.", lambda: platform.runs.active),
        Watched("tasks_created", "Tasks created.", lambda: counters.tasks_created, counter=True),
        Watched("messages_sent", "Follow-ups.", lambda: counters.messages_sent, counter=True),
        Watched("events", "Events, once each.", lambda: counters.events, counter=True, label="event"),
        Watched("runs_ended", "Ended runs.", lambda: counters.runs_ended, counter=True, label="status"),
        Watched("tool_calls", "Tool calls.", lambda: counters.tool_calls, counter=True, label="status"),
    )
