"""The banner of a started server."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sigmic_mock.bootstrap.banner import (
    Ready,
    read_ready_file,
    remove_ready_file,
    write_ready_file,
)
from sigmic_mock.config import defaults
from sigmic_mock.config.file import Config
from sigmic_mock.config.settings import Settings
from sigmic_mock.domain.credentials import is_api_key, is_origin
from sigmic_mock.domain.secret import Secret
from sigmic_mock.ports import SandboxReport

READY = Ready(
    base_url="http://127.0.0.1:9",
    data_dir=Path("/data"),
    settings=Settings(data_dir=Path("/data")),
    sandbox=SandboxReport("ns", "confined", {"network": "enforced"}),
    started_at="2026-01-26T15:50:54.870Z",
    control_token=Secret("mockctl_of_this_test"),
    supports_mcp=True,
)


def test_the_default_accounts_are_well_formed_and_look_local():
    assert is_api_key(defaults.API_KEY)
    assert "10ca1" in defaults.API_KEY
    assert all(is_origin(origin) for origin in defaults.ORIGINS)


def test_the_ready_file_is_one_object_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "ready.json"
    path.write_text("of an earlier server")
    path.chmod(0o644)

    write_ready_file(path, READY)

    ready = json.loads(path.read_text())
    assert (ready["base_url"], ready["api_key"]) == (READY.base_url, defaults.API_KEY)
    assert ready["sandbox"] == {"backend": "ns", "level": "confined", "properties": {"network": "enforced"}}
    assert ready["widget_app"]["app_id"] == defaults.APP_ID
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]


def test_a_ready_file_that_cannot_be_written_leaves_no_draft(tmp_path: Path):
    (tmp_path / "ready.json").mkdir()

    with pytest.raises(OSError, match=r"ready\.json"):
        write_ready_file(tmp_path / "ready.json", READY)

    assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]


@pytest.mark.parametrize("content", [None, "not JSON", "[]", "{}"])
def test_a_missing_or_invalid_ready_file_is_read_as_empty(tmp_path: Path, content: str | None):
    path = tmp_path / "ready.json"
    if content is not None:
        path.write_text(content)

    assert read_ready_file(path) == {}


def test_a_server_removes_its_own_ready_file_alone(tmp_path: Path):
    other = replace(READY, control_token=Secret("mockctl_of_another"))
    path = tmp_path / "ready.json"
    write_ready_file(path, other)

    remove_ready_file(path, READY)
    assert read_ready_file(path)["control_token"] == "mockctl_of_another"
    remove_ready_file(path, other)
    assert not path.exists()


def test_the_banner_shows_url_key_folder_sandbox_and_commands():
    text = READY.as_text()

    for part in (
        READY.base_url,
        defaults.API_KEY,
        "/data",
        "ns (confined)",
        "curl -N",
        "What is the capital",
        f"{READY.base_url}/__mock/ui#token=mockctl_of_this_test",
    ):
        assert part in text
    assert "WEAK" not in text
    assert "Attention" not in text


def test_a_weak_sandbox_and_a_public_address_are_unmissable():
    text = replace(READY, sandbox=SandboxReport("process", "weak"), settings=Settings(host="::")).as_text()

    assert "WEAK SANDBOX" in text
    assert "others can reach this server" in text


def test_without_default_accounts_no_key_is_invented():
    ready = replace(READY, settings=Settings(config=Config(default_accounts=False)))

    assert ready.as_json()["api_key"] is None
    assert defaults.API_KEY not in ready.as_text()


def test_the_banner_leads_to_the_pages_unless_there_are_none():
    pages = ("/, reference", "/docs", "/console", "/__mock/ui#token=")

    assert [f"{READY.base_url}{page}" in READY.as_text() for page in pages] == [True] * 4
    alone = replace(READY, settings=Settings(no_ui=True)).as_text()
    assert [page in alone for page in pages] == [False] * 4


@pytest.mark.parametrize("supported", [True, False])
def test_a_ready_file_says_whether_the_server_supports_mcp(supported: bool):
    assert replace(READY, supports_mcp=supported).as_json()["mcp"] is supported
