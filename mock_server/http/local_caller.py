"""Is it this machine that asks, and a page of this server? For what is given away only here.

A web page open in the owner's browser is the likeliest attacker. DNS rebinding is stopped by the list of
hosts, a foreign page by its Origin. `what` begins the sentence of a refusal: "The control plane".
"""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def host_of(request: web.BaseRequest, what: str) -> str:
    """Return the one Host header in small letters; raises FORBIDDEN when there is not exactly one."""
    hosts = request.headers.getall("Host", ())
    if len(hosts) != 1:
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} wants exactly one Host header")
    return hosts[0].lower()


def require_local_host(host: str, what: str) -> None:
    """Raise FORBIDDEN when a server was addressed by another name than one of this machine."""
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isascii() and port.isdigit() else host
    if bare not in _LOCAL_HOSTS:
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} is not served under this Host")


def require_this_machine(request: web.BaseRequest, what: str) -> None:
    """Raise FORBIDDEN for a connection from another machine."""
    if not is_loopback(request.remote):
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} accepts requests from this machine only")


def require_own_page(origins: Sequence[str], host: str, what: str) -> None:
    """Raise FORBIDDEN for every page but this server's own. No Origin at all is no page."""
    if any(origin.lower() not in {f"http://{host}", f"https://{host}"} for origin in origins):
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} does not answer pages of another origin")


def is_loopback(peer: str | None) -> bool:
    """True for an address of this machine, also in its IPv6 forms."""
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
