"""One recorded event stream, decoded: its events with arrival times, its phases, heartbeats and silences."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from sigmic_conformance.wire import json_values, sse
from sigmic_conformance.wire.stream_events import TERMINAL, TYPES, Comment, StreamEvent
from sigmic_conformance.wire.streamed_answer import StreamedAnswer
from sigmic_conformance.wire.transcript import Closed, Exchange


class Stream:
    """A recorded stream. Cheap to create; everything is computed on first use and then cached."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def opened(self) -> int:
        """When its head arrived, in nanoseconds of the run; when it was requested, if no head arrived."""
        head_at = self.exchange.head_at
        return self.exchange.started if head_at is None else head_at

    @property
    def listened(self) -> int:
        """How long it was read from then on, in nanoseconds."""
        return self.exchange.ended - self.opened

    @cached_property
    def body(self) -> sse.Body:
        """The decoded body."""
        return sse.decode(self.exchange.body)

    @cached_property
    def events(self) -> tuple[StreamEvent, ...]:
        """All dispatched events."""
        return tuple(self._event(number, block) for number, block in enumerate(self._dispatching()))

    @property
    def documented(self) -> list[tuple[str, str]]:
        """The events of documented types, to compare two deliveries."""
        return [event.documented for event in self.events if event.type in TYPES]

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments."""
        return tuple(
            Comment(line.value, self.exchange.arrival(line.start), line.start, not block.fields)
            for block in self._all_blocks()
            for line in block.comments
        )

    def comments_between(self, began: int, ended: int) -> tuple[Comment, ...]:
        """The comments that arrived between two times."""
        first = bisect_left(self.comments, began, key=lambda each: each.at)
        return self.comments[first : bisect_right(self.comments, ended, key=lambda each: each.at)]

    @cached_property
    def heartbeats(self) -> tuple[Comment, ...]:
        """The heartbeat comments."""
        return tuple(each for each in self.comments if each.is_heartbeat)

    @cached_property
    def marker(self) -> StreamEvent | None:
        """The first history_done."""
        return next((event for event in self.events if event.type == "history_done"), None)

    @property
    def history(self) -> tuple[StreamEvent, ...]:
        """The events before history_done (all of them if there is none)."""
        return self.events if self.marker is None else self.events[: self.marker.number]

    @cached_property
    def live(self) -> tuple[StreamEvent, ...]:
        """The events after history_done."""
        return () if self.marker is None else self.events[self.marker.number + 1 :]

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The history messages, by their documented fields."""
        return [
            json_values.message(event.payload)
            for event in self.history
            if event.type == "history_message" and event.payload
        ]

    @property
    def is_streaming(self) -> bool | None:
        """The value in history_done; None if it has none."""
        value = self.marker.get("isStreaming") if self.marker else None
        return value if isinstance(value, bool) else None

    @cached_property
    def terminal(self) -> StreamEvent | None:
        """The first done or error."""
        return next((event for event in self.live if event.type in TERMINAL), None)

    @property
    def complete(self) -> bool:
        """True if the server ended the stream in an orderly way."""
        return self.exchange.closed is Closed.COMPLETE

    @property
    def sent_everything(self) -> bool:
        """True if it ended in an orderly way, or was left open after everything due was sent."""
        left_open = self.exchange.closed in {Closed.HUNG_UP, Closed.DEADLINE} and self.last is not None
        return self.complete or left_open

    @property
    def last(self) -> StreamEvent | None:
        """The event after which nothing may come: done, error, or the marker of an idle task."""
        return self.terminal or (self.marker if self.is_streaming is False else None)

    def was_awaited(self, seconds: float) -> bool:
        """False if the server is not at fault: a reset, or the harness left within `seconds`."""
        exchange, last = self.exchange, self.last
        if exchange.closed is Closed.HUNG_UP:
            return last is not None and exchange.ended - last.at >= seconds * 1e9
        return exchange.closed is not Closed.RESET

    def of(self, kind: str) -> tuple[StreamEvent, ...]:
        """The live events of one type."""
        return self._by_type.get(kind, ())

    @cached_property
    def _by_type(self) -> dict[str, tuple[StreamEvent, ...]]:
        found: dict[str, list[StreamEvent]] = {}
        for event in self.live:
            found.setdefault(event.type, []).append(event)
        return {kind: tuple(events) for kind, events in found.items()}

    def of_call(self, call: Any) -> list[StreamEvent]:
        """The live events of one tool call, by its callId."""
        return [
            event
            for event in self.live
            if event.type in {"tool_call", "tool_result"} and event.get("callId") == call
        ]

    @cached_property
    def answer(self) -> StreamedAnswer:
        """The agent's text in it."""
        messages = self.messages if self.is_streaming else []
        last = messages[-1] if messages else {}
        content = last.get("content") if last.get("role") == "assistant" else None
        return StreamedAnswer(content if isinstance(content, str) else "", self.live)

    def silences(self, until: int | None = None) -> Iterator[tuple[int, int]]:
        """The gaps between arrivals from the response head on: (start, length) in nanoseconds.

        The gap before the end of the exchange counts too: a silence at the end is just as wrong.
        """
        if self.exchange.head_at is None:
            return
        end = until if until is not None else self.exchange.ended
        previous = self.exchange.head_at
        for chunk in self.exchange.chunks:
            if chunk.at > end:
                break
            yield previous, chunk.at - previous
            previous = chunk.at
        yield previous, max(0, end - previous)

    def _dispatching(self) -> Iterator[sse.Block]:
        return (block for block in self.body.blocks if block.event is not None)

    def _all_blocks(self) -> Iterator[sse.Block]:
        yield from self.body.blocks
        if self.body.leftover is not None:
            yield self.body.leftover

    def _event(self, number: int, block: sse.Block) -> StreamEvent:
        event = block.event
        if event is None:
            raise ValueError("the block dispatched nothing")
        try:
            payload = json_values.read(event.data)
        except ValueError:
            payload = None
        return StreamEvent(
            type=event.type,
            data=event.data,
            payload=payload if isinstance(payload, dict) else None,
            at=self.exchange.arrival(block.end),
            offset=block.start,
            number=number,
        )
