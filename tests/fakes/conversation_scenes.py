"""Scenes of tasks, follow-ups and streams: what became of them, not what an answer says.

Each returns one word, but for those whose answer is looked at; see `tests.fakes.fault_scenes`.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.fakes.fault_scenes import (
    SCENES,
    TALK,
    TASKS,
    Play,
    ask,
    asking,
    deciding,
    follow,
    form,
    listen,
    status,
    status_of,
    streaming,
    token,
    until,
    with_file,
)
from tests.fakes.raw_http import Seen
from tests.fakes.served import Served
from tests.fakes.waiting import eventually

FORM = '--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nhi\r\n--X--\r\n'
SCENES |= {
    "stream-separators": streaming("one\u2028two\u2029three\u0085four"),
    "stream-lines": streaming("one\ntwo"),
}


def created(**fields: Any) -> Any:
    async def prepare(mock: Served) -> Play:
        async def play() -> Seen:
            task = await mock.create(**fields)
            seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}")
            return seen

        return play

    return prepare


SCENES |= {
    "created": created(),
    "created-hidden": created(showInHistory=False, autoExecute=False, systemPrompt="be brief"),
}


async def data(mock: Served, path: str) -> Any:
    return (await mock.call("GET", f"{TASKS}{path}")).data


async def messages(mock: Served, task: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (await data(mock, f"/{task}/history"))["messages"]
    return found


async def total(mock: Served) -> int:
    return int((await mock.call("GET", TASKS)).json["pagination"]["total"])


@deciding("creates-by-form", "201", "415")
async def _(mock: Served) -> str:
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    return str((await ask(mock, "POST", TASKS, headers=headers, body=FORM.encode())).status)


deciding("creates-by-json", "201", "415")(lambda mock: status_of(mock, "POST", TASKS, json={"message": "hi"}))


@deciding("creates-refused", "400, 0 made", "400, 1 made")
async def _(mock: Served) -> str:
    before = await total(mock)
    seen = await ask(mock, "POST", TASKS, json={"message": "hi", "nonsense": 1})
    return f"{seen.status}, {await total(mock) - before} made"


@deciding("creates-from-no-message", "400, 0 made", "201, 1 made")
async def _(mock: Served) -> str:
    before = await total(mock)
    seen = await ask(mock, "POST", TASKS, json={"systemPrompt": "be brief"})
    return f"{seen.status}, {await total(mock) - before} made"


@deciding("creates-with-json-files", "refused", "uploads/a.txt")
async def _(mock: Served) -> str:
    body = {"message": "hi", "files": [{"name": "a.txt", "content": "a"}]}
    seen = await ask(mock, "POST", TASKS, json=body)
    if seen.status == 400:
        return "refused"
    listed = await data(mock, f"/{seen.json['data']['id']}/artifacts")
    return str(listed["files"][0]["path"])


@deciding("reads-astral-text", "rain 🌧", "rain ?")
async def _(mock: Served) -> str:
    task = await mock.create("rain 🌧")
    assert (await messages(mock, task))[0]["content"] == (await data(mock, f"/{task}"))["message"]
    return str((await data(mock, f"/{task}"))["message"])


@deciding("lists-101", "400", "101")
async def _(mock: Served) -> str:
    await mock.create()
    seen = await ask(mock, "GET", f"{TASKS}?limit=101")
    return str(len(seen.json["data"])) if seen.status == 200 else str(seen.status)


@deciding("lists-alike", "alike", "differ")
async def _(mock: Served) -> str:
    await ask(mock, "POST", TASKS, by=await token(mock), json={"message": "hi"})
    return "alike" if await total(mock) == await total(mock) else "differ"


@deciding("reads-running", "there", "missing")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 300 ms")
    listener = listen(mock, task)
    await until(mock, task, "running")
    view = await data(mock, f"/{task}")
    await listener
    return "there" if "output" in view else "missing"


@deciding("reads-twice", "alike", "differ")
async def _(mock: Served) -> str:
    task = await mock.finished()
    first, second = [(await data(mock, f"/{task}"))["output"]["updatedAt"] for _ in range(2)]
    return "alike" if first == second else "differ"


# --- follow-ups --------------------------------------------------------------------------------------------


async def followed_up(mock: Served, task: str, message: str, *files: tuple[str, bytes]) -> Seen:
    """Send a follow-up with files and hear its run."""
    headers, body = form(*files)
    body = body.replace(b"look", message.encode())
    seen: Seen = await ask(mock, "POST", f"{TASKS}/{task}/messages", headers=headers, body=body)
    if seen.status < 300:
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return seen


@deciding("follow-up-with-file", "200", "415")
async def _(mock: Served) -> str:
    return str((await followed_up(mock, await with_file(mock), "look", ("b.txt", b"b"))).status)


@deciding("follow-up-files", "both", "one")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    await followed_up(mock, task, "look", ("b.txt", b"b"))
    return "both" if len((await data(mock, f"/{task}/artifacts"))["files"]) == 2 else "one"


@deciding("follow-up-content", "b", "")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    await followed_up(mock, task, "look", ("b.txt", b"b"))
    seen = await ask(mock, "GET", f"{TASKS}/{task}/artifacts/download?path=uploads/b.txt")
    return str(seen.body.decode())


@deciding("follow-up-names", "named", "unnamed")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    await followed_up(mock, task, "List the names of the files I uploaded.", ("later.txt", b"b"))
    return "named" if "later.txt" in (await messages(mock, task))[-1]["content"] else "unnamed"


@deciding("follow-up-slow", "running", "completed")
async def _(mock: Served) -> str:
    task = await mock.finished()
    await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": "Wait 300 ms"})
    return await status(mock, task)


@deciding("first-answers", "user assistant", "user")
async def _(mock: Served) -> str:
    return " ".join(each["role"] for each in await messages(mock, await mock.finished()))


async def conversation(mock: Served) -> str:
    task = await mock.finished()
    await follow(mock, task, "And 3+3?")
    return task


@deciding("follow-up-answers", "2 answers", "1 answers")
async def _(mock: Served) -> str:
    roles = [each["role"] for each in await messages(mock, await conversation(mock))]
    return f"{roles.count('assistant')} answers"


@deciding("follow-up-keeps", "4", "3")
async def _(mock: Served) -> str:
    return str(len(await messages(mock, await conversation(mock))))


async def refused_follow_up(mock: Served, task: str, body: Mapping[str, Any]) -> str:
    before = len(await messages(mock, task))
    seen = await ask(mock, "POST", f"{TASKS}/{task}/messages", json=body)
    return f"{seen.status}, {len(await messages(mock, task)) - before} saved"


@deciding("follow-up-refused", "400, 0 saved", "400, 1 saved")
async def _(mock: Served) -> str:
    return await refused_follow_up(mock, await mock.finished(), {"systemPrompt": "x"})


@deciding("follow-up-early", "409, 0 saved", "409, 1 saved")
async def _(mock: Served) -> str:
    return await refused_follow_up(mock, await asking(mock), {"message": "And 3+3?"})


@deciding("follow-up-without-message", "400, 0 saved", "200, 1 saved")
async def _(mock: Served) -> str:
    return await refused_follow_up(mock, await mock.finished(), {"systemPrompt": "x"})


# --- streams -----------------------------------------------------------------------------------------------


@deciding("streams-framing", "one", "two")
async def _(mock: Served) -> str:
    task = await mock.create()
    await until(mock, task, "completed")
    raw = await mock.raw(mock.head("GET", f"{TASKS}/{task}/stream"))
    head = raw.partition(b"\r\n\r\n")[0].lower()
    assert b"transfer-encoding: chunked" in head
    return "two" if b"content-length:" in head else "one"


@deciding("streams-finished", "200", "404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    return str((await ask(mock, "GET", f"{TASKS}/{task}/stream")).status)


@deciding("streams-parked", "open", "whole")
async def _(mock: Served) -> str:
    task = await mock.create(TALK, autoExecute=False)
    first = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    second = await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.2)
    first.cancel()
    return second.ending


async def two_readers(mock: Served) -> tuple[Seen, Seen]:
    """Return what a reader from the start and one who joins later heard."""
    task = await mock.create("Wait 300 ms")
    first = listen(mock, task)
    await until(mock, task, "running")
    second = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return await first, second


@deciding("streams-again", "1", "0")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 300 ms")
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{TASKS}/{task}/stream"))
    await reader.readuntil(b"processing")
    writer.transport.abort()
    streams = mock.application.platform.streams
    await eventually(lambda: not streams.active)
    again = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return str(again.body.count(b"event: history_message\n"))


@deciding("streams-agree", "1 and 1", "1 and 0")
async def _(mock: Served) -> str:
    task = await mock.create(TALK)
    seen = await asyncio.gather(listen(mock, task), listen(mock, task))
    counts = sorted((each.body.count(b"event: tool_result\n") for each in seen), reverse=True)
    return " and ".join(str(count) for count in counts)


@deciding("streams-late-beat", "both", "first")
async def _(mock: Served) -> str:
    first, second = await two_readers(mock)
    assert b":heartbeat\n\n" in first.body
    return "both" if b":heartbeat\n\n" in second.body else "first"
