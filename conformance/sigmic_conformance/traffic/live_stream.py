"""A stream that can be read while it runs, so that a probe can act on its events."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sigmic_conformance.traffic.closing import Closing
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.connection import Connection
from sigmic_conformance.wire.sse import Decoder
from sigmic_conformance.wire.transcript import Closed, Exchange, is_success
from sigmic_spec.plural import plural

LARGEST_EVENT = 4 << 20
"""Bytes of an event; a larger one ends the reading of its stream.

The largest that a probe provokes (`large_event`) has up to 3 MB, if a target escapes every quotation mark.
"""
MOST_VALUES = 50_000
"""An event with more objects and lists is not read while its stream runs: other streams would wait."""


@dataclass(frozen=True)
class LiveEvent:
    """One event as it arrived."""

    type: str
    data: str

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The data, if it is a JSON object; else empty."""
        try:
            many = self.data.count("{") + self.data.count("[") > MOST_VALUES
            payload = None if many else json_values.read(self.data)
        except ValueError:
            return {}
        return payload if isinstance(payload, dict) else {}

    def field(self, name: str) -> Any:
        """A field of the payload, also of a wrapped payload (X-01); None if absent."""
        inner = self.payload.get("data")
        found = self.payload.get(name)
        return inner.get(name) if found is None and isinstance(inner, dict) else found

    def mentions(self, text: str) -> bool:
        """Whether a string of the data contains this text."""
        return json_values.mentions(self.data, self.payload, text)

    def calls(self, text: str) -> bool:
        """Whether this is a tool call with this text in its arguments."""
        return self.type == "tool_call" and self.mentions(text)

    @property
    def call(self) -> str:
        """The callId, to answer and compare calls; for a type other than string its JSON text."""
        return json_values.word(self.field("callId"))


class LiveStream:
    """Events of one open stream. `until` waits for an event, `end` for the server to close."""

    def __init__(self, closing: Closing | None = None) -> None:
        self._closing = closing or Closing()
        self.events: list[LiveEvent] = []
        self.ids: list[str] = []
        self._decoder = Decoder()
        self._news = asyncio.Event()
        self._connection: Connection | None = None
        self._record: Callable[[], Exchange] | None = None
        self._exchange: Exchange | None = None
        self.held_back = False
        """Whether nothing arrived in time: not even the head, or nothing after it."""
        self.before: tuple[LiveEvent, ...] = ()
        """The events of earlier connections of the same reader."""
        self._read = 0
        self._waiting: set[str] = set()
        self._unsettled = 0

    def attach(self, connection: Connection, record: Callable[[], Exchange]) -> None:
        """Bind the stream to its connection; `record` creates the exchange when it is over."""
        self._connection = connection
        self._record = record

    def take(self, data: bytes) -> None:
        """Process arrived bytes; empty bytes mean that the exchange is over."""
        for block in self._decoder.feed(data) if data else ():
            if block.event is not None:
                self.events.append(LiveEvent(block.event.type, block.event.data))
                if block.event.last_event_id:
                    self.ids.append(block.event.last_event_id)
        if self._decoder.unfinished > LARGEST_EVENT:
            self.connection.exceeded(f"an event of more than {plural(LARGEST_EVENT, 'byte')}")
        self._news.set()

    @property
    def waiting(self) -> frozenset[str]:
        """The calls that wait for an approval, according to their latest event."""
        for event in self.events[self._read :]:
            call = event.call
            if event.type == "tool_call" and event.field("status") == "awaiting_approval":
                self._waiting.add(call)
            elif event.type in {"tool_call", "tool_result"}:
                self._waiting.discard(call)
        self._read = len(self.events)
        return frozenset(self._waiting)

    @property
    def opened(self) -> bool:
        """True when the answer was 2xx."""
        status = self.connection.capture.status
        return status is not None and is_success(status)

    @property
    def connection(self) -> Connection:
        """The connection underneath."""
        if self._connection is None:
            raise RuntimeError("the stream was never opened")
        return self._connection

    @property
    def ended(self) -> bool:
        """True when nothing more will arrive."""
        return self.connection.capture.closed is not Closed.OPEN

    @property
    def settled(self) -> bool:
        """True if the stream announced its end: done, error, or an idle task."""
        # Reads each event only once: a stream can have thousands.
        for event in self.events[self._unsettled :]:
            idle = event.type == "history_done" and event.payload.get("isStreaming") is False
            if idle or event.type in {"done", "error"}:
                return True
            self._unsettled += 1
        return False

    @property
    def answer(self) -> str:
        """The agent's answer: the live text, or the last saved message if the reader joined too late."""
        texts = [str(event.payload.get("text", "")) for event in self.events if event.type == "content"]
        saved = [
            str(event.payload.get("content", ""))
            for event in self.events
            if event.type == "history_message" and event.payload.get("role") == "assistant"
        ]
        return "".join(texts) or (saved[-1] if saved else "")

    async def until(self, said: Callable[[LiveEvent], bool], timeout: float) -> LiveEvent | None:
        """Return the first event, past or future, that matches; None at the end or the deadline."""
        seen = 0
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self._news.clear()
                    for event in self.events[seen:]:
                        seen += 1
                        if said(event):
                            return event
                    if self.ended:
                        return None
                    await self._news.wait()
        except TimeoutError:
            return None

    async def begun(self, timeout: float) -> bool:
        """Wait for the first byte or the end of the answer; the answer is closed after `timeout` seconds."""
        waited = f"not a byte of the stream within {timeout:g} s"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not (self.ended or self.connection.capture.chunks):
                    self._news.clear()
                    await self._news.wait()
                return True
        self.connection.give_up(waited)
        return False

    async def marker(self, timeout: float) -> LiveEvent | None:
        """Wait for `history_done`."""
        return await self.until(lambda event: event.type == "history_done", timeout)

    async def terminal(self, timeout: float) -> LiveEvent | None:
        """Wait for `done` or `error`."""
        return await self.until(lambda event: event.type in {"done", "error"}, timeout)

    async def end(self, timeout: float) -> bool:
        """Wait for the server to close; False if it did not within `timeout` seconds.

        After the final event nothing more is due: a server that leaves the stream open then costs the reader
        a moment, not a deadline.
        """
        deadline = time.monotonic() + timeout
        while not self.ended and (left := deadline - time.monotonic()) > 0:
            if not self.settled:
                await self.until(lambda _: self.settled, left)
                continue
            heard = len(self.events)
            closed = await self.connection.over(min(left, self._closing.seconds))
            self._closing.seen(closed)
            if closed or len(self.events) == heard:
                break
        return self.ended

    async def finish(self, timeout: float) -> None:
        """Wait for the server to close, at most `timeout` seconds, and close from our side."""
        await self.end(timeout)
        self.hang_up()

    def pause(self) -> None:
        """Stop reading, so that the server's data accumulates in buffers."""
        self.connection.pause()

    def resume(self) -> None:
        """Resume reading."""
        self.connection.resume()

    def hang_up(self, *, abruptly: bool = False) -> None:
        """Close from our side, with a reset when `abruptly`."""
        self.connection.hang_up(abruptly=abruptly)

    def record(self) -> Exchange:
        """The exchange, once it is over."""
        if not self.ended:
            raise RuntimeError("the stream is still open")
        if self._exchange is None and self._record is not None:
            self._exchange = self._record()
        if self._exchange is None:
            raise RuntimeError("the stream was never opened")
        return self._exchange
