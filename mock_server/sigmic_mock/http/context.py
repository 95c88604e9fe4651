"""One request from its arrival to the end of its answer, with everything that is known about it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.domain.model import Principal
from sigmic_mock.http.downloads import FileSender
from sigmic_mock.http.event_stream import EventStream, OpenStreams
from sigmic_mock.http.fields import BodyReader, UploadSpace
from sigmic_mock.http.mount import Mount
from sigmic_mock.http.observer import RequestObserver
from sigmic_mock.http.task_answers import TaskAnswers
from sigmic_mock.ports import Clock
from sigmic_mock.service.platform import Platform
from sigmic_spec.document import Document, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every request of the server uses."""

    platform: Platform
    document: Document
    open_streams: OpenStreams
    uploads: UploadSpace
    task_answers: TaskAnswers = field(default_factory=TaskAnswers)


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """A request. `app.App` fills in the fields of its operation step by step.

    `request`, `headers`, `path` and `query` are deleted when a stream takes over the connection (`let_go`).
    """

    request: web.BaseRequest
    id: str
    method: str
    raw_path: str
    """The address without its query, not decoded."""
    raw_query: str
    """The query, not decoded."""
    headers: CIMultiDict[str]
    """The headers of every answer to this request."""
    services: Services
    clock: Clock
    """The clock of this request: that of the caller's project, or of no project until the caller is known."""
    path: Mapping[str, str]
    """Path parameters, percent-decoded."""
    task: str | None = None
    """The task in the address, if it names one."""
    query: Mapping[str, Any]
    """Query parameters of the document, typed and with defaults. Others are ignored."""
    mount: Mount | None = None
    """The mount that answers this address, if any."""
    observer: RequestObserver | None = None
    name: str = "unrouted"
    """The name in the log and the metrics: the operationId, or another route's name."""
    matched: Operation | None = None
    principal: Principal | None = None
    project_id: str | None = None
    """The project that the request is about, once it is known."""
    code: str | None = None
    """The code of the refusal, if any."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def operation(self) -> Operation:
        """The requested operation of the document; read it only if the address has one."""
        if self.matched is None:
            raise LookupError(f"{self.name} is not an operation of the document")
        return self.matched

    @property
    def caller(self) -> Principal:
        """The caller; read it only if the operation requires one."""
        if self.principal is None:
            raise LookupError(f"{self.name} is open: no caller was authenticated")
        return self.principal

    @property
    def task_id(self) -> str:
        """The task in the address; read it only if the address has one."""
        if self.task is None:
            raise LookupError(f"{self.name} is about no task")
        return self.task

    @property
    def platform(self) -> Platform:
        """The use cases."""
        return self.services.platform

    def set_operation(self, operation: Operation, path: Mapping[str, str]) -> None:
        """Set the requested operation and its path parameters."""
        self.matched, self.path, self.task = operation, path, path.get("id")
        self.set_name(operation.operation_id)

    def set_name(self, name: str) -> None:
        """Set the route's name, for the log, the metrics and the list of running requests."""
        self.name = name
        task = asyncio.current_task()
        if task is not None:
            task.set_name(name)

    def set_project(self, project_id: str) -> None:
        """Set the project that the request is about."""
        self.project_id = project_id
        if self.observer is not None:
            self.observer.concerns(project_id)

    def body(self) -> BodyReader:
        """Return the reader of the request's body."""
        return BodyReader(
            self.request, self.operation, self.services.document, self.services.uploads, self.observer
        )

    def files(self) -> FileSender:
        """Return the sender of a file as the answer."""
        return FileSender(self.request, self.headers)

    def open_stream(self, answer: web.StreamResponse) -> EventStream:
        """Return a new stream of the task in the address; `answer` is its head."""
        observer = None if self.observer is None else self.observer.opened_stream(self.task_id, answer)
        return self.services.open_streams.add(
            observer, project_id=self.caller.project_id, task_id=self.task_id
        )

    def let_go(self) -> None:
        """Keep only what is reported at the end of a stream, because ten thousand streams may be open."""
        del self.request, self.headers, self.path, self.query
