"""Find the code of a requirement: its check, its probes, and in a clone of the repository its tests."""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sigmic_conformance.conformance.registry import Registry

TESTS = Path(__file__).resolve().parents[2] / "tests" / "conformance"
"""Exists only in a clone of the repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A line of a file; `what` is check, probe or test; `name` the function."""

    what: str
    path: Path
    line: int
    name: str = ""

    def __str__(self) -> str:
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        return f"{path}:{self.line}"


def locations(row: str, registry: Registry) -> Iterator[Location]:
    """The check of a requirement, its probes, each file of tests that names it; KeyError without a check."""
    check = registry.checks[row]
    path = Path(sys.modules[check.module].__file__ or "").resolve()
    functions = [clause.function for clause in check.clauses]
    for function in (*functions, check.function) if check.function is not None else functions:
        # A function without `__code__` is an entry of a table: its line is that of the requirement's id.
        code, name = getattr(function, "__code__", None), getattr(function, "__name__", "")
        line = code.co_firstlineno if code is not None else _lines_of_texts(path)[row]
        yield Location(what="check", path=path, line=line, name=name)
    for probe in map(registry.probes.__getitem__, check.needs):
        yield _function("probe", probe.function, probe.name)
    for room in ("checks", "model"):
        for path in sorted((TESTS / room).glob("test_*.py")):
            line = _lines_of_texts(path).get(row)
            if line is not None:
                yield Location(what="test", path=path, line=line)


def _function(what: str, function: Callable[..., object], name: str) -> Location:
    code = function.__code__
    return Location(what=what, path=Path(code.co_filename).resolve(), line=code.co_firstlineno, name=name)


@cache
def _lines_of_texts(path: Path) -> dict[str, int]:
    """Every string constant of a module, with the first line that contains it."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found[node.value] = min(node.lineno, found.get(node.value, node.lineno))
    return found
