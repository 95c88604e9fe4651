"""What the use cases and the runs work with, put together once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.agent.tools.builtin import Tool
from sigmic_conformance.mock_server.domain.policy import ProjectRules
from sigmic_conformance.mock_server.ports import Background, Clocks, Deviations, Faithful, ProjectIds
from sigmic_conformance.mock_server.service.counters import Counters
from sigmic_conformance.mock_server.service.loaded import LoadedTasks
from sigmic_conformance.mock_server.service.sessions import Sessions

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
    from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettings:
    """How runs behave. Seconds of platform time.

    `start_grace`: how long a run waits for a first stream before it starts without an audience.
    `approval_seconds`: how long an approval stays open before it counts as refused.
    """

    start_grace: float = 1.0
    approval_seconds: float = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """`rules` gives a project's say in tool calls by its id."""

    clocks: Clocks
    ids: ProjectIds
    background: Background
    store: "FaultyTaskStore"
    tasks: LoadedTasks
    sessions: Sessions
    workspaces: "FaultyWorkspaces"
    tools: Mapping[str, Tool]
    rules: Callable[[str], ProjectRules]
    counters: Counters
    settings: TurnSettings = TurnSettings()
    deviations: Deviations = field(default_factory=Faithful)
