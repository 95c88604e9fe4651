"""Bugs of later turns, and of single states of a task."""

from collections.abc import Mapping

from lab.platforms.agent import Use
from lab.platforms.catalogue import broken
from lab.platforms.platform import Platform, Run, Task, stamp


@broken("UPLOAD-011", turn="2nd", files=("at creation", "none"))
class AttachmentsStick(Platform):
    """A follow-up without files shows those of the messages before it"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user":
            more = task.notes["more"] = task.notes.get("more", {}) | more
        super().remember(task, role, content, more)


@broken("EVENT-022", turn="2nd", approval="automatic")
class ToolCallsStick(Platform):
    """An answer without tools shows the tool calls of the answers before it"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "assistant":
            calls = [*task.notes.get("calls", ()), *more.get("toolCalls", ())]
            task.notes["calls"] = calls
            more = {**more, "toolCalls": calls} if calls else more
        super().remember(task, role, content, more)


@broken("EVENT-027", turn="2nd", state="failed")
class FirstErrorStays(Platform):
    """A second failure shows the message of the first"""

    def break_off(self, task: Task, run: Run, message: str) -> None:
        super().break_off(task, run, message)
        with task.changed:
            task.error = task.notes.setdefault("error", task.error)


@broken("CANCEL-001", "HISTORY-003", state=("pending", "cancelled"))
class CancelledBeforeItStarts(Platform):
    """A task that is cancelled while pending starts all the same"""

    def cancel(self, task: Task) -> None:
        if task.status == "pending":
            task.status, task.completed = "cancelled", stamp()
        else:
            super().cancel(task)


@broken("CANCEL-003", state=("tool running", "cancelled"), approval=("automatic", "several"))
class CancelStopsOneOfTwo(Platform):
    """Of two commands that run at the same time a cancellation stops one"""

    def stop(self, task: Task) -> None:
        if task.run.process is not None:
            self.files.stop(task.run.process)


@broken("CANCEL-001", state=("speaking", "cancelled"))
class CancelledBetweenToolsOnly(Platform):
    """A task that is cancelled while it speaks continues to the end"""

    def cancel(self, task: Task) -> None:
        if task.status == "running" and not task.run.processes:
            task.run.notes["cancelled"] = True
        else:
            super().cancel(task)

    def call(self, task: Task, run: Run, step: Use) -> None:
        if run.notes.get("cancelled"):
            super().cancel(task)
        super().call(task, run, step)


@broken("GET-007", state="completed", approval="automatic")
class ToolErrorIsTheTasks(Platform):
    """A task that completed has an error when one of its commands failed"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        if status == "error":
            task.error = f"{call['toolName']} failed"
