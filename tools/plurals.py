"""Find messages that put a number before a plural noun and so print "1 rows" (`spec.plural` prevents it)."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeGuard

from tools.texts import Text

CODE = ("conformance", "load", "mock_server", "spec")
_AFTER = re.compile(r" (?P<phrase>(?:[a-z-]*[a-rt-z] )?(?P<noun>[a-z]{2,}s))\b")
_NO_ADJECTIVE = re.compile(r"(?:a|and|came|delivered|in|it|of|or|the|to|with|without) ")
_VERB = re.compile(r" (?:are|differ|follow|have|were)(?![\w-])")
ALLOWED = {
    "{len(content)} bytes": "a part of a form, as transcripts record it",
    "{many} tools": "always above a limit",
    "{part.length} bytes": "a part of a form, as transcripts record it",
    "{seed} repeats": "a verb",
}
"""Correct places, with the reason."""
_NO_PLURAL = {"across", "always", "does", "has", "is", "its", "less", "ms", "pass", "this", "unless", "was"}
_NUMBERS = {"int", "len", "max", "min", "round", "sum"}
_COUNTS = {"bytes", "count", "least", "limit", "most", "number", "size", "times", "total"}


def counted_nouns(root: Path) -> Iterator[Text]:
    """Yield each such place. Constants, which are never 1, and "1 of 4 rows" are correct."""
    trees = {
        file.relative_to(root).as_posix(): ast.parse(file.read_text("utf-8"))
        for folder in CODE
        for file in sorted((root / folder).rglob("*.py"))
    }
    nouns = {noun for tree in trees.values() for noun in _nouns(tree)}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield from (Text(path, node.lineno, found) for found in _places(node, nouns))


def _nouns(tree: ast.AST) -> Iterator[str]:
    """Yield the plural nouns that the messages of a module already pass to `plural`."""
    for node in ast.walk(tree):
        if _is_plural(node):
            given = [str(each.value) for each in node.args[1:] if isinstance(each, ast.Constant)]
            yield from (f"{noun}s" for noun in given[:1] if len(given) == 1)
            yield from given[1:]


def _is_plural(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "plural"


def _places(text: ast.JoinedStr, nouns: set[str]) -> Iterator[str]:
    before = ""
    for value, after in pairwise(text.values):
        if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
            verb = _VERB.match(str(after.value))
            if verb and _is_plural(value.value):
                yield f"{{{ast.unparse(value.value)}}}{verb[0]}"
            found = _AFTER.match(str(after.value))
            if found and not before.endswith((" of ", "turn ")) and not _NO_ADJECTIVE.match(found["phrase"]):
                is_counted = _is_number(value) or (found["noun"] in nouns and _may_be_number(value.value))
                if is_counted and found["noun"] not in _NO_PLURAL:
                    yield f"{{{ast.unparse(value.value)}}} {found['phrase']}"
        before = str(value.value) if isinstance(value, ast.Constant) else ""


def _is_number(value: ast.FormattedValue) -> bool:
    """Return whether the value looks like a number: `len(…)`, `{x:,}`, `exchange.size`."""
    is_grouped = value.format_spec is not None and "," in ast.unparse(value.format_spec)
    of = value.value
    called = of.func.id if isinstance(of, ast.Call) and isinstance(of.func, ast.Name) else ""
    is_count = isinstance(of, ast.BinOp) or bool(_COUNTS & set(_name(of).strip("_").split("_")))
    return called in _NUMBERS or ((is_grouped or is_count) and _may_be_number(of))


def _may_be_number(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return False
    return not _name(value).isupper()


def _name(value: ast.expr) -> str:
    """Return the last name of `a`, `a.b` and `a.b[0]`."""
    while isinstance(value, ast.Subscript):
        value = value.value
    return getattr(value, "attr", getattr(value, "id", ""))
