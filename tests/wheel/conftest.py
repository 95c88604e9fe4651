"""The distributions, built once, and new environments with one of their wheels and nothing of this clone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.wheel.installation import FOLDERS, Installation, built, installed, wheels


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for a release that wants to test exactly the files that it publishes."""
    parser.addoption("--distributions", type=Path, metavar="DIR", help="test these, instead of building them")


@pytest.fixture(scope="session")
def distributions(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each source distribution and the wheel that was built from it."""
    given: Path | None = pytestconfig.getoption("--distributions")
    if given is not None:
        return given.resolve()
    folder = tmp_path_factory.mktemp("distributions")
    built(folder)
    return folder


@pytest.fixture(scope="session")
def published(distributions: Path) -> Mapping[str, Path]:
    """The wheels that a release publishes: `build` makes each from its source distribution."""
    return wheels(distributions)


@pytest.fixture(scope="session")
def version(published: Mapping[str, Path]) -> str:
    """The version that all wheels were built as."""
    (found,) = {wheel.name.split("-")[1] for wheel in published.values()}
    return found


@pytest.fixture(scope="session")
def wheels_of_the_tree(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Wheels that were built from the clone itself."""
    return built(tmp_path_factory.mktemp("tree"), only=("--wheel",))


@pytest.fixture(scope="session")
def alone(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Installation]:
    """An environment for each distribution, with nothing but what it requires."""
    return {name: installed(tmp_path_factory.mktemp(name), name, links=distributions) for name in FOLDERS}


@pytest.fixture(scope="session")
def light(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The mock and pytest: the environment of a user who tests a client."""
    return installed(tmp_path_factory.mktemp("light"), "sigmic-mock", "pytest", links=distributions)


@pytest.fixture(scope="session")
def full(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The mock and the suite: the environment of the README."""
    return installed(
        tmp_path_factory.mktemp("full"), "sigmic-mock", "sigmic-conformance", links=distributions
    )
