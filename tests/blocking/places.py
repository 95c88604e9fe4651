"""The places of a request that foreign text can reach, and the request with an input in one of them.

A place is written `KIND` or `KIND NAME`: `json /env/x` is a value in a JSON body, `json /env ~` a name in it.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from tests.blocking.inputs import Input
from tests.blocking.operations import Operation

_LINE = 7_900
_LINES = 120
_BODY = 8 << 20
_LETTERS = 60
"""Letters in a message for an expression whose work doubles with each letter."""
_HEADERS = (
    "Cookie",
    "Authorization",
    "Origin",
    "Content-Type",
    "Accept",
    "Last-Event-ID",
    "Range",
    "X-Mock-Fault",
)
EDGES = frozenset(f"header {name}" for name in ("", *_HEADERS))
"""Places that every operation has."""
_PARTS = ("content", "name", "filename", "header", "preamble", "many", "archive")
_MULTIPART, _FORM, _JSON = "multipart/form-data", "application/x-www-form-urlencoded", "application/json"
HERE = "\x00here\x00"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def encoded(self, host: str) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body or self.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


def places(operation: Operation) -> Iterator[str]:
    yield from (f"path {part[1:-1]}" for part in operation.path.split("/") if part.startswith("{"))
    yield from (f"query {name}" for name in ("", *operation.query))
    yield from (f"header {name}" for name in ("", *operation.headers, *_HEADERS))
    for media, sample in operation.bodies.items():
        yield f"body {media}"
        if media == _JSON:
            yield from (f"json {pointer}" for pointer in pointers(sample))
        elif media == _FORM:
            yield from (f"form {name}" for name in ("", *sample))
        else:
            yield from (f"part {name}" for name in (*_PARTS, *sample))


def largest(place: str) -> int:
    """Return the size limit of an input in bytes: that of the server's HTTP, or ours for short trials."""
    kind = place.partition(" ")[0]
    return {"path": _LINE, "query": _LINE, "header": _LINE * _LINES, "regex": _LETTERS}.get(kind, _BODY)


def request(
    operation: Operation, place: str, input: Input, ids: Mapping[str, str], headers: Mapping[str, str]
) -> Request:
    """Return a call of the operation, with the input in one place and samples in all others."""
    kind, _, name = place.partition(" ")
    in_path = {**ids, **({name: quote(input.text()[:_LINE], safe="")} if kind == "path" else {})}
    target = "/".join(
        in_path.get(part[1:-1], "x") if part.startswith("{") else part for part in operation.path.split("/")
    )
    query = {"project": ids["project"]} if "project" in operation.query else {}
    text = quote_plus(input.text(), safe="&=") if kind == "query" else ""
    said = urlencode(query | ({name: input.text()} if name else {})) if kind == "query" else urlencode(query)
    if kind == "query" and not name:
        said = f"{said}&{text}"
    media, body = _body(operation, kind, name, input)
    pairs = [*headers.items(), *([("Content-Type", media)] if media else [])]
    if kind == "header":
        pairs = [each for each in pairs if each[0] != name or name == "Cookie"] + _lines(name, input)
    return Request(operation.method, f"{target}?{said}"[: 2 * _LINE].rstrip("?"), tuple(pairs), body)


def _lines(name: str, input: Input) -> list[tuple[str, str]]:
    """Return header lines of that total size, each as long as allowed; without a name, many short ones."""
    if not name:
        return [(f"X-{number}", "y") for number in range(min(input.size // 8, 900))]
    text = replace(input, size=min(input.size, _LINE - 8)).text()[:_LINE]
    line = text.replace("\r", " ").replace("\n", " ").replace("\x00", " ")
    return [(name, line)] * min(_LINES, -(-input.size // _LINE))


def _body(operation: Operation, kind: str, name: str, input: Input) -> tuple[str, bytes]:
    if kind == "body":
        media = f"{name}; boundary=B" if name == _MULTIPART else name
        return media, input.text().encode("utf-8", "replace")
    if kind == "form":
        fields = dict(operation.bodies[_FORM])
        fields |= {input.text(): "x"} if not name else {name: input.text()}
        return _FORM, urlencode(fields).encode()
    if kind == "part":
        return f"{_MULTIPART}; boundary=B", _form(operation.bodies[_MULTIPART], name, input)
    if _JSON not in operation.bodies:
        return "", b""
    if kind == "json":
        pointer, _, is_name = name.partition(" ")
        value = put(operation.bodies[_JSON], pointer.split("/")[1:], is_name=bool(is_name))
        marker = json.dumps(HERE)
        said = json.dumps(input.text()) if is_name else input.value()
        return _JSON, json.dumps(value).replace(marker, said, 1).encode("utf-8", "replace")
    return _JSON, json.dumps(operation.bodies[_JSON]).encode()


def pointers(value: Any, before: str = "") -> Iterator[str]:
    """Yield every place of a value, and for each object the place of an additional name."""
    yield before
    if isinstance(value, dict):
        yield f"{before} ~"
        for name, each in value.items():
            yield from pointers(each, f"{before}/{name}")
    elif isinstance(value, list) and value:
        yield from pointers(value[0], f"{before}/0")


def put(value: Any, way: list[str], *, is_name: bool = False) -> Any:
    """Return the value with `HERE` in one of its places."""
    if not way:
        return {**value, HERE: 0} if is_name else HERE
    if isinstance(value, list):
        return [put(value[0], way[1:], is_name=is_name)]
    return {**value, way[0]: put(value[way[0]], way[1:], is_name=is_name)}


def _form(sample: Mapping[str, Any], place: str, input: Input) -> bytes:
    """Return a form with the parts of the sample and the input in `place`."""
    text = input.text()
    heads = [(f'name="{name}"', text if name == place else str(value)) for name, value in sample.items()]
    content: str | bytes = text
    disposition, more = 'name="files"; filename="a.txt"', ""
    match place:
        case "name":
            disposition = f'name="{text}"'
        case "filename":
            disposition = f'name="files"; filename="{text}"'
        case "header":
            more = f"X-A: {text}\r\n"
        case "archive":
            disposition, content = 'name="files"; filename="a.zip"', _archive(text)
        case "many":
            heads += [(f'name="f{number}"', "x") for number in range(input.size // 50)]
    out = io.BytesIO()
    out.write(text.encode("utf-8", "replace") + b"\r\n" if place == "preamble" else b"")
    for head, value in heads:
        out.write(
            f"--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n".encode("utf-8", "replace")
        )
    if place in _PARTS:
        out.write(
            f"--B\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode("utf-8", "replace")
        )
        out.write(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
        out.write(b"\r\n")
    out.write(b"--B--\r\n")
    return out.getvalue()


def _archive(text: str) -> bytes:
    """Return an archive with one file per word of the text, up to the platform's limit."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, word in enumerate(text.split()[:9_990]):
            archive.writestr(f"{number % 100}/{quote(word[:80], safe='')}{number}", "x")
    return out.getvalue()
