"""Find the lines about a requirement: its row, check, probes and faults, and in a clone its tests."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sigmic_conformance.conformance.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
"""The clone of the repository, or the installed package, which has no tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A line of a file; `what` is row, check, probe, test or fault; `name` the function."""

    what: str
    path: Path
    line: int
    name: str = ""

    def __str__(self) -> str:
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        return f"{path}:{self.line}"


def locations(row: str, registry: Registry) -> Iterator[Location]:
    """Row, check and probes of a requirement, each file of tests that names it, its faults.

    Raises KeyError without a check.
    """
    check = registry.checks[row]
    path = Path(sys.modules[check.module].__file__ or "").resolve()
    yield from _lines("row", ROOT / "spec" / "requirements" / f"{path.stem}.yaml", f"- id: {row}")
    functions: list[Callable[..., object]] = [clause.function for clause in check.clauses]
    for function in (*functions, check.function) if check.function is not None else functions:
        # A function without `__code__` is an entry of a table: its line is that of the requirement's id.
        code, name = getattr(inspect.unwrap(function), "__code__", None), getattr(function, "__name__", "")
        line = code.co_firstlineno if code is not None else _lines_of_texts(path)[row]
        yield Location(what="check", path=path, line=line, name=name)
    for probe in map(registry.probes.__getitem__, check.needs):
        yield _function("probe", probe.function, probe.name)
    for room in ("checks", "model"):
        for tests in sorted((ROOT / "tests" / "conformance" / room).glob("test_*.py")):
            at = _lines_of_texts(tests).get(row)
            if at is not None:
                yield Location(what="test", path=tests, line=at)
    yield from _lines(
        "fault", ROOT / "mock_server" / "faults" / "rows" / f"{path.stem}.yaml", f"  row: {row}"
    )


def _lines(what: str, path: Path, text: str) -> Iterator[Location]:
    """The lines of a file that are equal to a text."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line == text:
            yield Location(what=what, path=path, line=number)


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
