"""Convert sent data to what an entry may contain: heads, addresses and bodies, masked and truncated.

Values under a secret field name (`env`, `secrets`, `appSecret`) are always masked. Then the registry removes
the known secrets from all other places. Invariant: redact first, truncate afterwards, so that no secret is
cut in two and missed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from sigmic_mock.domain.credential_shapes import MASK, is_secret_name
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.redaction import SHORTEST
from sigmic_mock.http.body import parse_json
from sigmic_mock.journal.entry import Detail, Excerpt
from sigmic_mock.journal.secrets import SHORTEST_ENV, Secrets, forms_of
from sigmic_spec.plural import plural

EXCERPT_BYTES = 64 * 1024
"""Bytes of a body or frame that are stored."""
_MASK = MASK.encode()
_SCHEMES = frozenset({b"bearer", b"basic"})
VARIABLES = frozenset({"env", "secrets"})
_HINTS = (
    *b"env secret token passw key authorization cookie credential signature".split(),
    b"\\u",
    b"\0",
)
"""A JSON body without any of these has no name whose value is masked. UTF-16 contains zero bytes."""
_LONGEST_NAME = 1024
_LONGEST_VARIABLES = 64 * 1024
"""Bytes read of a form's field of variables; a longer one is masked. No form may have such a field."""

Brought = list[tuple[str, str, int]]
"""The secrets of a body, see `Secrets.learn_all`."""
About = tuple[str, str | None, str | None]
"""The name of a form's part, its file name and its type."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A body with secret fields masked; their values are in `marks`, see `Secrets.know`."""

    text: bytes
    total: int
    marks: Mapping[bytes, bytes]


def head(secrets: Secrets, project: str | None, lines: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return header lines, each ended by CRLF, credentials masked; as many as an excerpt holds."""
    text = b"".join(
        [
            b"%b: %b\r\n" % (name, _credential(value) if is_secret_name(name.decode("latin-1")) else value)
            for name, value in lines
        ]
    )
    shown = excerpt(secrets, project, text)
    lines_shown = shown.text or b""
    return lines_shown[: lines_shown.rfind(b"\r\n") + 2] if shown.truncated else lines_shown


def answer_head(secrets: Secrets, project: str | None, lines: Mapping[str, str]) -> bytes:
    """Like `head`, for the headers of an answer, which rarely contain a credential."""
    if "Set-Cookie" in lines:
        pairs = [(name.encode("latin-1", "replace"), _bytes(value)) for name, value in lines.items()]
        return head(secrets, project, pairs)
    return secrets.redact(project, _bytes("".join([f"{name}: {value}\r\n" for name, value in lines.items()])))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _credential(value: bytes) -> bytes:
    scheme, space, _ = value.partition(b" ")
    return scheme + b" " + _MASK if space and scheme.lower() in _SCHEMES else _MASK


def address(secrets: Secrets, project: str | None, raw_path: str) -> str:
    """Return path and query, with values of parameters like `token` masked."""
    path, mark, query = raw_path.partition("?")
    if mark:
        path += mark + "&".join(_parameter(pair) for pair in query.split("&"))
    return secrets.redact(project, path.encode("utf-8", "replace"))[:EXCERPT_BYTES].decode("utf-8", "replace")


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals and is_secret_name(unquote_plus(name)) else pair


def excerpt(
    secrets: Secrets,
    project: str | None,
    data: bytes,
    total: int | None = None,
    *,
    most: int = EXCERPT_BYTES,
) -> Excerpt:
    """Return the first `most` bytes of `data`, redacted. Give `total` if the body was longer than `data`."""
    size = len(data) if total is None else total
    if most <= 0 < size:
        return Excerpt(b"", size, truncated=True)
    margin = secrets.longest(project)
    window = data[: most + margin]
    shown = secrets.redact(project, window)
    if len(window) < size:
        # The end of the window may be the start of a secret.
        shown = shown[: max(0, len(shown) - margin)]
    return Excerpt(shown[:most], size, truncated=len(shown) > most or len(window) < size)


def short_text(secrets: Secrets, project: str | None, text: str) -> str:
    """Return a name or an id, redacted; if it is longer than any name, only its length."""
    if len(text) > _LONGEST_NAME:
        return f"[masked: {plural(len(text), 'character')}, more than a name has]"
    return secrets.redact(project, text.encode("utf-8", "replace")).decode("utf-8", "replace")


def json_sent(body: bytes) -> Sent:
    """Mask what is possible in a JSON body before its project is known. Slow for a long body."""
    lowered = body.lower()
    if not any(hint in lowered for hint in _HINTS):
        return Sent(body, len(body), {})
    brought: Brought = []
    try:
        value = parse_json(body)
    except ApiError as refusal:
        return Sent(f"[masked: it may name secrets. {refusal.message}]".encode(), len(body), {})
    masked = _masked(value, brought)
    if not brought:
        return Sent(body, len(body), {})
    text = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Sent(text, len(body), forms_of(brought))


def body(secrets: Secrets, project: str | None, sent: Sent) -> Excerpt:
    """Return the form of a body for an entry, and learn its secrets."""
    if sent.marks:
        secrets.know(project, sent.marks)
    shown = excerpt(secrets, project, sent.text)
    return Excerpt(shown.text, sent.total, shown.truncated)


def field(
    secrets: Secrets,
    project: str | None,
    about: About,
    data: bytes | None,
    total: int,
    most: int = EXCERPT_BYTES,
) -> Detail:
    """Return one field of a form with at most `most` bytes of its text; without `data` for a file."""
    name, filename, content_type = about
    return {
        "name": short_text(secrets, project, name),
        "bytes": total,
        "text": None if data is None else _field_text(secrets, project, name, data, total, most),
        "filename": None if filename is None else short_text(secrets, project, filename),
        "content_type": None if content_type is None else short_text(secrets, project, content_type),
    }


def _field_text(
    secrets: Secrets, project: str | None, name: str, data: bytes, total: int, most: int
) -> bytes:
    brought: Brought = []
    if name in VARIABLES:
        if len(data) > _LONGEST_VARIABLES:
            return _MASK
        try:
            _masked({name: parse_json(data)}, brought)
        except ApiError:
            brought = [(name, data.decode("utf-8", "replace"), SHORTEST_ENV)]
    elif is_secret_name(name):
        brought = [(name, data.decode("utf-8", "replace"), SHORTEST)]
    else:
        return excerpt(secrets, project, data, total, most=most).text or b""
    secrets.learn_all(project, brought)
    return _MASK


def brought_by(value: Any) -> Brought:
    """Return the secrets in a JSON value, by the names of their fields."""
    brought: Brought = []
    _masked(value, brought)
    return brought


def masked_value(value: Any) -> Any:
    """Return the JSON value with all values of secret fields masked."""
    return _masked(value, [])


def _masked(value: Any, brought: Brought) -> Any:
    """Return the JSON value with all values of secret fields masked, and add these to `brought`."""
    match value:
        case dict():
            return {name: _member(name, item, brought) for name, item in value.items()}
        case list():
            return [_masked(item, brought) for item in value]
        case _:
            return value


def _member(name: str, value: Any, brought: Brought) -> Any:
    if name in VARIABLES:
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
