"""MCP servers as JSON values: which are accepted, where errors are reported, which values are never shown."""

from typing import Any

import pytest

from sigmic_mock.domain.form import BadSettings
from sigmic_mock.domain.settings_form import read_settings, show_settings, write_settings

PROGRAM = {
    "command": "uvx",
    "args": ["server", ""],
    "env": {"TOKEN": "planted", "KEY": "{{mcp.KEY}}"},
    "cwd": "data",
    "timeout": 500,
    "includeTools": ["a"],
    "excludeTools": ["b"],
}
ADDRESS = {
    "type": "sse",
    "url": "https://{{mcp.HOST}}.example:8443/sse?tenant={{ mcp.TENANT }}",
    "headers": {"Authorization": "Bearer {{mcp.TOKEN}}", "X-Api-Key": "planted"},
    "enabled": False,
}


def read(**servers: Any) -> Any:
    return read_settings({"mcp_servers": servers})


def test_servers_are_written_as_they_are_read() -> None:
    settings = read(program=PROGRAM, address=ADDRESS)
    program, address = settings.mcp_servers

    assert read_settings(write_settings(settings)) == settings
    assert (program.connect_seconds, program.offers("a"), program.offers("b"), program.offers("c")) == (
        0.5,
        True,
        False,
        False,
    )
    assert (address.where.kind, address.enabled, address.connect_seconds) == ("sse", False, 10.0)
    assert "planted" not in repr(settings)


def test_shown_settings_hold_no_secret_and_change_nothing_when_sent_back() -> None:
    settings = read(program=PROGRAM, address=ADDRESS)

    shown = show_settings(settings)

    assert "planted" not in str(shown)
    assert shown["mcp_servers"]["program"]["env"] == {"TOKEN": {"set": True}, "KEY": "{{mcp.KEY}}"}
    assert shown["mcp_servers"]["address"]["headers"]["Authorization"] == "Bearer {{mcp.TOKEN}}"
    assert read_settings(shown, before=settings) == settings
    with pytest.raises(BadSettings, match=r"mcp_servers.program.env.TOKEN: is not set yet"):
        read_settings(shown)


SHOWN = show_settings(read(program=PROGRAM, address=ADDRESS))["mcp_servers"]
ELSEWHERE = "https://{{mcp.HOST}}.example:8443/other"


@pytest.mark.parametrize(
    ("name", "change", "lost"),
    [
        ("program", {"timeout": 1, "enabled": False, "includeTools": []}, None),
        ("program", {"env": {"TOKEN": {"set": True}}}, None),
        ("program", {"env": {"TOKEN": {"set": True}, "KEY": "another"}}, None),
        ("program", {"command": "sh"}, "env.TOKEN"),
        ("program", {"args": ["server"]}, "env.TOKEN"),
        ("program", {"cwd": "uploads"}, "env.TOKEN"),
        ("program", {"env": {"TOKEN": {"set": True}, "NODE_OPTIONS": "--import=x"}}, "env.TOKEN"),
        ("address", {"type": "http", "timeout": 1}, None),
        ("address", {"headers": {"X-Api-Key": {"set": True}, "B": "c"}}, None),
        ("address", {"url": ELSEWHERE}, "headers.X-Api-Key"),
        ("address", {"url": ELSEWHERE, "headers": {"X-Api-Key": "again"}}, None),
    ],
)
def test_a_value_is_kept_only_for_the_address_or_program_it_was_given_for(
    name: str, change: dict[str, Any], lost: str | None
) -> None:
    before = read(program=PROGRAM, address=ADDRESS)
    changed = {"mcp_servers": {**SHOWN, name: {**SHOWN[name], **change}}}

    if lost is None:
        assert read_settings(changed, before=before) != before
        return
    with pytest.raises(BadSettings, match=f"mcp_servers.{name}.{lost}: give its value again"):
        read_settings(changed, before=before)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ({}, "mcp_servers.s: give either command"),
        ({"command": "a", "url": "https://b"}, "mcp_servers.s: give either command"),
        ({"command": "a", "headers": {}}, "unknown name 'headers'"),
        ({"command": "a", "arg": []}, "did you mean args?"),
        ({"command": "a", "type": "http"}, "mcp_servers.s.type: must be one of stdio"),
        ({"command": "a", "args": [1]}, "mcp_servers.s.args.0: must be a text"),
        ({"command": "a", "env": {"1A": "x"}}, "'1A' cannot be a name here"),
        ({"command": "a", "env": {"A": 1}}, "mcp_servers.s.env.A: must be a text"),
        ({"command": "a", "env": {"A": "{{mcp.B-C}}"}}, "has an invalid placeholder; write {{mcp.NAME}}"),
        ({"command": "a", "timeout": 0}, "must be a number of milliseconds"),
        ({"command": "a", "enabled": "yes"}, "must be true or false"),
        ({"url": "ftp://a"}, "mcp_servers.s.url: is not a URL"),
        ({"url": "https://a:b"}, "mcp_servers.s.url: is not a URL"),
        ({"url": "https://user:planted@a"}, "must not contain a user or password"),
        ({"url": "https://a", "headers": {"A": "b\r\nc"}}, "must be one line"),
        ({"url": "https://a", "headers": {"A b": "c"}}, "'A b' cannot be a name here"),
    ],
)
def test_an_invalid_server_is_refused_with_the_reason(server: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSettings) as problem:
        read(s=server)
    assert told in str(problem.value)
    assert "planted" not in str(problem.value)


def test_a_server_name_with_an_underscore_is_refused() -> None:
    with pytest.raises(BadSettings, match="is not a server name"):
        read(a_b={"command": "c"})
