"""`{{mcp.KEY}}` in the configuration of an MCP server: a variable of the session that connects (G-99)."""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{\{ *mcp\.([A-Za-z_][A-Za-z0-9_]*) *\}\}")
_BEGIN = re.compile(r"\{\{ *mcp\b")
_NOTHING_BUT = re.compile(rf"(?:[A-Za-z]+ )?{_PLACEHOLDER.pattern}")


class Unresolved(Exception):
    """There is no variable for a placeholder; the message names it, never a value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{{{{mcp.{name}}}}} is not set")


def is_malformed(text: str) -> bool:
    """Tell whether something in a text looks like a placeholder and is none."""
    return len(_BEGIN.findall(text)) != len(_PLACEHOLDER.findall(text))


def tells_nothing(text: str) -> bool:
    """Tell whether a text is a placeholder alone, or after a word such as Bearer: no secret is in it."""
    return _NOTHING_BUT.fullmatch(text) is not None


def resolved(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with every placeholder's value in its place. Raises `Unresolved`."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in variables:
            raise Unresolved(name)
        return variables[name]

    return _PLACEHOLDER.sub(value, text)
