"""The steps of every user: create a task, follow a stream, end a task, each measured exactly.

Requests use Locust's client, so they are in Locust's own table as well. Their times come from its request
event, unrounded (`recording.py`). Streams use their own client: see `stream_connection`.
"""

from collections.abc import Collection, Mapping
from time import monotonic
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser
from locust.env import Environment
from locust.exception import StopTest

from sigmic_load.measures.catalogue import add_measure
from sigmic_load.run.run import run_of
from sigmic_load.settings.permitted_target import refusal
from sigmic_load.streams.backoff import Backoff, seconds_asked
from sigmic_load.streams.connection import StreamConnection, StreamRefused
from sigmic_load.streams.reasons import is_success, why, why_refused

REQUEST_SECONDS = 30.0
LOOK_SECONDS = 0.5
"""Seconds between two checks of a waiting user whether the run is over."""
TASKS = "/api/v1/tasks"
OPEN = 200
"""The status of an open stream."""
FINISHED = frozenset({"completed", "failed", "cancelled"})


class PlatformUser(FastHttpUser):
    """A user of the Task API; abstract. Extend it, or one of its classes, for users of your own.

    `recorder.sample("name", value)` and `recorder.count("name")` record measures of your own. Declare those
    that an objective judges in `measures`, by their units, and in `counts`.
    """

    abstract = True
    kind: ClassVar[str] = ""
    """The name in measures, objectives and the workload file: that of the first class below this one."""
    holds_streams: ClassVar[bool] = False
    """True if each user holds the streams of the workload."""
    measures: ClassVar[Mapping[str, str]] = {}
    counts: ClassVar[Collection[str]] = ()
    insecure = False
    connection_timeout = REQUEST_SECONDS
    network_timeout = REQUEST_SECONDS
    concurrency = 500
    """Connections per user at most: users that open many streams must not queue for their own client."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.kind:
            cls.kind = cls.__name__
        for name, unit in vars(cls).get("measures", {}).items():
            add_measure(name, unit, cls.kind)
        for name in vars(cls).get("counts", ()):
            add_measure(name, name, cls.kind, is_count=True)

    def __init__(self, environment: Environment) -> None:
        self.run_state = run_of(environment)
        self.recorder = self.run_state.recorder.of(self.kind)
        self.default_headers = dict(self.run_state.headers)
        problem = refusal(environment.host, self.run_state.settings.permitted_host)
        if problem:
            raise StopTest(problem)
        self.backoff = Backoff(self.run_state.random)
        self._left_alone_until = 0.0
        super().__init__(environment)

    def context(self) -> dict[str, str]:
        """Return what Locust attaches to each of our requests: the class of its user."""
        return {"user": self.recorder.user}

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the workload file says about this class."""
        return self.run_state.settings.workload.users.get(self.kind, {})

    def tell_locust(self, name: str, seconds: float | None, problem: Exception | None = None) -> None:
        """Put an event of a stream into Locust's statistics; with --no-stream-events only one that failed."""
        if problem is None and not self.run_state.settings.has_stream_events:
            return
        self.environment.events.request.fire(
            request_type="SSE",
            name=name,
            response_time=None if seconds is None else seconds * 1000,
            response_length=0,
            exception=problem,
            context={},
        )

    def wait_time(self) -> float:
        """Return the seconds to think between two rounds. A target that refuses us is left alone."""
        thinking = self.run_state.settings.workload.think.draw(self.run_state.random)
        return max(thinking, self._left_alone_until - monotonic())

    def call(self, method: str, path: str, name: str, **request: Any) -> Mapping[str, Any] | None:
        """Send one request. Return its `data`, or None if it failed (counted, in Locust's table)."""
        self.leave_alone()
        request = {"allow_redirects": False, **request}  # the key is sent to no other address
        with self.client.request(method, path, name=name, catch_response=True, **request) as response:
            self.run_state.key.answered(response.status_code)
            try:
                body = response.json() if response.content else None
            except ValueError:
                body = None
            if not is_success(response.status_code) or not isinstance(body, dict):
                headers = response.headers or {}
                reason = _reason(response, body)
                response.failure(reason)
                self.was_refused(name, reason, headers.get("retry-after"))
                return None
            self.backoff.succeeded()
            data = body.get("data")
            return data if isinstance(data, dict) else {"items": data}

    def was_refused(self, operation: str, reason: str, retry_after: str | None) -> None:
        """Record why, and leave the target alone for a while."""
        self.recorder.whole.failed(operation, reason)
        self.back_off(retry_after)

    def back_off(self, retry_after: str | None) -> None:
        """Leave the target alone for a while."""
        wait = self.backoff.failed(seconds_asked(retry_after))
        self._left_alone_until = max(self._left_alone_until, monotonic() + wait)

    def leave_alone(self) -> None:
        """Wait as long as a target that refused us must be left alone, unless the run ends."""
        while not self.run_state.is_over and (left := self._left_alone_until - monotonic()) > 0:
            gevent.sleep(min(left, LOOK_SECONDS))

    @property
    def is_leaving_alone(self) -> bool:
        """True while the target is left alone."""
        return self._left_alone_until > monotonic()

    def create(self, message: str, **request: Any) -> str | None:
        """Create a task. Return its id, or None."""
        body = request or {"json": {"message": message}}
        data = self.call("POST", TASKS, "create_task", **body)
        return None if data is None else str(data.get("id"))

    def cancel(self, task: str) -> None:
        """End a task so that nothing keeps running. A task that cannot be ended is counted."""
        path = f"{TASKS}/{task}"
        with self.client.request("DELETE", path, name="cancel_task", catch_response=True) as response:
            if is_success(response.status_code):
                return
            shown = self.call("GET", path, "get_task_after_cancel")
            if shown is not None and shown.get("status") in FINISHED:
                response.success()  # a task that is over may refuse to be cancelled (G-71)
                return
            reason = _reason(response, None)
            response.failure(reason)
            self.recorder.whole.failed("cancel_task", reason)
        self.recorder.count("tasks_left")

    def open_stream(self, task: str) -> StreamConnection | None:
        """Open a task's stream. Return None if it was refused (counted)."""
        self.leave_alone()
        url = f"{str(self.host).rstrip('/')}{TASKS}/{task}/stream"
        asked = monotonic()
        self.recorder.stream_requested()
        try:
            with self.run_state.asking(self.recorder):
                connection = StreamConnection.open(url, self.run_state.headers, REQUEST_SECONDS, task)
        except StreamRefused as refused:
            self.run_state.key.answered(refused.status)
            self.back_off(refused.retry_after)
            self.recorder.stream_not_opened(
                str(refused), monotonic() - asked, is_answered=bool(refused.status)
            )
            self.tell_locust("open", monotonic() - asked, refused)
            return None
        self.run_state.key.answered(OPEN)
        self.backoff.succeeded()
        self.recorder.sample("stream_connect", connection.connected - connection.asked)
        self.recorder.sample("stream_head", connection.opened - connection.connected)
        self.tell_locust("open", connection.opened - asked)
        return connection


def _reason(response: Any, body: Any) -> str:
    """Why a request failed: the connection's error if no answer came, else the answer's status and code."""
    if not response.status_code:
        error = getattr(response, "error", None)
        return "no answer" if error is None else why(error)
    location = (response.headers or {}).get("location") if response.status_code // 100 == 3 else None  # noqa: PLR2004  RFC 9110
    return why_refused(response.status_code, body, location)
