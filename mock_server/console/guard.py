"""Who may call the console at all: its own pages, and programs of this machine or with a session.

Cookies are shared by all ports of a host, and SameSite counts them as one site: another development server on
localhost is "the same site". So every call that changes something needs the own Origin, JSON if it has a body
and, where the browser says it, `Sec-Fetch-Site: same-origin`. DNS rebinding is stopped before this guard
(`http.local_names`). No CORS header, ever.
"""

from aiohttp import web

from sigmic_conformance.mock_server.control.guard import check_json
from sigmic_conformance.mock_server.http.local_caller import require_no_foreign_page, require_own_page

_SAFE = frozenset({"GET", "HEAD"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WHAT = "The console"


def check_page(request: web.BaseRequest) -> None:
    """Raise FORBIDDEN for a foreign page, before the path is looked at."""
    if request.method in _SAFE:
        require_no_foreign_page(request, _WHAT)
    else:
        require_own_page(request, _WHAT)


def check_body(request: web.BaseRequest) -> None:
    """Raise UNSUPPORTED_MEDIA_TYPE for a form, once it is known that there is such an operation."""
    if request.method in _WITH_BODY:
        check_json(request)
