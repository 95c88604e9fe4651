"""Legal but odd targets. Rows named by `legal` belong to the lane of the documentation's sample clients.

Oddities of framing and of JSON that any server may have are armed on the mock: `prove --part variations`.
"""

import itertools
import json
import secrets
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from tests.conformance.targets import habits
from tests.conformance.targets.agent import Agent
from tests.conformance.targets.catalogue import legal
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, bad
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller
from tests.conformance.targets.wire import Wire
from tests.conformance.targets.workspace import Files

NODE, COMMENTS, PYTHON = "STREAM-015", "STREAM-016", "STREAM-017"


# --- framing


@legal(NODE, PYTHON)
class MixedLineEnds(Wire):
    """Each event ends its lines otherwise than the one before."""

    def __init__(self) -> None:
        self.ends = itertools.cycle([b"\n", b"\r\n", b"\r"])

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload).replace(b"\n", next(self.ends))


@legal()
class QuotedCharset(Wire):
    """The media type is in odd letters, its charset quoted."""

    stream_type = 'Text/Event-Stream;Charset="UTF-8"'


@legal()
class Ids(Wire):
    """Events have opaque ids."""

    def event(self, name: str, payload: Mapping) -> bytes:
        whole = super().event(name, payload)
        return whole.removesuffix(b"\n") + f"id: {secrets.token_urlsafe(90)}\n\n".encode()


@legal(NODE, PYTHON)
class DataOnManyLines(Wire):
    """The JSON is printed over several data lines."""

    def event(self, name: str, payload: Mapping) -> bytes:
        lines = json.dumps(payload, indent=1).split("\n")
        return (f"event: {name}\n" + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


@legal(NODE, COMMENTS)
class CommentBeforeEvent(Wire):
    """A comment line stands right before an event's first line."""

    def event(self, name: str, payload: Mapping) -> bytes:
        return b":note\n" + super().event(name, payload)


@legal()
class EmptyComments(Wire):
    """Each event is followed by an empty comment."""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) + b":\n\n"


# --- heartbeats


@legal()
class SpacedHeartbeat(Wire):
    """The heartbeat comment has a space."""

    beat_text = ": heartbeat\n\n"


@legal()
class EagerHeartbeat(Wire):
    """Heartbeats come after 0.6 of the interval."""

    def due(self, interval: float) -> float:
        return 0.6 * interval


# --- writes and HTTP


@legal()
class Coalesced(Platform):
    """Events are collected for 0.2 s and sent together."""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        sent = 0.0
        for item in super().listen(task, run, interval):
            # What has gathered while the first of them waited goes out with it.
            if item is not None and item[0] != "done" and time.monotonic() - sent > 0.02:
                time.sleep(0.2)
            yield item
            sent = time.monotonic()


@legal()
class CloseDelimited(Wire):
    """A stream ends with its connection."""

    chunked = False


@legal()
class OldHttp(Wire):
    """Everything is HTTP/1.0."""

    version = "HTTP/1.0"
    chunked = False


@legal()
class ChunkExtensions(Wire):
    """Chunks carry extensions, capital and padded lengths, and a trailer ends them."""

    def chunk(self, data: bytes) -> bytes:
        return f'{len(data):06X};name="value"\r\n'.encode() + data + b"\r\n"

    def last_chunk(self) -> bytes:
        return b"000;last\r\nX-Trailer: yes\r\n\r\n"


@legal()
class OtherStatuses(Wire):
    """Creation answers 201, everything that goes on in the background 202."""

    created_status = 201
    accepted_status = 202


@legal()
class Compressed(Edge):
    """A stream is compressed, and flushed, for a client that offers gzip."""

    def stream_headers(self) -> list[tuple[str, str]]:
        self.packer = None
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.packer = zlib.compressobj(wbits=31)
            return [*super().stream_headers(), ("Content-Encoding", "gzip")]
        return super().stream_headers()

    def put(self, data: bytes) -> None:
        if self.packer is not None and data:
            data = self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH)
        super().put(data)


@legal()
class Throttling(Edge):
    """One request in twenty-five is told to come again in a second."""

    counter = itertools.count(1)

    def dispatch(self) -> None:
        if next(self.counter) % 25 == 0:
            raise Refusal(429, "RATE_LIMITED", "Too many requests")
        super().dispatch()

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        super().head(status, [*headers, ("Retry-After", "1")] if status == 429 else headers)


@legal()
class Distant(Edge):
    """Every answer takes 0.15 s longer."""

    def dispatch(self) -> None:
        time.sleep(0.15)
        super().dispatch()


# --- behaviour that the documentation leaves open


@legal()
class OpaqueIds(Platform):
    """Ids are no UUIDs and need percent-encoding."""

    def new_id(self) -> str:
        return f"task:{secrets.token_hex(20)}~ü"

    def new_call_id(self) -> str:
        return f"{secrets.token_hex(4)}#0-1/a b%2F"


@legal()
class SlowStart(Platform):
    """A task is pending for three seconds."""

    start_seconds = 3.0


@legal()
class Instant(Platform):
    """A simple task is finished before anybody can ask."""

    start_seconds = 0.0


@legal()
class StatusEvents(Platform):
    """Runs tell what they are at."""

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        super().begin(task, message, uploaded)
        for status in ("connecting", "processing"):
            self.emit(task, task.run, "status", {"status": status, "message": "soon"})


@legal()
class CaughtUpAtOnce(Platform):
    """A late joiner gets the text so far as one content event, and open calls as they are."""

    def __init__(self, agent: Agent, files: Files, accounts: Accounts) -> None:
        super().__init__(agent, files, accounts)
        self.reader = threading.local()

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            before, run = super().join(task)
            self.reader.skips = 0 if run is None else len(run.feed)
            return before + ([] if run is None else folded(run.feed)), run

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        skip = self.reader.skips
        for item in super().listen(task, run, interval):
            if item is not None and skip > 0:
                skip -= 1
            else:
                yield item


def folded(feed: list[Event]) -> list[Event]:
    text = "".join(payload["text"] for name, payload in feed if name == "content")
    first: list[Event] = [("content", {"text": text, "isPartial": True})] if text else []
    return first + [(name, payload) for name, payload in feed if name not in {"content", "thought"}]


@legal()
class Forbidding(Platform):
    """Someone else's task is 403."""

    def find(self, caller: Caller, id: str) -> Task:
        if id in self.tasks and not self.owns(caller, self.tasks[id]):
            raise Refusal(403, "FORBIDDEN", "This task belongs to someone else")
        return super().find(caller, id)


@legal()
class StrictList(Edge):
    """A limit above 100 is refused."""

    def list_tasks(self) -> None:
        if self.number("limit", 50) > 100:
            raise bad("limit must be at most 100")
        super().list_tasks()


@legal()
class CancelTwice(Platform):
    """Cancelling what is finished is accepted and changes nothing."""

    def cancel(self, task: Task) -> None:
        if task.status not in ("completed", "failed", "cancelled"):
            super().cancel(task)


@legal()
class SameSession(Platform):
    """A restored session keeps its id."""

    def restore(self, task: Task) -> None:
        task.always.clear()


@legal()
class EntriesLeftOut(Files):
    """An archive's dangerous entries are left out, the others extracted."""

    def entry_name(self, entry: zipfile.ZipInfo) -> str:
        try:
            return super().entry_name(entry)
        except Refusal:
            return f"refused/{secrets.token_hex(4)}.txt"


@legal()
class PlainDisposition(Edge):
    """The file name of a download is a token when it can be one."""

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        if all(letter.isalnum() or letter in ".-_" for letter in name) and name.isascii():
            return [("content-disposition", f"Attachment;filename={name}")]
        return super().file_headers(name)


TOGETHER = (
    ("OtherStatuses", "OpaqueIds", "Forbidding", "CancelTwice", "Throttling"),
    ("OldHttp", "SameSession", "EntriesLeftOut", "Distant", "StrictList", "PlainDisposition"),
    ("MixedLineEnds", "EmptyComments", "ChunkExtensions", "SpacedHeartbeat", "Compressed"),
    ("CommentBeforeEvent", "SlowStart", "CloseDelimited"),
    ("Ids", "QuotedCharset", "EagerHeartbeat", "Instant"),
    ("DataOnManyLines", "CaughtUpAtOnce", "TellsOutputsInPieces"),
    ("StatusEvents", "Coalesced"),
    habits.TOGETHER,
)
"""Oddities that one target can have at once: none hides another, and streams' are apart from the rest."""
