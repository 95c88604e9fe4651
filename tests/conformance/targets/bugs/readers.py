"""Bugs of streams that affect only some readers."""

from collections.abc import Iterator, Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge


@broken("PHASE-010", "PHASE-025", readers=("several", "dropped"))
class DroppedReadersCount(Edge):
    """A task whose readers dropped four times no longer takes a reader"""

    def stream_task(self, id: str) -> None:
        task = self.task(id)
        if task.notes.get("streams", 0) >= 4:
            raise Refusal(503, "TOO_MANY_STREAMS", "This task has too many streams")
        task.notes["streams"] = task.notes.get("streams", 0) + 1
        super().stream_task(id)
        task.notes["streams"] -= 1


@broken("BEAT-001", "BEAT-005", "BEAT-014", readers=("several", "dropped"), state="tool running")
class SharedTimerDies(Platform):
    """When a reader drops, the others no longer get heartbeats"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            for item in super().listen(task, run, interval):
                if item is not None or not run.notes.get("cancelled"):
                    yield item
        finally:
            run.notes["cancelled"] = not run.over


@broken("PHASE-007", "PHASE-014", readers=("joined late", "dropped"), state="tool running")
class PlaceIsKept(Platform):
    """A reader that joins after another one dropped does not receive what that one had received"""

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
    """The answer of a run without a reader is not in the history"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        task.run.notes["heard"] = True
        return super().join(task)

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user" or task.run.notes.get("heard"):
            super().remember(task, role, content, more)


@broken("HISTORY-016", "UPLOAD-011", readers=("several", "joined late"), files="at creation")
class ReplayPopsAttachments(Platform):
    """Only the first replay of a message has its attached files"""

    def replay(self, task: Task) -> list[Event]:
        found: list[Event] = [(name, dict(message)) for name, message in super().replay(task)]
        for message in task.messages:
            message.pop("attachedFiles", None)
        return found


@broken("PHASE-022", "CANCEL-009", readers=("joined during", "several"), state="tool running")
class LateReaderLeftOpen(Platform):
    """The second reader, if it joins while a tool runs, receives neither done nor the end"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        late = bool(run.processes) and run.notes.get("heard")
        run.notes["heard"] = True
        for item in super().listen(task, run, interval):
            if item is None or item[0] != "done" or not late:
                yield item
        if late:
            yield from super().listen(task, Run(), interval)
