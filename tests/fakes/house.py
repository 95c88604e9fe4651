"""The platform without its HTTP edge: real use cases, store and files; fake agent, sandboxes and clock."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sigmic_mock.bootstrap.infrastructure import Foundation
from sigmic_mock.bootstrap.services import ServiceLayer
from sigmic_mock.config.settings import Settings
from sigmic_mock.domain.model import Principal, TaskStatus
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.runtime.watchdog import Watchdog
from sigmic_mock.service.tasks import CreateTask
from sigmic_mock.storage.database import Database
from sigmic_mock.storage.staging import StagedUpload, Staging
from sigmic_mock.storage.uploads import Reception
from tests.fakes.agent import ScriptedAgent
from tests.fakes.clock import SteppedClock, settle
from tests.fakes.parts import file, stream
from tests.fakes.sandbox import ScriptedBackend, ScriptedSandbox
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually

ALICE = Principal(project_id="project", api_key_id="key", username="alice")
MALLORY = Principal(project_id="elsewhere", api_key_id="other", username="mallory")


async def echo_variables(sandbox: ScriptedSandbox, argv: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Print the command with every $NAME replaced, as a shell's echo does."""
    text = argv[-1]
    for name, value in env.items():
        text = text.replace(f"${name}", value)
    return text.encode()


class House:
    """The service layer, wired by `sigmic_mock.bootstrap`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SteppedClock()
        self.ids = ProjectIds()
        self.agent = ScriptedAgent()
        self.backend = ScriptedBackend(echo_variables)
        self._open()

    def _open(self) -> None:
        self.database = Database(self.folder / "platform.db")
        self.background = BackgroundWork()
        self.staging = Staging(self.folder / "staging", self.backend.own)
        clocks: Any = self.clock
        base = Foundation(
            settings=Settings(),
            data_dir=self.folder,
            database=self.database,
            backend=self.backend,
            background=self.background,
            clocks=clocks,
            ids=self.ids,
            watchdog=Watchdog(),
            faults=None,
            journal=None,
        )
        self.layer = layer = ServiceLayer(base, self.staging, self.agent.perform)
        self.store, self.workspaces, self.timelines = layer.store, layer.workspaces, layer.timelines
        self.sessions, self.cache, self.deps = layer.sessions, layer.cache, layer.deps
        self.turns, self.tasks, self.streams = layer.turns, layer.tasks, layer.streams

    async def create(self, message: str = "hello", *, by: Principal = ALICE, **fields: Any) -> str:
        """Create a task and return its id."""
        task = await self.tasks.create(by, CreateTask(message=message, **fields))
        return task.id

    async def upload(self, *names: str) -> StagedUpload:
        """Receive files that do not belong to a message yet."""
        await self.staging.empty()
        reception = Reception(self.staging, UploadLimits())
        return (await reception.receive(stream([file(name) for name in names]))).upload

    async def listen(self, task_id: str, *, by: Principal = ALICE) -> RecordingSubscriber:
        """Open a stream."""
        subscriber = RecordingSubscriber()
        await self.streams.subscribe(by, task_id, subscriber)
        return subscriber

    async def hear(self, task_id: str, *, by: Principal = ALICE) -> RecordingSubscriber:
        """Read a stream to its end."""
        subscriber = await self.listen(task_id, by=by)
        await self.heard(subscriber)
        return subscriber

    async def finish(self, message: str = "hello", **fields: Any) -> str:
        """Create a task, read its stream to the end, and return its id."""
        task_id = await self.create(message, **fields)
        await self.hear(task_id)
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
        """Lose everything in memory, as `kill -9` does, and restart on the same folder."""
        await self.background.close()
        await settle()
        await self.database.close()
        await self.backend.close()
        self._open()
        await self.layer.recover()

    async def close(self) -> None:
        await self.turns.stop()
        await self.sessions.close()
        await self.background.close()
        await self.database.close()
