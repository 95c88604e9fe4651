"""How a stream is written, and which events it has: legal answers (see `table`)."""

import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping

from lab.platforms.agent import Agent, Use
from lab.platforms.platform import Event, Platform, Run, Task, stamp
from lab.platforms.refusal import Refusal
from lab.platforms.server import Edge
from lab.platforms.tokens import Accounts
from lab.platforms.wire import Wire
from lab.platforms.workspace import Files

OPEN = ("executing", "awaiting_approval")


class MixedLineEnds(Wire):
    """Each event ends its lines differently from the one before."""

    def __init__(self) -> None:
        self.ends = itertools.cycle([b"\n", b"\r\n", b"\r"])

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload).replace(b"\n", next(self.ends))


class QuotedCharset(Wire):
    """The media type is in mixed case, its charset quoted."""

    stream_type = 'Text/Event-Stream;Charset="UTF-8"'


class Ids(Wire):
    """Events have opaque ids."""

    def event(self, name: str, payload: Mapping) -> bytes:
        whole = super().event(name, payload)
        return whole.removesuffix(b"\n") + f"id: {secrets.token_urlsafe(90)}\n\n".encode()


class DataOnManyLines(Wire):
    """JSON is printed over several lines."""

    def dumps(self, value: object) -> str:
        return json.dumps(value, indent=1)


class CommentBeforeEvent(Wire):
    """A comment line comes directly before an event's first line."""

    def event(self, name: str, payload: Mapping) -> bytes:
        return b":note\n" + super().event(name, payload)


class EmptyComments(Wire):
    """Each event is followed by an empty comment."""

    def event(self, name: str, payload: Mapping) -> bytes:
        return super().event(name, payload) + b":\n\n"


class SpacedHeartbeat(Wire):
    """The heartbeat comment has a space."""

    beat_text = ": heartbeat\n\n"


class EagerHeartbeat(Wire):
    """Heartbeats come after 0.6 of the interval."""

    def due(self, interval: float) -> float:
        return 0.6 * interval


class Coalesced(Platform):
    """Events are collected for 0.2 s and sent together."""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        sent = 0.0
        for item in super().listen(task, run, interval):
            # Events that arrive while the first one is delayed are sent with it.
            if item is not None and item[0] != "done" and time.monotonic() - sent > 0.02:
                time.sleep(0.2)
            yield item
            sent = time.monotonic()


class OtherEventsFirst(Wire):
    """A stream begins with an event of an unknown type."""

    def opening(self) -> bytes:
        return super().opening() + super().event("connected", {"server": "a"})


class StatusEvents(Platform):
    """Runs send status events."""

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        super().begin(task, message, uploaded)
        for status in ("connecting", "processing"):
            self.emit(task, task.run, "status", {"status": status, "message": "soon"})


class CaughtUpAtOnce(Platform):
    """A late reader gets the text so far as one content event, and the open calls."""

    def __init__(self, agent: Agent, files: Files, accounts: Accounts) -> None:
        super().__init__(agent, files, accounts)
        self.reader = threading.local()

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            before, run = super().join(task)
            self.reader.skips = 0 if run is None else len(run.feed)
            return before + ([] if run is None else folded(run)), run

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        skip = self.reader.skips
        for item in super().listen(task, run, interval):
            if item is not None and skip > 0:
                skip -= 1
            else:
                yield item


def folded(run: Run) -> list[Event]:
    first: list[Event] = [("content", {"text": run.text, "isPartial": True})] if run.text else []
    return first + [(name, payload) for name, payload in run.feed if name not in {"content", "thought"}]


class SavedAsItSpeaks(Platform):
    """An answer is saved from its first word on; a late reader receives the rest as live events."""

    def __init__(self, agent: Agent, files: Files, accounts: Accounts) -> None:
        super().__init__(agent, files, accounts)
        self.reader = threading.local()

    def begun(self, task: Task) -> list[dict]:
        """Return the message of an unfinished answer, if it has any text."""
        run = task.run
        if run.over or not run.text or "saved" in run.notes:
            return []
        return [{**self.identity(run), "role": "assistant", "content": run.text, **self.traces(run)}]

    def identity(self, run: Run) -> dict:
        return run.notes.setdefault("identity", {"id": secrets.token_hex(8), "createdAt": stamp()})

    def conversation(self, task: Task) -> list[dict]:
        return sorted(super().conversation(task) + self.begun(task), key=lambda said: said["createdAt"])

    def summary(self, task: Task) -> dict:
        with task.changed:
            shown = super().summary(task)
            return shown | {"messageCount": shown["messageCount"] + len(self.begun(task))}

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, content, more)
        if role == "assistant":
            task.run.notes["saved"] = True
            task.messages[-1] |= self.identity(task.run)

    def finish(self, task: Task, status: str, last: Event) -> None:
        if self.begun(task):
            self.remember(task, "assistant", task.run.text, self.traces(task.run))
        super().finish(task, status, last)

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            before, run = super().join(task)
            self.reader.skips = 0
            if run is not None and self.begun(task):
                self.reader.skips = len(run.feed)
                before += [("tool_call", dict(each)) for each in run.calls if each["status"] in OPEN]
            return before, run

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        skips = self.reader.skips
        for item in super().listen(task, run, interval):
            if item is not None and skips > 0:
                skips -= 1
            else:
                yield item


# --- lines


class RetryLine(Wire):
    """A stream begins with a `retry` line."""

    def opening(self) -> bytes:
        return super().opening() + b"retry: 3000\n\n"


class PaddedOpening(Wire):
    """A stream begins with a comment of two kilobytes."""

    def opening(self) -> bytes:
        return super().opening() + b":" + b" " * 2048 + b"\n\n"


class BeatAtOnce(Wire):
    """A stream begins with a heartbeat."""

    def opening(self) -> bytes:
        return super().opening() + self.beat()


class BeatEvents(Wire):
    """A heartbeat is also an event."""

    def beat(self) -> bytes:
        return super().beat() + super().event("ping", {})


# --- the events of a turn


class AlwaysPartial(Platform):
    """Each content event is partial; `done` is the end."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=True)


class NeverPartial(Platform):
    """No content event is partial."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=False)


class TinyPieces(Platform):
    """Text is sent two characters at a time."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        for begin in range(0, len(text), 2):
            last = begin + 2 >= len(text)
            super().say(task, run, text[begin : begin + 2], partial=partial or not last)


class EmptyPieces(Platform):
    """A piece of text is followed by an empty one."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text, partial=True)
        super().say(task, run, "", partial=partial)


class Blocks(Platform):
    """Run notes keep the text since the last call."""

    def call(self, task: Task, run: Run, step: Use) -> None:
        run.notes.pop("block", "")
        super().call(task, run, step)

    def lengthened(self, run: Run, text: str) -> str:
        run.notes["block"] = run.notes.get("block", "") + text
        return run.notes["block"]


class WholeBlocks(Blocks):
    """The text before a call, or the rest, comes in pieces and then again as a whole."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        with task.changed:
            super().say(task, run, text, partial=True)
            whole = self.lengthened(run, text)
            if not partial:
                self.end_block(task, run, whole)

    def call(self, task: Task, run: Run, step: Use) -> None:
        with task.changed:
            self.end_block(task, run, run.notes.get("block", ""))
        super().call(task, run, step)

    def end_block(self, task: Task, run: Run, whole: str) -> None:
        if whole and not run.over:
            self.emit(task, run, "content", {"text": whole, "isPartial": False})
        run.notes.pop("block", "")


class GrowingBlocks(Blocks):
    """Each content event has all of the text since the last call."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        with task.changed:
            if not run.over:
                run.text += text
                self.emit(task, run, "content", {"text": self.lengthened(run, text), "isPartial": partial})


class NoThoughts(Platform):
    """There are no thoughts."""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        if name == "thought":
            run.thoughts.clear()
        else:
            super().emit(task, run, name, payload)


class ToolCallAgain(Platform):
    """An approved call has another event when it starts."""

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        with task.changed:
            begun = [call for call in run.calls if call["status"] == "executing" and "output" not in call]
            for call in begun if not task.automatic else ():
                if call["args"] == self.named(step)["args"]:
                    self.emit(task, run, "tool_call", call)
        return super().use(task, run, step)


class ValidatesCalls(Platform):
    """A call is validated before it waits or runs."""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        validated = task.notes.setdefault("validated", set())
        if name == "tool_call" and payload["callId"] not in validated:
            validated.add(payload["callId"])
            super().emit(task, run, name, payload | {"status": "validating"})
        super().emit(task, run, name, payload)


class NamesToolsFirst(Platform):
    """A call is reported once before its arguments are known."""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        named = task.notes.setdefault("named", set())
        if name == "tool_call" and payload["callId"] not in named:
            named.add(payload["callId"])
            super().emit(task, run, name, payload | {"args": {}})
        super().emit(task, run, name, payload)


class OtherSubagentWords(Platform):
    """The events of a subagent have few fields, and another terminateReason."""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        if name == "subagent_start":
            payload = {"agentName": payload["agentName"]}
        elif name == "subagent_tool":
            payload = payload | {"status": "success" if payload["status"] == "end" else "executing"}
        elif name == "subagent_end":
            payload = payload | {"terminateReason": "MAX_TURNS"}
        super().emit(task, run, name, payload)


class WrappedCalls(Wire):
    """The object of a tool call is wrapped."""

    def event(self, name: str, payload: Mapping) -> bytes:
        wrapped = {"type": name, "data": dict(payload)}
        return super().event(name, wrapped if name == "tool_call" else payload)


# --- readers


class AcceptNeeded(Edge):
    """A request is refused if its Accept header excludes a stream or file."""

    def stream_task(self, id: str) -> None:
        self.check_accepted("text/event-stream", "text/*")
        super().stream_task(id)

    def download_artifact(self, id: str) -> None:
        self.check_accepted("application/octet-stream")
        super().download_artifact(id)

    def check_accepted(self, *media: str) -> None:
        accepted = self.headers.get("Accept", "*/*")
        if not any(each in accepted for each in (*media, "*/*")):
            raise Refusal(406, "NOT_ACCEPTABLE", f"It is {media[0]}")


class Lingering(Platform):
    """A stream is closed a second after its last event, and a heartbeat comes before that."""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        yield from super().listen(task, run, interval)
        yield None
        time.sleep(1)


class WaitingIsIdle(Platform):
    """A reader that connects while a task awaits an approval sees it as not streaming."""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            if task.status != "awaiting_approval":
                return super().join(task)
            saved = self.replay(task)
            return [*saved, *self.marker(len(saved), live=False)], None
