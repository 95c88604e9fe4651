"""The platform without its edge: real use cases, store and files; scripted agent, sandboxes and time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.agent.tools.builtin import Parameter, Tool
from sigmic_conformance.mock_server.agent.tools.output import succeeded
from sigmic_conformance.mock_server.agent.turn import ToolOutcome
from sigmic_conformance.mock_server.domain.accounts import Variables
from sigmic_conformance.mock_server.domain.model import Principal, TaskStatus
from sigmic_conformance.mock_server.domain.policy import ProjectRules
from sigmic_conformance.mock_server.faults.behaviour.task_store import FaultyTaskStore
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces
from sigmic_conformance.mock_server.ports import Limits, Sandbox
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.service.artifacts import Artifacts
from sigmic_conformance.mock_server.service.counters import Counters
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.loaded import LoadedTasks
from sigmic_conformance.mock_server.service.recovery import recover
from sigmic_conformance.mock_server.service.runs import Runs
from sigmic_conformance.mock_server.service.sessions import Sessions
from sigmic_conformance.mock_server.service.streams import Streams
from sigmic_conformance.mock_server.service.tasks import Tasks
from sigmic_conformance.mock_server.service.values import CreateTask
from sigmic_conformance.mock_server.service.workplace import TurnSettings, Workplace
from sigmic_conformance.mock_server.storage.database import Database
from sigmic_conformance.mock_server.storage.staging import Staging
from tests.fakes.agent import ScriptedAgent
from tests.fakes.clock import SteppedClock, settle
from tests.fakes.ids import CountedIds
from tests.fakes.sandbox import ScriptedBackend, ScriptedSandbox
from tests.fakes.subscriber import RecordingSubscriber

ALICE = Principal(project_id="project", api_key_id="key", username="alice")
MALLORY = Principal(project_id="elsewhere", api_key_id="other", username="mallory")


class TokenStore:
    """The variables of token exchanges, as the test wrote them."""

    def __init__(self) -> None:
        self.held: dict[str, Variables] = {}

    async def token_variables(self, token_id: str) -> Variables:
        return self.held.get(token_id, Variables(env={}, secrets={}))


async def _shell(
    sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str], limits: Limits | None
) -> ToolOutcome:
    execution = await sandbox.run(["sh", "-c", args["command"]], env=env, limits=limits)
    return succeeded(execution.stdout.decode())


def tool(name: str) -> Tool:
    """Return a tool that runs its `command`."""
    return Tool(name=name, summary="", parameters=(Parameter("command"),), read_only=False, work=_shell)


async def echo_variables(sandbox: ScriptedSandbox, argv: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Print the command with every $NAME replaced, as a shell's echo would."""
    text = argv[-1]
    for name, value in env.items():
        text = text.replace(f"${name}", value)
    return text.encode()


class House:
    """Everything wired as in `mock_server.bootstrap.app`."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.folder = folder
        self.clock = SteppedClock()
        self.ids = CountedIds()
        self.agent = ScriptedAgent()
        self.backend = ScriptedBackend(echo_variables)
        self.tokens = TokenStore()
        self.rules: dict[str, ProjectRules] = {}
        self.settings = TurnSettings(**settings)
        self._open()

    def _open(self) -> None:
        self.database = Database(self.folder / "platform.db")
        self.store = FaultyTaskStore(self.database)
        self.background = BackgroundWork()
        self.workspaces = FaultyWorkspaces(self.folder / "workspaces", self.backend.own)
        self.staging = Staging(self.folder / "staging", self.backend.own)
        self.sessions = Sessions(
            clocks=self.clock,
            ids=self.ids,
            backend=self.backend,
            workspaces=self.workspaces,
            background=self.background,
        )
        self.loaded = LoadedTasks(self.store)
        place = Workplace(
            clocks=self.clock,
            ids=self.ids,
            background=self.background,
            store=self.store,
            tasks=self.loaded,
            sessions=self.sessions,
            workspaces=self.workspaces,
            tools={name: tool(name) for name in ("run_shell_command", "list_directory")},
            rules=lambda project: self.rules.get(project, ProjectRules()),
            counters=Counters(),
            settings=self.settings,
        )
        self.counters = place.counters
        self.runs = Runs(place, self.agent.perform)
        self.tasks = Tasks(place, self.runs, self.tokens)
        self.heartbeat = Heartbeats(self.clock)
        self.streams = Streams(self.loaded, self.heartbeat)
        self.artifacts = Artifacts(self.loaded, self.workspaces)

    async def create(self, message: str = "hello", *, by: Principal = ALICE, **fields: Any) -> str:
        """Create a task and return its id."""
        task = await self.tasks.create(by, CreateTask(message=message, **fields))
        return task.id

    async def listen(self, task_id: str, *, by: Principal = ALICE) -> RecordingSubscriber:
        """Open a stream."""
        subscriber = RecordingSubscriber()
        await self.streams.subscribe(by, task_id, subscriber)
        return subscriber

    async def finish(self, message: str = "hello", **fields: Any) -> str:
        """Create a task, listen to it until its end, and return its id."""
        task_id = await self.create(message, **fields)
        await self.heard(await self.listen(task_id))
        return task_id

    async def status(self, task_id: str) -> TaskStatus:
        """Return the task's status."""
        return (await self.tasks.get(ALICE, task_id)).task.status

    async def until(self, task_id: str, status: TaskStatus) -> None:
        """Wait until the task has `status`."""
        async with asyncio.timeout(5):
            while await self.status(task_id) is not status:  # noqa: ASYNC110 - the platform has no such event
                await asyncio.sleep(0.001)

    async def heard(self, *subscribers: RecordingSubscriber) -> None:
        """Wait until every stream has ended."""
        await eventually(lambda: all(each.finished for each in subscribers))

    async def crash(self) -> None:
        """Lose everything in memory, as `kill -9` does, and start again on the same folder."""
        await self.background.close()
        await settle()
        await self.database.close()
        await self.backend.close()
        self._open()
        await recover(
            store=self.store,
            workspaces=self.workspaces,
            staging=self.staging,
            clocks=self.clock,
            ids=self.ids,
        )

    async def close(self) -> None:
        await self.runs.stop()
        await self.sessions.close()
        await self.background.close()
        await self.database.close()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds: threads of the database work in real time."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nothing to wait on but the outcome
            await asyncio.sleep(0.001)
