"""The wire format of the independent target: JSON, and a stream's head, events, heartbeats and chunks."""

import json
from collections.abc import Mapping


class Wire:
    """The plainest legal format. Each detail in which a server may differ is a method or an attribute."""

    version = "HTTP/1.1"
    chunked = True
    json_type = "application/json"
    stream_type = "text/event-stream"
    created_status = 200
    accepted_status = 200
    beat_text = ":heartbeat\n\n"

    # --- JSON

    def dumps(self, value: object) -> str:
        """Return the JSON text of an answer or an event; it may have several lines."""
        return json.dumps(value)

    def json(self, value: object) -> bytes:
        return self.dumps(value).encode()

    def failure(self, code: str, message: str) -> dict:
        return {"success": False, "error": {"message": message, "code": code}}

    # --- streams; the bytes of one exchange pass through one object of this class

    def opening(self) -> bytes:
        return b""

    def event(self, name: str, payload: Mapping) -> bytes:
        lines = "".join(f"data: {line}\n" for line in self.dumps(payload).split("\n"))
        return f"event: {name}\n{lines}\n".encode()

    def beat(self) -> bytes:
        return self.beat_text.encode()

    def due(self, interval: float) -> float:
        """Return the seconds between heartbeats if `interval` was promised."""
        return interval

    def chunk(self, data: bytes) -> bytes:
        return f"{len(data):x}\r\n".encode() + data + b"\r\n"

    def last_chunk(self) -> bytes:
        return b"0\r\n\r\n"
