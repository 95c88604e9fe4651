"""Which addresses are pages, and which file each shows: known from the start, all else by a request."""

from collections.abc import Mapping

from sigmic_mock.control.router import is_of_deck
from sigmic_mock.control.table import DECK

SIGN_IN = "/ui/sign-in"
UNKNOWN = "unknown.html"
"""The page of an address that has none."""
_PARTS = "/ui/"
_CONSOLE = "/console"
_CONSOLE_API = f"{_CONSOLE}/api"
_REFERENCE = "/docs/"
_NAMES: Mapping[str, str] = {
    "/": "chat.html",
    "/docs": "docs.html",
    _CONSOLE: "console.html",
    DECK: "deck.html",
    "/favicon.ico": "ui/mark.svg",  # asked for by browsers that show an answer of the API
    "/widget/sigmic-chat.js": "widget/loader.js",
    "/widget/xyz-chat.js": "widget/loader.js",  # the name that the platform's demo page uses
}
_FOLDERS = (_PARTS, "/widget/", "/c/", _REFERENCE)
_OF_REFERENCE = frozenset({"/docs.md", "/llms.txt", "/openapi.json", "/openapi.yaml"})
SUGGESTED = ("/docs", _CONSOLE, *sorted(_OF_REFERENCE))
"""The addresses that someone who types another may have meant."""


def is_page(raw_path: str) -> bool:
    """True for the address of a page, and for all beneath a folder of pages."""
    if raw_path.startswith(f"{_CONSOLE}/"):
        return raw_path != _CONSOLE_API and not raw_path.startswith(f"{_CONSOLE_API}/")
    return (
        raw_path in _NAMES
        or raw_path in _OF_REFERENCE
        or raw_path.startswith(_FOLDERS)
        or is_of_deck(raw_path)
    )


def is_of_reference(raw_path: str) -> bool:
    """True for the pages that the reference generates."""
    return raw_path in _OF_REFERENCE or raw_path.startswith(_REFERENCE)


def file_of(raw_path: str) -> str:
    """Return the file for an address; chat, console and deck choose their content by the address."""
    if raw_path.startswith("/c/"):
        return _NAMES["/"]
    if raw_path.startswith(f"{_CONSOLE}/"):
        return _NAMES[_CONSOLE]
    if is_of_deck(raw_path):
        return _NAMES[DECK]
    return _NAMES.get(raw_path, raw_path.removeprefix(_PARTS))
