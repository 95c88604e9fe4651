import sys
from pathlib import Path

import pytest

from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox import detect, linux, namespace_recipe
from sigmic_mock.sandbox.probe import PROPERTIES
from sigmic_mock.sandbox.recipe import Recipe
from tests.mock_server.sandbox.conftest import HAS_NAMESPACES

BROKEN = Recipe(name="ns", level="confined", config={"backend": "process"})
"""Claims to be confined and confines nothing: the self-attack must detect that."""


async def test_auto_takes_the_strongest(folder):
    backend = await detect.open_backend("auto", runtime_dir=folder)
    await backend.close()

    strongest = ("ns", "confined") if HAS_NAMESPACES else ("process", "weak")
    assert (backend.report.backend, backend.report.level) == strongest


async def test_the_report_names_every_property(backend):
    assert backend.report.properties.keys() == set(PROPERTIES)


async def test_the_confined_backend_enforces_what_it_is_named_for(ns):
    enforced = {name for name, verdict in ns.report.properties.items() if verdict == "enforced"}

    assert enforced == set(PROPERTIES) - {"limits"}
    assert ns.report.properties["limits"].startswith("partial: ")


async def test_an_unknown_name_is_refused_with_the_known_ones(folder):
    with pytest.raises(ValueError, match="auto, ns, process"):
        await detect.open_backend("docker", runtime_dir=folder)


CONFINES_LESS: detect.Candidates = {**detect.CANDIDATES, "ns": lambda *_: BROKEN}


async def test_a_backend_that_confines_less_than_it_says_is_refused_and_auto_goes_on_to_the_next(folder):
    with pytest.raises(SandboxUnavailable, match=r"^ns: the self-attack got through: .*filesystem"):
        await detect.open_backend("ns", runtime_dir=folder, candidates=CONFINES_LESS)

    backend = await detect.open_backend("auto", runtime_dir=folder, candidates=CONFINES_LESS)
    await backend.close()

    assert (backend.report.backend, backend.report.level) == ("process", "weak")


@pytest.mark.parametrize(
    ("broken", "name", "told"),
    [
        ((vars(linux), "supported", lambda: False), "ns", "needs Linux.*--sandbox process"),
        ((vars(sys), "executable", ""), "process", "interpreter"),
    ],
    ids=["another system", "no interpreter"],
)
async def test_a_named_backend_that_cannot_be_is_refused(folder, monkeypatch, broken, name, told):
    monkeypatch.setitem(*broken)

    with pytest.raises(SandboxUnavailable, match=told):
        await detect.open_backend(name, runtime_dir=folder)


async def test_workspaces_that_every_sandbox_could_read_are_refused(tmp_path):
    with pytest.raises(SandboxUnavailable, match="another data directory"):
        namespace_recipe.recipe(Path("/usr/local/share/sigmic/workspaces"))


async def test_a_missing_directory_is_made(tmp_path):
    backend = await detect.open_backend("process", runtime_dir=tmp_path / "not" / "yet")
    await backend.close()

    assert (tmp_path / "not" / "yet").is_dir()
