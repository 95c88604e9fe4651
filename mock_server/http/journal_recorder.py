"""What the edge tells the developer's journal: one `RequestNotes` a request, one `StreamNotes` a stream.

Rule: what is noted is redacted before it is noted. Notes know their project as soon as the caller is
known; secrets that a body brings are learnt then, before the platform can repeat them.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from sigmic_conformance.mock_server.domain.sse import HEARTBEAT
from sigmic_conformance.mock_server.faults.engine import Firing
from sigmic_conformance.mock_server.journal import masking
from sigmic_conformance.mock_server.journal.entry import Entry, Excerpt, Exchange, Field, Fired, Frame, Kind
from sigmic_conformance.mock_server.journal.ring import Journal
from sigmic_conformance.mock_server.journal.secrets import Secrets
from sigmic_conformance.mock_server.ports import Clocks

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.http.context import Call

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELD_BYTES = 4 * 1024 * 1024
_MOST_FIELDS = 64
"""A form with more is refused; what it holds is not noted."""
_NOTHING = Excerpt(None, 0)
_CREATED = 201
_REFUSED = 400


class JournalKeeper:
    """Begins the notes of requests and hears of faults (`Faults.listen`). `real` gives wall-clock seconds."""

    def __init__(
        self, journal: Journal, secrets: Secrets, clocks: Clocks, real: Callable[[], float] = time.time
    ) -> None:
        self.journal = journal
        self.secrets = secrets
        self.streams = 0
        """Streams noted so far; the newest one's number."""
        self._clocks = clocks
        self._real = real
        self._under_way: dict[asyncio.Task[object] | None, RequestNotes] = {}
        self._last_frame: tuple[bytes, tuple[str | None, int], tuple[str, Frame]]
        self._last_frame = b"", (None, -1), ("", Frame(_NOTHING))
        self._loop = asyncio.get_running_loop()

    def begin(self, request: web.BaseRequest, request_id: str) -> "RequestNotes":
        """Begin the notes of a request; whoever begins must `end`, and `finish` the notes."""
        notes = RequestNotes(self, request, request_id)
        request[NOTES] = notes
        self._under_way[asyncio.current_task()] = notes
        return notes

    def end(self) -> None:
        """The asyncio task that began notes is over; its request as well, unless it opened a stream."""
        self._under_way.pop(asyncio.current_task(), None)

    @contextmanager
    def resumed(self, notes: "RequestNotes") -> Iterator[None]:
        """Inside, what is fired concerns the request of `notes`. Must not await."""
        task = asyncio.current_task()
        self._under_way[task] = notes
        try:
            yield
        finally:
            del self._under_way[task]

    def times(self, project: str | None) -> tuple[int, int]:
        """Return platform time and wall-clock time, in epoch milliseconds."""
        return self._clocks.of(project or "").now(), int(self._real() * 1000)

    def frame(self, project: str | None, data: bytes) -> tuple[str, Frame]:
        """Return a frame's event and detail; an event goes to all its readers in a row, redacted once."""
        held, known, made = self._last_frame
        if held is not data or known != (project, self.secrets.learnt):
            made = event_of(data), Frame(masking.excerpt(self.secrets, project, data))
            self._last_frame = data, (project, self.secrets.learnt), made
        return made

    def fired(self, firing: Firing) -> None:
        """Note that a fault fired, in its request as well when it was one's own."""
        try:
            notes = self._under_way.get(asyncio.current_task())
        except RuntimeError:
            # Decided in a thread that works for a request; entries are made on the loop alone.
            self._loop.call_soon_threadsafe(self._note, firing, None)
            return
        # A frame's fault may fire while another request is answered, which it does not concern.
        self._note(firing, notes if firing.occasion.event is None else None)

    def _note(self, firing: Firing, notes: "RequestNotes | None") -> None:
        occasion = firing.occasion
        project = firing.project
        if notes is not None:
            notes.faults.append(firing.fault)
            project = project or notes.project
        at, real = self.times(project)
        path = occasion.path and masking.address(self.secrets, project, occasion.path)
        entry = Entry(
            kind=Kind.FAULT,
            project=project,
            at=at,
            real=real,
            request=None if notes is None else notes.id,
            operation=occasion.operation,
            method=occasion.method,
            path=path,
            task=occasion.task and masking.short_text(self.secrets, project, occasion.task),
            event=occasion.event,
            faults=(firing.fault,),
            detail=Fired(firing.fault, firing.number, occasion.phase, occasion.code),
        )
        self.journal.add(entry, self.journal.last if notes is None else notes.born)


class PartNotes:
    """One part of a multipart body: the text of a field, of a file its size alone."""

    __slots__ = ("_is_file", "about", "data", "total")

    def __init__(self, name: str | None, filename: str | None, content_type: str | None) -> None:
        self.about = name or "", filename, content_type
        self.data = bytearray()
        self.total = 0
        self._is_file = filename is not None

    def add(self, chunk: bytes) -> None:
        """Hear of the next bytes."""
        self.total += len(chunk)
        if not self._is_file and len(self.data) < _MOST_FIELD_BYTES:
            self.data += chunk

    def as_field(self, secrets: Secrets, project: str | None) -> Field:
        """Return it as an entry may hold it."""
        name, filename, content_type = self.about
        data = None if self._is_file else bytes(self.data)
        return masking.field(
            secrets, project, name, data, self.total, filename=filename, content_type=content_type
        )


class OpenedStream(Protocol):
    """What the notes of a request are told by those of the stream that it opened."""

    number: int | None
    """None as long as nothing was written."""
    is_whole: bool
    """True once the client has got the stream to its end."""
    closed_by: str | None

    def said(self) -> tuple[int, Mapping[str, str], bytes | None, int]:
        """Return status, headers, what the request's entry shows of the body, and its length."""


class RequestNotes:
    """One request on its way."""

    __slots__ = (
        "_answer",
        "_body",
        "_parts",
        "_raw",
        "born",
        "call",
        "faults",
        "id",
        "keeper",
        "opened",
        "request",
    )

    def __init__(self, keeper: JournalKeeper, request: web.BaseRequest, request_id: str) -> None:
        self.id = request_id
        self.born = keeper.journal.last
        self.call: Call | None = None
        self.faults: list[str] = []
        self.opened: OpenedStream | None = None
        self.keeper = keeper
        self.request = request
        self._raw: bytes | None = None
        self._body: Excerpt | None = None
        self._parts: list[PartNotes] = []
        self._answer: tuple[int, Mapping[str, str], bytes] | None = None

    @property
    def project(self) -> str | None:
        """The project it belongs to, as far as is known."""
        return None if self.call is None else self.call.project

    # --- while it is handled -------------------------------------------------------------------------------

    def read(self, body: bytes) -> None:
        """Hear of the whole body."""
        if self.project is None or self.request.content_type == _FORM:
            self._raw = body
        else:
            self._body = masking.json_body(self.keeper.secrets, self.project, body)

    def part(self, name: str | None, filename: str | None, content_type: str | None) -> PartNotes:
        """Hear of a part of a multipart body; its bytes are told to what is returned."""
        part = PartNotes(name, filename, content_type)
        self._parts.append(part)
        return part

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Hear of an answer that was put on the wire piece by piece."""
        self._answer = status, headers, body

    def resumed(self) -> AbstractContextManager[None]:
        """Inside, what is fired concerns this request, though its asyncio task is over. Must not await."""
        return self.keeper.resumed(self)

    # --- at its end ----------------------------------------------------------------------------------------

    def finish(
        self, operation: str, answer: web.StreamResponse | None, code: str | None, seconds: float
    ) -> None:
        """Note the request, however it ended; without an answer when it was broken off, or was a stream."""
        keeper, request, project = self.keeper, self.request, self.project
        secrets = keeper.secrets
        body, fields = self._asked(project)
        status, lines, sent, total = self._said(answer)
        at, real = keeper.times(project)
        entry = Entry(
            kind=Kind.REQUEST,
            project=project,
            at=at,
            real=real,
            request=self.id,
            operation=operation,
            method=request.method,
            path=masking.address(secrets, project, request.raw_path),
            task=self._task(operation, status, sent),
            stream=self.opened.number if self.opened is not None else None,
            status=status,
            faults=tuple(self.faults),
            detail=Exchange(
                http=f"HTTP/{request.version.major}.{request.version.minor}",
                head=masking.head(secrets, project, request.raw_headers),
                body=body,
                fields=fields,
                answer_head=masking.answer_head(secrets, project, lines),
                answer=_NOTHING if sent is None else masking.excerpt(secrets, project, sent, total),
                code=code,
                seconds=seconds,
                ended=self._ended(answer, code),
            ),
        )
        keeper.journal.add(entry, self.born)
        # Request and notes know one another: untied, they go at once instead of with the next collection.
        del request[NOTES]
        self.opened = None

    def _asked(self, project: str | None) -> tuple[Excerpt, tuple[Field, ...]]:
        secrets, request = self.keeper.secrets, self.request
        if self._body is not None:
            return self._body, ()
        raw = self._raw
        if raw is not None and request.content_type == _FORM:
            try:
                pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
            except ValueError:
                return Excerpt(None, len(raw)), ()
            forms = [(name, text.encode("utf-8", "replace")) for name, text in pairs]
            fields = tuple(masking.field(secrets, project, name, data, len(data)) for name, data in forms)
            return Excerpt(None, len(raw)), fields
        if raw is not None:
            return masking.json_body(secrets, project, raw), ()
        read = request.content.total_bytes if request.can_read_body else 0
        total = request.content_length or read
        return Excerpt(None, total), tuple(part.as_field(secrets, project) for part in self._parts)

    def _said(
        self, answer: web.StreamResponse | None
    ) -> tuple[int | None, Mapping[str, str], bytes | None, int]:
        """Return status, headers, what of the body is known, and its length."""
        if self._answer is not None:
            status, headers, sent = self._answer
            return status, headers, sent, len(sent)
        if answer is None:
            return (None, {}, None, 0) if self.opened is None else self.opened.said()
        sent = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        return answer.status, answer.headers, sent, answer.body_length if answer.prepared else len(sent)

    def _task(self, operation: str, status: int | None, sent: bytes | None) -> str | None:
        """Return the id of the task; what a refused request has in its place may be a secret."""
        if operation == "create_task" and status == _CREATED and sent:
            with suppress(ValueError, LookupError, TypeError):
                return str(json.loads(sent)["data"]["id"])
        asked = None if self.call is None else self.call.path.get("id")
        if asked is None or (status is not None and status < _REFUSED):
            return asked
        return masking.short_text(self.keeper.secrets, self.project, asked)

    def _ended(self, answer: web.StreamResponse | None, code: str | None) -> str:
        if answer is not None or (self.opened is not None and self.opened.is_whole):
            return "answered"
        if self.opened is not None and self.opened.closed_by is not None:
            return self.opened.closed_by
        if code == "INTERNAL_ERROR":
            return "failed"
        return "fault" if self.faults else "client"


NOTES = web.RequestKey("notes", RequestNotes)


def notes_of(request: web.BaseRequest) -> RequestNotes | None:
    """Return the notes of a request; None when no journal is kept."""
    return request.get(NOTES)


def event_of(data: bytes) -> str:
    """Return the event's name of a frame; a comment is a heartbeat, anything else a `piece` of a frame."""
    if data == HEARTBEAT or data.startswith(b":"):
        return "heartbeat"
    if not data.startswith(b"event: "):
        return "piece"
    return data[7:71].partition(b"\n")[0].strip().decode("utf-8", "replace")
