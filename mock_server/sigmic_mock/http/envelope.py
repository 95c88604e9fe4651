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
from sigmic_mock.runtime.slices import in_slices, turn

_JSON = "application/json"
_EMPTY_LIST = b"[]"
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
        """Return the same bytes. If `data` is a list or ends with one, others are served in between."""
        name = next(reversed(self.data), None) if isinstance(self.data, dict) else None
        values = self.data if name is None else self.data[name]
        if not isinstance(values, list) or not values:
            return self.encoded()
        data = [] if name is None else {**self.data, name: []}
        head, _, end = encode({"success": True, "data": data}).rpartition(_EMPTY_LIST)
        beside = encode(self.beside)[1:-1] if self.beside else b""
        tail = b"".join((b"]", end[:-1], b"," if beside else b"", beside, b"}"))
        pieces = await in_slices(encode, values)
        await turn()  # to put a long text together, and to send it
        return EncodedAnswer(b"".join((head, b"[", b",".join(pieces), tail)), self.status)


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
