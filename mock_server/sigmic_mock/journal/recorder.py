"""Record requests. Fulfils `http.observer`.

Invariant: data is redacted before it is recorded. A request has a project once its caller is known. Then the
secrets in its body are learnt, before the platform can repeat them.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

from sigmic_mock.http.observer import StreamObserver
from sigmic_mock.journal import masking
from sigmic_mock.journal.entry import Detail, Entry, Excerpt, Kind
from sigmic_mock.journal.secrets import Secrets
from sigmic_mock.journal.stream_recorder import StreamRecorder
from sigmic_mock.journal.writer import JournalWriter, Story
from sigmic_mock.runtime.long_work import work_on

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELD_BYTES = 4 * 1024 * 1024
_MOST_FIELDS = 64
"""A form with more parts is refused; its content is not recorded."""
_NOTHING = Excerpt(None, 0)
_CREATED = 201
_REFUSED = 400


class TrafficRecorder:
    """Fulfils `http.observer.TrafficObserver`."""

    def __init__(self, writer: JournalWriter) -> None:
        self.writer = writer

    def began(self, request: web.BaseRequest, request_id: str) -> "RequestRecorder":
        recorder = RequestRecorder(self.writer, request, request_id)
        self.writer.begin(recorder.story)
        return recorder


class PartRecorder:
    """One part of a multipart body: the text of a field, or the size of a file."""

    __slots__ = ("_is_file", "about", "data", "total")

    def __init__(self, name: str | None, filename: str | None, content_type: str | None) -> None:
        self.about = name or "", filename, content_type
        self.data = bytearray()
        self.total = 0
        self._is_file = filename is not None

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Return a field that was read completely."""
        part = cls(name, None, None)
        part.read(text.encode("utf-8", "replace"))
        return part

    def read(self, piece: bytes) -> None:
        self.total += len(piece)
        if not self._is_file and len(self.data) < _MOST_FIELD_BYTES:
            self.data += piece

    def as_field(self, secrets: Secrets, project: str | None, most: int) -> Detail:
        """Return it in the form for an entry, with at most `most` bytes of its text."""
        data = None if self._is_file else bytes(self.data)
        return masking.field(secrets, project, self.about, data, self.total, most)


def _parts_of(form: bytes) -> list[PartRecorder]:
    """Return the fields of a URL-encoded form; none if it is malformed."""
    with suppress(ValueError):
        pairs = parse_qsl(form.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        return [PartRecorder.of(name, text) for name, text in pairs]
    return []


class RequestRecorder:
    """Fulfils `http.observer.RequestObserver` and `faults.observer.FaultyRequestObserver`."""

    __slots__ = ("_body", "_opened", "_parts", "_received", "_request", "_sent", "_writer", "story")

    def __init__(self, writer: JournalWriter, request: web.BaseRequest, request_id: str) -> None:
        self.story = Story(request_id, writer.journal.last)
        self._request = request
        self._writer = writer
        self._received: masking.Sent | None = None
        """A body whose project is not known yet."""
        self._body: Excerpt | None = None
        self._parts: list[PartRecorder] = []
        self._sent: tuple[int, Mapping[str, str], bytes] | None = None
        self._opened: StreamRecorder | None = None

    def concerns(self, project_id: str) -> None:
        self.story.project = project_id
        self._learn()

    async def read_body(self, body: bytes) -> None:
        if self._request.content_type == _FORM:
            self._body = Excerpt(None, len(body))
            self._parts += await work_on(len(body), lambda: _parts_of(body))
            return
        self._received = await work_on(len(body), lambda: masking.json_sent(body))
        if self.story.project is not None:
            self._learn()

    def _learn(self) -> None:
        if self._received is not None:
            self._body = masking.body(self._writer.secrets, self.story.project, self._received)
            self._received = None

    def began_part(self, name: str | None, filename: str | None, content_type: str | None) -> PartRecorder:
        part = PartRecorder(name, filename, content_type)
        self._parts.append(part)
        return part

    def opened_stream(self, task_id: str, answer: web.StreamResponse) -> StreamObserver:
        self._opened = StreamRecorder(self._writer, self.story, self._request, task_id, answer)
        return self._opened

    def handled(self) -> None:
        self._writer.end()

    def sent(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._sent = status, headers, body

    def resumed(self) -> AbstractContextManager[None]:
        return self._writer.resumed(self.story)

    def ended(
        self,
        *,
        operation: str,
        task_id: str | None,
        answer: web.StreamResponse | None,
        code: str | None,
        seconds: float,
    ) -> None:
        writer, request, project = self._writer, self._request, self.story.project
        secrets = writer.secrets
        body, fields = self._asked()
        status, lines, sent, total = self._said(answer)
        answered = _NOTHING if sent is None else masking.excerpt(secrets, project, sent, total)
        at, real = writer.times(project)
        entry = Entry(
            kind=Kind.REQUEST,
            project=project,
            at=at,
            real=real,
            request=self.story.id,
            operation=operation,
            method=request.method,
            path=masking.address(secrets, project, request.raw_path),
            task=self._task(operation, task_id, status, sent),
            stream=self._opened.number if self._opened is not None else None,
            status=status,
            faults=tuple(self.story.faults),
            detail={
                "http": f"HTTP/{request.version.major}.{request.version.minor}",
                "seconds": round(seconds, 6),
                "ended": self._ended(answer, code),
                "code": code,
                "asked": {"headers": masking.head(secrets, project, request.raw_headers)}
                | body.parts()
                | ({"fields": fields} if fields else {}),
                "answered": {"headers": masking.answer_head(secrets, project, lines)} | answered.parts(),
            },
        )
        writer.add(entry, self.story.born)

    def _asked(self) -> tuple[Excerpt, tuple[Detail, ...]]:
        self._learn()
        request, left = self._request, masking.EXCERPT_BYTES
        fields: list[Detail] = []
        for part in self._parts:
            fields.append(part.as_field(self._writer.secrets, self.story.project, left))
            left -= len(fields[-1]["text"] or b"")
        if self._body is not None:
            return self._body, tuple(fields)
        read = request.content.total_bytes if request.can_read_body else 0
        return Excerpt(None, request.content_length or read), tuple(fields)

    def _said(
        self, answer: web.StreamResponse | None
    ) -> tuple[int | None, Mapping[str, str], bytes | None, int]:
        """Return status, headers, the known part of the body, and its length."""
        if self._sent is not None:
            status, headers, sent = self._sent
            return status, headers, sent, len(sent)
        if answer is None:
            return (None, {}, None, 0) if self._opened is None else self._opened.said()
        sent = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        return answer.status, answer.headers, sent, answer.body_length if answer.prepared else len(sent)

    def _task(self, operation: str, asked: str | None, status: int | None, sent: bytes | None) -> str | None:
        """Return the id of the task. In a refused request its place may contain a secret."""
        if operation == "create_task" and status == _CREATED and sent:
            with suppress(ValueError, LookupError, TypeError):
                return str(json.loads(sent)["data"]["id"])
        if asked is None or (status is not None and status < _REFUSED):
            return asked
        return masking.short_text(self._writer.secrets, self.story.project, asked)

    def _ended(self, answer: web.StreamResponse | None, code: str | None) -> str:
        if answer is not None or (self._opened is not None and self._opened.is_whole):
            return "answered"
        if self._opened is not None and self._opened.closed_by is not None:
            return self._opened.closed_by
        if code == "INTERNAL_ERROR":
            return "failed"
        return "fault" if self.story.faults else "client"
