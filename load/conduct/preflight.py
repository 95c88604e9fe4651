"""One request before the first user: whether the target is there, is this API and knows the key."""

import http.client
import json
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from sigmic_conformance.load.streams.reasons import why, why_refused

SECONDS = 10.0
PATH = "/api/v1/tasks?limit=1"
_LONGEST = 1_000_000
UNAUTHENTICATED = frozenset({401, 403})
FULL = frozenset({429, 503})


def obstacle(host: str, headers: Mapping[str, str]) -> str:
    """Return why nothing can come of a run, in one line; the empty text when something can."""
    parts = urlsplit(host)
    connection = _connection(parts)
    try:
        connection.request("GET", parts.path.rstrip("/") + PATH, headers=dict(headers))
        answer = connection.getresponse()
        text = answer.read(_LONGEST)
    except http.client.RemoteDisconnected:
        return f"{host} closed the connection without an answer{_maybe_tls(parts)}"
    except http.client.HTTPException as error:
        return f"{host} does not answer in HTTP: {type(error).__name__}{_maybe_tls(parts)}"
    except OSError as error:
        return f"{host} cannot be reached: {why(error)}"
    finally:
        connection.close()
    return judge_answer(host, answer.status, answer.getheader("Location"), text)


def judge_answer(host: str, status: int, location: str | None, text: bytes) -> str:
    """Return what is wrong with the answer to `list_tasks`; the empty text when nothing is."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if status // 100 == 3:  # noqa: PLR2004 - a redirect
        return f"{host} redirects to {location or 'elsewhere'}: give --host the address that answers itself"
    refused = why_refused(status, body)
    if status in UNAUTHENTICATED:
        return f"{host} refuses the API key: {refused}"
    if status in FULL:
        return f"{host} takes no more now: {refused}"
    if status // 100 == 2 and isinstance(body, dict) and isinstance(body.get("data"), list):  # noqa: PLR2004  RFC 9110
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
