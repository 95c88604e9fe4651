"""Platforms that break one requirement in every situation. Those in `bugs` break one in a few situations."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lab.platforms.agent import Use
from lab.platforms.catalogue import broken
from lab.platforms.platform import Event, Platform, Run, Task
from lab.platforms.refusal import Refusal
from lab.platforms.server import Edge
from lab.platforms.tokens import Caller
from lab.platforms.wire import Wire
from lab.platforms.workspace import Files


@broken("STREAM-034")
class HeartbeatInsideEvent(Wire):
    """A heartbeat with its blank line is between the lines of an event"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return f"event: {name}\n:heartbeat\n\ndata: {json.dumps(payload)}\n\n".encode()


@broken("PHASE-002")
class NoMarker(Platform):
    """history_done is missing"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return []


@broken("CREATE-008", "CREATE-009")
class NoMessageNeeded(Edge):
    """A message is not required"""

    def create_task(self) -> None:
        if b'"message"' not in self.body and b'name="message"' not in self.body:
            self.body = b'{"message": "x"}'
            self.headers.replace_header("Content-Type", "application/json")
        super().create_task()


@broken("ENVELOPE-007")
class LocalTimes(Platform):
    """Timestamps have an offset instead of Z"""

    def fields(self, task: Task) -> dict:
        return {
            key: value.replace("Z", "+00:00") if key.endswith("At") and value else value
            for key, value in super().fields(task).items()
        }


@broken("LIST-006")
class OldestFirst(Platform):
    """The list begins with the oldest activity"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return super().ordered(items)[::-1]


@broken("APPROVE-006")
class RefusedButRun(Platform):
    """A call that was answered with cancel runs"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        if status == "cancelled":
            self.use(task, run, Use(call["toolName"], call["args"]))
        super().end_call(task, run, call, status, output)


@broken("ISOLATION-001")
class KeysShareTasks(Platform):
    """Another project's key reads a task by its id"""

    def find(self, caller: Caller, id: str) -> Task:
        task = self.tasks.get(id)
        return task if task is not None else super().find(caller, id)


@broken("VARS-017")
class EnvironmentLeaks(Platform):
    """Variables of one task are in the next"""

    def environment(self, task: Task) -> dict[str, str]:
        everyones: dict[str, str] = {}
        for each in self.tasks.values():
            everyones |= super().environment(each)
        return everyones | super().environment(task)


@broken("CREATE-005", "CREATE-003", "CREATE-017")
class OneIdForAll(Platform):
    """Every creation answers the same id"""

    def new_id(self) -> str:
        return "11111111-1111-4111-8111-111111111111"


@broken("UPLOAD-006", "UPLOAD-021")
class TooLargeIsServerError(Edge):
    """A file that is too large is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(Refusal(500, "INTERNAL_ERROR", "Oops") if refusal.status == 413 else refusal)


@broken("ZIP-006")
class Slip(Files):
    """An entry climbs out of the upload folder"""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        return (
            entry.filename
            if ".." in entry.filename and "\\" not in entry.filename
            else super().entry_name(entry)
        )

    def save(self, folder: Path, files: Mapping[str, bytes]) -> None:
        # `uploads/../../x` would be outside the workspace; this target saves it at the workspace's root.
        super().save(folder, {(Path(p).name if ".." in p else p): content for p, content in files.items()})
