"""No input delays other clients. Each of these once held the event loop, the worst one for 2.6 s.

A pass of the loop is measured by its processor time, as a multiple of fixed work on the same machine.
Neither other load nor a slow processor counts. Add an input to `INPUTS` before you fix what it shows.
"""

import asyncio
import contextlib
import gc
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.bootstrap.app import build
from sigmic_mock.config import defaults
from sigmic_mock.config.settings import Settings
from sigmic_mock.runtime.event_loop import FairLoop

MOST = 5
"""Times the reference that a pass may take: 50 ms on a machine where the reference takes 10 ms."""
TASKS, CONTROL, CONSOLE = "/api/v1/tasks", "/__mock/v1", "/console/api"
KEY = {"Authorization": f"Bearer {defaults.API_KEY}"}
JSON = {"Content-Type": "application/json"}
LINE = 7_900
"""Bytes of a header line, just below the limit."""


def reference() -> float:
    """Return the processor time of a fixed piece of work: about 10 ms."""
    began = time.thread_time()
    sum(number * number for number in range(150_000))
    return time.thread_time() - began


class WatchedMock:
    """A whole mock on a loop of its own, in a thread; `longest` is the longest pass, in processor seconds."""

    def __init__(self, folder: Path) -> None:
        self.longest = 0.0
        self._folder = folder
        self._ready: Future[tuple[int, str]] = Future()
        self._loop = FairLoop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        port, token = self._ready.result(30)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.control = {"Authorization": f"Bearer {token}"}

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as problem:  # noqa: BLE001 - the test that waits for it shows it
                self._ready.set_exception(problem)

    async def _serve(self) -> None:
        application = await build(Settings(port=0), self._folder)
        try:
            port = await application.start()
            self._loop.passes.watch(0.0, self._passed)
            self._ready.set_result((port, application.control_token.reveal()))
            await self._stopping.wait()
        finally:
            await application.stop()

    def _passed(self, _began: float, _seconds: float, cpu: float) -> None:
        self.longest = max(self.longest, cpu)

    def run(self, work: Callable[[], object]) -> None:
        """Run something in one pass of the loop."""
        self._loop.call_soon_threadsafe(work)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(30)

    def send(
        self, method: str, path: str, headers: Mapping[str, Any], body: object = None, *, patience: float = 10
    ) -> bytes:
        """Return the body of the answer, as far as it came in time. A list of values repeats a header."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        if not isinstance(body, bytes):
            body = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            connection.putrequest(method, path)
            for name, value in {"Content-Length": str(len(body)), **JSON, **headers}.items():
                for each in value if isinstance(value, list) else [value]:
                    connection.putheader(name, each)
            connection.endheaders(body)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):  # refused before it was read, or a stream that goes on
            return b""
        finally:
            connection.close()

    def create(self, body: Any, headers: Mapping[str, str] = {}) -> str:
        """Create a task and read its stream: the agent works while it has a reader. Return its path."""
        answer = json.loads(self.send("POST", TASKS, {**KEY, **headers}, body) or b"{}")
        if not answer.get("success"):
            return ""
        path = f"{TASKS}/{answer['data']['id']}"
        self.send("GET", f"{path}/stream", KEY, patience=1)
        self.send("GET", f"{path}/history", KEY)
        return path

    def put(self, path: str, body: object) -> None:
        self.send("PUT", CONTROL + path, self.control, body)


Input = Callable[[WatchedMock], object]
"""What sends an input."""


def message(text: object) -> Input:
    return lambda mock: mock.create({"message": text})


def variables(kind: str, value: str, count: int) -> Input:
    names = {f"N{number}": f"{number}{value}" for number in range(count)}
    return lambda mock: mock.create({"message": "hi", kind: names})


FORM = {"Content-Type": "multipart/form-data; boundary=B"}


def form(**fields: str) -> bytes:
    parts = (
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    )
    return "".join([*parts, "--B--\r\n"]).encode()


def entity_tags(mock: WatchedMock) -> None:
    file = 'files"; filename="a.txt'
    path = mock.create(form(**{"message": "hi", file: "x"}), FORM)
    tags = [("|| table / ~ close _ " * 400)[:LINE]] * 118
    mock.send("GET", f"{path}/artifacts/download?path=uploads/a.txt", KEY | {"If-None-Match": tags})


def at_once(part: str, count: int = 100) -> Input:
    """Return what asks for the same long answer many times at the same moment."""

    def ask_for_it(mock: WatchedMock) -> None:
        long = "x" * 95_000
        path = mock.create({"message": long})
        for _ in range(5):
            mock.send("POST", f"{path}/messages", KEY, {"message": long})
            mock.send("GET", f"{path}/stream", KEY, patience=1)
        asked = (
            f"GET {path}{part} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {KEY['Authorization']}\r\n\r\n"
        )
        with contextlib.ExitStack() as opened:
            address = ("127.0.0.1", mock.port)
            clients = [opened.enter_context(socket.create_connection(address, 30)) for _ in range(count)]
            for client in clients:
                client.sendall(asked.encode())
            for client in clients:
                client.recv(1)

    return ask_for_it


def header(method: str, path: str, name: str, text: str, lines: int = 1) -> Input:
    values = [text[:LINE]] * lines
    return lambda mock: mock.send(method, path, KEY | {"Origin": mock.url, name: values}, {"name": "ada"})


def expression(mock: WatchedMock) -> None:
    playbook = {"name": "e", "when": {"regex": "^([s]+)*x$"}, "steps": [{"say": "x"}]}
    mock.put("/playbooks/e", {"playbook": playbook})
    mock.create({"message": "s" * 24 + "!"})


def tools(**replies: Any) -> Input:
    """Return what asks an MCP server over HTTP that answers so; `zipped` compresses its answers."""
    is_zipped = replies.pop("zipped", False)

    def trial(mock: WatchedMock) -> None:
        with mcp_server({name.replace("_", "/"): reply for name, reply in replies.items()}, is_zipped) as url:
            ask(mock, {"type": "http", "url": url})

    return trial


def flooding(mock: WatchedMock) -> None:
    program = r"import sys; [sys.stdout.write(': ' + 'app &kmz \n;' * 2000) for _ in range(300)]"
    ask(mock, {"command": "python3", "args": ["-c", program]})


def ask(mock: WatchedMock, server: Mapping[str, Any]) -> None:
    mock.put("/settings", {"mcp_servers": {"e": {**server, "timeout": 2000}}})
    mock.send("POST", f"{CONTROL}/mcp-servers/e/test", mock.control, {})
    mock.create({"message": "Call the tool mcp_e_x with {}"})
    mock.put("/settings", {})


@contextlib.contextmanager
def mcp_server(replies: Mapping[str, Any], is_zipped: bool) -> Iterator[str]:
    usual: dict[str, Any] = {
        "initialize": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "e", "version": "1"},
        },
        "tools/list": {"tools": [{"name": "x", "inputSchema": {"type": "object"}}]},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            result = {**usual, **replies}.get(asked["method"], {})
            body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": result}).encode()
            body = gzip.compress(body, 1) if is_zipped else body
            self.send_response(200 if "id" in asked else 202)
            self.send_header("Content-Type", "application/json")
            if is_zipped:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body) if "id" in asked else 0))
            self.end_headers()
            if "id" in asked:
                self.wfile.write(body)

        def do_GET(self) -> None:
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


COOKIES = "".join(f"^{number}=1;" for number in range(1000))
TEXT, IMAGE = {"type": "text", "text": "x"}, {"type": "image", "data": "aGk=", "mimeType": "image/png"}
INPUTS: dict[str, Input] = {
    "a playbook's expression that tries every division of a text": expression,
    "a tool result of 100,000 texts, compressed": tools(
        tools_call={"content": [TEXT] * 100_000}, zipped=True
    ),
    "a tool result of 20,000 images": tools(tools_call={"content": [IMAGE] * 20_000}),
    "a list of 900,000 texts instead of tools": tools(tools_list=["file "] * 900_000),
    "a local MCP server that prints comments without end": flooding,
    "a message to explain, of 9,000 lines": lambda mock: mock.send(
        "POST", f"{CONTROL}/explain", mock.control, {"message": "And the capital of Italy? \n%\n&\n" * 3_000}
    ),
    "a sign-in with a name of 6 MB": lambda mock: mock.send(
        "POST", f"{CONSOLE}/session", {"Origin": mock.url}, {" for" * 1_400_000: 0}
    ),
    "a message of long numbers": message([int("9" * 4299)] * 420),
    "a message of 22 kB that introduces somebody again and again": message("r name is a " * 1850),
    "a message of 39,000 quotation marks": message('"\n' * 39_000),
    "a variable with a name of 5 MB": lambda mock: mock.create(
        {"message": "hi", "env": {"attachment; " * 450_000: "x"}}
    ),
    "variables of 3 MB": variables("env", "a b" * 10_000, 97),
    "secrets of 3 MB": variables("secrets", "é" * 15_000, 97),
    "a system prompt of 700,000 empty lines": lambda mock: mock.create(
        form(message="hi", systemPrompt="\n" * 700_000), FORM
    ),
    "a content type of 600 parameters": header(
        "POST", f"{CONSOLE}/session", "Content-Type", "".join(f"[x]({number}=1;" for number in range(600))
    ),
    "a hundred lines of cookies": header("PATCH", f"{CONSOLE}/projects/x", "Cookie", COOKIES, 97),
    "eight lines of backslashes as a cookie": header(
        "DELETE", f"{CONSOLE}/session", "Cookie", 'a="' + "\\" * LINE, 8
    ),
    "118 lines of entity tags": entity_tags,
    "a long history, asked for a hundred times at once": at_once("/history"),
    "a long stream, asked for a hundred times at once": at_once("/stream"),
    "a long task, asked for a hundred times at once": at_once(""),
    "a duration of 7,000 digits": lambda mock: mock.send(
        "POST", f"{CONTROL}/clock/advance", mock.control, {"by": "9" * 7148}
    ),
}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedMock]:
    watched = WatchedMock(tmp_path_factory.mktemp("data"))
    gc.freeze()  # as a server does: what pytest holds must not count
    try:
        yield watched
    finally:
        gc.unfreeze()
        watched.stop()


def longest(mock: WatchedMock, work: Input) -> float:
    """Return the longest pass in multiples of the reference."""
    before = reference()
    mock.send("GET", "/healthz", {})
    mock.longest = 0.0
    work(mock)
    mock.send("GET", "/healthz", {})  # answered in a later pass than all that the input caused
    return mock.longest / max(before, reference())


@pytest.mark.parametrize("name", INPUTS)
def test_a_hostile_input_lets_other_clients_be_served(mock, name):
    assert any(longest(mock, INPUTS[name]) <= MOST for _ in range(3))


def test_a_pass_that_works_for_too_long_is_measured(mock):
    def work() -> None:
        for _ in range(MOST + 5):
            reference()

    assert longest(mock, lambda mock: mock.run(work)) > MOST
