"""Evidence: the transcript citation that a verdict is based on, and a `curl` that repeats the request."""

import hashlib
import shlex
from collections.abc import Iterator

from sigmic_conformance.model.record.verdict import Citation
from sigmic_conformance.wire.difference import LONGEST, spelled
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Exchange, Sent

BODIES = "bodies"
EXCERPT_BYTES = 400
TARGET = 200
"""The longest path of a request in a line of a report."""
_HARNESS_HEADERS = {"user-agent", "connection"}


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


def curl(exchange: Exchange) -> str:
    """A command that repeats the request, to be run in the report's folder, which has the long bodies.

    Everything is quoted: of a saved run from somebody else, only the form of the transcript was checked.
    Credentials are taken from the environment, never written out.
    """
    sent = exchange.sent
    words = ["curl", "-i", "-N"]
    if sent.version != "1.1":
        words.append(f"--http{sent.version}")
    if sent.method == "HEAD":
        words.append("--head")
    elif sent.method != "GET":
        words += ["-X", sent.method]
    line = shlex.join(words)
    saved = body_file(sent)
    line += "".join(f" -H {header}" for header in _headers(exchange, has_file=saved is not None))
    if saved is not None:
        line += f" --data-binary @{saved}"
    elif sent.text is not None:
        line += f" --data-raw {shlex.quote(sent.text)}"  # which reads no file, even if the text is @/a/file
    for part in sent.parts if saved is None else ():
        value = part.partition("=")[2]
        if value:
            line += f" --form-string {shlex.quote(part)}"
        else:
            field, _, file = part.partition(": ")
            line += " -F " + shlex.quote(f"{field}=@{file.rpartition(' (')[0]}")
    return f"{line} {shlex.quote(exchange.url)}"


def body_file(sent: Sent) -> str | None:
    """The file in a report's folder for bytes that a command line cannot contain; None for other bodies."""
    if sent.body is None:
        return None
    return f"{BODIES}/{hashlib.sha256(sent.body).hexdigest()[:16]}"


def _headers(exchange: Exchange, *, has_file: bool) -> Iterator[str]:
    """The headers that curl does not write itself."""
    sent = exchange.sent
    own = _HARNESS_HEADERS if has_file or not sent.parts else _HARNESS_HEADERS | {"content-type"}
    yield from (
        _header(name, value, exchange.role) for name, value in sent.headers if name.lower() not in own
    )
    if sent.spelling is Spelling.CHUNKED:
        yield "'Transfer-Encoding: chunked'"
    if sent.spelling is Spelling.ACCEPT_ABSENT:
        yield "Accept:"


def _header(name: str, value: str, role: str) -> str:
    """Quote a header; a redacted credential becomes the variable it came from."""
    if "[secret:" not in value:
        return shlex.quote(f"{name}: {value}")
    variable = {"owner": "SIGMIC_API_KEY", "second": "SIGMIC_SECOND_API_KEY"}.get(role, "SIGMIC_TOKEN")
    scheme = "Bearer " if value.startswith("Bearer ") else ""
    return f"{shlex.quote(f'{name}: {scheme}')}" + f'"${variable}"'
