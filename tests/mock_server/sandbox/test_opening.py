"""A backend that opens in the background during the start."""

import asyncio
from pathlib import Path

import pytest

from sigmic_mock.ports import SandboxBackend, SandboxUnavailable
from sigmic_mock.sandbox.opening import OpeningBackend
from tests.fakes.clock import settle
from tests.fakes.house import echo_variables
from tests.fakes.sandbox import ScriptedBackend


async def test_nothing_runs_before_the_backend_is_proven(tmp_path: Path) -> None:
    proven = asyncio.Event()

    async def opener() -> SandboxBackend:
        await proven.wait()
        return ScriptedBackend(echo_variables)

    backend = OpeningBackend(opener, tmp_path / "workspaces")
    (tmp_path / "workspaces" / "one").mkdir()
    making = asyncio.create_task(backend.create("one", tmp_path / "workspaces" / "one"))
    await settle()
    assert not making.done()
    assert (backend.report.backend, backend.report.level) == ("opening", "none")

    proven.set()

    assert await making is not None
    assert backend.report == (await backend.opened()).report
    await backend.close()


async def test_a_backend_that_cannot_be_had_fails_every_sandbox_with_its_reason(tmp_path: Path) -> None:
    async def opener() -> SandboxBackend:
        raise SandboxUnavailable("ns: no namespaces here")

    backend = OpeningBackend(opener, tmp_path)
    backend.begin()
    for _ in range(2):
        with pytest.raises(SandboxUnavailable, match="no namespaces here"):
            await backend.create("one", tmp_path)
    assert backend.report.level == "none"
    await backend.close()


async def test_one_that_was_never_needed_is_never_opened(tmp_path: Path) -> None:
    async def opener() -> SandboxBackend:
        raise AssertionError("opened")

    await OpeningBackend(opener, tmp_path).close()
