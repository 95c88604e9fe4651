"""A task's timeline, and events sent by hand."""

import pytest

from tests.fakes.served import Served

TASKS = "/__mock/v1/tasks"


async def test_everything_that_happened_to_a_task_is_told_in_order(mock: Served) -> None:
    task_id = await mock.finished("Run exactly this shell command: echo hi")
    await mock.call("POST", f"/__mock/v1/sessions/{task_id}/expire", headers=mock.control, json={})

    told = (await mock.call("GET", f"{TASKS}/{task_id}/timeline", headers=mock.control)).json

    order = [each["what"] for each in told["timeline"] if each["what"] != "event"]
    statuses = [each["status"] for each in told["timeline"] if each["what"] == "status"]
    events = [each["event"] for each in told["timeline"] if each["what"] == "event"]
    assert statuses == ["pending", "running", "completed"]
    assert (events[-1], "tool_call" in events, "tool_result" in events) == ("done", True, True)
    assert {"message", "session_started", "stream_opened", "stream_closed"} <= set(order)
    assert order[-1] == "session_expired"
    assert [each["at"] for each in told["timeline"]] == sorted(each["at"] for each in told["timeline"])


async def test_an_event_is_sent_to_open_streams_alone(mock: Served) -> None:
    task_id = await mock.create("Wait 10 minutes")
    stream = await mock.session.get(f"{mock.url}/api/v1/tasks/{task_id}/stream", headers=mock.key)
    while b"processing" not in await stream.content.readany():
        pass
    body = {"event": "thought", "data": {"subject": "by hand", "description": "sent"}}
    sent = await mock.call("POST", f"{TASKS}/{task_id}/events", headers=mock.control, json=body)

    heard = b""
    while b"by hand" not in heard:
        heard += await stream.content.readany()
    stream.close()
    shown = (await mock.call("GET", f"{TASKS}/{task_id}/timeline", headers=mock.control)).json["timeline"]
    assert (sent.status, sent.json["streams"]) == (200, 1)
    assert [(each["event"], each["streams"]) for each in shown if each["what"] == "injected"] == [
        ("thought", 1)
    ]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"event": "thougt", "data": {}}, 400, "did you mean thought?"),
        ({"event": "thought", "data": {}}, 400, "unchecked"),
        ({"event": "a\nb", "data": {}, "unchecked": True}, 400, "framing"),
        ({"event": "custom", "data": {}, "unchecked": True}, 409, "The task has no open stream"),
    ],
)
async def test_a_mistake_is_told(mock: Served, body: dict[str, object], status: int, told: str) -> None:
    task_id = await mock.finished()

    reply = await mock.call("POST", f"{TASKS}/{task_id}/events", headers=mock.control, json=body)

    assert (reply.status, told in reply.message) == (status, True)


async def test_another_projects_task_is_not_found(mock: Served) -> None:
    task_id = await mock.finished()
    theirs = {"project": "elsewhere"}

    told = await mock.call("GET", f"{TASKS}/{task_id}/timeline", headers=mock.control, params=theirs)

    assert told.code == "NOT_FOUND"
