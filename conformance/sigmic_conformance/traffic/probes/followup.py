"""Follow-up messages with and without files, memory, and what is refused."""

import asyncio

from sigmic_conformance.model.record.agent_answers import about
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import (
    EASY,
    KEYWORD,
    RECALL,
    RECALL_KEYWORD,
    attempts,
    count,
    nonce,
    remember,
    shell,
    think,
)
from sigmic_conformance.traffic.steps import (
    Run,
    ask,
    ask_again,
    created,
    download,
    files,
    follow,
    get,
    history,
    poll,
    run,
    say,
    task_id,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.bodies import FilePart, Form, as_json
from sigmic_conformance.wire.numbered_text import numbered
from sigmic_conformance.wire.transcript import Exchange

LIST_FILES = "List the names of the files I uploaded."
FINAL = frozenset({"completed", "failed"})
TURNS = 27
"""They have more than fifty messages, more than a usual page."""
LONG_BYTES = 8500
FORM_TURN = 3
"""The message of this turn is a form without files, which are optional (FOLLOWUP-002)."""
THINKING_TURNS = (4, 5)
"""Each has its own thought; the history of the second must not have that of the first (HISTORY-021)."""
CANCELLED_TURN = TURNS - 3
"""This turn is cancelled, so that it may have no answer: the agent has to know what was said before it."""


@probe(seconds=5, concurrency=Concurrency.AGENT)
async def follow_up(driver: Driver) -> None:
    """Give a codeword, ask for it in a follow-up, and read everything before and after.

    A task made in between shows whether the follow-up moves the first one over it in the list.
    """
    word = driver.note("word", nonce())
    # The answer has letters of several bytes, which may be cut into pieces.
    first = await run(driver, remember(f"{word}𠮷é名𠮷"), label="first")
    task = first.task
    await poll(driver, task, FINAL, label="before", timeout=10)
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
    younger = await created(driver, EASY, label="younger")
    await follow(driver, younger, label="run of younger")
    await say(driver, task, RECALL, label="follow-up")
    answer = await follow(driver, task, label="run of follow-up")
    await poll(driver, task, FINAL, label="after", timeout=10)
    await history(driver, task, label="history after")
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    await ask_again(driver, task, RECALL, answer, to_the_point=about(word))


@probe(seconds=30, concurrency=Concurrency.AGENT)
async def long_conversation(driver: Driver) -> None:
    """Many short turns, the first with a tool call; the history in their midst, and every view in the end.

    The second message has a codeword, and one of the last asks for it, behind a cancelled turn. Then a
    keyword is given and asked for. Two turns have thoughts.
    """
    word, latest = driver.note("word", nonce()), driver.note("latest", nonce())
    said = {2: remember(word), TURNS - 2: RECALL}
    said |= {TURNS - 1: remember(latest, KEYWORD), TURNS: RECALL_KEYWORD}
    labels = {TURNS - 2: "recall", TURNS: "recall the latest"}
    first = shell(f"echo {nonce()}") if driver.profile.offers("tools") else EASY
    task = (await run(driver, first, label="first")).task
    for number in range(2, TURNS + 1):
        await poll(driver, task, json_values.FINAL, label=f"turn {number - 1}: done", timeout=10)
        if number in {THINKING_TURNS[-1] + 1, TURNS // 2}:
            await history(driver, task, label=f"history of {number - 1} turns")
        question = f"What is {number}+{number}?"
        if number in THINKING_TURNS:
            question = f"{think(f'sums {number}')}\n{question}"
        question = said.get(number, question)
        label = labels.get(number, f"turn {number}")
        if number == CANCELLED_TURN:
            await say(driver, task, count(400), label=label)
            await driver.call("cancel_task", label=f"{label}: cancel", path={"id": task})
            continue
        as_form = number == FORM_TURN and driver.profile.offers("files")
        await ask(driver, task, question, label=label, as_form=as_form)
    await poll(driver, task, FINAL, label=f"turn {TURNS}: done", timeout=10)
    await history(driver, task, label="history")
    await follow(driver, task, label="replay")
    await driver.call("list_tasks", label="list", query={"limit": "100"})


def attached(told: Exchange) -> list[str]:
    """The paths of the files attached to the messages of a history, each once."""
    paths = (
        file.get("path")
        for message in json_values.objects(told.fields.get("messages"))
        for file in json_values.objects(message.get("attachedFiles"))
    )
    return list(dict.fromkeys(path for path in paths if isinstance(path, str)))


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["files"])
async def follow_up_files(driver: Driver) -> None:
    """Add two files by a follow-up, one of them under a name of the creation; the agent reads the other."""
    word = nonce()
    name = driver.note("name", f"later-{word}.txt")
    form = Form({"message": EASY}, [FilePart("first.txt", b"first\n")])
    made = await driver.call("create_task", label="create", body=form)
    task = task_id(driver, made)
    await follow(driver, task, label="run")
    again = FilePart("first.txt", f"again {word}\n".encode())
    body = Form({"message": LIST_FILES}, [FilePart(name, f"content {word}\n".encode()), again])
    await driver.call("send_message", label="follow-up", path={"id": task}, body=body)
    answer = await follow(driver, task, label="run of follow-up")
    await files(driver, task, label="files")
    told = await history(driver, task, label="history")
    for path in attached(told):
        await download(driver, task, path, label=f"attached {path}")
    await ask_again(driver, task, LIST_FILES, answer, to_the_point=about(name, files=True))

    async def read(number: int) -> Run | None:
        live = await ask(driver, task, shell(f"cat uploads/{name}"), label=f"read {number}")
        done = Run(task, live)
        return done if done.called(name) else None

    await attempts(driver, "read the uploaded file", read)


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def follow_up_early(driver: Driver) -> None:
    """Send a follow-up before the agent has started, two while it works, two at the same time; long texts.

    Of the two, one takes longer: if both run, the end of the other must not end it or pass for its end.
    """
    word = nonce()
    pending = await created(driver, EASY, label="pending: create")
    await say(driver, pending, f"{EASY} (pending, {word})", label="pending: follow-up")

    async def attempt(_: int) -> tuple[str, LiveStream] | None:
        task = await created(driver, shell(f"sleep 2; echo {word}"), label="create_task")
        live = await driver.open_stream(task, label="run")
        if await live.until(lambda event: event.type == "tool_call", driver.profile.task_seconds):
            return task, live
        live.hang_up()
        return None

    task, live = await attempts(driver, "a command that takes two seconds", attempt)
    await say(driver, task, _long(word, 1), label="early follow-up")
    await say(driver, task, _long(word, 2), label="second early follow-up")
    await live.finish(driver.profile.task_seconds)
    # One run for each of them, if they were accepted.
    for run_of in ("afterwards", "afterwards again"):
        await follow(driver, task, label=run_of)
        await poll(driver, task, FINAL, label=f"{run_of}: finished", timeout=20)
    await history(driver, task, label="history")
    slow = f"{shell('sleep 2')}\n{_long(f'{word}, slow', 4)}"
    await asyncio.gather(
        say(driver, task, _long(f"{word}, one", 3), label="concurrent: one"),
        say(driver, task, slow, label="concurrent: other"),
    )
    # One run for each of them, if both were accepted.
    for each, what in ((task, "concurrent"), (task, "concurrent again"), (pending, "pending")):
        await follow(driver, each, label=f"{what}: afterwards")
        await poll(driver, each, FINAL, label=f"{what}: finished", timeout=20)
        await history(driver, each, label=f"{what}: history")


def _long(word: str, number: int) -> str:
    """A message that differs from another one in a number, and after that in each word."""
    return f"{EASY} ({word}-{number}) {numbered(LONG_BYTES + number, first=number * 1000)}"
