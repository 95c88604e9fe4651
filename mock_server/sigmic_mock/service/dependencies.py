"""The dependencies of use cases and turns, assembled once by the composition root."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sigmic_mock.agent.turn import Turn
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.ports import Clocks
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.service.mcp_tools import McpTools
from sigmic_mock.service.sessions import Sessions
from sigmic_mock.service.task_cache import TaskCache
from sigmic_mock.service.timeline import Timelines
from sigmic_mock.service.tool_runner import ToolRunner
from sigmic_mock.storage.tasks import TaskStore
from sigmic_mock.storage.workspaces import Workspaces


@dataclass(slots=True)
class Counters:
    """Totals since the start, for metrics. Heartbeats and open streams are counted by the wheel itself."""

    tasks_created: int = 0
    messages_sent: int = 0
    events: Counter[str] = field(default_factory=Counter)
    """Events by name, each counted once however many subscribers it had."""
    runs_ended: Counter[str] = field(default_factory=Counter)
    """Turns by the status they left the task in."""
    tool_calls: Counter[str] = field(default_factory=Counter)
    """Tool calls by status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDependencies:
    """`perform` runs the agent on a turn; `project_settings` returns a project's settings by its id."""

    clocks: Clocks
    ids: ProjectIds
    background: BackgroundWork
    store: TaskStore
    cache: TaskCache
    sessions: Sessions
    workspaces: Workspaces
    timelines: Timelines
    tools: ToolRunner
    mcp: McpTools
    perform: Callable[[Turn], Awaitable[None]]
    project_settings: Callable[[str], ProjectSettings]
    counters: Counters = field(default_factory=Counters)
