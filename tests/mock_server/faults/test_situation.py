"""A fault that is limited to a situation fires only in that situation."""

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sigmic_mock.faults.catalogue import specify
from sigmic_spec.situations import Situations
from tests.fakes.raw_calls import TASKS, ask, call_of, listen, noted, token, until
from tests.fakes.raw_http import Seen
from tests.fakes.served import STRANGER_KEY, Served, serving
from tests.mock_server.faults import test_task_life

SHELL = "Run exactly this shell command: `echo hi`"
Scene = Callable[[Served], Awaitable[Seen]]
Part = tuple[str, str | None, bytes]
DIMENSIONS = Situations.load().dimensions
MARKS = "x-in-"


def arm_all(mock: Served, *dimensions: str) -> None:
    """For each value of the dimensions, arm a fault that adds a header with the value's name."""
    for dimension in dimensions:
        for value in DIMENSIONS[dimension].values:
            given = {"name": f"{MARKS}{dimension}-{value}", f"situation.{dimension}": value}
            mock.faults.arm(specify("http.extra-header", given))


def fired(answer: Seen, dimension: str) -> set[str]:
    marks = f"{MARKS}{dimension}-"
    return {name.lower().removeprefix(marks) for name in answer.headers if name.lower().startswith(marks)}


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


async def talked(mock: Served, turns: int, *, restores: int = 0) -> str:
    task = await mock.finished()
    for turn in range(turns - 1):
        if turn < restores:
            await expire(mock, task)
        await follow_up(mock, task)
    return task


def after_turns(turns: int, restores: int = 0) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await talked(mock, turns, restores=restores))

    return play


async def by_key(mock: Served) -> Seen:
    key = mock.key["Authorization"].removeprefix("Bearer ")
    return await get(mock, await mock.finished(), by=None, headers={"X-API-Key": key})


async def of_end_user(mock: Served) -> tuple[str, str]:
    held = await token(mock, "u1")
    made = await ask(mock, "POST", TASKS, by=held, json={"message": "What is 2+2?"})
    return held, str(made.json["data"]["id"])


async def by_end_user(mock: Served) -> Seen:
    held, task = await of_end_user(mock)
    return await get(mock, task, by=held)


async def by_other_end_user(mock: Served) -> Seen:
    _, task = await of_end_user(mock)
    return await get(mock, task, by=await token(mock, "u2"))


async def by_stranger(mock: Served) -> Seen:
    return await get(mock, await mock.finished(), by=STRANGER_KEY)


def form(*parts: Part) -> tuple[dict[str, str], bytes]:
    """A form's parts: name, file name or None, content."""
    body = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file is not None else ""
        body += f'--X\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return {"Content-Type": "multipart/form-data; boundary=X"}, body + b"--X--\r\n"


async def brought(mock: Served, *parts: Part) -> str:
    headers, body = form(*parts)
    made = await ask(mock, "POST", TASKS, headers=headers, body=body)
    task = str(made.json["data"]["id"])
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    await until(mock, task, "completed")
    return task


SAID = ("message", None, b"look")
PLAIN = ("files", "a.csv", b"1")


def bringing(*parts: Part) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await brought(mock, *parts))

    return play


def zipped(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


async def urlencoded(mock: Served) -> Seen:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"message": "What is 2+2?"}).encode()
    made = await ask(mock, "POST", TASKS, headers=headers, body=body)
    return await get(mock, str(made.json["data"]["id"]))


def valued(value: str) -> Scene:
    async def play(mock: Served) -> Seen:
        return await get(mock, await mock.create(env={"A": value}))

    return play


async def unread(mock: Served, *, late: bool = False) -> Seen:
    task = await mock.create()
    await until(mock, task, "completed")
    seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}" + "/stream" * late)
    return seen


async def late(mock: Served) -> Seen:
    return await unread(mock, late=True)


async def created(mock: Served) -> Seen:
    return await get(mock, await mock.create())


async def failed(mock: Served) -> Seen:
    task = await mock.finished("playbook: failing-task")
    await until(mock, task, "failed")
    return await get(mock, task)


async def asked(mock: Served) -> tuple[str, "asyncio.Task[Seen]"]:
    task = await mock.create(SHELL, autoExecute=False)
    reader = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    return task, reader


async def waiting(mock: Served) -> Seen:
    task, reader = await asked(mock)
    seen = await get(mock, task)
    reader.cancel()
    return seen


async def cancelled(mock: Served) -> Seen:
    task, reader = await asked(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    await reader
    return await get(mock, task)


def approved(*, alone: bool) -> Scene:
    async def play(mock: Served) -> Seen:
        task, reader = await asked(mock)
        if alone:
            reader.cancel()
            await noted(mock, task, "stream_closed")
        path = f"{TASKS}/{task}/tools/{await call_of(mock, task)}/approve"
        await ask(mock, "POST", path, json={"outcome": "proceed_once"})
        return await get(mock, task)

    return play


def listing(query: str) -> Scene:
    async def play(mock: Served) -> Seen:
        for number in range(2):
            await mock.finished(f"What is {number}+2?")
        seen: Seen = await ask(mock, "GET", TASKS + query)
        return seen

    return play


CASES: list[tuple[Scene, str]] = [
    (after_turns(1), "turn=first history=short session=new state=completed"),
    (after_turns(1), "reader=from_start caller=bearer body=json files=none value=none"),
    (after_turns(2), "turn=second history=short session=live"),
    (after_turns(3), "turn=third history=short"),
    (after_turns(4), "turn=many history=long"),
    (after_turns(10), "turn=many history=very_long"),
    (after_turns(2, restores=1), "turn=second session=restored"),
    (after_turns(3, restores=2), "turn=third session=restored_twice"),
    (by_key, "caller=api_key"),
    (by_end_user, "caller=end_user"),
    (by_other_end_user, "caller=other_end_user"),
    (by_stranger, "caller=other_project"),
    (urlencoded, "body=urlencoded files=none"),
    (bringing(SAID, PLAIN), "body=message_first files=plain"),
    (bringing(PLAIN, SAID), "body=files_first"),
    (bringing(SAID, ("files", "a.zip", zipped("one.txt"))), "files=zip"),
    (bringing(SAID, ("files", "a.zip", zipped("folder/one.txt"))), "files=zip files=nested"),
    (bringing(SAID, ("files", "folder/a.csv", b"1")), "files=nested"),
    (bringing(SAID, ("files", "a b.csv", b"1")), "files=awkward_name"),
    (bringing(SAID, PLAIN, PLAIN), "files=same_name"),
    (bringing(SAID, ("files", "a.csv", b"")), "files=empty"),
    (bringing(SAID, *(("files", f"{n}.txt", b"1") for n in range(20))), "files=at_limit"),
    (valued("a-1.b"), "value=plain"),
    (valued("a b=c"), "value=separators"),
    (valued("a'b"), "value=quotes"),
    (valued("a\nb"), "value=line_ends"),
    (valued("\u00e4"), "value=non_ascii"),
    (valued(""), "value=empty"),
    (valued("a" * 4096), "value=long"),
    (unread, "reader=none"),
    (late, "reader=late"),
    (created, "state=pending"),
    (failed, "state=failed"),
    (waiting, "state=awaiting_approval reader=from_start"),
    (cancelled, "state=cancelled"),
    (approved(alone=False), "approval=once"),
    (approved(alone=True), "approval=late"),
    (listing("?limit=1"), "page=inside"),
    (listing("?limit=1&offset=1"), "page=exact"),
    (listing("?limit=5"), "page=last"),
    (listing("?limit=1&offset=2"), "page=beyond"),
]


def pairs(text: str) -> set[tuple[str, str]]:
    return {(name, value) for name, _, value in (each.partition("=") for each in text.split())}


@pytest.mark.parametrize(("scene", "situation"), CASES, ids=[text for _, text in CASES])
async def test_a_fault_fires_in_its_situation_and_in_no_other(tmp_path: Path, scene: Scene, situation: str):
    dimensions = {name for name, _ in pairs(situation)}
    async with serving(tmp_path) as mock:
        arm_all(mock, *dimensions)
        answer = await scene(mock)

    assert {(name, value) for name in dimensions for value in fired(answer, name)} == pairs(situation)


def test_every_value_of_every_dimension_is_shown():
    shown = {pair for _, text in CASES for pair in pairs(text)}
    for dimension, table in (
        ("reader", test_task_life.READERS),
        ("state", test_task_life.STATES),
        ("approval", test_task_life.APPROVALS),
    ):
        shown |= {(dimension, value) for _, value in table if value is not None}

    assert shown == {(each.name, value) for each in DIMENSIONS.values() for value in each.values}


async def test_a_file_of_the_same_name_may_come_with_a_later_message(tmp_path: Path):
    async with serving(tmp_path) as mock:
        arm_all(mock, "files")
        task = await brought(mock, SAID, PLAIN)
        headers, body = form(SAID, PLAIN)
        await ask(mock, "POST", f"{TASKS}/{task}/messages", headers=headers, body=body)
        assert fired(await get(mock, task), "files") == {"same_name"}


async def test_the_values_of_the_creation_count_for_later_turns(tmp_path: Path):
    async with serving(tmp_path) as mock:
        arm_all(mock, "value")
        task = await mock.create(env={"A": "a'b"})
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        await follow_up(mock, task)
        assert fired(await get(mock, task), "value") == {"quotes"}


# Faults that do not depend on an answer.


async def test_a_fault_of_frames_is_confined_by_the_reader_whose_stream_it_is(tmp_path: Path):
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("sse.extra-field", {"caller": "end_user"}))
        held, task = await of_end_user(mock)
        inside = await ask(mock, "GET", f"{TASKS}/{task}/stream", by=held)
        outside = await ask(mock, "GET", f"{TASKS}/{await mock.create()}/stream")

    assert (b"futureField" in inside.body, b"futureField" in outside.body) == (True, False)


async def test_a_fault_of_a_turn_is_confined_to_a_later_one(tmp_path: Path):
    async with serving(tmp_path) as mock:
        mock.faults.arm(specify("agent.says-otherwise", {"turn": "second"}))
        task = await talked(mock, 3)
        history = await mock.call("GET", f"{TASKS}/{task}/history")

    answers = [each["content"] for each in history.data["messages"] if each["role"] == "assistant"]
    assert ["do not know" in answer for answer in answers] == [False, True, False]


async def test_a_fault_before_authentication_never_fires_for_a_caller(tmp_path: Path):
    async with serving(tmp_path) as mock:
        armed = mock.faults.arm(specify("auth.accepts-invalid-api-key", {"caller": "bearer|api_key"}))
        seen = await get(mock, await mock.finished(), by="sigmic_" + "0" * 64)

    assert (seen.status, armed.fired) == (401, 0)


async def test_nothing_is_known_of_a_message_that_came_before_the_fault_was_armed(tmp_path: Path):
    async with serving(tmp_path) as mock:
        task = await brought(mock, SAID, PLAIN)
        arm_all(mock, "files")
        assert fired(await get(mock, task), "files") == set()


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
