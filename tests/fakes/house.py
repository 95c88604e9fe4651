"""The platform without its edge: real use cases, store and files; scripted agent, sandboxes and time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sigmic_conformance.mock_server.agent.tools.builtin import Parameter, Tool
from sigmic_conformance.mock_server.agent.tools.output import succeeded
from sigmic_conformance.mock_server.agent.turn import ToolOutcome
from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.bootstrap.services import ServiceLayer
from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.domain.accounts import Variables
from sigmic_conformance.mock_server.domain.model import Principal, TaskStatus
from sigmic_conformance.mock_server.domain.project_settings import DEFAULT_SETTINGS, ProjectSettings
from sigmic_conformance.mock_server.ports import Sandbox
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.runtime.watchdog import Watchdog
from sigmic_conformance.mock_server.service.dependencies import RunSettings
from sigmic_conformance.mock_server.service.recovery import recover
from sigmic_conformance.mock_server.service.tasks import CreateTask
from sigmic_conformance.mock_server.service.tool_runner import ToolRunner
from sigmic_conformance.mock_server.storage.database import Database
from sigmic_conformance.mock_server.storage.staging import Staging
from tests.fakes.agent import ScriptedAgent
from tests.fakes.clock import SteppedClock, settle
from tests.fakes.ids import CountedIds
from tests.fakes.sandbox import ScriptedBackend, ScriptedSandbox
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually

ALICE = Principal(project_id="project", api_key_id="key", username="alice")
MALLORY = Principal(project_id="elsewhere", api_key_id="other", username="mallory")


class TokenStore:
    """The variables of token exchanges, as the test wrote them."""

    def __init__(self) -> None:
        self.held: dict[str, Variables] = {}

    async def token_variables(self, token_id: str) -> Variables:
        return self.held.get(token_id, Variables(env={}, secrets={}))


async def _shell(sandbox: Sandbox, args: Mapping[str, Any], env: Mapping[str, str]) -> ToolOutcome:
    execution = await sandbox.run(["sh", "-c", args["command"]], env=env)
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
    """Everything wired by `mock_server.bootstrap`."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.folder = folder
        self.clock = SteppedClock()
        self.ids = CountedIds()
        self.agent = ScriptedAgent()
        self.backend = ScriptedBackend(echo_variables)
        self.tokens = TokenStore()
        self.project_settings: dict[str, ProjectSettings] = {}
        self.settings = RunSettings(**settings)
        self._open()

    def _open(self) -> None:
        self.database = Database(self.folder / "platform.db")
        self.background = BackgroundWork()
        self.staging = Staging(self.folder / "staging", self.backend.own)
        clocks: Any = self.clock
        ids: Any = self.ids
        base = Foundation(
            settings=Settings(),
            data_dir=self.folder,
            database=self.database,
            backend=self.backend,
            background=self.background,
            clocks=clocks,
            ids=ids,
            watchdog=Watchdog(),
            faults=None,
            journal=None,
        )
        layer = ServiceLayer(base, self.staging, self.agent.perform)
        scripted: dict[str, Any] = vars(layer)
        scripted["accounts"] = self.tokens
        scripted["project_settings"] = SimpleNamespace(of=self._settings_of)
        names = ("run_shell_command", "list_directory", "write_file")
        scripted["tools"] = ToolRunner({name: tool(name) for name in names}, layer.sessions, layer.mcp)
        scripted["deps"] = replace(layer.deps, settings=self.settings)
        self.store, self.workspaces, self.timelines = layer.store, layer.workspaces, layer.timelines
        self.sessions, self.cache, self.mcp = layer.sessions, layer.cache, layer.mcp
        self.tools, self.deps, self.runs, self.tasks = layer.tools, layer.deps, layer.runs, layer.tasks
        self.heartbeat, self.streams, self.artifacts = layer.heartbeats, layer.streams, layer.artifacts

    def _settings_of(self, project_id: str) -> ProjectSettings:
        return self.project_settings.get(project_id, DEFAULT_SETTINGS)

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

        async def reached() -> bool:
            return await self.status(task_id) is status

        await eventually(reached)

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
