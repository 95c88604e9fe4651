"""The HTTP edge of the independent target: http.server threads, routes by pattern, port 0.

`serve` starts one target in this process; `Parts` lists its classes, so that a variation or a defect is a
subclass of one of them.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from lab.platforms.agent import Agent
from lab.platforms.forms import Forms, Uploads
from lab.platforms.platform import Platform, Task, stamp
from lab.platforms.refusal import Refusal, bad
from lab.platforms.tokens import Accounts
from lab.platforms.wire import Wire
from lab.platforms.workspace import Files, disposition

ROUTES = (
    ("POST", "/api/v1/auth/token", "create_token"),
    ("POST", "/api/v1/tasks", "create_task"),
    ("GET", "/api/v1/tasks", "list_tasks"),
    ("GET", "/api/v1/tasks/([^/]+)", "get_task"),
    ("DELETE", "/api/v1/tasks/([^/]+)", "cancel_task"),
    ("GET", "/api/v1/tasks/([^/]+)/stream", "stream_task"),
    ("GET", "/api/v1/tasks/([^/]+)/history", "get_task_history"),
    ("POST", "/api/v1/tasks/([^/]+)/messages", "send_message"),
    ("GET", "/api/v1/tasks/([^/]+)/artifacts", "list_artifacts"),
    ("GET", "/api/v1/tasks/([^/]+)/artifacts/download", "download_artifact"),
    ("POST", "/api/v1/tasks/([^/]+)/tools/([^/]+)/approve", "approve_tool_call"),
)
BODY_BYTES = 1_100_000_000
LIMITED_BYTES = 4 << 20
"""The largest file of a target with `limits`, so that large uploads cost little."""


class Edge(BaseHTTPRequestHandler):
    """One connection. A handler answers, or raises Refusal."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"
    routes: tuple[tuple[str, str, str], ...] = ROUTES
    server: "Target"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method gets an answer, even if only 405
            return self.take
        raise AttributeError(name)

    def log_message(self, *words: object) -> None:
        """Log nothing."""

    def take(self) -> None:
        self.wire = self.server.parts.wire()
        self.protocol_version = self.wire.version
        if self.request_version == "HTTP/1.0":
            self.wire.chunked = False
        self.body = b""
        try:
            self.body = self.read_body()
            self.dispatch()
        except Refusal as refusal:
            self.refuse(refusal)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def read_body(self) -> bytes:
        size = self.headers.get("Content-Length", "0")
        told = len(self.headers.get_all("Content-Length") or [])
        if not re.fullmatch("[0-9]{1,12}", size) or told > 1 or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise bad("The request needs a Content-Length")
        if int(size) > BODY_BYTES:
            self.close_connection = True
            raise Refusal(413, "PAYLOAD_TOO_LARGE", "The body is too large")
        return self.rfile.read(int(size))

    def dispatch(self) -> None:
        url = urlsplit(self.path)
        self.query = parse_qs(url.query, keep_blank_values=True)
        matches = [
            (method, name, found)
            for method, pattern, name in self.routes
            if (found := re.fullmatch(pattern, url.path))
        ]
        if not matches:
            raise Refusal(404, "NOT_FOUND", "No such path")
        wanted = "GET" if self.command == "HEAD" else self.command
        for method, name, found in matches:
            if method == wanted:
                if name != "create_token":
                    self.authenticate()
                getattr(self, name)(*map(unquote, found.groups()))
                return
        self.allowed = ", ".join(method for method, _, _ in matches)
        raise Refusal(405, "METHOD_NOT_ALLOWED", "This method is not allowed here")

    def authenticate(self) -> None:
        get = self.headers.get
        self.caller = self.server.accounts.caller(get("Authorization"), get("X-API-Key"), get("Origin"))
        if not self.caller.writes and self.command not in ("GET", "HEAD"):
            raise Refusal(403, "FORBIDDEN", "This key may only read")

    # --- answers

    def refuse(self, refusal: Refusal) -> None:
        more = [("WWW-Authenticate", "Bearer")] if refusal.status == 401 else []
        more += [("Allow", self.allowed)] if refusal.status == 405 else []
        self.send(refusal.status, self.wire.json(self.wire.failure(refusal.code, refusal.message)), more)

    def succeed(self, data: object, status: int = 200, **more: object) -> None:
        self.send(status, self.wire.json({"success": True, "data": data, **more}), [])

    def send(self, status: int, body: bytes, headers: list[tuple[str, str]], kind: str | None = None) -> None:
        self.head(
            status,
            [("Content-Type", kind or self.wire.json_type), ("Content-Length", str(len(body))), *headers],
        )
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    # --- operations

    def task(self, id: str) -> Task:
        return self.server.platform.find(self.caller, id)

    def fields(self) -> tuple[dict, Uploads]:
        """Return the fields of a request with a message, and its files."""
        return self.server.forms.fields(self.headers.get("Content-Type", ""), self.body)

    def create_token(self) -> None:
        made = self.server.accounts.exchange(self.server.forms.json(self.body))
        self.succeed({"token": made["token"], "expiresAt": stamp(made["ends"])})

    def create_task(self) -> None:
        fields, parts = self.fields()
        task = self.server.platform.create(self.caller, fields, parts)
        self.succeed({"id": task.id, "status": "pending"}, self.wire.created_status)

    def list_tasks(self) -> None:
        limit, offset = min(100, self.number("limit", 50)), self.number("offset", 0)
        if limit == 0:
            raise bad("limit must be at least 1")
        items, pages = self.server.platform.page(self.caller, limit, offset)
        self.succeed(items, pagination=pages)

    def number(self, name: str, default: int) -> int:
        text = self.query.get(name, [str(default)])[0]
        if not re.fullmatch("[0-9]{1,9}", text):
            raise bad(f"{name} must be a whole number")
        return int(text)

    def get_task(self, id: str) -> None:
        self.succeed(self.server.platform.view(self.task(id)))

    def cancel_task(self, id: str) -> None:
        self.server.platform.cancel(self.task(id))
        self.succeed({"message": "Task cancelled"}, self.wire.accepted_status)

    def get_task_history(self, id: str) -> None:
        self.succeed(self.server.platform.history(self.task(id)))

    def send_message(self, id: str) -> None:
        task = self.task(id)
        fields, parts = self.fields()
        self.server.platform.follow_up(task, fields["message"], parts)
        self.succeed({"status": "running"}, self.wire.accepted_status)

    def approve_tool_call(self, id: str, call: str) -> None:
        task = self.task(id)
        body = self.server.forms.json(self.body)
        outcome = body.get("outcome") if isinstance(body, dict) else None
        approved = self.server.platform.approve(task, call, outcome)
        self.succeed({"approved": approved}, self.wire.accepted_status)

    def list_artifacts(self, id: str) -> None:
        self.succeed({"files": self.artifacts(self.task(id))})

    def artifacts(self, task: Task) -> list[dict]:
        found = self.server.files.listing(task.folder)
        return [file | {"modifiedAt": stamp(file.pop("modified"))} for file in found]

    def download_artifact(self, id: str) -> None:
        task = self.task(id)
        if not self.query.get("path", [""])[0]:
            raise bad("path is required")
        file = self.server.files.resolve(task.folder, self.query["path"][0])
        kind = self.server.files.media_type(file.name)
        self.send(200, file.read_bytes(), self.file_headers(file.name), kind)

    def file_headers(self, name: str) -> list[tuple[str, str]]:
        return [("Content-Disposition", disposition(name))]

    # --- streams

    def stream_task(self, id: str) -> None:
        task = self.task(id)
        if self.command == "HEAD":
            self.allowed = "GET"
            raise Refusal(405, "METHOD_NOT_ALLOWED", "A stream has no HEAD")
        self.head(200, self.stream_headers())
        if not self.wire.chunked:
            self.close_connection = True
        self.put(self.wire.opening())
        self.events(task)
        if self.wire.chunked:
            self.wfile.write(self.wire.last_chunk())

    def stream_headers(self) -> list[tuple[str, str]]:
        framing = ("Transfer-Encoding", "chunked") if self.wire.chunked else ("Connection", "close")
        return [("Content-Type", self.wire.stream_type), ("Cache-Control", "no-cache"), framing]

    def events(self, task: Task) -> None:
        platform, wire = self.server.platform, self.wire
        before, run = platform.join(task)
        for name, payload in before:
            self.put(wire.event(name, payload))
        if run is not None:
            for item in platform.listen(task, run, wire.due(self.server.heartbeat)):
                self.put(wire.beat() if item is None else wire.event(*item))

    def put(self, data: bytes) -> None:
        if data:
            self.wfile.write(self.wire.chunk(data) if self.wire.chunked else data)


@dataclass(frozen=True)
class Parts:
    """The classes of a target."""

    agent: type[Agent] = Agent
    files: type[Files] = Files
    forms: type[Forms] = Forms
    accounts: type[Accounts] = Accounts
    platform: type[Platform] = Platform
    wire: type[Wire] = Wire
    edge: type[Edge] = Edge

    def with_part(self, part: type) -> "Parts":
        """Return the parts with `part` in place of its base class; earlier replacements take precedence."""
        for name in self.__dataclass_fields__:
            if issubclass(part, getattr(Parts(), name)):
                before = getattr(self, name)
                both = (before, part)
                made = part if issubclass(part, before) else type("".join(c.__name__ for c in both), both, {})
                return replace(self, **{name: made})
        raise TypeError(f"{part.__name__} is no part of a target")


class Target(ThreadingHTTPServer):
    """A running independent platform."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, parts: Parts, *, heartbeat: float) -> None:
        self.parts, self.heartbeat = parts, heartbeat
        self.files, self.forms, self.accounts = parts.files(), parts.forms(), parts.accounts()
        self.platform = parts.platform(parts.agent(), self.files, self.accounts)
        super().__init__(("127.0.0.1", 0), parts.edge)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Print no traceback: the handler has cut its connection, which the judge sees."""


@contextlib.contextmanager
def serve(*parts: type, heartbeat: float = 15.0, limits: bool = False) -> Iterator[Target]:
    """Run a target of the correct parts, except for the given ones."""
    chosen = Parts()
    for part in parts:
        chosen = chosen.with_part(part)
    target = Target(chosen, heartbeat=heartbeat)
    if limits:
        target.files.largest = LIMITED_BYTES
    thread = threading.Thread(target=target.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield target
    finally:
        target.shutdown()
        target.server_close()
        target.platform.close()
        target.files.close()
