"""The platform without its edge, put together from the misbehaving twins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.agent.tools.builtin import Tool
from sigmic_conformance.mock_server.faults.armed import Armed
from sigmic_conformance.mock_server.faults.behaviour.artifacts import FaultyArtifacts
from sigmic_conformance.mock_server.faults.behaviour.runs import FaultyRuns
from sigmic_conformance.mock_server.faults.behaviour.sessions import FaultySessions
from sigmic_conformance.mock_server.faults.behaviour.streams import FaultyStreams
from sigmic_conformance.mock_server.faults.behaviour.task_cache import FaultyTaskCache
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.service.sessions import SessionLimits
from tests.fakes.house import House


class _Nowhere:
    """Knows no situation."""

    def values(self, _dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset()

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """Nothing is kept."""


class FaultyHouse(House):
    """A house in which faults can be armed; with none armed it behaves like any other."""

    sessions: FaultySessions
    store: FaultyTaskStore
    workspaces: FaultyWorkspaces
    runs: FaultyRuns
    tasks: FaultyTasks
    tools: FaultyToolRunner

    def __init__(self, folder: Path, **settings: float) -> None:
        self._faults: Faults | None = None
        super().__init__(folder, **settings)

    def arm(self, fault: str, project: str = "project", **values: Any) -> Armed:
        """Arm a fault of the catalogue."""
        return self.engine.arm(specify(fault, values), project)

    def rehearse(self, fault: str, project: str = "project") -> None:
        """From now on note where a fault could act; it does not."""
        self.engine.ask_situations_of(_Nowhere())
        self.engine.begin_rehearsal([specify(fault, {})], project)

    def rehearsed(self, project: str = "project") -> list[str]:
        """The fault that was rehearsed if it could have acted, or nothing; note no more."""
        met = self.engine.end_rehearsal(project)
        return [] if met is None else [fault for fault, *_ in met.occasions()]

    @property
    def engine(self) -> Faults:
        """The armed faults; they live by the house's clock."""
        if self._faults is None:
            self._faults = Faults(self.clock)
        return self._faults

    def _store(self) -> FaultyTaskStore:
        return FaultyTaskStore(self.database)

    def _workspaces(self) -> FaultyWorkspaces:
        return FaultyWorkspaces(self.folder / "workspaces", self.backend.own)

    def _cache(self) -> FaultyTaskCache:
        return FaultyTaskCache(self.store, self.clock, self.timelines, faults=self.engine)

    def _streams(self) -> FaultyStreams:
        return FaultyStreams(self.cache, self.heartbeat, self.timelines, faults=self.engine)

    def _artifacts(self) -> FaultyArtifacts:
        return FaultyArtifacts(self.cache, self.workspaces, faults=self.engine)

    def _sessions(self) -> FaultySessions:
        return FaultySessions(
            clocks=self.clock,
            ids=self.ids,
            backend=self.backend,
            workspaces=self.workspaces,
            background=self.background,
            timelines=self.timelines,
            limits=SessionLimits(),
            faults=self.engine,
        )

    def _tools(self, tools: Mapping[str, Tool]) -> FaultyToolRunner:
        return FaultyToolRunner(tools, self.sessions, self.mcp, faults=self.engine)

    def _runs(self) -> FaultyRuns:
        return FaultyRuns(self.deps, faults=self.engine)

    def _tasks(self) -> FaultyTasks:
        return FaultyTasks(self.deps, self.runs, self.tokens, store=self.store, faults=self.engine)
