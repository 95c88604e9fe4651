"""The distributions, built once, and two new environments with the wheel and nothing of this clone."""

from pathlib import Path

import pytest

from tests.wheel.installation import Installation, built, installed


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for a release that wants to test exactly the files that it publishes."""
    parser.addoption("--distributions", type=Path, metavar="DIR", help="test these, instead of building them")


@pytest.fixture(scope="session")
def distributions(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that was built from it."""
    given: Path | None = pytestconfig.getoption("--distributions")
    if given is not None:
        return given.resolve()
    folder = tmp_path_factory.mktemp("distributions")
    built(folder)
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    """The wheel that a release publishes: `build` makes it from the source distribution."""
    (wheel,) = distributions.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def version(wheel: Path) -> str:
    """The version that the wheel was built as."""
    return wheel.name.split("-")[1]


@pytest.fixture(scope="session")
def wheel_of_the_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel that was built from the clone itself."""
    return built(tmp_path_factory.mktemp("tree"), "--wheel")


@pytest.fixture(scope="session")
def light(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel without extras, and pytest: the environment of a user who tests a client against the mock."""
    return installed(tmp_path_factory.mktemp("light"), str(wheel), "pytest")


@pytest.fixture(scope="session")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel with the suite."""
    return installed(tmp_path_factory.mktemp("full"), f"{wheel}[conformance]")
