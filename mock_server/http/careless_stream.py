"""What faults make of a stream as a whole: whether it is opened, what of it is sent first, in which coding.

A server that opens streams carelessly really does so here: it works again for everybody who looks, it keeps
the head back until there is news, it forgets to empty its compressor. Rule: a fault is asked for only where
it changes something, because a yes counts as fired.
"""

import asyncio
import base64
import json
import zlib
from collections.abc import Mapping, MutableMapping
from contextlib import nullcontext, suppress
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Task
from sigmic_conformance.mock_server.faults.stream import Outlet
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.event_stream import EventStream
from sigmic_conformance.mock_server.http.journal_recorder import notes_of
from sigmic_conformance.mock_server.ports import Subscriber

_MEDIA = "text/event-stream"
_MARKER = b"event: history_done\n"
_PATIENCE_SECONDS = 30.0
"""Real seconds that a head is kept back at most."""
_GZIP_WBITS = 31


class CarelessStream:
    """One opening of a stream. Ask `before` first."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._coding = self._wrongly("stream.compressed", "offered" if _takes_gzip(call) else "unasked")
        self._withheld: _Withheld | None = None

    def _wrongly(self, decision: str, code: str | None = None) -> Mapping[str, Any] | None:
        return self._call.deviation.wrongly(self._call, decision, code)

    async def before(self) -> None:
        """Refuse a reader, or let the agent work once more. Raises `ApiError`."""
        call = self._call
        faults = call.deviation.faults
        accept = ", ".join(call.request.headers.getall("Accept", ()))
        if _MEDIA not in accept and self._wrongly("stream.accept") is not None:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Accept must be {_MEDIA}")
        if not faults.is_quiet("stream.runs-again"):
            task = await self._task()
            if task.status.is_final and self._wrongly("stream.runs-again") is not None:
                await call.platform.tasks.send_message(call.caller, task.id, task.message)

    def head(self, headers: MutableMapping[str, str]) -> None:
        """Tell of the coding."""
        if self._coding is not None:
            headers["Content-Encoding"] = "gzip"

    def outlet(self, stream: EventStream) -> Outlet:
        """Return where the frames go instead of straight to the connection."""
        if not self._call.deviation.faults.is_quiet("stream.impatient"):
            usual = stream.patience
            stream.patience = lambda: self._patience(usual())
        self._end_with_token(stream)
        return stream if self._coding is None else _Compressing(stream, **self._coding)

    def _patience(self, usual: float) -> float:
        wrong = self._wrongly("stream.impatient")
        return usual if wrong is None else float(wrong["seconds"])

    def _end_with_token(self, stream: EventStream) -> None:
        call = self._call
        if call.deviation.faults.is_quiet("stream.ends-with-token") or not call.caller.is_end_user:
            return

        def end() -> None:
            if self._wrongly("stream.ends-with-token") is not None:
                stream.finish()

        left = _expiry(call) - call.clock.now() / 1000
        timer = call.clock.call_later(max(0.0, left), end, timer="fault")
        stream.ended.add_done_callback(lambda _ended: timer.cancel())

    async def task_id(self) -> str:
        """Return the task whose stream is sent: with a fault, the one that `Last-Event-ID` names."""
        call = self._call
        named = call.request.headers.get("Last-Event-ID", "")
        if call.deviation.faults.is_quiet("stream.resumes-elsewhere") or named in {"", call.task_id}:
            return call.task_id
        with suppress(ApiError):
            other = (await call.platform.tasks.get(call.caller, named)).task
            if self._wrongly("stream.resumes-elsewhere") is not None:
                return other.id
        return call.task_id

    async def reader(self, reader: Subscriber) -> Subscriber:
        """Return who is given the replay and what follows."""
        headers = self._call.request.headers
        if headers.get("Last-Event-ID") and self._wrongly("stream.resumes") is not None:
            return _Resumed(reader)
        if not self._call.deviation.faults.is_quiet("stream.head-withheld"):
            task = await self._task()
            if not task.status.is_final and self._wrongly("stream.head-withheld") is not None:
                self._withheld = _Withheld(reader)
                return self._withheld
        return reader

    async def wait(self) -> None:
        """Return when the head may be sent."""
        if self._withheld is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._withheld.news.wait()

    async def _task(self) -> Task:
        return (await self._call.platform.tasks.get(self._call.caller, self._call.task_id)).task


class Leaving:
    """What becomes of a task that a reader leaves: nothing, unless a fault wants it cancelled."""

    __slots__ = ("_caller", "_clock", "_deviation", "_notes", "_task_id", "_tasks")

    def __init__(self, call: Call) -> None:
        self._caller = call.caller
        self._clock = call.clock
        self._deviation = call.deviation
        self._notes = notes_of(call.request)
        self._task_id = call.task_id
        self._tasks = call.platform.tasks

    def left(self) -> None:
        """The reader has left. To be called in the context of its request."""
        with nullcontext() if self._notes is None else self._notes.resumed():
            wrong = self._deviation.faults.deviates(
                "stream.leaving", self._caller.project_id, task=self._task_id
            )
        if wrong is not None:
            _ = self._deviation.background.start(self._cancel(), name=f"leave {self._task_id}")

    async def _cancel(self) -> None:
        with self._clock.working(), suppress(ApiError):
            await self._tasks.cancel(self._caller, self._task_id)


class _Withheld:
    """Hears of the first thing that is neither replay nor heartbeat."""

    def __init__(self, reader: Subscriber) -> None:
        self.news = asyncio.Event()
        self._reader = reader
        self._is_replayed = False

    def write(self, frames: bytes) -> None:
        if self._is_replayed and not frames.startswith(b":"):
            self.news.set()
        self._is_replayed = True
        self._reader.write(frames)

    def finish(self) -> None:
        self.news.set()
        self._reader.finish()


class _Resumed:
    """Leaves out what a reader with a last event id is thought to have."""

    def __init__(self, reader: Subscriber) -> None:
        self._reader = reader

    def write(self, frames: bytes) -> None:
        self._reader.write(frames[max(0, frames.find(_MARKER)) :])

    def finish(self) -> None:
        self._reader.finish()


class _Compressing:
    """Fulfils `faults.stream.Outlet`: sends gzip, emptied after each event or never, ended or not."""

    def __init__(self, outlet: Outlet, *, flush: str, ends: bool) -> None:
        self._outlet = outlet
        self._flush = flush
        self._ends = ends
        self._coder = zlib.compressobj(wbits=_GZIP_WBITS)

    def write(self, frames: bytes) -> None:
        self.put(frames)

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        coded = self._coder.compress(data)
        if self._flush == "events" and not data.startswith(b":"):
            coded += self._coder.flush(zlib.Z_SYNC_FLUSH)
        self._outlet.put(coded, (*faults, "stream.compressed"))

    def finish(self) -> None:
        if self._ends:
            self._outlet.put(self._coder.flush(), ("stream.compressed",))
        self._outlet.finish()

    def cut(self, *, reset: bool) -> None:
        self._outlet.cut(reset=reset)


def _takes_gzip(call: Call) -> bool:
    return "gzip" in call.request.headers.get("Accept-Encoding", "")


def _expiry(call: Call) -> float:
    """Return when the token ends that the caller was let in with, in seconds since the epoch."""
    claims = call.request.headers["Authorization"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return float(told["exp"])
