r"""Parse a part's raw `Content-Disposition` (RFC 7578): its name and its file name.

aiohttp's own reader treats every backslash as an escape (`C:\fakepath\a.csv` becomes `C:fakepatha.csv`) and
refuses two semicolons in a file name; browsers send both unescaped. Invariant: a backslash escapes only a
quotation mark or another backslash, and of percent-encoding only `%22` is decoded, because browsers, Node,
curl and requests all encode a quotation mark like this (WHATWG), and leave every other `%` unchanged.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_KIND = re.compile(rf"[ \t]*({_WORD})[ \t]*")
_PARAMETER = re.compile(
    rf';[ \t]*({_WORD})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*+)"|([^\s";,]+))[ \t]*|;[ \t]*(?=;|\Z)', re.DOTALL
)
_ESCAPED = re.compile(r'\\(["\\])')
_EXTENDED = re.compile(rf"({_WORD})'[^']*'((?:%[0-9A-Fa-f]{{2}}|[!#$&+\-.^_`|~0-9A-Za-z])*)")
_CHARSETS = frozenset({"utf-8", "iso-8859-1"})
"""The charsets of RFC 5987."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDisposition:
    """The fields of the header, each None if missing. A file name may be empty."""

    name: str | None
    filename: str | None


def read_content_disposition(header: str | None) -> ContentDisposition:
    """Return the content of the header. Raises ValueError: missing, not `form-data`, malformed, ambiguous."""
    kind = _KIND.match(header or "")
    if header is None or kind is None or kind[1].lower() != "form-data":
        raise ValueError("a part is not form-data")
    given: dict[str, str] = {}
    at = kind.end()
    while at < len(header):
        found = _PARAMETER.match(header, at)
        if found is None:
            raise ValueError("a Content-Disposition is malformed")
        at = found.end()
        if found[1]:
            _take(given, found[1].lower(), found[3] or _unquoted(found[2] or ""))
    return ContentDisposition(name=_extended(given, "name"), filename=_extended(given, "filename"))


def _take(given: dict[str, str], name: str, value: str) -> None:
    if name in given:
        raise ValueError("a Content-Disposition says something twice")
    given[name] = value


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text).replace("%22", '"')


def _extended(given: dict[str, str], name: str) -> str | None:
    """Return `name*` decoded, which takes precedence, or `name`."""
    value = given.get(f"{name}*")
    if value is None:
        return given.get(name)
    parts = _EXTENDED.fullmatch(value)
    if parts is None or parts[1].lower() not in _CHARSETS:
        raise ValueError("an extended parameter is malformed")
    return unquote_to_bytes(parts[2]).decode(parts[1])
