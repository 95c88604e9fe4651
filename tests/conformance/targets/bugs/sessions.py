"""Bugs of restored sessions."""

from collections.abc import Mapping
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


@broken("CREATE-003", "PHASE-010", "GET-031", session="restored", caller="end user's token")
class RestoreForgetsTheEndUser(Platform):
    """An end user does not find the task again once its session was restored"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.caller = replace(task.caller, user=None)
