"""Evidence: the transcript citation that a verdict is based on."""

from sigmic_conformance.model.record.repeat import curl
from sigmic_conformance.model.record.verdict import Citation
from sigmic_conformance.wire.difference import LONGEST, spelled
from sigmic_conformance.wire.transcript import Exchange

EXCERPT_BYTES = 400
TARGET = 200
"""The longest path of a request in a line of a report."""


def cite(
    exchange: Exchange, note: str = "", *, offset: int | None = None, length: int = EXCERPT_BYTES
) -> Citation:
    """Cite an exchange, or `length` bytes of its body from `offset` on."""
    return Citation(
        probe=exchange.probe,
        exchange=exchange.number,
        label=exchange.label,
        note=note or summary(exchange),
        request=request_line(exchange),
        excerpt=excerpt(exchange, offset=offset, length=length),
        curl=curl(exchange),
        offset=offset,
    )


def brief(value: object) -> str:
    """The start of a text, or of any other value in JSON spelling, short enough for one line of a report."""
    return value[:LONGEST] if isinstance(value, str) else spelled(value)


def request_line(exchange: Exchange) -> str:
    """`GET /api/v1/tasks`; the middle of a long path is left out."""
    target = exchange.sent.target
    shown = target if len(target) <= TARGET else f"{target[: TARGET // 2]}…{target[-TARGET // 2 :]}"
    return f"{exchange.sent.method} {shown}"


def summary(exchange: Exchange) -> str:
    """`GET /api/v1/tasks → 200, complete`; an answer that did not end well is shown with its error."""
    answer = "no answer" if exchange.status is None else str(exchange.status)
    code = f" {exchange.code}" if exchange.code else ""
    why = f" ({exchange.error})" if exchange.error else ""
    return f"{request_line(exchange)} → {answer}{code}, {exchange.closed}{why}"


def excerpt(exchange: Exchange, *, offset: int | None = None, length: int = EXCERPT_BYTES) -> str:
    """Status line and body bytes, or only the bytes at an offset; control characters are escaped."""
    start = offset or 0
    body = exchange.body[start : start + length]
    text = body.decode("utf-8", "backslashreplace")
    more = "…" if start + length < exchange.size else ""
    if offset is not None:
        return f"{text}{more}"
    head = exchange.head.partition(b"\r\n")[0].decode("latin-1")
    return "\n".join(part for part in (head, text + more, exchange.error) if part)
