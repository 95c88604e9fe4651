"""Expiry and restore: earlier messages and files are still available afterwards."""

from sigmic_conformance.conformance.judging.agent_answers import about
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.prompts import (
    RECALL,
    attempts,
    create_file,
    nonce,
    remember,
    shell,
)
from sigmic_conformance.conformance.probing.session_expiry import expire
from sigmic_conformance.conformance.probing.steps import (
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
from sigmic_conformance.conformance.registry import Concurrency, Requires, probe
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Exchange

TURNS = 8
"""Turns before the expiry: more than a short memory of the last messages retains."""


def expiry(profile: Profile) -> float:
    """The time a session needs to expire, and two short runs."""
    return (profile.session_expiry_seconds or 0) + 8


def session_of(exchange: Exchange) -> str:
    """The session id from get_task; empty if there is none."""
    data = exchange.data if isinstance(exchange.data, dict) else {}
    return str(data.get("sessionId") or "")


@probe(
    seconds=lambda profile: 2 * expiry(profile),
    concurrency=Concurrency.TIMING,
    capabilities=["sessions", "tools"],
    requires=[Requires.WRITES, Requires.EXPIRY],
)
async def restore(driver: Driver) -> None:
    """Tell a codeword and make a file, let the session expire, read, go on, and let it expire again."""
    word, content, named = nonce(), nonce(), nonce()
    driver.note("word", word)
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
        listed = await files(driver, task, label="files before")
        return next((path for path in paths_of(listed) if path.endswith(name)), None)

    path = await attempts(driver, "make a file", attempt)
    before = await get(driver, task, label="before")
    await download(driver, task, path, label="download before")
    await history(driver, task, label="history before")
    await expire(driver, task, session_of(before))
    await get(driver, task, label="expired")
    await history(driver, task, label="history expired")
    await follow(driver, task, label="stream expired")
    await files(driver, task, label="files expired")
    await download(driver, task, path, label="download expired")
    await get(driver, task, label="still expired")
    answer = await ask(driver, task, RECALL, label="restored")
    await get(driver, task, label="after")
    await history(driver, task, label="history after")
    await files(driver, task, label="files after")
    await download(driver, task, path, label="download after")

    async def read(number: int) -> Run | None:
        if number > 1:
            # No reader received what the last attempt did to the file.
            await download(driver, task, path, label=f"download before read {number}")
        live = await ask(driver, task, shell(f"cat {path}"), label=f"read {number}")
        done = Run(task, live)
        return done if done.called(path) else None

    await attempts(driver, "read the file", read)
    await ask_again(driver, task, RECALL, answer, to_the_point=about(word))
    await expire(driver, task, session_of(await get(driver, task, label="before the second expiry")))
    await ask(driver, task, RECALL, label="restored twice")
