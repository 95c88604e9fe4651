"""A reader of a stream that saves everything."""

import json
from typing import Any

from sigmic_mock.domain.sse import HEARTBEAT


class RecordingSubscriber:
    """Implements `mock_server.ports.Subscriber`. Parses as the documentation does: split on a blank line."""

    def __init__(self) -> None:
        self.received = b""
        self.writes: list[bytes] = []
        self.finished = 0

    def write(self, frames: bytes) -> None:
        assert not self.finished, "written to after its end"
        assert frames.endswith(b"\n\n"), "not whole frames"
        self.received += frames
        self.writes.append(frames)

    def finish(self) -> None:
        self.finished += 1

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and payload of every event so far, without heartbeats."""
        return parse(self.received)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    @property
    def text(self) -> str:
        """The text of all content events."""
        return "".join(payload["text"] for name, payload in self.events if name == "content")

    @property
    def heartbeats(self) -> int:
        return self.writes.count(HEARTBEAT)

    def payloads(self, name: str) -> list[dict[str, Any]]:
        return [payload for each, payload in self.events if each == name]


def parse(received: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Parse whole frames."""
    events = []
    for block in received.decode().split("\n\n"):
        if block and not block.startswith(":"):
            event, data = block.split("\n")
            assert event.startswith("event: ")
            assert data.startswith("data: ")
            events.append((event[7:], json.loads(data[6:])))
    return events
