"""Assembles the service layer."""

from collections.abc import Awaitable, Callable

from sigmic_mock.agent.tools.builtin import TOOLS
from sigmic_mock.agent.turn import Turn
from sigmic_mock.bootstrap.infrastructure import Foundation
from sigmic_mock.config.defaults import default_seeds, merged
from sigmic_mock.domain.people import LOCAL_USERS
from sigmic_mock.mcp.outbound import Outbound
from sigmic_mock.mcp.tools_folder import ToolsFolder
from sigmic_mock.runtime.ids import RandomIds
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.artifacts import Artifacts
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.heartbeat import Heartbeats
from sigmic_mock.service.mcp_tools import McpTools
from sigmic_mock.service.mcp_trial import McpTrials
from sigmic_mock.service.minting import Minting
from sigmic_mock.service.people import People
from sigmic_mock.service.platform import Platform
from sigmic_mock.service.project_settings import AllSettings
from sigmic_mock.service.recovery import recover
from sigmic_mock.service.resetting import Resetting
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.sessions import Sessions
from sigmic_mock.service.snapshots import SnapshotPart, Snapshots
from sigmic_mock.service.streams import Streams
from sigmic_mock.service.task_cache import TaskCache
from sigmic_mock.service.tasks import Tasks
from sigmic_mock.service.timeline import Timelines
from sigmic_mock.service.tool_runner import ToolRunner
from sigmic_mock.storage.accounts import AccountStore
from sigmic_mock.storage.keyring import JwtSigner, Sealer
from sigmic_mock.storage.members import MemberStore
from sigmic_mock.storage.project_settings import SettingsStore
from sigmic_mock.storage.staging import Staging
from sigmic_mock.storage.tasks import TaskStore
from sigmic_mock.storage.workspaces import Workspaces


class ServiceLayer:
    """The parts of the service layer."""

    def __init__(
        self, base: Foundation, staging: Staging, perform: Callable[[Turn], Awaitable[None]]
    ) -> None:
        """`perform` runs the agent on a turn."""
        self.base = base
        self.staging = staging
        keys = base.data_dir / "keys"
        sealer = Sealer(keys / "secrets.key")
        tools_folder = ToolsFolder(base.settings.mcp_tools)
        self.outbound = Outbound(is_shared=not base.settings.is_loopback)
        self.timelines = Timelines()
        self.store = TaskStore(base.database)
        self.workspaces = Workspaces(base.data_dir / "workspaces", base.backend.own)
        self.people = _people(base)
        self.accounts = Accounts(
            AccountStore(base.database),
            clocks=base.clocks,
            ids=base.ids,
            signer=JwtSigner(keys / "jwt.key") if base.settings.jwt else None,
            sealer=sealer,
            role_of=self.people.role_of,
        )
        self.project_settings = AllSettings(SettingsStore(base.database, sealer), base.background)
        self.cache = TaskCache(self.store, base.clocks, self.timelines)
        self.sessions = Sessions(
            clocks=base.clocks,
            ids=base.ids,
            backend=base.backend,
            workspaces=self.workspaces,
            background=base.background,
            timelines=self.timelines,
            idle_seconds=base.settings.session_idle,
        )
        self.mcp = McpTools(
            self.sessions, self.project_settings.of, tools_folder, self.outbound, base.background
        )
        self.mcp_trials = McpTrials(
            base.backend,
            self.workspaces,
            tools_folder,
            self.outbound,
            ids=RandomIds(),
            background=base.background,
        )
        self.deps = TaskDependencies(
            clocks=base.clocks,
            ids=base.ids,
            background=base.background,
            store=self.store,
            cache=self.cache,
            sessions=self.sessions,
            workspaces=self.workspaces,
            timelines=self.timelines,
            tools=ToolRunner(TOOLS, self.sessions, self.mcp),
            mcp=self.mcp,
            perform=perform,
            project_settings=self.project_settings.of,
        )
        self.turns = RunningTurns(self.deps)
        self.tasks = Tasks(self.deps, self.turns, self.accounts)
        self.streams = Streams(
            self.cache, Heartbeats(base.clocks, period=base.settings.heartbeat), self.timelines
        )

    async def open(self) -> Platform:
        """Recover the state of the last server, and return the use cases."""
        base = self.base
        await self.recover()
        config = base.settings.config
        seeds = merged(default_seeds(), config.seeds) if config.default_accounts else config.seeds
        await self.accounts.start(seeds)
        await self.project_settings.start(seeds.settings)
        await self.people.start()
        resetting = Resetting(self.deps, self.turns)
        snapshots = Snapshots(
            self.deps,
            self.turns,
            resetting,
            root=base.data_dir / "snapshots",
            activity=lambda project_id: base.clocks.of(project_id).activity,
            parts=self._snapshot_parts(),
            ids=RandomIds(),
        )
        await snapshots.empty()
        return Platform(
            accounts=self.accounts,
            tasks=self.tasks,
            artifacts=Artifacts(self.cache, self.workspaces),
            streams=self.streams,
            turns=self.turns,
            sessions=self.sessions,
            counters=self.deps.counters,
            minting=Minting(self.accounts, base.clocks, RandomIds(), base.background),
            resetting=resetting,
            snapshots=snapshots,
            project_settings=self.project_settings,
            people=self.people,
            mcp_trials=self.mcp_trials,
        )

    async def recover(self) -> None:
        """End the unfinished work of the last server, and remove its leftovers."""
        await recover(
            store=self.store,
            workspaces=self.workspaces,
            staging=self.staging,
            clocks=self.base.clocks,
            ids=self.base.ids,
        )

    def _snapshot_parts(self) -> dict[str, SnapshotPart]:
        """Return the parts of a project's state other than its tasks, in the order of a restore."""
        parts: dict[str, SnapshotPart] = {"settings": self.project_settings, "members": self.people}
        parts |= {"clock": self.base.clocks, "seed": self.base.ids}
        return parts if self.base.faults is None else parts | {"faults": self.base.faults}


def _people(base: Foundation) -> People:
    """Return the sign-in at the console: without passwords only on a server for this machine alone."""
    settings = base.settings
    local = LOCAL_USERS if settings.is_loopback and settings.config.default_accounts else ()
    declared = {user.name for user in settings.config.users}
    users = [*(user for user in local if user.name not in declared), *settings.config.users]
    return People(
        users,
        MemberStore(base.database),
        base.clocks.of(""),
        base.background,
        declared=settings.config.seeds.members,
    )
