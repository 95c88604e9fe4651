"""The events of one turn: into the event log, to every subscriber, and into the saved partial answer."""

import asyncio
from collections.abc import Sequence

from sigmic_mock.domain.events import Content, Event, ToolResult
from sigmic_mock.domain.model import Output, ToolStatus
from sigmic_mock.domain.redaction import Redactor
from sigmic_mock.domain.turn_output import TurnOutput
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.timeline import about

_BURST = 8
"""Events of a turn before the event loop gets its turn: readers then get them in one write."""
_SAVE_SECONDS = 1.0
"""Platform time between two saves of a growing answer; tool calls save it as well."""


class TurnEvents:
    """Shows what the agent does, in the order it comes.

    The text of the answer goes through a redacted stream; the caller redacts other events.
    """

    def __init__(self, deps: TaskDependencies, cached: CachedTask, redactor: Redactor) -> None:
        self._deps = deps
        self._cached = cached
        self._clock = deps.clocks.of(cached.task.project_id)
        self._text = redactor.stream()
        self._delta = ""
        """The newest delta: not sent before it is known whether it is the last one (G-47)."""
        self._burst = 0
        self._saved_at = self._clock.monotonic()

    @property
    def output(self) -> TurnOutput:
        """The output of the turn so far."""
        output = self._cached.event_log.output
        if output is None:
            raise RuntimeError("the turn is over")
        return output

    async def say(self, text: str) -> None:
        """Add to the answer."""
        shown = self._text.add(text)
        if shown:
            self.release()
            self._delta = shown
            await self._breathe()
            if self._clock.monotonic() - self._saved_at >= _SAVE_SECONDS:
                await self.save()

    async def emit(self, event: Event) -> None:
        """Show an event after the text before it."""
        self.release()
        self.show(event)
        await self._breathe()

    def show(self, event: Event) -> None:
        """Add an event to the event log and send it to every subscriber."""
        task, now = self._cached.task, self._clock.now()
        self._cached.broadcast.send(self._append(event, now))
        self._deps.counters.events[event.name] += 1
        self._deps.timelines.note(task.id, now, "event", event=event.name, **about(event))
        self._burst += 1

    def release(self) -> None:
        """Send the delayed delta: something follows it."""
        if self._delta:
            self.show(Content(self._delta, is_partial=True))
            self._delta = ""

    async def save(self) -> None:
        """Save the partial answer, so that it survives a crash, although the API does not promise that."""
        self._saved_at = self._clock.monotonic()
        await self._deps.store.save_output(self._cached.task.id, self.output.snapshot())

    def last_events(self, *, completed: bool) -> list[Event]:
        """Return the last events of the turn: open calls are cancelled, the text is closed."""
        events: list[Event] = [
            ToolResult(call.call_id, ToolStatus.CANCELLED, "The turn ended before this call did.")
            for call in self.output.open_calls
        ]
        text = self._delta + self._text.flush(cut=not completed)
        self._delta = ""
        if text or (completed and self.output.has_text):
            events.append(Content(text, is_partial=not completed))
        return events

    def output_after(self, events: Sequence[Event]) -> Output:
        """Return the turn's output as it will be once `events` were shown."""
        return self.output.after(events, self._clock.now())

    def _append(self, event: Event, now: int) -> bytes:
        """Add the event to the event log; return the frame for subscribers."""
        return self._cached.event_log.append(event, now)

    async def _breathe(self) -> None:
        if self._burst >= _BURST:
            self._burst = 0
            await asyncio.sleep(0)
