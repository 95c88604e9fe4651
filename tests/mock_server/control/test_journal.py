"""The journal through the control plane."""

import asyncio
import json
from typing import Any

from sigmic_mock.config import defaults
from tests.fakes.served import STRANGER_KEY, TASKS, Served


async def noted(mock: Served, project: str | None = None, /, **query: object) -> list[dict[str, Any]]:
    return list((await mock.did("list_entries", project, **query))["entries"])


async def test_entries_are_read_page_by_page(mock: Served):
    for _ in range(5):
        await mock.call("GET", TASKS)

    pages, since = [], "0"
    for _ in range(3):
        page = (await mock.ask("list_entries", limit="2", since=since)).json
        pages.append(len(page["entries"]))
        since = str(page["next"])
    newest = await noted(mock, limit="2", newest="true")

    assert pages == [2, 2, 1]
    assert since == "None"
    assert [each["number"] for each in newest] == [4, 5]


async def test_a_page_waits_for_a_first_entry(mock: Served):
    waiting = asyncio.create_task(mock.ask("list_entries", since="0", wait="30s"))
    in_vain = (await mock.ask("list_entries", since="0", wait="1ms")).json["entries"]
    await mock.call("GET", TASKS)

    assert in_vain == []
    assert [each["operation"] for each in (await waiting).json["entries"]] == ["list_tasks"]
    assert "wait" in (await mock.ask("list_entries", wait="301s")).message


async def test_a_project_sees_its_own_entries_and_the_key_names_it(mock: Served):
    await mock.call("GET", TASKS)
    await mock.by(STRANGER_KEY).call("GET", TASKS)

    own = await noted(mock)
    named = await noted(mock, "elsewhere")
    by_key = await mock.call("GET", "/__mock/v1/journal", headers={**mock.control, "X-API-Key": STRANGER_KEY})
    everything = await noted(mock, scope="server")

    assert [each["project"] for each in own] == [defaults.PROJECT_ID]
    assert [each["project"] for each in named] == ["elsewhere"]
    assert by_key.json["entries"] == named
    assert len(everything) == 2


async def test_entries_are_filtered_and_counted(mock: Served):
    task = await mock.finished()
    await mock.call("GET", "/api/v1/tasks/nothing")

    assert [each["status"] for each in await noted(mock, status="4xx")] == [404]
    assert [each["event"] for each in await noted(mock, task=task, event="done")] == ["done"]
    assert len(await noted(mock, path="/api/*/stream", kind="request")) == 1
    counted = (await mock.ask("count_entries", task=task, kind="request|end")).json
    assert counted["kinds"] == {"request": 2, "open": 0, "frame": 0, "end": 1, "fault": 0}
    assert (counted["count"], counted["dropped"], counted["bound"]) == (3, 0, 5000)


async def test_wait_answers_when_the_last_of_so_many_comes(mock: Served):
    await mock.call("GET", TASKS)
    asked = {"operation": "list_tasks", "at_least": 3, "timeout": "30s"}
    waiting = asyncio.ensure_future(mock.ask("wait_for_entries", **asked))

    await mock.by(STRANGER_KEY).call("GET", TASKS)
    await mock.call("GET", TASKS)
    await mock.call("GET", TASKS)
    reply = await waiting

    assert (reply.status, reply.json["count"], reply.json["entry"]["number"]) == (200, 3, 4)


async def test_a_wait_that_times_out_shows_the_nearest_entry(mock: Served):
    await mock.call("GET", TASKS)

    reply = await mock.ask("wait_for_entries", operation="list_tasks", status="429", timeout="10ms")

    counts = (reply.json["seen"]["count"], reply.json["all"]["count"])
    assert (reply.status, reply.json["error"]["code"], counts) == (408, "WAIT_TIMED_OUT", (0, 1))
    assert reply.json["nearest"]["differs"] == ["status"]
    assert reply.json["nearest"]["entry"]["status"] == 200
    assert "number 1, differs in status" in reply.json["error"]["message"]


async def test_a_wait_that_saw_some_says_how_many(mock: Served):
    await mock.call("GET", TASKS)

    reply = await mock.ask("wait_for_entries", at_least=2, timeout=0.01)
    nothing = await mock.ask("wait_for_entries", "elsewhere", timeout=0)

    assert "1 of 2 entries" in reply.json["error"]["message"]
    assert reply.json["nearest"] is None
    assert "no entry at all" in nothing.json["error"]["message"]


async def test_clearing_forgets_a_project_and_a_reset_does_too(mock: Served):
    await mock.call("GET", TASKS)
    await mock.by(STRANGER_KEY).call("GET", TASKS)

    cleared = await mock.ask("clear_journal")
    left = await noted(mock, scope="server")
    await mock.ask("reset", "elsewhere")
    after = await noted(mock, scope="server")

    assert cleared.json == {"cleared": 1}
    assert [each["project"] for each in left] == ["elsewhere"]
    assert after == []


async def test_a_stream_from_before_a_reset_does_not_reach_into_the_time_after_it(mock: Served):
    task = await mock.create("Wait 60 seconds.")
    stream = await mock.follow(task)
    await stream.until(b"\n\n")
    await mock.ask("reset")
    await stream.rest()
    await mock.call("GET", TASKS)

    assert [each["operation"] for each in await noted(mock, scope="server")] == ["list_tasks"]


async def test_the_journal_is_exported_in_both_forms(mock: Served):
    await mock.finished()

    har = await mock.ask("export_journal", format="har")
    lines = await mock.ask("export_journal", kind="frame")

    assert har.headers["Content-Type"] == "application/json"
    assert [each["_operation"] for each in har.json["log"]["entries"]] == ["create_task", "stream_task"]
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert lines.headers["Cache-Control"] == "no-store"
    assert {json.loads(line)["kind"] for line in lines.body.splitlines()} == {"frame"}
