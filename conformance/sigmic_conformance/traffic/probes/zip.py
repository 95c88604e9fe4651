"""ZIP archives: a valid one whose structure must be preserved, and hostile ones that must not escape."""

import asyncio
import hashlib
import io
import stat
import zipfile

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import (
    create_form,
    created,
    download,
    files,
    follow,
    history,
    paths_of,
    task_id,
)
from sigmic_conformance.wire import archives as archive_forms
from sigmic_conformance.wire.bodies import FilePart, Form
from sigmic_conformance.wire.numbered_text import numbered

BOMB_ENTRY_BYTES = 25_000_000
BOMB_BYTES = 2_500_000_000
LONG_BYTES = 22 * 4096
MANY_ENTRIES = 300
"""More than a buffer or a page of a list usually has."""


def honest(word: str) -> dict[str, bytes]:
    """Entries of the valid archive, under two top directories."""
    return {
        "reports/2025/summary.txt": f"summary 2025 {word}\n".encode(),
        "reports/2026/summary.txt": f"summary 2026 {word}\n".encode() + numbered(LONG_BYTES).encode(),
        # As large as a buffer.
        "data/table.csv": b"a,b\r\n1,2\r\n".ljust(4096, b"3"),
        "data/Table.csv": b"another case\r\n",
        "data/größe.txt": "größe\n".encode(),
        # If the blank is replaced, the second must not take the first one's place.
        "data/two_words.txt": f"one word {word}\n".encode(),
        "data/two words.txt": b"two words\n",
        # Deeper than the folders above, under a name that another folder has.
        "data/one/two/three/four/five/summary.txt": f"deep {word}\n".encode(),
    }


def packed(entries: dict[str, bytes]) -> bytes:
    """A ZIP archive of these entries, deflated and stored in turn."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (name, content) in enumerate(entries.items()):
            method = zipfile.ZIP_STORED if number % 2 else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def with_link(name: str, target: str) -> bytes:
    """A ZIP archive with a symbolic link and a plain file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("plain.txt", b"plain")
        link = zipfile.ZipInfo(name)
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, target)
    return buffer.getvalue()


def bomb(largest: int) -> bytes:
    """An archive of 2.5 MB that unpacks to 2.5 GB in entries of `largest` bytes at most.

    Archive and entries are within the limit of one file, so that only the total can be refused.
    """
    size = min(BOMB_ENTRY_BYTES, largest // 2)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros-0000.bin", bytes(size))
    # The same compressed bytes again under other names: cheap to create, expensive to unpack.
    return _repeat(buffer.getvalue(), BOMB_BYTES // size)


def _repeat(archive: bytes, times: int) -> bytes:
    """Write the single entry of an archive several times, without compressing it again."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        info = source.infolist()[0]
        start = info.header_offset + 30 + len(info.filename.encode())
        data = archive[start : start + info.compress_size]
    out, directory = bytearray(), bytearray()
    for number in range(times):
        name = f"zeros-{number:04d}.bin".encode()
        offset = len(out)
        core = (
            b"\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00"
            + info.CRC.to_bytes(4, "little")
            + info.compress_size.to_bytes(4, "little")
            + info.file_size.to_bytes(4, "little")
            + len(name).to_bytes(2, "little")
            + b"\x00\x00"
        )
        out += b"PK\x03\x04" + core + name + data
        directory += b"PK\x01\x02\x14\x00" + core + bytes(10) + offset.to_bytes(4, "little") + name
    end = (
        b"PK\x05\x06"
        + bytes(4)
        + times.to_bytes(2, "little") * 2
        + len(directory).to_bytes(4, "little")
        + len(out).to_bytes(4, "little")
        + b"\x00\x00"
    )
    return bytes(out + directory + end)


def hostile(word: str, largest: int) -> dict[str, bytes]:
    """Archives that must do no harm; every escaping path contains the word."""
    good = packed(honest(word))
    wrong_sum = bytearray(packed({"checked.txt": b"a" * 100, "other.txt": b"b" * 100}))
    at = wrong_sum.rfind(b"b" * 100)
    wrong_sum[at : at + 4] = b"XXXX"
    return {
        "climbing": packed({"ok.txt": b"ok", f"../../{word}-climb.txt": word.encode()}),
        "climbing with backslashes": packed({"ok.txt": b"ok", f"..\\..\\{word}-back.txt": word.encode()}),
        "absolute": packed({"ok.txt": b"ok", f"/tmp/{word}-abs.txt": word.encode()}),  # noqa: S108  that is the point
        "drive letter": packed({"ok.txt": b"ok", f"C:\\{word}-drive.txt": word.encode()}),
        "link": with_link(f"{word}-link.txt", "/etc/passwd"),
        "bomb": bomb(largest),
        "cut": good[: len(good) // 2],
        "no directory": b"PK\x03\x04" + b"\x00" * 200,
        "wrong checksum": bytes(wrong_sum),
        "encrypted": archive_forms.encrypted({"secret.txt": b"not to be read"}),
        "namesakes": archive_forms.namesakes("twice.txt"),
        "shared bytes": archive_forms.sharing("one.txt", "two.txt", "three.txt"),
        "no entries": archive_forms.nothing(),
        "directories alone": archive_forms.directories("empty", "empty/inner"),
    }


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["files", "zip"])
async def valid_archive(driver: Driver) -> None:
    """Upload an archive at creation and another at a follow-up; list and download its entries."""
    word = nonce()
    entries = honest(word)
    part = FilePart("bundle.zip", packed(entries), media_type="application/zip")
    task = task_id(driver, await create_form(driver, {"message": EASY}, [part], label="create"))
    await follow(driver, task, label="run")
    await history(driver, task, label="history")
    for path in paths_of(await files(driver, task, label="files")):
        await download(driver, task, path, label=f"download {path}")
    later = {f"later/{name}": content for name, content in entries.items()}
    # The media type that browsers on Windows give to an archive.
    part = FilePart("later.zip", packed(later), media_type="application/x-zip-compressed")
    body = Form({"message": EASY}, [part])
    await driver.call("send_message", label="follow-up", path={"id": task}, body=body)
    await follow(driver, task, label="run of follow-up")
    for path in paths_of(await files(driver, task, label="files after follow-up")):
        await download(driver, task, path, label=f"later {path}")
    more = {f"more/{number:02d}.txt": b"x" for number in range(driver.profile.max_files + 1)}
    twice = [FilePart("more.zip", packed(more))] * 2
    await create_form(driver, {"message": EASY}, twice, label="more entries, twice")
    # Their contents differ.
    many = {f"many/{number:03d}.txt": b"%d" % number for number in range(MANY_ENTRIES)}
    made = await create_form(driver, {"message": EASY}, [FilePart("many.zip", packed(many))], label="many")
    if made.ok:
        task = task_id(driver, made)
        await follow(driver, task, label="many: run")
        listed = paths_of(await files(driver, task, label="many: files"))
        for path in (*listed[:1], *listed[-1:]):
            await download(driver, task, path, label=f"many: {path}")


@probe(seconds=6, concurrency=Concurrency.AGENT, capabilities=["files", "zip"])
async def hostile_archives(driver: Driver) -> None:
    """Upload hostile archives beside an honest control; see what is where and that the service serves.

    A follow-up has a sound file and a cut archive: if it is refused, neither is there.
    """
    word = driver.note("word", nonce())
    archives = await asyncio.to_thread(hostile, word, driver.profile.accepted_file_bytes)
    # As many bytes as the bomb: a target that accepts these did not refuse the bomb for its length.
    padding = {"padding.bin": hashlib.shake_128(word.encode()).digest(len(archives["bomb"]))}
    control = FilePart("twin.zip", packed(honest(word) | padding), media_type="application/zip")
    await create_form(driver, {"message": EASY}, [control], label="twin")
    for label, content in archives.items():
        mark = f"{word} {label}"
        part = FilePart("bundle.zip", content, media_type="application/zip")
        made = await create_form(driver, {"message": EASY, "systemPrompt": mark}, [part], label=label)
        await driver.call("list_tasks", label=f"{label}: serving", query={"limit": "1"})
        if not made.ok:
            continue
        task = task_id(driver, made)
        await follow(driver, task, label=f"{label}: run")
        await history(driver, task, label=f"{label}: history")
        listed = paths_of(await files(driver, task, label=f"{label}: files"))
        if label != "bomb":  # its extracted files may be too large to download
            for path in listed:
                await download(driver, task, path, label=f"{label}: download")
        for path in (f"../{word}-climb.txt", f"../../{word}-climb.txt", f"/tmp/{word}-abs.txt"):  # noqa: S108 - a name for a hostile archive
            await download(driver, task, path, label=f"{label}: outside")
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    bystander = await created(driver, EASY, label="bystander")
    await follow(driver, bystander, label="bystander: run")
    await files(driver, bystander, label="bystander: files")
    broken = FilePart("bundle.zip", archives["cut"], media_type="application/zip")
    body = Form({"message": EASY}, [FilePart(f"beside-{word}.txt", b"beside\n"), broken])
    said = await driver.call("send_message", label="bystander: cut", path={"id": bystander}, body=body)
    await driver.call("list_tasks", label="bystander: cut: serving", query={"limit": "1"})
    if said.ok:
        await follow(driver, bystander, label="bystander: cut: run")
    await files(driver, bystander, label="bystander: cut: files")
    await history(driver, bystander, label="bystander: cut: history")
