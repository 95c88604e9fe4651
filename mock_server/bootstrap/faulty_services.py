"""The service layer, put together of classes that may misbehave. Not imported without faults."""

from collections.abc import Awaitable, Callable
from functools import cached_property

from sigmic_conformance.mock_server.agent.tools.builtin import TOOLS
from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.bootstrap.services import ServiceLayer
from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts, FaultyAccountStore
from sigmic_conformance.mock_server.faults.behaviour.artifacts import FaultyArtifacts
from sigmic_conformance.mock_server.faults.behaviour.mcp_tools import FaultyMcpTools
from sigmic_conformance.mock_server.faults.behaviour.runs import FaultyRuns
from sigmic_conformance.mock_server.faults.behaviour.sessions import FaultySessions
from sigmic_conformance.mock_server.faults.behaviour.streams import FaultyStreams
from sigmic_conformance.mock_server.faults.behaviour.task_cache import FaultyTaskCache
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.storage.staging import Staging


class FaultyServiceLayer(ServiceLayer):
    """The parts of the service layer with the faults that they may meet."""

    def __init__(
        self,
        base: Foundation,
        staging: Staging,
        perform: Callable[[Turn], Awaitable[None]],
        faults: Faults,
    ) -> None:
        super().__init__(base, staging, perform)
        self.faults = faults

    @cached_property
    def store(self) -> FaultyTaskStore:
        return FaultyTaskStore(self.base.database)

    @cached_property
    def workspaces(self) -> FaultyWorkspaces:
        return FaultyWorkspaces(self.base.data_dir / "workspaces", self.base.backend.own)

    @cached_property
    def accounts(self) -> FaultyAccounts:
        return FaultyAccounts(
            FaultyAccountStore(self.base.database),
            clocks=self.base.clocks,
            ids=self.base.ids,
            signer=self.signer,
            sealer=self.sealer,
            role_of=self.people.role_of,
        )

    @cached_property
    def cache(self) -> FaultyTaskCache:
        return FaultyTaskCache(self.store, self.base.clocks, self.timelines, faults=self.faults)

    @cached_property
    def sessions(self) -> FaultySessions:
        return FaultySessions(
            clocks=self.base.clocks,
            ids=self.base.ids,
            backend=self.base.backend,
            workspaces=self.workspaces,
            background=self.base.background,
            timelines=self.timelines,
            limits=self.session_limits,
            faults=self.faults,
        )

    @cached_property
    def mcp(self) -> FaultyMcpTools:
        return FaultyMcpTools(
            self.sessions,
            self.project_settings.of,
            self.tools_folder,
            self.outbound,
            self.base.background,
            faults=self.faults,
        )

    @cached_property
    def tools(self) -> FaultyToolRunner:
        return FaultyToolRunner(TOOLS, self.sessions, self.mcp, faults=self.faults)

    @cached_property
    def runs(self) -> FaultyRuns:
        return FaultyRuns(self.deps, faults=self.faults)

    @cached_property
    def tasks(self) -> FaultyTasks:
        return FaultyTasks(self.deps, self.runs, self.accounts, store=self.store, faults=self.faults)

    @cached_property
    def artifacts(self) -> FaultyArtifacts:
        return FaultyArtifacts(self.cache, self.workspaces, faults=self.faults)

    @cached_property
    def streams(self) -> FaultyStreams:
        return FaultyStreams(self.cache, self.heartbeats, self.timelines, faults=self.faults)
