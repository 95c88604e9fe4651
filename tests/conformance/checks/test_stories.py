"""Each requirement has a story in which it is violated: a check that never speaks passes every other test."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.conformance.kit import REGISTRY

HERE = Path(__file__).parent
FAULTS = HERE.parents[2] / "mock_server" / "sigmic_mock" / "faults" / "rows"
VIOLATIONS = {"FAILED", "WARNED"}
"""The outcomes that a story may name in place of a code."""
WITHOUT: dict[str, str] = {
    "SESSION-006": "another id shows a restore only with a session that the model knows as restored",
}
"""The requirements without such a story, and why."""


@cache
def stories() -> tuple[frozenset[str], ...]:
    """The words of each test of this folder, with those of the constants and functions that it uses."""
    return tuple(words for file in sorted(HERE.glob("test_*.py")) for words in _stories_of(file))


def _stories_of(file: Path) -> Iterator[frozenset[str]]:
    named: dict[str, ast.stmt] = {}
    for statement in ast.parse(file.read_text()).body:
        if isinstance(statement, ast.FunctionDef):
            named[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = (each for target in targets for each in ast.walk(target))
            named.update({each.id: statement for each in names if isinstance(each, ast.Name)})
    for name in named if file != Path(__file__) else ():
        if name.startswith("test_"):
            yield frozenset(_words(name, named, set()))


def _words(name: str, named: dict[str, ast.stmt], known: set[str]) -> Iterator[str]:
    known.add(name)
    for node in ast.walk(named[name]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from node.value.split()
        elif isinstance(node, ast.Attribute) and node.attr in VIOLATIONS:
            yield node.attr
        elif isinstance(node, ast.Name) and node.id in named and node.id not in known:
            yield from _words(node.id, named, known)


@cache
def reasons() -> dict[str, set[str]]:
    """The codes with which each requirement can fail: those of its clauses, and of its faults."""
    found = {
        row: VIOLATIONS | {clause.reason for clause in check.clauses}
        for row, check in REGISTRY.checks.items()
    }
    for file in FAULTS.glob("*.yaml"):
        for fault in yaml.safe_load(file.read_text()):
            if "reason" in fault and fault.get("row") in found:
                found[fault["row"]].add(fault["reason"])
    return found


@pytest.mark.parametrize("row", sorted(REGISTRY.checks))
def test_each_requirement_is_violated_in_a_story_or_is_listed_with_a_reason(row: str):
    is_violated = any(row in words and words & reasons()[row] for words in stories())
    file = f"tests/conformance/checks/test_{REGISTRY.checks[row].area.lower()}.py"

    if row in WITHOUT:
        assert not is_violated, f"{row} has a story now: remove it from WITHOUT"
    else:
        codes = ", ".join(sorted(reasons()[row] - VIOLATIONS))
        assert is_violated, f"write a test in {file} in which {row} fails with one of: {codes}"
