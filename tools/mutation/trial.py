"""Run tests in forked children: one to record which test executes which line, one for each mutant.

This process imports pytest and all foreign modules, and nothing of `conformance`: a child starts immediately
and imports the judge with one module's text changed. No file is changed.
"""

import importlib.abc
import importlib.util
import math
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import coverage
import hypothesis
import pytest

from sigmic_conformance.spec.ledger import Ledger
from tools.mutation.mutants import Mutant, module_path
from tools.mutation.plan import CPU_SECONDS, PROOF_CPU_SECONDS, ROOT, SAMPLED, TESTS, WALL_SECONDS
from tools.mutation.proven import Notice, Told, notice, told

PLUGINS = (
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-p",
    "pytest_asyncio.plugin",
    "-p",
    "pytest_timeout",
    "-p",
    "no:cacheprovider",
)
FOREIGN = ("h11", "jsonschema_rs", "yaml", "pytest_asyncio.plugin", "pytest_timeout", "hypothesis.stateful")
NOTICES = {Notice.PROVEN: 77, Notice.MOVED: 78, Notice.WORDED: 79}
"""Exit codes of a child whose judge has a different verdict on a saved trial."""
MANY = 120
"""If there are more tests than this, their files are named instead."""


class Outcome(StrEnum):
    """Result of a mutant."""

    KILLED = "killed"
    PROVEN = "proven"  # no unit test detects it, but `prove` would: a saved trial fails its gate
    MOVED = "moved"  # neither, but another verdict on a saved trial changes
    WORDED = "worded"  # no verdict changes, but its text or its evidence in a report does
    SURVIVED = "survived"
    UNREACHED = "unreached"  # no test executes it: it survives untried
    ENDLESS = "endless"  # it exceeded its time: detected
    BROKEN = "broken"  # an import or the collection failed: detected, but shows little


@dataclass(frozen=True, slots=True)
class Proof:
    """The saved trials of a proof, and the verdicts of unchanged judges on them."""

    folder: Path
    before: Mapping[tuple[str, str], Told]


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tests (`file::function`) execute which line of which module."""

    by_line: Mapping[tuple[str, int], frozenset[str]]

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a mutant; those of the whole module if only an import executes it."""
        reached = {
            test for line in mutant.lines for test in self.by_line.get((mutant.module, line), frozenset())
        }
        if "" in reached:
            reached = {
                test
                for (module, _), tests in self.by_line.items()
                if module == mutant.module
                for test in tests
            }
        return sorted(reached - {""})


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text other than its file's."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, _: object = None, __: object = None) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        return importlib.util.spec_from_loader(
            fullname, self, origin=str(module_path(fullname)), is_package=False
        )

    def exec_module(self, module: ModuleType) -> None:
        path = str(module_path(module.__name__))
        module.__file__ = path
        exec(compile(self._mutant.code, path, "exec"), module.__dict__)  # noqa: S102 - it is what this is for


def prepare() -> None:
    """Import once what every child needs; read the ledger once too."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in FOREIGN:
        importlib.import_module(name)
    hypothesis.settings.register_profile("mutation", database=None, derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mutation")
    Ledger.load()
    if any(name.startswith("sigmic_conformance.conformance") for name in sys.modules):
        raise RuntimeError("conformance was imported before it was changed")


def proof(folder: Path, modules: Iterable[str]) -> Proof:
    """Check the saved trials once, unchanged, as far as mutants of these modules will need them.

    Raises RuntimeError if that fails, or if a fault that was caught is no longer caught.
    """
    wanted = frozenset(modules)
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        said = Path(place) / "said"

        def run() -> int:
            said.write_bytes(pickle.dumps([*told(folder, wanted)]))
            return 0

        _, status = os.waitpid(_fork(run, cpu_seconds=20 * PROOF_CPU_SECONDS), 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(f"{folder} cannot be judged again")
        found: list[Told] = pickle.loads(said.read_bytes())  # noqa: S301 - our own child wrote it
    for each in found:
        # A verdict on a legal server that ran with others may have been cleared alone: it is unchanged.
        if each.shuts and each.declared:
            raise RuntimeError(f"{each.trial}: {each.row} is {each.outcome} ({each.reason}): prove it again")
    return Proof(folder, {each.key: each for each in found})


def reach() -> Reach:
    """Run all tests once and record which lines each executes; raises RuntimeError if a test fails."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        data = Path(folder) / "reach"

        def run() -> int:
            measured = coverage.Coverage(
                data_file=str(data), source=["sigmic_conformance.conformance"], config_file=False
            )
            measured.set_option("run:dynamic_context", "test_function")
            measured.start()
            code = _pytest([], quiet=True)
            measured.stop()
            measured.save()
            return code

        child = _fork(run, cpu_seconds=20 * CPU_SECONDS)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError("the tests fail without any change")
        return _read(data)


def _read(data: Path) -> Reach:
    found = coverage.CoverageData(str(data))
    found.read()
    by_line: dict[tuple[str, int], frozenset[str]] = {}
    for name in found.measured_files():
        parts = Path(name).resolve().relative_to(ROOT).with_suffix("").parts
        module = ".".join(("sigmic_conformance", *parts))
        for line, contexts in found.contexts_by_lineno(name).items():
            by_line[module, line] = frozenset(map(_test, contexts))
    return Reach(by_line)


def _test(context: str) -> str:
    """Return `tests.conformance.test_x.test_y` as pytest writes it; empty for code that ran outside tests."""
    module, _, function = context.rpartition(".")
    return f"{module.replace('.', '/')}.py::{function}" if module.startswith("tests.") else ""


def tried(
    mutants: Iterable[Mutant], reached: Reach, jobs: int, kept: Proof | None = None
) -> Iterator[tuple[Mutant, Outcome]]:
    """Try mutants, `jobs` at the same time; yield each when it is decided.

    With saved trials of a proof, a mutant of a judge that no unit test detects is also tried on those.
    """
    running: dict[int, tuple[Mutant, float]] = {}
    for mutant in mutants:
        tests = reached.of(mutant)
        judged = kept if f".{SAMPLED}." in mutant.module else None
        if not tests and judged is None:
            yield mutant, Outcome.UNREACHED
            continue
        while len(running) >= jobs:
            yield from _ended(running)
        running[_fork(partial(_try, mutant, tests, judged))] = (mutant, time.monotonic())
    while running:
        yield from _ended(running)


def _ended(running: dict[int, tuple[Mutant, float]]) -> Iterator[tuple[Mutant, Outcome]]:
    """Wait for a child; end a child that exceeds its time."""
    pid, status = os.waitpid(-1, os.WNOHANG)
    if pid:
        mutant, _ = running.pop(pid)
        yield mutant, _outcome(os.waitstatus_to_exitcode(status))
        return
    for child, (_, began) in running.items():
        if time.monotonic() - began > WALL_SECONDS:
            os.kill(child, signal.SIGKILL)
    time.sleep(0.02)


def _outcome(code: int) -> Outcome:
    if code < 0:
        return Outcome.ENDLESS
    known: dict[int, Outcome] = {
        pytest.ExitCode.OK: Outcome.SURVIVED,
        pytest.ExitCode.TESTS_FAILED: Outcome.KILLED,
        NOTICES[Notice.PROVEN]: Outcome.PROVEN,
        NOTICES[Notice.MOVED]: Outcome.MOVED,
        NOTICES[Notice.WORDED]: Outcome.WORDED,
    }
    return known.get(code, Outcome.BROKEN)


def _try(mutant: Mutant, tests: Sequence[str], kept: Proof | None) -> int:
    sys.meta_path.insert(0, _Changed(mutant))
    code = _unit_tests(mutant, tests) if tests else int(pytest.ExitCode.OK)
    if code != pytest.ExitCode.OK or kept is None:
        return code
    _limit(math.ceil(time.process_time()) + PROOF_CPU_SECONDS)
    try:
        found = notice(kept.before, told(kept.folder, {mutant.module}))
    except Exception:  # noqa: BLE001 - whatever it is, `prove` would stop at it as well
        found = Notice.PROVEN
    return NOTICES.get(found, code)


def _unit_tests(mutant: Mutant, tests: Sequence[str]) -> int:
    near = nearest(mutant, tests)
    code = _pytest(near, quiet=True)
    rest = sorted(set(tests) - set(near))
    if code != pytest.ExitCode.OK or not rest:
        return code
    return _pytest(rest if len(rest) <= MANY else sorted({_file(test) for test in rest}), quiet=True)


def nearest(mutant: Mutant, tests: Sequence[str]) -> list[str]:
    """Return the tests to run first: those in the module's own test file, else in the file with the most."""
    own = [test for test in tests if _file(test).endswith(f"/test_{mutant.module.rpartition('.')[2]}.py")]
    if own:
        return own
    counted = Counter(map(_file, tests))
    most = max(counted, key=lambda file: (counted[file], file))
    return [test for test in tests if _file(test) == most]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _pytest(tests: Sequence[str], *, quiet: bool) -> int:
    files = tests or sorted(str(path.relative_to(ROOT)) for glob in TESTS for path in ROOT.glob(glob))
    words = ["-x", "-q", "--no-header", *(("--tb=no",) if quiet else ()), *PLUGINS, *files]
    return int(pytest.main(words))


def _limit(cpu_seconds: int) -> None:
    """Limit the processor time of this process in seconds; the limit can be raised again."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, resource.RLIM_INFINITY))


def _fork(run: Callable[[], int], cpu_seconds: int = CPU_SECONDS) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        _limit(cpu_seconds)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        code = run()
    finally:
        os._exit(code)
