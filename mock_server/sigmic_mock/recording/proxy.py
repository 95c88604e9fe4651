"""Forward requests to the upstream and its answers to the client, piece by piece as they arrive.

Bodies are forwarded byte for byte, compressed ones too. Nothing is buffered whole, no redirect is followed,
no cookie stored. Each piece is copied into the exchange. Invariant: an error between here and the upstream is
reported to the client (502, 504) if the answer has not started. If an answer breaks off, it also breaks off
for the client.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.http.body import say_continue
from sigmic_mock.http.envelope import common_headers, json_answer
from sigmic_mock.http.local_names import LocalNames
from sigmic_mock.recording.exchange import Copy, Ending, Exchange
from sigmic_mock.recording.recorder import Recorder
from sigmic_mock.runtime.ids import Ids

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 120.0
"""Seconds for which an upstream may send nothing: eight heartbeats of a stream."""
_STALLED_SECONDS = 120.0
"""Seconds that a client may take to make room for the next piece."""
_KEEP_ALIVE_SECONDS = 4.0
"""Seconds, fewer than servers usually keep idle connections: no message may use one that is closing."""
_LARGEST_HEADER = 64 * 1024
_AUTOMATIC = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
VIA = "1.1 sigmic-mock-record"
"""A gateway names itself in every request that it forwards (RFC 9110, section 7.6.3)."""
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
    " transfer-encoding upgrade".split()
)
_NEVER_NAMED = frozenset({"content-length", "content-type", "host", "authorization"})
"""Headers that `Connection` must not remove, because the message would have another meaning."""


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


def end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers for the other end, without those of one connection (RFC 9110, 7.6.1)."""
    listed = ",".join(value for name, value in headers.items() if name.lower() == "connection")
    named = {word.strip().lower() for word in listed.split(",")} - _NEVER_NAMED
    return CIMultiDict(each for each in headers.items() if each[0].lower() not in _HOP_BY_HOP | named)


def for_upstream(headers: Mapping[str, str], host: str) -> CIMultiDict[str]:
    """Return a request's headers for the upstream: its own `Host`, this hop in `Via`, no compression."""
    sent = end_to_end(headers)
    sent["Host"] = host
    sent["Accept-Encoding"] = "identity"
    sent.add("Via", VIA)
    return sent


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

    def __init__(self, request: web.BaseRequest, copy: Copy, seconds: float) -> None:
        self.is_done = not request.can_read_body
        self.fault: str | None = None
        """The client's error in the body."""
        self._request = request
        self._copy = copy
        self._seconds = seconds

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives."""
        say_continue(self._request)
        try:
            while piece := await asyncio.wait_for(self._request.content.readany(), self._seconds):
                self._copy.add(piece)
                yield piece
        except TimeoutError:
            self.fault = "The body stopped arriving"
            raise
        except web.RequestPayloadError:
            self.fault = "The body's framing is malformed"
            raise
        self.is_done = True


class Proxy:
    """Answers every request with the upstream's answer; aiohttp calls it."""

    def __init__(
        self,
        upstream: Upstream,
        client: aiohttp.ClientSession,
        ids: Ids,
        recorder: Recorder,
        *,
        body_seconds: float,
    ) -> None:
        self._upstream = upstream
        self._client = client
        self._ids = ids
        self._recorder = recorder
        self._body_seconds = body_seconds
        self._names = LocalNames(can_add=False)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forward one request, and its answer; one for another host name is not even recorded."""
        foreign = self._names.refusal(request)
        if foreign is not None:
            return self._refuse(foreign.code.status, foreign.message, foreign.code)
        exchange, ending = self._recorder.begin(request), Ending.STOPPED
        try:
            answer, ending = await self._exchange(request, exchange)
        except asyncio.CancelledError:
            if request.transport is None or request.transport.is_closing():
                ending = Ending.LEFT
            raise
        except ConnectionError as problem:
            ending = Ending.CUT if isinstance(problem, ConnectionAbortedError) else Ending.LEFT
            raise
        finally:
            self._recorder.end(exchange, ending)
        return answer

    async def _exchange(
        self, request: web.BaseRequest, exchange: Exchange
    ) -> tuple[web.StreamResponse, Ending]:
        if not request.raw_path.startswith("/"):
            return self._refuse(400, "Send the path alone as the target"), Ending.UNANSWERED
        upload = _Upload(request, exchange.request, self._body_seconds)
        try:
            far = await self._client.request(
                request.method,
                self._upstream.url(request.raw_path),
                headers=for_upstream(request.headers, self._upstream.host),
                data=None if upload.is_done else upload.pieces(),
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError) as problem:  # a timeout too
            return self._no_answer(upload, problem), Ending.UNANSWERED
        try:
            exchange.begins_answer(far.status, far.headers)
            answer = await self._return(request, far, exchange.answer)
        except BaseException:
            far.close()
            raise
        if upload.is_done:
            far.release()
        else:
            far.close()  # the rest of the upload is not needed, so the connection cannot be used again
        return answer, Ending.WHOLE

    async def _return(
        self, request: web.BaseRequest, far: aiohttp.ClientResponse, copy: Copy
    ) -> web.StreamResponse:
        answer = web.StreamResponse(status=far.status, reason=far.reason, headers=end_to_end(far.headers))
        await answer.prepare(request)
        try:
            async for piece in far.content.iter_any():
                copy.add(piece)
                async with asyncio.timeout(_STALLED_SECONDS):
                    await answer.write(piece)
        except (aiohttp.ClientError, TimeoutError) as problem:
            log.warning("an answer broke off: %s", type(problem).__name__)
            if request.transport is not None:
                request.transport.close()
            raise ConnectionAbortedError("the answer broke off") from None
        await answer.write_eof()
        return answer

    def _no_answer(self, upload: _Upload, problem: Exception) -> web.Response:
        if upload.fault is not None:
            return self._refuse(400, upload.fault, ErrorCode.VALIDATION_ERROR)
        if isinstance(problem, TimeoutError):
            return self._refuse(504, "The upstream did not answer in time")
        log.warning("no answer from the upstream: %s", type(problem).__name__)
        return self._refuse(502, f"The upstream can't be reached: {why_unreachable(problem)}")

    def _refuse(self, status: int, message: str, code: ErrorCode = ErrorCode.INTERNAL_ERROR) -> web.Response:
        body = {"success": False, "error": {"message": message, "code": code.value}}
        answer = json_answer(body, status, common_headers(self._ids.uuid()))
        answer.force_close()
        return answer


def why_unreachable(problem: BaseException) -> str:
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
