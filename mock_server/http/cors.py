"""CORS (G-91): origins are reflected one by one, never `*`, never with cookies.

Pages on this machine may call (development), and pages where some widget app is allowed. Whether an app's
token may be used from a page is not decided here but in `service.accounts` (G-90).
"""

import re
from collections.abc import MutableMapping

from multidict import CIMultiDict

from sigmic_conformance.mock_server.service.accounts import Accounts

_LOCAL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.ASCII)
_REQUEST_HEADERS = "Authorization, X-API-Key, Content-Type, Last-Event-ID, Range, If-Range, If-None-Match"
_EXPOSED = (
    "X-Request-Id, Content-Disposition, Content-Range, ETag, Accept-Ranges, Retry-After, WWW-Authenticate"
)
_REMEMBER_SECONDS = "600"


class Cors:
    """Tells browsers which pages may call and read the answers."""

    def __init__(self, accounts: Accounts, *more_headers: str) -> None:
        """`more_headers` are names of headers that pages may send besides the documented ones."""
        self._accounts = accounts
        self._request_headers = ", ".join((_REQUEST_HEADERS, *more_headers))

    def let_read(self, origin: str, headers: CIMultiDict[str]) -> None:
        """Add to an answer's headers what lets the page at `origin` read it, if it may."""
        headers.add("Vary", "Origin")
        if self._may_call(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED

    def preflight(self, origin: str | None, allow: tuple[str, ...]) -> MutableMapping[str, str]:
        """Return the headers that answer OPTIONS, when the address knows the methods `allow`."""
        headers = {"Allow": ", ".join(allow)}
        if origin is not None and self._may_call(origin):
            headers |= {
                "Access-Control-Allow-Methods": ", ".join(allow),
                "Access-Control-Allow-Headers": self._request_headers,
                "Access-Control-Max-Age": _REMEMBER_SECONDS,
            }
        return headers

    def _may_call(self, origin: str) -> bool:
        return _LOCAL.fullmatch(origin) is not None or self._accounts.knows_origin(origin)
