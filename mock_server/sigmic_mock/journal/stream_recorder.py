"""Record one stream: its start, every frame, its end."""

import time
from collections.abc import Iterable, Mapping

from aiohttp import web

from sigmic_mock.http.observer import Ending
from sigmic_mock.journal import masking
from sigmic_mock.journal.entry import Detail, Entry, Kind
from sigmic_mock.journal.writer import JournalWriter, Story

_BLANK = b"\n\n"
_CLOSED_BY = {Ending.FINISHED: "server", Ending.GONE: "client", Ending.DROPPED: "too far behind"}


class StreamRecorder:
    """Fulfils `http.observer.StreamObserver` and `faults.observer.FaultyStreamObserver`.

    A stream that never wrote anything is not recorded.
    """

    __slots__ = (
        "_frames",
        "_headers",
        "_is_broken_off",
        "_opened_at",
        "_request",
        "_story",
        "_total",
        "_writer",
        "closed_by",
        "is_whole",
        "number",
        "status",
        "task",
    )

    def __init__(
        self,
        writer: JournalWriter,
        story: Story,
        request: web.BaseRequest,
        task_id: str,
        answer: web.StreamResponse,
    ) -> None:
        """`request` opens the stream, `answer` is its head."""
        self.number: int | None = None
        """None until something was written."""
        self.is_whole = False
        """True if the client has received the stream to its end."""
        self.status = answer.status
        self.task = task_id
        self.closed_by: str | None = None
        self._headers = answer.headers
        self._is_broken_off = False
        self._story = story
        self._writer = writer
        self._request = request
        self._frames = 0
        self._total = 0
        self._opened_at = 0.0

    def wrote(self, data: bytes) -> None:
        self._wrote(_frames(data), ())

    def wrote_altered(self, data: bytes, faults: tuple[str, ...]) -> None:
        self._wrote((data,) if faults else _frames(data), faults)

    def breaks_off(self) -> None:
        self._is_broken_off = True

    def _wrote(self, frames: Iterable[bytes], faults: tuple[str, ...]) -> None:
        if self.number is None:
            self._open()
        for frame in frames:
            self._frames += 1
            self._total += len(frame)
            event, detail = self._writer.frame(self._story.project, frame)
            self._note(Kind.FRAME, detail, event=event, faults=faults)

    def said(self) -> tuple[int, Mapping[str, str], bytes | None, int]:
        """Return status, headers, the body for the request's entry (None), and its length."""
        return (self.status, self._headers, b"", self._total) if self.is_whole else (self.status, {}, None, 0)

    def ended(self, ending: Ending, *, unsent: int) -> None:
        self.is_whole = ending is Ending.FINISHED
        if self.number is None:
            return
        self.closed_by = "fault" if self._is_broken_off and ending is Ending.GONE else _CLOSED_BY[ending]
        detail = {
            "closed_by": self.closed_by,
            "frames": self._frames,
            "bytes": self._total,
            "unsent_bytes": unsent,
            "seconds": round(time.perf_counter() - self._opened_at, 6),
            "last_event_id": self._last_event_id(),
        }
        self._note(Kind.END, detail)

    def _open(self) -> None:
        request, secrets, project = self._request, self._writer.secrets, self._story.project
        self.number = self._writer.next_stream()
        self._opened_at = time.perf_counter()
        http = f"HTTP/{request.version.major}.{request.version.minor}"
        head = masking.head(secrets, project, request.raw_headers)
        path = masking.address(secrets, project, request.raw_path)
        detail = {"http": http, "asked": {"headers": head}, "last_event_id": self._last_event_id()}
        self._note(Kind.OPEN, detail, path=path)

    def _note(
        self,
        kind: Kind,
        detail: Detail,
        *,
        event: str | None = None,
        path: str | None = None,
        faults: tuple[str, ...] = (),
    ) -> None:
        at, real = self._writer.times(self._story.project)
        entry = Entry(
            kind=kind,
            project=self._story.project,
            at=at,
            real=real,
            request=self._story.id,
            operation="stream_task",
            method="GET" if kind is Kind.OPEN else None,
            path=path,
            task=self.task,
            stream=self.number,
            event=event,
            status=self.status if kind is Kind.OPEN else None,
            faults=faults,
            detail=detail,
        )
        self._writer.add(entry, self._story.born)

    def _last_event_id(self) -> str | None:
        value = self._request.headers.get("Last-Event-ID")
        if value is None:
            return None
        text = self._writer.secrets.redact(self._story.project, value.encode("utf-8", "replace"))
        return text[:200].decode("utf-8", "replace")


def _frames(data: bytes) -> Iterable[bytes]:
    """Split bytes that were written in one call, a replay, into frames."""
    first = data.find(_BLANK)
    if first in {-1, len(data) - 2}:
        return (data,)
    pieces = data.split(_BLANK)
    return [piece + _BLANK for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
