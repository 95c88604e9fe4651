"""Files that the agent creates, and invalid paths that must be refused."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import attempts, create_file, nonce, shell
from sigmic_conformance.traffic.steps import Run, download, files, get, history, paths_of, run
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.numbered_text import numbered

LONG_BYTES = 5000
"""Bytes of a file that the agent is asked to write: a tool's argument is longer than a buffer."""

MANY_FILES = 1100
"""More than a page of a storage service holds."""

TRAVERSALS = (
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "uploads/../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\..\\..\\etc\\passwd",
    "file:///etc/passwd",
    "a.txt\0.png",
    "....//....//....//etc/passwd",
)


def counting(folder: str) -> str:
    """A command that creates many files, some with names that tools tend to skip, and counts them."""
    names = f"$(seq {MANY_FILES} | sed s/$/.txt/) run.log draft.tmp old.bak build/made.txt dist/app.js"
    each = f"echo $name > {folder}/$name"
    folders = f"{folder}/build {folder}/dist"
    return f"mkdir -p {folders}; for name in {names}; do {each}; done; find {folder} -type f | wc -l"


LARGE_LINES = 400_000
"""Of a file of 2.7 MB: larger than the buffers of servers and proxies."""


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def created_file(driver: Driver) -> None:
    """Have files made; list and download them, one in part as well, and ask for what is not there."""
    word = driver.note("word", nonce())

    async def attempt(number: int) -> Run | None:
        name = f"{word}-{number}.txt"
        done = await run(driver, create_file(name, word), label=f"attempt {number}")
        # A reader that joined the stream too late learns from this that the turn is over.
        await get(driver, done.task, label="task")
        listed = await files(driver, done.task, label="files")
        found = next((path for path in paths_of(listed) if path.endswith(name)), None)
        if found is None:
            return None
        driver.note("name", name)
        driver.note("path", found)
        driver.note("content", word)
        return done

    made = await attempts(driver, "make a file", attempt)
    long_name = f"{word}-long.txt"
    long = (await run(driver, create_file(long_name, numbered(LONG_BYTES)), label="long file")).task
    state = await get(driver, long, label="long file: task")
    await history(driver, long, label="long file: history")
    for each in paths_of(await files(driver, long, label="long file: files")):
        if each.endswith(long_name):
            await download(driver, long, each, label="long file: download")
    large_name = f"large-{word}.txt"
    makes = shell(counting(f"many-{word}"), f"seq {LARGE_LINES} > {large_name}")
    many = (await run(driver, makes, label="many files")).task
    await get(driver, many, label="many files: task")
    for each in paths_of(await files(driver, many, label="many files: files")):
        if each.endswith(large_name):
            await download(driver, many, each, label="large file: download")
    task, path = made.task, driver.noted("path")
    await download(driver, task, path, label="download")
    await download(driver, task, path, label="range", headers=(("Range", "bytes=1-3"),))
    await download(driver, task, path, label="range beyond", headers=(("Range", "bytes=1000000-"),))
    await driver.request(
        "HEAD",
        driver.writer.target("download_artifact", {"id": task}, {"path": path}),
        operation="download_artifact",
        label="head",
    )
    await download(driver, task, f"{word}-nowhere.txt", label="missing file")
    await driver.call("download_artifact", label="no path", path={"id": task})
    for folder in ("", ".", f"many-{word}"):
        await download(driver, many, folder, label=f"folder {folder}")
    once = driver.writer.target("download_artifact", {"id": task}, {"path": path})
    twice = f"{once}&{once.partition('?')[2]}"
    await driver.request("GET", twice, operation="download_artifact", label="two paths")
    # The path may be allowed anywhere in the folder of all workspaces.
    folders = dict.fromkeys((long, json_values.word(state.fields.get("sessionId"))))
    await _ask_outside(driver, task, [f"../{folder}/{long_name}" for folder in folders])


async def _ask_outside(driver: Driver, task: str, neighbours: list[str]) -> None:
    """Ask for paths that lead out of the workspace, some of them to files of another task."""
    for number, outside in enumerate(TRAVERSALS):
        await download(driver, task, outside, label=f"traversal {number}")
    for path in neighbours:
        await download(driver, task, path, label=f"traversal to {path.split('/')[1]}")
    base = driver.writer.target("download_artifact", {"id": task}, {})
    for number, raw in enumerate(("..%252f..%252f..%252fetc%252fpasswd", "../../../../etc/passwd", "%00")):
        await driver.request(
            "GET",
            f"{base}?path={raw}",
            operation="download_artifact",
            label=f"traversal raw {number}",
        )


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def link_out(driver: Driver) -> None:
    """Have the agent make a symbolic link to a file outside its workspace, and ask for it."""
    word = nonce()

    async def attempt(number: int) -> Run | None:
        name = driver.note("link", f"{word}-{number}.txt")
        # A list that follows links has no end in the other one.
        command = f"ln -s . {word}-loop-{number}; ln -s /etc/passwd {name} && ls {name}"
        done = await run(driver, shell(command), label=f"attempt {number}")
        return done if done.called(name) else None

    made = await attempts(driver, "make a link", attempt)
    for path in (driver.noted("link"), *paths_of(await files(driver, made.task, label="files"))):
        await download(driver, made.task, path, label=f"link: {path}")
