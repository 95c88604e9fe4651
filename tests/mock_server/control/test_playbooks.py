"""Playbooks through the control plane, and the effect of each unusual kind of step on the wire."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.runtime.clock.mode import AUTOJUMP
from tests.fakes.served import STRANGER_KEY, Served, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    return folder


@pytest.fixture
async def mock(tmp_path: Path, folder: Path) -> AsyncIterator[Served]:
    # The document has no raw events and no faults: our own response check would refuse them.
    async with serving(tmp_path, clock=AUTOJUMP, playbooks=folder, check_responses=False) as served:
        yield served


async def put(mock: Served, *steps: object, name: str = "one", message: str = "go", **more: Any) -> None:
    playbook = {"when": {"message": message}, "steps": list(steps), **more}
    reply = await mock.ask("put_playbook", name=name, playbook=playbook)
    assert reply.status == 200, reply.body


def text_of(events: list[tuple[str, Any]]) -> str:
    return "".join(data["text"] for name, data in events if name == "content")


# --- playbooks of a project --------------------


MINE = """# mine
name: one
when: {message: go}
steps:
  - say: hello there
  - wait: 1
"""


async def test_a_playbook_is_checked_before_it_is_put_and_nothing_changes(mock: Served) -> None:
    right = (await mock.ask("check_playbook", name="one", yaml=MINE, message="go")).json
    broken = MINE.replace("say: hello", "sya: hello")
    wrong = (await mock.ask("check_playbook", name="one", yaml=broken)).json
    torn = (await mock.ask("check_playbook", name="one", yaml="name: [}", message="go")).json
    named = (await mock.ask("check_playbook", name="two", yaml=MINE)).json
    left = [each["name"] for each in (await mock.ask("list_playbooks")).json["playbooks"]]

    assert (right["problems"], right["chosen"]) == ([], {"message": "go", "playbook": "one"})
    assert [each["message"] for each in right["understood"]["when"]] == ["go"]
    assert right["understood"]["steps"] == [{"say": "hello there"}, {"wait": 1}]
    assert wrong["understood"] is None
    assert [(each["line"], "sya" in each["text"]) for each in wrong["problems"]] == [(5, True)]
    assert [each["line"] for each in torn["problems"]] == [1]
    assert [each["line"] for each in named["problems"]] == [2]
    assert "one" not in left


async def test_a_playbook_is_read_as_it_was_written(mock: Served) -> None:
    await mock.ask("put_playbook", name="one", yaml=MINE)
    await put(mock, {"say": "x"}, name="two", message="two")

    own = (await mock.ask("read_playbook", name="one")).json
    data = (await mock.ask("read_playbook", name="two")).json
    bundled = (await mock.ask("read_playbook", name="approvals-demo")).json

    assert (own["yaml"], own["from"]) == (MINE, "project")
    assert data["yaml"].startswith("name: two\nwhen:\n")
    assert (bundled["from"], "\nname: approvals-demo\n" in bundled["yaml"]) == ("bundled", True)
    assert (await mock.ask("read_playbook", name="none")).code == "NOT_FOUND"


async def test_a_playbook_that_is_put_is_the_projects_alone_until_it_is_removed(mock: Served) -> None:
    await put(mock, {"say": "mine"})

    _, events = await mock.run("go")
    _, theirs = await mock.by(STRANGER_KEY).run("go")
    removed = await mock.ask("remove_playbook", name="one")
    _, after = await mock.run("go")

    assert text_of(events) == "mine"
    assert text_of(theirs) != "mine"
    assert removed.json["removed"] == ["one"]
    assert text_of(after) != "mine"
    assert (await mock.ask("remove_playbook", name="one")).code == "NOT_FOUND"
    await put(mock, {"say": "mine"})
    assert (await mock.did("reset", scope=["playbooks"]))["reset"] == ["playbooks"]
    assert (await mock.did("remove_playbooks"))["removed"] == []


async def test_yaml_is_taken_too_and_listed_with_the_others(mock: Served) -> None:
    text = "name: one\nsummary: Mine.\nwhen: {message: go}\nsteps: [{retry: x}, {say: y}]\n"

    reply = await mock.ask("put_playbook", name="one", yaml=text)
    listed = (await mock.ask("list_playbooks")).json["playbooks"]

    row = {"name": "one", "summary": "Mine.", "from": "project", "source": "one.yaml"}
    assert reply.json == {"project": reply.json["project"], **row, "steps": 2, "turns": 0, "chosen": 0}
    assert {each["from"] for each in listed} == {"bundled", "project"}


async def test_leftovers_list_the_steps_and_playbooks_that_never_ran(mock: Served) -> None:
    await put(mock, {"say": "a"}, {"cancel": True}, {"say": "never"})
    await put(mock, {"say": "b"}, name="two", message="never asked")
    await mock.run("go")

    left = (await mock.ask("list_leftovers")).json

    assert (left["count"], left["never_chosen"]) == (2, ["two"])
    assert left["playbooks"][0]["not_performed"] == [{"at": "steps/2", "step": {"say": "never"}}]
    stranger = await mock.ask("list_leftovers", "elsewhere")
    assert stranger.json == {
        "project": "elsewhere",
        "count": 0,
        "playbooks": [],
        "never_chosen": [],
        "replies": [],
    }


# --- a folder that changes --------------------


async def test_an_edit_applies_to_the_next_message_and_a_broken_edit_is_reported(
    mock: Served, folder: Path
) -> None:
    path = folder / "mine.yaml"
    path.write_text("name: mine\nwhen: {message: go}\nsteps: [{say: first}]\n")
    _, first = await mock.run("go")
    path.write_text("name: mine\nwhen: {message: go}\nsteps: [{saay: second}]\n")
    os.utime(path, (1, 1))
    _, second = await mock.run("go")

    shown = (await mock.ask("list_playbooks")).json
    path.write_text("name: mine\nwhen: {message: go}\nsteps: [{say: third}]\n")
    reloaded = (await mock.ask("reload_playbooks")).json
    _, third = await mock.run("go")

    assert [text_of(each) for each in (first, second, third)] == ["first", "first", "third"]
    assert "did you mean say?" in shown["problems"][0]
    assert reloaded["problems"] == []


# --- explain --------------------


async def test_explain_refuses_more_names_and_values_than_it_reads(mock: Served) -> None:
    body = {"message": "x", "earlier": [[]] * 49_998}

    assert "the limit is 50000" in (await mock.ask("explain", **body)).message


# --- unusual kinds of steps, on the wire --------------------


async def test_a_fault_fires_for_its_task_alone_and_ends_with_its_turn(mock: Served) -> None:
    await put(mock, {"say": "x"}, {"fault": "sse.crlf"}, {"fault": "phase.done-twice"}, {"say": "y"})

    first = await mock.create("go")
    raw = await mock.stream(first)
    plain = await mock.stream(await mock.create("Hello"))
    active = (await mock.ask("list_armed_faults")).json["active"]

    assert b'event: content\ndata: {"text":"x"' in raw
    assert (raw.count(b"event: done"), plain.count(b"event: done"), active) == (2, 1, [])


async def test_a_fault_that_stays_is_armed_when_the_turn_is_over(mock: Served) -> None:
    await put(mock, {"fault": {"id": "sse.crlf", "with": {"times": 3}, "stay": True}}, {"say": "x"})

    task_id = await mock.create("go")
    raw = await mock.stream(task_id)

    assert b"\r\n" in raw
    [armed] = (await mock.ask("list_armed_faults")).json["active"]
    assert armed["where"]["task"] == task_id


async def test_a_session_that_expires_with_its_turn_is_restored_by_the_next_message(mock: Served) -> None:
    await put(mock, {"expire_session": True}, {"say": "bye"}, turns=[{"steps": [{"recall": "codeword"}]}])
    task_id, _ = await mock.run("go")
    before = (await mock.task(task_id))["sessionId"]
    assert mock.application.platform.sessions.of(task_id) is None

    await mock.say(task_id, "what is it?")
    await mock.stream(task_id)

    assert (await mock.task(task_id))["sessionId"] != before


async def test_a_raw_event_is_on_the_stream_and_leaves_no_trace(mock: Served) -> None:
    await put(mock, {"say": "a"}, {"event": {"name": "usage", "data": {"tokens": 7}}}, {"say": "b"})

    task_id, events = await mock.run("go")

    assert ("usage", {"tokens": 7}) in events
    assert events[-1] == ("done", {"finalResponse": "ab"})
    assert (await mock.task(task_id))["output"]["content"] == "ab"


async def test_two_calls_ask_at_the_same_time_although_the_task_executes_by_itself(mock: Served) -> None:
    calls = [
        {"tool": {"name": name, "ask": True, "result": name, "on_cancel": [{"say": "refused"}]}}
        for name in ("a", "b")
    ]
    await put(mock, {"parallel": calls}, {"say": "rest"})
    task_id = await mock.create("go", autoExecute=True)
    stream = await mock.follow(task_id)
    await stream.until(b"awaiting_approval", 2)
    pending = (await mock.task(task_id))["pendingApprovals"]
    for outcome in ("proceed_once", "cancel"):
        await mock.approve(task_id, outcome)

    assert [call["toolName"] for call in pending] == ["a", "b"]
    assert b'"finalResponse":"refused"' in await stream.rest()
