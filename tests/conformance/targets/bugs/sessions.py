"""Bugs of restored sessions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task


class Remembering(Platform):
    """A platform that records for each task whether it was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["restored"] = True


@broken("SESSION-003", session="restored", history="long")
class RestoreLoadsTen(Remembering):
    """A restored agent knows the last ten messages only"""

    def memory(self, task: Task) -> list[dict]:
        found = super().memory(task)
        return found[-10:] if task.notes.get("restored") else found


@broken(
    "SESSION-003",
    session="restored twice",
    turn="3rd",
    missed="only the agent's words show it, and no wording is required",
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


@broken(
    "SESSION-003",
    session="restored",
    state="cancelled",
    missed="only the agent's words show it, and no wording is required",
)
class CancelledTurnNotLoaded(Remembering):
    """A restored agent does not know the messages of a cancelled turn"""

    def cancel(self, task: Task) -> None:
        super().cancel(task)
        task.notes.setdefault("unanswered", []).append(task.messages[-1])

    def memory(self, task: Task) -> list[dict]:
        left_out = task.notes.get("unanswered", ()) if task.notes.get("restored") else ()
        return [message for message in super().memory(task) if message not in left_out]


@broken("PHASE-004", "SESSION-001", session="restored", readers="joined before")
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


@broken(
    "FOLLOWUP-010",
    session="restored",
    files="at follow-up",
    missed="only the agent's words show it, and no wording is required",
)
class RestoredAgentSeesNoUploads(Remembering):
    """The agent does not learn of files in the message that restored it"""

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        uploaded = [] if task.notes.pop("restored", False) else uploaded
        super().work(task, run, message, memory, uploaded)


@broken("SESSION-004", "SESSION-005", session="restored twice", turn="3rd", files="plain")
class FilesOfTheMiddleSession(Platform):
    """A second restore loses the files of the first restored session"""

    def restore(self, task: Task) -> None:
        task.folder = task.notes.setdefault("preserved", task.folder)
        super().restore(task)


@broken("UPLOAD-009", "FOLLOWUP-009", "AGENT-004", session="restored", files="at follow-up")
class UploadsIntoTheOldWorkspace(Platform):
    """Files that come with the message that restores a session are not there"""

    def restore(self, task: Task) -> None:
        task.notes["old"] = task.folder
        super().restore(task)

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        current, task.folder = task.folder, task.notes.pop("old", task.folder)
        super().begin(task, message, uploaded)
        task.folder = current


@broken(
    "BEAT-004",
    session="restored",
    state="tool running",
    missed="no reader stays on a restored session for longer than a heartbeat of 3 s",
)
class QuietAfterRestore(Remembering):
    """There are no heartbeats once the session was restored"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        quiet = task.notes.get("restored")
        return (item for item in super().listen(task, run, interval) if item is not None or not quiet)


@broken("CREATE-003", "PHASE-010", "GET-031", session="restored", caller="end user's token")
class RestoreForgetsTheEndUser(Platform):
    """An end user does not find the task again once its session was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.caller = replace(task.caller, user=None)
