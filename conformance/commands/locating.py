"""Finds the code of a ledger row: its judge, the probes that it reads, and its tests in a clone."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sigmic_conformance.conformance.registry import Judge, Registry

TESTS = Path(__file__).resolve().parents[2] / "tests" / "conformance" / "judges"
"""The tests of judges; only a clone has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A line of a file; `what` is judge, probe or test, `name` the function or empty."""

    what: str
    path: Path
    line: int
    name: str = ""

    def __str__(self) -> str:
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        return f"{path}:{self.line}"


def locations(row: str, registry: Registry) -> Iterator[Location]:
    """The judge of a row, its probes, and each file of tests that names it; KeyError without a judge."""
    judge = registry.judges[row]
    yield _judge(judge)
    for probe in map(registry.probes.__getitem__, judge.needs):
        code = probe.function.__code__
        yield Location(
            what="probe", path=Path(code.co_filename).resolve(), line=code.co_firstlineno, name=probe.name
        )
    for path in sorted(TESTS.glob("test_*.py")):
        line = _lines_of_texts(path).get(row)
        if line is not None:
            yield Location(what="test", path=path, line=line)


def _judge(judge: Judge) -> Location:
    """The line that names the row: of a decorator, or of a table."""
    path = Path(sys.modules[judge.module].__file__ or "").resolve()
    name = getattr(judge.function, "__name__", "")
    return Location(what="judge", path=path, line=_lines_of_texts(path)[judge.id], name=name)


@cache
def _lines_of_texts(path: Path) -> dict[str, int]:
    """Every string constant of a module and the first line where it stands."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found[node.value] = min(node.lineno, found.get(node.value, node.lineno))
    return found
