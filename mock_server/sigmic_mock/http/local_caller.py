"""Check that a request comes from this machine, and from a page of this server: for local data.

A web page open in the owner's browser is the likeliest attacker. `http.local_names` has already refused
foreign host names; here a page of another origin is refused. `what` starts the message: "The console".
"""

import ipaddress

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode


def require_this_machine(request: web.BaseRequest, what: str) -> None:
    """Raise FORBIDDEN for a connection from another machine."""
    if not is_loopback(request.remote):
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} accepts requests from this machine only")


def require_no_foreign_page(request: web.BaseRequest, what: str) -> None:
    """Raise FORBIDDEN for every page of another origin. A request without Origin comes from no page."""
    host = request.headers["Host"].lower()
    own = {f"http://{host}", f"https://{host}"}
    if any(origin.lower() not in own for origin in request.headers.getall("Origin", ())):
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} does not answer pages of another origin")


def require_own_page(request: web.BaseRequest, what: str) -> None:
    """Raise FORBIDDEN unless a page of this server sends the request, and its browser confirms it."""
    require_no_foreign_page(request, what)
    sites = request.headers.getall("Sec-Fetch-Site", ())
    if len(request.headers.getall("Origin", ())) != 1 or any(site != "same-origin" for site in sites):
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} needs this server's Origin")


def is_loopback(peer: str | None) -> bool:
    """True for an address of this machine, including its IPv6 forms."""
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
