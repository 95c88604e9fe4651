"""A fault that is confined to a situation fires inside of it and nowhere else, value by value."""

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.spec.situations import Situations
from tests.fakes.raw_calls import ask, call_of, listen, noted, token, until
from tests.fakes.raw_http import Seen
from tests.fakes.served import STRANGER_KEY, Served, serving

TASKS = "/api/v1/tasks"
SHELL = "Run exactly this shell command: `echo hi`"
SLOW = "Say exactly: one. Wait 600 ms. Say exactly: two"
LONG_TOOL = """
name: tool-takes-long
when: {message: "playbook: tool-takes-long"}
steps:
  - tool: {name: crm__find, args: {id: 7}, takes: 10m, result: Ada}
"""
Scene = Callable[[Served], Awaitable[Seen]]
SCENES: dict[tuple[str, str], Scene] = {}
MARKS = "X-In-"


def scene(dimension: str, *values: str) -> Callable[[Scene], Scene]:
    def register(function: Scene) -> Scene:
        SCENES.update({(dimension, value): function for value in values})
        return function

    return register


def arm_all(mock: Served, dimension: str) -> None:
    """Arm for each value of a dimension a fault that gives itself away in a header of its own."""
    for value in Situations.load().dimensions[dimension].values:
        given = {"name": f"{MARKS}{value}", f"situation.{dimension}": value}
        mock.faults.arm(specify("http.extra-header", given))


def fired(answer: Seen) -> set[str]:
    marks = MARKS.lower()
    return {name.lower().removeprefix(marks) for name in answer.headers if name.lower().startswith(marks)}


@pytest.mark.parametrize(
    ("dimension", "value"),
    [(each.name, value) for each in Situations.load().dimensions.values() for value in each.values],
)
async def test_a_fault_fires_in_its_situation_and_in_no_other(tmp_path: Path, dimension: str, value: str):
    (tmp_path / "long.yaml").write_text(LONG_TOOL, "utf-8")
    async with serving(tmp_path, playbooks=tmp_path) as mock:
        arm_all(mock, dimension)
        answer = await SCENES[dimension, value](mock)

    assert fired(answer) == {value}


async def get(mock: Served, task: str, **options: Any) -> Seen:
    seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}", **options)
    return seen


async def follow_up(mock: Served, task: str, message: str = "And 3+3?") -> Seen:
    sent: Seen = await ask(mock, "POST", f"{TASKS}/{task}/messages", json={"message": message})
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return sent


async def expire(mock: Served, task: str) -> None:
    reply = await mock.call("POST", f"/__mock/v1/sessions/{task}/expire", headers=mock.control, json={})
    assert reply.json["expired"], reply.body


async def talked(mock: Served, turns: int) -> str:
    task = await mock.finished()
    for _ in range(turns - 1):
        await follow_up(mock, task)
    return task


def after_turns(turns: int) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await talked(mock, turns))

    return play


SCENES |= {("turn", name): after_turns(n) for n, name in enumerate(("first", "second", "third", "many"), 1)}
SCENES |= {("history", name): after_turns(n) for name, n in {"short": 3, "long": 4, "very_long": 10}.items()}
SCENES |= {("session", name): after_turns(n) for name, n in {"new": 1, "live": 2}.items()}


def restored(times: int) -> Scene:
    async def play(mock: Served) -> Seen:
        task = await mock.finished()
        for _ in range(times):
            await expire(mock, task)
            await follow_up(mock, task)
        return await get(mock, task)

    return play


SCENES |= {("session", "restored"): restored(1), ("session", "restored_twice"): restored(2)}


@scene("caller", "bearer")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.finished())


@scene("caller", "api_key")
async def _(mock: Served) -> Seen:
    key = mock.key["Authorization"].removeprefix("Bearer ")
    return await get(mock, await mock.finished(), by=None, headers={"X-API-Key": key})


async def of_end_user(mock: Served) -> tuple[str, str]:
    held = await token(mock, "u1")
    made = await ask(mock, "POST", TASKS, by=held, json={"message": "What is 2+2?"})
    return held, str(made.json["data"]["id"])


@scene("caller", "end_user")
async def _(mock: Served) -> Seen:
    held, task = await of_end_user(mock)
    return await get(mock, task, by=held)


@scene("caller", "other_end_user")
async def _(mock: Served) -> Seen:
    _, task = await of_end_user(mock)
    return await get(mock, task, by=await token(mock, "u2"))


@scene("caller", "other_project")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.finished(), by=STRANGER_KEY)


def form(*parts: tuple[str, str | None, bytes]) -> tuple[dict[str, str], bytes]:
    """A form of parts: name, file name or None, content."""
    body = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file is not None else ""
        body += f'--X\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return {"Content-Type": "multipart/form-data; boundary=X"}, body + b"--X--\r\n"


async def brought(mock: Served, *parts: tuple[str, str | None, bytes]) -> str:
    headers, body = form(*parts)
    made = await ask(mock, "POST", TASKS, headers=headers, body=body)
    task = str(made.json["data"]["id"])
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    await until(mock, task, "completed")
    return task


SAID = ("message", None, b"look")
PLAIN = ("files", "a.csv", b"1")


def bringing(*parts: tuple[str, str | None, bytes]) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await brought(mock, *parts))

    return play


def zipped(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


SCENES |= {
    ("body", "json"): SCENES["caller", "bearer"],
    ("body", "message_first"): bringing(SAID, PLAIN),
    ("body", "files_first"): bringing(PLAIN, SAID),
    ("files", "none"): SCENES["caller", "bearer"],
    ("files", "plain"): bringing(SAID, PLAIN),
    ("files", "zip"): bringing(SAID, ("files", "a.zip", zipped("one.txt"))),
    ("files", "nested"): bringing(SAID, ("files", "folder/a.csv", b"1")),
    ("files", "awkward_name"): bringing(SAID, ("files", "a b.csv", b"1")),
    ("files", "same_name"): bringing(SAID, PLAIN, PLAIN),
    ("files", "empty"): bringing(SAID, ("files", "a.csv", b"")),
    ("files", "at_limit"): bringing(SAID, *(("files", f"{n}.txt", b"1") for n in range(20))),
}


@scene("body", "urlencoded")
async def _(mock: Served) -> Seen:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"message": "What is 2+2?"}).encode()
    made = await ask(mock, "POST", TASKS, headers=headers, body=body)
    return await get(mock, str(made.json["data"]["id"]))


async def test_an_archive_with_folders_is_both_an_archive_and_nested(tmp_path: Path):
    async with serving(tmp_path) as mock:
        arm_all(mock, "files")
        task = await brought(mock, SAID, ("files", "a.zip", zipped("folder/one.txt")))
        assert fired(await get(mock, task)) == {"zip", "nested"}


async def test_a_file_of_the_same_name_may_come_with_a_later_message(tmp_path: Path):
    async with serving(tmp_path) as mock:
        arm_all(mock, "files")
        task = await brought(mock, SAID, PLAIN)
        headers, body = form(SAID, PLAIN)
        await ask(mock, "POST", f"{TASKS}/{task}/messages", headers=headers, body=body)
        assert fired(await get(mock, task)) == {"same_name"}


def valued(env: Mapping[str, str]) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await mock.create(env=dict(env)))

    return play


VALUES = {
    "plain": "a-1.b",
    "separators": "a b=c",
    "quotes": "a'b",
    "line_ends": "a\nb",
    "non_ascii": "ä",
    "empty": "",
    "long": "a" * 4096,
}
SCENES |= {("value", name): valued({"A": value}) for name, value in VALUES.items()}
SCENES["value", "none"] = SCENES["caller", "bearer"]


async def test_the_values_of_the_creation_count_for_later_turns(tmp_path: Path):
    async with serving(tmp_path) as mock:
        arm_all(mock, "value")
        task = await mock.create(env={"A": "a'b"})
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        await follow_up(mock, task)
        assert fired(await get(mock, task)) == {"quotes"}


@scene("reader", "from_start")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.finished())


@scene("reader", "none")
async def _(mock: Served) -> Seen:
    task = await mock.create()
    await until(mock, task, "completed")
    return await get(mock, task)


@scene("reader", "late")
async def _(mock: Served) -> Seen:
    task = await mock.create()
    await until(mock, task, "completed")
    late: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return late


async def speaking(mock: Served, message: str = SLOW, **fields: Any) -> tuple[str, "asyncio.Task[Seen]"]:
    """A task whose reader has heard that the agent works."""
    task = await mock.create(message, **fields)
    reader = listen(mock, task)
    await noted(mock, task, "event", "content")
    return task, reader


async def left(mock: Served, task: str, reader: "asyncio.Task[Seen]") -> None:
    reader.cancel()
    await noted(mock, task, "stream_closed")


@scene("reader", "joining")
async def _(mock: Served) -> Seen:
    task = await mock.create("Wait 1500 ms. Say exactly: end")
    await noted(mock, task, "event")
    joined: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=5.0)
    return joined


@scene("reader", "dropped")
async def _(mock: Served) -> Seen:
    task, reader = await speaking(mock)
    await left(mock, task, reader)
    return await get(mock, task)


@scene("reader", "returning")
async def _(mock: Served) -> Seen:
    task, reader = await speaking(mock)
    await left(mock, task, reader)
    again: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=5.0)
    return again


@scene("reader", "several")
async def _(mock: Served) -> Seen:
    task, reader = await speaking(mock)
    second: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=5.0)
    await reader
    return second


@scene("state", "completed")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.finished())


@scene("state", "pending")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.create())


@scene("state", "speaking")
async def _(mock: Served) -> Seen:
    task, reader = await speaking(mock)
    seen = await get(mock, task)
    await reader
    return seen


@scene("state", "tool_running")
async def _(mock: Served) -> Seen:
    task = await mock.create("playbook: tool-takes-long")
    reader = listen(mock, task)
    await noted(mock, task, "event", "tool_call")
    seen = await get(mock, task)
    reader.cancel()
    return seen


async def asked(mock: Served, message: str = SHELL) -> tuple[str, "asyncio.Task[Seen]"]:
    task = await mock.create(message, autoExecute=False)
    reader = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    return task, reader


@scene("state", "awaiting_approval")
async def _(mock: Served) -> Seen:
    task, reader = await asked(mock)
    seen = await get(mock, task)
    reader.cancel()
    return seen


@scene("state", "failed")
async def _(mock: Served) -> Seen:
    task = await mock.finished("playbook: failing-task")
    await until(mock, task, "failed")
    return await get(mock, task)


@scene("state", "cancelled")
async def _(mock: Served) -> Seen:
    task, reader = await asked(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    await reader
    return await get(mock, task)


@scene("approval", "automatic")
async def _(mock: Served) -> Seen:
    return await get(mock, await mock.finished(SHELL))


def deciding(outcome: str, *, alone: bool = False) -> Scene:
    async def play(mock: Served) -> Seen:
        task, reader = await asked(mock)
        if alone:
            await left(mock, task, reader)
        path = f"{TASKS}/{task}/tools/{await call_of(mock, task)}/approve"
        await ask(mock, "POST", path, json={"outcome": outcome})
        return await get(mock, task)

    return play


SCENES |= {
    ("approval", "once"): deciding("proceed_once"),
    ("approval", "always"): deciding("proceed_always"),
    ("approval", "rejected"): deciding("cancel"),
    ("approval", "late"): deciding("proceed_once", alone=True),
}


@scene("approval", "several")
async def _(mock: Served) -> Seen:
    task, reader = await asked(mock, f"{SHELL} Then run exactly this shell command: `echo two`")
    for _ in range(2):
        await until(mock, task, "awaiting_approval")
        path = f"{TASKS}/{task}/tools/{await call_of(mock, task)}/approve"
        await ask(mock, "POST", path, json={"outcome": "proceed_once"})
    await reader
    return await get(mock, task)


def listing(query: str) -> Scene:
    async def play(mock: Served) -> Seen:
        for number in range(2):
            await mock.finished(f"What is {number}+2?")
        seen: Seen = await ask(mock, "GET", TASKS + query)
        return seen

    return play


SCENES |= {
    ("page", "inside"): listing("?limit=1"),
    ("page", "exact"): listing("?limit=1&offset=1"),
    ("page", "last"): listing("?limit=5"),
    ("page", "beyond"): listing("?limit=1&offset=2"),
}


# Faults that are decided elsewhere than on an answer.


async def test_a_fault_of_frames_is_confined_by_the_reader_whose_stream_it_is(tmp_path: Path):
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("sse.extra-field", {"caller": "end_user"}))
        held, task = await of_end_user(mock)
        inside = await ask(mock, "GET", f"{TASKS}/{task}/stream", by=held)
        outside = await ask(mock, "GET", f"{TASKS}/{await mock.create()}/stream")

    assert (b"futureField" in inside.body, b"futureField" in outside.body) == (True, False)


async def test_a_replay_counts_its_own_reader(tmp_path: Path):
    async with serving(tmp_path) as mock:
        armed = mock.faults.arm(specify("sse.comment-in-event", {"reader": "late", "event": "history_done"}))
        await ask(mock, "GET", f"{TASKS}/{await mock.create()}/stream")
        first = armed.fired
        await SCENES["reader", "late"](mock)

    assert (first, armed.fired) == (0, 1)


async def test_a_fault_of_a_turn_is_confined_to_a_later_one(tmp_path: Path):
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("agent.says-otherwise", {"turn": "second"}))
        task = await talked(mock, 3)
        history = await mock.call("GET", f"{TASKS}/{task}/history")

    answers = [each["content"] for each in history.data["messages"] if each["role"] == "assistant"]
    assert ["do not know" in answer for answer in answers] == [False, True, False]


async def test_a_fault_of_a_restore_is_confined_to_the_second_one(tmp_path: Path):
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("restore.refused", {"session": "restored_twice"}))
        task = await mock.finished()
        codes = []
        for _ in range(2):
            await expire(mock, task)
            codes.append((await follow_up(mock, task)).status)

    assert codes == [200, 404]


async def test_a_fault_of_a_task_is_confined_to_what_came_with_its_message(tmp_path: Path):
    async with serving(tmp_path) as mock:
        armed = mock.faults.arm(
            specify("phase.done-before-saved", {"seconds": 0.01, "files": "awkward_name"})
        )
        await brought(mock, SAID, PLAIN)
        outside = armed.fired
        await brought(mock, SAID, ("files", "a b.csv", b"1"))

    assert (outside, armed.fired) == (0, 1)


async def test_a_fault_before_anybody_is_known_never_fires_for_a_caller(tmp_path: Path):
    async with serving(tmp_path) as mock:
        armed = mock.faults.arm(specify("auth.accepts-invalid-api-key", {"caller": "bearer|api_key"}))
        seen = await get(mock, await mock.finished(), by="sigmic_" + "0" * 64)

    assert (seen.status, armed.fired) == (401, 0)


async def test_a_header_asks_for_a_confined_fault(tmp_path: Path):
    async with serving(tmp_path, header_faults=True) as mock:
        task = await mock.finished()
        asked_for = [
            await get(mock, task, headers={"X-Mock-Fault": f"http.extra-header,turn={turn}"})
            for turn in ("first", "second")
        ]

    assert ["x-future" in {name.lower() for name in answer.headers} for answer in asked_for] == [True, False]


async def test_the_control_plane_tells_in_which_situation_a_fault_is_armed(tmp_path: Path):
    async with serving(tmp_path) as mock:
        body = {"fault": "history.role-system", "with": {"session": "restored|restored_twice"}}
        made = await mock.call("POST", "/__mock/v1/faults", headers=mock.control, json=body)
        refused = await mock.call(
            "POST", "/__mock/v1/faults", headers=mock.control, json={**body, "with": {"session": "old"}}
        )

    assert made.json["where"]["session"] == "restored|restored_twice"
    assert "session is never 'old'; it is one of new, live, restored" in refused.body.decode()


async def test_nothing_is_known_of_a_message_that_came_before_the_fault_was_armed(tmp_path: Path):
    async with serving(tmp_path) as mock:
        task = await brought(mock, SAID, PLAIN)
        arm_all(mock, "files")
        assert fired(await get(mock, task)) == set()


async def test_a_dry_run_shows_where_a_fault_could_fire_and_fires_none(tmp_path: Path):
    async with serving(tmp_path) as mock:
        path = "/__mock/v1/faults/dry-run"
        begun = await mock.call("POST", path, headers=mock.control, json={"class": "violation"})
        task = await talked(mock, 2)
        history = await mock.call("GET", f"{TASKS}/{task}/history")
        ended = await mock.call("DELETE", path, headers=mock.control)

    roles = [each["situation"] for each in ended.json["occasions"] if each["fault"] == "history.role-system"]
    assert begun.json["faults"] > 500
    assert [each["role"] for each in history.data["messages"]] == ["user", "assistant"] * 2
    assert [(each["turn"], each["session"], each["caller"]) for each in roles] == [
        (["second"], ["live"], ["bearer"])
    ]
