"""Calls of a running server's control plane, for the command's verbs and for `sigmic_mock.testing`.

It is loaded without the rest of the server. A call may come from any thread.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sigmic_mock.control.table import CONTROL_PATH, Operation, control_table
from sigmic_mock.domain.secret import Secret
from sigmic_spec.nearest import hint

_SECONDS = 600.0
"""Timeout of a call in seconds: an advance over days delivers a lot."""
_FIRST_REFUSAL = 400


class MockRefused(Exception):
    """The mock cannot carry out a call; the message is one line that says why."""


class NoServer(MockRefused):
    """No server answers at the address, or not as a mock does."""


@dataclass(frozen=True, slots=True)
class ControlClient:
    """Calls about one project; without `project`, about the server's only or default one."""

    control_url: str
    token: Secret
    project: str | None = None

    def about(self, project: str) -> "ControlClient":
        """Return a client for another project of the same server."""
        return replace(self, project=project)

    def ask(self, operation: str, /, **fields: Any) -> Any:
        """Call an operation of the control plane's table; return its JSON value.

        Raises `MockRefused` for an answer of 400 or more, `NoServer` without one.
        """
        return value_of(*self.fetch(operation, **fields))

    def fetch(self, operation: str, /, **fields: Any) -> tuple[bytes, int]:
        """Call an operation and return the answer's bytes and status.

        Raises `MockRefused` if the table has no such operation, `NoServer` without an answer.
        """
        row = _row(operation, fields)
        path, body, query = row.request(fields)
        address = urlsplit(self.control_url)
        named = {} if self.project is None else {"project": self.project}
        target = f"{address.path.rstrip('/')}{path}?{urlencode(named | query)}"
        headers = {"Authorization": f"Bearer {self.token.reveal()}", "Content-Type": "application/json"}
        try:
            sent = None if body is None else json.dumps(body, default=_plain)
        except (TypeError, ValueError) as problem:
            raise MockRefused(f"can't send the fields of {operation} as JSON: {problem}") from None
        connection = http.client.HTTPConnection(address.netloc, timeout=_SECONDS)
        try:
            connection.request(row.method, target, sent, headers)
            answer = connection.getresponse()
            return answer.read(), answer.status
        except (OSError, http.client.HTTPException):
            raise NoServer(f"no server answers at {address.netloc}") from None
        finally:
            connection.close()


def _row(operation: str, fields: Mapping[str, Any]) -> Operation:
    """Return the row of an operation. Raises `MockRefused` if the address can't be built."""
    operations = control_table().operations
    if operation not in operations:
        told = hint(str(operation), operations, otherwise=f"; they are in {CONTROL_PATH}/openapi.json")
        raise MockRefused(f"the control plane has no operation {str(operation)[:80]}{told}")
    row = operations[operation]
    missing = [name for name in row.path_names if fields.get(name) is None]
    if missing:
        given = f", not {', '.join(fields)}" if fields else ""
        raise MockRefused(f"{operation} needs {', '.join(missing)}{given}")
    return row


def _plain(value: object) -> object:
    """Return a mapping or a path as JSON has it."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")


def value_of(raw: bytes, status: int) -> Any:
    """Return the JSON value of an answer. Raises `MockRefused`, `NoServer` if it is not a mock's."""
    try:
        value = json.loads(raw)
    except ValueError:
        raise NoServer(f"the server's answer ({status}) is not JSON; is it a Sigmic mock?") from None
    if status >= _FIRST_REFUSAL:
        error = value.get("error") if isinstance(value, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        raise MockRefused(str(message or f"the server answered {status}"))
    return value
