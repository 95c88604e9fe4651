"""Scenes of a platform that misbehaves: what the platform really did is looked for, not what an answer says.

Each returns one word; see `tests.fakes.fault_scenes`.
"""

import io
import stat
import zipfile
from dataclasses import replace

from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from tests.fakes.fault_scenes import (
    MANY,
    TALK,
    TASKS,
    Play,
    ask,
    asking,
    call_of,
    deciding,
    follow,
    form,
    listen,
    printed,
    scene,
    status,
    token,
    until,
    with_file,
)
from tests.fakes.raw_http import Seen
from tests.fakes.served import ORIGIN, STRANGER_KEY, Served
from tests.fakes.waiting import eventually

SMALL = 1000
"""The limit of one file in scenes about size: as in earnest, and cheaper."""


async def sent(mock: Served, path: str, *files: tuple[str, bytes]) -> Seen:
    headers, body = form(*files)
    seen: Seen = await ask(mock, "POST", path, headers=headers, body=body)
    return seen


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


async def paths(mock: Served, task: str) -> list[str]:
    listed = (await mock.call("GET", f"{TASKS}/{task}/artifacts")).data["files"]
    return [str(each["path"]) for each in listed]


async def became(mock: Served, archive: bytes) -> str:
    """Upload an archive at creation; return the listed paths, or the status of the refusal."""
    seen = await sent(mock, TASKS, ("pack.zip", archive))
    if seen.status != 201:
        return str(seen.status)
    return " ".join(await paths(mock, seen.json["data"]["id"]))


def with_small_limit(mock: Served) -> None:
    services = mock.application.server.app.services
    small = replace(services.uploads, limits=UploadLimits(file_bytes=SMALL))
    object.__setattr__(services, "uploads", small)  # frozen for everybody but this scene


TOO_LARGE = ("big.bin", bytes(SMALL + 1))
CORRUPT = b"PK\x03\x04" + bytes(100)


# --- uploads -----------------------------------------------------------------------------------------------


@deciding("follows-20", "200", "400")
async def _(mock: Served) -> str:
    return str((await sent(mock, f"{TASKS}/{await mock.finished()}/messages", *MANY[:20])).status)


@deciding("follows-21", "400", "200")
async def _(mock: Served) -> str:
    return str((await sent(mock, f"{TASKS}/{await mock.finished()}/messages", *MANY)).status)


async def refused_follow_up(mock: Served, *files: tuple[str, bytes]) -> str:
    task = await mock.finished()
    assert (await sent(mock, f"{TASKS}/{task}/messages", *files)).status in {400, 413}
    return task


async def count_messages(mock: Served, task: str) -> str:
    return str(len((await mock.call("GET", f"{TASKS}/{task}/history")).data["messages"]))


@deciding("follows-21-messages", "2", "3")
async def _(mock: Served) -> str:
    return await count_messages(mock, await refused_follow_up(mock, *MANY))


@deciding("follows-21-files", "0", "20")
async def _(mock: Served) -> str:
    return str(len(await paths(mock, await refused_follow_up(mock, *MANY))))


@deciding("creates-too-large", "413", "201")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    return str((await sent(mock, TASKS, TOO_LARGE)).status)


@deciding("creates-too-large-tasks", "0", "1")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    before = (await mock.call("GET", TASKS)).json["pagination"]["total"]
    assert (await sent(mock, TASKS, TOO_LARGE)).status == 413
    return str((await mock.call("GET", TASKS)).json["pagination"]["total"] - before)


@deciding("follows-too-large", "413", "200")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    return str((await sent(mock, f"{TASKS}/{await mock.finished()}/messages", TOO_LARGE)).status)


@deciding("follows-too-large-messages", "2", "3")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    return await count_messages(mock, await refused_follow_up(mock, TOO_LARGE))


@deciding("creates-without-message", "400", "201")
async def _(mock: Served) -> str:
    _, body = form(("a.txt", b"a"))
    silent = body.replace(b'name="message"', b'name="showInHistory"').replace(
        b"\r\nlook\r\n", b"\r\ntrue\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    return str((await ask(mock, "POST", TASKS, headers=headers, body=silent)).status)


@deciding("name-climbing", "400", "data.csv")
async def _(mock: Served) -> str:
    seen = await sent(mock, TASKS, ("../data.csv", b"a"))
    return str(seen.status) if seen.status != 201 else " ".join(await paths(mock, seen.json["data"]["id"]))


async def uploaded(mock: Served, *files: tuple[str, bytes]) -> str:
    seen = await sent(mock, TASKS, *files)
    return str(seen.status) if seen.status != 201 else " ".join(await paths(mock, seen.json["data"]["id"]))


deciding("uploads-two", "uploads/a.txt uploads/b.txt", "uploads/a.txt")(
    lambda mock: uploaded(mock, ("a.txt", b"a"), ("b.txt", b"b"))
)
deciding("uploads-empty", "uploads/a.txt uploads/b.txt", "uploads/a.txt")(
    lambda mock: uploaded(mock, ("a.txt", b"a"), ("b.txt", b""))
)


@deciding("uploads-other-part", "400", "201")
async def _(mock: Served) -> str:
    headers, body = form(("a.txt", b"a"))
    renamed = body.replace(b'name="files"', b'name="file"')
    return str((await ask(mock, "POST", TASKS, headers=headers, body=renamed)).status)


async def attached(mock: Served, *files: tuple[str, bytes]) -> str:
    task = (await sent(mock, TASKS, *files)).json["data"]["id"]
    history = (await mock.call("GET", f"{TASKS}/{task}/history")).data["messages"]
    return str(len(history[0].get("attachedFiles") or []))


deciding("attached", "1", "0")(lambda mock: attached(mock, ("a.txt", b"a")))
deciding("attached-archive", "1", "0")(lambda mock: attached(mock, ("pack.zip", packed(("a.txt", b"a")))))
deciding("zip-attached", "2", "1")(
    lambda mock: attached(mock, ("pack.zip", packed(("a.txt", b"a"), ("b.txt", b"b"))))
)


@scene("refused-FILE_TOO_LARGE")
async def _(mock: Served) -> Play:
    with_small_limit(mock)
    return lambda: sent(mock, TASKS, TOO_LARGE)


# --- archives ----------------------------------------------------------------------------------------------


deciding("zip-namesakes", "uploads/pack/a/x.txt uploads/pack/b/x.txt", "uploads/pack/x.txt")(
    lambda mock: became(mock, packed(("a/x.txt", b"1"), ("b/x.txt", b"2")))
)


@deciding("zip-follow-up", "uploads/pack/a.txt", "uploads/pack.zip")
async def _(mock: Served) -> str:
    task = await mock.finished()
    await sent(mock, f"{TASKS}/{task}/messages", ("pack.zip", packed(("a.txt", b"a"))))
    return " ".join(await paths(mock, task))


deciding("zip-climbing", "400", "out.txt uploads/pack/ok.txt")(
    lambda mock: became(mock, packed(("ok.txt", b"ok"), ("../../../../out.txt", b"x")))
)
deciding("zip-absolute", "400", "tmp/out.txt uploads/pack/ok.txt")(
    lambda mock: became(mock, packed(("ok.txt", b"ok"), ("/tmp/out.txt", b"x")))
)


@deciding("zip-link", "400", "foreign")
async def _(mock: Served) -> str:
    link = zipfile.ZipInfo("link.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    seen = await sent(mock, TASKS, ("pack.zip", packed(("ok.txt", b"ok"), (link, b"/etc/passwd"))))
    if seen.status != 201:
        return str(seen.status)
    task = seen.json["data"]["id"]
    found = await mock.call("GET", f"{TASKS}/{task}/artifacts/download?path=uploads/pack/link.txt")
    return "foreign" if b"root:" in found.body else "own"


async def of_honest(mock: Served) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/\u00df.txt", b"1" * 100)
        archive.writestr(zipfile.ZipInfo("b/y.txt"), b"2")
    return await became(mock, buffer.getvalue())


BOTH = "uploads/pack/a/\u00df.txt uploads/pack/b/y.txt"
for _name, _wrong in {
    "zip-folder": "uploads/a/\u00df.txt uploads/b/y.txt",
    "zip-kept": f"uploads/pack.zip {BOTH}",
    "zip-names": "uploads/pack/a/_.txt uploads/pack/b/y.txt",
    "zip-deflated": "uploads/pack/b/y.txt",
}.items():
    deciding(_name, BOTH, _wrong)(of_honest)


@deciding("zip-link-accepted", "400", "uploads/pack/link.txt uploads/pack/ok.txt")
async def _(mock: Served) -> str:
    link = zipfile.ZipInfo("link.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return await became(mock, packed(("ok.txt", b"ok"), (link, b"/etc/passwd")))


@deciding("zip-clash", "400", "500")
async def _(mock: Served) -> str:
    twice = packed(("a.txt", b"1"), ("b.txt", b"2")).replace(b"b.txt", b"a.txt")
    return (await became(mock, twice)).partition(" ")[0]


@deciding("zip-empty", "taken", "500")
async def _(mock: Served) -> str:
    return (await became(mock, packed())) or "taken"


@deciding("zip-too-large", "413", "uploads/pack/big.bin")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    return await became(mock, packed(("big.bin", bytes(2 * SMALL))))


deciding("zip-bad", "400", "uploads/pack.zip")(lambda mock: became(mock, CORRUPT))
deciding("zip-bad-crash", "400", "500")(lambda mock: became(mock, CORRUPT))


@scene("artifacts-two")
async def _(mock: Served) -> Play:
    task = (await sent(mock, TASKS, ("a.txt", b"a"), ("b.txt", b"b"))).json["data"]["id"]
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts")


# --- files -------------------------------------------------------------------------------------------------


async def downloaded(mock: Served, task: str, path: str) -> str:
    reply = await mock.call("GET", f"{TASKS}/{task}/artifacts/download", params={"path": path})
    if reply.status != 200:
        return str(reply.status)
    return "foreign" if b"root:" in reply.body else reply.body.decode()


@deciding("files-while-running", "200", "404")
async def _(mock: Served) -> str:
    return str((await mock.call("GET", f"{TASKS}/{await asking(mock)}/artifacts")).status)


@deciding("download-link", "404", "foreign")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    workspace = mock.application.data_dir / "workspaces" / task
    (workspace / "link.txt").symlink_to("/etc/passwd")
    return await downloaded(mock, task, "link.txt")


@deciding("download-climbing", "404", "foreign")
async def _(mock: Served) -> str:
    return await downloaded(mock, await with_file(mock), "../../../../etc/passwd")


@deciding("download-beyond", "416", "206")
async def _(mock: Served) -> str:
    path = f"{TASKS}/{await with_file(mock)}/artifacts/download?path=uploads/data.csv"
    return str((await ask(mock, "GET", path, headers={"Range": "bytes=900-"})).status)


@deciding("files-after-expiry", "1", "0")
async def _(mock: Served) -> str:
    task = await with_file(mock)
    assert mock.application.platform.sessions.expire(task)
    left: list[str] = []

    async def settled() -> bool:
        left[:] = await paths(mock, task)
        return not left or not mock.faults.active()

    await eventually(settled)
    return str(len(left))


# --- approvals and cancellations ---------------------------------------------------------------------------


async def answered(mock: Served, task: str, call: str, outcome: str) -> int:
    seen: Seen = await ask(mock, "POST", f"{TASKS}/{task}/tools/{call}/approve", json={"outcome": outcome})
    return seen.status


@deciding("approves-badly", "waits", "gone")
async def _(mock: Served) -> str:
    task = await asking(mock)
    assert await answered(mock, task, await call_of(mock, task), "maybe") == 400
    view = (await mock.call("GET", f"{TASKS}/{task}")).data
    return "waits" if view.get("pendingApprovals") else "gone"


@deciding("approves-twice", "1", "2")
async def _(mock: Served) -> str:
    message = "Run exactly these shell commands: `echo a`, `echo b`"
    task = await mock.create(message, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    first = await call_of(mock, task)
    await answered(mock, task, first, "proceed_once")

    async def asks_again() -> bool:
        return await status(mock, task) == "awaiting_approval" and await call_of(mock, task) != first

    await eventually(asks_again)
    await answered(mock, task, first, "proceed_once")
    await answered(mock, task, await call_of(mock, task), "cancel")
    blocks = (await listener).body.split(b"\n\n")
    mine = [each for each in blocks if each.startswith(b"event: tool_result\n") and first.encode() in each]
    return str(len(mine))


@deciding("cancels-finished", "completed", "cancelled")
async def _(mock: Served) -> str:
    task = await mock.finished()
    await mock.call("DELETE", f"{TASKS}/{task}")
    return await status(mock, task)


@deciding("cancels-twice", "cancelled", "failed")
async def _(mock: Served) -> str:
    task = await asking(mock)
    for _attempt in range(2):
        await mock.call("DELETE", f"{TASKS}/{task}")
    return await status(mock, task)


@deciding("cancel-status", "cancelled", "failed")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 30 s")
    listener = listen(mock, task)
    await until(mock, task, "running")
    await mock.call("DELETE", f"{TASKS}/{task}")
    await listener
    return await status(mock, task)


@deciding("cancel-at-work", "cancelled", "running")
async def _(mock: Served) -> str:
    task = await mock.create("Wait 30 s")
    listener = listen(mock, task)
    await until(mock, task, "running")
    await mock.call("DELETE", f"{TASKS}/{task}")
    listener.cancel()
    return await status(mock, task)


@deciding("refused-call", "completed", "failed")
async def _(mock: Served) -> str:
    task = await mock.create(TALK, autoExecute=False)
    listener = listen(mock, task)
    await until(mock, task, "awaiting_approval")
    await answered(mock, task, await call_of(mock, task), "cancel")
    await listener
    return await status(mock, task)


@scene("stream-asking-late")
async def _(mock: Served) -> Play:
    task = await asking(mock)
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/stream", patience=0.3)


@scene("stream-cancelled")
async def _(mock: Served) -> Play:
    async def play() -> Seen:
        task = await mock.create(TALK, autoExecute=False)
        listener = listen(mock, task)
        await until(mock, task, "awaiting_approval")
        await mock.call("DELETE", f"{TASKS}/{task}")
        return await listener

    return play


@deciding("stranger-told", "404", "403")
async def _(mock: Served) -> str:
    return str((await ask(mock, "GET", f"{TASKS}/{await mock.finished()}", by=STRANGER_KEY)).status)


@deciding("agent-says", "Paris", "other")
async def _(mock: Served) -> str:
    task = await mock.finished("What is the capital of France?")
    content = (await mock.call("GET", f"{TASKS}/{task}")).data["output"]["content"]
    return "Paris" if "Paris" in content else "other"


# --- variables ---------------------------------------------------------------------------------------------


@deciding("names-good", "201", "400")
async def _(mock: Served) -> str:
    return str((await mock.call("POST", TASKS, json={"message": "hi", "env": {"_a1": "x"}})).status)


@deciding("names-bad", "400", "201")
async def _(mock: Served) -> str:
    return str((await mock.call("POST", TASKS, json={"message": "hi", "env": {"1A": "x"}})).status)


@deciding("values-bad", "400", "201")
async def _(mock: Served) -> str:
    return str((await mock.call("POST", TASKS, json={"message": "hi", "env": {"A": 1}})).status)


@deciding("exchange-env", "hidden", "shown")
async def _(mock: Served) -> str:
    headers = {"Authorization": f"Bearer {await token(mock, env={'MARK': 'marker77'})}", "Origin": ORIGIN}
    reply = await mock.call("POST", TASKS, headers=headers, json={"message": "What is 2+2?"})
    seen = await mock.call("GET", f"{TASKS}/{reply.data['id']}", headers=headers)
    return "shown" if b"marker77" in seen.body else "hidden"


@deciding("env-of-neighbour", "absent", "leaked")
async def _(mock: Served) -> str:
    await printed(mock, "echo $MARK", env={"MARK": "marker77"})
    return "leaked" if b"marker77" in await printed(mock, "echo $MARK") else "absent"


@deciding("history-restored", "4", "3")
async def _(mock: Served) -> str:
    task = await mock.finished()
    assert mock.application.platform.sessions.expire(task)
    await follow(mock, task, "And 3+3?")
    return await count_messages(mock, task)


@deciding("secrets-restored", "lost", "there")
async def _(mock: Served) -> str:
    task = await mock.create(TALK, secrets={"PASS": "hunter2hunter2"})
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    assert mock.application.platform.sessions.expire(task)
    await follow(mock, task, "Run exactly this shell command: `echo $PASS`")
    history = await mock.call("GET", f"{TASKS}/{task}/history")
    return "there" if b"[secret PASS]" in history.body else "lost"
