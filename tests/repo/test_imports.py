"""No module is loaded under two names: installed code is imported below its single root, in every file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tools.tracked import tracked

ROOT = Path(__file__).parents[2]
BARE = {"spec", "mock_server", "conformance", "load"}
LIKELY = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(sorted(BARE))})\b", re.MULTILINE)
"""Parsing a thousand files takes seconds, so only files with such a line are parsed, even in a string."""


def imported(source: str) -> Iterator[str]:
    """Yield the top-level package of each import in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_no_file_imports_a_package_by_its_bare_name():
    files = tracked("*.py")
    likely = [name for name in files if LIKELY.search((ROOT / name).read_text("utf-8"))]
    found = [name for name in likely if BARE & set(imported((ROOT / name).read_text("utf-8")))]

    assert len(files) > 100
    assert found == []
