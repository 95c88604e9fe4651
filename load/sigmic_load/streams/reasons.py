"""Why something failed, in a few exact words: down to the TLS alert, never just “no answer”. Pure."""

import http
import socket
import ssl
from typing import Any

_ERRNO_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset by the target"),
    (BrokenPipeError, "connection closed by the target while we were sending"),
    (ConnectionAbortedError, "connection aborted"),
    (TimeoutError, "no answer in time"),
)


def why(error: BaseException) -> str:
    """Return why a connection failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: certificate not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if isinstance(error, socket.gaierror):
        return f"no such host: {error.strerror}"
    for kind, words in _ERRNO_WORDS:
        if isinstance(error, kind):
            return words
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _tls(error: ssl.SSLError) -> str:
    """Name a TLS error. OpenSSL reports `WRONG_VERSION_NUMBER` for a peer that does not speak TLS."""
    name = error.reason or "handshake broken off"
    words = name.replace("_", " ").lower()
    if name in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
        return f"TLS: {words}: the target does not speak TLS there"
    return f"TLS alert: {words.partition('alert ')[2] or words}" if "ALERT" in name else f"TLS: {words}"


def is_success(status: int) -> bool:
    """True for 2xx (RFC 9110, 15.3)."""
    return status // 100 == http.HTTPStatus.OK // 100


def why_refused(status: int, body: Any, location: str | None = None) -> str:
    """Return the reason of a refusal: the status, and the documented code if the body has one."""
    if location:
        return f"{status}, redirects to {location}"
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if is_success(status):
        return f"{status}, but its body is not this API's"
    return f"{status} {code}" if code else str(status)
