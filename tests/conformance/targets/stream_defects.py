"""Targets whose streams are broken: framing, heartbeats, phases, and what several readers are told."""

import contextlib
import itertools
import json
import secrets
import time
import zlib
from collections.abc import Iterator, Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import FINAL, Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Caller
from tests.conformance.targets.wire import Wire

# --- heartbeats; an interval of 3 s stands for the documented 15 s


@broken("BEAT-001", heartbeat=3)
class NoHeartbeat(Wire):
    """No heartbeat at all"""

    def due(self, interval: float) -> float:
        return 3600.0


@broken("BEAT-001", heartbeat=3)
class LateHeartbeats(Wire):
    """Heartbeats every 20 s instead of every 15 s, to scale"""

    def due(self, interval: float) -> float:
        return interval * 20 / 15


@broken("BEAT-001", heartbeat=3)
class FirstHeartbeatOnly(Platform):
    """Only the first heartbeat of a connection is sent"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        sent = False
        for item in super().listen(task, run, interval):
            if item is not None or not sent:
                yield item
            sent = sent or item is None


@broken("BEAT-001", "BEAT-004", heartbeat=3)
class SilentWhileBusy(Platform):
    """No heartbeat while a command runs"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        return (
            item for item in super().listen(task, run, interval) if item is not None or run.process is None
        )


@broken("BEAT-003", "BEAT-013", heartbeat=3)
class SilentWhileWaiting(Platform):
    """No heartbeat while an approval is awaited"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        return (item for item in super().listen(task, run, interval) if item is not None or not run.waits)


@broken("BEAT-005", heartbeat=3)
class OneHeartbeatReader(Platform):
    """Only the first connection of a run gets heartbeats"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        first = not run.notes.get("heard")
        run.notes["heard"] = True
        return (item for item in super().listen(task, run, interval) if item is not None or first)


@broken("STREAM-034")
class HeartbeatInsideEvent(Wire):
    """A heartbeat with its blank line stands between the lines of an event"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return f"event: {name}\n:heartbeat\n\ndata: {json.dumps(payload)}\n\n".encode()


@broken("STREAM-016")
class GluedHeartbeat(Wire):
    """A heartbeat stands right before an event, without a blank line"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return b":heartbeat\n" + super().event(name, payload)


@broken("BEAT-002")
class OtherHeartbeat(Wire):
    """The comment says ping"""

    beat_text = ":ping\n\n"


@broken("BEAT-002", "BEAT-006")
class HeartbeatEvent(Wire):
    """Heartbeats are events"""

    beat_text = "event: heartbeat\ndata: {}\n\n"


@broken("BEAT-006")
class HeartbeatWithId(Wire):
    """Heartbeats carry an id"""

    beat_text = ":heartbeat\nid: 7\n\n"


@broken("BEAT-007")
class HeartbeatAfterDone(Wire):
    """A heartbeat follows the last event"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) + (self.beat() if name == "done" else b"")


@broken("BEAT-008")
class HeartbeatsReplayed(Wire):
    """Heartbeats are stored and replayed between messages"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) + (self.beat() if name == "history_message" else b"")


# --- framing and HTTP


@broken("STREAM-001")
class PlainTextStream(Wire):
    """The stream is text/plain"""

    stream_type = "text/plain"


@broken("STREAM-002")
class LatinStream(Wire):
    """The stream claims ISO-8859-1"""

    stream_type = "text/event-stream; charset=iso-8859-1"


@broken("STREAM-006")
class CutJson(Wire):
    """The payload of tool_result lacks its last character"""

    def event(self, name: str, payload: Mapping) -> bytes:
        whole = super().event(name, payload)
        return whole[:-3] + b"\n\n" if name == "tool_result" else whole


@broken("STREAM-006")
class NoJson(Wire):
    """The payload of content is the bare text"""

    def event(self, name: str, payload: Mapping) -> bytes:
        text = payload["text"] if name == "content" else json.dumps(payload)
        return f"event: {name}\ndata: {text}\n\n".encode()


@broken("STREAM-005")
class NoEventNames(Wire):
    """The type is in the payload instead of an event field"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return f"data: {json.dumps({'type': name, **payload})}\n\n".encode()


@broken("STREAM-007")
class NoLastBlankLine(Wire):
    """The last event is not closed by a blank line"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload)[: -1 if name == "done" else None]


@broken("STREAM-008")
class RawLineBreaks(Wire):
    """Line breaks of a tool's output break the data line"""

    def event(self, name: str, payload: Mapping) -> bytes:
        text = json.dumps(payload).replace("\\r", "\r").replace("\\n", "\n")
        return f"event: {name}\ndata: {text}\n\n".encode()


@broken("STREAM-009")
class SeparatorsLost(Wire):
    """U+2028 and its kin are dropped from the stream"""

    def event(self, name: str, payload: Mapping) -> bytes:
        text = json.dumps(payload).replace("\\u2028", "").replace("\\u2029", "").replace("\\u0085", "")
        return f"event: {name}\ndata: {text}\n\n".encode()


@broken("STREAM-003")
class BrokenUtf8(Wire):
    """Characters are written in Latin-1"""

    def event(self, name: str, payload: Mapping) -> bytes:
        text = json.dumps(payload, ensure_ascii=False)
        return f"event: {name}\ndata: {text}\n\n".encode("latin-1", "replace")


@broken("STREAM-020")
class NoLastChunk(Wire):
    """The chunked body is cut instead of ended"""

    def last_chunk(self) -> bytes:
        return b""


@broken("STREAM-019", "HTTP-004")
class LengthBesideChunks(Edge):
    """A stream has both Transfer-Encoding and Content-Length"""

    def stream_headers(self) -> list[tuple[str, str]]:
        return [*super().stream_headers(), ("Content-Length", "10")]


@broken("PHASE-002", "ISOLATION-002", "STREAM-030")
class UnknownTaskStreams(Edge):
    """The stream of an unknown task is a 200 with an error event"""

    def stream_task(self, id: str) -> None:
        try:
            super().stream_task(id)
        except Refusal as refusal:
            self.head(200, self.stream_headers())
            self.put(self.wire.event("error", {"message": refusal.message, "code": refusal.code}))
            self.wfile.write(self.wire.last_chunk())


@broken("STREAM-021")
class AlwaysCompressed(Edge):
    """A stream is compressed for everybody"""

    def stream_headers(self) -> list[tuple[str, str]]:
        self.packer = zlib.compressobj(wbits=31)
        return [*super().stream_headers(), ("Content-Encoding", "gzip")]

    def put(self, data: bytes) -> None:
        super().put(self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH) if data else b"")


# --- phases


@broken("PHASE-003")
class CountOffByOne(Platform):
    """messageCount is one too high"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return super().marker(count + 1, live=live)


@broken("PHASE-002")
class NoMarker(Platform):
    """history_done is missing"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return []


@broken("PHASE-002")
class TwoMarkers(Platform):
    """history_done comes twice"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return super().marker(count, live=live) * 2


@broken("PHASE-001", "PHASE-002", "PHASE-003")
class MarkerFirst(Platform):
    """history_done precedes the history"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        return [before[-1], *before[:-1]], run


@broken("PHASE-004")
class AlwaysStreaming(Platform):
    """isStreaming is true for finished tasks too"""

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return super().marker(count, live=True)


@broken("PHASE-001")
class BackwardHistory(Platform):
    """The history is replayed newest first"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        return [*reversed(before[:-1]), before[-1]], run


@broken("FOLLOWUP-005")
class FirstMessageLost(Platform):
    """The replay begins with the second message"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        return [*before[1:-1], *self.marker(len(before) - 2, live=run is not None)], run


@broken("PHASE-007")
class NoCatchUp(Platform):
    """A late joiner hears only what comes after"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        return itertools.islice(super().listen(task, run, interval), len(run.feed), None)


@broken("PHASE-007", "PHASE-009")
class GapAtTheSeam(Platform):
    """A late joiner misses the last event before it joined"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        lost = len(run.feed) - 1
        for number, item in enumerate(super().listen(task, run, interval)):
            if number != lost:
                yield item


@broken("PHASE-007", "PHASE-014")
class TwiceAtTheSeam(Platform):
    """A late joiner hears twice what was said before it joined"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        yield from [event for event in run.feed if event[0] == "content"]
        yield from super().listen(task, run, interval)


@broken("PHASE-009", "PHASE-015")
class StolenEvents(Platform):
    """Two readers share the events instead of getting them all"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        taken = run.notes.setdefault("taken", set())
        for item in super().listen(task, run, interval):
            if item is None or item[0] in {"done", "error"} or id(item) not in taken:
                taken.add(id(item))
                yield item


@broken("PHASE-015", "PHASE-007", "PHASE-014")
class SwappedEvents(Platform):
    """Every second reader hears a result before its call"""

    readers = itertools.count()

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        swap, held = next(self.readers) % 2, None
        for item in super().listen(task, run, interval):
            if swap and item is not None and item[0] == "tool_call":
                held = item
                continue
            yield item
            if held is not None and item is not None and item[0] == "tool_result":
                yield held
                held = None


@broken("PHASE-012")
class DoneTwice(Wire):
    """done is sent twice"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) * (2 if name == "done" else 1)


@broken("PHASE-012")
class ContentAfterDone(Wire):
    """content follows done"""

    def event(self, name: str, payload: Mapping) -> bytes:
        after = super().event("content", {"text": "!", "isPartial": False}) if name == "done" else b""
        return super().event(name, payload) + after


@broken("PHASE-006", "SESSION-001")
class NoDone(Wire):
    """A run ends without done"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return b"" if name == "done" else super().event(name, payload)


@broken("PHASE-006", "STREAM-018")
class NeverClosed(Platform):
    """The stream of a run stays open after done"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        yield from super().listen(task, run, interval)
        for _ in range(120):
            time.sleep(0.5)
            yield None


@broken("PHASE-005")
class IdleStreamOpen(Edge):
    """The stream of a finished task stays open"""

    def events(self, task: Task) -> None:
        finished = task.status in FINAL
        super().events(task)
        for _ in range(120 if finished else 0):
            time.sleep(0.5)
            self.put(self.wire.beat())


@broken("PHASE-008")
class DisconnectCancels(Edge):
    """A reader that goes away takes its task along"""

    def events(self, task: Task) -> None:
        try:
            super().events(task)
        except ConnectionError:
            with contextlib.suppress(Refusal):
                self.server.platform.cancel(task)
            raise


@broken("PHASE-005", "PHASE-024")
class ReconnectRuns(Platform):
    """Opening the stream of a finished task runs the agent again"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            if task.status == "completed":
                task.status, task.completed, task.run = "running", None, Run()
                self.begin(task, task.message, {})
        return super().join(task)


@broken("PHASE-016", "HISTORY-017")
class FreshMessageIds(Edge):
    """Message ids change from replay to replay"""

    def put(self, data: bytes) -> None:
        if b"history_message" in data:
            data = data.replace(b'"id": "', b'"id": "' + secrets.token_hex(2).encode())
        super().put(data)


@broken("PHASE-025", "PHASE-010")
class FewReaders(Platform):
    """A task takes three streams at once, the others are refused"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        task.notes["readers"] = task.notes.get("readers", 0) + 1
        try:
            yield from super().listen(task, run, interval)
        finally:
            task.notes["readers"] -= 1

    def find(self, caller: Caller, id: str) -> Task:
        task = super().find(caller, id)
        if task.notes.get("readers", 0) >= 3:
            raise Refusal(409, "CONFLICT", "Too many readers")
        return task


# --- events


@broken("EVENT-006")
class ContentWithoutFlag(Wire):
    """content lacks isPartial"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, {key: value for key, value in payload.items() if key != "isPartial"})


@broken("EVENT-007")
class ArgumentsAsText(Wire):
    """args of a tool call is a string"""

    def event(self, name: str, payload: Mapping) -> bytes:
        changed = {**payload, "args": json.dumps(payload["args"])} if name == "tool_call" else payload
        return super().event(name, changed)


@broken("EVENT-020")
class ForeignResult(Wire):
    """A result names a call that never was"""

    def event(self, name: str, payload: Mapping) -> bytes:
        changed = {**payload, "callId": "elsewhere"} if name == "tool_result" else payload
        return super().event(name, changed)


@broken("EVENT-018")
class NowDeltaNowWhole(Platform):
    """content is a delta in one run and the text so far in the next"""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=partial)
        if "France" in task.message:
            run.feed[-1][1]["text"] = run.text
