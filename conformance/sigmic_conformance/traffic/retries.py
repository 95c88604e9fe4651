"""Recognise transient failures of the network, a proxy or an overloaded platform, which are retried.

The request is retried after a pause; the answer to the last attempt counts, so that a platform that always
fails is checked.
"""

from http import HTTPStatus

from sigmic_conformance.wire.client import retry_after
from sigmic_conformance.wire.connection import Capture
from sigmic_conformance.wire.transcript import Closed

PATIENCE_SECONDS = 10.0
LONGEST_DOUBLED_SECONDS = 20.0
READING = frozenset({"GET", "HEAD", "OPTIONS"})
AGAIN_SECONDS = 0.2
THROTTLING = frozenset({429, 503})
"""Too Many Requests, Service Unavailable: all requests should slow down."""


def retry_pause(capture: Capture, method: str, *, last: bool) -> float | None:
    """Seconds to wait before a retry; None if the answer counts."""
    if capture.status == HTTPStatus.TOO_MANY_REQUESTS:  # always transient, never checked
        return retry_after(capture.headers, PATIENCE_SECONDS)
    if last:
        return None
    if capture.status == HTTPStatus.SERVICE_UNAVAILABLE and any(
        name.lower() == "retry-after" for name, _ in capture.headers
    ):
        return retry_after(capture.headers, PATIENCE_SECONDS)
    if method in READING and _passing(capture):
        return AGAIN_SECONDS
    gone = capture.status is None and capture.closed in {Closed.RESET, Closed.TRUNCATED, Closed.REFUSED}
    return AGAIN_SECONDS if gone and (method in READING or not capture.sent_any) else None


def doubled(pause: float, attempt: int) -> float:
    """The pause in seconds after an attempt, twice as long after each, up to 20 s."""
    return min(pause * 2.0 ** (attempt - 1), LONGEST_DOUBLED_SECONDS)


def _passing(capture: Capture) -> bool:
    """True for a failure that a network or a proxy may cause once; if it persists, it is checked."""
    broken = (
        capture.closed in {Closed.RESET, Closed.TRUNCATED} and _media_type(capture) != "text/event-stream"
    )
    page = _media_type(capture) == "text/html" and "attachment" not in _header(capture, "content-disposition")
    return broken or page or capture.status in {500, 502, 503, 504}


def _media_type(capture: Capture) -> str:
    return _header(capture, "content-type").partition(";")[0].strip().lower()


def _header(capture: Capture, name: str) -> str:
    return next((value for key, value in capture.headers if key.lower() == name), "")
