"""A task's timeline, and events sent manually."""

from tests.fakes.served import Served


async def test_a_timeline_lists_everything_that_happened_to_a_task_in_order(mock: Served) -> None:
    task_id = await mock.finished("Run exactly this shell command: echo hi")
    await mock.ask("expire_session", task=task_id)

    told = (await mock.ask("show_timeline", task=task_id)).json

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
    stream = await mock.follow(task_id)
    await stream.until(b"processing")
    body = {"event": "thought", "data": {"subject": "by hand", "description": "sent"}}
    sent = await mock.ask("inject_event", task=task_id, **body)

    await stream.until(b"by hand")
    stream.leave()
    shown = (await mock.ask("show_timeline", task=task_id)).json["timeline"]
    assert (sent.status, sent.json["streams"]) == (200, 1)
    assert [(each["event"], each["streams"]) for each in shown if each["what"] == "injected"] == [
        ("thought", 1)
    ]
