"""Legal habits of a platform and its agent: what is saved when, what a workspace has, what else is told."""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.conformance.targets.agent import Agent, Step, Use
from tests.conformance.targets.catalogue import legal
from tests.conformance.targets.platform import FINAL, Event, Platform, Run, Task, stamp
from tests.conformance.targets.tokens import Accounts
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files

OPEN = ("executing", "awaiting_approval")


@legal()
class OtherEventsFirst(Wire):
    """A stream begins with an event of a type that nobody knows."""

    def opening(self) -> bytes:
        return super().opening() + super().event("connected", {"server": "a"})


@legal()
class FurnishedWorkspace(Files):
    """A workspace has files of its own from the start."""

    def folder(self, task: str) -> Path:
        made = super().folder(task)
        self.save(made, {"README.md": b"Welcome\n", "notes/today.txt": b""})
        return made


@legal()
class LooksAround(Platform):
    """The agent calls a tool of its own before each answer; it changes nothing, and so never asks."""

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        yield Use("count_words", {"text": message})
        yield from super().steps(message, uploaded=uploaded, memory=memory)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return step.tool != "count_words" and super().asks(task, run, step)

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        if step.tool == "count_words":
            return "success", str(len(step.args["text"].split()))
        return super().use(task, run, step)


@legal()
class NoConversationYet(Platform):
    """A task that has not started has no conversation, and its stream waits for one."""

    def fields(self, task: Task) -> dict:
        return super().fields(task) | ({"conversationId": None} if task.started is None else {})

    def history(self, task: Task) -> dict:
        return super().history(task) | ({"conversationId": None} if task.started is None else {})

    def conversation(self, task: Task) -> list[dict]:
        waits = task.started is None and task.status not in FINAL
        return [] if waits else super().conversation(task)

    def summary(self, task: Task) -> dict:
        return super().summary(task) | ({"messageCount": 0} if task.started is None else {})

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            task.changed.wait_for(lambda: task.started is not None or task.status in FINAL, 10)
        return super().join(task)


@legal()
class SavedAsItSpeaks(Platform):
    """An answer is a saved message from its first word on; who joins then hears only what follows."""

    def __init__(self, agent: Agent, files: Files, accounts: Accounts) -> None:
        super().__init__(agent, files, accounts)
        self.reader = threading.local()

    def begun(self, task: Task) -> list[dict]:
        """The message of an answer that is not finished yet, if anything of it was said."""
        run = task.run
        if run.over or not run.text or "saved" in run.notes:
            return []
        return [{**self.identity(run), "role": "assistant", "content": run.text, **self.traces(run)}]

    def identity(self, run: Run) -> dict:
        return run.notes.setdefault("identity", {"id": secrets.token_hex(8), "createdAt": stamp()})

    def conversation(self, task: Task) -> list[dict]:
        return sorted(super().conversation(task) + self.begun(task), key=lambda said: said["createdAt"])

    def summary(self, task: Task) -> dict:
        with task.changed:
            shown = super().summary(task)
            return shown | {"messageCount": shown["messageCount"] + len(self.begun(task))}

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, content, more)
        if role == "assistant":
            task.run.notes["saved"] = True
            task.messages[-1] |= self.identity(task.run)

    def finish(self, task: Task, status: str, last: Event) -> None:
        if self.begun(task):
            self.remember(task, "assistant", task.run.text, self.traces(task.run))
        super().finish(task, status, last)

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            before, run = super().join(task)
            self.reader.skips = 0
            if run is not None and self.begun(task):
                self.reader.skips = len(run.feed)
                before += [("tool_call", dict(each)) for each in run.calls if each["status"] in OPEN]
            return before, run

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        skips = self.reader.skips
        for item in super().listen(task, run, interval):
            if item is not None and skips > 0:
                skips -= 1
            else:
                yield item


@legal()
class LastWordsCount(Platform):
    """The answer that is kept is what was said since the last tool."""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        run.notes["said before"] = len(run.text)
        super().end_call(task, run, call, status, output)

    def last_words(self, run: Run) -> str:
        return run.text[run.notes.get("said before", 0) :]

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        kept = self.last_words(task.run) if role == "assistant" else content
        super().remember(task, role, kept, more)

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status == "completed":
            last = ("done", {"finalResponse": self.last_words(task.run)})
        super().finish(task, status, last)

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if task.status == "completed":
            shown["output"]["content"] = self.last_words(task.run)
        return shown


@legal("VARS-014")
class TellsOutputsInPieces(Platform):
    """The agent repeats what a tool printed, seven characters at a time, secrets too."""

    def masked(self, task: Task, text: str) -> str:
        return text

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        with task.changed:
            for begin in range(0, len(output), 7):
                self.say(task, run, output[begin : begin + 7], partial=True)


TOGETHER = (
    "OtherEventsFirst",
    "FurnishedWorkspace",
    "LooksAround",
    "NoConversationYet",
    "SavedAsItSpeaks",
    "LastWordsCount",
)
"""Those that one target can have at once."""
