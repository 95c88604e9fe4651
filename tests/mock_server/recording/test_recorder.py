"""Exchanges become conversations: followed, polled, as forms, older than the recording, or repeated."""

import asyncio
import io
import json
from pathlib import Path

import aiohttp
import pytest

from sigmic_mock.recording.exchange import LARGEST_COPY
from tests.fakes.recording import Running, recorded
from tests.fakes.upstream import TASK, frame, ok, stream, upstream
from tests.fakes.wire_server import Script

TASKS = "/api/v1/tasks"
KEY = {"Authorization": "Bearer sigmic_" + "ab" * 32}
CREATED = ok({"id": TASK, "status": "pending"}, "201 Created")


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def send(http: aiohttp.ClientSession, proxy: Running, method: str, path: str = "", **options) -> None:
    async with http.request(method, f"{proxy.url}{TASKS}{path}", headers=KEY, **options) as got:
        await got.read()


def saved(role: str, content: str, **more: object) -> bytes:
    told = {"id": content, "role": role, "content": content, "createdAt": "2026-01-26T15:50:54.870Z"}
    return frame("history_message", **told, **more)


async def test_a_client_that_polls_is_recorded_from_what_it_read(http, tmp_path: Path) -> None:
    output = {"content": "4", "thoughts": [{"subject": "S", "description": "D"}], "toolCalls": []}
    task = {"id": TASK, "status": "completed", "message": "2+2", "error": None, "output": output}
    answers = {f"POST {TASKS}": CREATED, f"GET {TASKS}/{TASK}": ok(task)}
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", json={"message": "2+2"})
        await send(http, proxy, "GET", f"/{TASK}")

    assert proxy.playbook("recorded-2-2")["steps"] == [
        {"think": {"subject": "S", "description": "D"}},
        {"say": {"chunks": ["4"]}},
    ]


async def test_a_form_with_files_is_for_messages_with_those_files(http, tmp_path: Path) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("files", b"\0\xff" * 5000, filename="größe[1].bin")
    form.add_field("files", b"PK", filename="more.zip")
    form.add_field("message", "Read it")
    form.add_field("autoExecute", "false")
    frames = (
        saved("user", "Read it"),
        frame("history_done", messageCount=1, isStreaming=True),
        frame("content", text="ok", isPartial=False),
        frame("done", finalResponse="ok"),
    )
    answers = {f"POST {TASKS}": CREATED, f"GET {TASKS}/{TASK}/stream": stream(*frames)}
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", data=form)
        await send(http, proxy, "GET", f"/{TASK}/stream")

    assert proxy.heard.findings == []
    assert proxy.playbook("recorded-read-it")["when"] == {"message": "Read it", "files": ["größe[[]1].bin"]}


@pytest.mark.parametrize("size", [3 << 20, 9 << 20])
@pytest.mark.parametrize("comes_first", [True, False])
async def test_a_large_form_is_read_as_far_as_it_was_kept(http, tmp_path: Path, size, comes_first) -> None:
    form = aiohttp.FormData()
    if comes_first:
        form.add_field("message", "Read it")
    form.add_field("files", io.BytesIO(b"x" * size), filename="a.bin")
    if not comes_first:
        form.add_field("message", "Read it")
    async with upstream({f"POST {TASKS}": CREATED}) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", data=form)

    (row,) = [json.loads(line) for line in (tmp_path / "r" / "exchanges.ndjson").read_text().splitlines()]
    is_seen = comes_first or size < LARGEST_COPY
    assert row["request"]["files"] == ["a.bin"]
    assert row["request"]["fields"] == ({"message": "Read it"} if is_seen else {})
    assert proxy.heard.notes == []
    assert proxy.heard.findings == []


async def test_a_task_older_than_the_recording_is_rebuilt_from_its_history(http, tmp_path: Path) -> None:
    frames = (
        saved("user", "First"),
        saved("assistant", "One", thoughts=[{"subject": "S", "description": "D"}]),
        saved("user", "Second"),
        frame("history_done", messageCount=3, isStreaming=True),
        frame("content", text="Two", isPartial=False),
        frame("done", finalResponse="Two"),
    )
    answers = {
        f"POST {TASKS}/{TASK}/messages": ok({"status": "running"}),
        f"GET {TASKS}/{TASK}/stream": stream(*frames),
    }
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", f"/{TASK}/messages", json={"message": "Second"})
        await send(http, proxy, "GET", f"/{TASK}/stream")

    playbook = proxy.playbook("recorded-first")
    assert playbook["steps"][-1] == {"say": {"chunks": ["One"]}}
    assert playbook["turns"] == [{"when": {"message": "Second"}, "steps": [{"say": {"chunks": ["Two"]}}]}]


async def test_the_fullest_of_several_streams_is_believed(http, tmp_path: Path) -> None:
    begin = frame("history_done", messageCount=0, isStreaming=True)
    whole = stream(
        begin,
        frame("content", text="a", isPartial=True),
        frame("content", text="b", isPartial=False),
        frame("done", finalResponse="ab"),
    )
    late = stream(begin, frame("content", text="ab", isPartial=True), frame("done", finalResponse="ab"))
    early = stream(begin, frame("content", text="a", isPartial=True))
    answers = {f"POST {TASKS}": CREATED}
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", json={"message": "Go"})
        for each in (early, whole, late):
            answers[f"GET {TASKS}/{TASK}/stream"] = each
            await send(http, proxy, "GET", f"/{TASK}/stream")

    assert proxy.playbook("recorded-go")["steps"] == [{"say": {"chunks": ["a", "b"]}}]


async def test_a_message_sent_again_replaces_its_attachments(http, tmp_path: Path) -> None:
    begin = frame("history_done", messageCount=0, isStreaming=True)
    answers: dict[str, bytes | Script] = {}
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        for task, text in (("one", "first"), ("two", "second")):
            answers[f"POST {TASKS}"] = ok({"id": task, "status": "pending"}, "201 Created")
            answers[f"GET {TASKS}/{task}/stream"] = stream(
                begin, frame("content", text=text, isPartial=False), frame("done", finalResponse=text)
            )
            await send(http, proxy, "POST", json={"message": "Go"})
            await send(http, proxy, "GET", f"/{task}/stream")

    assert proxy.playbook("recorded-go")["steps"] == [{"say": {"chunks": ["second"]}}]
    assert [path.name for path in sorted((tmp_path / "r").glob("*.yaml"))] == ["recorded-go.yaml"]
    assert "the later conversation counts" in proxy.heard.notes[0]


async def test_a_row_tells_everything_but_the_secrets(http, tmp_path: Path) -> None:
    frames = (
        frame("history_done", messageCount=0, isStreaming=False),
        frame("content", text=1),
        frame("content", text=1),
    )
    answers = {f"POST {TASKS}": CREATED, f"GET {TASKS}/{TASK}/stream": stream(b":heartbeat\n\n", *frames)}
    async with upstream(answers) as far, recorded(far.url, tmp_path / "r") as proxy:
        await send(http, proxy, "POST", json={"message": "Go", "env": {"A": "b"}})
        await send(http, proxy, "GET", f"/{TASK}/stream")
        await send(http, proxy, "GET", f"/{TASK}/stream")

    rows = [json.loads(line) for line in (tmp_path / "r" / "exchanges.ndjson").read_text().splitlines()]
    assert [(row["exchange"], row["operation"], row["answer"]["status"]) for row in rows] == [
        (1, "create_task", 201),
        (2, "stream_task", 200),
        (3, "stream_task", 200),
    ]
    assert rows[0]["request"]["body"] == {"message": "Go", "env": {"A": "[masked]"}}
    assert ["Authorization", "[masked]"] in rows[0]["request"]["headers"]
    assert [each["event"] for each in rows[1]["answer"]["events"]] == ["history_done", "content", "content"]
    assert rows[2]["findings"] == [
        "stream_task  event content  isPartial is required",
        "stream_task  event content  text: must be a string",
    ]
    assert list(proxy.session.recorder.findings.values()) == [4, 4]
    assert len(proxy.heard.findings) == 2


async def test_a_stream_still_open_at_the_end_is_recorded_as_far_as_it_came(http, tmp_path: Path) -> None:
    async def going_on(_head, reader, writer) -> None:
        writer.write(
            stream(
                frame("history_done", messageCount=0, isStreaming=True),
                frame("content", text="so far", isPartial=True),
                ends=False,
            )
        )
        await reader.read()

    answers: dict[str, bytes | Script] = {f"POST {TASKS}": CREATED, f"GET {TASKS}/{TASK}/stream": going_on}
    async with upstream(answers) as far:
        async with recorded(far.url, tmp_path / "r") as proxy:
            await send(http, proxy, "POST", json={"message": "Go"})
            got = await http.get(f"{proxy.url}{TASKS}/{TASK}/stream", headers=KEY)
            while b"so far" not in await asyncio.wait_for(got.content.readany(), 10):
                pass
        got.close()

    text = (tmp_path / "r" / "recorded-go.yaml").read_text()
    assert "# - turn 1: the recording ended before this turn did" in text
    assert "- so far" in text
    assert '"ending": "the recording ended"' in (tmp_path / "r" / "exchanges.ndjson").read_text()
