"""Regressions that, when they were planted, the suite missed or detected by another requirement."""

import re
import time
from collections.abc import Iterator

from lab.platforms.catalogue import broken
from lab.platforms.forms import Forms, Piece
from lab.platforms.platform import Event, Platform, Run, Task
from lab.platforms.tokens import Accounts


@broken("TOKEN-009")
class MinutesOfAnHour(Accounts):
    """Of a lifetime in minutes the part below an hour counts"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and re.fullmatch("[0-9]+m", lasts := str(body.get("expiresIn"))):
            body = {**body, "expiresIn": f"{int(lasts[:-1]) % 60 or 60}m"}
        return super().exchange(body)


@broken("UPLOAD-010")
class BoundaryAnywhere(Forms):
    """A file ends where the boundary is, also within a line"""

    def pieces(self, boundary: object, body: bytes) -> Iterator[Piece]:
        mark = b"--" + str(boundary).encode("latin-1")
        for piece in super().pieces(boundary, body):
            yield piece._replace(content=piece.content.split(mark)[0])


@broken("FOLLOWUP-015", turn="2nd")
class CheckedBeforeTheLock(Platform):
    """A message that comes at the same time as another finds the task as the other found it"""

    def check_sendable(self, task: Task) -> None:
        if time.monotonic() - task.notes.get("checked", 0.0) > 0.1:
            super().check_sendable(task)
        task.notes["checked"] = time.monotonic()


@broken("ISOLATION-005", caller="another end user", values="longest")
class EndUserIdIsCut(Accounts):
    """Of an end user's id the first 64 characters count"""

    def exchange(self, body: object) -> dict:
        if isinstance(body, dict) and isinstance(user := body.get("endUserId"), str):
            body = {**body, "endUserId": user[:64]}
        return super().exchange(body)


@broken("PHASE-007", readers="joined late", approval="once")
class DecisionsAreNotCaughtUp(Platform):
    """A reader that joins while an approved call runs receives it as waiting"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        approved = super().approve(task, call, outcome)
        with task.changed:
            told = next(each for each in task.run.calls if each["callId"] == call)
            if approved:
                self.emit(task, task.run, "tool_call", {**told, "status": "executing"})
        return approved

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        before, asked = len(run.feed), set()
        for number, item in enumerate(super().listen(task, run, interval)):
            name, payload = item or ("", {})
            if name == "tool_call" and payload["callId"] in asked and number < before:
                continue
            asked |= {payload.get("callId")} if name == "tool_call" else set()
            yield item
