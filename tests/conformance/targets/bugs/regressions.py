"""Regressions as developers make them, planted all at once before any of them was tried."""

import io
import json
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.forms import Forms, Piece
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller, decode
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files


@broken("LIST-013", list="exact page")
class MoreAtTheVeryEnd(Platform):
    """hasMore is true for a page that ends exactly with the last task"""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        shown, pages = super().page(caller, limit, offset)
        return shown, pages | {"hasMore": bool(shown) and offset + limit <= pages["total"]}


@broken("LIST-006")
class OrderedBySeconds(Platform):
    """Tasks are ordered by the second of their last activity, the older first within one"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return sorted(items, key=lambda item: item["lastActivityAt"][:19], reverse=True)


@broken("APPROVE-001", "FOLLOWUP-019", session="restored")
class RestoredWithDefaults(Platform):
    """A restored task approves its calls automatically"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.automatic = True


@broken("GET-022", "PHASE-007", "GET-033", turn="2nd", state="cancelled")
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


@broken("STREAM-008", "STREAM-010", values="line ends")
class LinesOfPython(Wire):
    """The data of an event is cut at every line break that Python knows, U+2028 and U+0085 among them"""

    def dumps(self, value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    def event(self, name: str, payload: Mapping) -> bytes:
        lines = "".join(f"data: {line}\n" for line in self.dumps(payload).splitlines())
        return f"event: {name}\n{lines}\n".encode(errors="replace")


@broken("BEAT-001", "BEAT-013", readers="several")
class OneReaderIsKeptAlive(Platform):
    """Of several readers of a task the last one gets heartbeats"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        mine = run.notes["reader"] = object()
        for item in super().listen(task, run, interval):
            if item is not None or run.notes["reader"] is mine:
                yield item


@broken("TOKEN-007", "TOKEN-006")
class MinutesOfAnHour(Accounts):
    """Of a lifetime in minutes the part below an hour counts"""

    def exchange(self, body: object) -> dict:
        lasts = body.get("expiresIn") if isinstance(body, dict) else None
        if isinstance(lasts, str) and lasts.endswith("m") and lasts[:-1].isdecimal():
            body = {**body, "expiresIn": f"{int(lasts[:-1]) % 60 or 60}m"}
        return super().exchange(body)


@broken("UPLOAD-009", "UPLOAD-012", values="non-ASCII")
class NamesInOneForm(Files):
    """Of two files whose names differ in the form of a letter the last is kept"""

    def base_name(self, name: str) -> str:
        return unicodedata.normalize("NFC", super().base_name(name))


@broken("UPLOAD-010", "CREATE-016", values="line ends")
class BoundaryAnywhere(Forms):
    """A file ends where the boundary is, also within a line"""

    def pieces(self, boundary: object, body: bytes) -> Iterator[Piece]:
        mark = b"--" + str(boundary).encode("latin-1")
        for piece in super().pieces(boundary, body):
            yield piece._replace(content=piece.content.split(mark)[0])


@broken("ZIP-001", "ZIP-004", files="ZIP")
class StoredEntriesOfOneBlock(Files):
    """Of an entry that is not compressed 64 KiB are extracted"""

    def extract(self, archive: bytes) -> dict[str, bytes]:
        found = super().extract(archive)
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            stored = {
                f"uploads/{each.filename}"
                for each in opened.infolist()
                if each.compress_type == zipfile.ZIP_STORED
            }
        return {path: content[: 1 << 16] if path in stored else content for path, content in found.items()}


@broken("ARTIFACT-003", turn="2nd")
class SizesAreRemembered(Files):
    """The size of a file is listed as when it was listed first"""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[Path, int] = {}

    def describe(self, folder: Path, path: Path) -> dict:
        told = super().describe(folder, path)
        return told | {"size": self.sizes.setdefault(path, told["size"])}


@broken("ARTIFACT-009", "ARTIFACT-011", files="awkward size")
class NothingToDeliver(Files):
    """An empty file is listed and cannot be downloaded"""

    def resolve(self, folder: Path, path: str) -> Path:
        found = super().resolve(folder, path)
        if not found.stat().st_size:
            raise missing()
        return found


@broken("APPROVE-002", "APPROVE-003", approval="several")
class TheFirstOfTheWaiting(Platform):
    """Of several calls that wait an answer decides the one that asked first"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            waits = [each["callId"] for each in task.run.waits]
            return super().approve(task, waits[0] if call in waits else call, outcome)


@broken("HISTORY-013", "EVENT-028", approval="rejected")
class SavedAsSuccess(Platform):
    """A call that was rejected is saved as a success"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        calls = [call | {"status": "success"} for call in more.get("toolCalls", ())]
        super().remember(task, role, content, {**more, "toolCalls": calls} if calls else more)


@broken("GET-018", state="cancelled", approval="rejected")
class StillAsking(Platform):
    """A task that was cancelled while a call waited still lists the call"""

    def finish(self, task: Task, status: str, last: Event) -> None:
        waits = list(task.run.waits) if status == "cancelled" else []
        super().finish(task, status, last)
        task.run.waits.extend(waits)


@broken("ISOLATION-005", "ISOLATION-006", caller="another end user")
class UsersThatBeginAlike(Platform):
    """An end user's list has the tasks of users whose ids begin with the same letters"""

    def listed(self, caller: Caller, task: Task) -> bool:
        theirs = task.caller.user or ""
        alike = caller.user is not None and theirs.startswith(caller.user)
        return self.owns(replace(caller, user=theirs) if alike else caller, task)


@broken("AUTH-008", caller="end user's token")
class StreamsOutliveTokens(Edge):
    """A stream can be opened with a token that has expired"""

    def authenticate(self) -> None:
        try:
            super().authenticate()
        except Refusal as refusal:
            if "expired" not in refusal.message or not self.path.endswith("/stream"):
                raise
            token = self.headers["Authorization"].split()[1]
            claims = json.loads(decode(token.split(".")[1]))
            app = f"widget-{self.server.accounts.app_id}"
            self.caller = Caller("first", app, claims["sub"], claims["jti"])


@broken("PHASE-007", "EVENT-022", readers="joined during")
class CallsAreToldAgain(Platform):
    """Who joins while a command runs is told its call twice"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        with task.changed:
            at_work = [dict(call) for call in run.calls if call["status"] == "executing"]
        told = {each["callId"] for each in at_work}
        for item in super().listen(task, run, interval):
            yield item
            if item is not None and item[0] == "tool_call" and item[1]["callId"] in told:
                yield item


@broken("GET-020", "STATE-010", turn="2nd", state="failed")
class TheErrorStays(Platform):
    """After a failed turn the error is still told when the next turn has completed"""

    def reopen(self, task: Task) -> None:
        error = task.error
        super().reopen(task)
        task.error = error


@broken("UPLOAD-011", "HISTORY-012", values="non-ASCII")
class NamesForALink(Platform):
    """attachedFiles tells names with letters beyond ASCII percent-encoded"""

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        return [each | {"path": quote(each["path"])} for each in super().attached(task, uploaded)]
