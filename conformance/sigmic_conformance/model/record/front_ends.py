"""Identify requests that a front end may answer instead of the API, in its own format.

A proxy, a load balancer or a server's HTTP parser refuses requests that it considers invalid or risky before
they reach the API. Its answer shows nothing about the API: its body and headers are not documented.
"""

import re
from collections.abc import Container

from sigmic_conformance.wire.transcript import Exchange, Sent

LONG_LINE = 8000
"""Octets of a header line or target that all servers should accept (RFC 9112 section 3); many refuse more."""
TOO_LARGE = 413
LARGE_BODY = 1_000_000
"""Octets of a body that may exceed a front end's own limit: nginx accepts 1 MiB by default."""
GATHERED_REMEDY = (
    "turn off response buffering (and compression) of text/event-stream in whatever stands before "
    "the server; for nginx `proxy_buffering off;` or the header `X-Accel-Buffering: no`"
)
"""Hint for a front end that buffers a stream, the most frequent defect of event streams in production."""
_RISKY = re.compile(r"%(?:2f|5c|00)|/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
"""An encoded slash, backslash or NUL, or a dot segment, in a path."""


def may_answer(sent: Sent, passed: Container[str] = ()) -> bool:
    """True for a request that a front end may refuse, whatever the API would answer.

    Two lengths or two framings (RFC 9112 section 6.3), an expectation, another version than HTTP/1.1, a path
    that decodes to another one and is not in `passed`, a line that is longer than parsers must accept.
    """
    names = [name.lower() for name, _ in sent.headers]
    lines = [sent.target, *(f"{name}: {value}" for name, value in sent.headers)]
    return (
        is_framed_twice(sent)
        or "expect" in names
        or sent.version != "1.1"
        or (path_of(sent) not in passed and _RISKY.search(path_of(sent)) is not None)
        or any(len(line) > LONG_LINE for line in lines)
    )


def path_of(sent: Sent) -> str:
    """The path of a request, as sent."""
    return sent.target.partition("?")[0]


def may_have_answered(exchange: Exchange) -> bool:
    """True for such a request, or a long one, that was refused without an envelope.

    A front end only refuses: a success or an envelope comes from the API (the id of a call, for example, may
    contain a slash). A request without an answer may have reached the API. After one with two lengths,
    answers may belong to any request.
    """
    body = exchange.json()
    enveloped = isinstance(body, dict) and isinstance(body.get("success"), bool)
    answered = exchange.status is not None and not exchange.succeeded
    if enveloped or not (answered or is_framed_twice(exchange.sent)):
        return False
    return may_answer(exchange.sent) or too_large(exchange)


def is_framed_twice(sent: Sent) -> bool:
    """True for a request that states the length of its body twice."""
    names = [name.lower() for name, _ in sent.headers]
    return names.count("content-length") + names.count("transfer-encoding") > 1


def too_large(exchange: Exchange) -> bool:
    """True for a long body that was refused because of its length (413)."""
    return exchange.status == TOO_LARGE and exchange.sent.size > LARGE_BODY
