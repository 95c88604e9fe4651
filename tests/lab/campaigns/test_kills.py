"""A killed mock loses nothing that it acknowledged, and the campaign notices what a mock had lost."""

import hashlib
import http
import json
import sqlite3
from pathlib import Path

import pytest

from lab.campaigns.kills import Acknowledged, campaign, form, unended, verify
from lab.campaigns.server import Reply, Server


def test_a_mock_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, seed=3, number=3, seconds=30)

    assert outcome.problems == []
    assert outcome.kills.total() > 0
    assert outcome.tasks > 0


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Acknowledged]:
    """A stopped mock with one task, and what it acknowledged."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    try:
        reply = server.call(
            "POST", "/tasks", form("Keep t1", "t1.bin", b"abc"), "multipart/form-data; boundary=B"
        )
        assert reply.status == http.HTTPStatus.CREATED
        task = reply.data["id"]
        while json.loads(server.call("GET", f"/tasks/{task}").body)["data"]["status"] != "completed":
            pass
    finally:
        server.stop()
    digest = hashlib.sha256(b"abc").hexdigest()
    return server, Acknowledged(messages={task: ["t1"]}, files={(task, "t1.bin"): digest})


def test_what_is_there_is_found(used: tuple[Server, Acknowledged]) -> None:
    assert verify(*used) == []


@pytest.mark.parametrize(
    ("status", "problems"), [("completed", []), ("running", ["task t is running"])], ids=["ended", "running"]
)
def test_only_tasks_that_have_not_ended_in_time_are_reported(status: str, problems: list[str]) -> None:
    class Answering(Server):
        def __init__(self) -> None:
            """Start nothing."""

        def call(self, method: str, path: str, *_: object) -> Reply:
            return Reply(200, json.dumps({"success": True, "data": {"status": status}}).encode())

    assert unended(Answering(), Acknowledged(messages={"t": []}), seconds=0) == problems


def test_what_was_lost_or_damaged_is_reported(used: tuple[Server, Acknowledged]) -> None:
    server, noted = used
    [(task, name)] = noted.files
    missing = Acknowledged(
        messages={task: ["t1", "t2"], "gone": ["t3"]},
        files={(task, name): "other", (task, "t2.bin"): ""},
    )
    with sqlite3.connect(server.data / "platform.db") as database:
        database.execute("UPDATE tasks SET status = 'running'")
    (server.data / "staging" / "left").touch()

    assert set(verify(server, missing)) == {
        f"message t2 of task {task} is saved 0 times",
        "message t3 of task gone is saved 0 times",
        f"file {name} of task {task} is damaged",
        f"file t2.bin of task {task} is lost",
        "1 tasks are unfinished on disk",
        "left is left in staging",
    }
