"""One request from its arrival to the end of its answer: the one holder of all that is known about it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.http.downloads import FileSender
from sigmic_conformance.mock_server.http.event_stream import EventStream, OpenStreams
from sigmic_conformance.mock_server.http.fields import BodyReader, UploadSpace
from sigmic_conformance.mock_server.http.mount import Mount
from sigmic_conformance.mock_server.http.observer import RequestObserver
from sigmic_conformance.mock_server.http.task_answers import TaskAnswers
from sigmic_conformance.mock_server.ports import Clock
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.spec.document import Document, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every request of the server works with."""

    platform: Platform
    document: Document
    streams: OpenStreams
    uploads: UploadSpace
    task_answers: TaskAnswers = field(default_factory=TaskAnswers)


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """A request. What its operation is about is filled in step by step by `app.App`.

    `request`, `headers`, `path` and `query` are gone once a stream has the connection (`let_go`).
    """

    request: web.BaseRequest
    id: str
    method: str
    raw_path: str
    """The address without its query, not decoded."""
    headers: CIMultiDict[str]
    """What every answer to this request carries."""
    services: Services
    clock: Clock
    """The clock that waits for this request: the caller's project's, or nobody's while nobody is known."""
    path: Mapping[str, str]
    """Path parameters, percent-decoded."""
    task: str | None = None
    """The task in the address, if it names one."""
    query: Mapping[str, Any]
    """Query parameters of the document, typed and with defaults; anything else in the query is ignored."""
    mount: Mount | None = None
    """What answers this address by itself."""
    observer: RequestObserver | None = None
    name: str = "unrouted"
    """How the log and the metrics call it: the operationId, or another route's name."""
    matched: Operation | None = None
    principal: Principal | None = None
    project_id: str | None = None
    """The project that the request is about, as soon as it is known."""
    code: str | None = None
    """The code of the refusal, if it is refused."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def operation(self) -> Operation:
        """The operation of the document that was asked for; other addresses have none."""
        if self.matched is None:
            raise LookupError(f"{self.name} is not an operation of the document")
        return self.matched

    @property
    def caller(self) -> Principal:
        """Who is calling; an open operation has none to ask for."""
        if self.principal is None:
            raise LookupError(f"{self.name} is open: no caller was authenticated")
        return self.principal

    @property
    def task_id(self) -> str:
        """The task in the address; other addresses have none to ask for."""
        if self.task is None:
            raise LookupError(f"{self.name} is about no task")
        return self.task

    @property
    def platform(self) -> Platform:
        """The use cases."""
        return self.services.platform

    def follow(self, operation: Operation, path: Mapping[str, str]) -> None:
        """Say which operation is asked for, with these path parameters."""
        self.matched, self.path, self.task = operation, path, path.get("id")
        self.be_called(operation.operation_id)

    def be_called(self, name: str) -> None:
        """Say which route is followed: to the log, to the metrics, and to who looks at what runs now."""
        self.name = name
        task = asyncio.current_task()
        if task is not None:
            task.set_name(name)

    def concern(self, project_id: str) -> None:
        """Say which project the request is about."""
        self.project_id = project_id
        if self.observer is not None:
            self.observer.concerns(project_id)

    def body(self) -> BodyReader:
        """Return the reader of the request's body."""
        return BodyReader(
            self.request, self.operation, self.services.document, self.services.uploads, self.observer
        )

    def files(self) -> FileSender:
        """Return what sends a file as the answer."""
        return FileSender(self.request, self.headers)

    def open_stream(self, answer: web.StreamResponse) -> EventStream:
        """Return a new stream of the task in the address; `answer` is its head."""
        observer = None if self.observer is None else self.observer.opened_stream(self.task_id, answer)
        return self.services.streams.add(observer, project_id=self.caller.project_id, task_id=self.task_id)

    def let_go(self) -> None:
        """Keep only what is told at the end of a stream: ten thousand of them may be open."""
        del self.request, self.headers, self.path, self.query
