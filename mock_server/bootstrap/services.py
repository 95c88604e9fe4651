"""The service layer, put together."""

from collections.abc import Awaitable, Callable
from functools import cached_property

from sigmic_conformance.mock_server.agent.tools.builtin import TOOLS
from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.bootstrap.snapshot_parts import snapshot_parts
from sigmic_conformance.mock_server.config.defaults import default_seeds, merged
from sigmic_conformance.mock_server.domain.people import LOCAL_USERS
from sigmic_conformance.mock_server.mcp.outbound import Outbound
from sigmic_conformance.mock_server.mcp.tools_folder import ToolsFolder
from sigmic_conformance.mock_server.runtime.ids import RandomIds
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.service.artifacts import Artifacts
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.mcp_tools import McpTools
from sigmic_conformance.mock_server.service.mcp_trial import McpTrials
from sigmic_conformance.mock_server.service.minting import Minting
from sigmic_conformance.mock_server.service.people import People
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.service.project_settings import AllSettings
from sigmic_conformance.mock_server.service.recovery import recover
from sigmic_conformance.mock_server.service.resetting import Resetting
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.sessions import SessionLimits, Sessions
from sigmic_conformance.mock_server.service.snapshots import Snapshots
from sigmic_conformance.mock_server.service.streams import Streams
from sigmic_conformance.mock_server.service.task_cache import TaskCache
from sigmic_conformance.mock_server.service.tasks import Tasks
from sigmic_conformance.mock_server.service.timeline import Timelines
from sigmic_conformance.mock_server.service.tool_runner import ToolRunner
from sigmic_conformance.mock_server.storage.accounts import AccountStore
from sigmic_conformance.mock_server.storage.keyring import JwtSigner, Sealer
from sigmic_conformance.mock_server.storage.members import MemberStore
from sigmic_conformance.mock_server.storage.project_settings import SettingsStore
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.storage.tasks import TaskStore
from sigmic_conformance.mock_server.storage.workspaces import Workspaces


class ServiceLayer:
    """The parts of the service layer, each made once, by whoever needs it first; `open` makes all of them."""

    def __init__(
        self, base: Foundation, staging: Staging, perform: Callable[[Turn], Awaitable[None]]
    ) -> None:
        """`perform` is the agent at work."""
        self.base = base
        self.staging = staging
        self.perform = perform
        self.timelines = Timelines()

    async def open(self) -> Platform:
        """Recover what the last server left, and return the use cases."""
        base, clocks = self.base, self.base.clocks
        await recover(
            store=self.store, workspaces=self.workspaces, staging=self.staging, clocks=clocks, ids=base.ids
        )
        config = base.settings.config
        seeds = merged(default_seeds(), config.seeds) if config.default_accounts else config.seeds
        await self.accounts.start(seeds)
        await self.project_settings.start(seeds.settings)
        await self.people.start()
        resetting = Resetting(self.deps, self.runs)
        snapshots = Snapshots(
            self.deps,
            self.runs,
            resetting,
            root=base.data_dir / "snapshots",
            activity=lambda project_id: clocks.of(project_id).activity,
            parts={"settings": self.project_settings, "members": self.people, **snapshot_parts(base)},
            ids=RandomIds(),
        )
        await snapshots.empty()
        return Platform(
            accounts=self.accounts,
            tasks=self.tasks,
            artifacts=self.artifacts,
            streams=self.streams,
            runs=self.runs,
            sessions=self.sessions,
            counters=self.deps.counters,
            minting=Minting(self.accounts, clocks, RandomIds(), base.background),
            resetting=resetting,
            snapshots=snapshots,
            project_settings=self.project_settings,
            people=self.people,
            mcp_trials=McpTrials(
                base.backend,
                self.workspaces,
                self.tools_folder,
                self.outbound,
                ids=RandomIds(),
                background=base.background,
            ),
        )

    @cached_property
    def store(self) -> TaskStore:
        """The tasks on disk."""
        return TaskStore(self.base.database)

    @cached_property
    def workspaces(self) -> Workspaces:
        """The tasks' files."""
        return Workspaces(self.base.data_dir / "workspaces", self.base.backend.own)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may call."""
        return Accounts(
            AccountStore(self.base.database),
            clocks=self.base.clocks,
            ids=self.base.ids,
            signer=self.signer,
            sealer=self.sealer,
            role_of=self.people.role_of,
        )

    @cached_property
    def project_settings(self) -> AllSettings:
        """What the projects have decided."""
        return AllSettings(SettingsStore(self.base.database, self.sealer), self.base.background)

    @cached_property
    def people(self) -> People:
        """Who may sign in at the console: without a password only on a server for this machine alone."""
        settings = self.base.settings
        local = LOCAL_USERS if settings.is_loopback and settings.config.default_accounts else ()
        declared = {user.name for user in settings.config.users}
        users = [*(user for user in local if user.name not in declared), *settings.config.users]
        return People(
            users,
            MemberStore(self.base.database),
            self.base.clocks.of(""),
            self.base.background,
            declared=settings.config.seeds.members,
        )

    @property
    def signer(self) -> JwtSigner | None:
        """What signs tokens; None when this server issues none."""
        return JwtSigner(self.base.data_dir / "keys" / "jwt.key") if self.base.settings.jwt else None

    @cached_property
    def sealer(self) -> Sealer:
        """What encrypts secrets at rest: those of token exchanges and those in project settings."""
        return Sealer(self.base.data_dir / "keys" / "exchange.key")

    @cached_property
    def cache(self) -> TaskCache:
        """The tasks in memory."""
        return TaskCache(self.store, self.base.clocks, self.timelines)

    @cached_property
    def sessions(self) -> Sessions:
        """The live sessions."""
        return Sessions(
            clocks=self.base.clocks,
            ids=self.base.ids,
            backend=self.base.backend,
            workspaces=self.workspaces,
            background=self.base.background,
            timelines=self.timelines,
            limits=self.session_limits,
        )

    @property
    def session_limits(self) -> SessionLimits:
        """When sessions expire."""
        return SessionLimits(idle_seconds=self.base.settings.session_idle)

    @cached_property
    def mcp(self) -> McpTools:
        """The tools of MCP servers."""
        return McpTools(
            self.sessions, self.project_settings.of, self.tools_folder, self.outbound, self.base.background
        )

    @cached_property
    def outbound(self) -> Outbound:
        """Where the platform may connect to for an MCP server."""
        return Outbound(is_shared=not self.base.settings.is_loopback)

    @property
    def tools_folder(self) -> ToolsFolder:
        """Where packages of MCP servers are."""
        return ToolsFolder(self.base.settings.mcp_tools)

    @cached_property
    def tools(self) -> ToolRunner:
        """What runs the agent's tools."""
        return ToolRunner(TOOLS, self.sessions, self.mcp)

    @cached_property
    def deps(self) -> TaskDependencies:
        """What the use cases and the runs work with."""
        return TaskDependencies(
            clocks=self.base.clocks,
            ids=self.base.ids,
            background=self.base.background,
            store=self.store,
            cache=self.cache,
            sessions=self.sessions,
            workspaces=self.workspaces,
            timelines=self.timelines,
            tools=self.tools,
            mcp=self.mcp,
            perform=self.perform,
            project_settings=self.project_settings.of,
        )

    @cached_property
    def runs(self) -> Runs:
        """The runs of tasks."""
        return Runs(self.deps)

    @cached_property
    def tasks(self) -> Tasks:
        """What callers do with tasks."""
        return Tasks(self.deps, self.runs, self.accounts)

    @cached_property
    def artifacts(self) -> Artifacts:
        """What callers see of the tasks' files."""
        return Artifacts(self.cache, self.workspaces)

    @cached_property
    def streams(self) -> Streams:
        """The open streams of tasks."""
        return Streams(self.cache, self.heartbeats, self.timelines)

    @cached_property
    def heartbeats(self) -> Heartbeats:
        """What keeps streams alive."""
        return Heartbeats(self.base.clocks, period=self.base.settings.heartbeat)
