"""Inputs by parser: most of them are valid enough to go deep, the rest is broken in one place.

Each input is a function of a seed and its number, so that a campaign can be resumed and one input sent again.
"""

import io
import json
import random
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MULTIPART = "multipart/form-data; boundary=B"
_JSON = "application/json"
_TEXTS = (
    "hi",
    "What is 2+2?",
    "Write a file a.txt with hello",
    "é\u202e\u0000\ud83d",
    "🙂" * 50,
    "x" * 9_000,
    "-" * 300,
    "```\n" * 40,
    "%s%n{0}${x}",
    "\x1b]0;x\x07",
    "",
    " ",
)
_VALUES: Sequence[Any] = (None, True, -1, 0, 2**63, 1e308, [], {}, [[]], {"a": {"b": [1]}}, *_TEXTS)
_PLAIN = ("a.txt", "b c.bin", "é.csv", "d/e/f.txt")
_NAMES = (*_PLAIN, "../../a", "/etc/a", "CON", ".", "..", "a" * 300, "x\ny", "", "~")


@dataclass(frozen=True, slots=True)
class Input:
    """One input: the bytes of a request. `is_whole` if its framing is as declared."""

    parser: str
    data: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """What exists on the server."""

    task: str
    key: str
    token: str


def request(
    about: About, method: str, target: str, body: bytes | None = None, kind: str = _JSON, *more: str
) -> bytes:
    """Return a request with valid framing."""
    token = about.token if target.startswith("/__mock") else about.key
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", *more]
    if body is not None:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + (body or b"")


def broken(drawn: random.Random, text: bytes) -> bytes:
    """Return a text that is changed in one place."""
    if not text:
        return text
    at = drawn.randrange(len(text))
    match drawn.randrange(5):
        case 0:
            return text[:at] + bytes([drawn.randrange(256)]) + text[at + 1 :]
        case 1:
            return text[:at] + text[at + drawn.randrange(1, 9) :]
        case 2:
            return text[:at]
        case 3:
            return text[:at] + text[at : at + 40] * drawn.randrange(2, 30) + text[at:]
        case _:
            return text[:at] + drawn.randbytes(drawn.randrange(1, 9)) + text[at:]


def json_bodies(drawn: random.Random, about: About) -> bytes:
    """A JSON body of an operation of the API."""
    path, fields = drawn.choice(
        (
            (
                "/api/v1/tasks",
                {"message": "hi", "autoExecute": True, "env": {"A": "b"}, "secrets": {"S": "secret"}},
            ),
            ("/api/v1/tasks", {"message": "hi", "systemPrompt": "Be short.", "showInHistory": False}),
            ("/api/v1/tasks", {"message": drawn.choice(_TEXTS)}),
            (f"/api/v1/tasks/{about.task}/messages", {"message": "more"}),
            (f"/api/v1/tasks/{about.task}/tools/call_1/approve", {"outcome": "proceed_once"}),
            (
                "/api/v1/auth/token",
                {
                    "appId": "app_local",
                    "appSecret": "local-only-app-secret",
                    "endUserId": "u",
                    "expiresIn": "1h",
                },
            ),
        )
    )
    fields = dict(fields)
    if drawn.random() < 0.4:
        name = drawn.choice([*fields, "unknown", "env"])
        fields[name] = drawn.choice(_VALUES)
    text = json.dumps(fields, ensure_ascii=drawn.random() < 0.5).encode("utf-8", "surrogatepass")
    if drawn.random() < 0.3:
        text = broken(drawn, text)
    return request(about, "POST", path, text)


def forms(drawn: random.Random, about: About) -> bytes:
    """A form with fields, files and archives."""
    parts = [part('name="message"', drawn.choice(_TEXTS[:-2]).encode("utf-8", "replace"))]
    for _ in range(drawn.randrange(4)):
        name = drawn.choice(_NAMES if drawn.random() < 0.2 else _PLAIN)
        content = archive(drawn) if drawn.random() < 0.5 else drawn.randbytes(drawn.choice([0, 3, 3_000]))
        name += drawn.choice(("", ".zip"))
        parts.append(part(f'name="files"; filename="{name}"', content))
    if drawn.random() < 0.2:
        parts.append(part('name="autoExecute"', drawn.choice([b"true", b"0", b"yes", b"\xff"])))
    drawn.shuffle(parts)
    body = b"".join(parts) + b"--B--\r\n"
    if drawn.random() < 0.2:
        body = broken(drawn, body)
    path = drawn.choice(("/api/v1/tasks",) * 7 + (f"/api/v1/tasks/{about.task}/messages",))
    return request(about, "POST", path, body, MULTIPART)


def part(head: str, content: bytes) -> bytes:
    """Return a part of a form."""
    text = head.encode("utf-8", "replace")
    return b"--B\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (text, content)


def archive(drawn: random.Random) -> bytes:
    """A ZIP with odd names, kinds and sizes; sometimes with one byte changed."""
    file = io.BytesIO()
    # Names may repeat, which Python warns about.
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(file, "w", drawn.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as packed,
    ):
        for number in range(drawn.randrange(6)):
            entry = zipfile.ZipInfo(drawn.choice(_NAMES) if drawn.random() < 0.1 else f"{number}/n.txt")
            entry.external_attr = drawn.choice((0o644,) * 20 + (0o755, 0o120777, 0o10644, 0o40755)) << 16
            entry.flag_bits |= drawn.choice((0,) * 20 + (1, 8))
            packed.writestr(entry, drawn.randbytes(10) * drawn.choice([0, 1, 500]))
        packed.comment = drawn.randbytes(drawn.choice([0, 0, 30]))
    return broken(drawn, file.getvalue()) if drawn.random() < 0.3 else file.getvalue()


def queries(drawn: random.Random, about: About) -> bytes:
    """A path with a query."""
    numbers = ("1", "0", "-1", "100", "9" * 30, "1e3", "%00", "", "%ff", "1;2", "+1", "\u0661")
    names = ("limit", "offset", "path", "x", "limit%00", "")
    query = "&".join(f"{drawn.choice(names)}={drawn.choice(numbers)}" for _ in range(drawn.randrange(4)))
    path = drawn.choice(
        (
            "/api/v1/tasks",
            f"/api/v1/tasks/{about.task}",
            f"/api/v1/tasks/{about.task}/history",
            f"/api/v1/tasks/{about.task}/stream",
            f"/api/v1/tasks/{about.task}/artifacts",
            f"/api/v1/tasks/{about.task}/artifacts/download",
            f"/api/v1/tasks/{drawn.choice(_NAMES).encode().hex()}",
            "/api/v1/%2e%2e/tasks",
            "/healthz",
            "/metrics",
            "/docs.md",
        )
    )
    return request(
        about, drawn.choice(("GET", "GET", "HEAD", "OPTIONS")), f"{path}?{query}" if query else path
    )


def ranges(drawn: random.Random, about: About) -> bytes:
    """A download with conditions and ranges."""
    far = ("0-", "-1", "0-0,2-2", "5-2", "-", "0-" + "9" * 25, "a-b", "0-1," * 200, "0-4")
    values = {
        "Range": [f"bytes={each}" for each in far] + ["items=0-1", "bytes", "bytes=0-1;x"],
        "If-Range": ['"x"', 'W/"x"', "Wed, 21 Oct 2015 07:28:00 GMT", "Thu, 99 Foo 9 9:9:9 GMT"],
        "If-None-Match": ["*", '"x"', '"x", W/"y"', '"' * 99],
        "If-Modified-Since": ["Wed, 21 Oct 2015 07:28:00 GMT", "-1", "Wed, 21 Oct 99999 07:28:00 GMT"],
        "Accept-Encoding": ["gzip", "identity;q=0", "*"],
    }
    names = drawn.sample(list(values), drawn.randrange(1, 4))
    more = [f"{name}: {drawn.choice(values[name])}" for name in names]
    path = drawn.choice(("uploads/a.txt",) * 8 + ("a.txt", "../a", "%2e%2e/a", "", "downloads/"))
    target = f"/api/v1/tasks/{about.task}/artifacts/download?path={path}"
    return request(about, "GET", target, None, "", *more)


def playbooks(drawn: random.Random, about: About) -> bytes:
    """A playbook, a setting, or a question of the control plane."""
    steps: Sequence[Any] = (
        {"say": drawn.choice(_TEXTS)},
        {"think": "x"},
        {"run": {"command": "true"}},
        {"wait": "1ms"},
        {"write": {"path": drawn.choice(_NAMES), "text": "x"}},
        {"fail": drawn.choice(_VALUES)},
        {"tool": {"name": "ls", "args": drawn.choice(_VALUES)}},
    )
    playbook = {
        "name": "fuzz",
        "when": drawn.choice(
            ({"message": "never"}, {"regex": "^(a|b)*c{1,9}$"}, {"regex": "("}, {"files": "*.q"})
        ),
        "steps": drawn.choices(steps, k=drawn.randrange(1, 5)),
    }
    if drawn.random() < 0.2:
        playbook[drawn.choice(["name", "when", "steps", "extra"])] = drawn.choice(_VALUES)
    path, method, fields = drawn.choice(
        (
            ("/playbooks/fuzz", "PUT", {"playbook": playbook}),
            ("/explain", "POST", {"message": drawn.choice(_TEXTS)}),
            ("/settings", "PUT", {"prompts": drawn.choices(_TEXTS, k=drawn.randrange(3))}),
            (
                "/settings",
                "PUT",
                {drawn.choice(["tool_policies", "mcp_servers", "x"]): drawn.choice(_VALUES)},
            ),
            ("/replies", "POST", {"text": drawn.choice(_VALUES)}),
        )
    )
    text = json.dumps(fields).encode()
    return request(about, method, f"/__mock/v1{path}", broken(drawn, text) if drawn.random() < 0.2 else text)


def framing(drawn: random.Random, about: About) -> bytes:
    """HTTP/1.1 that is framed oddly: chunks, lengths, line ends, header lines."""
    body = json.dumps({"message": drawn.choice(_TEXTS)}).encode("utf-8", "replace")
    head = ["Host: localhost", f"Authorization: Bearer {about.key}", f"Content-Type: {_JSON}"]
    if drawn.random() < 0.6:
        head.append("Transfer-Encoding: chunked")
        body = chunked(drawn, body)
    else:
        wrong = ("0", "-1", "+5", "5, 5", "1_0", "9" * 20, str(len(body) + 7))
        head.append(f"Content-Length: {drawn.choice(wrong) if drawn.random() < 0.3 else len(body)}")
    if drawn.random() < 0.2:
        head.append(
            drawn.choice(
                ("Expect: 100-continue", "Connection: close", "Upgrade: h2c", "TE: trailers", "X: y")
            )
        )
    drawn.shuffle(head)
    end = "\r\n" if drawn.random() < 0.9 else drawn.choice(("\n", "\r"))
    line = f"POST /api/v1/tasks {drawn.choice(('HTTP/1.1',) * 9 + ('HTTP/1.0', 'HTTP/2.0', 'HTTX'))}"
    text = end.join([line, *head, "", ""]).encode() + body
    return broken(drawn, text) if drawn.random() < 0.2 else text


def chunked(drawn: random.Random, body: bytes) -> bytes:
    """Return a body in chunks, sometimes with mistakes."""
    written = b""
    while body:
        size = drawn.randint(1, len(body))
        extension = drawn.choice((b"", b"", b"", b";a=b", b';a="b;c"', b" "))
        end = b"\r\n" if drawn.random() < 0.97 else drawn.choice((b"\n", b""))
        written += b"%x%s\r\n%s%s" % (size, extension, body[:size], end)
        body = body[size:]
    return written + drawn.choice(
        (b"0\r\n\r\n",) * 8 + (b"0\r\nA: b\r\n\r\n", b"0\r\n", b"-1\r\n", b"f" * 18 + b"\r\n")
    )


PARSERS: Mapping[str, Callable[[random.Random, About], bytes]] = {
    "json": json_bodies,
    "form": forms,
    "query": queries,
    "range": ranges,
    "playbook": playbooks,
    "framing": framing,
}


def nth(seed: int, number: int, about: About) -> Input:
    """Return an input by its number."""
    drawn = random.Random(f"{seed}:{number}")
    parser = drawn.choice(list(PARSERS))
    return Input(parser, PARSERS[parser](drawn, about), is_whole=parser != "framing")
