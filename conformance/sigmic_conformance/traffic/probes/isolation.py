"""Other callers with a valid key, and commands that search for other tasks."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, Requires, probe
from sigmic_conformance.traffic.probes.auth import UNKNOWN_TASK
from sigmic_conformance.traffic.prompts import EASY, attempts, create_file, nonce, shell, together
from sigmic_conformance.traffic.steps import (
    Run,
    create,
    created,
    decide,
    download,
    files,
    follow,
    get,
    history,
    paths_of,
    run,
    say,
    task_id,
)
from sigmic_conformance.wire.bodies import as_json


@probe(
    seconds=5,
    concurrency=Concurrency.AGENT,
    capabilities=["tools"],
    requires=[Requires.WRITES, Requires.SECOND_KEY],
)
async def other_key(driver: Driver) -> None:
    """Try everything on a task with a key of another project, and look for effects."""
    word = nonce()
    stranger = driver.second
    made = await run(driver, create_file(f"{word}.txt", word), label="mine")
    task = made.task
    found = paths_of(await files(driver, task, label="files"))
    await get(driver, task, label="before")
    await history(driver, task, label="history before")
    path = {"id": task}
    for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
        await driver.call(operation, label=f"twin: {operation}", path=path)
        await driver.call(operation, label=f"stranger: {operation}", caller=stranger, path=path)
    wanted = found[0] if found else f"{word}.txt"
    await download(driver, task, wanted, label="stranger: download_artifact", caller=stranger)
    await say(driver, task, EASY, label="stranger: send_message", caller=stranger)
    await decide(driver, task, "call_1", "proceed_once", label="stranger: approve_tool_call", caller=stranger)
    await driver.call("cancel_task", label="stranger: cancel_task", caller=stranger, path=path)
    # An invalid request must not show which task exists either.
    for what, target in (("real task", task), ("unknown task", UNKNOWN_TASK)):
        for operation in ("send_message", "approve_tool_call"):
            await driver.call(
                operation,
                label=f"other caller: invalid, {what}",
                caller=stranger,
                path={"id": target, "callId": "call_1"},
                body=as_json({}),
            )
        await download(driver, target, "", label=f"other caller: no path, {what}", caller=stranger)
    task_id(driver, await create(driver, EASY, label="other caller creates", caller=stranger))
    await driver.call("list_tasks", label="stranger's list", caller=stranger, query={"limit": "100"})
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    # Parallel calls ask for no approval either (CREATE-019). The second ends first.
    slow, quick = f"sleep 3; echo {nonce()}", f"sleep 2; echo {nonce()}"
    running = await created(driver, together(slow, quick), label="running")
    await driver.call("cancel_task", label="other key: cancel_task", caller=stranger, path={"id": running})
    await follow(driver, running, label="running: stream")
    await get(driver, running, label="running after")
    await get(driver, task, label="after")
    await history(driver, task, label="history after")


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def neighbours(driver: Driver) -> None:
    """Create a file in one task; let a command of another task search for it and print its environment."""
    word = driver.note("word", nonce())

    async def make(number: int) -> Run | None:
        label = driver.note("mine", f"mine {number}")
        # The shell builds the name, so that only the file itself has the whole name.
        command = f"printf 'SEEN-%s' '{word}' > {word}.txt; cat {word}.txt"
        done = await run(driver, shell(command), label=label)
        return done if done.called(word) else None

    await attempts(driver, "make a file", make)

    async def search(number: int) -> Run | None:
        label = driver.note("search", f"search {number}")
        command = (
            f"find / -xdev -name '{word}.txt' 2>/dev/null | xargs -r cat; "
            f"cat /workspace/{word}.txt ../*/{word}.txt ../*/*/{word}.txt 2>/dev/null; ls; echo end-of-search"
        )
        done = await run(driver, shell(command), label=label)
        return done if done.called("end-of-search") else None

    await attempts(driver, "search for a neighbour's file", search)
