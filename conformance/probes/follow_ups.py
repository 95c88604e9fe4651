"""Follow-up messages with and without files, memory, and what is refused."""

from sigmic_conformance.conformance.client.bodies import FilePart, Form
from sigmic_conformance.conformance.judging.agent_answers import about
from sigmic_conformance.conformance.probing.driver import Driver, as_json
from sigmic_conformance.conformance.probing.live_stream import LiveStream
from sigmic_conformance.conformance.probing.prompts import EASY, RECALL, attempts, nonce, remember, shell
from sigmic_conformance.conformance.probing.steps import (
    Run,
    ask,
    ask_again,
    created,
    files,
    follow,
    get,
    history,
    poll,
    run,
    say,
    task_id,
)
from sigmic_conformance.conformance.registry import Lane, probe

LIST_FILES = "List the names of the files I uploaded."


@probe(seconds=5, lane=Lane.AGENT)
async def follow_up(driver: Driver) -> None:
    """Tell a codeword, ask for it in a follow-up, and read everything before and after.

    A task made in between shows whether the follow-up moves the first one over it in the list.
    """
    word = driver.facts["word"] = nonce()
    first = await run(driver, remember(word), label="first")
    task = driver.facts["task"] = first.task
    await poll(driver, task, frozenset({"completed", "failed"}), label="before", timeout=10)
    await history(driver, task, label="history before")
    path = {"id": task}
    await driver.call("send_message", label="bad: no message", path=path, body=as_json({}))
    await driver.call("send_message", label="bad: empty", path=path, body=as_json({"message": ""}))
    await driver.call(
        "send_message",
        label="bad: files only",
        path=path,
        body=Form({}, [FilePart("a.txt", b"a")]),
    )
    await history(driver, task, label="history after refusals")
    await get(driver, task, label="after refusals")
    younger = driver.facts["younger"] = await created(driver, EASY, label="younger")
    await follow(driver, younger, label="run of younger")
    await say(driver, task, RECALL, label="follow-up")
    answer = await follow(driver, task, label="run of follow-up")
    await poll(driver, task, frozenset({"completed", "failed"}), label="after", timeout=10)
    await history(driver, task, label="history after")
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    await ask_again(driver, task, RECALL, answer, label="again", to_the_point=about(word))


@probe(seconds=5, lane=Lane.AGENT, capabilities=["files"])
async def follow_up_files(driver: Driver) -> None:
    """Add a file by a follow-up beside one of the creation, and have the agent see it."""
    word = driver.facts["word"] = nonce()
    name = driver.facts["name"] = f"later-{word}.txt"
    form = Form({"message": EASY}, [FilePart("first.txt", b"first\n")])
    made = await driver.call("create_task", label="create", body=form)
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    driver.facts["message"] = EASY
    message = driver.facts["follow-up message"] = LIST_FILES
    body = Form({"message": message}, [FilePart(name, f"content {word}\n".encode())])
    await driver.call("send_message", label="follow-up", path={"id": task}, body=body)
    answer = await follow(driver, task, label="run of follow-up")
    await files(driver, task, label="files")
    await history(driver, task)
    await ask_again(driver, task, LIST_FILES, answer, label="again", to_the_point=about(name, files=True))

    async def read(number: int) -> Run | None:
        label = f"read {number}"
        live = await ask(driver, task, shell(f"cat uploads/{name}"), label=label)
        driver.facts["read"] = f"{label}: stream"
        done = Run(task, live)
        return done if done.called(name) else None

    await attempts(driver, "read the uploaded file", read)


@probe(seconds=5, lane=Lane.AGENT, capabilities=["tools"])
async def follow_up_early(driver: Driver) -> None:
    """Send a follow-up while the agent works."""
    word = driver.facts["word"] = nonce()

    async def attempt(_: int) -> tuple[str, LiveStream] | None:
        task = await created(driver, shell(f"sleep 2; echo {word}"))
        live = await driver.open_stream(task, label="run")
        if await live.until(lambda event: event.type == "tool_call", driver.profile.task_seconds):
            return task, live
        live.hang_up()
        return None

    task, live = await attempts(driver, "a command that takes two seconds", attempt)
    driver.facts["message"] = f"{EASY} ({word})"
    await say(driver, task, driver.facts["message"], label="early follow-up")
    await live.end(driver.profile.task_seconds)
    live.hang_up()
    await follow(driver, task, label="afterwards")
    await poll(driver, task, frozenset({"completed", "failed"}), label="finished", timeout=20)
    await history(driver, task)
