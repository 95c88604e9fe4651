"""The two envelopes (C-02..C-04) as HTTP answers. No other part of the HTTP layer writes JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.runtime.slices import in_slices

_JSON = "application/json"
_MANY = 20
"""From this number of values on, a list is encoded in slices, because a message or file may be long."""
_END_OF_LIST = b"]}}"
# Names in every answer. As `istr`, aiohttp does not convert and store them again for each answer.
_REQUEST_ID = istr("X-Request-Id")
_NO_SNIFFING = istr("X-Content-Type-Options")
_in_short = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class EncodedAnswer:
    """An encoded JSON answer."""

    body: bytes
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON answer: `data` goes into the envelope (C-02), `beside` next to it (C-03)."""

    data: Any
    status: int = 200
    beside: Mapping[str, Any] = field(default_factory=dict)

    def encoded(self) -> EncodedAnswer:
        """Return `{"success": true, "data": …}` with the fields of `beside`, encoded."""
        return EncodedAnswer(encode({"success": True, "data": self.data, **self.beside}), self.status)

    async def encoded_in_slices(self) -> EncodedAnswer:
        """Return the same bytes. If `data` ends with a long list, the loop can run other tasks in between."""
        name = next(reversed(self.data), None) if isinstance(self.data, dict) and not self.beside else None
        values = self.data[name] if name is not None else ()
        if not isinstance(values, list) or len(values) < _MANY:
            return self.encoded()
        head = encode({"success": True, "data": {**self.data, name: []}}).removesuffix(_END_OF_LIST)
        pieces = await in_slices(encode, values)
        return EncodedAnswer(b"".join((head, b",".join(pieces), _END_OF_LIST)), self.status)


def refusal_body(refusal: ApiError) -> dict[str, Any]:
    """Return `{"success": false, "error": {"message", "code"}}`."""
    return {"success": False, "error": {"message": refusal.message, "code": refusal.code.value}}


def common_headers(request_id: str) -> dict[str, str]:
    """Return the headers of every answer."""
    return {
        _REQUEST_ID: request_id,
        hdrs.CACHE_CONTROL: "no-store",
        _NO_SNIFFING: "nosniff",
        hdrs.SERVER: "sigmic-mock",
    }


@lru_cache(maxsize=64)
def http_date(seconds: int) -> str:
    """Return an instant (epoch seconds) as a value of `Date`."""
    return formatdate(seconds, usegmt=True)


def encode(body: Mapping[str, Any]) -> bytes:
    """Return JSON. Half a surrogate pair, which the agent may have printed, becomes `?`."""
    return _in_short(body).encode("utf-8", "replace")


def encoded_answer(answer: EncodedAnswer, headers: CIMultiDict[str]) -> web.Response:
    """Return an answer with `headers` themselves, completed."""
    headers[hdrs.CONTENT_TYPE] = _JSON
    return web.Response(body=answer.body, status=answer.status, headers=headers)


def json_answer(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> web.Response:
    """Return a JSON answer."""
    return encoded_answer(EncodedAnswer(encode(body), status), CIMultiDict(headers))


def refusal_answer(refusal: ApiError, headers: Mapping[str, str]) -> web.Response:
    """Return a refusal as an answer, with its own headers added (`Allow`, `WWW-Authenticate`)."""
    return json_answer(refusal_body(refusal), refusal.status, {**headers, **refusal.headers})
