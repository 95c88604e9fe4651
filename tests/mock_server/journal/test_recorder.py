"""The journal's records of requests, streams and faults, and that none contains a secret."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sigmic_mock.config import defaults
from sigmic_mock.journal.entry import Kind
from sigmic_mock.journal.recorder import TrafficRecorder
from sigmic_mock.journal.ring import Journal
from tests.fakes.served import Served, serving
from tests.fakes.waiting import eventually

ENTRIES = "/__mock/v1/journal?limit=1000&scope=server"


async def entries(mock: Served, query: str = "") -> list[dict[str, Any]]:
    return list((await mock.call("GET", ENTRIES + query, headers=mock.control)).json["entries"])


def journal_of(mock: Served) -> Journal:
    recorder = mock.application.server.app.observer
    assert isinstance(recorder, TrafficRecorder)
    return recorder.writer.journal


async def arm(mock: Served, fault: str, **values: Any) -> None:
    body = {"fault": fault, "with": values}
    reply = await mock.call("POST", "/__mock/v1/faults", headers=mock.control, json=body)
    assert reply.status == 200, reply.body


async def test_a_request_is_noted_with_both_sides_and_its_task(mock: Served):
    task = await mock.create("What is 2+2?")

    (entry,) = await entries(mock, "&operation=create_task")

    assert entry["task"] == task
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/api/v1/tasks", 201)
    assert json.loads(entry["asked"]["body"]) == {"message": "What is 2+2?"}
    assert json.loads(entry["answered"]["body"])["data"]["id"] == task
    assert entry["asked"]["bytes"] == len(entry["asked"]["body"])
    assert {"name": "Authorization", "value": "Bearer [masked]"} in entry["asked"]["headers"]
    assert entry["ended"] == "answered"
    assert entry["project"] == defaults.PROJECT_ID
    assert entry["seconds"] > 0


async def test_strangers_belong_to_no_project_and_control_calls_are_not_noted(mock: Served):
    await mock.call("GET", "/api/v1/tasks", headers={})
    await mock.call("GET", "/__mock/v1/health", headers=mock.control)

    own = await mock.call("GET", "/__mock/v1/journal", headers=mock.control)
    everything = await entries(mock)

    assert own.json["entries"] == []
    assert [(each["operation"], each["code"]) for each in everything] == [("list_tasks", "AUTH_REQUIRED")]
    assert "project" not in everything[0]


async def test_every_frame_of_a_stream_is_noted_as_it_was_written(mock: Served):
    task = await mock.create()
    reply = await mock.call("GET", f"/api/v1/tasks/{task}/stream", headers={**mock.key, "Last-Event-ID": "7"})

    noted = await entries(mock, f"&task={task}&stream=1")

    kinds = [each["kind"] for each in noted]
    frames = [each for each in noted if each["kind"] == "frame"]
    assert kinds == ["open", *["frame"] * len(frames), "end", "request"]
    assert "".join(each["data"] for each in frames).encode() == reply.body
    assert [each["event"] for each in frames][-1] == "done"
    assert noted[0]["last_event_id"] == "7"
    assert noted[-1]["answered"]["bytes"] == len(reply.body)
    assert {"name": "Content-Type", "value": "text/event-stream"} in noted[-1]["answered"]["headers"]
    assert noted[-2] | {"seconds": 0, "number": 0, "at": "", "real": ""} == {
        "number": 0,
        "kind": "end",
        "at": "",
        "real": "",
        "project": defaults.PROJECT_ID,
        "request": noted[0]["request"],
        "operation": "stream_task",
        "task": task,
        "stream": 1,
        "faults": [],
        "closed_by": "server",
        "frames": len(frames),
        "bytes": len(reply.body),
        "unsent_bytes": 0,
        "seconds": 0,
        "last_event_id": "7",
    }


async def test_a_client_that_leaves_differs_from_a_server_that_ends(mock: Served):
    task = await mock.create("Wait 60 seconds.")
    async with mock.session.get(f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.key) as stream:
        await stream.content.readuntil(b"\n\n")

    found = journal_of(mock)
    await eventually(
        lambda: any(
            each.entry.kind is Kind.REQUEST and each.entry.stream
            for each in found.entries(None, everybody=True)
        )
    )
    (end,) = await entries(mock, "&kind=end")
    (request,) = await entries(mock, "&operation=stream_task&kind=request")

    assert end["closed_by"] == "client"
    assert (request["status"], request["ended"]) == (200, "client")


@pytest.mark.parametrize("way", ["armed", "by header"])
async def test_what_a_fault_makes_of_a_reader_that_left_is_named_by_its_request(tmp_path: Path, way: str):
    fault = "stream.leaving-cancels"
    async with serving(tmp_path, header_faults=True) as mock:
        task = await mock.create("Wait 60 seconds.")
        headers = dict(mock.key)
        if way == "armed":
            await arm(mock, fault)
        else:
            headers["X-Mock-Fault"] = fault
        async with mock.session.get(f"{mock.url}/api/v1/tasks/{task}/stream", headers=headers) as stream:
            await stream.content.readuntil(b"\n\n")
        async with asyncio.timeout(5):
            while (await mock.call("GET", f"/api/v1/tasks/{task}")).data["status"] != "cancelled":
                pass

        (request,) = await entries(mock, "&operation=stream_task&kind=request")

    assert request["faults"] == [fault]
    assert request["ended"] == "client"


async def test_a_stream_that_was_refused_never_was(mock: Served):
    await mock.call("GET", "/api/v1/tasks/nothing/stream")

    assert [each["kind"] for each in await entries(mock)] == ["request"]


async def test_a_fault_is_named_by_the_frame_that_it_touched_and_by_no_request(tmp_path: Path):
    async with serving(tmp_path, check_responses=False) as mock:
        await arm(mock, "sse.crlf", event="done")
        await mock.finished()

        touched = await entries(mock, "&fault=sse.crlf")

    assert [(each["kind"], each["event"]) for each in touched] == [("fault", "done"), ("frame", "done")]
    assert "\r\n" in touched[1]["data"]


async def test_a_form_is_noted_field_by_field_and_a_file_by_its_size(mock: Served):
    form = aiohttp.FormData()
    form.add_field("message", "Look at it.")
    form.add_field("files", b"content of the file" * 1000, filename="a.txt", content_type="text/plain")

    await mock.call("POST", "/api/v1/tasks", data=form)
    (entry,) = await entries(mock, "&operation=create_task")

    fields = [
        (each["name"], each["text"], each["filename"], each["bytes"]) for each in entry["asked"]["fields"]
    ]
    assert fields == [("message", "Look at it.", None, 11), ("files", None, "a.txt", 19_000)]
    assert entry["asked"]["body"] is None
    assert "content of the file" not in json.dumps(entry)


async def test_without_a_journal_nothing_is_kept_and_the_control_plane_says_how_to_get_one(tmp_path: Path):
    async with serving(tmp_path, journal=0) as mock:
        await mock.finished()
        refused = await mock.call("GET", "/__mock/v1/journal", headers=mock.control)

        assert mock.application.server.app.observer is None
        assert (refused.code, "--journal 5000" in refused.message) == ("CONFLICT", True)


@pytest.mark.parametrize("shown", [ENTRIES, "/__mock/v1/journal/export?scope=server&format=har"])
@pytest.mark.parametrize("rest", ["", "/stream", "/messages"])
async def test_a_key_in_the_place_of_a_task_is_masked_everywhere(mock: Served, rest: str, shown: str):
    mistaken = "sigmic_" + "0a1b2c3d" * 8
    await mock.call("POST", "/__mock/v1/faults", headers=mock.control, json={"fault": "http.internal-error"})
    method = "POST" if rest == "/messages" else "GET"

    await mock.call(method, f"/api/v1/tasks/{mistaken}{rest}")
    text = await _text(mock, shown)

    assert mistaken not in text
    assert "/api/v1/tasks/[masked]" in text


CANARY = "canary-"


async def _plant(mock: Served) -> list[str]:
    """Send secrets in every possible place; return them."""
    planted = [f"{CANARY}{number}-{'x' * 20}" for number in range(12)]
    (header, cookie, query, env, secret, form, app, exchanged, exchanged_env, forged, broken, key) = planted
    await mock.call("GET", "/api/v1/tasks", headers={"Authorization": header, "Cookie": f"session={cookie}"})
    await mock.call("GET", "/api/v1/tasks", headers={"X-API-Key": key})
    await mock.call("GET", f"/api/v1/tasks?token={query}&limit=1")
    variables = {"env": {"E": env}, "secrets": {"S": secret}}
    message = f"Run exactly this shell command: echo $E $S {secret} {env}"
    reply = await mock.call("POST", "/api/v1/tasks", json={"message": message, **variables})
    await mock.call("GET", f"/api/v1/tasks/{reply.data['id']}/stream")
    await mock.call(
        "GET", f"/api/v1/tasks/{reply.data['id']}/history?q={secret}", headers={**mock.key, "X-Note": env}
    )
    fields = aiohttp.FormData({"message": "hello", "secrets": json.dumps({"F": form})})
    await mock.call("POST", "/api/v1/tasks", data=fields)
    exchange = {
        "appId": "app_shop",
        "appSecret": "shop-secret",
        "endUserId": "u",
        "env": {"XE": exchanged_env},
        "secrets": {"XS": exchanged},
    }
    issued = await mock.call("POST", "/api/v1/auth/token", json=exchange)
    token = issued.data["token"]
    await mock.call("POST", "/api/v1/auth/token", json={**exchange, "appSecret": app})
    bearer = {"Authorization": f"Bearer {token}"}
    told = await mock.call(
        "POST", "/api/v1/tasks", headers=bearer, json={"message": f"Say exactly: {exchanged_env} {exchanged}"}
    )
    await mock.call("GET", f"/api/v1/tasks/{told.data['id']}/stream", headers=bearer)
    await mock.call("GET", f"/api/v1/tasks?token={token}", headers=bearer)
    await mock.call("POST", "/api/v1/tasks", json={"message": "x", "secrets": {"PATH": forged}})
    await mock.call(
        "POST",
        "/api/v1/tasks",
        data=f'{{"message":"x","secrets":{{"A":"{broken}"'.encode(),
        headers={**mock.key, "Content-Type": "application/json"},
    )
    return [*planted, token, "shop-secret", defaults.API_KEY, mock.application.control_token.reveal()]


@pytest.mark.parametrize("form", ["journal", "har", "ndjson", "memory"])
async def test_no_secret_is_in_any_entry_or_export(mock: Served, form: str):
    planted = await _plant(mock)
    journal = journal_of(mock)
    shown: dict[str, Callable[[], Awaitable[str]]] = {
        "journal": lambda: _text(mock, ENTRIES),
        "har": lambda: _text(mock, "/__mock/v1/journal/export?scope=server&format=har"),
        "ndjson": lambda: _text(mock, "/__mock/v1/journal/export?scope=server&format=ndjson"),
        "memory": lambda: asyncio.sleep(0, repr(journal.entries(None, everybody=True))),
    }

    text = await shown[form]()

    assert [secret for secret in planted if secret in text] == []
    assert "[secret S]" in text
    assert "history_message" in text


async def _text(mock: Served, path: str) -> str:
    return (await mock.call("GET", path, headers=mock.control)).body.decode()
