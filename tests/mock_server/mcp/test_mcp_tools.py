"""MCP servers in real sandboxes, called by tasks over the wire: correct servers, and broken ones."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sigmic_mock.testing import Mock, Project, mock_server
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.mcp_server import configured
from tests.fakes.project_tasks import Events, create, events, get, post, results, told


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with mock_server() as running:
        yield running


@pytest.fixture
def project(mock: Mock) -> Iterator[Project]:
    with mock.project() as fresh:
        yield fresh


def calling(*calls: tuple[str, dict[str, Any]]) -> str:
    return "\n".join(f"Call the tool {name} with {json.dumps(args)}" for name, args in calls)


def until(look: Callable[[], Any]) -> Any:
    """Poll until `look` returns something; each poll is a request."""
    for _ in range(2000):
        if seen := look():
            return seen
    return pytest.fail("it never came")


def run(project: Project, *calls: tuple[str, dict[str, Any]], **fields: Any) -> Events:
    heard = events(project, create(project, calling(*calls), **fields))
    assert heard[-1][0] == "done"
    return heard


def test_a_server_is_found_offered_and_called_in_the_workspace_of_the_task(project: Project) -> None:
    project.configure(
        mcp_servers={"one": configured("good"), "two": {**configured("greets"), "excludeTools": ["fail"]}}
    )

    heard = run(
        project,
        ("mcp_one_echo", {"text": "hi"}),
        ("mcp_two_echo", {"text": "there"}),
        ("mcp_one_fail", {}),
        ("mcp_one_nothing", {}),
        ("mcp_three_echo", {}),
        ("fail", {}),
        ("echo", {}),
    )

    (first, second, *failed) = results(heard)
    assert (first[0], first[1].startswith("good /"), first[1].endswith("echo: hi")) == ("success", True, True)
    assert second[1].endswith("echo: there")
    assert failed == [
        ("error", "It went wrong."),
        ("error", "There is no tool named mcp_one_nothing."),
        ("error", "There is no tool named mcp_three_echo."),
        ("error", "It went wrong."),  # the server's own name for the tool identifies it
        ("error", "There is no tool named echo."),
    ]
    assert [data["toolName"] for name, data in heard if name == "tool_call"][-2:] == ["mcp_one_fail", "echo"]
    assert told(heard) == []
    listed = events(project, create(project, "List the tools."))[-1][1]["finalResponse"]
    names = [line.split("`")[1] for line in listed.splitlines() if line.startswith("- ")]
    assert names[0] == "run_shell_command"
    assert names.count("mcp_one_echo") == names.count("mcp_two_echo") == 1
    assert "- `mcp_one_fail`: Does fail." in listed


@pytest.mark.parametrize(
    ("server", "word"),
    [
        ({"command": "nonesuch"}, "it ended with exit code 127: nonesuch: command not found"),
        (configured("exits"), "it ended with exit code 1: cannot read the licence"),
        (configured("silent", timeout=700), "it did not answer within 0.7 s"),
        (
            configured("garbage", timeout=700),
            "it did not answer within 0.7 s; what it prints is not JSON-RPC",
        ),
        (configured("long"), "it sent a line of more than 4 MiB"),
        (
            {"command": "yes"},
            "what it prints is not JSON-RPC: more than 1,000 lines or 256 KiB within a second",
        ),
        (configured("wide"), "it sent a message of more than 20,000 names and values"),
        (configured("errors"), "it ended with signal 9"),
        (configured("schema"), "what it announced is not what its protocol knows"),
        (configured("good", env={"TOKEN": "x{{mcp.ABSENT}}"}), "{{mcp.ABSENT}} is not set"),
        ({"command": "uvx", "args": ["some-server"]}, "run `sigmic-mock mcp add pypi:some-server`"),
        ({"command": "npx", "args": ["-y", "@a/b@1"]}, "run `sigmic-mock mcp add npm:@a/b`"),
        ({"url": "http://127.0.0.1:9/mcp", "timeout": 5000}, "nothing answers at its address"),
        ({"url": "http://{{mcp.ABSENT}}.example/mcp"}, "{{mcp.ABSENT}} is not set"),
        ({"url": "http://{{mcp.HOSTILE}}.example/mcp"}, "{{mcp.HOSTILE}} cannot be used in its url"),
        ({"url": "http://a.example/{{mcp.DOTS}}/mcp"}, "{{mcp.DOTS}} cannot be used in its url"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_server_is_named_once_and_the_task_goes_on(
    project: Project, server: dict[str, Any], word: str
) -> None:
    project.configure(mcp_servers={"bad": server, "good": configured("good")})

    calls: list[tuple[str, dict[str, Any]]] = [
        ("mcp_bad_echo", {}),
        ("mcp_bad_echo", {}),
        ("mcp_good_echo", {"text": "hi"}),
    ]
    task = create(project, calling(*calls), env={"HOSTILE": "127.0.0.1:9/x?", "DOTS": ".."})
    heard = events(project, task)

    message = told(heard)[0]
    assert told(heard) == [message]
    assert message.startswith("MCP server bad could not be started: ")
    assert word in message
    failed, again, well = results(heard)
    assert failed == again == ("error", message)
    assert (well[0], well[1].endswith("echo: hi")) == ("success", True)


def test_of_too_many_tools_the_first_are_offered_with_a_warning(project: Project) -> None:
    project.configure(mcp_servers={"many": configured("many")})

    heard = run(project, ("mcp_many_tool_255", {}), ("mcp_many_tool_256", {}))

    assert [status for status, _ in results(heard)] == ["success", "error"]
    (message,) = told(heard)
    assert "has 1000 tools; the first 256 are offered" in message


def test_tools_are_listed_to_the_page_that_has_more_than_are_offered(project: Project) -> None:
    project.configure(mcp_servers={"many": configured("pages")})

    assert told(run(project, ("mcp_many_tool_0", {})))[0].startswith(
        "MCP server many has more than 300 tools; the first 256 are offered"
    )


def test_answers_that_are_too_large_are_errors_and_no_pattern_of_a_server_is_tried(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good")})
    echo = ("mcp_one_echo", {"text": "hi"})

    heard = run(project, ("mcp_one_blocks", {}), ("mcp_one_pattern", {}), ("mcp_one_values", {}), echo)

    blocks, pattern, values, last = results(heard)
    assert blocks == ("error", "The server's answer is too large: more than 1,000 blocks of content")
    assert pattern[0] == last[0] == "success"
    assert values[0] == "error"
    assert "ended while the tool was running: it sent a message of more than 20,000" in values[1]


def test_a_server_that_prints_without_end_while_it_works_is_ended(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good", "mark-lines")})

    (status, output), echo = results(run(project, ("mcp_one_lines", {}), ("mcp_one_echo", {"text": "hi"})))

    assert (status, echo[0]) == ("error", "success")
    assert "what it prints is not JSON-RPC: more than 1,000 lines" in output
    assert running("mark-lines") == 1  # the first server was ended, and its replacement answered


def test_a_server_gets_answers_to_its_own_requests(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good")})

    ((status, output),) = results(run(project, ("mcp_one_asks", {})))

    assert status == "success"
    pong, refusal = json.loads(output)
    assert (pong["id"], pong["result"]) == ("s0", {})
    assert (refusal["id"], refusal["error"]["code"]) == ("s1", -32601)


def test_a_server_that_sends_requests_and_reads_no_answer_is_ended(project: Project) -> None:
    with mcp_over_http(tools=["pings"]) as server:
        project.configure(
            mcp_servers={"one": configured("good"), "two": {"url": f"{server.url}/mcp"}},
        )
        heard = run(project, ("mcp_one_pings", {}), ("mcp_two_pings", {}), ("mcp_one_echo", {"text": "hi"}))

    *ended, echo = results(heard)
    assert echo[0] == "success"
    for status, output in ended:
        assert status == "error"
        assert output.endswith("ended while the tool was running: it does not read its input.")


def test_names_that_would_be_there_twice_get_numbers(project: Project) -> None:
    project.configure(mcp_servers={"c": configured("collides")})

    heard = run(
        project, *((f"mcp_c_{name}", {}) for name in ("a.b", "a_b", "a_b_2", "x" * 58, "x" * 56 + "_2"))
    )

    assert [output.partition(" ")[2].partition(" ")[2] for _, output in results(heard)] == [
        "a.b: ", "a b: ", "a/b: ", "x" * 80 + ": ", "x" * 81 + ": ",
    ]  # fmt: skip


def test_a_server_elsewhere_that_is_gone_is_tried_once_more_and_the_task_goes_on(project: Project) -> None:
    with mcp_over_http() as server:
        project.configure(mcp_servers={"crm": {"url": f"{server.url}/mcp"}})
        task = create(project, calling(("mcp_crm_echo", {})))
        assert results(events(project, task))[0][0] == "success"

    echo = calling(("mcp_crm_echo", {}), ("mcp_crm_echo", {}))
    post(project, f"/{task}/messages", message=echo)
    heard = events(project, task)

    assert [status for status, _ in results(heard)] == ["error", "error"]
    assert heard[-1][0] == "done"


def test_what_is_no_text_becomes_a_file_and_much_text_is_cut(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good")})
    task = create(project, calling(("mcp_one_picture", {}), ("mcp_one_flood", {})))

    (_, picture), (_, flood) = results(events(project, task))

    path = "downloads/mcp/mcp_one_picture-1.png"
    assert picture == f"[saved as {path}]"
    assert get(project, f"/{task}/artifacts/download?path={path}").content == b"\x89PNG not really"
    assert flood.endswith("[output truncated]")


def test_a_server_that_dies_is_started_once_more(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good")})
    echo = ("mcp_one_echo", {"text": "hi"})

    heard = run(project, echo, ("mcp_one_die", {}), echo, ("mcp_one_die", {}), echo)

    assert [status for status, _ in results(heard)] == ["success", "error", "success", "error", "error"]
    assert "ended while the tool was running" in results(heard)[1][1]
    assert "was started twice already" in results(heard)[4][1]


def test_cancelling_the_task_cancels_the_call(project: Project) -> None:
    project.configure(mcp_servers={"one": configured("good")})
    task = create(project, calling(("mcp_one_slow", {})))
    files = f"/{task}/artifacts"
    until(lambda: "slow-began" in get(project, files).text)

    requests.delete(f"{project.base_url}/api/v1/tasks/{task}", headers=project.headers, timeout=30)

    assert get(project, f"/{task}").json()["data"]["status"] == "cancelled"
    assert "slow-cancelled" in get(project, files).text


def test_no_process_is_left_when_a_session_ends_and_the_next_turn_has_new_ones(project: Project) -> None:
    mark = f"mark-{project.id}"
    project.configure(
        mcp_servers={name: configured(kind, mark) for name, kind in (("one", "good"), ("two", "silent"))}
    )
    task = create(project, calling(("mcp_one_echo", {})))
    events(project, task)
    assert running(mark) == 2

    assert project.expire_session(task)
    assert running(mark) == 0

    post(project, f"/{task}/messages", message=calling(("mcp_one_echo", {"text": "again"})))
    assert results(events(project, task))[-1][1].endswith("echo: again")


def running(mark: str) -> int:
    """Return how many processes of this machine have a text in their command line."""
    number = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            number += mark.encode() in path.read_bytes()
        except OSError:
            continue
    return number
