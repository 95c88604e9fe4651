"""MCP servers in real sandboxes that let the platform down, and what a task's stream says of it."""

from collections.abc import Iterator

import pytest

from sigmic_conformance.mock_server.testing import Mock, Project, mock_server
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.mcp_server import configured
from tests.fakes.project_tasks import Events, create, events, results, told

pytest.importorskip("mcp", reason="needs the extra `mcp`")

ECHO = "Call the tool mcp_one_echo with {}"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mock_server() as running:
        yield running


@pytest.fixture
def project(mock: Mock) -> Iterator[Project]:
    with mock.project() as fresh:
        fresh.configure(mcp_servers={name: configured("good") for name in ("one", "two")})
        yield fresh


def run(project: Project, message: str) -> Events:
    """Create a task, which survives whatever its servers do; return the events of its stream."""
    heard = events(project, create(project, message))
    assert heard[-1][0] == "done"
    return heard


def test_a_playbook_lets_a_server_die_and_not_come_back_in_the_middle_of_a_turn(project: Project) -> None:
    echo = {"tool": {"name": "mcp_one_echo", "args": {}}}
    project.playbook(
        {
            "name": "dies",
            "when": {"message": "go"},
            "steps": [
                echo,
                {"fault": {"id": "mcp.dies", "with": {"times": 1, "code": "one"}}},
                {"fault": {"id": "mcp.start-fails", "with": {"code": "one"}}},
                echo,
                echo,
                {"say": "I went on without it."},
            ],
        }
    )

    heard = run(project, "go")

    assert [status for status, _ in results(heard)] == ["success", "error", "error"]
    assert "ended while the tool was running" in results(heard)[1][1]
    assert told(heard) == [results(heard)[2][1]]
    assert heard[-1][1]["finalResponse"].endswith("I went on without it.")


def test_another_project_meets_nothing(mock: Mock, project: Project) -> None:
    with mock.project() as other:
        other.configure(mcp_servers={"one": configured("good")})
        project.fault("mcp.start-fails")

        assert results(run(other, ECHO))[0][0] == "success"


def test_the_connection_to_a_server_elsewhere_breaks_in_the_middle_of_a_call(project: Project) -> None:
    with mcp_over_http() as server:
        project.configure(mcp_servers={"one": {"url": f"{server.url}/mcp"}})
        with project.fault("mcp.dies", times=1):
            broken, again = results(run(project, f"{ECHO}\n{ECHO}"))

    assert "ended while the tool was running" in broken[1]
    assert again[0] == "success"
