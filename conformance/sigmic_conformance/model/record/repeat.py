"""The command that sends a recorded request once more, as it was sent. Pure.

Method, path, version, the spelling and order of the headers, the form of the credential and the bytes of the
body are those of the transcript. Everything is quoted, and no file is named: somebody else may have written
the transcript. What curl can't send has no command: `sigmic-conformance reproduce` sends it.
"""

import base64
import re
import shlex
from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import urlsplit

from sigmic_conformance.target.profile import ROLES
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Closed, Exchange, Sent

MOST_BODY = 16_384
"""The longest body in a command, in bytes."""
FRAMING = frozenset({"host", "content-length", "transfer-encoding"})
"""The headers that curl writes itself, or must not be told."""
_OWN = ("User-Agent", "Accept")
"""The headers that curl adds to every request that lacks them."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""The methods that announce the length of a body even if it is empty."""
_ONLY_OURS = frozenset({Spelling.CHUNKED, Spelling.HEADER_CASE, Spelling.HEADER_ORDER})
"""The forms that also concern headers that curl writes itself, or the size of chunks."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN_TARGET = re.compile(r"/[\w.~!$&'()*+,;=:@%/?-]*", re.ASCII)
SECRET = re.compile(rf"eyJ[\w-]+\.[\w-]*\.{PLACEHOLDER.pattern}|{PLACEHOLDER.pattern}")
"""A secret, or a token of which only the signature was replaced."""
_VARIABLES = {
    "owner": "SIGMIC_API_KEY",
    "second": "SIGMIC_SECOND_API_KEY",
    **{name: role.variable for name, role in ROLES.items()},
}
_ACTIVE = frozenset('\\"$`!')
"""What a shell acts on within double quotes."""
APP_SECRET = "SIGMIC_APP_SECRET"  # noqa: S105  the name of a variable


def curl(exchange: Exchange) -> str:
    """The command with curl; empty if curl can't send this request."""
    sent = exchange.sent
    if not _can_be_sent(exchange):
        return ""
    words = ["curl", "-i", "-N"]
    words += [] if sent.version == "1.1" else ["--http1.0"]
    if sent.method == "HEAD":
        words.append("--head")
    elif sent.method != "GET" or sent.size:
        words += ["-X", sent.method]
    words += [f"-H {_quoted(line, exchange)}" for line in _headers(sent)]
    before, body = _body(exchange)
    words += body
    words += _target(exchange)
    return before + " ".join(words)


def _can_be_sent(exchange: Exchange) -> bool:
    """True if curl can send the same: a whole request in a usual form, alone on its connection."""
    sent = exchange.sent
    texts = (sent.method, sent.target, *(text for pair in sent.headers for text in pair))
    return (
        not (sent.by_hand or sent.spelling in _ONLY_OURS or _is_half(exchange))
        and sent.version in {"1.0", "1.1"}
        and all(text.isascii() and text.isprintable() and "##" not in text for text in texts)
        and _NAME.fullmatch(sent.method) is not None
        and all(_NAME.fullmatch(name) and name.lower() not in FRAMING for name, _ in sent.headers)
        and sent.target.startswith("/")
        and " " not in sent.target
        and (not sent.size or _has_whole_body(sent))
        and not (sent.method == "HEAD" and sent.size)
    )


def _is_half(exchange: Exchange) -> bool:
    """True if the probe sent only a part of the body, or left before it was sent."""
    sent = exchange.sent
    is_cut = sent.written is not None and sent.written < sent.size
    return is_cut or (not sent.whole and bool(sent.size) and exchange.closed is Closed.HUNG_UP)


def _has_whole_body(sent: Sent) -> bool:
    return sent.content is not None and len(sent.content) <= MOST_BODY


def _headers(sent: Sent) -> Iterator[str]:
    """The header lines for curl, in the order of the request; the ones that curl must leave out come last."""
    names = {name.lower() for name, _ in sent.headers}
    for name, value in sent.headers:
        yield f"{name}: {value}" if value.strip() else f"{name};"
    own = (*_OWN, "Content-Type") if sent.size or sent.method in _WITH_BODY else _OWN
    yield from (f"{name}:" for name in own if name.lower() not in names)


def _body(exchange: Exchange) -> tuple[str, list[str]]:
    """What stands before the command, and its words, for the body."""
    sent = exchange.sent
    if not sent.size:
        return "", ["--data-raw ''"] if sent.method in _WITH_BODY else []
    content = sent.content or b""
    text = content.decode("utf-8", "replace")
    has_secret = exchange.operation == "create_token" and PLACEHOLDER.search(text) is not None
    if text.isprintable() and text.encode() == content and "##" not in text:
        return "", ["--data-raw", _quoted(text, exchange, APP_SECRET if has_secret else None, in_body=True)]
    return f"printf %s {base64.b64encode(content).decode()} | base64 -d | ", ["--data-binary @-"]


def _target(exchange: Exchange) -> list[str]:
    """The address; a path that curl would change is given apart."""
    target = exchange.sent.target
    base = exchange.url.removesuffix(target)
    if _PLAIN_TARGET.fullmatch(target) and "/." not in target and "//" not in target and target[-1] != "?":
        return [_quoted(exchange.url, exchange)]
    path = urlsplit(base).path.rstrip("/")
    return ["--request-target", _quoted(path + target, exchange), shlex.quote(f"{base}/")]


def _quoted(text: str, exchange: Exchange, secret: str | None = None, *, in_body: bool = False) -> str:
    """The text as one word of a shell; a secret becomes its variable, and keeps what stands around it.

    A secret in a body is what the run drew, and is sent as it was recorded, unless `secret` names a variable.
    """
    variable = secret or (None if in_body else _VARIABLES.get(exchange.role, "SIGMIC_TOKEN"))
    if variable is None or SECRET.search(text) is None:
        return shlex.quote(text)
    names = [f"${'SIGMIC_TOKEN' if found[0][0] == 'e' else variable}" for found in SECRET.finditer(text)]
    parts = SECRET.split(text)
    if _ACTIVE.isdisjoint("".join(parts)) and not any(
        part[:1].isalnum() or part[:1] == "_" for part in parts[1:]
    ):
        return '"' + "".join(map("".join, zip_longest(parts, names, fillvalue=""))) + '"'
    words = zip_longest((part and shlex.quote(part) for part in parts), (f'"{name}"' for name in names))
    return "".join(part + (name or "") for part, name in words)
