"""Archives of every legal form, archives that look like other files, and archives over existing files."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.upload import attach
from sigmic_conformance.traffic.probes.zip import packed
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import (
    create_form,
    download,
    files,
    follow,
    paths_of,
    task_id,
)
from sigmic_conformance.wire import archives as archive_forms
from sigmic_conformance.wire.bodies import FilePart

ZIP = "application/zip"


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["files", "zip"])
async def archive_kinds(driver: Driver) -> None:
    """Upload a streamed archive, one in Zip64 form, one within another, and one named as data."""
    word = driver.note("word", nonce())
    inner = packed({"inner/deep.txt": word.encode()})
    kinds = {
        "streamed": [
            FilePart("bundle.zip", archive_forms.streamed({"s/a.txt": word.encode()}), media_type=ZIP)
        ],
        "zip64": [FilePart("bundle.zip", archive_forms.zip64({"z/a.txt": word.encode()}), media_type=ZIP)],
        "nested": [FilePart("outer.zip", packed({"o/inner.zip": inner, "o/a.txt": b"a"}), media_type=ZIP)],
        "disguised": [FilePart("bundle.dat", packed({"d/a.txt": word.encode(), "e/b.txt": b"b"}))],
    }
    for label, parts in kinds.items():
        made = await create_form(driver, {"message": EASY}, parts, label=label)
        if not made.ok:
            continue
        task = task_id(driver, made)
        await follow(driver, task, label=f"{label}: run")
        for path in paths_of(await files(driver, task, label=f"{label}: files")):
            await download(driver, task, path, label=f"{label}: {path}")


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["files", "zip"])
async def existing_names(driver: Driver) -> None:
    """Upload a file and an archive, and then the same names twice more, each time with other content."""

    def parts() -> list[FilePart]:
        word = nonce()
        # Most tools add an entry for each folder.
        archive = packed({"top/": b"", "top/entry.txt": word.encode(), "top/other.txt": b"other"})
        return [FilePart("plain.txt", word.encode()), FilePart("bundle.zip", archive, media_type=ZIP)]

    task = task_id(driver, await create_form(driver, {"message": EASY}, parts(), label="create"))
    await follow(driver, task, label="run")
    await read_files(driver, task, "before")
    for time in ("again", "once more"):
        driver.require(await attach(driver, task, parts(), label=f"the same names {time}"))
        await follow(driver, task, label=f"run {time}")
        await read_files(driver, task, time)


async def read_files(driver: Driver, task: str, when: str) -> None:
    """List the files of a task and download each."""
    for path in paths_of(await files(driver, task, label=f"files {when}")):
        await download(driver, task, path, label=f"{when}: {path}")
