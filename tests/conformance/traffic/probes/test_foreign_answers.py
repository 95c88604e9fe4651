"""Probes use and send back values from a target's answers. No type or character breaks a probe."""

import json

import pytest

from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Missed
from sigmic_conformance.traffic.probes.approve import approve_always, parked
from sigmic_conformance.traffic.probes.approve_several import approve_each, decide_encoded
from sigmic_conformance.traffic.probes.stream import with_id
from sigmic_conformance.traffic.probes.token import exchange
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from tests.conformance.kit import P
from tests.fakes.wire_server import answering, wire_server

HALF = "\ud800"
"""Half a surrogate pair: JSON can contain it and UTF-8 cannot, so a task's id may contain it."""
ODD = ([1], {"a": 1}, 7, HALF)


def driver(url: str, probe: str = P) -> Driver:
    return Driver(
        probe=probe,
        client=Client(url),
        profile=Profile(base_url=url, task_seconds=2.0),
        credentials=Credentials(api_key="sigmic_secret", app_id="app_0", app_secret="0" * 64),
        redactor=Redactor(),
    )


def answer(body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def streamed(*calls: dict) -> str:
    events = [("history_done", {"isStreaming": True}), *(("tool_call", each) for each in calls), ("done", {})]
    return "".join(f"event: {name}\ndata: {json.dumps(each)}\n\n" for name, each in events)


def asking(*payloads: dict):
    """Answer every stream with calls that await approval and then `done`, everything else with one task."""
    told = streamed(*payloads)
    task = json.dumps({"success": True, "data": {"id": f"t{HALF}", "status": "completed"}})

    async def script(head: bytes, _, writer) -> None:
        streams = head.split(b" ")[1].endswith(b"/stream")
        writer.write(answer(told.encode(), "text/event-stream") if streams else answer(task.encode()))
        await writer.drain()

    return script


async def test_letters_that_utf_8_cannot_say_are_sent_back_all_the_same():
    async with wire_server(answering(answer(b"{}"))) as url:
        made = driver(url)
        live = await made.open_stream(HALF, label="stream")
        live.hang_up()
        await made.call(
            "download_artifact",
            label=f"download {HALF}",
            path={"id": HALF},
            query={"path": HALF},
            body=as_json([HALF]),
        )
        await decide_encoded(made, HALF, HALF, label="decide")
        await with_id(made, HALF, HALF, "id")

    targets = [each.sent.target for each in made.exchanges()]
    assert all("%ED%A0%80" in each for each in targets), targets
    assert made.exchanges()[0].sent.text == r'["\ud800"]'


@pytest.mark.parametrize("call", ODD)
@pytest.mark.parametrize("tool", ODD)
async def test_calls_of_any_kind_are_decided(call, tool):
    asks = {"callId": call, "toolName": tool, "status": "awaiting_approval"}
    async with wire_server(asking(asks, asks | {"callId": "other"}, asks | {"callId": "third"})) as url:
        made = driver(url, "approve_each")
        await approve_each(made)

    decided = [each.sent.text for each in made.exchanges() if each.operation == "approve_tool_call"]
    assert [json.loads(each or "")["outcome"] for each in decided] == [
        "proceed_once",
        "proceed_always",
        "cancel",
    ]


@pytest.mark.parametrize("pending", [7, True, "call", {"callId": "call"}, [7], [{"callId": [1]}], []])
async def test_pending_approvals_of_any_json_type_are_read_without_an_error(pending):
    task = {"id": "t", "status": "awaiting_approval", "pendingApprovals": pending}
    asked: list[str] = []

    async def script(head: bytes, reader, writer) -> None:
        if head.startswith(b"POST /api/v1/tasks HTTP"):
            asked.append((await reader.readuntil(b"}")).decode())
        call = {"callId": "call", "status": "awaiting_approval", "input": asked[-1]}
        streams = b"/stream " in head
        body = streamed(call) if streams else json.dumps({"success": True, "data": task})
        writer.write(answer(body.encode(), "text/event-stream" if streams else "application/json"))
        await writer.drain()

    async with wire_server(script) as url:
        made = driver(url, "approve_always")
        await approve_always(made)

    assert any(each.operation == "approve_tool_call" for each in made.exchanges())


@pytest.mark.parametrize(("data", "name"), [({"callId": [1]}, "[1]"), ({"callId": "c"}, "c")])
async def test_a_call_that_waits_has_a_name_of_any_type(data, name):
    async with wire_server(asking({"data": data, "word": "w"})) as url:
        _, live, call = await parked(driver(url), "m", word="w", label="x")
        live.hang_up()

    assert call == name


@pytest.mark.parametrize("data", [None, [1], "x", {}])
async def test_a_call_without_a_name_is_none_that_waits(data):
    async with wire_server(asking({"data": data, "word": "w"})) as url:
        with pytest.raises(Missed):
            await parked(driver(url), "m", word="w", label="x")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"9" * 5000, id="a long number"),
        pytest.param(b'{"data": {"token": []}}', id="a list"),
        pytest.param(b'{"data": {"token": "\\ud800"}}', id="half a surrogate pair"),
    ],
)
async def test_an_unreadable_token_is_none(body):
    async with wire_server(answering(answer(body))) as url:
        made, token = await exchange(driver(url), {}, label="token")

    assert (made.status, token) == (200, None)
