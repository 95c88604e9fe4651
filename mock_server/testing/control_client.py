"""Calls of a running server's control plane, for the command's verbs and for `mock_server.testing`.

It is loaded without the rest of the server. Connections are kept alive; a call may come from any thread.
"""

import http.client
import json
import select
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from sigmic_conformance.mock_server.control.table import control_table
from sigmic_conformance.mock_server.domain.secret import Secret

CONTROL_PATH = "/__mock/v1"
_SECONDS = 600.0
"""How long a call may take: an advance over days delivers a lot."""
_KEPT = 4
"""Idle connections that are kept."""
_FIRST_REFUSAL = 400


class NoServer(Exception):
    """Nobody answers at the address, or not as a mock does; the message is one line."""


class ControlRefused(Exception):
    """The control plane refused a call; the message is its own. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
    """Calls about one project, or about the server's only or default one when `project` is None."""

    def __init__(self, control_url: str, token: Secret, project: str | None = None) -> None:
        address = urlsplit(control_url)
        self.control_url = control_url
        self.project = project
        self._host = address.netloc
        self._path = address.path.rstrip("/")
        self.token = token
        self._idle: deque[http.client.HTTPConnection] = deque(maxlen=_KEPT)

    def about(self, project: str) -> "ControlClient":
        """Return a client for another project of the same server; the connections are shared."""
        client = ControlClient(self.control_url, self.token, project)
        client._idle = self._idle
        return client

    def ask(self, operation: str, /, **fields: Any) -> Any:
        """Call an operation of the control plane's table; return its JSON value. Raises as `call`."""
        row = control_table().operations[operation]
        path, body, query = row.request(fields)
        return self.call(row.method, path, body, **query)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """Call `path` below the control plane's root; return its JSON value.

        Raises `ControlRefused` for an answer of 400 or more, `NoServer` when there is none.
        """
        raw, status = self.fetch(method, path, body, **query)
        return value_of(raw, status)

    def fetch(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> tuple[bytes, int]:
        """Call and return the answer's bytes and status. Raises `NoServer`."""
        if self.project is not None:
            query.setdefault("project", self.project)
        connection = self._connection()
        try:
            connection.request(
                method,
                self._path + path + (f"?{urlencode(query)}" if query else ""),
                None if body is None else json.dumps(body),
                {"Authorization": f"Bearer {self.token.reveal()}", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise NoServer(f"no server answers at {self._host}") from None
        except BaseException:
            # Interrupted half-way: what comes next on it would be the answer to another call.
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return raw, answer.status

    def close(self) -> None:
        """Close the idle connections. The client can still be used."""
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> http.client.HTTPConnection:
        """Return an idle connection that the server has not closed, or a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return http.client.HTTPConnection(self._host, timeout=_SECONDS)
            if connection.sock is not None and not _is_readable(connection):
                return connection
            connection.close()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if len(self._idle) < _KEPT:
            self._idle.append(connection)
        else:
            connection.close()


def _is_readable(connection: http.client.HTTPConnection) -> bool:
    """An idle connection on which something can be read has been closed by the server."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def value_of(raw: bytes, status: int) -> Any:
    """Return the JSON value of an answer. Raises `ControlRefused`, or `NoServer` if it is not a mock's."""
    try:
        value = json.loads(raw)
    except ValueError:
        raise NoServer(f"the server's answer ({status}) is not JSON; is it a Sigmic mock?") from None
    if status >= _FIRST_REFUSAL:
        error = value.get("error") if isinstance(value, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        raise ControlRefused(str(message or f"the server answered {status}"), status)
    return value
