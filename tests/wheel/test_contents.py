"""The published files include every data file, and only files that git tracks."""

import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.wheel.installation import FOLDERS, ROOT
from tools.tracked import tracked

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs
DATA = {
    "sigmic-spec": {
        "spec/openapi.yaml": "sigmic_spec/data/openapi.yaml",
        "spec/requirements/": "sigmic_spec/data/requirements/",
        "spec/requirements.schema.json": "sigmic_spec/data/requirements.schema.json",
        "spec/facts.yaml": "sigmic_spec/data/facts.yaml",
        "spec/situations.yaml": "sigmic_spec/data/situations.yaml",
        "spec/choices.yaml": "sigmic_spec/data/choices.yaml",
    },
    "sigmic-mock": {
        "fixtures/playbooks/": "sigmic_mock/bundled/playbooks/",
        "fixtures/answers/": "sigmic_mock/bundled/answers/",
    },
}
"""What a wheel has beside the files of its package: the place in the clone, and the place in the wheel."""


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the installed files, by path."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def expected(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield each file that the wheel of a distribution should hold, with its path there."""
    package = name.replace("-", "_")
    for path in tracked(f"{FOLDERS[name]}/{package}"):
        yield path.removeprefix(f"{FOLDERS[name]}/"), (ROOT / path).read_bytes()
    for here, there in DATA.get(name, {}).items():
        for path in tracked(here):
            yield there + path.removeprefix(here), (ROOT / path).read_bytes()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_holds_every_tracked_file_of_its_package_and_no_other(
    published: Mapping[str, Path], name: str
):
    wanted = dict(expected(name))

    held = contents(published[name])

    assert sorted(held) == sorted(wanted)
    assert [path for path in held if held[path] != wanted[path]] == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_of_the_tree_is_that_of_the_source_distribution(
    published: Mapping[str, Path], wheels_of_the_tree: Mapping[str, Path], name: str
):
    assert wheels_of_the_tree[name].name == published[name].name
    assert contents(wheels_of_the_tree[name]) == contents(published[name])


@pytest.mark.parametrize("name", FOLDERS)
def test_a_source_distribution_can_be_built_and_read_alone(distributions: Path, name: str):
    (archive,) = distributions.glob(f"{name.replace('-', '_')}-*.tar.gz")
    with tarfile.open(archive) as sources:
        links = [each.name for each in sources.getmembers() if each.issym() or each.islnk()]
        held = {each.partition("/")[2] for each in sources.getnames()}

    assert {"LICENSE", "README.md", "pyproject.toml"} <= held
    assert links == []
    assert [each for each in held if "__pycache__" in each or each.startswith((".git/", ".tox"))] == []


@pytest.mark.parametrize("name", FOLDERS)
def test_the_licence_is_in_each_wheel(published: Mapping[str, Path], name: str):
    with zipfile.ZipFile(published[name]) as archive:
        (path,) = [each for each in archive.namelist() if each.endswith("/LICENSE")]
        assert archive.read(path) == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", FOLDERS)
def test_the_metadata_names_no_folder_of_this_machine(published: Mapping[str, Path], name: str):
    with zipfile.ZipFile(published[name]) as archive:
        (path,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        assert b"file:" not in archive.read(path)
