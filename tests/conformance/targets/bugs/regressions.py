"""Regressions that, when they were planted, the suite missed or detected by another requirement."""

import re
from collections.abc import Iterator

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.forms import Forms, Piece
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.tokens import Accounts


@broken("GET-022", "PHASE-007", turn="2nd", state="cancelled")
class TextOfTheCancelledTurn(Platform):
    """After a cancelled turn the output begins with what that turn had said"""

    def reopen(self, task: Task) -> None:
        said = task.run.text if task.status == "cancelled" else ""
        super().reopen(task)
        task.run.notes["said"] = said

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if "output" in shown:
            shown["output"]["content"] = task.run.notes.get("said", "") + shown["output"]["content"]
        return shown


@broken("BEAT-001", "BEAT-013", readers="several")
class OneReaderIsKeptAlive(Platform):
    """Of several readers of a task the last one gets heartbeats"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        mine = run.notes["reader"] = object()
        for item in super().listen(task, run, interval):
            if item is not None or run.notes["reader"] is mine:
                yield item


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
