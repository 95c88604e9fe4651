"""Scenes of uploads, archives and listings that go wrong; see `tests.fakes.fault_scenes`."""

import asyncio
import io
import struct
import unicodedata
import zipfile
from dataclasses import replace

from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from tests.fakes.archives import Item, archive
from tests.fakes.behaviour_scenes import (
    SMALL,
    became,
    downloaded,
    packed,
    paths,
    sent,
    uploaded,
    with_small_limit,
)
from tests.fakes.conversation_scenes import total
from tests.fakes.fault_scenes import MANY, TASKS, Play, ask, deciding, form, scene, with_file
from tests.fakes.served import Served
from tests.fakes.waiting import eventually

BOUNDARY = {"Content-Type": "multipart/form-data; boundary=X"}
UMLAUT = "r\u00fcckblick 1.csv"


@deciding("uploads-limit", "201", "413")
async def _(mock: Served) -> str:
    with_small_limit(mock)
    return str((await sent(mock, TASKS, ("a.bin", bytes(SMALL)))).status)


@deciding("uploads-sum", "201", "413")
async def _(mock: Served) -> str:
    services = mock.application.server.app.services
    small = replace(services.uploads, limits=UploadLimits(file_bytes=SMALL, text_bytes=SMALL))
    object.__setattr__(services, "uploads", small)  # frozen for everybody but this scene
    return str((await sent(mock, TASKS, *((f"{n}.bin", bytes(SMALL)) for n in range(3)))).status)


deciding("uploads-namesakes", "uploads/a (1).txt uploads/a.txt", "uploads/a.txt")(
    lambda mock: uploaded(mock, ("a.txt", b"1"), ("a.txt", b"2"))
)


@deciding("downloads", "a,b\n1,2\n", "404")
async def _(mock: Served) -> str:
    return await downloaded(mock, await with_file(mock), "uploads/data.csv")


@scene("artifacts-umlaut")
async def _(mock: Served) -> Play:
    task = (await sent(mock, TASKS, (UMLAUT, b"a"))).json["data"]["id"]
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts")


@scene("artifacts-unknown")
async def _(mock: Served) -> Play:
    task = (await sent(mock, TASKS, ("a.qqq", b"a"))).json["data"]["id"]
    return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts")


async def uploaded_again(mock: Served, name: str, first: bytes, second: bytes, read: str) -> str:
    """Upload two files of one name, the second by a follow-up; return what is where the first one was."""
    task = (await sent(mock, TASKS, (name, first))).json["data"]["id"]
    await ask(mock, "GET", f"{TASKS}/{task}/stream")
    assert (await sent(mock, f"{TASKS}/{task}/messages", (name, second))).status == 200
    return await downloaded(mock, task, read)


deciding("follow-up-same-name", "first", "second")(
    lambda mock: uploaded_again(mock, "a.txt", b"first", b"second", "uploads/a.txt")
)


@deciding("follow-up-same-archive", "first", "second")
async def _(mock: Served) -> str:
    first, second = (packed(("a.txt", word), ("b.txt", b"b")) for word in (b"first", b"second"))
    return await uploaded_again(mock, "pack.zip", first, second, "uploads/pack/a.txt")


@deciding("uploads-decomposed", "composed", "decomposed")
async def _(mock: Served) -> str:
    path = await uploaded(mock, (unicodedata.normalize("NFD", "caf\u00e9.txt"), b"a"))
    return "composed" if path == "uploads/caf\u00e9.txt" else "decomposed"


deciding("uploads-umlaut", f"uploads/{UMLAUT}", "uploads/r\u00c3\u00bcckblick 1.csv")(
    lambda mock: uploaded(mock, (UMLAUT, b"a"))
)


@deciding("uploads-cut", "0 made", "1 made")
async def _(mock: Served) -> str:
    before = await total(mock)
    _, body = form(("a.bin", bytes(4_000_000)))
    head = mock.head(
        "POST", TASKS, f"Content-Type: {BOUNDARY['Content-Type']}", f"Content-Length: {len(body)}"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(head + body[: len(body) // 2])
    await writer.drain()
    staging = mock.application.data_dir / "staging"
    await eventually(lambda: any(staging.glob("*/*")))
    writer.close()
    assert await reader.read() == b""
    await eventually(lambda: not any(staging.iterdir()))
    made = 0

    async def settled() -> bool:
        nonlocal made
        made = await total(mock) - before
        return bool(made) or not mock.faults.active()

    await eventually(settled)
    return f"{made} made"


async def taken(mock: Served, body: bytes) -> str:
    seen = await ask(mock, "POST", TASKS, headers=BOUNDARY, body=body)
    return str(seen.status)


@deciding("uploads-files-first", "201", "400")
async def _(mock: Served) -> str:
    _, body = form(("a.txt", b"a"))
    message, file = (b"--X\r\n" + part for part in body.split(b"--X\r\n")[1:])
    end = b"--X--\r\n"
    return await taken(mock, file.removesuffix(end) + message + end)


@deciding("uploads-preamble", "201", "400")
async def _(mock: Served) -> str:
    _, body = form(("a.txt", b"a"))
    return await taken(mock, b"This is a message in many parts.\r\n" + body + b"\r\nThis is the end.\r\n")


# --- archives ----------------------------------------------------------------------------------------------


@deciding("zip-bomb", "400", "1200000000 bytes")
async def _(mock: Served) -> str:
    # Two entries that say they are large, and are not asked for their bytes.
    zeros = packed(("a.bin", b""), ("b.bin", b""))
    at = zeros.index(b"PK\x01\x02")
    directory = bytearray(zeros[at:])
    for start in (index for index in range(len(directory)) if directory[index : index + 4] == b"PK\x01\x02"):
        struct.pack_into("<L", directory, start + 24, 600_000_000)
    seen = await sent(mock, TASKS, ("pack.zip", zeros[:at] + bytes(directory)))
    if seen.status != 201:
        return str(seen.status)
    listed = (await mock.call("GET", f"{TASKS}/{seen.json['data']['id']}/artifacts")).data["files"]
    return f"{sum(each['size'] for each in listed)} bytes"


deciding("zip-damaged", "400", "uploads/pack/a.txt")(
    lambda mock: became(mock, packed(("a.txt", b"a" * 100)).replace(b"a" * 100, b"X" + b"a" * 99))
)
deciding("zip-nested", "uploads/pack/in.zip uploads/pack/x.txt", "uploads/pack/in/a.txt uploads/pack/x.txt")(
    lambda mock: became(mock, packed(("in.zip", packed(("a.txt", b"a"))), ("x.txt", b"x")))
)
deciding("zip-disguised", "uploads/pack.dat/a.txt", "uploads/pack.dat")(
    lambda mock: uploaded(mock, ("pack.dat", packed(("a.txt", b"a"))))
)


@deciding("zip-many", "21 files", "400")
async def _(mock: Served) -> str:
    became_paths = await became(mock, packed(*MANY))
    return became_paths if became_paths == "400" else f"{len(became_paths.split())} files"


class _Pipe(io.RawIOBase):
    """Takes bytes and cannot seek: an archive written to it has its sizes behind the data."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]  # whatever the library hands over
        self.written += block
        return len(block)


@deciding("zip-streamed", "hello", "")
async def _(mock: Served) -> str:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        archive.writestr("a.txt", "hello")
    task = (await sent(mock, TASKS, ("pack.zip", bytes(pipe.written)))).json["data"]["id"]
    return await downloaded(mock, task, "uploads/pack/a.txt")


@deciding("zip-zip64", "uploads/pack/a.txt", "400")
async def _(mock: Served) -> str:
    # Not by zipfile, whose archives tell the version that is needed since 3.11.4 only.
    return await became(mock, archive(Item(name="a.txt", data=b"a", zip64=True), zip64=True))


@deciding("artifacts-hidden", "uploads/a.txt", ".hidden node_modules/b.js uploads/a.txt")
async def _(mock: Served) -> str:
    task = (await sent(mock, TASKS, ("a.txt", b"a"))).json["data"]["id"]
    workspace = mock.application.data_dir / "workspaces" / task
    (workspace / "node_modules").mkdir()
    (workspace / "node_modules" / "b.js").write_text("b")
    (workspace / ".hidden").write_text("h")
    return " ".join(await paths(mock, task))
