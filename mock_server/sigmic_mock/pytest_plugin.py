"""pytest plugin: one server per test run, one project per test, and a report of leftovers.

It is loaded in every pytest run where the package is installed, so it holds only what pytest itself needs;
the first test that asks for a fixture loads the rest (docs/guides/test-your-client.md).
"""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sigmic_mock.pytest_marks import MARKS, TRANSIENT, MarkRefused, read_marks, transient

if TYPE_CHECKING:
    from sigmic_mock.domain.secret import Secret
    from sigmic_mock.testing import ArmedFault, Mock, Project

_RESOURCES = pytest.StashKey[ExitStack]()
_PROJECT = pytest.StashKey["Project"]()
_MARKED = pytest.StashKey[list["ArmedFault"]]()
_TRANSIENT = pytest.StashKey["ArmedFault"]()
_FAILED = pytest.StashKey[bool]()
_SKIPPED = pytest.StashKey[bool]()
_SECTION = "sigmic leftovers"
_MOST_SHOWN = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two choices, each an option and an ini value."""
    group = parser.getgroup("sigmic-mock", "the Sigmic mock")
    for name, help_ in (
        ("sigmic-server", "under xdist: `shared` one server for all workers (default), or one per `worker`"),
        ("sigmic-leftovers", "streams, steps and faults left over: `report` (default), `error` or `ignore`"),
    ):
        group.addoption(f"--{name}", choices=_CHOICES[name], help=help_)
        parser.addini(name.replace("-", "_"), help_, default=_CHOICES[name][0])


_CHOICES = {"sigmic-server": ("shared", "worker"), "sigmic-leftovers": ("report", "error", "ignore")}


def _choice(config: pytest.Config, name: str) -> str:
    chosen = str(config.getoption(f"--{name}") or config.getini(name.replace("-", "_")))
    if chosen not in _CHOICES[name]:
        name, known = name.replace("-", "_"), _CHOICES[name]
        raise pytest.UsageError(f"{name} must be one of {', '.join(known)}, not {chosen!r}")
    return chosen


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks; refuse a choice that there is not, once for the whole run."""
    for name in _CHOICES:
        _choice(config, name)
    for line in MARKS.values():
        config.addinivalue_line("markers", line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the server. Not in a fixture: under xdist the owning process waits here for the others' tests."""
    resources = session.config.stash.get(_RESOURCES, None)
    if resources is not None:
        resources.close()


# --- fixtures -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sigmic_options() -> dict[str, Any]:
    """Override it to return the arguments of `mock_server()` for the server of this run."""
    return {}


@pytest.fixture(scope="session")
def sigmic_mock(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sigmic_options: dict[str, Any]
) -> "Mock":
    """A running mock: one per run, also under xdist, or the one that SIGMIC_MOCK_CONTROL_URL names."""
    from sigmic_mock.testing import MockRefused, mock_server

    config = request.config
    resources = config.stash.setdefault(_RESOURCES, ExitStack())
    own = {name: value for name, value in sigmic_options.items() if name in _OF_A_PROJECT}
    try:
        if _is_attached(sigmic_options):
            return resources.enter_context(mock_server(**sigmic_options))
        if "PYTEST_XDIST_WORKER" not in os.environ or _choice(config, "sigmic-server") == "worker":
            folder = tmp_path_factory.mktemp("sigmic-mock")
            return resources.enter_context(mock_server(**{"folder": folder, **sigmic_options}))
        # Next to the workers' temporary folders: all workers of this run know it, and no other run does.
        folder = tmp_path_factory.getbasetemp().parent / "sigmic-mock"
        flags = {name: value for name, value in sigmic_options.items() if name not in own}
        url, token = resources.enter_context(_shared(folder, flags))
        return resources.enter_context(mock_server(url=url, control_token=token.reveal(), **own))
    except MockRefused as refusal:
        pytest.fail(str(refusal), pytrace=False)


_OF_A_PROJECT = frozenset({"clock", "faults", "playbooks", "seed"})


def _is_attached(options: dict[str, Any]) -> bool:
    from sigmic_mock.testing.mock import is_own

    flags = options.keys() - _OF_A_PROJECT - {"url", "control_token"}
    is_named = "url" in options or bool(os.environ.get("SIGMIC_MOCK_CONTROL_URL"))
    return is_named and not is_own(flags, None, options.get("url"))


@contextmanager
def _shared(folder: Path, flags: dict[str, Any]) -> Iterator[tuple[str, "Secret"]]:
    from sigmic_mock.domain.secret import Secret
    from sigmic_mock.testing import mock_server
    from sigmic_mock.testing.sharing import shared_server

    @contextmanager
    def start() -> Iterator[tuple[str, Secret]]:
        with mock_server(**{"folder": folder, **flags}) as mock:
            yield mock.control_url, Secret(mock.control_token)

    with shared_server(folder, start) as address:
        yield address


@pytest.fixture
def sigmic_project(request: pytest.FixtureRequest, sigmic_mock: "Mock") -> Iterator["Project"]:
    """A fresh project of the test's own: `base_url`, `api_key`, `advance()`, `fault()`, …; see the marks."""
    from sigmic_mock.testing import MockRefused

    item = request.node
    with ExitStack() as resources:
        try:
            wishes = read_marks(item.iter_markers(), item.path.parent)
            project = resources.enter_context(
                sigmic_mock.project(
                    item.nodeid, seed=wishes.seed, clock=wishes.clock, playbooks=wishes.playbooks
                )
            )
            item.stash[_MARKED] = [project.fault(fault, **values) for fault, values in wishes.faults]
            if (through := _transient_of(item)) is not None:
                planned = transient(item.iter_markers(TRANSIENT))
                item.stash[_TRANSIENT] = project.fault(through, **planned[through])
        except (MockRefused, MarkRefused) as refusal:
            pytest.fail(str(refusal), pytrace=False)
        item.stash[_PROJECT] = project
        yield project
        _tell_leftovers(item, project)


@pytest.fixture
def sigmic_transient(
    request: pytest.FixtureRequest,
    sigmic_project: "Project",  # noqa: ARG001 - which has armed it
) -> "ArmedFault":
    """The fault of this run of a test with mark `sigmic_transient`; armed by `sigmic_project`."""
    if _TRANSIENT not in request.node.stash:
        pytest.fail("this fixture needs the mark: @pytest.mark.sigmic_transient", pytrace=False)
    armed: ArmedFault = request.node.stash[_TRANSIENT]
    return armed


def _transient_of(item: Any) -> str | None:
    """Return the transient fault that `pytest_generate_tests` has parametrised this test with."""
    params: dict[str, str] = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get(TRANSIENT)


# --- around a test --------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with mark `sigmic_transient` once under each fault."""
    marks = list(metafunc.definition.iter_markers(TRANSIENT))
    if marks:
        try:
            faults = list(transient(marks))
        except MarkRefused:
            return  # the setup of this one test refuses it: an error here would end every other test too
        if TRANSIENT not in metafunc.fixturenames:
            metafunc.fixturenames.append(TRANSIENT)
        metafunc.parametrize(TRANSIENT, faults, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a mark without an effect."""
    asked = next((mark.name for mark in item.iter_markers() if mark.name in MARKS), None)
    if asked and "sigmic_project" not in getattr(item, "fixturenames", ()):
        pytest.fail(f"the mark {asked} does nothing without the fixture sigmic_project", pytrace=False)
    marks = list(item.iter_markers(TRANSIENT))
    if marks and _transient_of(item) is None:
        try:
            list(transient(marks))
        except MarkRefused as refusal:
            pytest.fail(str(refusal), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose marked faults never fired; add the end of its journal to a failing one."""
    try:
        result = yield
        _check_fired(item)
    except pytest.skip.Exception:
        item.stash[_SKIPPED] = True
        raise
    except BaseException:
        item.stash[_FAILED] = True
        if (project := item.stash.get(_PROJECT, None)) is not None:
            from sigmic_mock.testing.leftovers import journal_tail

            item.add_report_section("call", "sigmic journal", _told(journal_tail, project))
        raise
    return result


def _check_fired(item: pytest.Item) -> None:
    unfired = [armed.id for armed in item.stash.get(_MARKED, ()) if not armed.fired]
    if unfired:
        pytest.fail(f"armed by a mark and never fired: {', '.join(unfired)}", pytrace=False)
    through = item.stash.get(_TRANSIENT, None)
    if through is not None and not through.fired:
        pytest.skip(f"{through.id} never fired in this test")


def _tell_leftovers(item: pytest.Item, project: "Project") -> None:
    from sigmic_mock.testing.leftovers import leftovers

    choice = _choice(item.config, "sigmic-leftovers")
    if choice == "ignore" or item.stash.get(_SKIPPED, False):
        return
    text = _told(lambda of: "\n".join(leftovers(of)), project)
    if not text:
        return
    item.add_report_section("teardown", _SECTION, text)
    if choice == "error" and not item.stash.get(_FAILED, False):
        pytest.fail(f"left over:\n{text}", pytrace=False)


def _told(tell: Any, project: "Project") -> str:
    """Return the result of `tell` for a project; a lost server must not hide what the test found."""
    from sigmic_mock.testing import MockRefused

    try:
        return str(tell(project))
    except MockRefused as refusal:
        return f"the mock does not say: {refusal}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List what tests that passed left over: pytest does not print their sections."""
    found = [
        f"{report.nodeid}: {line}"
        for reports in terminalreporter.stats.values()
        for report in reports
        for title, text in getattr(report, "sections", ())
        if _SECTION in title and report.when == "teardown"
        for line in text.splitlines()
    ]
    if found:
        terminalreporter.section("left over in the Sigmic mock")
        for line in found[:_MOST_SHOWN]:
            terminalreporter.write_line(line)
        if len(found) > _MOST_SHOWN:
            terminalreporter.write_line(f"… and {len(found) - _MOST_SHOWN} more")
