"""MCP servers by other authors, from PyPI and npm: added, configured as users do, and called."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sigmic_mock.testing import Mock, mock_server
from tests.e2e.process import MockProcess
from tests.fakes.command import ended
from tests.fakes.mcp_server import configured

# In one process: each one would download the packages again.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.xdist_group("mcp-packages")]

PACKAGES = (
    "pypi:mcp-server-time",
    "npm:@modelcontextprotocol/server-everything",
    "npm:@modelcontextprotocol/server-filesystem",
)
CANNOT_BE_HAD = ("could not install", "is not installed on this machine")


def command(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return ended(
        [sys.executable, "-m", "sigmic_mock", *words],
        seconds=500,
        env={**os.environ, **variables},
    )


@pytest.fixture(scope="module")
def tools() -> Iterator[str]:
    """A tools folder with the packages; not under /tmp, because every sandbox has its own /tmp."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sigmic-mcp-") as folder:
        Path(folder).chmod(0o755)
        for package in PACKAGES:
            added = command("mcp", "add", package, "--mcp-tools", folder)
            if any(words in added.stderr for words in CANNOT_BE_HAD):
                pytest.skip(f"{package} cannot be had here: {added.stderr[-300:]}")
            assert added.returncode == 0, added.stderr
            assert added.stdout.startswith(package)
        yield folder


@pytest.fixture(scope="module")
def mock(tools: str) -> Iterator[Mock]:
    with mock_server(mcp_tools=tools) as running:
        yield running


def outcomes(mock: Mock, *calls: tuple[str, dict[str, Any]], before: str = "") -> list[tuple[str, str]]:
    message = before + "\n".join(f"Call the tool {name} with {json.dumps(args)}" for name, args in calls)
    tasks = f"{mock.base_url}/api/v1/tasks"
    made = requests.post(tasks, headers=mock.headers, json={"message": message}, timeout=30).json()
    heard = requests.get(f"{tasks}/{made['data']['id']}/stream", headers=mock.headers, timeout=200).text
    results = [block.partition("data: ")[2] for block in heard.split("\n\n") if "event: tool_result" in block]
    assert "could not be started" not in heard
    return [(each["status"], each["output"]) for each in map(json.loads, results)]


@pytest.mark.nightly
def test_servers_are_configured_as_people_write_it_and_need_no_network(mock: Mock) -> None:
    mock.configure(
        mcp_servers={
            "time": {"command": "uvx", "args": ["mcp-server-time"], "timeout": 60_000},
            "all": {
                "command": "npx",
                "args": ["-y", "@modelcontextprotocol/server-everything"],
                "timeout": 60_000,
            },
            "files": {
                "command": "npx",
                "args": ["-y", "@modelcontextprotocol/server-filesystem", "."],
                "timeout": 60_000,
            },
        }
    )

    now, wrong, echo, picture, read, outside = outcomes(
        mock,
        ("mcp_time_get_current_time", {"timezone": "Europe/Berlin"}),
        ("mcp_time_get_current_time", {"timezone": "Nowhere/None"}),
        ("mcp_all_echo", {"message": "hello there"}),
        ("mcp_all_get-tiny-image", {}),
        ("mcp_files_read_text_file", {"path": "note.txt"}),
        ("mcp_files_read_text_file", {"path": "/etc/passwd"}),
        before="Create a file named note.txt containing: written by the agent\n",
    )[-6:]

    assert now[0] == "success"
    assert json.loads(now[1])["timezone"] == "Europe/Berlin"
    assert wrong[0] == "error"
    assert (echo[0], "hello there" in echo[1]) == ("success", True)
    assert "downloads/mcp/mcp_all_get-tiny-image-1.png" in picture[1]
    assert (read[0], "written by the agent" in read[1]) == ("success", True)
    assert (outside[0], "denied" in outside[1]) == ("error", True)


@pytest.mark.nightly
def test_a_server_is_tried_out_by_the_command_line(mock: Mock) -> None:
    mock.configure(
        mcp_servers={
            "time": {"command": "python", "args": ["-m", "mcp_server_time"], "timeout": 60_000},
            "old": {"command": "uvx", "args": ["mcp-server-time@0.1"]},
        }
    )

    works = command("mcp", "test", "time", **mock.control_environ)
    fails = command("mcp", "test", "old", **mock.control_environ)

    assert works.returncode == 0, works.stderr
    assert "time works: 2 tools" in works.stdout
    assert "mcp_time_convert_time" in works.stdout
    assert fails.returncode == 1
    assert "run `sigmic-mock mcp add pypi:mcp-server-time@0.1`" in fails.stdout


EXAMPLE = Path(__file__).parents[2] / "examples" / "mcp-project"
KEYS = {"SUPPORT_KEY": f"sigmic_{'5a' * 32}", "LAB_KEY": f"sigmic_{'1b' * 32}"}


def flow(folder: Path, config: Path, *flags: str) -> str:
    """Run the example's flow on a server with this configuration; return its output."""
    with MockProcess(folder, "--config", str(config), *flags, env=KEYS) as mock:
        done = ended(
            [str(EXAMPLE / "flow.sh")], seconds=200, env={**os.environ, **KEYS, "SIGMIC_BASE_URL": mock.url}
        )
        assert "not-for-your-eyes" not in done.stdout + mock.log.read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_runs_with_a_stand_in_for_its_server(tmp_path: Path) -> None:
    given = yaml.safe_load((EXAMPLE / "mock.yaml").read_text())
    given["projects"][0]["mcp_servers"]["time"] = configured("time")
    config = tmp_path / "mock.yaml"
    config.write_text(yaml.safe_dump(given))

    said = flow(tmp_path, config)

    assert "policy does not allow" in said
    assert "MCP server crm could not be started: nothing answers at its address" in said


@pytest.mark.nightly
def test_the_example_runs_with_the_servers_that_it_names(tmp_path: Path, tools: str) -> None:
    assert "Europe/Berlin" in flow(tmp_path, EXAMPLE / "mock.yaml", "--mcp-tools", tools)


@contextlib.contextmanager
def served(tools: str, kind: str) -> Iterator[str]:
    """Run the everything server as an ordinary process; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = next(Path(tools).glob("npm/*everything/node_modules/@modelcontextprotocol/*/dist/index.js"))
    server = subprocess.Popen(
        ["node", str(script), kind],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert server.poll() is None
            assert time.monotonic() < deadline
        yield f"http://127.0.0.1:{port}/{'sse' if kind == 'sse' else 'mcp'}"
    finally:
        server.kill()
        server.wait()


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "transport"), [("http", "streamableHttp"), ("sse", "sse")])
def test_a_server_that_runs_elsewhere_is_reached(mock: Mock, tools: str, kind: str, transport: str) -> None:
    with served(tools, transport) as url:
        mock.configure(mcp_servers={"all": {"type": kind, "url": url, "timeout": 60_000}})

        ((status, said),) = outcomes(mock, ("mcp_all_echo", {"message": "hello there"}))

    assert (status, "hello there" in said) == ("success", True)
