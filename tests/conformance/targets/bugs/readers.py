"""Bugs of streams that affect only some readers."""

from collections.abc import Iterator, Mapping

from tests.conformance.targets.agent import Use
from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge


@broken(
    "CREATE-007",
    readers=("only one", "dropped"),
    state="tool running",
    missed="the target detects the disconnect only when the last command is already running",
)
class NobodyListensNobodyWorks(Platform):
    """When the only reader disconnects, the next tool waits until another reader joins"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        run.notes["readers"] = run.notes.get("readers", 0) + 1
        try:
            yield from super().listen(task, run, interval)
        finally:
            run.notes["readers"] -= 1

    def call(self, task: Task, run: Run, step: Use) -> None:
        with task.changed:
            while run.notes.get("readers") == 0 and not run.over:
                task.changed.wait(0.05)
        super().call(task, run, step)


@broken("PHASE-010", "PHASE-025", readers=("several", "dropped"))
class DroppedReadersCount(Edge):
    """A task whose readers dropped four times takes no reader any more"""

    def stream_task(self, id: str) -> None:
        task = self.task(id)
        if task.notes.get("streams", 0) >= 4:
            raise Refusal(503, "TOO_MANY_STREAMS", "This task has too many streams")
        task.notes["streams"] = task.notes.get("streams", 0) + 1
        super().stream_task(id)
        task.notes["streams"] -= 1


@broken("BEAT-001", "BEAT-005", "BEAT-014", readers=("several", "dropped"), state="tool running")
class SharedTimerDies(Platform):
    """When a reader drops, the others get no heartbeats any more"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            for item in super().listen(task, run, interval):
                if item is not None or not run.notes.get("cancelled"):
                    yield item
        finally:
            run.notes["cancelled"] = not run.over


@broken("PHASE-007", "PHASE-014", readers=("joined late", "dropped"), state="tool running")
class PlaceIsKept(Platform):
    """Who joins after a reader dropped does not hear what that reader had heard"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        place, heard = run.notes.pop("place", 0), 0
        try:
            for item in super().listen(task, run, interval):
                heard += item is not None
                if item is None or heard > place:
                    yield item
        finally:
            if not run.over:
                run.notes["place"] = heard


@broken("HISTORY-015", "FOLLOWUP-007", readers="none")
class AnswerSavedByTheReader(Platform):
    """The answer of a run that nobody listened to is not in the history"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        task.run.notes["heard"] = True
        return super().join(task)

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user" or task.run.notes.get("heard"):
            super().remember(task, role, content, more)


@broken("HISTORY-015", readers="several", missed="no requirement says that an answer is saved once")
class EveryReaderSaves(Platform):
    """The answer of a run with two readers is twice in the history"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        first = not run.notes.get("heard")
        run.notes["heard"] = True
        for item in super().listen(task, run, interval):
            if not first and item is not None and item[0] == "done":
                self.remember(task, "assistant", run.text, {})
            yield item


@broken("HISTORY-016", "UPLOAD-011", readers=("several", "joined late"), files="at creation")
class ReplayPopsAttachments(Platform):
    """Only the first replay of a message has its attached files"""

    def replay(self, task: Task) -> list[Event]:
        found: list[Event] = [(name, dict(message)) for name, message in super().replay(task)]
        for message in task.messages:
            message.pop("attachedFiles", None)
        return found


@broken(
    "BEAT-001",
    readers=("joined before", "only one"),
    state="pending",
    missed="a task of this platform starts immediately, long before a heartbeat is due",
)
class QuietWhilePending(Platform):
    """There is no heartbeat before the task has started"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        waiting = super().listen(task, run, interval)
        return (item for item in waiting if item is not None or task.started is not None)


@broken("PHASE-022", "CANCEL-009", readers=("joined during", "several"), state="tool running")
class LateReaderLeftOpen(Platform):
    """Who joins while a tool runs, as the second, hears neither done nor the end"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        late = bool(run.processes) and run.notes.get("heard")
        run.notes["heard"] = True
        for item in super().listen(task, run, interval):
            if item is None or item[0] != "done" or not late:
                yield item
        if late:
            yield from super().listen(task, Run(), interval)


@broken("PHASE-009", readers="joined during", state="speaking")
class PartialAnswerStays(Platform):
    """When somebody joins while the agent speaks, the history has the answer's beginning as well"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            if task.status == "running" and task.run.text:
                self.remember(task, "assistant", task.run.text, {})
            return super().join(task)


@broken(
    "HISTORY-015",
    readers=("only one", "dropped"),
    state="speaking",
    missed="only the agent's words show it, and no wording is required",
)
class AnswerEndsWithItsReader(Platform):
    """Text that the agent writes after its reader disconnected is not in its answer"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            yield from super().listen(task, run, interval)
        finally:
            run.notes["closed"] = not run.over

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        if not run.notes.get("closed"):
            super().say(task, run, text, partial=partial)
