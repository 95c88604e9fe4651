"""Tasks whose agent is a model: a scripted endpoint behind the complete mock."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import pytest
import requests

from sigmic_mock.domain.secret import Secret
from sigmic_mock.runtime.clock.mode import Mode
from sigmic_mock.testing import mock_server
from tests.fakes.mcp_server import configured
from tests.fakes.model_endpoint import (
    ModelEndpoint,
    begun,
    calling,
    delta,
    model_endpoint,
    refusing,
    sending,
    text,
)
from tests.fakes.obedient_model import answered
from tests.fakes.project_tasks import Events, create, get, post, results
from tests.fakes.served import Served, serving
from tests.fakes.subscriber import parse

KEY = "sk-local-1234567890"
Started = Callable[..., AbstractAsyncContextManager[tuple[Served, ModelEndpoint]]]
_AUTOJUMP = Mode("autojump")
ECHO = ("run_shell_command", {"command": "echo hi"})


@pytest.fixture
def started(tmp_path: Path) -> Started:
    @asynccontextmanager
    async def start(
        *answers: Any, otherwise: Any = None, **settings: Any
    ) -> AsyncIterator[tuple[Served, ModelEndpoint]]:
        async with (
            model_endpoint(*answers, otherwise=otherwise) as endpoint,
            serving(
                tmp_path,
                **{"model": endpoint.url, "model_name": "small", "model_key": Secret(KEY), **settings},
            ) as mock,
        ):
            yield mock, endpoint

    return start


def of(events: list[tuple[str, Any]], name: str) -> list[Any]:
    return [data for each, data in events if each == name]


def said(events: list[tuple[str, Any]]) -> str:
    return "".join(data["text"] for data in of(events, "content"))


def failure(events: list[tuple[str, Any]]) -> tuple[str, str]:
    name, data = events[-1]
    assert name == "error", events
    return data["code"], data["message"]


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


async def test_deltas_reasoning_and_calls_become_the_platforms_events(started: Started) -> None:
    first = [
        delta(reasoning_content="**Look around** First the\n\nThen "),
        delta(reasoning_content="more."),
        delta(content="I look. "),
        *calling(ECHO),
    ]
    async with started(first, text("It says ", "hi.")) as (mock, endpoint):
        _, events = await mock.run("What does echo say?", systemPrompt="Be brief.")

    names = [name for name, _ in events if name not in {"heartbeat", "status"}]
    assert [name for name in names if name in {"thought", "tool_call", "tool_result", "done"}] == [
        "thought",
        "thought",
        "tool_call",
        "tool_result",
        "done",
    ]
    assert [(each["subject"], each["description"]) for each in of(events, "thought")] == [
        ("Look around", "First the"),
        ("Thinking", "Then more."),
    ]
    assert said(events) == "I look. \n\nIt says hi."
    assert of(events, "done")[0]["finalResponse"] == said(events)
    assert of(events, "tool_call")[0]["args"] == {"command": "echo hi"}
    request, after = endpoint.seen
    assert (request["model"], request["stream"]) == ("small", True)
    assert request["messages"][0]["content"].endswith("\n\nBe brief.")
    assert [tool["function"]["name"] for tool in request["tools"]][:2] == ["run_shell_command", "read_file"]
    assert request["tools"][0]["function"]["parameters"]["required"] == ["command"]
    assert [message["role"] for message in after["messages"]] == ["system", "user", "assistant", "tool"]
    assert after["messages"][-1]["tool_call_id"] == "id-0"
    assert after["messages"][-1]["content"].startswith("success: ")
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"


async def test_a_follow_up_continues_the_conversation(started: Started) -> None:
    async with started(text("Hello Ada."), text("Ada.")) as (mock, endpoint):
        task, _ = await mock.run("My name is Ada")
        await mock.say(task, "Who am I?")
        await mock.stream(task)

    assert [(each["role"], each["content"]) for each in endpoint.seen[1]["messages"]][1:] == [
        ("user", "My name is Ada"),
        ("assistant", "Hello Ada."),
        ("user", "Who am I?"),
    ]


async def test_attached_files_are_listed_in_front_of_the_message(started: Started) -> None:
    async with started(text("A table.")) as (mock, endpoint):
        data = aiohttp.FormData({"message": "What is this?"})
        data.add_field("files", b"a,b\n", filename="a.csv")
        reply = await mock.call("POST", "/api/v1/tasks", data=data)
        await mock.stream(reply.data["id"])

    seen = endpoint.seen[0]["messages"][-1]["content"]
    assert "- uploads/a.csv" in seen
    assert seen.endswith("\n\nWhat is this?")


async def test_a_call_waits_for_its_approval_and_a_refusal_reaches_the_model(started: Started) -> None:
    async with started(calling(ECHO, ECHO), text("Done.")) as (mock, endpoint):
        stream = await mock.follow(await mock.create("Go", autoExecute=False))
        await stream.until(b"awaiting_approval", 2)
        await mock.approve(stream.task)
        await mock.approve(stream.task, "cancel")
        await stream.rest()
        task = await mock.task(stream.task)

    assert task["status"] == "completed"
    results = [each["content"].split(":")[0] for each in endpoint.seen[1]["messages"][-2:]]
    assert results == ["success", "cancelled"]


async def test_a_playbook_keeps_its_message(started: Started) -> None:
    async with started() as (mock, endpoint):
        await mock.did(
            "put_playbook", name="hello", playbook={"when": {"message": "hi"}, "steps": [{"say": "Ho"}]}
        )
        _, events = await mock.run("hi")
        explained = await mock.did("explain", message="something else")

    assert said(events) == "Ho"
    assert endpoint.seen == []
    assert (explained["source"], explained["why"]) == (
        "model",
        "no playbook matches (16 checked); the model answers",
    )


async def test_cancelling_a_task_ends_the_request_to_the_endpoint_at_once(started: Started) -> None:
    async with started() as (mock, endpoint):
        endpoint.answers.append(endpoint.hang)
        stream = await mock.follow(await mock.create("Tell a story"))
        await asyncio.wait_for(endpoint.asked.wait(), 20)
        reply = await mock.call("DELETE", f"/api/v1/tasks/{stream.task}")
        await asyncio.wait_for(endpoint.left.wait(), 5)

    assert reply.status == 200


async def test_a_secret_of_the_task_is_redacted_wherever_the_model_writes_it(
    started: Started, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2-hunter2"
    caplog.set_level(logging.DEBUG)
    answer = [
        delta(reasoning_content=f"It is {secret}."),
        delta(content="It is hunter2-"),
        delta(content="hunter2."),
        *calling(("run_shell_command", {"command": f"echo {secret}"})),
    ]
    async with started(answer, text("Well.")) as (mock, endpoint):
        task, events = await mock.run("What is it?", secrets={"TOKEN": secret})
        journal = await mock.did("list_entries")
        shown = await mock.task(task)

    assert events[-1][0] == "done"
    assert secret not in json.dumps([events, journal["entries"], shown])
    assert secret not in endpoint.seen[1]["messages"][-1]["content"]
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("aio", "asyncio"))
    ]
    assert secret not in "\n".join(ours)
    assert KEY not in "\n".join(ours)


FAILURES = {
    "refuses the key": (
        (refusing(401, f"Incorrect API key: {KEY}"),),
        "MODEL_REFUSED",
        "refused the key (HTTP 401)",
    ),
    "has no such model": ((refusing(404, "no small"),), "MODEL_REFUSED", "has no model small"),
    "refuses tools": (
        (refusing(400, "small does not support tools"),),
        "MODEL_REFUSED",
        "refused the request (HTTP 400): small does not support tools",
    ),
    "quotes the key": ((refusing(400, f"bad {KEY}"),), "MODEL_REFUSED", "(HTTP 400): bad [key]"),
    "is overloaded": ((refusing(429),) * 3, "MODEL_UNAVAILABLE", "overloaded or out of order (HTTP 429)."),
    "sends no stream": ((sending(b"<html>", "text/html"),), "MODEL_MALFORMED", "it is not a stream of chat"),
    "sends no JSON": ((["data: {\n\n"],), "MODEL_MALFORMED", "a chunk is not JSON"),
    "sends a list": ((["data: []\n\n"],), "MODEL_MALFORMED", "a chunk is not an object"),
    "sends bytes": ((sending(b"data: \xff\xfe\n\n"),), "MODEL_MALFORMED", "a chunk is not JSON"),
    "sends numbers": (([delta(content=7)],), "MODEL_MALFORMED", "content is of the wrong type"),
    "sends no delta": (([{"choices": [7]}],), "MODEL_MALFORMED", "choices[0] is of the wrong type"),
    "sends an error": (
        ([delta(content="A"), {"error": {"message": "out of memory"}}],),
        "MODEL_REFUSED",
        "reported an error: out of memory",
    ),
    "sends a line without end": (
        (sending(b"data: " + b"x" * (2 << 20)),),
        "MODEL_MALFORMED",
        "it is too large",
    ),
    "sends lines without end": ((sending(b"\n" * 600_000),), "MODEL_MALFORMED", "it is too large"),
    "nests without end": (
        (sending(b"data: " + b"[" * 200_000 + b"]" * 200_000 + b"\n\n"),),
        "MODEL_MALFORMED",
        "a chunk has too many values",
    ),
    "nests deeply": ((sending(b"data: " + b"[" * 900 + b"\n\n"),), "MODEL_MALFORMED", "too many values"),
    "sends a chunk of many values": (
        ([{"choices": [], "x": dict.fromkeys(map(str, range(50_000)), 0)}],),
        "MODEL_MALFORMED",
        "a chunk has too many values",
    ),
    "refuses at length": ((refusing(400, "x" * 300_000),), "MODEL_REFUSED", "refused the request (HTTP 400)"),
    "compresses": (
        (sending(b"\x1f\x8b", **{"Content-Encoding": "gzip"}),),
        "MODEL_MALFORMED",
        "it is compressed",
    ),
    "ends too early": ((text("Half", reason=None),), "MODEL_INCOMPLETE", "broke off before its end"),
    "reaches its own limit": ((text("Half", reason="length"),), "MODEL_LIMIT", "limit of tokens"),
    "ends with an error": ((text("Ha", reason="error"),), "MODEL_REFUSED", "reported an error."),
    "filters": ((text("Ha", reason="content_filter"),), "MODEL_REFUSED", "content filter"),
    "says nothing": ((text(),), "MODEL_INCOMPLETE", "The model answered nothing."),
    "names no tool": ((calling(("", {})),), "MODEL_MALFORMED", "the name of a tool"),
    "calls too much": ((calling(*[ECHO] * 21),), "MODEL_LIMIT", "more than 20 tool calls in one answer"),
    "writes too much": ((text("x" * 2_001),), "MODEL_LIMIT", "wrote more than 2,000 characters"),
    "loops": ((calling(ECHO),) * 4, "MODEL_LOOP", "called run_shell_command 4 times in a row with the same"),
    "never ends": (
        [calling(("run_shell_command", {"command": f"echo {at}"})) for at in range(5)],
        "MODEL_LIMIT",
        "still called tools in its answer 5, the last",
    ),
    "writes no JSON": (
        (calling(("read_file", "{path: a}")),) * 3,
        "MODEL_MALFORMED",
        "called read_file with arguments that are not a JSON object, 3 times",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_model_that_does_not_work_fails_the_task_with_a_sentence(name: str, started: Started) -> None:
    answers, code, words = FAILURES[name]
    async with started(*answers, clock=_AUTOJUMP, model_characters=2_000, model_steps=5) as (mock, endpoint):
        task, events = await mock.run("Do it")
        shown = await mock.task(task)

    assert failure(events)[0] == code
    assert words in failure(events)[1]
    assert shown["status"] == "failed"
    assert KEY not in json.dumps([events, shown])
    assert len(endpoint.seen) == len(answers)


async def test_an_endpoint_that_is_down_or_slow_fails_the_task(started: Started, tmp_path: Path) -> None:
    async with started(model="http://127.0.0.1:9/v1", clock=_AUTOJUMP) as (mock, _):
        _, events = await mock.run("Do it")
    assert failure(events) == ("MODEL_UNREACHABLE", "The model endpoint http://127.0.0.1:9 can't be reached.")
    retries = [each["message"] for each in of(events, "status") if each["status"] == "retrying"]
    assert retries == ["The model endpoint http://127.0.0.1:9 can't be reached."] * 2

    async with started(model_seconds=0.2) as (mock, endpoint):
        endpoint.answers.append(endpoint.hang)
        _, events = await mock.run("Do it")
        await asyncio.wait_for(endpoint.left.wait(), 5)
    assert failure(events) == ("MODEL_TIMEOUT", "The model took more than 0.2 s for this message.")


async def test_a_retry_waits_as_long_as_the_endpoint_asks_for(started: Started) -> None:
    answers = (refusing(429, "slow down", **{"Retry-After": "7"}), refusing(503), text("Well."))
    async with started(*answers, clock=_AUTOJUMP) as (mock, _):
        before = (await mock.did("show_clock"))["now"]
        _, events = await mock.run("Do it")
        after = (await mock.did("show_clock"))["now"]

    assert said(events) == "Well."
    assert [each["status"] for each in of(events, "status")].count("retrying") == 2
    assert _seconds(after) - _seconds(before) >= 9


async def test_an_endpoint_that_asks_to_wait_beyond_the_time_limit_fails_the_task_at_once(
    started: Started,
) -> None:
    later = refusing(429, "slow down", **{"Retry-After": "99999999999"})
    async with started(later, model_seconds=8.0) as (mock, endpoint):
        _, events = await mock.run("Do it")

    assert failure(events)[0] == "MODEL_UNAVAILABLE"
    assert len(endpoint.seen) == 1


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
async def test_every_line_end_is_read_however_the_pieces_are_cut(end: bytes, started: Started) -> None:
    chunks = (delta(content="Ye"), delta(content="s."), delta(reason="stop"))
    lines = [
        b": comment",
        b"",
        *(b"event: x\ndata: " + json.dumps(chunk).encode() + b"\n" for chunk in chunks),
    ]
    whole = b"\n".join(lines).replace(b"\n", end)

    async def cut(request: aiohttp.web.Request, _: Any) -> aiohttp.web.StreamResponse:
        response = await begun(request)
        for at in range(len(whole)):
            await response.write(whole[at : at + 1])
        return response

    async with started(cut) as (mock, _):
        _, events = await mock.run("Do it")

    assert said(events) == "Yes."


async def test_a_model_can_correct_itself(started: Started) -> None:
    answers = (
        calling(("read_file", "[]")),
        calling(("no_such_tool", {}), ids=False),
        text("I can't do that."),
    )
    async with started(*answers) as (mock, endpoint):
        _, events = await mock.run("Do it")

    assert events[-1][0] == "done"
    assert endpoint.seen[1]["messages"][-1]["content"].startswith("The arguments are not a JSON object")
    assert endpoint.seen[2]["messages"][-1]["content"] == "error: There is no tool named no_such_tool."
    assert [(each["status"], each["output"]) for each in of(events, "tool_result")] == [
        ("error", "There is no tool named no_such_tool.")
    ]


@pytest.mark.parametrize(
    "message",
    [
        "What is 2+2?",
        "Run exactly this shell command: echo one",
        "Create a file named a.txt containing: hello\nThen read the file a.txt.",
        "Say exactly: two words",
    ],
)
async def test_a_model_that_obeys_does_what_the_scripted_agent_does(
    started: Started, tmp_path: Path, message: str
) -> None:
    async with serving(tmp_path / "scripted") as mock:
        _, expected = await mock.run(message)
    async with started(otherwise=answered) as (mock, _):
        _, events = await mock.run(message)

    def seen(of_run: list[tuple[str, Any]]) -> list[Any]:
        return [
            (data.get("args"), data.get("output"), data.get("finalResponse"), data.get("description"))
            for name, data in of_run
            if name in {"thought", "tool_call", "tool_result", "done"}
        ]

    assert seen(events) == seen(expected)


async def test_real_tools_an_approval_and_an_mcp_server(tmp_path: Path) -> None:
    """The complete mock on its thread, with its real sandboxes."""
    answers = (
        calling(("write_file", {"path": "downloads/a.txt", "content": "one\n"})),
        calling(
            ("run_shell_command", {"command": "cat downloads/a.txt; echo $TOKEN"}),
            ("mcp_good_echo", {"text": "two"}),
        ),
        text("All done."),
    )
    async with (
        model_endpoint(*answers) as endpoint,
        mock_server(model=endpoint.url, model_name="small", folder=tmp_path) as mock,
    ):
        mock.configure(mcp_servers={"good": configured("good")}, tool_policies={"run_shell_command": "ask"})

        def work() -> Events:
            task = create(mock, "Write, read and echo", secrets={"TOKEN": "hunter2-hunter2"})
            reply = requests.get(
                f"{mock.base_url}/api/v1/tasks/{task}/stream", headers=mock.headers, timeout=60, stream=True
            )
            mock.wait_for(kind="frame", event="tool_call", at_least=3)
            waiting = get(mock, f"/{task}").json()["data"]["pendingApprovals"]
            for each in waiting:
                post(mock, f"/{task}/tools/{each['callId']}/approve", outcome="proceed_once")
            return parse(reply.content)

        heard = await asyncio.to_thread(work)

    assert [status for status, _ in results(heard)] == ["success"] * 3
    outputs = {output.splitlines()[-1] for _, output in results(heard)[1:]}
    assert any(output.endswith("echo: two") for output in outputs)
    assert "hunter2" not in json.dumps([endpoint.seen, heard])
    offered = {tool["function"]["name"]: tool["function"] for tool in endpoint.seen[0]["tools"]}
    assert offered["mcp_good_echo"]["description"] == "Does echo."
    assert offered["mcp_good_echo"]["parameters"] == {"type": "object"}
