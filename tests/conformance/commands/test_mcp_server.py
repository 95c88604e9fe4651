import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from sigmic_conformance.cli import main
from sigmic_conformance.target.mcp_server import configuration

COMMAND = [sys.executable, "-m", "sigmic_conformance", "mcp-server"]


def test_the_command_prints_the_settings_to_configure(capsys):
    assert main(["mcp-server", "--configuration", "https://probe.example/", "--token-env", "TOKEN"]) == 0

    told = json.loads(capsys.readouterr().out)
    servers = told["mcp_servers"]
    assert servers["probe-http"]["url"] == "https://probe.example/http/{{mcp.PROBE_WORD}}"
    assert servers["probe-http"]["headers"]["Authorization"] == "Bearer TOKEN"
    assert servers["probe-stdio"]["args"][:1] == ["mcp-server"]
    assert [name for name, server in servers.items() if not server.get("enabled", True)] == ["probe-off"]
    assert set(told["tool_policies"].values()) == {"allow", "ask", "deny"}


def test_the_guide_names_each_server_and_policy():
    guide = (Path(__file__).parents[3] / "docs/guides/test-mcp-servers.md").read_text()
    told = configuration.settings("https://probe.example")
    names = [*told["mcp_servers"], *(pattern.removeprefix("*") for pattern in told["tool_policies"])]

    assert [name for name in names if f"`{name}`" not in guide] == []


def test_it_serves_until_it_receives_sigterm():
    words = [*COMMAND, "--http", "127.0.0.1:0", "--token-env", "TOKEN"]
    environment = os.environ | {"TOKEN": "sesame"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        refused = requests.post(f"{address}http/word", json={}, timeout=10)
        server.send_signal(signal.SIGTERM)
        ended = server.wait(30)

    assert (refused.status_code, ended) == (401, 0)
