"""Callers that the console accepts: its own pages, and programs of this machine or with a session.

Cookies are shared by all ports of a host, and SameSite counts them as one site: another development server on
localhost is "the same site". So every call that changes something needs the own Origin, JSON if it has a body
and, where the browser says it, `Sec-Fetch-Site: same-origin`. DNS rebinding is stopped before this guard
(`http.local_names`). No CORS header, ever.
"""

from aiohttp import web

from sigmic_conformance.mock_server.http.local_caller import require_no_foreign_page, require_own_page

_SAFE = frozenset({"GET", "HEAD"})
_WHAT = "The console"


def check_page(request: web.BaseRequest) -> None:
    """Raise FORBIDDEN for a foreign page, before the path is looked at."""
    if request.method in _SAFE:
        require_no_foreign_page(request, _WHAT)
    else:
        require_own_page(request, _WHAT)
