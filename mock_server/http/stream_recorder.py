"""What the developer's journal hears of one stream: its begin, every frame, its end."""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from sigmic_conformance.mock_server.http.event_stream import Ending
from sigmic_conformance.mock_server.http.journal_recorder import RequestNotes
from sigmic_conformance.mock_server.journal import masking
from sigmic_conformance.mock_server.journal.entry import Closing, Detail, Entry, Kind, Opening

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.http.context import Call

_BLANK = b"\n\n"
_CLOSED_BY = {Ending.FINISHED: "server", Ending.GONE: "client", Ending.DROPPED: "too far behind"}


class StreamNotes:
    """Fulfils `event_stream.StreamWatcher`. A stream that never wrote anything never was."""

    __slots__ = (
        "_frames",
        "_headers",
        "_keeper",
        "_notes",
        "_opened_at",
        "_request",
        "_total",
        "closed_by",
        "is_whole",
        "number",
        "project",
        "status",
        "task",
    )

    def __init__(self, notes: RequestNotes, call: "Call", answer: web.StreamResponse) -> None:
        """Begin the notes of the stream that a request opens."""
        notes.opened = self
        self.number: int | None = None
        self.is_whole = False
        """True once the client has got the stream to its end."""
        self.status = answer.status
        self.project = call.project
        self.task = call.task_id
        self.closed_by: str | None = None
        self._headers = answer.headers
        self._keeper = notes.keeper
        self._notes = notes
        self._request = notes.request
        self._frames = 0
        self._total = 0
        self._opened_at = 0.0

    def wrote(self, data: bytes, faults: tuple[str, ...]) -> None:
        if self.number is None:
            self._open()
        for frame in (data,) if faults else _frames(data):
            self._frames += 1
            self._total += len(frame)
            event, detail = self._keeper.frame(self.project, frame)
            self._note(Kind.FRAME, detail, event=event, faults=faults)

    def said(self) -> tuple[int, Mapping[str, str], bytes | None, int]:
        """Return status, headers, what the request's entry shows of the body (nothing), and its length."""
        return (self.status, self._headers, b"", self._total) if self.is_whole else (self.status, {}, None, 0)

    def ended(self, ending: Ending, *, unsent: int, by_fault: bool) -> None:
        self.is_whole = ending is Ending.FINISHED
        if self.number is None:
            return
        self.closed_by = "fault" if by_fault and ending is Ending.GONE else _CLOSED_BY[ending]
        detail = Closing(
            closed_by=self.closed_by,
            frames=self._frames,
            total=self._total,
            unsent=unsent,
            seconds=time.perf_counter() - self._opened_at,
            last_event_id=self._last_event_id(),
        )
        self._note(Kind.END, detail)

    def _open(self) -> None:
        keeper, request = self._keeper, self._request
        keeper.streams += 1
        self.number = keeper.streams
        self._opened_at = time.perf_counter()
        http = f"HTTP/{request.version.major}.{request.version.minor}"
        head = masking.head(keeper.secrets, self.project, request.raw_headers)
        path = masking.address(keeper.secrets, self.project, request.raw_path)
        self._note(Kind.OPEN, Opening(http, head, self._last_event_id()), path=path)

    def _note(
        self,
        kind: Kind,
        detail: Detail,
        *,
        event: str | None = None,
        path: str | None = None,
        faults: tuple[str, ...] = (),
    ) -> None:
        at, real = self._keeper.times(self.project)
        entry = Entry(
            kind=kind,
            project=self.project,
            at=at,
            real=real,
            request=self._notes.id,
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
        self._keeper.journal.add(entry, self._notes.born)

    def _last_event_id(self) -> str | None:
        value = self._request.headers.get("Last-Event-ID")
        if value is None:
            return None
        text = self._keeper.secrets.redact(self.project, value.encode("utf-8", "replace"))
        return text[:200].decode("utf-8", "replace")


def _frames(data: bytes) -> Iterable[bytes]:
    """Cut what was written at once, a replay, into frames."""
    first = data.find(_BLANK)
    if first in {-1, len(data) - 2}:
        return (data,)
    pieces = data.split(_BLANK)
    return [piece + _BLANK for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
