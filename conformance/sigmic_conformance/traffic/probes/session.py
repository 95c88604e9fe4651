"""Expiry and restore: earlier messages and files are still available afterwards."""

from collections.abc import Mapping

from sigmic_conformance.model.record.agent_answers import about
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, Requires, probe
from sigmic_conformance.traffic.prompts import (
    EASY,
    KEYWORD,
    RECALL,
    RECALL_KEYWORD,
    attempts,
    create_file,
    nonce,
    remember,
    shell,
)
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_conformance.traffic.steps import (
    Run,
    ask,
    ask_again,
    download,
    files,
    follow,
    get,
    history,
    paths_of,
    run,
)
from sigmic_conformance.wire.bodies import FilePart, Form
from sigmic_conformance.wire.transcript import Exchange

TURNS = 10
"""Turns before the expiry: more than a short memory of the first or the last messages retains."""


def expiry(profile: Profile) -> float:
    """The time a session needs to expire, and two short runs."""
    return (profile.session_expiry_seconds or 0) + 8


def session_of(exchange: Exchange) -> str:
    """The session id from get_task; empty if there is none."""
    data = exchange.data if isinstance(exchange.data, dict) else {}
    return str(data.get("sessionId") or "")


async def _edited(driver: Driver, task: str, name: str, content: str) -> dict[str, str]:
    """Have the agent write over an upload, and move another away; return the first's path by its label."""
    if not driver.profile.offers("files"):
        return {}
    path, moved = f"uploads/{name}", f"moved-{content}.txt"
    sent = [FilePart(each, b"as uploaded\n") for each in (name, moved)]
    body = Form({"message": EASY}, sent)
    await driver.call("send_message", label="bring files", path={"id": task}, body=body)
    await follow(driver, task, label="bring files: stream")
    await files(driver, task, label="files brought")
    command = f"echo {content} > {path}; mv uploads/{moved} gone-{moved}; cat {path}; echo done"

    async def edit(number: int) -> bool | None:
        done = Run(task, await ask(driver, task, shell(command), label=f"edit {number}"))
        return done.called(path) or None

    await attempts(driver, "edit an upload", edit)
    return {"edited": path}


async def _look(driver: Driver, task: str, kept: Mapping[str, str], when: str) -> Exchange:
    """Read the task, its history and its files, and download some of them; return the task."""
    state = await get(driver, task, label=when)
    await history(driver, task, label=f"history {when}")
    await files(driver, task, label=f"files {when}")
    for label, path in kept.items():
        await download(driver, task, path, label=f"{label} {when}")
    return state


@probe(
    seconds=lambda profile: 2 * expiry(profile),
    concurrency=Concurrency.TIMING,
    capabilities=["sessions", "tools"],
    requires=[Requires.WRITES, Requires.EXPIRY],
)
async def restore(driver: Driver) -> None:
    """Give a codeword and create a file, let the session expire, read, continue, and let it expire again.

    The last message before the expiry has a keyword.
    """
    word, content, named = nonce(), nonce(), nonce()
    driver.note("word", word)
    latest = driver.note("latest", nonce())
    first = await run(driver, remember(word), label="first")
    task = first.task
    # A reader that joined the stream too late learns from this that the first turn is over.
    await get(driver, task, label="first task")
    for number in range(2, TURNS):
        await ask(driver, task, f"What is {number}+{number}?", label=f"turn {number}")
        await get(driver, task, label=f"turn {number}: task")

    async def attempt(number: int) -> str | None:
        # A different word from the content: an error with the name must not be taken for the content.
        name = f"{named}-{number}.txt"
        await ask(driver, task, create_file(name, content), label=f"make {number}")
        listed = await files(driver, task, label="files with it")
        return next((path for path in paths_of(listed) if path.endswith(name)), None)

    path = await attempts(driver, "make a file", attempt)
    await ask(driver, task, remember(latest, KEYWORD), label="the latest")
    kept = {"download": path}
    before = await _look(driver, task, kept, "before")
    await expire(driver, task, session_of(before))
    await _look(driver, task, kept, "expired")
    await follow(driver, task, label="stream expired")
    await get(driver, task, label="still expired")
    answer = await ask(driver, task, RECALL, label="restored")
    await ask(driver, task, RECALL_KEYWORD, label="restored: the latest")
    await _look(driver, task, kept, "after")

    async def read(number: int) -> Run | None:
        if number > 1:
            # No reader received what the last attempt did to the file.
            await download(driver, task, path, label=f"download before read {number}")
        live = await ask(driver, task, shell(f"cat {path}"), label=f"read {number}")
        done = Run(task, live)
        return done if done.called(path) else None

    await attempts(driver, "read the file", read)
    await ask_again(driver, task, RECALL, answer, to_the_point=about(word))
    edited = await _edited(driver, task, f"edited-{named}.txt", content)
    before = await _look(driver, task, edited, "before the second expiry")
    await expire(driver, task, session_of(before))
    for changed in edited.values():
        # The first turn after the restore is long enough for a reader to receive all of it.
        await ask(driver, task, shell(f"sleep 1; cat {changed}"), label="read the edited file")
    await _look(driver, task, edited, "after the second")
    await ask(driver, task, RECALL, label="restored twice")
