"""The vocabulary: the words and signs of every regular expression in the mock, and the words of our examples.

The grammars of the mock are regular expressions, so this list of their tokens is always current.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sigmic_conformance import mock_server

SIGNS = (
    *"\\\"'`;:,.=&%?#/*-|<>()[]{}_$@!^+~9a \n\t",
    *['\\"', "```", "%41", "//", "../", "**", "--", "||", "{{", "}}", "{{mcp.A}}", "[x](", "![", "~~~"],
    "\r\n",
)
_SOURCES = tuple(Path(folder) for folder in mock_server.__path__)
_PART = re.compile(r"[A-Za-z][A-Za-z ]*|[^\w\s\ud800-\udfff]+")  # half a character has no bytes


def vocabulary(documents: Iterable[Any]) -> tuple[str, ...]:
    """Return all tokens, in order; `documents` contain examples."""
    found: set[str] = set()
    for source in _SOURCES:
        for path in source.rglob("*.py"):
            found |= set(_parts(path.read_text()))
    for document in documents:
        found |= set(_examples(document))
    return tuple(sorted(token for token in found if token.strip()))


def _parts(source: str) -> Iterator[str]:
    """Yield the words of a source, each with a blank after it, and the signs of every expression."""
    for node in ast.walk(ast.parse(source)) if "re." in source else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    text = re.sub(r"\\s[*+?]?|\\[bBdDwWAZ]", " ", part.value).replace("\\", "")
                    yield from (each.rstrip() + " " * each[0].isalpha() for each in _PART.findall(text))


def _examples(node: Any) -> Iterator[str]:
    """Yield the texts of every example, whole and without their last word, with a blank after them."""
    if isinstance(node, dict):
        for name, each in node.items():
            if name in {"example", "value", "message"} and isinstance(each, str) and len(each) < 80:
                yield each + " "
                yield each.rpartition(" ")[0] + " "
            yield from _examples(each)
    elif isinstance(node, list):
        for each in node:
            yield from _examples(each)
