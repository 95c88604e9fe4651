"""The service layer, put together: the use cases, the runs and everything that they work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sigmic_conformance.mock_server.agent.tools.builtin import TOOLS
from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.bootstrap.snapshot_parts import snapshot_parts
from sigmic_conformance.mock_server.domain.policy import ProjectRules
from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts
from sigmic_conformance.mock_server.faults.behaviour.artifacts import FaultyArtifacts
from sigmic_conformance.mock_server.faults.behaviour.runs import FaultyRuns
from sigmic_conformance.mock_server.faults.behaviour.sessions import FaultySessions
from sigmic_conformance.mock_server.faults.behaviour.streams import FaultyStreams
from sigmic_conformance.mock_server.faults.behaviour.task_cache import FaultyTaskCache
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.runtime.ids import RandomIds
from sigmic_conformance.mock_server.service.dependencies import TaskDependencies
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.minting import Minting
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.service.recovery import recover
from sigmic_conformance.mock_server.service.resetting import Resetting
from sigmic_conformance.mock_server.service.sessions import SessionLimits
from sigmic_conformance.mock_server.service.snapshots import Snapshots
from sigmic_conformance.mock_server.service.timeline import Timelines
from sigmic_conformance.mock_server.storage.staging import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The platform, and those of its parts that the edge's faults need more of."""

    platform: Platform
    tasks: FaultyTasks
    tools: FaultyToolRunner


async def open_services(
    base: Foundation,
    accounts: FaultyAccounts,
    perform: Callable[[Turn], Awaitable[None]],
    staging: Staging,
    heartbeats: Heartbeats,
) -> Services:
    """Recover what the last server left and put the use cases together; `perform` is the agent at work."""
    clocks, ids, background = base.clocks, base.ids, base.background
    store = FaultyTaskStore(base.database)
    workspaces = FaultyWorkspaces(base.data_dir / "workspaces", base.backend.own)
    await recover(store=store, workspaces=workspaces, staging=staging, clocks=clocks, ids=ids)
    timelines = Timelines()
    cache = FaultyTaskCache(store, clocks, timelines, faults=base.faults)
    sessions = FaultySessions(
        clocks=clocks,
        ids=ids,
        backend=base.backend,
        workspaces=workspaces,
        background=background,
        timelines=timelines,
        limits=SessionLimits(idle_seconds=base.settings.session_idle),
        faults=base.faults,
    )
    tools = FaultyToolRunner(TOOLS, sessions, faults=base.faults)
    deps = TaskDependencies(
        clocks=clocks,
        ids=ids,
        background=background,
        store=store,
        cache=cache,
        sessions=sessions,
        workspaces=workspaces,
        timelines=timelines,
        tools=tools,
        perform=perform,
        rules=lambda _project_id: ProjectRules(),
    )
    runs = FaultyRuns(deps, faults=base.faults)
    tasks = FaultyTasks(deps, runs, accounts, store=store, faults=base.faults)
    resetting = Resetting(deps, runs)
    snapshots = Snapshots(
        deps,
        runs,
        resetting,
        root=base.data_dir / "snapshots",
        activity=lambda project_id: clocks.of(project_id).activity,
        parts=snapshot_parts(base),
        ids=RandomIds(),
    )
    await snapshots.empty()
    platform = Platform(
        accounts=accounts,
        tasks=tasks,
        artifacts=FaultyArtifacts(cache, workspaces, faults=base.faults),
        streams=FaultyStreams(cache, heartbeats, timelines, faults=base.faults),
        runs=runs,
        sessions=sessions,
        counters=deps.counters,
        minting=Minting(accounts, clocks, RandomIds(), background),
        resetting=resetting,
        snapshots=snapshots,
    )
    return Services(platform=platform, tasks=tasks, tools=tools)
