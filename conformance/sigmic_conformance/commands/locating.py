"""Find the lines about a requirement: its row, check, probes and faults, and in a clone its tests."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from sigmic_conformance.registry import Registry
from sigmic_spec import data

ROOT = Path(__file__).resolve().parents[3]
"""The clone of the repository; an installed package has no tests and no faults beside it."""


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
    """Row, check and probes of a requirement, each file of tests that names it, and its faults.

    Raises KeyError without a check.
    """
    check = registry.checks[row]
    file = f"{check.area.lower()}.yaml"
    yield from _lines("row", data.FOLDER / "requirements" / file, f"- id: {row}")
    for clause in check.clauses:
        yield _function("check", inspect.unwrap(clause.function))
    for probe in map(registry.probes.__getitem__, check.needs):
        yield _function("probe", probe.function)
    for room in ("tests/conformance/checks", "tests/conformance/model", "lab/platforms"):
        for tests in sorted((ROOT / room).rglob("*.py")):
            yield from islice(_lines("test", tests, f'"{row}"'), 1)
    if (ROOT / "tests").is_dir():
        yield from _lines(
            "fault", ROOT / "mock_server" / "sigmic_mock" / "faults" / "rows" / file, f"  row: {row}"
        )


def _function(what: str, function: Callable[..., object]) -> Location:
    code = function.__code__
    path = Path(code.co_filename).resolve()
    return Location(what=what, path=path, line=code.co_firstlineno, name=function.__name__)


def _lines(what: str, path: Path, text: str) -> Iterator[Location]:
    """The lines of a file that have a text."""
    for number, line in enumerate(_read(path), start=1):
        if text in line:
            yield Location(what=what, path=path, line=number)


@cache
def _read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
