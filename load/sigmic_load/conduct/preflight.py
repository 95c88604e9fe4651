"""One request before the first user: checks that the target is up, is this API and accepts the key."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sigmic_load.run.key_watch import UNAUTHENTICATED
from sigmic_load.streams.reasons import is_success, why, why_refused

SECONDS = 10.0
PATH = "/api/v1/tasks?limit=1"
_LONGEST = 1_000_000
FULL = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to `list_tasks`."""

    status: int
    location: str | None
    text: bytes


class Unreachable(Exception):
    """No answer came; the text is one line."""


def obstacle(host: str, headers: Mapping[str, str]) -> str:
    """Return why a run cannot have a result, in one line; empty if it can."""
    try:
        answer = _ask(host, headers)
    except Unreachable as problem:
        return str(problem)
    return judge_answer(host, answer)


def key_refusal(host: str, headers: Mapping[str, str]) -> str:
    """Return how the target refuses the key, in one line; empty for any other answer."""
    try:
        answer = _ask(host, headers)
    except Unreachable:
        return ""
    return judge_answer(host, answer) if answer.status in UNAUTHENTICATED else ""


def _ask(host: str, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(host)
    connection = _connection(parts)
    try:
        connection.request("GET", parts.path.rstrip("/") + PATH, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("Location"), answer.read(_LONGEST))
    except http.client.RemoteDisconnected:
        raise Unreachable(f"{host} closed the connection without an answer{_maybe_tls(parts)}") from None
    except http.client.HTTPException as error:
        name = type(error).__name__
        raise Unreachable(f"{host} does not answer in HTTP: {name}{_maybe_tls(parts)}") from None
    except OSError as error:
        raise Unreachable(f"{host} can't be reached: {why(error)}") from None
    finally:
        connection.close()


def judge_answer(host: str, answer: Answer) -> str:
    """Return what is wrong with the answer to `list_tasks`; empty if nothing is."""
    status = answer.status
    try:
        body = json.loads(answer.text)
    except ValueError:
        body = None
    if status // 100 == 3:  # noqa: PLR2004 - a redirect
        elsewhere = answer.location or "elsewhere"
        return f"{host} redirects to {elsewhere}: give --host the address that answers itself"
    refused = why_refused(status, body)
    if status in UNAUTHENTICATED:
        return f"{host} refuses the API key: {refused}"
    if status in FULL:
        return f"{host} takes no more now: {refused}"
    if is_success(status) and isinstance(body, dict) and isinstance(body.get("data"), list):
        return ""
    return f"{host} answers, but not as this API: {refused} to {PATH}"


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=SECONDS)


def _maybe_tls(parts: SplitResult) -> str:
    return "" if parts.scheme == "https" else "; does it want https://?"
