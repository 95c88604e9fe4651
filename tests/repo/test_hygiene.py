"""The repository contains nothing specific to one machine, one registry or one run."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tracked import tracked

ROOT = Path(__file__).parents[2]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "util", "helper"}


def paths(*patterns: str) -> list[Path]:
    return [ROOT / name for name in tracked(*patterns)]


@pytest.fixture(scope="module", autouse=True)
def in_a_checkout():
    assert paths("pyproject.toml"), "these tests read the files git tracks"


def test_no_tracked_file_names_a_package_registry_or_this_machine():
    hosts = ["pyp" + "i.org", "pythonhoste" + "d", "npmj" + "s", "deb.debia" + "n"]
    machine = ["/wor" + "k/", "/roo" + "t/", "/far" + "m/"]
    pattern = re.compile("|".join(re.escape(word) for word in hosts + machine))

    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in paths()
        if path.suffix not in {".zip", ".svg", ".png"}
        for match in [pattern.search(path.read_bytes().decode("utf-8", "replace"))]
        if match
    ]

    assert found == []


def test_no_module_is_a_drawer_for_anything():
    found = [str(path.relative_to(ROOT)) for path in paths("*.py") if path.stem in FORBIDDEN_NAMES]

    assert found == []


def test_nothing_generated_is_tracked():
    generated = [
        str(path.relative_to(ROOT))
        for path in paths()
        if path.name in {"package-lock.json", "uv.lock"}
        or "node_modules" in path.parts
        or "__pycache__" in path.parts
    ]

    assert generated == []


def test_no_test_sleeps_to_wait():
    """A test waits on an event, a barrier, or `tests/fakes/waiting.py` for a change without notification."""
    allowed = {
        "tests/fakes/waiting.py",
        "tests/fakes/mcp_server.py",  # a program that is slow on purpose
        "tests/e2e/process.py",  # a process outside ours has nothing else to wait on
        "tests/load/process.py",  # likewise
        "tests/load/fake_target.py",  # a target that answers later
        "tests/e2e/own_client.py",  # a client as a user writes it: it polls later
    }

    found = [
        f"{name}:{node.lineno}"
        for path in paths("tests/*.py")
        if (name := str(path.relative_to(ROOT))) not in allowed
        and not name.startswith("lab/platforms/")  # slow on purpose; and their start
        if "sleep(" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"asyncio.sleep", "time.sleep", "gevent.sleep", "sleep"}
        and not (isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
    ]

    assert found == [], "wait on an event instead, or with `eventually` of tests/fakes/waiting.py"


def test_tests_use_fakes_and_never_mocks():
    word = "unittest" + ".mock"

    found = [str(path.relative_to(ROOT)) for path in paths("tests/*.py") if word in path.read_text()]

    assert found == []


def spelled_out(pattern: str) -> Iterator[str]:
    """Yield the pattern without braces, for each choice between them."""
    before, brace, rest = pattern.partition("{")
    if not brace:
        yield pattern
        return
    choices, _, after = rest.partition("}")
    for choice in choices.split(","):
        yield from spelled_out(before + choice + after)


def test_every_exception_from_a_rule_is_for_a_file_that_there_is():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    excepted = settings["tool"]["ruff"]["lint"]["per-file-ignores"]

    stale = [each for key in excepted for each in spelled_out(key) if not paths(f":(glob){each}")]

    assert stale == [], "pyproject.toml, per-file-ignores: no file has this name; was it renamed?"
