"""Writes a request in an equivalent form. Pure.

Forms of JSON need a JSON body, and so on. A body in a special form of a probe, such as broken JSON or another
media type, is never rewritten.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sigmic_conformance.wire.bodies import JSON, Body, Form, Plain, as_json
from sigmic_conformance.wire.connection import Request
from sigmic_conformance.wire.spelling import Spelling

SMALL = 16_384
"""Bytes of the largest body that is rewritten: a larger one tests the size."""
BOUNDARY = "a_b-1.2+c"
"""A boundary with characters other than letters and digits; none of them needs quotes (RFC 2046, 9110)."""
_FRAMING = {"content-length", "transfer-encoding", "expect"}

Written = Request | None


def has(request: Request, spelling: Spelling, path: str) -> bool:
    """Whether a request can be written in a form; `path` is its path in the OpenAPI document."""
    return _FORMS[spelling](request, path) is not None


def spelled(request: Request, spelling: Spelling, path: str) -> Request:
    """The request in a form; ValueError if it has no such form."""
    written = _FORMS[spelling](request, path)
    if written is None:
        raise ValueError(f"{request.method} {request.target} cannot be written with {spelling}")
    return replace(written, spelling=spelling)


def _small(request: Request) -> Body | None:
    """The body, if it may be written in another form."""
    framed = any(name.lower() in _FRAMING for name, _ in request.headers)
    return None if request.body is None or request.body.size > SMALL or framed else request.body


def _typed(*, json: str | None = None, form: str | None = None) -> Callable[[Request, str], Written]:
    """Another way to write the media type of a JSON body, or of a form, `{}` being its boundary."""

    def written(request: Request, _: str) -> Written:
        body = _small(request)
        if json is not None and isinstance(body, Plain) and body.content_type == JSON:
            return replace(request, body=replace(body, content_type=json))
        if form is not None and isinstance(body, Form):
            return replace(request, body=replace(body, media_type=form))
        return None

    return written


def _chunked(request: Request, _: str) -> Written:
    return None if _small(request) is None else request


def _json(request: Request, write: Callable[[dict[str, Any]], str]) -> Written:
    """The request with its JSON object written in another way."""
    body = _small(request)
    if not isinstance(body, Plain) or body.content_type != JSON:
        return None
    try:
        value = json.loads(body.content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or as_json(value).content != body.content:
        return None
    content = write(value).encode(errors="backslashreplace")
    return None if content == body.content else replace(request, body=replace(body, content=content))


def _json_escapes(request: Request, _: str) -> Written:
    return _json(request, lambda value: json.dumps(value).replace("/", "\\/"))


def _json_spaces(request: Request, _: str) -> Written:
    return _json(request, lambda value: json.dumps(value, ensure_ascii=False, indent="\t") + "\r\n")


def _json_order(request: Request, _: str) -> Written:
    return _json(request, lambda value: json.dumps(_reversed(value), ensure_ascii=False))


def _reversed(value: Any) -> Any:
    """The members of every object in the opposite order; a list stays in its order."""
    if isinstance(value, list):
        return [_reversed(each) for each in value]
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return value


def _form_order(request: Request, _: str) -> Written:
    body = _small(request)
    if not isinstance(body, Form):
        return None
    fields = {name: body.fields[name] for name in reversed(list(body.fields))}
    is_other = list(fields) != list(body.fields)
    return replace(request, body=replace(body, fields=fields)) if is_other else None


def _form_boundary(request: Request, _: str) -> Written:
    body = _small(request)
    return replace(request, body=replace(body, boundary=BOUNDARY)) if isinstance(body, Form) else None


def _path_escapes(request: Request, path: str) -> Written:
    """The first letter or digit of each path parameter, percent-encoded."""
    target, question, query = request.target.partition("?")
    parts, known = target.split("/"), path.split("/")
    if len(parts) != len(known) or "{" not in path:
        return None
    for place, name in enumerate(known):
        part = parts[place]
        if name.startswith("{") and part[:1].isascii() and part[:1].isalnum():
            parts[place] = f"%{ord(part[0]):02x}{part[1:]}"
    written = "/".join(parts) + question + query
    return None if written == request.target else replace(request, target=written)


def _query_escapes(request: Request, _: str) -> Written:
    """The first letter or digit of each value in the query, percent-encoded."""
    target, question, query = request.target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    if not question or not all(value[:1].isascii() and value[:1].isalnum() for _, _, value in pairs):
        return None
    written = "&".join(f"{name}=%{ord(value[0]):02X}{value[1:]}" for name, _, value in pairs)
    return replace(request, target=f"{target}?{written}")


def _header_order(request: Request, _: str) -> Written:
    names = [name.lower() for name, _ in request.headers]
    return request if len(set(names)) == len(names) else None


def _accepting(value: str | None) -> Callable[[Request, str], Written]:
    def written(request: Request, _: str) -> Written:
        if ("Accept", JSON) not in request.headers:
            return None
        others = tuple(pair for pair in request.headers if pair[0] != "Accept")
        return replace(request, headers=others if value is None else (*others, ("Accept", value)))

    return written


_FORMS: Mapping[Spelling, Callable[[Request, str], Written]] = {
    Spelling.PLAIN: lambda request, _: request,
    Spelling.TYPE_CASE: _typed(json="Application/JSON", form="MULTIPART/Form-Data; Boundary={}"),
    Spelling.TYPE_CHARSET: _typed(json="application/json; charset=utf-8"),
    Spelling.QUOTED_PARAMETER: _typed(
        json='application/json;charset="UTF-8"', form='multipart/form-data; boundary="{}"'
    ),
    Spelling.CHUNKED: _chunked,
    Spelling.JSON_ESCAPES: _json_escapes,
    Spelling.JSON_SPACES: _json_spaces,
    Spelling.JSON_ORDER: _json_order,
    Spelling.FORM_ORDER: _form_order,
    Spelling.FORM_BOUNDARY: _form_boundary,
    Spelling.PATH_ESCAPES: _path_escapes,
    Spelling.QUERY_ESCAPES: _query_escapes,
    Spelling.HEADER_CASE: lambda request, _: request,
    Spelling.HEADER_ORDER: _header_order,
    Spelling.ACCEPT_ANY: _accepting("*/*"),
    Spelling.ACCEPT_LIST: _accepting("text/plain;q=0.5, application/json, */*;q=0.1"),
    Spelling.ACCEPT_ABSENT: _accepting(None),
}
