"""CORS (G-91): allowed origins are reflected one by one, never `*`, never with cookies.

Pages on this machine may call (development), and pages that some widget app allows. Any other page can
neither read an answer nor change anything. `service.accounts` decides whether an app's token may be used
from a page (G-90).
"""

from collections.abc import MutableMapping

from aiohttp import hdrs, web
from multidict import CIMultiDict

from sigmic_mock.domain.credentials import TOKEN_PREFIX
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.http.local_names import LocalNames
from sigmic_mock.service.accounts import Accounts

_REQUEST_HEADERS = "Authorization, X-API-Key, Content-Type, Last-Event-ID, Range, If-Range, If-None-Match"
_EXPOSED = (
    "X-Request-Id, Content-Disposition, Content-Range, ETag, Accept-Ranges, Retry-After, WWW-Authenticate"
)
_REMEMBER_SECONDS = "600"
_WITHOUT_EFFECT = frozenset({"GET", "HEAD", "OPTIONS"})


class Cors:
    """Informs browsers which pages may call and read the answers."""

    def __init__(self, accounts: Accounts, names: LocalNames, *more_headers: str) -> None:
        """`more_headers` are names of headers that pages may send in addition to the documented ones."""
        self._accounts = accounts
        self._names = names
        self._request_headers = ", ".join((_REQUEST_HEADERS, *more_headers))

    def let_read(self, origin: str, headers: CIMultiDict[str]) -> None:
        """Add the headers with which the page at `origin` may read the answer, if it may."""
        headers.add("Vary", "Origin")
        if self._may_call(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED

    def preflight(self, origin: str | None, allow: tuple[str, ...]) -> MutableMapping[str, str]:
        """Return the headers of the answer to OPTIONS, for an address with the methods `allow`."""
        headers = {"Allow": ", ".join(allow)}
        if origin is not None and self._may_call(origin):
            headers |= {
                "Access-Control-Allow-Methods": ", ".join(allow),
                "Access-Control-Allow-Headers": self._request_headers,
                "Access-Control-Max-Age": _REMEMBER_SECONDS,
            }
        return headers

    def check_page(self, request: web.BaseRequest) -> None:
        """Raise ORIGIN_NOT_ALLOWED if a page that may not call tries to change something.

        A call with an app's token is left to the app, which lists its own pages.
        """
        origins = request.headers.getall(hdrs.ORIGIN, ())
        if not origins or request.method in _WITHOUT_EFFECT:
            return
        if any(TOKEN_PREFIX in value for value in request.headers.getall(hdrs.AUTHORIZATION, ())):
            return
        host = request.headers[hdrs.HOST]
        for origin in origins:
            if origin not in {f"http://{host}", f"https://{host}"} and not self._may_call(origin):
                raise ApiError(
                    ErrorCode.ORIGIN_NOT_ALLOWED,
                    f"Pages of {origin[:80]} may not call this server: allow the origin in a widget app, or"
                    " start the server with --allow-host and its host name",
                )

    def _may_call(self, origin: str) -> bool:
        return self._names.has_page(origin) or self._accounts.knows_origin(origin)
