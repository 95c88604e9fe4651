"""From what was sent to what an entry may hold: heads, addresses and bodies, masked and cut.

What a field name gives away (`env`, `secrets`, `appSecret`) is masked by place, whatever its value; then the
registry takes out what it knows wherever else it stands. Rule: redact first, cut after, so that no value is
halved and missed.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from sigmic_conformance.mock_server.domain.credential_shapes import MASK, is_secret_name
from sigmic_conformance.mock_server.domain.json_values import MOST_VALUES, holds_more
from sigmic_conformance.mock_server.domain.redaction import SHORTEST
from sigmic_conformance.mock_server.journal.entry import Excerpt, Field
from sigmic_conformance.mock_server.journal.secrets import SHORTEST_ENV, Secrets

EXCERPT_BYTES = 64 * 1024
"""Kept of a body or frame."""
_SCHEMES = frozenset({b"bearer", b"basic"})
_VARIABLES = frozenset({"env", "secrets"})
_HINTS = (
    *b"env secret token passw key authorization cookie credential signature".split(),
    b"\\u",
    b"\0",
)
"""Without one of these a JSON body names nothing that is masked by place; in UTF-16 it has zero bytes."""
_TOO_MANY = b"[masked: more names and values than a body may hold]"
_UNREADABLE = b"[masked: not JSON, and it may name secrets]"

Brought = list[tuple[str, str, int]]
"""What a body brings as secret, see `Secrets.learn_all`."""


def head(secrets: Secrets, project: str | None, lines: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return header lines, each ended by CRLF, credentials masked."""
    text = b"".join(
        [
            b"%b: %b\r\n" % (name, _credential(value) if is_secret_name(name.decode("latin-1")) else value)
            for name, value in lines
        ]
    )
    return secrets.redact(project, text)


def answer_head(secrets: Secrets, project: str | None, lines: Mapping[str, str]) -> bytes:
    """Like `head`, for the headers of an answer, which hardly ever hold a credential."""
    if "Set-Cookie" in lines:
        pairs = [(name.encode("latin-1", "replace"), _bytes(value)) for name, value in lines.items()]
        return head(secrets, project, pairs)
    return secrets.redact(project, _bytes("".join([f"{name}: {value}\r\n" for name, value in lines.items()])))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _credential(value: bytes) -> bytes:
    scheme, space, _ = value.partition(b" ")
    masked = MASK.encode()
    return scheme + b" " + masked if space and scheme.lower() in _SCHEMES else masked


def address(secrets: Secrets, project: str | None, raw_path: str) -> str:
    """Return path and query, the values of parameters such as `token` masked."""
    path, mark, query = raw_path.partition("?")
    if mark:
        path += mark + "&".join(_parameter(pair) for pair in query.split("&"))
    return secrets.redact(project, path.encode("utf-8", "replace"))[:EXCERPT_BYTES].decode("utf-8", "replace")


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals and is_secret_name(unquote_plus(name)) else pair


def excerpt(secrets: Secrets, project: str | None, data: bytes, total: int | None = None) -> Excerpt:
    """Return the begin of `data`, redacted. `total` when it was longer than what is given."""
    size = len(data) if total is None else total
    margin = secrets.longest(project)
    window = data[: EXCERPT_BYTES + margin]
    shown = secrets.redact(project, window)
    if len(window) < size:
        # What stands at the end of the window may be the begin of a value.
        shown = shown[: max(0, len(shown) - margin)]
    return Excerpt(shown[:EXCERPT_BYTES], size, truncated=len(shown) > EXCERPT_BYTES or len(window) < size)


def short_text(secrets: Secrets, project: str | None, text: str) -> str:
    """Return a name or an id, of at most 1024 characters."""
    shown = excerpt(secrets, project, text.encode("utf-8", "replace")).text or b""
    return shown.decode("utf-8", "replace")[:1024]


def json_body(secrets: Secrets, project: str | None, body: bytes) -> Excerpt:
    """Return a request's JSON body, with what it brings as secret learnt and masked."""
    lowered = body.lower()
    if not any(hint in lowered for hint in _HINTS):
        return excerpt(secrets, project, body)
    if holds_more(body, MOST_VALUES):
        return Excerpt(_TOO_MANY, len(body))
    brought: Brought = []
    try:
        value = json.loads(body.decode())
        masked = _masked(value, brought)
        secrets.learn_all(project, brought)
        if masked == value:
            return excerpt(secrets, project, body)
        text = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return Excerpt(_UNREADABLE, len(body))
    shown = excerpt(secrets, project, text)
    return Excerpt(shown.text, len(body), shown.truncated)


def field(
    secrets: Secrets,
    project: str | None,
    name: str,
    data: bytes | None,
    total: int,
    *,
    filename: str | None = None,
    content_type: str | None = None,
) -> Field:
    """Return one field of a form; `data` is None for a file, whose content is never kept."""
    text = None if data is None else _field_text(secrets, project, name, data, total)
    return Field(
        name=short_text(secrets, project, name),
        total=total,
        text=text,
        filename=None if filename is None else short_text(secrets, project, filename),
        content_type=None if content_type is None else short_text(secrets, project, content_type),
    )


def _field_text(secrets: Secrets, project: str | None, name: str, data: bytes, total: int) -> str:
    brought: Brought = []
    if name in _VARIABLES and not holds_more(data, MOST_VALUES):
        try:
            _masked({name: json.loads(data.decode())}, brought)
        except (ValueError, RecursionError):
            brought = [(name, data.decode("utf-8", "replace"), SHORTEST_ENV)]
    elif is_secret_name(name):
        brought = [(name, data.decode("utf-8", "replace"), SHORTEST)]
    elif name not in _VARIABLES:
        return (excerpt(secrets, project, data, total).text or b"").decode("utf-8", "replace")
    secrets.learn_all(project, brought)
    return MASK


def _masked(value: Any, brought: Brought) -> Any:
    """Return the JSON value with everything masked that its name gives away, which is added to `brought`."""
    match value:
        case dict():
            return {name: _member(name, item, brought) for name, item in value.items()}
        case list():
            return [_masked(item, brought) for item in value]
        case _:
            return value


def _member(name: str, value: Any, brought: Brought) -> Any:
    if name in _VARIABLES:
        return _hidden(name, value, SHORTEST if name == "secrets" else SHORTEST_ENV, brought)
    if is_secret_name(name):
        return _hidden(name, value, SHORTEST, brought)
    return _masked(value, brought)


def _hidden(name: str, value: Any, shortest: int, brought: Brought) -> Any:
    """Mask every value, keep the names."""
    match value:
        case dict():
            return {key: _hidden(key, item, shortest, brought) for key, item in value.items()}
        case list():
            return [_hidden(name, item, shortest, brought) for item in value]
        case None | bool():
            return value
        case _:
            brought.append((name, str(value), shortest))
            return MASK
