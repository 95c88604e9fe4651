"""One recorded stream as a picture: when each event and heartbeat arrived, and how it ended. Pure.

Events before the live phase (history, marker, catch-up) arrive within milliseconds: they are drawn in order
at the left, equally spaced. From there on the axis is time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sigmic_conformance.reports.markup import Html, element, join
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.reports.words import CLOSED
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Closed
from sigmic_spec.plural import plural

WIDTH, LEFT, RIGHT, LANE, TOP = 960, 84, 16, 17, 20
STEP = 9
OPENING_MOST = 340
CATCH_UP_NS = 5_000_000
"""No byte marks the end of the catch-up: events within this time after history_done are shown as such."""
MOST_DUE = 120
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MOST_LABELS = 8
LABEL, LABEL_OF_END = 60, 170
"""The maximum width of the labels at both ends of the axis."""
HOVER = 72
SECOND = 1e9

LANES = {
    "history_message": "history",
    "history_done": "state",
    "status": "state",
    "error": "state",
    "done": "state",
    "thought": "text",
    "content": "text",
    "tool_call": "tools",
    "tool_result": "tools",
    "subagent_start": "subagents",
    "subagent_thought": "subagents",
    "subagent_tool": "subagents",
    "subagent_end": "subagents",
}
ORDER = ("history", "state", "text", "tools", "subagents", "other", "heartbeat")


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark: its position, lane, class, and the text of its tooltip."""

    x: float
    lane: str
    kind: str
    words: str


class Scale:
    """Maps a moment of a stream to a position in the picture."""

    def __init__(self, stream: Stream) -> None:
        exchange = stream.exchange
        self.start = exchange.head_at if exchange.head_at is not None else exchange.started
        self.opening = _opening(stream)
        self.end = max(exchange.ended, self.start)
        self.turn = self.opening[-1].at if self.opening else self.start
        room = min(STEP * (len(self.opening) + 1), OPENING_MOST)
        self.left = LEFT + (room if self.opening else 0)

    def of_event(self, event: StreamEvent) -> float:
        """The position of an event."""
        if event.number < len(self.opening):
            return LEFT + (self.left - LEFT) * (event.number + 1) / (len(self.opening) + 1)
        return self.at(event.at)

    def at(self, moment: int) -> float:
        """The position of a moment after the opening."""
        span = max(self.end - self.turn, 1)
        part = min(max((moment - self.turn) / span, 0.0), 1.0)
        return self.left + (WIDTH - RIGHT - self.left) * part

    def text(self, moment: int) -> str:
        """The same as text, with about three digits: `12 ms`, `1.25 s`."""
        seconds = self.seconds(moment)
        return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"

    def seconds(self, moment: int) -> float:
        """Seconds after the head of the answer."""
        return (moment - self.start) / SECOND


def caption(stream: Stream) -> str:
    """The stream as one line of text, above its picture."""
    exchange, scale = stream.exchange, Scale(stream)
    events, beats = plural(len(stream.events), "event"), plural(len(stream.heartbeats), "heartbeat")
    where = f"exchange {exchange.number} ({exchange.label})"
    return f"{where}: {events}, {beats} in {scale.text(scale.end)}, {CLOSED[exchange.closed]}"


def timeline(stream: Stream, *, heartbeat_seconds: float, most: int, mark: int | None = None) -> Html:
    """The picture. At most `most` ticks; `mark` is the offset of the byte that a verdict cites."""
    scale = Scale(stream)
    ticks = list(_ticks(stream, scale, most))
    lanes = [lane for lane in ORDER if lane == "heartbeat" or any(tick.lane == lane for tick in ticks)]
    height = TOP + LANE * len(lanes) + 18
    floor = TOP + LANE * len(lanes)
    return element(
        "svg",
        _phases(stream, scale, floor),
        _due(stream, scale, floor, heartbeat_seconds),
        _lanes(lanes),
        [_tick(tick, TOP + LANE * lanes.index(tick.lane)) for tick in ticks],
        _mark(stream, scale, mark, floor) if mark is not None else None,
        _axis(scale, floor),
        _close(stream, scale, floor),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label="timeline",
        class_="timeline",
    )


def _opening(stream: Stream) -> Sequence[StreamEvent]:
    marker = stream.marker
    if marker is None:
        return ()
    after = 0
    for event in stream.live:
        if event.at - marker.at > CATCH_UP_NS:
            break
        after += 1
    return stream.events[: marker.number + 1 + after]


def _ticks(stream: Stream, scale: Scale, most: int) -> Iterator[Tick]:
    """The ticks; those of one lane that would overlap become one tick with their number."""
    heap: dict[tuple[str, str, int], list[tuple[float, str]]] = {}
    for event in stream.events:
        words = f"+{scale.seconds(event.at):.3f} s {event.type} {one_line(event.data, HOVER)}"
        x = scale.of_event(event)
        heap.setdefault((LANES.get(event.type, "other"), event.type, round(x)), []).append((x, words))
    for comment in stream.comments:
        words = f"+{scale.seconds(comment.at):.3f} s comment {one_line(comment.text, HOVER)}"
        x = scale.at(comment.at)
        kind = "beat" if comment.is_heartbeat else "comment"
        heap.setdefault(("heartbeat", kind, round(x)), []).append((x, words))
    for number, ((lane, kind, _), found) in enumerate(heap.items()):
        if number >= most:
            return
        x, words = found[0]
        yield Tick(
            x,
            lane,
            kind,
            words if len(found) == 1 else f"{plural(len(found), 'time')} {kind}, the first: {words}",
        )


def _tick(tick: Tick, y: float) -> Html:
    return element(
        "rect",
        element("title", tick.words),
        class_=f"t {tick.kind if tick.kind in {*LANES, 'beat', 'comment'} else 'odd'}",
        x=f"{tick.x - 1.5:.0f}",
        y=y + 3,
    )


def _lanes(names: Sequence[str]) -> list[Html]:
    middles = [(name, TOP + LANE * number + LANE // 2) for number, name in enumerate(names)]
    lines = "".join(f"M{LEFT} {y}H{WIDTH - RIGHT}" for _, y in middles)
    labels = [element("text", name, x=LEFT - 8, y=y + 4, class_="label") for name, y in middles]
    return [element("path", d=lines, class_="lane"), *labels]


def _phases(stream: Stream, scale: Scale, floor: float) -> list[Html]:
    """The bands of history, catch-up and live."""
    if stream.marker is None:
        return [_band("live", "no history_done", LEFT, WIDTH - RIGHT, floor)]
    caught_up = len(scale.opening) > stream.marker.number + 1
    edge = scale.of_event(stream.marker) + STEP / 2 if caught_up else scale.left
    bands = [_band("history", "history", LEFT, edge, floor)]
    if caught_up:
        bands.append(_band("catchup", "catch-up", edge, scale.left, floor))
    rest = "live" if stream.is_streaming else "idle"
    return [*bands, _band("live", rest, scale.left, WIDTH - RIGHT, floor)]


def _band(kind: str, name: str, left: float, right: float, floor: float) -> Html:
    """A band with its name in it, or in a tooltip if the band is too narrow."""
    fits = right - left > len(name) * 6
    return join(
        [
            element(
                "rect",
                None if fits else element("title", name),
                x=f"{left:.0f}",
                y=TOP - 16,
                width=f"{max(right - left, 0):.0f}",
                height=floor - TOP + 16,
                class_=f"band {kind}",
            ),
            element("text", name, x=f"{left + 4:.0f}", y=TOP - 5, class_="phase") if fits else None,
        ]
    )


def _due(stream: Stream, scale: Scale, floor: float, interval: float) -> Iterator[Html]:
    """When heartbeats were due: every `interval` seconds from the response head on."""
    last = stream.last
    end = min(last.at if last is not None else scale.end, scale.end)
    number = int((end - scale.start) / (interval * SECOND))
    if number > MOST_DUE:
        return
    for count in range(1, number + 1):
        moment = scale.start + round(count * interval * SECOND)
        if moment > scale.turn:
            x = f"{scale.at(moment):.1f}"
            words = f"+{scale.seconds(moment):.1f} s: a heartbeat was due, if they come every {interval:g} s"
            yield element(
                "line", element("title", words), x1=x, x2=x, y1=floor - LANE, y2=floor + 4, class_="due"
            )


def _mark(stream: Stream, scale: Scale, offset: int, floor: float) -> Html | None:
    event = next((each for each in reversed(stream.events) if each.offset <= offset), None)
    if event is None:
        return None
    x = scale.of_event(event)
    points = f"{x - 6:.1f},{floor + 12} {x + 6:.1f},{floor + 12} {x:.1f},{floor + 2}"
    return element("polygon", element("title", f"byte {offset}"), points=points, class_="mark")


def _axis(scale: Scale, floor: float) -> list[Html]:
    """Label the start of the live phase, and round seconds after it if there is room for them."""
    words = f"+{scale.text(scale.turn)}"
    found = [element("text", words, x=f"{scale.left:.0f}", y=floor + 13, class_="axis")]
    span = scale.seconds(scale.end) - scale.seconds(scale.turn)
    step = next((each for each in STEPS if span / each <= MOST_LABELS), None)
    if step is None:
        return found
    for count in range(1, int(scale.seconds(scale.end) / step) + 1):
        x = scale.at(scale.start + round(count * step * SECOND))
        if scale.left + LABEL < x < WIDTH - RIGHT - LABEL_OF_END:
            found.append(element("text", f"{count * step:g} s", x=f"{x:.0f}", y=floor + 13, class_="axis at"))
    return found


def _close(stream: Stream, scale: Scale, floor: float) -> Html:
    x = WIDTH - RIGHT
    closed = stream.exchange.closed
    kind = {Closed.COMPLETE: "clean", Closed.HUNG_UP: "left"}.get(closed, "broken")
    words = f"+{scale.text(scale.end)} {CLOSED[closed]}"
    return join(
        [
            element("line", x1=x, x2=x, y1=4, y2=floor + 4, class_=f"close {kind}"),
            element("text", words, x=x, y=floor + 13, class_="axis end"),
        ]
    )
