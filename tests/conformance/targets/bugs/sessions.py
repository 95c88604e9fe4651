"""Bugs of restored sessions: what a new session does not take over, or takes from the wrong place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.conformance.targets.agent import Use
from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Event, Platform, Run, Task, stamp
from tests.conformance.targets.workspace import Files

LOADED = "a restore loads the conversation history into the agent's memory"
FILES_KEPT = "a restore keeps the files of the workspace"


class Remembering(Platform):
    """A platform that knows of each task whether it was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["restored"] = True


@bug(
    "H-03",
    sentence=LOADED,
    situation={"session": "restored", "turn": "3rd"},
    because="the last exchange is enough for a chat, thought who wrote the loader",
)
class RestoreLoadsTheLastTurn(Remembering):
    """A restored agent knows the last turn only"""

    def memory(self, task: Task) -> list[dict]:
        found = super().memory(task)
        return found[-2:] if task.notes.get("restored") else found


@bug(
    "H-03",
    sentence=LOADED,
    situation={"session": "restored", "history": "long"},
    because="the loader reads the first page of messages, the newest ten",
)
class RestoreLoadsTen(Remembering):
    """A restored agent knows the last ten messages only"""

    def memory(self, task: Task) -> list[dict]:
        found = super().memory(task)
        return found[-10:] if task.notes.get("restored") else found


@bug(
    "H-03",
    sentence=LOADED,
    situation={"session": "restored twice", "turn": "3rd"},
    because="what was loaded is cached by conversation, and a second restore finds it there",
)
class SecondRestoreLoadsTheFirst(Platform):
    """An agent restored twice knows only the messages before the first restore"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        if "loaded" in task.notes:
            task.notes["again"] = True
        task.notes.setdefault("loaded", list(task.messages))

    def memory(self, task: Task) -> list[dict]:
        return task.notes["loaded"] if task.notes.get("again") else super().memory(task)


@bug(
    "H-03",
    sentence=LOADED,
    situation={"session": "restored", "state": "cancelled"},
    because="the loader joins questions with their answers, and a cancelled turn has none",
)
class CancelledTurnNotLoaded(Remembering):
    """A restored agent does not know the messages of a cancelled turn"""

    def cancel(self, task: Task) -> None:
        super().cancel(task)
        task.notes.setdefault("unanswered", []).append(task.messages[-1])

    def memory(self, task: Task) -> list[dict]:
        left_out = task.notes.get("unanswered", ()) if task.notes.get("restored") else ()
        return [message for message in super().memory(task) if message not in left_out]


@bug(
    "3.2/isStreaming",
    "3.2/live",
    sentence="isStreaming is true while the task runs, and live events follow",
    situation={"session": "restored", "readers": "joined before"},
    because="the stream asks the registry of sessions, by the id of the old one",
)
class RestoredRunSilent(Platform):
    """The stream of the turn that restored its session ends after the history"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["old"] = True

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        if not task.notes.get("old"):
            return before, run
        return [*before[:-1], *self.marker(len(before) - 1, live=False)], None

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, last)
        task.notes["old"] = False


@bug(
    "U-05",
    "2.7/list-prepended",
    sentence="a list of the uploaded files is put before the message for the agent",
    situation={"session": "restored", "files": "at follow-up"},
    because="the message is handed to the new session before its files are known there",
)
class RestoredAgentSeesNoUploads(Remembering):
    """The agent does not learn of files in the message that restored it"""

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        uploaded = [] if task.notes.pop("restored", False) else uploaded
        super().work(task, run, message, memory, uploaded)


@bug(
    "V-05",
    "2.4/env",
    sentence="GET returns the env given at creation",
    situation={"session": "restored"},
    because="the new session is made without variables, and written back to the task",
)
class EnvGoneAfterRestore(Platform):
    """env is null once the session was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.env = None


@bug(
    "V-07",
    "2.2/secrets",
    sentence="secrets are never returned",
    situation={"session": "restored"},
    because="the new session takes one map of variables, and it is saved where env was",
)
class RestoreMergesSecrets(Platform):
    """env shows the secrets once the session was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.env = self.environment(task) or None


@bug(
    "2.4/createdAt",
    sentence="createdAt is when the task was created",
    situation={"session": "restored"},
    because="the row of the task is inserted anew, with the default of the column",
)
class CreatedAgain(Platform):
    """createdAt is the time of the restore"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.created = stamp()


@bug(
    "H-04",
    "U-09",
    sentence=FILES_KEPT,
    situation={"session": "restored twice", "turn": "3rd", "files": "plain"},
    because="the preserved workspace is saved once, when the first session expires",
)
class FilesOfTheMiddleSession(Platform):
    """A second restore loses the files of the first restored session"""

    def restore(self, task: Task) -> None:
        task.folder = task.notes.setdefault("preserved", task.folder)
        super().restore(task)


@bug(
    "H-04",
    sentence="a restore keeps the conversation history",
    situation={"session": "restored twice", "turn": "3rd"},
    because="the conversation is exported when the first session expires, and imported each time",
)
class MessagesOfTheMiddleSession(Platform):
    """A second restore loses the messages since the first"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.messages[:] = task.notes.setdefault("exported", list(task.messages))


@bug(
    "H-04",
    "U-09",
    sentence=FILES_KEPT,
    situation={"session": "restored", "files": ("nested", "ZIP")},
    because="the copy lists a folder and its folders, and does not recurse",
)
class RestoreIsShallow(Files):
    """A restore loses files that are more than one folder deep"""

    def copy(self, kept: Path, folder: Path) -> None:
        super().copy(kept, folder)
        for path in list(folder.rglob("*")):
            if path.is_file() and len(path.relative_to(folder).parts) > 2:
                path.unlink()


@bug(
    "H-04",
    "U-09",
    sentence=FILES_KEPT,
    situation={"session": "restored", "files": "awkward name", "values": "separators"},
    because="a shell script copies, and its variables stand without quotes",
)
class RestoreSplitsNames(Files):
    """A restore loses files with a blank in their names"""

    def copy(self, kept: Path, folder: Path) -> None:
        super().copy(kept, folder)
        for path in list(folder.rglob("* *")):
            path.unlink()


@bug(
    "H-04",
    "U-09",
    sentence=FILES_KEPT,
    situation={"session": "restored", "files": "awkward size", "values": "empty"},
    because="`if content:` is meant to ask whether the file could be read",
)
class RestoreSkipsEmptyFiles(Files):
    """A restore loses empty files"""

    def copy(self, kept: Path, folder: Path) -> None:
        super().copy(kept, folder)
        for path in list(folder.rglob("*")):
            if path.is_file() and not path.stat().st_size:
                path.unlink()


@bug(
    "H-04",
    "U-09",
    sentence=FILES_KEPT,
    situation={"session": "restored", "files": "awkward name", "values": "non-ASCII"},
    because="the archive in which files are preserved is written in a locale without UTF-8",
)
class RestoreRenamesToAscii(Files):
    """A restore puts question marks into names that are not ASCII"""

    def copy(self, kept: Path, folder: Path) -> None:
        super().copy(kept, folder)
        for path in list(folder.rglob("*")):
            if not path.name.isascii():
                path.rename(path.with_name(path.name.encode("ascii", "replace").decode()))


@bug(
    "2.9/bytes",
    "2.8/live-and-finished",
    sentence="a download has the bytes of the file that is listed",
    situation={"session": "restored", "turn": "2nd", "files": "plain"},
    because="downloads prefer the preserved workspace once there is one, as it is nearer",
)
class DownloadsOfThePreserved(Files):
    """A file that a restored session wrote anew downloads as it was before"""

    def __init__(self) -> None:
        super().__init__()
        self.preserved: dict[Path, Path] = {}

    def copy(self, kept: Path, folder: Path) -> None:
        super().copy(kept, folder)
        self.preserved[folder] = kept

    def resolve(self, folder: Path, path: str) -> Path:
        found = super().resolve(folder, path)
        kept = self.preserved.get(folder, folder) / path
        return kept if kept.is_file() else found


@bug(
    "2.7/saved",
    "U-03",
    sentence="files are saved under uploads/ of the task's workspace",
    situation={"session": "restored", "files": "at follow-up"},
    because="the workspace's path was read before the restore put another in its place",
)
class UploadsIntoTheOldWorkspace(Platform):
    """Files that come with the message that restores a session are not there"""

    def restore(self, task: Task) -> None:
        task.notes["old"] = task.folder
        super().restore(task)

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        current, task.folder = task.folder, task.notes.pop("old", task.folder)
        super().begin(task, message, uploaded)
        task.folder = current


@bug(
    "2.10/only-manual",
    "2.2/autoExecute",
    sentence="approvals are needed only for tasks created with autoExecute false",
    situation={"session": "restored", "approval": "automatic"},
    because="the mode is a flag of the session, and a new session begins with the careful one",
)
class RestoredTaskAsks(Remembering):
    """A restored task asks for approvals though autoExecute is true"""

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return bool(task.notes.get("restored")) or super().asks(task, run, step)


@bug(
    "S-03",
    sentence="a heartbeat comes every 15 s",
    situation={"session": "restored", "state": "tool running"},
    because="timers belong to sessions, and the restored one is not among those that tick",
)
class QuietAfterRestore(Remembering):
    """There are no heartbeats once the session was restored"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        quiet = task.notes.get("restored")
        return (item for item in super().listen(task, run, interval) if item is not None or not quiet)


@bug(
    "A-09",
    "H-04",
    sentence="an end user's conversation stays that user's when it is restored",
    situation={"session": "restored", "caller": "end user's token"},
    because="the new session is opened by the service, and inherits the service's owner",
)
class RestoreForgetsTheEndUser(Platform):
    """An end user does not find the task again once its session was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.caller = replace(task.caller, user=None)
