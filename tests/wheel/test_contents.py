"""The published files include every data file, and only files that git tracks."""

import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.tracked import tracked

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs
ROOT = Path(__file__).parents[2]
PACKAGES = ("spec", "mock_server", "conformance", "load", "fixtures")
IMPORT_ROOT = "sigmic_conformance"


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the installed files, by path below the import root."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name.removeprefix(f"{IMPORT_ROOT}/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith(f"{IMPORT_ROOT}/")
        }


def test_the_wheel_holds_every_tracked_file_of_the_packages_and_no_other(wheel: Path):
    expected = {name: (ROOT / name).read_bytes() for name in tracked(*PACKAGES)}
    for name in ("__init__.py", "py.typed"):
        expected[name] = (ROOT / "src" / IMPORT_ROOT / name).read_bytes()

    held = contents(wheel)

    assert sorted(held) == sorted(expected)
    assert [name for name in held if held[name] != expected[name]] == []


def test_a_wheel_of_the_tree_is_that_of_the_source_distribution(wheel: Path, wheel_of_the_tree: Path):
    assert wheel_of_the_tree.name == wheel.name
    assert contents(wheel_of_the_tree) == contents(wheel)


def test_the_source_distribution_has_what_a_packager_needs(distributions: Path):
    (archive,) = distributions.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        held = {name.partition("/")[2] for name in sources.getnames()}

    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "tox.ini"} <= held
    assert set(tracked("tests", "docs")) <= held
    assert [
        name for name in held if "__pycache__" in name or name.startswith((".git/", ".tox", ".venv"))
    ] == []


def test_the_licence_is_in_the_wheel(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/LICENSE")]
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()
