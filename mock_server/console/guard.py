"""Who may call the console at all: its own pages, and programs of this machine or with a session.

Cookies are shared by all ports of a host, and SameSite counts them as one site: another development server on
localhost is "the same site". So every call that changes something needs the own Origin, JSON if it has a body
and, where the browser says it, `Sec-Fetch-Site: same-origin`; DNS rebinding is stopped by the Host. No CORS
header, ever.
"""

from http.cookies import CookieError, SimpleCookie

from aiohttp import web

from sigmic_conformance.mock_server.control.guard import check_json
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.local_caller import host_of, require_local_host, require_own_page

_SAFE = frozenset({"GET", "HEAD"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WHAT = "The console"
COOKIE_PATH = "/console"


class ConsoleGuard:
    """The checks before a path is looked at. `local_only` is a server for this machine alone."""

    def __init__(self, *, local_only: bool) -> None:
        self._local_only = local_only

    def check(self, request: web.BaseRequest) -> None:
        """Raise FORBIDDEN for a foreign host or page."""
        host = host_of(request, _WHAT)
        if self._local_only:
            require_local_host(host, _WHAT)
        origins = request.headers.getall("Origin", ())
        site = request.headers.getall("Sec-Fetch-Site", ())
        require_own_page(origins, host, _WHAT)
        if request.method in _SAFE:
            return
        if len(origins) != 1 or any(said != "same-origin" for said in site):
            raise ApiError(ErrorCode.FORBIDDEN, "A write request needs this server's own Origin header")

    def check_body(self, request: web.BaseRequest) -> None:
        """Raise UNSUPPORTED_MEDIA_TYPE for a form, once it is known that there is such an operation."""
        if request.method in _WITH_BODY:
            check_json(request)


def cookie_name(request: web.BaseRequest) -> str:
    """Return the cookie's name: with the port, since all ports of a host share their cookies."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    return f"sigmic_console_{address[1] if address else 0}"


def session_token(request: web.BaseRequest) -> str:
    """Return what the cookie holds; raises AUTH_REQUIRED without one."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        for line in request.headers.getall("Cookie", ()):
            cookies.load(line)
    except CookieError:
        cookies = SimpleCookie()
    held = cookies.get(cookie_name(request))
    if held is None:
        raise ApiError(ErrorCode.AUTH_REQUIRED, "Sign in first: POST /console/api/session")
    return held.value


def session_cookie(request: web.BaseRequest, token: str, seconds: int) -> str:
    """Return the header that sets the cookie; with 0 seconds it goes away."""
    secure = "; Secure" if request.secure else ""
    return (
        f"{cookie_name(request)}={token}; HttpOnly; SameSite=Strict; Path={COOKIE_PATH};"
        f" Max-Age={seconds}{secure}"
    )
