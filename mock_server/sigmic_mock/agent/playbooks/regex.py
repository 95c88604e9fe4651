"""Regular expressions of playbooks, searched in a time that grows with the text alone.

Python's own engine backtracks: `(a+)+$` and thirty letters stop a server for minutes. The engine of JSON
Schema's `pattern`, which is loaded already, has no constructs that need that. Rule: regular expressions of
callers and files are searched here, and never by `re`.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jsonschema_rs

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_MOST_BYTES = 64 * 1024
"""Of a compiled expression; the time of a search is at most this times the length of the text."""
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+\]?|\(\?(?:<?[=!]|P=|[(>#])|\{,", re.DOTALL)
_CONSTRUCTS = {
    "(?=": "looks ahead",
    "(?!": "looks ahead",
    "(?<=": "looks behind",
    "(?<!": "looks behind",
    "(?P=": "refers back to a group",
    "(?(": "depends on a group",
    "(?>": "is an atomic group",
    "(?#": "is a comment",
    "{,": "has no least number: write {0,",
    "\\Z": "is not known: write \\z, or $",
}


class BadRegex(ValueError):
    """The text is not a valid regular expression of this kind; the message names the invalid part."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression, in any case. Raises `BadRegex`."""

    pattern: str
    _validator: "Draft202012Validator" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        validator = _compiled(self.pattern)
        if validator is None:
            raise BadRegex(_problem(self.pattern))
        object.__setattr__(self, "_validator", validator)

    def is_in(self, text: str) -> bool:
        """Return whether the expression matches a part of the text."""
        return self._validator.is_valid(text)


def _compiled(pattern: str) -> "Draft202012Validator | None":
    options = jsonschema_rs.RegexOptions(size_limit=_MOST_BYTES)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": f"(?i){pattern}"}, pattern_options=options)
    except (ValueError, jsonschema_rs.ValidationError):
        return None


def _problem(pattern: str) -> str:
    """Return why an expression is refused: its first unsupported construct, else its syntax or size."""
    for token in _TOKEN.findall(pattern):
        if token in _CONSTRUCTS:
            return f"{token} {_CONSTRUCTS[token]}"
        if token[0] == "\\" and token[1] in "123456789":
            return f"{token} refers back to a group"
    return "its syntax is wrong, or its repetitions make it too large"
