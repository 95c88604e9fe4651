"""The steps of every user: create a task, follow a stream, end a task, each measured exactly.

Requests go through Locust's client, so they are in Locust's own table as well; their times are taken from its
request event, unrounded (`recording.py`). Streams do not: see `stream_connection`.
"""

from collections.abc import Mapping
from typing import Any

from locust import FastHttpUser
from locust.env import Environment
from locust.exception import StopTest

from sigmic_conformance.load.run.run import run_of
from sigmic_conformance.load.settings.permitted_target import refusal
from sigmic_conformance.load.streams.connection import StreamConnection, StreamRefused

REQUEST_SECONDS = 30.0
TASKS = "/api/v1/tasks"
FINISHED = frozenset({"completed", "failed", "cancelled"})


class PlatformUser(FastHttpUser):
    """A user of the Task API; abstract."""

    abstract = True
    insecure = False
    connection_timeout = REQUEST_SECONDS
    network_timeout = REQUEST_SECONDS
    concurrency = 500
    """Connections of one user at most: those who open many streams must not queue for their own client."""

    def __init__(self, environment: Environment) -> None:
        self.run_state = run_of(environment)
        self.default_headers = dict(self.run_state.headers)
        problem = refusal(environment.host, self.run_state.options.permitted_host)
        if problem:
            raise StopTest(problem)
        super().__init__(environment)

    def wait_time(self) -> float:
        """Return the time to think between two rounds, in seconds."""
        return self.run_state.workload.think.draw(self.run_state.random)

    def call(self, method: str, path: str, name: str, **request: Any) -> Mapping[str, Any] | None:
        """Send one request; its `data`, or None when it was refused or broke (counted, in Locust's table)."""
        with self.client.request(method, path, name=name, catch_response=True, **request) as response:
            try:
                body = response.json() if response.content else None
            except ValueError:
                body = None
            if response.status_code // 100 != 2 or not isinstance(body, dict):  # noqa: PLR2004 - a success
                response.failure(_reason(response.status_code, body))
                return None
            data = body.get("data")
            return data if isinstance(data, dict) else {"items": data}

    def create(self, message: str, **request: Any) -> str | None:
        """Create a task; its id, or None."""
        body = request or {"json": {"message": message}}
        data = self.call("POST", TASKS, "create_task", **body)
        return None if data is None else str(data.get("id"))

    def cancel(self, task: str) -> None:
        """End a task so that nothing is left running; one that cannot be ended is counted."""
        path = f"{TASKS}/{task}"
        with self.client.request("DELETE", path, name="cancel_task", catch_response=True) as response:
            if response.status_code // 100 == 2:  # noqa: PLR2004 - a success
                return
            shown = self.call("GET", path, "get_task_after_cancel")
            if shown is not None and shown.get("status") in FINISHED:
                response.success()  # a task that is over may refuse to be cancelled (G-71)
                return
            response.failure(_reason(response.status_code, None))
        self.run_state.recorder.count("tasks_left")

    def open_stream(self, task: str) -> StreamConnection | None:
        """Open a task's stream; None when it was refused (counted)."""
        url = f"{str(self.host).rstrip('/')}{TASKS}/{task}/stream"
        try:
            return StreamConnection.open(url, self.run_state.headers, REQUEST_SECONDS)
        except StreamRefused as refused:
            self.run_state.recorder.count("streams_refused")
            self.environment.events.request.fire(
                request_type="SSE",
                name="stream_task",
                response_time=None,
                response_length=0,
                exception=refused,
                context={},
            )
            return None


def _reason(status: int, body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return f"{status or 'no answer'}{' ' + str(code) if code else ''}"
