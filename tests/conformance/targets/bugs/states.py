"""Bugs of a task's state: what happens to it while it is pending, speaks, works, or has failed."""

from tests.conformance.targets.agent import Delegate, Use
from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Platform, Run, Task, stamp

CANCELS = "DELETE cancels a running or pending task"
RELEASES = "DELETE stops the execution and releases its resources"
SECRETS = "secrets are never returned"


@bug(
    "2.11/cancels",
    sentence=CANCELS,
    situation={"state": ("pending", "cancelled")},
    because="the start that is scheduled already does not look whether it is still wanted",
)
class CancelledBeforeItStarts(Platform):
    """A task that is cancelled while pending starts all the same"""

    def cancel(self, task: Task) -> None:
        if task.status == "pending":
            task.status, task.completed = "cancelled", stamp()
        else:
            super().cancel(task)


@bug(
    "2.11/releases",
    sentence=RELEASES,
    situation={"state": ("tool running", "cancelled"), "approval": ("automatic", "several")},
    because="the run has one field for its process, and the later call has written over it",
)
class CancelStopsOneOfTwo(Platform):
    """Of two commands that run at the same time a cancellation stops one"""

    def stop(self, task: Task) -> None:
        if task.run.process is not None:
            self.files.stop(task.run.process)


@bug(
    "2.11/releases",
    sentence=RELEASES,
    situation={"state": ("tool running", "cancelled"), "readers": "none"},
    because="a subagent has a run of its own, which the cancellation does not know",
)
class SubagentOutlivesItsTask(Platform):
    """The command of a subagent goes on when its task is cancelled"""

    def delegate(self, task: Task, run: Run, step: Delegate) -> None:
        run.notes["delegated"] = True
        super().delegate(task, run, step)

    def stop(self, task: Task) -> None:
        if not task.run.notes.get("delegated"):
            super().stop(task)


@bug(
    "2.11/cancels",
    sentence=CANCELS,
    situation={"state": ("speaking", "cancelled")},
    because="the flag is looked at before a tool is called, and an answer may need none",
)
class CancelledBetweenToolsOnly(Platform):
    """A task that is cancelled while it speaks goes on to the end"""

    def cancel(self, task: Task) -> None:
        if task.status == "running" and not task.run.processes:
            task.run.notes["cancelled"] = True
        else:
            super().cancel(task)

    def call(self, task: Task, run: Run, step: Use) -> None:
        if run.notes.get("cancelled"):
            super().cancel(task)
        super().call(task, run, step)


@bug(
    "2.4/output.content",
    sentence="content is partial while the task runs",
    situation={"state": "speaking"},
    because="the text is written to the database when a tool is called and at the end",
)
class OutputFlushedByTools(Platform):
    """While a task speaks, its output lacks the text since the last tool"""

    def call(self, task: Task, run: Run, step: Use) -> None:
        run.notes["flushed"] = run.text
        super().call(task, run, step)

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if task.status == "running":
            shown["output"]["content"] = task.run.notes.get("flushed", "")
        return shown


@bug(
    "V-07",
    sentence=SECRETS,
    situation={"state": "pending"},
    because="both maps wait in the queue as one, and the queue is what is shown until the start",
)
class PendingShowsSecrets(Platform):
    """env shows the secrets until the task has started"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | ({"env": self.environment(task) or None} if task.started is None else {})


@bug(
    "V-07",
    sentence=SECRETS,
    situation={"state": "failed"},
    because="the error was given the variables of the process, to be of help",
)
class ErrorShowsSecrets(Platform):
    """error of a failed task lists its variables"""

    def break_off(self, task: Task, run: Run, message: str) -> None:
        told = ", ".join(f"{name}={value}" for name, value in self.environment(task).items())
        super().break_off(task, run, f"{message} ({told})" if told else message)


@bug(
    "2.4/error",
    sentence="error is a message if the task failed, else null",
    situation={"state": "completed", "approval": "automatic"},
    because="whatever a tool writes down as its error is taken for the task's",
)
class ToolErrorIsTheTasks(Platform):
    """A task that completed has an error when one of its commands failed"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        if status == "error":
            task.error = f"{call['toolName']} failed"


@bug(
    "2.4/status",
    "2.6/status",
    sentence="the history tells the current status of the task",
    situation={"state": "awaiting approval", "approval": "once"},
    because="the conversation is told of starts and ends, and not of what is between",
)
class HistoryKnowsNoWaiting(Platform):
    """The history of a task that awaits an approval says running"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        return found | {"status": found["status"].replace("awaiting_approval", "running")}
