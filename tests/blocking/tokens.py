"""The vocabulary: the literals of every regular expression in the mock, and the words of our examples.

The grammars of the mock are regular expressions. So no list of their tokens can go stale.
"""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sigmic_conformance import mock_server

SIGNS = (
    *"\\\"'`;:,.=&%?#/*-|<>()[]{}_$@!^+~9a \n\t",
    *(
        '\\"',
        "```",
        "%41",
        "//",
        "../",
        "**",
        "--",
        "||",
        "{{",
        "}}",
        "{{mcp.A}}",
        "[x](",
        "![",
        "~~~",
        "\r\n",
    ),
)
_PARSER: Any = importlib.import_module("re._parser")  # the reader of expressions of the standard library
_SOURCES = tuple(Path(folder) for folder in mock_server.__path__)


def vocabulary(documents: Iterable[Any]) -> tuple[str, ...]:
    """Return all tokens, in order; `documents` have examples."""
    found: set[str] = set()
    for source in _SOURCES:
        for path in source.rglob("*.py"):
            for pattern in _patterns(path.read_text()):
                found |= set(_literals(pattern))
    for document in documents:
        found |= set(_examples(document))
    return tuple(sorted(token for token in found if token.strip()))


def _patterns(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)) if "re." in source else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def _literals(pattern: str) -> Iterator[str]:
    """Yield each run of literal characters, wherever it stands in the expression."""
    try:
        todo: list[Any] = [_PARSER.parse(pattern)]
    except re.error:
        return  # a part of an expression that is put together
    while todo:
        run = ""
        for kind, about in todo.pop():
            if str(kind) == "LITERAL":
                run += chr(about)
                continue
            todo += list(_inside(about))
            if run:
                yield run + " " * run.isalpha()
            run = ""
        if run:
            yield run + " " * run.isalpha()


def _inside(about: Any) -> Iterator[Any]:
    """Yield the expressions within a branch, a group or a repetition."""
    if isinstance(about, _PARSER.SubPattern):
        yield about
    elif isinstance(about, list | tuple):
        for each in about:
            yield from _inside(each)


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
