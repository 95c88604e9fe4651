"""Targets whose streams are broken: framing, heartbeats, phases, and what several readers are told."""

import json
from collections.abc import Iterator, Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.wire import Wire

# --- heartbeats; an interval of 3 s stands for the documented 15 s


@broken("BEAT-001", heartbeat=3)
class NoHeartbeat(Wire):
    """No heartbeat at all"""

    def due(self, interval: float) -> float:
        return 3600.0


@broken("BEAT-001", heartbeat=3)
class FirstHeartbeatOnly(Platform):
    """Only the first heartbeat of a connection is sent"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        sent = False
        for item in super().listen(task, run, interval):
            if item is not None or not sent:
                yield item
            sent = sent or item is None


@broken("STREAM-034")
class HeartbeatInsideEvent(Wire):
    """A heartbeat with its blank line stands between the lines of an event"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return f"event: {name}\n:heartbeat\n\ndata: {json.dumps(payload)}\n\n".encode()


# --- framing and HTTP


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


@broken("PHASE-012")
class DoneTwice(Wire):
    """done is sent twice"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) * (2 if name == "done" else 1)


# --- events


@broken("EVENT-006")
class ContentWithoutFlag(Wire):
    """content lacks isPartial"""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, {key: value for key, value in payload.items() if key != "isPartial"})


@broken("EVENT-018")
class NowDeltaNowWhole(Platform):
    """content is a delta in one run and the text so far in the next"""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=partial)
        if "France" in task.message:
            run.feed[-1][1]["text"] = run.text
