"""A tiny client: what somebody outside sees of a target, with the standard library alone.

One connection is kept for all requests but streams, as an ordinary client does. Every wait has a deadline.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

SECONDS = 10.0
BOUNDARY = "boundary-of-a-form"
Upload = tuple[str, bytes]
Event = tuple[str, dict]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What a success brings; a refusal fails the test that did not expect it."""
        assert self.status < 300, (self.status, self.body)
        return self.json["data"]

    @property
    def refused(self) -> bool:
        return self.status >= 400


class Reader:
    """A stream that is being read: its events as they come, heartbeats as `("heartbeat", {})`.

    Whoever waits for what does not come fails after a while.
    """

    def __init__(self, connection: HTTPConnection, response: HTTPResponse) -> None:
        self.connection, self.response = connection, response
        self.status = response.status

    def __iter__(self) -> Iterator[Event]:
        block: list[str] = []
        ends = time.monotonic() + SECONDS
        while line := self.response.readline():
            assert time.monotonic() < ends, "the stream brings nothing but heartbeats"
            if line.strip():
                block.append(line.decode().rstrip("\n"))
            elif block:
                yield event(block)
                block = []
        self.close()

    def until(self, name: str) -> list[Event]:
        """The events up to the first of this name; the test fails when the stream ends without it."""
        heard: list[Event] = []
        for each in self:
            heard.append(each)
            if each[0] == name:
                return heard
        raise AssertionError(f"the stream ended without {name}: {heard}")

    def rest(self) -> list[Event]:
        """All that comes until the server closes."""
        return list(self)

    def close(self) -> None:
        self.response.close()
        self.connection.close()


def event(block: Sequence[str]) -> Event:
    if block[0].startswith(":"):
        return "heartbeat", {}
    lines = dict(line.partition(": ")[::2] for line in block)
    return lines["event"], json.loads(lines["data"])


@dataclass
class Client:
    """One caller. `key` is a key or a token; `header` is how it is sent."""

    url: str
    key: str | None = field(repr=False)
    header: str = "Authorization"
    more: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = self.connect()
        self.readers: list[Reader] = []

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.connection.close()

    def connect(self) -> HTTPConnection:
        return HTTPConnection(urlsplit(self.url).netloc, timeout=SECONDS)

    @property
    def headers(self) -> dict[str, str]:
        if self.key is None:
            return dict(self.more)
        return {
            self.header: f"Bearer {self.key}" if self.header == "Authorization" else self.key,
            **self.more,
        }

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> Answer:
        headers = self.headers | ({"Content-Type": kind} if body is not None else {})
        self.connection.request(method, f"/api/v1{path}", body, headers)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def post(self, path: str, value: object) -> Answer:
        return self.ask("POST", path, json.dumps(value).encode())

    def post_form(
        self,
        path: str,
        fields: Mapping[str, str],
        files: Sequence[Upload] = (),
        *,
        files_first: bool = False,
    ) -> Answer:
        texts = [part(f'name="{name}"', value.encode()) for name, value in fields.items()]
        uploads = [
            part('name="files"; filename="{}"'.format(name.replace('"', "%22")), content)
            for name, content in files
        ]
        parts = [*uploads, *texts] if files_first else [*texts, *uploads]
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        return self.ask("POST", path, body, f"multipart/form-data; boundary={BOUNDARY}")

    def post_urlencoded(self, path: str, fields: Mapping[str, str]) -> Answer:
        return self.ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    # --- the operations

    def create(self, message: str, **fields: Any) -> str:
        """The id of a new task."""
        return self.post("/tasks", {"message": message, **fields}).data["id"]

    def upload(self, *files: Upload, message: str = "Look", **fields: str) -> str:
        """The id of a new task with files."""
        return self.post_form("/tasks", {"message": message, **fields}, files).data["id"]

    def run(self, message: str, **fields: Any) -> str:
        """The id of a new task that has come to its end."""
        task = self.create(message, **fields)
        self.stream(task).rest()
        return task

    def follow_up(self, task: str, message: str, *files: Upload) -> list[Event]:
        """Send a follow-up and listen to the end."""
        path = f"/tasks/{task}/messages"
        fields = {"message": message}
        answer = self.post_form(path, fields, files) if files else self.post(path, fields)
        assert not answer.refused, answer
        return self.stream(task).rest()

    def get(self, task: str) -> Any:
        return self.ask("GET", f"/tasks/{task}").data

    def history(self, task: str) -> Any:
        return self.ask("GET", f"/tasks/{task}/history").data

    def messages(self, task: str, role: str) -> list[Any]:
        """The saved messages of one side."""
        return [message for message in self.history(task)["messages"] if message["role"] == role]

    def page(self, limit: int = 50, offset: int = 0) -> Any:
        """The list with its pagination."""
        answer = self.ask("GET", f"/tasks?limit={limit}&offset={offset}")
        assert not answer.refused, answer
        return answer.json

    def item(self, task: str) -> Any:
        """The task in the list; None when it is not listed."""
        return next((item for item in self.page()["data"] if item["id"] == task), None)

    def files(self, task: str) -> dict[str, Any]:
        """The artifacts by path."""
        return {file["path"]: file for file in self.ask("GET", f"/tasks/{task}/artifacts").data["files"]}

    def download(self, task: str, path: str) -> Answer:
        return self.ask("GET", f"/tasks/{task}/artifacts/download?path={quote(path, safe='')}")

    def approve(self, task: str, call: str, outcome: str = "proceed_once") -> Answer:
        return self.post(f"/tasks/{task}/tools/{quote(call, safe='')}/approve", {"outcome": outcome})

    def cancel(self, task: str) -> Answer:
        return self.ask("DELETE", f"/tasks/{task}")

    def stream(self, task: str) -> Reader:
        """Join the stream."""
        connection = self.connect()
        connection.request("GET", f"/api/v1/tasks/{task}/stream", headers=self.headers)
        response = connection.getresponse()
        self.readers.append(Reader(connection, response))
        return self.readers[-1]

    def exchange(self, **body: Any) -> Answer:
        """Ask for a token."""
        return self.post("/auth/token", body)


def part(disposition: str, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def texts(events: Sequence[Event]) -> str:
    """All that the agent said in these events."""
    return "".join(payload["text"] for name, payload in events if name == "content")


def names(events: Sequence[Event]) -> list[str]:
    """The names of these events, without heartbeats."""
    return [name for name, _ in events if name != "heartbeat"]
