"""One recorded event stream, decoded: its events with arrival times, phases, heartbeats and texts."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from sigmic_conformance.wire import json_values, sse
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.transcript import Closed, Exchange

FIELDS = {
    "history_message": json_values.MESSAGE_FIELDS,
    "history_done": ("messageCount", "isStreaming"),
    "status": ("status",),
    "thought": ("subject", "description"),
    "content": ("text", "isPartial"),
    "tool_call": ("callId", "toolName", "status", "args"),
    "tool_result": ("callId", "status", "output"),
    "subagent_start": ("agentName", "displayName", "description", "objective"),
    "subagent_thought": ("agentName", "text"),
    "subagent_tool": ("agentName", "status", "toolName", "output"),
    "subagent_end": ("agentName", "terminateReason", "result"),
    "error": ("message", "code"),
    "done": ("finalResponse",),
}
"""The documented fields of each type of event. An event may have undocumented ones as well."""
TYPES = frozenset(FIELDS)
"""The documented types of events; others may occur as well, at any place (EVENT-001)."""
TERMINAL = frozenset({"done", "error"})
HEARTBEAT = "heartbeat"
LONG = 10
"""A text of this length is not repeated by chance."""


def _grow(texts: Sequence[str]) -> bool:
    return all(later.startswith(earlier) for earlier, later in pairwise(texts))


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A dispatched event; `payload` only if data is a JSON object; `at` is when its block ended."""

    type: str
    data: str
    payload: dict[str, Any] | None
    at: int
    offset: int
    number: int

    def mentions(self, text: str) -> bool:
        """Whether a string of the data contains this text."""
        return json_values.mentions(self.data, self.payload, text)

    @property
    def call(self) -> str:
        """The callId, to count and compare by."""
        return json_values.word(self.get("callId"))

    def get(self, name: str) -> Any:
        """A field of the payload, also of a wrapped payload (X-01); None if absent."""
        if self.payload is None:
            return None
        inner = self.payload.get("data")
        if name not in self.payload and "type" in self.payload and isinstance(inner, dict):
            return inner.get(name)
        return self.payload.get(name)

    @property
    def documented(self) -> tuple[str, str]:
        """Its type and documented fields, to compare two deliveries. Other fields may differ between them."""
        if self.payload is None:
            return self.type, self.data
        fields = {name: self.get(name) for name in FIELDS.get(self.type, ())}
        return self.type, json.dumps(fields, sort_keys=True)


def _joined(contents: Iterable[StreamEvent], pieces: str = "") -> str:
    """The text of content events, without one that is not partial and repeats the pieces before it."""
    said = ""
    for event in contents:
        text, is_last = json_values.word(event.get("text")), event.get("isPartial") is False
        is_whole = text == pieces or (len(text) >= LONG and pieces.endswith(text))
        said += "" if is_last and is_whole else text
        pieces = "" if is_last else pieces + text
    return said


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the stream: its text, its time, and whether its block has no fields."""

    text: str
    at: int
    offset: int
    alone: bool

    @property
    def is_heartbeat(self) -> bool:
        """True for `:heartbeat` and `: heartbeat`."""
        return self.text.strip(" ") == HEARTBEAT


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
    def said_everything(self) -> bool:
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
    def texts(self) -> list[str]:
        """The texts of the live content events."""
        return [text for event in self.of("content") if isinstance(text := event.get("text"), str)]

    @cached_property
    def grows(self) -> bool:
        """True if its texts may be the text so far and not deltas (G-47)."""
        texts = [text for text in self.texts if text]
        return len(texts) > 1 and _grow(texts)

    @property
    def _blocks(self) -> list[list[str]]:
        """The texts before, between and after tools, without empty ones."""
        blocks: list[list[str]] = [[]]
        for event in self.live:
            if event.type in {"tool_call", "tool_result"}:
                blocks.append([])
            elif event.type == "content" and (text := json_values.word(event.get("text"))):
                blocks[-1].append(text)
        return [each for each in blocks if each]

    @cached_property
    def answer(self) -> str:
        """Its live text: each text, or one that is not partial, may repeat those before it (G-47)."""
        if self.grows:
            return next(text for text in reversed(self.texts) if text)
        if any(len("".join(each[:-1])) >= LONG for each in self._blocks) and all(map(_grow, self._blocks)):
            return "".join(each[-1] for each in self._blocks)
        return _joined(self.of("content"), self.begun)

    @property
    def endings(self) -> set[str]:
        """Readings of its live text since the last tool (X-04), or a rejected call without result (G-65)."""
        found: set[str] = set()
        for since in (self.closing, self._content_since("tool_call", "tool_result")):
            texts = [text for event in since if (text := json_values.word(event.get("text")))]
            found |= {"".join(texts), _joined(since), *(texts[-1:] if _grow(texts) else ())}
        return found

    @cached_property
    def begun(self) -> str:
        """The answer so far, if the last saved message of a running task has it (G-49); else empty."""
        messages = self.messages if self.is_streaming else []
        last = messages[-1] if messages else {}
        content = last.get("content") if last.get("role") == "assistant" else None
        return content if isinstance(content, str) else ""

    @cached_property
    def joined(self) -> str:
        """All text of the run in the stream: the earlier text, then the live text."""
        return self.begun + "".join(self.texts)

    @cached_property
    def closing(self) -> tuple[StreamEvent, ...]:
        """The content events since the last tool result; all of them if no tool ran."""
        return self._content_since("tool_result")

    def _content_since(self, *types: str) -> tuple[StreamEvent, ...]:
        found: list[StreamEvent] = []
        for event in self.live:
            if event.type in types:
                found.clear()
            elif event.type == "content":
                found.append(event)
        return tuple(found)

    @property
    def closing_words(self) -> Iterator[tuple[StreamEvent, list[str]]]:
        """The closing events with the text that each adds, without the secrets in it.

        Whether a target masks a printed secret, and in which views, is open (V-07): only the text before and
        after it is common to all views.
        """
        added = self._growth if self.grows else {}
        closing = [event for event in self.closing if not self.grows or event.number in added]
        texts = [added.get(event.number, json_values.word(event.get("text"))) for event in closing]
        secrets = [found.span() for found in PLACEHOLDER.finditer("".join(texts))]
        end = 0
        for event, text in zip(closing, texts, strict=True):
            at, end = end, end + len(text)
            inside = [
                (max(first, at), min(last, end)) for first, last in secrets if first < end and last > at
            ]
            edges = [at, *(edge for span in inside for edge in span), end]
            yield (
                event,
                [text[first - at : last - at] for first, last in zip(edges[::2], edges[1::2], strict=True)],
            )

    @property
    def _growth(self) -> dict[int, str]:
        """What each text of a growing stream adds to the one before, by the number of its event.

        The first is left out: what it has may be from before the last tool.
        """
        told = [
            (event.number, text) for event in self.of("content") if isinstance(text := event.get("text"), str)
        ]
        filled = [(number, text) for number, text in told if text]
        return {number: text[len(before) :] for (_, before), (number, text) in pairwise(filled)}

    def delivered(self, answer: str) -> bool:
        """True if it sent this answer, in content read as deltas or as the text so far (G-47).

        The part in a saved message (G-49) may be sent again or not. An answer may be all the text, or only
        the text since the last tool (X-04), which may be a rejected call without a result (G-65). A reader
        that joined later may have got the text before and after that tool as one (G-48).
        """
        texts = self.texts
        before = self.joined.removesuffix(answer)
        if answer and before != self.joined:
            in_the_first = len(before) < len("".join(texts[:1])) and before[-1:].isspace()
            if self.begun or in_the_first:
                return True
        said = {"".join(texts), self.joined, self.answer, self.begun + self.answer}
        return answer in said | self.endings | {*texts[-1:]}

    def is_in_other_words(self, answer: str) -> bool:
        """True if the live text is not contained in this answer, which is worded separately (X-04)."""
        at = 0
        for text in self.texts:
            found = answer.find(text, at)
            if found < 0:
                return True
            at = found + len(text)
        return False

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
