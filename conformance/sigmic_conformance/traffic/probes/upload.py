"""Upload limits at both endpoints: 20 and 21 files, and sizes on both sides of 50 MB."""

import asyncio
import gzip

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import (
    create_form,
    created,
    download,
    files,
    follow,
    get,
    history,
    paths_of,
    task_id,
)
from sigmic_conformance.wire.bodies import FilePart, Form
from sigmic_conformance.wire.connection import Bounds
from sigmic_conformance.wire.numbered_text import numbered
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

NAME_WITH_SPACE = "quarterly report ü.csv"
LONG_NAME, LONG_BYTES = "long.txt", 200_001
PART = (("Range", "bytes=65530-65545"),)
"""A range of the long file across the edge of a buffer."""
END = (("Range", "bytes=-7"),)
"""The last bytes."""
GZIP = (("Accept-Encoding", "gzip, deflate"),)
"""As browsers and the libraries of most languages ask."""


def small(count: int, tag: str) -> list[FilePart]:
    """Small files with distinct names and content."""
    return [FilePart(f"{tag}-{number:02d}.txt", f"{tag} {number}\n".encode()) for number in range(count)]


async def attach(
    driver: Driver, task: str, parts: list[FilePart], *, label: str, bounds: Bounds | None = None
) -> Exchange:
    """Send a follow-up with files."""
    body = Form({"message": EASY}, parts)
    return await driver.call("send_message", label=label, path={"id": task}, body=body, bounds=bounds)


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["files"])
async def file_counts(driver: Driver) -> None:
    """20 files are accepted and 21 refused, at creation and at a follow-up."""
    most = driver.profile.max_files
    mark = f"marked {nonce()}"
    fields = {"message": EASY, "systemPrompt": mark}
    made = await create_form(driver, fields, small(most, "kept"), label="most")
    await create_form(driver, fields, small(most + 1, "extra"), label="one too many")
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    await files(driver, task, label="files")
    await history(driver, task, label="history before")
    await get(driver, task, label="before")
    extra = await attach(driver, task, small(most + 1, "extra"), label="follow-up: one too many")
    await history(driver, task, label="history after refusal")
    await files(driver, task, label="files after refusal")
    await get(driver, task, label="after refusal")
    if extra.ok:
        await follow(driver, task, label="run of one too many")
    await attach(driver, task, small(most, "later"), label="follow-up: most")
    await follow(driver, task, label="run of follow-up")
    await files(driver, task, label="files at the end")
    await history(driver, task, label="history at the end")


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["files"])
async def file_contents(driver: Driver) -> None:
    """Upload awkward but legal files, a long one and some of nearly equal names; list and download them."""
    table = b"name,amount\r\nalpha,1\r\nbeta,2\r\n"
    # As large as three buffers.
    binary = bytes(range(256)) * 48
    parts = [
        FilePart("data.csv", table, media_type="text/csv"),
        FilePart("blob.bin", binary),
        FilePart("empty.txt", b""),
        FilePart(NAME_WITH_SPACE, table),
        FilePart("paper.pdf", b"%PDF-1.4\n%%EOF\n", media_type="application/pdf"),
        FilePart("dot.png", b"\x89PNG\r\n\x1a\n" + bytes(16), media_type="image/png"),
        FilePart("script.py", b"print('hello')\n"),
        # Platforms may wrap JSON, refuse scripts, and announce compressed files as encoded.
        FilePart("values.json", b'{"success": true, "data": [1, 2.50]}\n', media_type="application/json"),
        FilePart("page.html", b"<script>alert(1)</script>\r\n", media_type="text/html"),
        FilePart("packed.txt.gz", gzip.compress(table, mtime=0), media_type="application/gzip"),
        FilePart(f"{'long-name-' * 9}end.txt", table),
        FilePart(LONG_NAME, numbered(LONG_BYTES).encode()),
        # Their names differ from another one by the case of a letter, an ending, or a letter.
        # One begins with a byte order mark, one is not UTF-8: neither text may be converted.
        FilePart("Data.csv", b"\xef\xbb\xbfanother,table\r\n"),
        FilePart("data.csv.csv", b"a,th\xefrd,table\r\n"),
        FilePart("data.cs", b"none\n"),
        # If the second's name is cut at the sign, it must not take the first one's place.
        FilePart("part", b"a name without an ending\n"),
        FilePart("part; second.csv", table),
    ]
    made = await create_form(driver, {"message": EASY}, parts, label="create")
    if made.refused:  # Empty files are not documented as allowed (G-29).
        parts = [part for part in parts if part.content]
        made = await create_form(driver, {"message": EASY}, parts, label="create without the empty file")
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    listed = await files(driver, task, label="files")
    await history(driver, task, label="history")
    for again in ("files again", "files a third time"):
        await files(driver, task, label=again)
    for path in paths_of(listed):
        await download(driver, task, path, label=f"download {path}")
        if path.endswith(LONG_NAME):
            await download(driver, task, path, label=f"part of {path}", headers=PART)
            await download(driver, task, path, label=f"end of {path}", headers=END)
            await download(driver, task, path, label=f"gzip: {path}", headers=GZIP)
    await asyncio.gather(
        *(download(driver, task, path, label=f"concurrent: {path}") for path in paths_of(listed))
    )
    await create_form(driver, {}, [FilePart("a.txt", b"a")], label="no message")
    await create_form(
        driver,
        {"message": EASY},
        [FilePart("a.txt", b"a")],
        file_field="file",
        label="other field",
    )


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["files"])
async def file_names(driver: Driver) -> None:
    """File names that try to leave the upload folder."""
    word = nonce()
    names = [
        f"../{word}-up.txt",
        f"../../../../../../tmp/{word}-tmp.txt",
        f"/tmp/{word}-abs.txt",  # noqa: S108  a name, never a path of ours
        f"..\\..\\{word}-win.txt",
        f"C:\\{word}-drive.txt",
        f"a/b/../../../{word}-mixed.txt",
        "..",
        f"%2e%2e%2f{word}-enc.txt",
    ]
    await create_form(driver, {"message": EASY}, [FilePart("plain.txt", b"x")], label="twin")
    for number, name in enumerate(names):
        made = await create_form(
            driver, {"message": EASY}, [FilePart(name, word.encode())], label=f"name {number}"
        )
        if not made.ok:
            continue
        task = task_id(driver, made)
        await follow(driver, task, label=f"name {number}: run")
        await files(driver, task, label=f"name {number}: files")
    await driver.call("list_tasks", label="still serving", query={"limit": "1"})


@probe(seconds=12, concurrency=Concurrency.BULK, capabilities=["files"])
async def file_sizes(driver: Driver) -> None:
    """One file at 50,000,000 bytes, at the limit and one byte beyond, at creation and at a follow-up."""
    profile = driver.profile
    sizes: dict[str, int] = {
        "accepted size": profile.accepted_file_bytes,
        "the limit": profile.max_file_bytes,
        "beyond": profile.max_file_bytes + 1,
    }
    if 2 * sum(sizes.values()) > profile.upload_bytes:
        raise Interrupted(
            f"the budget allows {plural(profile.upload_bytes, 'byte')} of uploads (budget: upload_bytes)"
        )
    mark = f"marked {nonce()}"
    bounds = patient(profile)
    task = await created(driver, EASY, label="small task")
    await follow(driver, task, label="small task: run")
    await history(driver, task, label="history before")
    await get(driver, task, label="before")
    order: tuple[str, ...] = ("beyond", "accepted size", "the limit")
    for name in order:
        size = sizes[name]
        fields = {"message": EASY, "systemPrompt": f"{mark} {name}"}
        part = FilePart(f"large-{size}.bin", size=size)
        made = await create_form(driver, fields, [part], label=f"create: {name}", bounds=bounds)
        if made.ok:
            big = task_id(driver, made)
            await follow(driver, big, label=f"create: {name}: run")
            await files(driver, big, label=f"create: {name}: files")
        await attach(driver, task, [part], label=f"follow-up: {name}", bounds=bounds)
        await follow(driver, task, label=f"follow-up: {name}: run")
        await history(driver, task, label=f"follow-up: {name}: history")
        await files(driver, task, label=f"follow-up: {name}: files")
        await get(driver, task, label=f"follow-up: {name}: state")
    await driver.call("list_tasks", label="list", query={"limit": "100"})


def patient(profile: Profile) -> Bounds:
    """Time limits for an upload of 50 MB: enough for a slow line of 2 Mbit/s."""
    return Bounds(head=profile.answer_seconds + 15, total=240)
