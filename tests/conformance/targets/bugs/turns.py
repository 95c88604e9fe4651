"""Bugs of follow-ups: what a turn leaves behind for the next, and what the next takes away."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, bad
from tests.conformance.targets.server import Edge
from tests.conformance.targets.workspace import Files

Parts = Sequence[tuple[str, bytes]]
ERROR = "error is a message if the task failed, else null"
PER_REQUEST = "a request may bring up to 20 files, at creation and at each follow-up"


@bug(
    "2.6/message.attachedFiles",
    sentence="attachedFiles are the files of that message, and absent without any",
    situation={"turn": "2nd", "files": ("at creation", "none")},
    because="the map of extras is kept for the task and added to, a default that is mutable",
)
class AttachmentsStick(Platform):
    """A follow-up without files shows those of the messages before it"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user":
            more = task.notes["more"] = task.notes.get("more", {}) | more
        super().remember(task, role, content, more)


@bug(
    "2.6/message.toolCalls",
    sentence="toolCalls are the tool calls of that answer, and absent without any",
    situation={"turn": "2nd", "approval": "automatic"},
    because="the calls are collected in the task, and nobody empties the collection between turns",
)
class ToolCallsStick(Platform):
    """An answer without tools shows the tool calls of the answers before it"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "assistant":
            calls = [*task.notes.get("calls", ()), *more.get("toolCalls", ())]
            task.notes["calls"] = calls
            more = {**more, "toolCalls": calls} if calls else more
        super().remember(task, role, content, more)


@bug(
    "2.4/systemPrompt",
    sentence="systemPrompt reads back as given at creation",
    situation={"turn": "2nd", "body": "multipart", "files": "at follow-up"},
    because="one function fills the task from a form, and a follow-up's form has no such field",
)
class FollowUpFormClearsPrompt(Edge):
    """systemPrompt is null after a follow-up that came as a form"""

    def send_message(self, id: str) -> None:
        super().send_message(id)
        if self.headers.get_content_type() == "multipart/form-data":
            self.task(id).system_prompt = None


@bug(
    "2.4/error",
    sentence=ERROR,
    situation={"turn": "2nd", "state": ("failed", "completed")},
    because="what a follow-up resets was listed before there was an error",
)
class ErrorSticks(Platform):
    """A task that failed and then completed still shows its error"""

    def reopen(self, task: Task) -> None:
        kept = task.error
        super().reopen(task)
        task.error = kept


@bug(
    "2.4/error",
    sentence=ERROR,
    situation={"turn": "2nd", "state": "failed"},
    because="the first cause is kept on purpose, for the task instead of the turn",
)
class FirstErrorStays(Platform):
    """A second failure shows the message of the first"""

    def break_off(self, task: Task, run: Run, message: str) -> None:
        super().break_off(task, run, message)
        with task.changed:
            task.error = task.notes.setdefault("error", task.error)


@bug(
    "2.6/status",
    sentence="status of the history is the current status of the task",
    situation={"turn": "2nd", "state": ("failed", "completed")},
    because="the conversation has a flag for failures that is set and never taken back",
)
class FailedForEver(Platform):
    """The history calls a task failed whose last turn completed"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        if found["status"] == "failed":
            task.notes["failed"] = True
        return found | ({"status": "failed"} if task.notes.get("failed") else {})


@bug(
    "1/status",
    sentence="a task whose run fails is failed",
    situation={"turn": "2nd", "state": "failed"},
    because="a task that has an answer counts as completed, and the first turn has given one",
)
class SecondTurnCannotFail(Platform):
    """A second turn that fails leaves the task completed"""

    def finish(self, task: Task, status: str, last: Event) -> None:
        answered = any(message["role"] == "assistant" for message in task.messages)
        super().finish(task, "completed" if status == "failed" and answered else status, last)


@bug(
    "3.2/follow-up",
    sentence="after a follow-up the history of the stream includes it",
    situation={"turn": "2nd", "state": "failed", "readers": "joined before"},
    because="the cached replay is dropped when a completed task goes on, and a failed one is forgotten",
)
class ReplayCachedAfterFailure(Platform):
    """After a failure was read, the stream does not know the follow-up"""

    def replay(self, task: Task) -> list[Event]:
        if task.status == "failed":
            task.notes["replay"] = super().replay(task)
        return task.notes.get("replay") or super().replay(task)

    def reopen(self, task: Task) -> None:
        if task.status == "completed":
            task.notes.pop("replay", None)
        super().reopen(task)


@bug(
    "2.7/then-stream",
    sentence="the stream of a follow-up has the history, then what happens in this turn",
    situation={"turn": "2nd", "readers": "joined during"},
    because="the buffer of events belongs to the task, and only its last event is taken off",
)
class FeedOfTheLastTurn(Platform):
    """A reader of the second turn hears the pieces of the first answer again"""

    def reopen(self, task: Task) -> None:
        said = [each for each in task.run.feed if each[0] == "content"]
        super().reopen(task)
        task.run.feed += said


@bug(
    "2.8/size",
    sentence="size is the size of the file in bytes",
    situation={"turn": "2nd", "files": "plain", "state": "completed"},
    because="the cached listing is renewed when the number of files has changed",
)
class ListingCachedByCount(Files):
    """A file that a second turn overwrote is listed with its old size"""

    def __init__(self) -> None:
        super().__init__()
        self.listed: dict[Path, list[dict]] = {}

    def listing(self, folder: Path) -> list[dict]:
        fresh = super().listing(folder)
        if folder not in self.listed or len(self.listed[folder]) != len(fresh):
            self.listed[folder] = fresh
        return [dict(file) for file in self.listed[folder]]


@bug(
    "2.7/files",
    sentence="files of a follow-up's form are optional",
    situation={"turn": "2nd", "body": "multipart", "files": "none"},
    because="a form is only sent for files, thought who wrote it",
)
class FollowUpFormNeedsFiles(Edge):
    """A follow-up that is a form without files is refused"""

    def send_message(self, id: str) -> None:
        if self.headers.get_content_type() == "multipart/form-data" and not self.fields()[1]:
            raise bad("files are required")
        super().send_message(id)


@bug(
    "U-01",
    sentence=PER_REQUEST,
    situation={"turn": "2nd", "files": ("at creation", "at follow-up", "at the limit")},
    because="the files in the folder are counted, not those of the request",
)
class LimitOverTheTask(Platform):
    """Twenty files are the most for all turns together"""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        kept = sum(len(message.get("attachedFiles", ())) for message in task.messages)
        if parts and kept + len(parts) > self.files.most:
            raise Refusal(400, "TOO_MANY_FILES", f"At most {self.files.most} files")
        return super().admit(task, parts)


@bug(
    "U-01",
    sentence=PER_REQUEST,
    situation={"turn": "2nd", "files": ("at follow-up", "at the limit")},
    because="`>=` for `>` in the second of two copies of the check",
)
class FollowUpTakesNineteen(Platform):
    """The twentieth file of a follow-up is refused"""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        if len(parts) >= self.files.most:
            raise Refusal(400, "TOO_MANY_FILES", f"At most {self.files.most} files")
        return super().admit(task, parts)


@bug(
    "U-01",
    "2.7/files",
    sentence="a file of a follow-up may have up to 50 MB",
    situation={"turn": "2nd", "files": ("at follow-up", "awkward size", "at the limit")},
    because="the check stands in the handler that creates tasks, not beside the storage",
)
class FollowUpTakesAnySize(Platform):
    """A follow-up may bring a file that is too large"""

    def admit(self, task: Task, parts: Parts) -> dict[str, bytes]:
        return self.files.beside(task.folder, self.files.unpacked(parts))


@bug(
    "2.6/message.content",
    sentence="content of a message is what was said in that turn",
    situation={"turn": "3rd"},
    because="runs are pooled in pairs, and the one that is used again keeps its text",
)
class PooledRunKeepsItsText(Platform):
    """The third answer begins with the first one"""

    def reopen(self, task: Task) -> None:
        pool = task.notes.setdefault("runs", [])
        pool.append(task.run)
        super().reopen(task)
        if len(pool) > 1:
            task.run.text = pool.pop(0).text
