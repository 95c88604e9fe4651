"""Connect Schemathesis to our client: it generates a request; we send it, record it and return the answer.

Schemathesis sends through `requests`; an adapter there is the last place before the socket. Redirects,
cookies, proxies, netrc files and decompression are disabled: they are findings, or not caused by the target.
"""

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from http.client import responses as reasons
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.utils import get_encoding_from_headers
from schemathesis.core.transport import STREAM_CUT_SHORT_ATTRIBUTE, Response
from schemathesis.engine.run.unit._case import BudgetExpired
from schemathesis.generation.case import Case
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport
from urllib3 import HTTPHeaderDict, HTTPResponse

from sigmic_conformance.conformance.client.bodies import Plain
from sigmic_conformance.conformance.client.connection import Capture, Request
from sigmic_conformance.conformance.explore.sender import Drawn, NotAllowed, Sender, TargetLost
from sigmic_conformance.conformance.transcript.transcript import CORS_PREFLIGHT, NO_OPERATION, Closed

_OURS = {
    *("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"),
    "x-schemathesis-testcaseid",
}
_AGENT = (("User-Agent", "sigmic-conformance"), ("Connection", "close"))
_BLANK_LINES = (b"\n\n", b"\r\n\r\n", b"\r\r")


class RecordingTransport(RequestsTransport):
    """Sends every case through a `Sender`."""

    def __init__(self, sender: Sender, base_url: str) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self._adapter = _Adapter(sender, urlsplit(base_url).path.rstrip("/"))
        self._session = requests.Session()
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **more: Any) -> Response:
        """Send a case; the engine's `session` is ignored, because it would use another transport."""
        del session
        self._adapter.case = case
        return super().send(case, session=self._session, **more)


class _Adapter(BaseAdapter):
    def __init__(self, sender: Sender, prefix: str) -> None:
        super().__init__()
        self._sender = sender
        self._prefix = prefix
        self.case: Case[Any] | None = None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.case is None:
            raise RuntimeError("no case was given")
        try:
            capture = self._sender.send(self._drawn(self.case, request))
        except NotAllowed:
            # The engine's exception for a used-up share of one operation: it continues with the next.
            raise BudgetExpired from None
        except TargetLost as cause:
            raise BudgetExpired from cause
        if capture.status is None:
            kind = requests.ReadTimeout if capture.closed is Closed.DEADLINE else requests.ConnectionError
            raise kind(capture.error or capture.closed.value, request=request)
        return _response(request, capture)

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    def _drawn(self, case: Case[Any], request: requests.PreparedRequest) -> Drawn:
        method = request.method or case.method
        meant = str(case.operation.definition.raw.get("operationId", ""))
        headers = [(_text(name), _text(value)) for name, value in (request.headers or {}).items()]
        kept = tuple((name, value) for name, value in headers if name.lower() not in _OURS)
        return Drawn(
            case=case.id,
            meant=meant,
            operation=_operation(method, case, meant),
            label=_label(case),
            request=Request(
                method=method,
                target=request.path_url.removeprefix(self._prefix),
                headers=(*_AGENT, *kept),
                body=_body(request.body, next((v for n, v in kept if n.lower() == "content-type"), "")),
            ),
        )


def _operation(method: str, case: Case[Any], meant: str) -> str:
    """The operation of a request, as probes name it; an undeclared method except OPTIONS has no operation."""
    if method == case.operation.method.upper():
        return meant
    return CORS_PREFLIGHT if method == "OPTIONS" else NO_OPERATION


def _label(case: Case[Any]) -> str:
    operation = str(case.operation.label)
    if case.meta is None:
        return operation
    description = getattr(case.meta.phase.data, "description", None)
    return f"{case.meta.phase.name.value}: {description or operation}"


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: Any, content_type: str) -> Plain | None:
    """The body's bytes; its content type is already among the headers."""
    if body is None:
        return None
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray):
        body = b"".join(portion.encode() if isinstance(portion, str) else portion for portion in body)
    return Plain(bytes(body), content_type="", description=described(bytes(body), content_type))


def described(body: bytes, content_type: str) -> tuple[str, ...]:
    """The parts of a form as text, as in `Form.description`; empty for any other body."""
    if not content_type.lower().startswith("multipart/form-data"):
        return ()
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        file = part.get_filename()
        text = content.decode("utf-8", "replace")
        found.append(f"{name}={text}" if file is None else f"{name}: {file} ({len(content)} bytes)")
    return tuple(found)


def _response(request: requests.PreparedRequest, capture: Capture) -> requests.Response:
    """The answer in the form of Schemathesis; for a stream that we closed, its complete events."""
    content = b"".join(chunk.data for chunk in capture.chunks)
    left = capture.closed is Closed.HUNG_UP
    if left:
        content = content[
            : max(content.rfind(end) + len(end) if end in content else 0 for end in _BLANK_LINES)
        ]
    headers = HTTPHeaderDict()
    for name, value in capture.headers:
        if name.lower() not in {"content-encoding", "transfer-encoding"}:
            headers.add(name, value)
    response = requests.Response()
    response.status_code = capture.status or 0
    response.reason = reasons.get(response.status_code, "")
    response.headers = requests.structures.CaseInsensitiveDict(_joined(headers))
    response.encoding = get_encoding_from_headers(response.headers)
    response.url = request.url or ""
    response.request = request
    response.raw = HTTPResponse(
        body=BytesIO(content),
        headers=headers,
        status=response.status_code,
        version=10 if capture.version == "1.0" else 11,
        preload_content=False,
        request_method=request.method,
    )
    if left:
        setattr(response, STREAM_CUT_SHORT_ATTRIBUTE, True)
    return response


def _joined(headers: HTTPHeaderDict) -> Mapping[str, str]:
    return {name: ", ".join(headers.getlist(name)) for name in headers}
