"""Further legal answers: what a platform shows of tasks, files and secrets (see `free_answers`)."""

import random
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from tests.conformance.targets.free_answers import CROCKFORD, HOSTILE
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Caller
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files

MILLISECONDS = re.compile(rb'(\d\d:\d\d:\d\d\.\d{3})Z"')


# --- ids and times


class Ulids(Platform):
    """Tasks have ULIDs."""

    def new_id(self) -> str:
        return "01" + "".join(secrets.choice(CROCKFORD) for _ in range(24))


class Microseconds(Wire):
    """Timestamps have six digits behind the point."""

    def json(self, value: object) -> bytes:
        return MILLISECONDS.sub(rb'\g<1>000Z"', super().json(value))

    def event(self, name: str, payload: Mapping) -> bytes:
        return MILLISECONDS.sub(rb'\g<1>000Z"', super().event(name, payload))


# --- tasks


class HiddenFromLists(Platform):
    """A task with `showInHistory` false is in no list."""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        with self.lock:
            mine = [task for task in self.tasks.values() if self.owns(caller, task) and task.in_history]
        items = self.ordered([self.summary(task) for task in mine])
        shown = items[offset : offset + limit]
        more = offset + len(shown) < len(items)
        return shown, {"total": len(items), "limit": limit, "offset": offset, "hasMore": more}


class OutputOfAllTurns(Platform):
    """`output` accumulates over the turns of a task."""

    def reopen(self, task: Task) -> None:
        task.notes["output"] = self.view(task).get("output", {})
        super().reopen(task)

    def view(self, task: Task) -> dict:
        shown, earlier = super().view(task), task.notes.get("output", {})
        if earlier and "output" in shown:
            for name in ("content", "thoughts", "toolCalls"):
                if name in earlier:
                    shown["output"][name] = earlier[name] + shown["output"].get(name, type(earlier[name])())
        return shown


class WidgetTasks(Platform):
    """A task of a token names the app in place of a key, and tells no `env`."""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | ({"username": "widget", "env": None} if task.caller.user is not None else {})


# --- messages and secrets


class FilesNamedInMessage(Platform):
    """A message with files is saved with the list of them in front."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        names = [file["path"] for file in more.get("attachedFiles", ())]
        super().remember(task, role, f"[Files: {', '.join(names)}]\n\n{content}" if names else content, more)


class Stars(Platform):
    """A secret that a tool prints is replaced by stars."""

    def masked(self, task: Task, text: str) -> str:
        return super().masked(task, text).replace("[hidden]", "***")


class Bare(Platform):
    """What a tool prints is shown as it is."""

    def masked(self, task: Task, text: str) -> str:
        return text


class CutOut(Platform):
    """A secret that a tool prints is cut out."""

    def masked(self, task: Task, text: str) -> str:
        return super().masked(task, text).replace("[hidden]", "")


class SaidInPieces(Platform):
    """The agent repeats a printed secret in three pieces, and it is shown as it is."""

    def masked(self, task: Task, text: str) -> str:
        found = [value for value in task.hidden.values() if value and value in text]
        task.run.notes.setdefault("printed", []).extend(found)
        return super().masked(task, text)

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        for value in run.notes.pop("printed", ()):
            for piece in pieces(f"value={value}. "):
                self.say(task, run, piece, partial=True)


class SaidInPiecesSavedMasked(SaidInPieces):
    """The agent repeats a printed secret in three pieces; it is masked in the saved message."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, Platform.masked(self, task, content), more)


class SaidInPiecesMaskedWhole(SaidInPiecesSavedMasked):
    """The agent repeats a printed secret in three pieces; it is masked wherever the answer is told whole."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        name, payload = last
        if "finalResponse" in payload:
            payload = payload | {"finalResponse": Platform.masked(self, task, payload["finalResponse"])}
        super().finish(task, status, (name, payload))

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if "content" in shown.get("output", {}):
            content = Platform.masked(self, task, shown["output"]["content"])
            shown["output"] = shown["output"] | {"content": content}
        return shown


def pieces(text: str) -> list[str]:
    first, second = len(text) * 2 // 5, len(text) * 4 // 5
    return [text[:first], text[first:second], text[second:]]


class VariablesOnce(Platform):
    """Only the first run of a task has its variables."""

    def environment(self, task: Task) -> dict[str, str]:
        return super().environment(task) if len(said_by_user(task)) == 1 else {}


def said_by_user(task: Task) -> list[dict]:
    return [message for message in task.messages if message["role"] == "user"]


# --- files


class HostilePaths(Files):
    """A path that cannot be one of a file is refused with a code of its own."""

    def resolve(self, folder: Path, path: str) -> Path:
        try:
            return super().resolve(folder, path)
        except Refusal as refusal:
            raise self.instead(path, refusal) from refusal

    def instead(self, path: str, refusal: Refusal) -> Refusal:
        return Refusal(400, "INVALID_PATH", "The path is not valid") if HOSTILE.search(path) else refusal


class ForbiddenPaths(HostilePaths):
    """A path that cannot be one of a file is forbidden."""

    def instead(self, path: str, refusal: Refusal) -> Refusal:
        outside = Refusal(403, "FORBIDDEN", "The path is outside of the workspace")
        return outside if HOSTILE.search(path) else refusal


class AnyOrder(Files):
    """Files are listed in no order."""

    def listing(self, folder: Path) -> list[dict]:
        found = super().listing(folder)
        random.shuffle(found)
        return found


class HiddenFiles(Files):
    """Hidden files are not listed."""

    def listing(self, folder: Path) -> list[dict]:
        return [each for each in super().listing(folder) if not is_hidden(each["path"])]


def is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)


class FolderForArchive(Files):
    """An archive is extracted into a folder of its name."""

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        kept: dict[str, bytes] = {}
        for name, content in parts:
            made = super().unpacked([(name, content)])
            if content.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
                stem = Path(self.base_name(name)).stem
                made = {path.replace("uploads/", f"uploads/{stem}/", 1): data for path, data in made.items()}
            kept |= made
        return kept


class ArchiveKept(Files):
    """An archive is kept beside what was extracted from it."""

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        kept = {
            f"uploads/{self.base_name(name)}": content for name, content in parts if content.startswith(b"PK")
        }
        return kept | super().unpacked(parts)


class Overwrites(Platform):
    """A file of a follow-up replaces an earlier one of its name."""

    def admit(self, task: Task, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        return self.files.unpack(parts)


class FilesGoWhenCancelled(Edge):
    """A cancelled task has no workspace, which is 404."""

    def artifacts(self, task: Task) -> list[dict]:
        if task.status == "cancelled":
            raise missing()
        return super().artifacts(task)


class NoHistoryYet(Edge):
    """A task that has not started has no conversation, which is 404."""

    def get_task_history(self, id: str) -> None:
        if self.task(id).started is None:
            raise missing()
        super().get_task_history(id)


class NoFilesYet(Edge):
    """A task that has not started has no workspace, which is 404."""

    def artifacts(self, task: Task) -> list[dict]:
        if task.started is None:
            raise missing()
        return super().artifacts(task)
