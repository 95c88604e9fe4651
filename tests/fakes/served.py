"""The whole mock in this process, on a free port, with scripted sandboxes: the server of the edge's tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from sigmic_mock.bootstrap.app import Application, build
from sigmic_mock.config import defaults
from sigmic_mock.config.file import Config
from sigmic_mock.config.settings import Settings
from sigmic_mock.control.table import control_table
from sigmic_mock.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_mock.domain.credentials import digest, uuid_of
from sigmic_mock.domain.model import Role
from sigmic_mock.http.envelope import Answer
from sigmic_mock.http.handlers import HANDLERS
from sigmic_mock.http.routing import OperationHandler, Router
from sigmic_mock.http.server import HttpServer
from sigmic_mock.ports import SandboxBackend
from tests.fakes.house import echo_variables
from tests.fakes.sandbox import ScriptedBackend
from tests.fakes.subscriber import parse

if TYPE_CHECKING:  # a server without faults must not load them
    from sigmic_mock.faults.engine import Faults

VIEWER_KEY = "sigmic_" + "5ee" * 21 + "0"
EXPIRED_KEY = "sigmic_" + "dead" * 16
REVOKED_KEY = "sigmic_" + "0ff0" * 16
STRANGER_KEY = "sigmic_" + "face" * 16
ORIGIN = "https://shop.example"
TASKS = "/api/v1/tasks"


def key(text: str, project: str = defaults.PROJECT_ID, **fields: Any) -> ApiKey:
    return ApiKey(
        id=uuid_of(text), digest=digest(text), project_id=project, name="test", username="tester", **fields
    )


SEEDS = Seeds(
    projects=(Project(id="elsewhere", name="Elsewhere"),),
    api_keys=(
        key(VIEWER_KEY, role=Role.VIEWER),
        key(EXPIRED_KEY, expires_at=1),
        key(REVOKED_KEY, revoked=True),
        key(STRANGER_KEY, project="elsewhere"),
    ),
    widget_apps=(
        WidgetApp(
            id="app_shop",
            secret_digest=digest("shop-secret"),
            project_id=defaults.PROJECT_ID,
            name="Shop",
            allowed_origins=frozenset({ORIGIN}),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Return the error code, after checking the whole envelope."""
        envelope = self.json
        assert envelope["success"] is False
        assert set(envelope) == {"success", "error"}
        assert set(envelope["error"]) == {"message", "code"}
        assert envelope["error"]["message"]
        return str(envelope["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])

    @property
    def data(self) -> Any:
        envelope = self.json
        assert envelope["success"] is True, envelope
        return envelope["data"]


class Served:
    """A running mock and a client for it."""

    def __init__(
        self,
        application: Application,
        port: int,
        session: aiohttp.ClientSession,
        backend: ScriptedBackend | None = None,
    ) -> None:
        self.application = application
        self.backend = backend
        self.port = port
        self.session = session
        self.url = f"http://127.0.0.1:{port}"
        self.key = {"Authorization": f"Bearer {defaults.API_KEY}"}

    @property
    def faults(self) -> "Faults":
        """The engine of a server that has faults."""
        assert self.application.base.faults is not None
        return self.application.base.faults

    @property
    def control(self) -> Mapping[str, str]:
        """The headers of a request to the control plane."""
        return {"Authorization": f"Bearer {self.application.control_token.reveal()}"}

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Reply:
        """Call with the default key unless `headers` are given."""
        sent = self.key if headers is None else headers
        async with self.session.request(method, self.url + path, headers=sent, **options) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def ask(self, operation: str, project: str | None = None, /, **fields: Any) -> Reply:
        """Call an operation of the control plane for this project."""
        row = control_table().operations[operation]
        path, body, query = row.request(fields)
        named = {} if project is None else {"project": project}
        more = {} if body is None else {"json": body}
        return await self.call(
            row.method, f"/__mock/v1{path}", headers=self.control, params=query | named, **more
        )

    async def did(self, operation: str, project: str | None = None, /, **fields: Any) -> Any:
        """Like `ask`, for an operation that must succeed; return its JSON value."""
        reply = await self.ask(operation, project, **fields)
        assert reply.status == HTTPStatus.OK, reply.body
        return reply.json

    async def create(self, message: str = "What is 2+2?", **fields: Any) -> str:
        reply = await self.call("POST", "/api/v1/tasks", json={"message": message, **fields})
        return str(reply.data["id"])

    async def finished(self, message: str = "What is 2+2?") -> str:
        """Create a task and read its stream to the end."""
        task_id = await self.create(message)
        assert (await self.call("GET", f"/api/v1/tasks/{task_id}/stream")).status == 200
        return task_id

    def by(self, api_key: str) -> "Served":
        """Return the same mock for a caller with another key."""
        other = copy(self)
        other.key = {"Authorization": f"Bearer {api_key}"}
        return other

    async def task(self, task_id: str) -> Any:
        return (await self.call("GET", f"{TASKS}/{task_id}")).data

    async def stream(self, task_id: str) -> bytes:
        """Read a task's stream to its end."""
        async with asyncio.timeout(20):
            return (await self.call("GET", f"{TASKS}/{task_id}/stream")).body

    async def run(self, message: str, **fields: Any) -> tuple[str, list[tuple[str, Any]]]:
        """Create a task; return its id and the events of its stream."""
        task_id = await self.create(message, **fields)
        return task_id, parse(await self.stream(task_id))

    async def say(self, task_id: str, message: str) -> None:
        reply = await self.call("POST", f"{TASKS}/{task_id}/messages", json={"message": message})
        assert reply.status == HTTPStatus.OK, reply.body

    async def follow(self, task_id: str) -> "Reading":
        """Open a task's stream."""
        path = f"{self.url}{TASKS}/{task_id}/stream"
        return Reading(task_id, await self.session.get(path, headers=self.key))

    async def asking(self, message: str = "Run exactly this shell command: echo hi") -> "Reading":
        """Return the open stream of a task that awaits an approval."""
        stream = await self.follow(await self.create(message, autoExecute=False))
        await stream.until(b"awaiting_approval")
        return stream

    async def approve(self, task_id: str, outcome: str = "proceed_once") -> None:
        """Answer the first call that awaits an approval."""
        call_id = (await self.task(task_id))["pendingApprovals"][0]["callId"]
        path = f"{TASKS}/{task_id}/tools/{call_id}/approve"
        reply = await self.call("POST", path, json={"outcome": outcome})
        assert reply.status == HTTPStatus.OK, reply.body

    async def raw(self, request: bytes, *, then_close: bool = False) -> bytes:
        """Send bytes over a separate connection; return the answer, read to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            if then_close:
                writer.write_eof()
            async with asyncio.timeout(15):
                return await reader.read()
        finally:
            writer.close()

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """Return the head of a request that closes its connection, with the default key."""
        own = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {defaults.API_KEY}",
            "Connection: close",
        ]
        return "\r\n".join([*own, *lines, "", ""]).encode()


@dataclass(slots=True)
class Reading:
    """An open stream of a task, read as it arrives."""

    task: str
    answer: aiohttp.ClientResponse
    heard: bytes = b""

    async def until(self, piece: bytes, count: int = 1) -> bytes:
        """Read until the stream contains `piece` `count` times; return everything received."""
        async with asyncio.timeout(10):
            while self.heard.count(piece) < count:
                self.heard += await self.answer.content.readany()
        return self.heard

    async def rest(self) -> bytes:
        """Read to the end; return the bytes since the last read."""
        async with asyncio.timeout(10):
            return await self.answer.read()

    def leave(self) -> None:
        self.answer.close()


def reply_of(raw: bytes) -> Reply:
    """Parse one raw answer with a Content-Length or until the end."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Reply(int(status.split(" ")[1]), headers, body[: int(headers.get("Content-Length", len(body)))])


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Served]:
    """Run the mock on `folder`, answers checked against the document."""

    backend = ScriptedBackend(echo_variables)

    async def scripted(_settings: Settings, _folder: Path) -> SandboxBackend:
        return backend

    asked = Settings(**{"port": 0, "check_responses": True, "config": Config(seeds=SEEDS), **settings})
    application = await build(asked, folder / "data", backend=scripted)
    try:
        port = await application.start()
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            yield Served(application, port, session, backend)
    finally:
        await application.stop()


@asynccontextmanager
async def serving_instead(served: Served, **handlers: OperationHandler) -> AsyncIterator[Served]:
    """Serve the same platform on another port, with handlers of the test for some operations."""
    app = served.application.server.app
    router = Router(app.services.document.operations, {**HANDLERS, **handlers}, {})
    server = HttpServer(replace(app, router=router))
    port = await server.listen("127.0.0.1", 0)
    try:
        yield Served(served.application, port, served.session)
    finally:
        await server.stop()


def answering(data: Any) -> OperationHandler:
    """Return a handler that answers `data`."""

    async def handler(_call: object) -> Answer:
        return Answer(data=data)

    return handler
