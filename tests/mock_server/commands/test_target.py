"""Finding the server for a command."""

import argparse
import json
import os
from pathlib import Path

import pytest

from sigmic_mock.bootstrap.registry import registered
from sigmic_mock.commands.command import CommandRefused
from sigmic_mock.commands.target import default_ready_file, find_target
from sigmic_mock.config.settings import registry_folder


async def test_env_prints_lines_for_a_shell(mock, verb) -> None:
    code, said, _ = await verb("env")

    assert code == 0
    assert f"export SIGMIC_BASE_URL={mock.url}" in said.splitlines()
    assert any(line.startswith("export SIGMIC_API_KEY=sigmic_") for line in said.splitlines())
    assert all(line.startswith("export ") for line in said.splitlines())


async def test_the_output_of_env_is_enough_for_the_other_verbs(mock, verb, monkeypatch) -> None:
    _, said, _ = await verb("env", "--json")
    monkeypatch.delenv("SIGMIC_MOCK_READY_FILE")
    for name, value in json.loads(said).items():
        monkeypatch.setenv(name, value)

    code, shown, _ = await verb("clock", "show")

    assert (code, shown.split()[0]) == (0, "manual")


async def test_without_a_server_the_error_says_how_to_start_one(verb) -> None:
    code, _, complaint = await verb("clock", "show")

    assert code == 1
    assert "Start one with `sigmic-mock`" in complaint


def ready_file(port: int, *, ephemeral: bool = True, of_a_run: bool = False) -> dict[str, object]:
    url = f"http://127.0.0.1:{port}"
    return {
        "base_url": url,
        "control_url": f"{url}/__mock/v1",
        "control_token": f"mockctl_{port}",
        "pid": port,
        "ephemeral": ephemeral,
        "of_a_run": of_a_run,
        "started_at": f"{port}",
    }


def choice(**given: str | None) -> argparse.Namespace:
    return argparse.Namespace(**{"server": None, "ready_file": None, "project": None, **given})


@pytest.fixture
def own() -> dict[str, str]:
    """The environment in which the user's servers are registered."""
    return {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}


def test_the_one_server_that_runs_is_found(own) -> None:
    with registered(registry_folder(own), ready_file(4001)):
        assert find_target(choice(), own).ready["pid"] == 4001
    with pytest.raises(CommandRefused, match="no running server found"):
        find_target(choice(), own)


def test_with_two_servers_the_error_says_how_to_choose_one(own) -> None:
    folder = registry_folder(own)
    with registered(folder, ready_file(4001, ephemeral=False)), registered(folder, ready_file(4002)):
        with pytest.raises(CommandRefused) as refused:
            find_target(choice(), own)
        assert str(refused.value) == (
            "several servers are running: http://127.0.0.1:4001 (process 4001), http://127.0.0.1:4002"
            " (process 4002, ephemeral). Choose one, for example --server 4001"
        )
        for name in ("4002", "http://127.0.0.1:4002", "http://127.0.0.1:4002/"):
            assert find_target(choice(server=name), own).ready["pid"] == 4002
        with pytest.raises(CommandRefused, match="no server of yours runs at 4003; running: http"):
            find_target(choice(server="4003"), own)


def test_a_server_of_exec_or_gauntlet_counts_if_there_is_no_other(own) -> None:
    folder = registry_folder(own)
    with registered(folder, ready_file(4001, of_a_run=True)):
        assert find_target(choice(), own).ready["pid"] == 4001
        with registered(folder, ready_file(4002)):
            assert find_target(choice(), own).ready["pid"] == 4002


async def test_a_server_that_does_not_answer_is_reported_with_its_address(tmp_path: Path, verb) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text(
        json.dumps(
            {"base_url": "x", "control_url": "http://127.0.0.1:9/__mock/v1", "control_token": "mockctl_x"}
        )
    )

    code, _, complaint = await verb("clock", "show", "--ready-file", str(ready))

    assert code == 1
    assert "no server answers at 127.0.0.1:9" in complaint


@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense"])
async def test_an_invalid_ready_file_is_refused_with_its_path(tmp_path: Path, verb, content: str) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text(content)

    code, _, complaint = await verb("env", "--ready-file", str(ready))

    assert code == 1
    assert str(ready) in complaint


async def test_a_wrong_token_is_refused_without_being_shown(mock, verb, monkeypatch) -> None:
    monkeypatch.delenv("SIGMIC_MOCK_READY_FILE")
    monkeypatch.setenv("SIGMIC_MOCK_CONTROL_URL", f"{mock.url}/__mock/v1")
    monkeypatch.setenv("SIGMIC_MOCK_CONTROL_TOKEN", "mockctl_wrong")

    code, _, complaint = await verb("clock", "show")

    assert code == 1
    assert "not the control token" in complaint
    assert "mockctl_wrong" not in complaint


def test_a_server_started_without_flags_is_found_in_its_data_folder() -> None:
    assert default_ready_file({"XDG_STATE_HOME": "/state"}) == Path("/state/sigmic-mock/ready.json")
    assert default_ready_file({"SIGMIC_MOCK_DATA_DIR": "/data"}) == Path("/data/ready.json")


def test_a_user_without_a_home_folder_gets_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(CommandRefused):
        default_ready_file({})
