"""The agent is loaded once, on first use, and a mistake in its folder is reported."""

import asyncio
from pathlib import Path

import pytest

from sigmic_mock.agent.playbooks.files import PlaybookError
from sigmic_mock.bootstrap.agent import LoadedAgent
from sigmic_mock.config.settings import Settings
from tests.fakes.served import serving


async def test_every_caller_gets_the_same_agent():
    agent = LoadedAgent(Settings())

    first, second = await asyncio.gather(agent(), agent())

    assert first is second
    await agent.close()


async def test_a_mistake_in_the_playbooks_is_raised_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "bad.yaml").write_text("stepz: []\n")
    agent = LoadedAgent(Settings(playbooks=tmp_path))

    with pytest.raises(PlaybookError):
        await agent()

    assert caplog.text == ""


@pytest.mark.parametrize("flag", ["playbooks", "answers"])
async def test_a_mistake_in_a_folder_refuses_the_start(tmp_path: Path, flag: str):
    folder = tmp_path / flag
    folder.mkdir()
    (folder / "bad.yaml").write_text("stepz: []\n")

    with pytest.raises(PlaybookError):
        async with serving(tmp_path, **{flag: folder}):
            pass


async def test_closing_waits_for_a_load_that_is_under_way():
    agent = LoadedAgent(Settings())
    loading = agent.begin()

    await agent.close()

    assert loading.done()
