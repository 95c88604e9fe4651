"""The readers of a task: what each of its streams received of a turn, and when. Pure."""

from collections.abc import Sequence
from functools import cached_property

from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire.stream import Stream


class Readers:
    """The streams of a task, in the order of their start."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams

    @cached_property
    def slowest_idle_stream(self) -> int | None:
        """The longest time to the marker of a stream of the idle task, in nanoseconds, or None."""
        idle = [each for each in self._streams if each.is_streaming is False]
        return max((each.marker.at - each.exchange.started for each in idle if each.marker), default=None)

    def is_from_the_start(self, turn: Turn, stream: Stream) -> bool:
        """Whether a reader was connected before any reader received an event of a turn."""
        first = self._first_event(turn)
        mine = turn.began <= stream.exchange.started and (
            turn.until is None or stream.exchange.started < turn.until
        )
        return mine and stream.marker is not None and stream.marker.at <= first and not stream.answer.begun

    def _first_event(self, turn: Turn) -> int:
        """When any reader received the first live event after a turn's message; 0 if none did."""
        if turn.number not in self._first_events:
            began = turn.began
            found = (event.at for each in self._streams for event in each.live if event.at > began)
            self._first_events[turn.number] = min(found, default=0)
        return self._first_events[turn.number]

    @cached_property
    def _first_events(self) -> dict[int, int]:
        return {}

    @cached_property
    def events_at(self) -> list[int]:
        """The arrival times of its live events on all streams, in order."""
        return sorted(event.at for stream in self._streams for event in stream.live)

    @cached_property
    def worked_at(self) -> list[int]:
        """The arrival times of its live events on streams of a running turn, in order."""
        return sorted(event.at for stream in self._streams if stream.is_streaming for event in stream.live)

    @cached_property
    def spoken_at(self) -> list[int]:
        """The arrival times of its text, in order."""
        return sorted(event.at for stream in self._streams for event in stream.of("content"))

    def broke_off(self, turn: Turn) -> str | None:
        """The text of the error that ended a stream of a turn; None if no stream ended with one."""
        for stream in self._streams:
            last = stream.terminal
            if last is not None and last.type == "error" and stream.complete:
                text = last.get("message")
                if turn.holds(stream.exchange.started, stream.exchange.ended) and isinstance(text, str):
                    return text
        return None

    def of_all(self, turn: Turn) -> Stream | None:
        """A reader that was connected from before a turn's first event to its done, or None."""
        return next((each for each in self._to_done if self.is_from_the_start(turn, each)), None)

    def to_the_end(self, turn: Turn) -> Stream | None:
        """A reader that joined during a turn and received its done; it also gets earlier text (PHASE-007)."""
        for each in self._to_done:
            in_time = turn.until is None or each.exchange.ended < turn.until
            if turn.taken <= each.exchange.started and in_time:
                return each
        return None

    @cached_property
    def _to_done(self) -> tuple[Stream, ...]:
        """The streams that were read to a done at their end."""
        return tuple(
            each
            for each in self._streams
            if each.complete and each.terminal is not None and each.terminal.type == "done"
        )
