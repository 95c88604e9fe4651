"""`sigmic-mock mcp`: its output and refusals; tests/e2e/test_mcp_servers.py uses real packages."""

import json
from pathlib import Path

import pytest

from tests.fakes.mcp_http_server import mcp_over_http

FOLDER = "/nonexistent/tools"


async def test_nothing_is_installed_where_nothing_is(mock, verb) -> None:
    code, said, _ = await verb("mcp", "list", "--mcp-tools", FOLDER)
    listed = (await verb("mcp", "list", "--mcp-tools", FOLDER, "--json"))[1]

    assert (code, said) == (0, "nothing is installed\n")
    assert json.loads(listed) == {"folder": FOLDER, "packages": []}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "mcp-server-time"), "'mcp-server-time' is not a package; write npm:NAME or pypi:NAME"),
        (("add", "pypi:x", "--mcp-tools", "/tmp/x"), "--mcp-tools must not be under /tmp"),
        (("test", "time", "--env", "NO_SUCH_VARIABLE"), "variable NO_SUCH_VARIABLE is not set"),
    ],
)
async def test_a_mistake_is_one_line(mock, verb, words: tuple[str, ...], told: str) -> None:
    code, said, complaint = await verb("mcp", *words)

    assert (code, said, complaint.count("\n")) == (2, "", 1)
    assert told in complaint


async def test_mcp_test_lists_the_known_servers_and_names_a_missing_variable(mock, verb) -> None:
    await mock.did("change_settings", mcp_servers={"crm": {"url": "http://{{mcp.HOST}}.invalid/mcp"}})

    assert "there are: crm" in (await verb("mcp", "test", "time"))[2]
    code, said, _ = await verb("mcp", "test", "crm")
    assert (code, said) == (1, "MCP server crm could not be started: {{mcp.HOST}} is not set\n")


async def test_the_description_of_a_tool_cannot_control_the_terminal(mock, verb) -> None:
    with mcp_over_http(description="\x1b]0;pwned\x07\u202eEchoes") as server:
        await mock.did("change_settings", mcp_servers={"crm": {"url": f"{server.url}/mcp"}})

        code, said, _ = await verb("mcp", "test", "crm")

    assert code == 0
    assert "mcp_crm_echo  ⟨U+001B⟩]0;pwned⟨U+0007⟩⟨U+202E⟩Echoes\n" in said
    assert "\x1b" not in said


def workspaces(folder: Path) -> list[Path]:
    """Return the folders of connection tests."""
    return list(folder.rglob("mcp-trial-*"))


async def test_a_trial_leaves_nothing(mock, tmp_path: Path) -> None:
    server = {"command": "nonesuch"}  # the sandboxes here are scripted: the program cannot start
    await mock.did("change_settings", mcp_servers={"s": server})

    told = await mock.did("test_mcp_server", name="s")

    assert (told["works"], told["tools"]) == (False, [])
    assert told["messages"] == ["MCP server s could not be started: there is no sandbox for it"]
    assert [sandbox.alive for sandbox in mock.backend.made] == [False]
    assert workspaces(tmp_path) == []
