"""Request bodies that are read into memory: JSON and URL-encoded forms, with a limit and a deadline.

Only this module and the upload reader send `100 Continue`, when the body is needed. If a request can be
refused before that, the client does not have to send the body.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_exceptions import HTTPException
from multidict import CIMultiDictProxy

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.json_values import (
    DEEPEST,
    MOST_VALUES,
    BadJson,
    holds_more,
    is_deeper,
    read_strictly,
)
from sigmic_mock.runtime.long_work import work_on

MOST_BYTES = 8 * 1024 * 1024
"""The limit of a JSON body: every documented field at its limit, with room for escapes."""
MOST_FORM_BYTES = 5 * 1024 * 1024 // 2
"""The limit of a form without files: two texts of 100,000 characters, four percent-encoded bytes each."""
BODY_SECONDS = 60.0
"""Seconds that a body, or the next piece of an upload, may take to arrive."""
_MOST_FORM_FIELDS = 64
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """Limits of a JSON body: its `bytes`, and its `values`, which counts names and values together."""

    bytes: int = MOST_BYTES
    values: int = MOST_VALUES


SMALL = JsonLimits(16 * 1024)
"""For an operation that takes some names and words."""
LARGE = JsonLimits(1024 * 1024, 50_000)
"""For an operation that takes a document. Reading it takes at most some tens of milliseconds."""


def media_type(request: web.BaseRequest) -> tuple[str, str]:
    """Return the body's media type and charset, lower case; both empty if none is declared."""
    declared = request.headers.getall("Content-Type", [])
    if len(declared) > 1:
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send one Content-Type header")
    if not declared:
        return "", ""
    return request.content_type.lower(), (request.charset or "").lower()


def has_body(request: web.BaseRequest) -> bool:
    """True if bytes are announced or have arrived."""
    return bool(request.can_read_body)


def check_encoding(headers: "CIMultiDictProxy[str]") -> None:
    """Refuse compressed bodies, because a small one could expand to a very large one."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding")


def awaits_continue(request: web.BaseRequest) -> bool:
    """Return whether the client waits for `100 Continue` before it sends its body."""
    if request.headers.get("Expect", "").lower() != "100-continue" or request.transport is None:
        return False
    return request.version >= (1, 1) and request.content.total_bytes == 0


def say_continue(request: web.BaseRequest) -> None:
    """Send `100 Continue` if the client waits for it."""
    if awaits_continue(request) and request.transport is not None:
        request.transport.write(_CONTINUE)


@contextmanager
def as_refusals(deadline: str) -> Iterator[None]:
    """Convert the errors of a malformed or stalled body into refusals."""
    try:
        yield
    except TimeoutError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, deadline) from None
    except (HttpProcessingError, HTTPException, web.RequestPayloadError):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The body's framing is malformed") from None


async def read_body(request: web.BaseRequest, most: int = MOST_BYTES) -> bytes:
    """Return the whole body. Raises PAYLOAD_TOO_LARGE as early as possible, VALIDATION_ERROR if malformed."""
    check_announced(request, most)
    say_continue(request)
    return await whole_body(request, most)


def check_announced(request: web.BaseRequest, most: int = MOST_BYTES) -> None:
    """Refuse a body because of its headers: compressed, or longer than `most` bytes."""
    check_encoding(request.headers)
    if (request.content_length or 0) > most:
        raise _too_large(most)


async def whole_body(request: web.BaseRequest, most: int = MOST_BYTES) -> bytes:
    """Return the whole body, which the client is sending. Raises like `read_body`."""
    with as_refusals("The body did not arrive in time"):
        # A small body has arrived with its head, so it needs no deadline.
        body = (
            request.content.read_nowait()
            if request.content.is_eof()
            else await _all_of(request.content, most)
        )
    if len(body) > most:
        raise _too_large(most)
    return body


def _too_large(most: int) -> ApiError:
    kib = most / 1024
    limit = f"{kib / 1024:g} MiB" if kib >= 1024 else f"{kib:g} KiB"  # noqa: PLR2004 - KiB of a MiB
    return ApiError(ErrorCode.PAYLOAD_TOO_LARGE, f"Request body too large; the limit is {limit}")


async def _all_of(content: StreamReader, most: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    async with asyncio.timeout(BODY_SECONDS):
        while piece := await content.readany():
            total += len(piece)
            if total > most:
                raise _too_large(most)
            pieces.append(piece)
    return b"".join(pieces)


def parse_json(body: bytes, most_values: int = MOST_VALUES) -> Any:
    """Parse one JSON value (G-06): UTF-8, no name twice, no NaN, no half surrogate pair. VALIDATION_ERROR.

    Refuses too many names and values, and deep nesting, before it parses them, because that would take long.
    """
    if not body.strip():
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The body is empty; send a JSON object")
    if holds_more(body, most_values):
        message = f"The body holds too many names and values; the limit is {most_values}"
        raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    if is_deeper(body, DEEPEST):
        message = f"The body is nested too deeply; the limit is {DEEPEST} objects and lists in one another"
        raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    try:
        text = body.decode()
        value = read_strictly(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The body is not valid UTF-8") from None
    except UnicodeEncodeError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "A string holds half of a surrogate pair") from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"The body is not valid JSON ({where})") from None
    except BadJson as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
    return value


async def decoded_json(body: bytes, most_values: int = MOST_VALUES) -> Any:
    """Return `parse_json`; for a long body the loop can run other tasks."""
    return await work_on(len(body), lambda: parse_json(body, most_values))


async def read_object(request: web.BaseRequest, limits: JsonLimits) -> dict[str, Any]:
    """Return a body that is a JSON object or empty. Raises VALIDATION_ERROR, PAYLOAD_TOO_LARGE."""
    raw = await read_body(request, limits.bytes)
    value = await decoded_json(raw, limits.values) if raw.strip() else {}
    if not isinstance(value, dict):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The body must be a JSON object")
    return value


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """Parse a URL-encoded form (G-07). Raises VALIDATION_ERROR."""
    if not body:
        return []
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FORM_FIELDS,
        )
    except UnicodeDecodeError:
        raise ApiError(
            ErrorCode.VALIDATION_ERROR, "The form is not valid UTF-8 in percent-encoding"
        ) from None
    except ValueError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The form is malformed") from None
