"""Files while a task runs and as they change, hidden and oddly named files."""

import asyncio

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import attempts, nonce, shell
from sigmic_conformance.traffic.steps import (
    Run,
    created,
    download,
    files,
    get,
    paths_of,
    run,
)

SLEEP_SECONDS = 3
LISTED_SECONDS = 1.2
"""How long after a command its file must be listed."""


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def files_while_running(driver: Driver) -> None:
    """Create two files, list them while the next command runs, which changes one of them, and once after."""
    word = nonce()

    async def attempt(number: int) -> Run | None:
        path = f"{word}-{number}.txt"
        made = f"echo {word} > kept-{word}.txt; echo {word} > {path}; echo done"
        pause = f"sleep {SLEEP_SECONDS}; echo more >> {path}"
        task = await created(driver, shell(made, pause), label=f"create {number}")
        live = await driver.open_stream(task, label=f"run {number}")
        second = await live.until(
            lambda event: event.type in {"done", "error"} or event.calls("more >>"),
            driver.profile.task_seconds,
        )
        if second is None or second.type != "tool_call":
            live.hang_up()
            return None
        await asyncio.sleep(LISTED_SECONDS)
        listed = await files(driver, task, label="running: files")
        found = next((each for each in paths_of(listed) if each.endswith(path)), path)
        await download(driver, task, found, label="running: download")
        await get(driver, task, label="running: task")
        await live.finish(driver.profile.task_seconds)
        await get(driver, task, label="finished: task")
        await files(driver, task, label="finished: files")
        await download(driver, task, found, label="finished: download")
        return Run(task, live)

    await attempts(driver, "two commands", attempt)


def making(word: str) -> str:
    """A command that creates files: hidden, among dependencies, of unknown type, with unusual names."""
    odd = [r"quote\042-W.txt", r"back\134slash-W.txt", r"line\012X-Injected: W.txt", r"no\377text-W.txt"]
    plain = ["seen-W.txt", "kind-W.qqq", ".hidden-W.txt", "node_modules/W/index.js", ".folder-W/inside.txt"]
    plain += ["50%41-W.txt", "1+1-W.txt"]  # a path that is decoded once more names another file
    steps = ["mkdir -p node_modules/W .folder-W"]
    steps += [f"printf x > {name}" for name in plain]
    steps += [f"printf x > \"$(printf '{name}')\"" for name in odd]
    return "; ".join(steps).replace("W", word)


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def unusual_file_names(driver: Driver) -> None:
    """Have hidden and oddly named files made; list them and download the oddly named."""
    word = driver.note("word", nonce())

    async def attempt(number: int) -> Run | None:
        done = await run(driver, shell(making(word)), label=f"attempt {number}")
        return done if done.called(f"seen-{word}") else None

    made = await attempts(driver, "make odd files", attempt)
    listed = paths_of(await files(driver, made.task, label="files"))
    named = [f'quote"-{word}.txt', f"back\\slash-{word}.txt", f"line\nX-Injected: {word}.txt"]
    # How a list shows a name that is not UTF-8, and whether its file is found again, is not documented.
    found = (path for path in listed if word in path and f"text-{word}" not in path)
    for path in dict.fromkeys([*found, *named]):
        await download(driver, made.task, path, label=f"download {path}")
