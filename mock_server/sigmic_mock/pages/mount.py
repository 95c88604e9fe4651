"""From a request to a page, and the headers that a browser gets with it.

Scripts and styles under `/ui/` may be read by every page, because the widget runs in other sites' pages; they
are the same for all callers. A page, or an address that answers with data, is for this origin alone.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode, method_not_allowed
from sigmic_mock.http.navigation import opens_page
from sigmic_mock.pages.addresses import SIGN_IN, SUGGESTED, UNKNOWN, file_of, is_of_reference, is_page
from sigmic_mock.pages.files import WEB, Files, Page
from sigmic_mock.pages.reference import Reference
from sigmic_mock.pages.sign_in import SignIn
from sigmic_spec.nearest import hint

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
"""For every page, without an exception. Trusted Types `'none'`: no text ever becomes markup or a script."""
_OF_PAGES = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OF_PARTS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_READING = frozenset({"GET", "HEAD"})


class Pages:
    """Every page of the server; fulfils `http.mount.Mount`."""

    name = "pages"

    def __init__(self, sign_in: SignIn, reference: Reference) -> None:
        self._sign_in = sign_in
        self._reference = reference
        self._files = Files(WEB)

    def speaks_for(self, raw_path: str) -> bool:
        return is_page(raw_path)

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one request, also of an address that nothing else answers; raises `ApiError`."""
        raw_path = request.rel_url.raw_path
        if raw_path == SIGN_IN:
            return self._sign_in.answer(request, headers)
        if request.method not in _READING:
            raise method_not_allowed(_READING)
        found = await asyncio.to_thread(self._read, raw_path)
        if found is not None:
            return _sent(request, found, headers)
        unknown = await asyncio.to_thread(self._files.read, UNKNOWN) if opens_page(request) else None
        if unknown is None:
            raise ApiError(ErrorCode.NOT_FOUND, f"There is no such page{hint(raw_path, SUGGESTED)}")
        return web.Response(
            status=404,
            body=unknown.plain,
            headers={
                **headers,
                **_OF_PAGES,
                "Content-Type": unknown.content_type,
                "Cache-Control": "no-store",
                "Vary": "Accept",
            },
        )

    def _read(self, raw_path: str) -> Page | None:
        if is_of_reference(raw_path):
            return self._reference.read(raw_path)
        return self._files.read(file_of(raw_path))


def _sent(request: web.BaseRequest, found: Page, headers: Mapping[str, str]) -> web.Response:
    is_page = found.content_type.startswith("text/html")
    told = {
        **headers,
        **(_OF_PAGES if is_page else _OF_PARTS),
        "Cache-Control": "no-cache",  # cached, but revalidated: the next version is seen immediately
        "ETag": found.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == found.etag:
        return web.Response(status=304, headers=told)
    told["Content-Type"] = found.content_type
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=found.packed, headers={**told, "Content-Encoding": "gzip"})
    return web.Response(body=found.plain, headers=told)
