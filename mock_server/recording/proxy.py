"""Forward requests to the upstream and its answers to the client, piece by piece as they arrive.

Bodies are forwarded byte for byte, compressed ones too. Nothing is buffered whole, no redirect is followed,
no cookie stored. A `Watch` gets each piece after it was forwarded. Invariant: an error between here and the
upstream is reported to the client (502, 504) if the answer has not started. If an answer breaks off, it also
breaks off for the client.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from sigmic_conformance.mock_server.domain.errors import ErrorCode
from sigmic_conformance.mock_server.http.body import say_continue
from sigmic_conformance.mock_server.http.envelope import common_headers, json_answer
from sigmic_conformance.mock_server.http.local_names import LocalNames
from sigmic_conformance.mock_server.recording.exchange import Ending
from sigmic_conformance.mock_server.recording.hops import end_to_end, for_upstream
from sigmic_conformance.mock_server.runtime.ids import Ids

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 120.0
"""Seconds for which an upstream may send nothing: eight heartbeats of a stream."""
_STALLED_SECONDS = 120.0
"""Seconds that a client may take to make room for the next piece."""
_KEEP_ALIVE_SECONDS = 4.0
"""Seconds, fewer than servers usually keep idle connections: no message may use one that is closing."""
_BAD_GATEWAY = 502
_GATEWAY_TIMEOUT = 504
_BAD_REQUEST = 400
_LARGEST_HEADER = 64 * 1024
_AUTOMATIC = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class Watch(Protocol):
    """Observes one exchange. It must not raise."""

    def sent(self, piece: bytes) -> None:
        """A piece of the request's body has arrived."""

    def answered(self, answer: aiohttp.ClientResponse) -> None:
        """The head of the answer has arrived."""

    def received(self, piece: bytes) -> None:
        """A piece of the answer's body was forwarded."""

    def closed(self, ending: Ending) -> None:
        """The exchange is over."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The target of requests: an origin, perhaps with a path before the API's own."""

    origin: str
    prefix: str = ""

    @property
    def host(self) -> str:
        """The value of `Host`."""
        return self.origin.partition("://")[2]

    def url(self, target: str) -> URL:
        """Return the address of a request, with every character unchanged."""
        return URL(f"{self.origin}{self.prefix}{target}", encoded=True)


def open_client(silence_seconds: float) -> aiohttp.ClientSession:
    """Return the client for the upstream, which verifies certificates. The caller closes it."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=_AUTOMATIC,
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, connect=CONNECT_SECONDS, sock_read=silence_seconds
        ),
        max_line_size=_LARGEST_HEADER,
        max_field_size=_LARGEST_HEADER,
    )


class _Upload:
    """The client's body in transit."""

    def __init__(self, request: web.BaseRequest, watch: Watch, seconds: float) -> None:
        self._seconds = seconds
        self.is_done = not request.can_read_body
        self.fault: str | None = None
        """The client's error in the body."""
        self._request = request
        self._watch = watch

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives."""
        say_continue(self._request)
        try:
            while piece := await self._next():
                self._watch.sent(piece)
                yield piece
        except TimeoutError:
            self.fault = "The body stopped arriving"
            raise
        except web.RequestPayloadError:
            self.fault = "The body's framing is malformed"
            raise
        self.is_done = True

    async def _next(self) -> bytes:
        async with asyncio.timeout(self._seconds):
            return await self._request.content.readany()


class Proxy:
    """Answers every request with the upstream's answer; aiohttp calls it."""

    def __init__(
        self,
        upstream: Upstream,
        client: aiohttp.ClientSession,
        ids: Ids,
        watch: Callable[[web.BaseRequest], Watch],
        *,
        body_seconds: float,
    ) -> None:
        self._body_seconds = body_seconds
        self._upstream = upstream
        self._client = client
        self._ids = ids
        self._watch = watch
        self._names = LocalNames(can_add=False)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forward one request, and its answer; one for another host name is not even recorded."""
        foreign = self._names.refusal(request)
        if foreign is not None:
            return self._refuse(foreign.code.status, foreign.message, foreign.code)
        watch = self._watch(request)
        ending = Ending.STOPPED
        try:
            answer, ending = await self._exchange(request, watch)
        except asyncio.CancelledError:
            left = request.transport is None or request.transport.is_closing()
            ending = Ending.LEFT if left else Ending.STOPPED
            raise
        except ConnectionAbortedError:
            ending = Ending.CUT
            raise
        except ConnectionError:
            ending = Ending.LEFT
            raise
        finally:
            watch.closed(ending)
        return answer

    async def _exchange(self, request: web.BaseRequest, watch: Watch) -> tuple[web.StreamResponse, Ending]:
        if not request.raw_path.startswith("/"):
            return self._refuse(_BAD_REQUEST, "Send the path alone as the target"), Ending.UNANSWERED
        upload = _Upload(request, watch, self._body_seconds)
        try:
            far = await self._send(request, upload)
        except TimeoutError:
            return self._silent(upload), Ending.UNANSWERED
        except (aiohttp.ClientError, OSError) as problem:
            return self._unreachable(upload, problem), Ending.UNANSWERED
        try:
            watch.answered(far)
            answer = await self._return(request, far, watch)
        except BaseException:
            far.close()
            raise
        if not upload.is_done:
            far.close()  # the rest of the upload is not needed, so the connection cannot be used again
        else:
            far.release()
        return answer, Ending.WHOLE

    async def _send(self, request: web.BaseRequest, upload: _Upload) -> aiohttp.ClientResponse:
        headers = for_upstream(request.headers, self._upstream.host)
        return await self._client.request(
            request.method,
            self._upstream.url(request.raw_path),
            headers=headers,
            data=None if upload.is_done else upload.pieces(),
            allow_redirects=False,
        )

    async def _return(
        self, request: web.BaseRequest, far: aiohttp.ClientResponse, watch: Watch
    ) -> web.StreamResponse:
        answer = web.StreamResponse(status=far.status, reason=far.reason, headers=end_to_end(far.headers))
        await answer.prepare(request)
        try:
            async for piece in far.content.iter_any():
                async with asyncio.timeout(_STALLED_SECONDS):
                    await answer.write(piece)
                watch.received(piece)
        except (aiohttp.ClientError, TimeoutError) as problem:
            log.warning("an answer broke off: %s", type(problem).__name__)
            if request.transport is not None:
                request.transport.close()
            raise ConnectionAbortedError("the answer broke off") from None
        await answer.write_eof()
        return answer

    def _silent(self, upload: _Upload) -> web.Response:
        if upload.fault is not None:
            return self._refuse(_BAD_REQUEST, upload.fault, ErrorCode.VALIDATION_ERROR)
        return self._refuse(_GATEWAY_TIMEOUT, "The upstream did not answer in time")

    def _unreachable(self, upload: _Upload, problem: Exception) -> web.Response:
        if upload.fault is not None:
            return self._refuse(_BAD_REQUEST, upload.fault, ErrorCode.VALIDATION_ERROR)
        log.warning("no answer from the upstream: %s", type(problem).__name__)
        return self._refuse(_BAD_GATEWAY, f"The upstream can't be reached: {reason_of(problem)}")

    def _refuse(self, status: int, message: str, code: ErrorCode = ErrorCode.INTERNAL_ERROR) -> web.Response:
        body = {"success": False, "error": {"message": message, "code": code.value}}
        answer = json_answer(body, status, common_headers(self._ids.uuid()))
        answer.force_close()
        return answer


def reason_of(problem: BaseException) -> str:
    """Return in plain words why there is no connection or no answer."""
    match problem:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its TLS certificate is not trusted, or it does not speak TLS"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientConnectorError():
            return (problem.os_error.strerror or "the connection was refused").lower()
        case TimeoutError():
            return "it does not answer"
        case aiohttp.ClientResponseError():
            return "its answer is not well-formed HTTP"
        case _:
            return "the connection was lost"
