"""The guard of the control plane. It decides before a path is even looked at.

A web page open in the owner's browser is the likeliest attacker: DNS rebinding is stopped by the Host
allow-list, a foreign page by the Origin check, a form post by the JSON-only rule, and all of them by the
token. Rule: a refused call has changed nothing.
"""

import hmac
import ipaddress
from collections.abc import Sequence

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.http.authentication import challenged

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WHERE = "the control token is in the ready file, the banner and the output of --json"


class Guard:
    """The checks in their order. `public` lifts the two that tie the control plane to this machine."""

    def __init__(self, token: Secret, *, public: bool = False) -> None:
        self._token = token.reveal().encode()
        self._public = public

    def check(self, request: web.BaseRequest) -> None:
        """Raise FORBIDDEN for a foreign peer, host or page, then AUTH_REQUIRED or INVALID_TOKEN."""
        host = self._check_host(request)
        if not self._public and not _is_loopback(request.remote):
            raise ApiError(ErrorCode.FORBIDDEN, "The control plane answers this machine only")
        _check_origin(request.headers.getall("Origin", ()), host)
        self._check_token(request.headers.getall("Authorization", ()))

    def _check_host(self, request: web.BaseRequest) -> str:
        hosts = request.headers.getall("Host", ())
        if len(hosts) != 1:
            raise ApiError(ErrorCode.FORBIDDEN, "The control plane wants exactly one Host header")
        host = hosts[0].lower()
        if not self._public and without_port(host) not in _LOCAL_HOSTS:
            raise ApiError(ErrorCode.FORBIDDEN, "The control plane is not served under this Host")
        return host

    def _check_token(self, authorization: Sequence[str]) -> None:
        if not authorization:
            raise challenged(
                ApiError(ErrorCode.AUTH_REQUIRED, f"Send Authorization: Bearer <control token>; {_WHERE}")
            )
        scheme, _, token = authorization[0].partition(" ")
        offered = token.strip(" \t").encode("utf-8", "surrogateescape")
        if (
            len(authorization) != 1
            or scheme.lower() != "bearer"
            or not hmac.compare_digest(offered, self._token)
        ):
            raise challenged(ApiError(ErrorCode.INVALID_TOKEN, f"That is not the control token; {_WHERE}"))


def _check_origin(origins: Sequence[str], host: str) -> None:
    """Refuse every page but this server's own. No CORS header is ever sent: there is no preflight either."""
    if any(origin.lower() not in {f"http://{host}", f"https://{host}"} for origin in origins):
        raise ApiError(ErrorCode.FORBIDDEN, "The control plane does not answer pages of another origin")


def check_json(request: web.BaseRequest) -> None:
    """Refuse a body that is not declared as JSON: a form on a foreign page can send any other kind."""
    declared = request.headers.getall("Content-Type", ())
    if len(declared) != 1 or request.content_type.lower() != "application/json":
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json")


def _is_loopback(peer: str | None) -> bool:
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def without_port(host: str) -> str:
    """Return the name in a Host header."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host
