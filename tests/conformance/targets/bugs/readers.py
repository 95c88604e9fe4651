"""Bugs of readers: none, one or several of them, who join late, go away, or come back."""

from collections.abc import Iterator, Mapping

from tests.conformance.targets.agent import Use
from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge

GOES_ON = "execution goes on when a reader disconnects"
LIVE = "live events follow until the task completes"
SAVED = "the history holds what was said, once"
REPLAYED = "whoever connects hears the full history, then the current state"
HEARTBEAT = "a heartbeat comes every 15 s"


@bug(
    "3.2/disconnect",
    sentence=GOES_ON,
    situation={"readers": ("only one", "dropped"), "state": "tool running"},
    because="tools wait for somebody to take their output, as pressure in the other direction",
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


@bug(
    "3.2/connect-any-time",
    sentence="one can connect at any time",
    situation={"readers": ("several", "dropped")},
    because="the counter of streams goes down at the end of the handler, not in a `finally`",
)
class DroppedReadersCount(Edge):
    """A task whose readers dropped four times takes no reader any more"""

    def stream_task(self, id: str) -> None:
        task = self.task(id)
        if task.notes.get("streams", 0) >= 4:
            raise Refusal(503, "TOO_MANY_STREAMS", "This task has too many streams")
        task.notes["streams"] = task.notes.get("streams", 0) + 1
        super().stream_task(id)
        task.notes["streams"] -= 1


@bug(
    "3.2/live",
    sentence=LIVE,
    situation={"readers": ("several", "dropped")},
    because="who has gone is taken off the list of readers while the list is gone through",
)
class RemovedWhileIterating(Platform):
    """When a reader drops, the one that joined next misses an event"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        readers, missing = run.notes.setdefault("readers", []), run.notes.setdefault("missing", [])
        readers.append(me := object())
        try:
            for item in super().listen(task, run, interval):
                if item is not None and me in missing:
                    missing.remove(me)
                else:
                    yield item
        finally:
            if not run.over:
                missing += readers[readers.index(me) + 1 :][:1]


@bug(
    "S-03",
    sentence=HEARTBEAT,
    situation={"readers": ("several", "dropped"), "state": "tool running"},
    because="the readers of a run share a timer, and whoever goes first cancels it",
)
class SharedTimerDies(Platform):
    """When a reader drops, the others get no heartbeats any more"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            for item in super().listen(task, run, interval):
                if item is not None or not run.notes.get("cancelled"):
                    yield item
        finally:
            run.notes["cancelled"] = not run.over


@bug(
    "3.2/reconnect",
    sentence=REPLAYED,
    situation={"readers": ("joined late", "dropped"), "state": "tool running"},
    because="the place in the feed is kept for the key, to go on from where a reader was cut off",
)
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


@bug(
    "3.2/catch-up",
    sentence=REPLAYED,
    situation={"readers": ("joined late", "joined during"), "state": "tool running"},
    because="the text so far is written down when a tool is called, and cleared then",
)
class CatchUpSinceTheLastTool(Platform):
    """Who joins while a second tool runs does not hear what was said before it"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        with task.changed:
            calls = [place for place, (name, _) in enumerate(run.feed) if name == "tool_call"]
            skipped = run.feed[: calls[-1]] if len(calls) > 1 else []
        for item in super().listen(task, run, interval):
            if item is None or item not in skipped or item[0] != "content":
                yield item


@bug(
    "2.6/messages",
    sentence=SAVED,
    situation={"readers": "none"},
    because="the handler of the stream has the whole text at hand when the run is done, and saves it",
)
class AnswerSavedByTheReader(Platform):
    """The answer of a run that nobody listened to is not in the history"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        task.run.notes["heard"] = True
        return super().join(task)

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user" or task.run.notes.get("heard"):
            super().remember(task, role, content, more)


@bug(
    "2.6/messages",
    sentence=SAVED,
    situation={"readers": "several"},
    because="the handler of the stream saves the answer, and each reader has a handler",
)
class EveryReaderSaves(Platform):
    """The answer of a run with two readers is twice in the history"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        first = not run.notes.get("heard")
        run.notes["heard"] = True
        for item in super().listen(task, run, interval):
            if not first and item is not None and item[0] == "done":
                self.remember(task, "assistant", run.text, {})
            yield item


@bug(
    "3.2/reconnect",
    "2.6/message.attachedFiles",
    sentence="a reconnect replays the full history, files and all",
    situation={"readers": ("several", "joined late"), "files": "at creation"},
    because="`pop` instead of `get` when the message is turned into an event",
)
class ReplayPopsAttachments(Platform):
    """Only the first replay of a message has its attached files"""

    def replay(self, task: Task) -> list[Event]:
        found: list[Event] = [(name, dict(message)) for name, message in super().replay(task)]
        for message in task.messages:
            message.pop("attachedFiles", None)
        return found


@bug(
    "3.2/idle-ends",
    "3.2/isStreaming",
    sentence="the stream of a task that does not run ends after history_done",
    situation={"readers": "joined late", "state": "failed"},
    because="the test is `status not in (completed, cancelled)`",
)
class FailedLooksAlive(Platform):
    """The stream of a failed task says isStreaming and stays open"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        if task.status != "failed":
            return before, run
        return [*before[:-1], *self.marker(len(before) - 1, live=True)], Run()


@bug(
    "S-03",
    sentence=HEARTBEAT,
    situation={"readers": ("joined before", "only one"), "state": "pending"},
    because="the timer is started with the run",
)
class QuietWhilePending(Platform):
    """There is no heartbeat before the task has started"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        waiting = super().listen(task, run, interval)
        return (item for item in waiting if item is not None or task.started is not None)


@bug(
    "3.4/running",
    sentence="the stream of a running task ends when the task completes",
    situation={"readers": ("joined during", "several"), "state": "tool running"},
    because="the end is sent to a copy of the list of readers that was made at the start",
)
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


@bug(
    "2.6/messages",
    sentence=SAVED,
    situation={"readers": "joined during", "state": "speaking"},
    because="the text so far is saved for the newcomer, as a message like any other",
)
class PartialAnswerStays(Platform):
    """When somebody joins while the agent speaks, the history has the answer's beginning as well"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            if task.status == "running" and task.run.text:
                self.remember(task, "assistant", task.run.text, {})
            return super().join(task)


@bug(
    "3.2/disconnect",
    sentence=GOES_ON,
    situation={"readers": ("only one", "dropped"), "state": "speaking"},
    because="the model's stream is closed with the reader's, as one was piped into the other",
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
