"""A small part of the API on the standard library alone: tasks are created, read, listed and streamed.

It answers simple questions and can do nothing else: no files, tools, approvals, tokens, variables or sessions
(its profile says so), and, which no profile can say, no forms, follow-ups, history or cancelling: those paths
are 404 like any unknown one, a DELETE is 405. Beyond that it has these shortcomings, on purpose:

 1. history_done counts one message too many;
 2. the heartbeat comment says ping (no task of it lives long enough to show that);
 3. the list ignores `offset`;
 4. a task has no `username`;
 5. a message of blanks is accepted;
 6. X-API-Key is not known: a key there is no credential;
 7. a completed task has a startedAt and no completedAt;
 8. timestamps have no milliseconds;
 9. only Content-Length tells where a request ends: chunks are taken for the next request.
"""

import json
import threading
import time
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = "/api/v1/tasks"
FIELDS = {"message": str, "systemPrompt": str, "showInHistory": bool, "autoExecute": bool}


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(message: str) -> list[str]:
    if "France" in message:
        return ["The capital of France ", "is Paris."]
    return ["2+2 ", "is 4."] if "2+2" in message else ["I can only ", "answer simple questions."]


class Refusal(Exception):
    def __init__(self, status: int, code: str, **headers: str) -> None:
        self.status, self.code, self.headers = status, code, headers


class Task:
    def __init__(self, fields: dict[str, Any]) -> None:
        self.changed = threading.Condition()
        self.feed: list[tuple[str, dict]] = []
        self.messages: list[dict] = []
        self.text = ""
        now = self.updated = stamp()
        self.shown = {
            "id": str(uuid.uuid4()),
            "apiKeyId": str(uuid.uuid5(uuid.NAMESPACE_DNS, "plain")),
            "sessionId": None,
            "conversationId": f"{time.time_ns() // 1_000_000}-{uuid.uuid4().hex[:9]}",
            "status": "pending",
            "message": fields["message"],
            "systemPrompt": fields.get("systemPrompt"),
            "showInHistory": fields.get("showInHistory", True),
            "autoExecute": fields.get("autoExecute", True),
            "env": None,
            "error": None,
            "createdAt": now,
            "startedAt": None,
            "completedAt": None,
        }
        self.say("user", fields["message"])

    def say(self, role: str, content: str) -> None:
        self.messages.append({"id": uuid.uuid4().hex, "role": role, "content": content, "createdAt": stamp()})

    def work(self) -> None:
        time.sleep(0.3)
        with self.changed:
            self.shown |= {"status": "running", "startedAt": stamp(), "sessionId": str(uuid.uuid4())}
        pieces = answer(self.shown["message"])
        for number, piece in enumerate(pieces, 1):
            time.sleep(0.2)
            self.text, self.updated = self.text + piece, stamp()
            self.tell("content", text=piece, isPartial=number < len(pieces))
        with self.changed:
            self.say("assistant", self.text)
            self.shown["status"] = "completed"
            self.tell("done", finalResponse=self.text)

    def tell(self, name: str, **payload: Any) -> None:
        with self.changed:
            self.feed.append((name, payload))
            self.changed.notify_all()

    def view(self) -> dict[str, Any]:
        with self.changed:
            output = {"output": {"content": self.text, "updatedAt": self.updated}}
            return self.shown | (output if self.shown["startedAt"] else {})

    def item(self) -> dict[str, Any]:
        active = self.shown["startedAt"] or self.shown["createdAt"]
        return self.shown | {"lastActivityAt": active, "messageCount": len(self.messages)}


class Edge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Plain"

    def log_message(self, *words: object) -> None:
        """Silent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.take
        raise AttributeError(name)

    def take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        try:
            self.route("GET" if self.command == "HEAD" else self.command, url, body)
        except Refusal as refusal:
            error = {"code": refusal.code, "message": refusal.code.replace("_", " ").lower()}
            self.send(refusal.status, {"success": False, "error": error}, refusal.headers)
        except OSError:
            self.close_connection = True

    def route(self, method: str, url: Any, body: bytes) -> None:
        scheme, _, key = (self.headers.get("Authorization") or "").partition(" ")
        self.authenticate(scheme.lower(), key)
        path = url.path.removeprefix(ROOT).split("/")[1:]
        if not url.path.startswith(ROOT) or len(path) > 2 or (path[1:] not in ([], ["stream"])):
            raise Refusal(404, "NOT_FOUND")
        allowed = ("GET",) if path else ("GET", "POST")
        if method not in allowed:
            raise Refusal(405, "METHOD_NOT_ALLOWED", Allow=", ".join(allowed))
        if path:
            task = self.server.tasks.get(path[0])
            if task is None:
                raise Refusal(404, "NOT_FOUND")
            self.stream(task) if path[1:] else self.send(200, {"success": True, "data": task.view()})
        elif method == "POST":
            self.create(body)
        else:
            self.page(parse_qs(url.query, keep_blank_values=True))

    def authenticate(self, scheme: str, key: str) -> None:
        if scheme != "bearer" or not key:
            code = "INVALID_AUTH_FORMAT" if scheme else "AUTH_REQUIRED"
        elif key.startswith("eyJ"):
            raise Refusal(501, "JWT_NOT_CONFIGURED")
        else:
            code = "INVALID_API_KEY" if key.startswith("sigmic_") else "INVALID_AUTH_FORMAT"
        if scheme != "bearer" or key not in self.server.keys:
            raise Refusal(401, code, **{"WWW-Authenticate": "Bearer"})

    def create(self, body: bytes) -> None:
        if self.headers.get_content_type() != "application/json":
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE")
        try:
            fields = json.loads(body.decode())
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "VALIDATION_ERROR") from error
        right = isinstance(fields, dict) and all(
            isinstance(fields.get(name), kind) or (name != "message" and name not in fields)
            for name, kind in FIELDS.items()
        )
        if not right or not fields["message"] or fields.keys() - FIELDS.keys():
            raise Refusal(400, "VALIDATION_ERROR")
        task = Task(fields)
        self.server.tasks[task.shown["id"]] = task
        threading.Thread(target=task.work, daemon=True).start()
        self.send(201, {"success": True, "data": {"id": task.shown["id"], "status": "pending"}})

    def page(self, query: dict[str, list[str]]) -> None:
        limit, offset = (query.get(name, [usual])[0] for name, usual in (("limit", "50"), ("offset", "0")))
        if not (limit + offset).isascii() or not limit.isdigit() or not offset.isdigit() or int(limit) == 0:
            raise Refusal(400, "VALIDATION_ERROR")
        if max(len(limit), len(offset)) > 9:
            raise Refusal(400, "VALIDATION_ERROR")
        items = sorted(
            (task.item() for task in list(self.server.tasks.values())),
            key=lambda item: item["lastActivityAt"],
            reverse=True,
        )
        size = min(100, int(limit))
        pages = {"total": len(items), "limit": size, "offset": 0, "hasMore": size < len(items)}
        self.send(200, {"success": True, "data": items[:size], "pagination": pages})

    def send(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
        for name, text in told.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self, task: Task) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with task.changed:
            saved, over = list(task.messages), task.shown["status"] == "completed"
        for message in saved:
            self.event("history_message", message)
        self.event("history_done", {"messageCount": len(saved) + 1, "isStreaming": not over})
        heard = 0
        while not over:
            with task.changed:
                if heard == len(task.feed) and not task.changed.wait(self.server.heartbeat):
                    self.wfile.write(b":ping\n\n")
                fresh = task.feed[heard:]
            for name, payload in fresh:
                self.event(name, payload)
                over = over or name == "done"
            heard += len(fresh)

    def event(self, name: str, payload: dict) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(payload)}\n\n".encode())


class Plain(ThreadingHTTPServer):
    """The server, on a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, key: str, *, heartbeat: float) -> None:
        self.keys, self.heartbeat = {key}, heartbeat
        self.tasks: dict[str, Task] = {}
        super().__init__(("127.0.0.1", 0), Edge)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away needs no traceback."""
