"""Bugs of large amounts, parallel requests and similar names: limits, pieces, races, comparisons."""

import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

from lab.platforms.catalogue import broken
from lab.platforms.platform import FINAL, Event, Platform, Run, Task
from lab.platforms.server import Edge
from lab.platforms.tokens import Caller
from lab.platforms.workspace import Files

EVENTS, CHARACTERS, BYTES, FILES = 256, 1024, 4096, 256
AT_ONCE = 0.1
"""Seconds between a check of a task and the action that depends on it."""


# --- limits


@broken("PHASE-007", "PHASE-014")
class LastEventsForLateReaders(Platform):
    """A reader that joins a run late receives its last 256 events"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        dropped = max(0, len(run.feed) - EVENTS)
        for item in super().listen(task, run, interval):
            if item is not None and dropped:
                dropped -= 1
            else:
                yield item


@broken("HISTORY-015")
class SavedAnswersAreShort(Platform):
    """A saved answer has 1,024 characters at most"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        kept = content[:CHARACTERS] if role == "assistant" else content
        super().remember(task, role, kept, more)


@broken("GET-033")
class OutputsAreShort(Platform):
    """The output of a task has 1,024 characters at most"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if "output" in shown:
            shown["output"]["content"] = shown["output"]["content"][:CHARACTERS]
        return shown


@broken("HISTORY-008", "FOLLOWUP-005", "FOLLOWUP-015")
class SavedMessagesAreShort(Platform):
    """A saved message has 4,096 bytes at most"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        kept = content.encode(errors="replace")[:BYTES].decode(errors="ignore") if role == "user" else content
        super().remember(task, role, kept, more)


@broken("AGENT-002")
class OutputsEndInSilence(Files):
    """A result has 4,096 bytes of an output"""

    def output(self, process: Popen) -> bytes:
        return super().output(process)[:BYTES]


@broken("ZIP-001")
class ListsEndInSilence(Files):
    """256 files are listed at most"""

    def listing(self, folder: Path) -> list[dict]:
        return super().listing(folder)[:FILES]


@broken("ARTIFACT-008")
class ListsHaveOnePage(Files):
    """1,000 files are listed at most"""

    def listing(self, folder: Path) -> list[dict]:
        return super().listing(folder)[:1000]


@broken("UPLOAD-010")
class OneBufferOfAFile(Edge):
    """A download repeats its first 64 KiB in place of the second"""

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        if kind is not None and len(body) > 1 << 17:
            body = body[: 1 << 16] + body[: 1 << 16] + body[1 << 17 :]
        super().send(status, body, headers, kind)


# --- pieces


# --- several in parallel


@broken("FOLLOWUP-015")
class OneOfTwoMessagesIsLost(Platform):
    """Of two messages at the same time both are accepted, and one is saved"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            self.check_sendable(task)
        time.sleep(AT_ONCE)
        with task.changed:
            if task.status in FINAL:
                super().follow_up(task, message, parts)


@broken("FOLLOWUP-015")
class OneOfTwoAnswersIsLost(Platform):
    """Two messages at the same time are accepted, and the end of the first turn ends the second"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            self.check_sendable(task)
        time.sleep(AT_ONCE)
        with task.changed:
            status, task.status = task.status, FINAL[0]
            try:
                super().follow_up(task, message, parts)
            except BaseException:
                task.status = status
                raise


@broken("FOLLOWUP-015")
class OneMessageWaits(Platform):
    """A message that comes while the agent works waits, and replaces one that waited before"""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            if task.status in FINAL:
                super().follow_up(task, message, parts)
                return
            if "waits" in task.notes:
                task.messages.remove(task.notes["waits"])
            self.remember(task, "user", message, {})
            task.notes["waits"] = task.messages[-1]

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, last)
        if waits := task.notes.pop("waits", None):
            self.reopen(task)
            self.start(task, waits["content"], {})


@broken("UPLOAD-010")
class StagedByName(Files):
    """Two files of one name that come at the same time have the bytes of one of them"""

    def __init__(self) -> None:
        super().__init__()
        self.staged: dict[str, bytes] = {}

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        found = super().unpacked(parts)
        self.staged |= found
        time.sleep(AT_ONCE if found else 0)
        return {path: self.staged[path] for path in found}


@broken("EVENT-028")
class LastCallsAreTold(Platform):
    """The output of a task has the last eight calls of its turn"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if calls := shown.get("output", {}).get("toolCalls"):
            shown["output"]["toolCalls"] = calls[-8:]
        return shown


# --- similar names


class Alike(Platform):
    """Compares end users by a normal form of their ids."""

    def form(self, user: str) -> str:
        return user

    def owns(self, caller: Caller, task: Task) -> bool:
        theirs = task.caller.user or ""
        alike = caller.user is not None and self.form(theirs) == self.form(caller.user)
        return super().owns(replace(caller, user=theirs) if alike else caller, task)


@broken("ISOLATION-005")
class UsersInAnyCase(Alike):
    """End users whose ids differ in case see one another's tasks"""

    def form(self, user: str) -> str:
        return user.casefold()


@broken("ISOLATION-005")
class UsersThatLookAlike(Alike):
    """End users whose ids differ in a letter that looks like two see one another's tasks"""

    def form(self, user: str) -> str:
        return unicodedata.normalize("NFKC", user)


@broken("ISOLATION-005")
class UsersWithoutDots(Alike):
    """End users whose ids differ in a dot at the end see one another's tasks"""

    def form(self, user: str) -> str:
        return user.rstrip(".")


@broken("VARS-004", values="separators")
class VariablesInAnyCase(Platform):
    """Of two variables whose names differ in case one is set"""

    def environment(self, task: Task) -> dict[str, str]:
        return {name.upper(): value for name, value in super().environment(task).items()}


@broken("UPLOAD-009", "UPLOAD-012")
class FilesInAnyCase(Files):
    """Of two files whose names differ in case the first is kept"""

    def unpacked(self, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        found: dict[str, tuple[str, bytes]] = {}
        for path, content in super().unpacked(parts).items():
            found.setdefault(path.casefold(), (path, content))
        return dict(found.values())
