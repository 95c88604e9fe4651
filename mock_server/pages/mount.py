"""From an address to a page: which addresses are pages, and the headers under which a browser gets them.

Scripts and styles under `/ui/` may be read by every page, because the widget runs in pages of others; they
are the same for everybody. What is a page, or answers with data, is for this origin alone.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.pages.files import WEB, Files, Page
from sigmic_conformance.mock_server.pages.reference import Reference
from sigmic_conformance.mock_server.pages.sign_in import SignIn

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Of every page, without an exception. Trusted Types `'none'`: no text ever becomes markup or a script."""
_OF_PAGES = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OF_PARTS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_SIGN_IN = "/ui/sign-in"
_PARTS = "/ui/"
_NAMES: Mapping[str, str] = {
    "/": "chat.html",
    "/docs": "docs.html",
    "/widget/sigmic-chat.js": "widget/loader.js",
    "/widget/xyz-chat.js": "widget/loader.js",  # the name that the platform's demo page uses
}
_FOLDERS = ("/ui/", "/widget/", "/c/", "/docs/")
_OF_REFERENCE = frozenset({"/docs.md", "/llms.txt"})
_READING = frozenset({"GET", "HEAD"})


class Pages:
    """Every page of the server; fulfils `http.mount.Mount`."""

    name = "pages"

    def __init__(self, sign_in: SignIn, reference: Reference) -> None:
        self._sign_in = sign_in
        self._reference = reference
        self._files = Files(WEB)

    def speaks_for(self, raw_path: str) -> bool:
        """True for the address of a page, and for all beneath a folder of pages."""
        return raw_path in _NAMES or raw_path in _OF_REFERENCE or raw_path.startswith(_FOLDERS)

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one request; raises `ApiError`."""
        raw_path = request.rel_url.raw_path
        if raw_path == _SIGN_IN:
            return self._sign_in.answer(request, headers)
        if request.method not in _READING:
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        found = await asyncio.to_thread(self._read, raw_path)
        if found is None:
            raise ApiError(ErrorCode.NOT_FOUND, "There is no such page")
        return _sent(request, found, headers)

    def _read(self, raw_path: str) -> Page | None:
        if raw_path in _OF_REFERENCE or raw_path.startswith("/docs/"):
            return self._reference.read(raw_path)
        return self._files.read(_name(raw_path))


def _name(raw_path: str) -> str:
    """Return the file that an address shows; the chat page reads which conversation from its address."""
    if raw_path.startswith("/c/"):
        return _NAMES["/"]
    return _NAMES.get(raw_path, raw_path.removeprefix(_PARTS))


def _sent(request: web.BaseRequest, found: Page, headers: Mapping[str, str]) -> web.Response:
    is_page = found.content_type.startswith("text/html")
    told = {
        **headers,
        **(_OF_PAGES if is_page else _OF_PARTS),
        "Cache-Control": "no-cache",  # kept, and asked for again: the next version is seen at once
        "ETag": found.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == found.etag:
        return web.Response(status=304, headers=told)
    told["Content-Type"] = found.content_type
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=found.packed, headers={**told, "Content-Encoding": "gzip"})
    return web.Response(body=found.plain, headers=told)
