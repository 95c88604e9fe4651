"""The mock under search: its callers, the ids they use, and one exchange with it."""

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.blocking.places import Request

_MOST = 1 << 20


@dataclass
class Target:
    """A running mock, found by its ready file. `prepare` creates a project, a task and sessions."""

    ready: Mapping[str, Any]
    ids: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """By caller."""
    cookie: str = ""
    """From the last answer."""

    @classmethod
    def of(cls, ready_file: Path) -> Self:
        return cls(json.loads(ready_file.read_text()))

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(str(self.ready["base_url"]))
        return parts.hostname or "", parts.port or 80

    @property
    def pid(self) -> int:
        return int(self.ready["pid"])

    def prepare(self) -> None:
        control = {"Authorization": f"Bearer {self.ready['control_token']}"}
        self.headers = {"control": control, "nobody": {"Origin": str(self.ready["base_url"])}}
        made = self.call("POST", "/__mock/v1/projects", {"name": "blocking"}, "control")
        project = made["project"]
        self.headers["key"] = {"Authorization": f"Bearer {made['api_key']}"}
        token = self.call("POST", f"/__mock/v1/tokens?project={project}", {"end_user": "x"}, "control")
        self.headers["widget"] = {"Authorization": f"Bearer {token['token']}"}
        for caller, name in (("owner", "ada"), ("member", "linus")):
            pairs = (*self.headers["nobody"].items(), ("Content-Type", "application/json"))
            said = json.dumps({"name": name}).encode()
            self.exchange(Request("POST", "/console/api/session", pairs, said), 30.0)
            if self.cookie:
                self.headers[caller] = {**self.headers["nobody"], "Cookie": self.cookie}
        task = self.call("POST", "/api/v1/tasks", {"message": "What is the capital of France?"}, "key")
        task_id = task["data"]["id"]
        self.ids = {
            "project": project,
            "id": task_id,
            "task": task_id,
            "name": "e",
            "user": "grace",
            "number": "1",
        }

    def call(self, method: str, path: str, body: Any, caller: str) -> Any:
        """Return the JSON value of the answer."""
        pairs = (*self.headers[caller].items(), ("Content-Type", "application/json"))
        _, said = self.exchange(Request(method, path, pairs, json.dumps(body).encode()), 30.0)
        return json.loads(said or b"{}")

    def exchange(self, request: Request, seconds: float) -> tuple[int, bytes]:
        """Return the status and the first bytes of the body; 0 if no answer comes within `seconds`."""
        host, port = self.address
        self.cookie = ""
        try:
            with socket.create_connection((host, port), timeout=seconds) as connection:
                with contextlib.suppress(OSError):  # refused before it was read: the answer states the reason
                    connection.sendall(request.encoded(f"{host}:{port}"))
                answer = http.client.HTTPResponse(connection, method=request.method)
                answer.begin()
                self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
                return answer.status, answer.read(_MOST)
        except (OSError, http.client.HTTPException):
            return 0, b""

    def paused(self) -> float | None:
        """Return how often the server's watchdog counted a long pause; None if it does not count."""
        _, said = self.exchange(Request("GET", "/metrics", ()), 30.0)
        text = said.decode()
        if "sigmic_mock_loop_pauses" not in text:
            return None
        lines = [line for line in text.splitlines() if line.startswith("sigmic_mock_loop_pauses_total{")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
