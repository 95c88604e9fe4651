"""The scenes in which faults are seen: each prepares what it needs once, and can then be played repeatedly.

A scene of a generic fault returns the answer that the fault alters (`Seen`); a scene of a wrong decision
returns one word, and `WORDS` says which word is right and which is the fault's.
"""

import asyncio
import difflib
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sigmic_conformance.mock_server.config import defaults
from tests.fakes.raw_http import Seen, see
from tests.fakes.served import ORIGIN, STRANGER_KEY, UNKNOWN_KEY, VIEWER_KEY, Served
from tests.fakes.waiting import eventually

TASKS = "/api/v1/tasks"
TALK = "Think about rain. Run exactly this shell command: `echo hi`"
Play = Callable[[], Awaitable[Seen | str]]
Scene = Callable[[Served], Awaitable[Play]]


class Scenes(dict[str, Scene]):
    """Scenes by the name that a fault's `drive` gives; an unknown one is told with its nearest."""

    def __missing__(self, name: str) -> Scene:
        near = ", ".join(difflib.get_close_matches(name, self, cutoff=0.5)) or "none"
        raise LookupError(f"no scene {name!r} (nearest: {near}): announce it in tests/fakes/*_scenes.py")


SCENES = Scenes()
NOBODY = "00000000-0000-4000-8000-00000000dead"


def scene(name: str) -> Callable[[Scene], Scene]:
    def register(function: Scene) -> Scene:
        SCENES[name] = function
        return function

    return register


def ask(mock: Served, method: str, path: str, *, by: str | None = defaults.API_KEY, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {by}"} if by else {}
    value = options.pop("json", None)
    if value is not None:
        headers["Content-Type"] = "application/json"
        options["body"] = json.dumps(value).encode()
    return see(mock.port, method, path, headers | options.pop("headers", {}), **options)


async def status_of(mock: Served, method: str, path: str, **options: Any) -> str:
    """The status of an answer, as the word of a scene."""
    return str((await ask(mock, method, path, **options)).status)


def fixed(method: str, path: str, **options: Any) -> Scene:
    async def prepare(mock: Served) -> Play:
        return lambda: ask(mock, method, path, **options)

    return prepare


def about_task(method: str, suffix: str, message: str = TALK, **options: Any) -> Scene:
    async def prepare(mock: Served) -> Play:
        task = await mock.finished(message)
        return lambda: ask(mock, method, f"{TASKS}/{task}{suffix}", **options)

    return prepare


async def status(mock: Served, task: str) -> str:
    return str((await mock.call("GET", f"{TASKS}/{task}")).data["status"])


async def until(mock: Served, task: str, *wanted: str) -> str:
    """Wait until the task has one of these statuses; return it."""
    now = ""

    async def reached() -> bool:
        nonlocal now
        now = await status(mock, task)
        return now in wanted

    await eventually(reached)
    return now


async def noted(mock: Served, task: str, what: str, event: str | None = None) -> None:
    """Wait until the task's timeline tells of it."""

    async def tells() -> bool:
        known = await mock.call("GET", f"/__mock/v1/tasks/{task}/timeline", headers=mock.control)
        entries = known.json["timeline"]
        return any(each["what"] == what and event in {None, each.get("event")} for each in entries)

    await eventually(tells)


def listen(mock: Served, task: str) -> "asyncio.Task[Seen]":
    return asyncio.ensure_future(ask(mock, "GET", f"{TASKS}/{task}/stream", patience=5.0))


async def asking(mock: Served, message: str = TALK) -> str:
    """Create a task that waits for an approval; its audience has left."""
    task = await mock.create(message, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    listener.cancel()
    return task


async def call_of(mock: Served, task: str) -> str:
    return str((await mock.call("GET", f"{TASKS}/{task}")).data["pendingApprovals"][0]["callId"])


async def token(mock: Served, user: str = "u1", **fields: Any) -> str:
    body = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": user, **fields}
    return str((await mock.call("POST", "/api/v1/auth/token", json=body)).data["token"])


def form(*files: tuple[str, bytes]) -> tuple[dict[str, str], bytes]:
    parts = [b'--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nlook\r\n']
    parts += [
        b'--X\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n' % (n.encode(), c)
        for n, c in files
    ]
    return {"Content-Type": "multipart/form-data; boundary=X"}, b"".join([*parts, b"--X--\r\n"])


async def with_file(mock: Served) -> str:
    headers, body = form(("data.csv", b"a,b\n1,2\n"))
    seen = await ask(mock, "POST", TASKS, headers=headers, body=body)
    task = str(seen.json["data"]["id"])
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return task


SCENES |= {
    "get": about_task("GET", ""),
    "history": about_task("GET", "/history"),
    "stream-idle": about_task("GET", "/stream"),
    "create": fixed("POST", TASKS, json={"message": "What is 2+2?"}),
    "follow-up": about_task("POST", "/messages", json={"message": "And 3+3?"}),
    "follow-up-empty": about_task("POST", "/messages", json={}),
    "token": fixed(
        "POST",
        "/api/v1/auth/token",
        by=None,
        json={"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "u", "expiresIn": "30m"},
    ),
    "approve-nothing": about_task("POST", "/tools/x/approve", json={"outcome": "cancel"}),
    "artifacts-nothing": fixed("GET", f"{TASKS}/{NOBODY}/artifacts"),
    "download-no-path": about_task("GET", "/artifacts/download"),
    "download-climb": about_task("GET", "/artifacts/download?path=../../../etc/passwd"),
}


@scene("get-options")
async def _(mock: Served) -> Play:
    task = await mock.create(
        "Grüße 日本", showInHistory=False, autoExecute=False, systemPrompt="be brief", env={"A": "1"}
    )
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}")


@scene("get-empty-env")
async def _(mock: Served) -> Play:
    task = await mock.create("What is 2+2?", env={})
    return lambda: ask(mock, "GET", f"{TASKS}/{task}")


@scene("artifacts-none")
async def _(mock: Served) -> Play:
    task = await mock.finished("What is 2+2?")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts")


@scene("get-asking")
async def _(mock: Served) -> Play:
    task = await asking(mock)
    return lambda: ask(mock, "GET", f"{TASKS}/{task}")


@scene("get-cancelled")
async def _(mock: Served) -> Play:
    task = await asking(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}")


def listing(query: str) -> Scene:
    async def prepare(mock: Served) -> Play:
        for number in range(3):
            await mock.finished(f"What is {number}+2?")
        return lambda: ask(mock, "GET", TASKS + query)

    return prepare


SCENES |= {
    "list": listing(""),
    "list-one": listing("?limit=1"),
    "list-second": listing("?limit=1&offset=1"),
}


def filed(suffix: str, **options: Any) -> Scene:
    async def prepare(mock: Served) -> Play:
        task = await with_file(mock)
        return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts{suffix}", **options)

    return prepare


async def _artifacts_made(mock: Served) -> Play:
    task = await with_file(mock)
    (mock.application.data_dir / "workspaces" / task / "made.txt").write_text("hello")
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts")


SCENES |= {
    "artifacts": filed(""),
    "artifacts-made": _artifacts_made,
    "download": filed("/download?path=uploads/data.csv"),
    "download-range": filed("/download?path=uploads/data.csv", headers={"Range": "bytes=0-2"}),
}


def answering(outcome: str) -> Scene:
    async def prepare(mock: Served) -> Play:
        async def play() -> Seen:
            task = await asking(mock)
            path = f"{TASKS}/{task}/tools/{await call_of(mock, task)}/approve"
            return await ask(mock, "POST", path, json={"outcome": outcome})

        return play

    return prepare


SCENES |= {
    "approve": answering("proceed_once"),
    "approve-cancel": answering("cancel"),
    "approve-unknown": answering("perhaps"),
}


@scene("cancel")
async def _(mock: Served) -> Play:
    async def play() -> Seen:
        return await ask(mock, "DELETE", f"{TASKS}/{await asking(mock)}")

    return play


def streaming(message: str, patience: float = 1.0, **fields: Any) -> Scene:
    async def prepare(mock: Served) -> Play:
        async def play() -> Seen:
            task = await mock.create(message, **fields)
            return await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=patience)

        return play

    return prepare


SCENES |= {
    "stream": streaming(TALK),
    "stream-umlaut": streaming("Grüße"),
    "stream-waiting": streaming("Wait 300 ms"),
    "stream-asking": streaming(TALK, patience=0.3, autoExecute=False),
}


@scene("stream-late")
async def _(mock: Served) -> Play:
    async def play() -> Seen:
        task = await mock.create("Produce a long answer of 20 words. Wait 300 ms. Say exactly: end")
        first = listen(mock, task)
        await noted(mock, task, "event", "content")
        late = await ask(mock, "GET", f"{TASKS}/{task}/stream")
        await first
        return late

    return play


# --- refusals, by their code ------------------------------------------------------------------------------

EXCHANGE = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "u"}


def exchanging(**changes: Any) -> Scene:
    body = {name: value for name, value in {**EXCHANGE, **changes}.items() if value is not None}
    return fixed("POST", "/api/v1/auth/token", by=None, json=body)


async def _foreign_origin(mock: Served) -> Play:
    held = await token(mock)
    return lambda: ask(mock, "GET", TASKS, by=held, headers={"Origin": "https://elsewhere.example"})


def posted(*files: tuple[str, bytes]) -> Scene:
    headers, body = form(*files)
    return fixed("POST", TASKS, headers=headers, body=body)


BAD_TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"
MANY = tuple((f"{n}.txt", b"x") for n in range(21))
REFUSED: Mapping[str, Scene] = {
    "AUTH_REQUIRED": fixed("GET", TASKS, by=None),
    "INVALID_API_KEY": fixed("GET", TASKS, by=UNKNOWN_KEY),
    "INVALID_AUTH_FORMAT": fixed("GET", TASKS, by="banana"),
    "INVALID_TOKEN": fixed("GET", TASKS, by=BAD_TOKEN),
    "ORIGIN_NOT_ALLOWED": _foreign_origin,
    "MISSING_CREDENTIALS": exchanging(appSecret=None),
    "MISSING_END_USER_ID": exchanging(endUserId=None),
    "INVALID_CREDENTIALS": exchanging(appSecret="wrong"),
    "INVALID_EXPIRES_IN": exchanging(expiresIn="banana"),
    "INVALID_ENV": fixed("POST", TASKS, json={"message": "hi", "env": {"1A": 1}}),
    "FORBIDDEN": fixed("POST", TASKS, by=VIEWER_KEY, json={"message": "hi"}),
    "NOT_FOUND": fixed("GET", f"{TASKS}/{NOBODY}"),
    "VALIDATION_ERROR": fixed("POST", TASKS, json={}),
    "UNSUPPORTED_MEDIA_TYPE": fixed("POST", TASKS, headers={"Content-Type": "text/plain"}, body=b"x"),
    "TOO_MANY_FILES": posted(*MANY),
    "INVALID_ARCHIVE": posted(("broken.zip", b"PK\x03\x04" + bytes(100))),
    "CONFLICT": about_task("DELETE", ""),
}
SCENES |= {f"refused-{code}": prepare for code, prepare in REFUSED.items()}
SCENES["refused-exchange-INVALID_ENV"] = exchanging(env={"1A": 1})

# --- decisions: one word -----------------------------------------------------------------------------------

WORDS: dict[str, tuple[str, str]] = {}


def deciding(name: str, right: str, wrong: str) -> Callable[[Callable[[Served], Awaitable[str]]], None]:
    def register(play: Callable[[Served], Awaitable[str]]) -> None:
        async def prepare(mock: Served) -> Play:
            return lambda: play(mock)

        SCENES[name] = prepare
        WORDS[name] = (right, wrong)

    return register


def by_status(name: str, code: str, right: str, wrong: str) -> None:
    async def prepare(mock: Served) -> Play:
        play = await REFUSED[code](mock)

        async def word() -> str:
            seen = await play()
            assert isinstance(seen, Seen)
            return str(seen.status)

        return word

    SCENES[name] = prepare
    WORDS[name] = (right, wrong)


for _code in ("AUTH_REQUIRED", "INVALID_API_KEY", "INVALID_TOKEN"):
    by_status(f"let-in-{_code}", _code, "401", "200")
by_status("viewer-creates", "FORBIDDEN", "403", "201")
by_status("uploads-21", "TOO_MANY_FILES", "400", "201")


@deciding("uploads-20", "201", "400")
async def _(mock: Served) -> str:
    headers, body = form(*MANY[:20])
    return str((await ask(mock, "POST", TASKS, headers=headers, body=body)).status)


@deciding("uploads-one", "201", "413")
async def _(mock: Served) -> str:
    headers, body = form(("a.txt", b"12345"))
    return str((await ask(mock, "POST", TASKS, headers=headers, body=body)).status)


@deciding("uploads-zip", "uploads/pack/a.txt", "uploads/pack.zip")
async def _(mock: Served) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a")
    headers, body = form(("pack.zip", packed.getvalue()))
    task = (await ask(mock, "POST", TASKS, headers=headers, body=body)).json["data"]["id"]
    return str((await mock.call("GET", f"{TASKS}/{task}/artifacts")).data["files"][0]["path"])


async def outcome(mock: Served, message: str = TALK, **fields: Any) -> str:
    """Return the first status in which the tool call is seen."""
    task = await mock.create(message, **fields)
    seen = await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)
    call = next(block for block in seen.body.split(b"\n\n") if block.startswith(b"event: tool_call\n"))
    return str(json.loads(call.partition(b"data: ")[2])["status"])


deciding("asks", "awaiting_approval", "executing")(lambda mock: outcome(mock, autoExecute=False))
deciding("runs-freely", "executing", "awaiting_approval")(outcome)


@scene("approve-no-call")
async def _(mock: Served) -> Play:
    task = await mock.create(TALK, autoExecute=False)
    await until(mock, task, "awaiting_approval")
    return lambda: ask(mock, "POST", f"{TASKS}/{task}/tools/x/approve", json={"outcome": "cancel"})


async def decided(mock: Served, said: str, message: str = TALK) -> tuple[str, Seen]:
    """Answer the first approval; return the task and its stream."""
    task = await mock.create(message, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    call = await call_of(mock, task)
    path = f"{TASKS}/{task}/tools/{call}/approve"
    assert (await ask(mock, "POST", path, json={"outcome": said})).status == 200

    async def went_on() -> bool:
        view = (await mock.call("GET", f"{TASKS}/{task}")).data
        waiting = [each["callId"] for each in view.get("pendingApprovals", [])]
        return view["status"] == "completed" or bool(waiting and waiting != [call])

    await eventually(went_on)
    if await status(mock, task) != "completed":
        listener.cancel()
        return task, Seen()
    return task, await listener


def approving(name: str, said: str, right: str, wrong: str) -> None:
    @deciding(name, right, wrong)
    async def _(mock: Served) -> str:
        _task, seen = await decided(mock, said)
        result = next(b for b in seen.body.split(b"\n\n") if b.startswith(b"event: tool_result\n"))
        return str(json.loads(result.partition(b"data: ")[2])["status"])


approving("approve-cancel-effect", "cancel", "cancelled", "success")
approving("approve-proceed-effect", "proceed_once", "success", "cancelled")
TWICE = "Run exactly these shell commands: `echo a`, `echo b`"


@deciding("approve-once-twice", "awaiting_approval", "completed")
async def _(mock: Served) -> str:
    task, _seen = await decided(mock, "proceed_once", TWICE)
    return await status(mock, task)


@deciding("approve-always-twice", "completed", "awaiting_approval")
async def _(mock: Served) -> str:
    task, _seen = await decided(mock, "proceed_always", TWICE)
    return await status(mock, task)


@deciding("cancel-effect", "cancelled", "awaiting_approval")
async def _(mock: Served) -> str:
    task = await asking(mock)
    await mock.call("DELETE", f"{TASKS}/{task}")
    return await status(mock, task)


@deciding("stranger-reads", "404", "200")
async def _(mock: Served) -> str:
    return str((await ask(mock, "GET", f"{TASKS}/{await mock.finished()}", by=STRANGER_KEY)).status)


@deciding("stranger-streams", "404", "200")
async def _(mock: Served) -> str:
    return str((await ask(mock, "GET", f"{TASKS}/{await mock.finished()}/stream", by=STRANGER_KEY)).status)


@deciding("stranger-cancels", "awaiting_approval", "cancelled")
async def _(mock: Served) -> str:
    task = await asking(mock)
    await ask(mock, "DELETE", f"{TASKS}/{task}", by=STRANGER_KEY)
    return await status(mock, task)


@deciding("stranger-lists", "0", "some")
async def _(mock: Served) -> str:
    await mock.finished()
    seen = await ask(mock, "GET", TASKS, by=STRANGER_KEY)
    return "some" if seen.json["pagination"]["total"] else "0"


async def of_user(mock: Served, user: str) -> str:
    headers = {"Authorization": f"Bearer {await token(mock, user)}", "Origin": ORIGIN}
    reply = await mock.call("POST", TASKS, headers=headers, json={"message": TALK, "autoExecute": False})
    task = str(reply.data["id"])
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    listener.cancel()
    return task


@deciding("user-reads", "404", "200")
async def _(mock: Served) -> str:
    task = await of_user(mock, "alice")
    return str((await ask(mock, "GET", f"{TASKS}/{task}", by=await token(mock, "bob"))).status)


@deciding("user-cancels", "awaiting_approval", "cancelled")
async def _(mock: Served) -> str:
    task = await of_user(mock, "alice")
    await ask(mock, "DELETE", f"{TASKS}/{task}", by=await token(mock, "bob"))
    return await status(mock, task)


async def printed(mock: Served, command: str, **fields: Any) -> bytes:
    task = await mock.create(f"Run exactly this shell command: `{command}`", **fields)
    seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return seen.body


@deciding("prints-secret", "hidden", "shown")
async def _(mock: Served) -> str:
    body = await printed(mock, "echo $PASS", secrets={"PASS": "hunter2hunter2"})
    return "shown" if b"hunter2hunter2" in body else "hidden"


@deciding("env-of-secret", "hidden", "shown")
async def _(mock: Served) -> str:
    task = await mock.create("What is 2+2?", secrets={"PASS": "hunter2hunter2"})
    reply = await ask(mock, "GET", f"{TASKS}/{task}")
    return "shown" if b"hunter2hunter2" in reply.body else "hidden"


@deciding("prints-env", "there", "lost")
async def _(mock: Served) -> str:
    return "there" if b"marker77" in await printed(mock, "echo $MARK", env={"MARK": "marker77"}) else "lost"


@deciding("secret-length", "there", "lost")
async def _(mock: Served) -> str:
    body = await printed(mock, "echo $PASS", secrets={"PASS": "hunter2hunter2"})
    return "there" if b"[secret PASS]" in body else "lost"


@deciding("prints-both", "secret", "env")
async def _(mock: Served) -> str:
    body = await printed(mock, "echo $PASS", env={"PASS": "marker77"}, secrets={"PASS": "hunter2hunter2"})
    return "env" if b"marker77" in body else "secret"


async def follow(mock: Served, task: str, message: str) -> Seen:
    reply = await ask(mock, "POST", f"{TASKS}/{task}/messages", json={"message": message})
    if reply.status == 200:
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
    return Seen(status=reply.status)


async def recalled(mock: Served, *, restored: bool) -> str:
    task = await mock.finished("Remember the codeword ZEBRA")
    if restored:
        assert mock.application.platform.sessions.expire(task)
    await follow(mock, task, "What is the codeword?")
    return (
        "known" if "ZEBRA" in (await mock.call("GET", f"{TASKS}/{task}")).data["output"]["content"] else "no"
    )


deciding("recalls", "known", "no")(lambda mock: recalled(mock, restored=False))
deciding("recalls-restored", "known", "no")(lambda mock: recalled(mock, restored=True))


@deciding("follow-up-restored", "200", "404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    assert mock.application.platform.sessions.expire(task)
    return str((await follow(mock, task, "And 3+3?")).status)


@deciding("files-restored", "1", "0")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    assert mock.application.platform.sessions.expire(task)
    await follow(mock, task, "And 3+3?")
    return str(len((await mock.call("GET", f"{TASKS}/{task}/artifacts")).data["files"]))


@deciding("create-slow", "pending", "completed")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 300 ms")
    now = await status(mock, task)
    return "completed" if now == "completed" else "pending"


@deciding("starts", "started", "pending")
async def _(mock: Served) -> str:
    task = await mock.create()
    await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)
    return "pending" if await status(mock, task) == "pending" else "started"


@deciding("starts-slowly", "completed", "running")
async def _(mock: Served) -> str:
    task = await mock.create()
    await ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.25)
    return await status(mock, task)


@deciding("fails", "completed", "failed")
async def _(mock: Served) -> str:
    return await status(mock, await mock.finished())


@deciding("leaves", "completed", "cancelled")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 200 ms")
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{TASKS}/{task}/stream"))
    await reader.readuntil(b"processing")
    writer.transport.abort()
    return await until(mock, task, "completed", "cancelled")
