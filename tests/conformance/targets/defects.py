"""Platforms that break one requirement in every situation. Those in `bugs` break one in a few situations."""

import json
import os
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conformance.targets.agent import Agent, Use
from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files


@broken("BEAT-001")
class NoHeartbeat(Wire):
    """No heartbeat at all"""

    def due(self, interval: float) -> float:
        return 3600.0


@broken("STREAM-034")
class HeartbeatInsideEvent(Wire):
    """A heartbeat with its blank line stands between the lines of an event"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return f"event: {name}\n:heartbeat\n\ndata: {json.dumps(payload)}\n\n".encode()


@broken("STREAM-019", "HTTP-004")
class LengthBesideChunks(Edge):
    """A stream has both Transfer-Encoding and Content-Length"""

    def stream_headers(self) -> list[tuple[str, str]]:
        return [*super().stream_headers(), ("Content-Length", "10")]


@broken("PHASE-002", "ISOLATION-002", "STREAM-030")
class UnknownTaskStreams(Edge):
    """The stream of an unknown task is a 200 with an error event"""

    def stream_task(self, id: str) -> None:
        try:
            super().stream_task(id)
        except Refusal as refusal:
            self.head(200, self.stream_headers())
            self.put(self.wire.event("error", {"message": refusal.message, "code": refusal.code}))
            self.wfile.write(self.wire.last_chunk())


@broken("PHASE-002")
class NoMarker(Platform):
    """history_done is missing"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return []


@broken("PHASE-012")
class DoneTwice(Wire):
    """done is sent twice"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) * (2 if name == "done" else 1)


@broken("EVENT-018")
class NowDeltaNowWhole(Platform):
    """content is a delta in one run and the text so far in the next"""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=partial)
        if "France" in task.message:
            run.feed[-1][1]["text"] = run.text


@broken("ENVELOPE-002")
class ErrorAsText(Wire):
    """error is a string"""

    def failure(self, code: str, message: str) -> dict:
        return {"success": False, "error": message, "code": code}


@broken("ENVELOPE-016")
class StackTrace(Edge):
    """A refusal shows where in the server it was raised"""

    def refuse(self, refusal: Refusal) -> None:
        place = f'Traceback (most recent call last):\n  File "/srv/app/{refusal.code}.py", line 7, in take'
        super().refuse(Refusal(refusal.status, refusal.code, f"{refusal.message}\n{place}"))


@broken("CREATE-008", "CREATE-009")
class NoMessageNeeded(Edge):
    """A message is not required"""

    def create_task(self) -> None:
        if b'"message"' not in self.body and b'name="message"' not in self.body:
            self.body = b'{"message": "x"}'
            self.headers.replace_header("Content-Type", "application/json")
        super().create_task()


@broken("GET-005")
class OtherStatusWords(Platform):
    """A completed task is called succeeded"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"status": shown["status"].replace("completed", "succeeded")}


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


@broken("FOLLOWUP-008")
class NoMemory(Agent):
    """The agent forgets what it was told"""

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        return super().answer(message, uploaded, [])


@broken("APPROVE-006")
class RefusedButRun(Platform):
    """A call that was answered with cancel runs"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        if status == "cancelled":
            self.use(task, run, Use(call["toolName"], call["args"]))
        super().end_call(task, run, call, status, output)


@broken("ERROR-001", "AUTH-004")
class OpenDoor(Edge):
    """Reading needs no credentials"""

    def authenticate(self) -> None:
        if self.command == "GET" and "Authorization" not in self.headers and "X-API-Key" not in self.headers:
            self.caller = Caller("first", "nobody")
        else:
            super().authenticate()


@broken("AUTH-018")
class KeyInTheQuery(Edge):
    """A key in the query string is accepted"""

    def authenticate(self) -> None:
        if "api_key" in self.query and "Authorization" not in self.headers:
            self.caller = self.server.accounts.by_key(self.query["api_key"][0])
        else:
            super().authenticate()


@broken("ISOLATION-001")
class KeysShareTasks(Platform):
    """Another project's key reads a task by its id"""

    def find(self, caller: Caller, id: str) -> Task:
        task = self.tasks.get(id)
        return task if task is not None else super().find(caller, id)


@broken("TOKEN-011")
class SecretsInToken(Accounts):
    """env and secrets are claims of the token"""

    def token(self, request: Mapping, claims: dict) -> str:
        more = {name: request[name] for name in ("env", "secrets") if name in request}
        return super().token(request, claims | more)


@broken("TOKEN-014")
class UserOfOneToken(Platform):
    """A second token of an end user does not see the tasks of the first"""

    def owns(self, caller: Caller, task: Task) -> bool:
        return super().owns(caller, task) and caller.token in (None, task.caller.token)


@broken("VARS-017")
class EnvironmentLeaks(Platform):
    """Variables of one task are in the next"""

    def environment(self, task: Task) -> dict[str, str]:
        everyones: dict[str, str] = {}
        for each in self.tasks.values():
            everyones |= super().environment(each)
        return everyones | super().environment(task)


@broken("VARS-008", "VARS-009")
class AnyVariables(Edge):
    """Ill-formed names and values of variables are dropped and the task is made"""

    def create_task(self) -> None:
        try:
            super().create_task()
        except Refusal as refusal:
            if refusal.code != "INVALID_ENV":
                raise
            body = {k: v for k, v in json.loads(self.body).items() if k not in ("env", "secrets")}
            self.body = json.dumps(body).encode()
            super().create_task()


@broken("CREATE-005", "CREATE-003", "CREATE-017")
class OneIdForAll(Platform):
    """Every creation answers the same id"""

    def new_id(self) -> str:
        return "11111111-1111-4111-8111-111111111111"


@broken("UPLOAD-004", "UPLOAD-014")
class HalfSaved(Platform):
    """A refused follow-up keeps the files that were within the limit"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        try:
            super().follow_up(task, message, parts)
        except Refusal:
            self.files.save(task.folder, {f"uploads/{name}": content for name, content in parts[:20]})
            raise


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


@broken("ARTIFACT-017", "ARTIFACT-018")
class Traversal(Files):
    """A path may climb out of the workspace"""

    def resolve(self, folder: Path, path: str) -> Path:
        target = (folder / path.replace("\0", "")).resolve()
        if target.is_file():
            return target
        raise missing()


@broken("ISOLATION-008")
class SharedFilesystem(Files):
    """Commands see the workspaces of others"""

    def start(self, folder: Path, command: str, variables: Mapping[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env={"PATH": os.defpath} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@broken("FOLLOWUP-011", "FOLLOWUP-009")
class NewFolderEachTime(Platform):
    """A follow-up works in another folder"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        task.folder = self.files.folder(f"{task.id}-{len(task.messages)}")
        super().follow_up(task, message, parts)
