"""Project settings: set through the control plane, effective on the wire, and saved."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.config.file import Config
from sigmic_mock.domain.accounts import Project, Seeds
from sigmic_mock.domain.policy import Policy, ProjectRules
from sigmic_mock.domain.project_settings import DEFAULT_SETTINGS, ProjectSettings
from tests.fakes.served import STRANGER_KEY, Served, key, serving

WRITE = "Create a file named a.txt containing: hello"
OPEN = {"auto_execute": True, "tool_policies": {}, "prompts": [], "subagents": True, "mcp_servers": {}}


async def settings(mock: Served, **query: str) -> dict[str, Any]:
    shown = dict(await mock.did("show_settings", **query))
    del shown["project"]
    return shown


def said(events: list[tuple[str, dict[str, Any]]]) -> str:
    return next(data["finalResponse"] for name, data in events if name == "done")


async def test_prompts_come_before_the_tasks_own_in_their_order(mock: Served) -> None:
    await mock.did("change_settings", prompts=['Start every answer with "One:".', "Answer in upper case."])

    own = 'Start every answer with "Own:". End every answer with "Bye."'
    task_id, events = await mock.run("What is the capital of France?", systemPrompt=own)

    assert said(events).startswith("One:")
    assert "THE CAPITAL OF FRANCE IS PARIS" in said(events)
    assert said(events).endswith("Bye.")
    assert (await mock.task(task_id))["systemPrompt"] == own


@pytest.mark.parametrize(
    ("subagents", "works"), [(True, True), (False, False), ({"writer": False}, False), ({"x": False}, True)]
)
async def test_a_subagent_that_is_switched_off_does_nothing(
    mock: Served, subagents: object, *, works: bool
) -> None:
    await mock.did("change_settings", subagents=subagents)

    _, events = await mock.run("Use a subagent named writer to list the files.")

    names = {name for name, _ in events}
    assert ("subagent_start" in names) is works
    assert ("switched off" in said(events)) is not works


async def test_the_settings_of_one_project_do_not_affect_another(mock: Served) -> None:
    await mock.did("change_settings", "elsewhere", auto_execute=False)

    _, events = await mock.run(WRITE)

    assert [data["status"] for name, data in events if name == "tool_call"] == ["executing"]
    assert await settings(mock) == OPEN
    stranger = mock.by(STRANGER_KEY)
    theirs = await stranger.follow(await stranger.create(WRITE))
    await theirs.until(b"awaiting_approval")
    theirs.leave()


def files_of(folder: Path) -> bytes:
    """Return the joined content of all files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return b"".join(path.read_bytes() for path in files)


async def test_a_change_lasts_until_the_configuration_declares_something_else(tmp_path: Path) -> None:
    def declaring(policy: Policy) -> Config:
        declared = ProjectSettings(rules=ProjectRules(tools={"glob": policy}))
        return Config(
            seeds=Seeds(
                projects=(Project(id="p", name="P"),), settings={"p": declared}, api_keys=(key("x", "p"),)
            )
        )

    async def start(policy: Policy, change: dict[str, Any] | None = None) -> dict[str, Any]:
        async with serving(tmp_path, config=declaring(policy)) as mock:
            shown = await settings(mock, project="p")
            if change is not None:
                await mock.did("change_settings", "p", **change)
            return shown

    changed = {"prompts": ["a planted sentence"]}
    assert (await start(Policy.ASK, changed))["tool_policies"] == {"glob": "ask"}
    assert (await start(Policy.ASK))["prompts"] == ["a planted sentence"]
    assert b"a planted sentence" not in files_of(tmp_path / "data")
    assert await start(Policy.DENY) == {**OPEN, "tool_policies": {"glob": "deny"}}
    assert await start(Policy.ASK) == {**OPEN, "tool_policies": {"glob": "ask"}}


async def test_the_settings_of_a_project_go_with_it(mock: Served) -> None:
    made = await mock.did("create_project")
    await mock.did("change_settings", made["project"], auto_execute=False)
    await mock.did("delete_project", id=made["project"])

    assert mock.application.platform.project_settings.of(made["project"]) == DEFAULT_SETTINGS
