"""What the agent does with tools and files: a file that it reads, a command that fails."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import attempts, nonce, shell
from sigmic_conformance.traffic.steps import (
    Run,
    create_form,
    follow,
    get,
    history,
    run,
    task_id,
)
from sigmic_conformance.wire.bodies import FilePart


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["files", "tools"])
async def read_upload(driver: Driver) -> None:
    """Upload a file and have it read; a word for it that any agent knows comes first, then a command."""
    word = driver.note("word", nonce())

    async def attempt(number: int) -> Run | None:
        name = driver.note("name", f"note-{nonce()}.txt")
        asked = f"Read the file uploads/{name}.\nList the files in uploads."
        message = asked if number == 1 else shell(f"cat uploads/{name}")
        label = driver.note("run", f"reading {number}")
        part = FilePart(name, f"{word}\n".encode())
        task = task_id(driver, await create_form(driver, {"message": message}, [part], label=label))
        live = await follow(driver, task, label=f"{label}: stream")
        done = Run(task, live)
        return done if done.called(name) else None

    await attempts(driver, "read an uploaded file", attempt)


@probe(seconds=2, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def failing_tool(driver: Driver) -> None:
    """Have a command run that fails, and see how the task continues."""
    word = driver.note("word", nonce())

    async def attempt(number: int) -> Run | None:
        label = driver.note("run", f"failing {number}")
        done = await run(driver, shell(f"echo {word}; exit 3"), label=label)
        return done if done.called(word) else None

    done = await attempts(driver, "a command that fails", attempt)
    await get(driver, done.task, label="finished")
    await history(driver, done.task, label="history")
