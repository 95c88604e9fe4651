"""`{{mcp.KEY}}` in the configuration of an MCP server: a variable of the session that connects (G-99)."""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

_PLACEHOLDER = re.compile(r"\{\{ *mcp\.([A-Za-z_][A-Za-z0-9_]*) *\}\}")
_BEGIN = re.compile(r"\{\{ *mcp\b")
_AUTHORITY = re.compile(r"[^/?#]*//[^/?#]*")
_LONGEST_IN_URL = 2_000
_LABEL = re.compile(r"[A-Za-z0-9-]+")
_NOTHING_BUT = re.compile(rf"(?:[A-Za-z]+ )?{_PLACEHOLDER.pattern}")


class Unresolved(Exception):
    """There is no variable for a placeholder; the message names it, never a value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{{{{mcp.{name}}}}} is not set")


class Misplaced(Exception):
    """A variable cannot be used in a URL; the message names it, never its value."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{{{{mcp.{name}}}}} cannot be used in its url: the value {why}")


def is_malformed(text: str) -> bool:
    """Return whether a text has something that looks like a placeholder but is invalid."""
    return len(_BEGIN.findall(text)) != len(_PLACEHOLDER.findall(text))


def tells_nothing(text: str) -> bool:
    """Return whether a text is a placeholder alone, or after a word such as Bearer: it has no secret."""
    return _NOTHING_BUT.fullmatch(text) is not None


def resolved(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with every placeholder's value in its place. Raises `Unresolved`."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in variables:
            raise Unresolved(name)
        return variables[name]

    return _PLACEHOLDER.sub(value, text)


def resolved_url(url: str, variables: Mapping[str, str]) -> str:
    """Return a URL with every placeholder's value in its place. Raises `Unresolved`, `Misplaced`.

    A value stays within the part of the URL that its placeholder is in: the caller of a task chooses the
    values, and the server at the address gets the project's secrets. In host and port a value is letters,
    digits and hyphens. After them it is percent-encoded, and leaves no part of the path empty or of dots.
    """
    found = _AUTHORITY.match(url)
    end = found.end() if found else len(url)
    authority, rest = url[:end], url[end:]
    named = {name: resolved(f"{{{{mcp.{name}}}}}", variables) for name in _PLACEHOLDER.findall(url)}
    for name, value in named.items():
        if len(value) > _LONGEST_IN_URL:
            raise Misplaced(name, f"is longer than {_LONGEST_IN_URL} characters")
    for name in _PLACEHOLDER.findall(authority):
        if _LABEL.fullmatch(named[name]) is None:
            raise Misplaced(name, "is in the host, and is not of letters, digits and hyphens alone")
    encoded = {name: quote(value, safe="") for name, value in named.items()}
    for part in re.split("[?#]", rest, maxsplit=1)[0].split("/"):
        names = _PLACEHOLDER.findall(part)
        if names and unquote(resolved(part, encoded)) in {"", ".", ".."}:
            raise Misplaced(names[0], "leaves a part of the path empty, or of dots alone")
    return resolved(authority, named) + resolved(rest, encoded)
