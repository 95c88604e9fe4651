"""Turns of a task's life: pending, followed up while slow, failing, delegating to a subagent."""

from sigmic_conformance.conformance.labels.state import FailingTask, PendingTask, SlowFollowUp, Subagents
from sigmic_conformance.conformance.probing.driver import Driver, as_json
from sigmic_conformance.conformance.probing.endings import Missed
from sigmic_conformance.conformance.probing.prompts import (
    ATTEMPTS,
    EASY,
    attempts,
    nonce,
    of_a_subagent,
    shell,
)
from sigmic_conformance.conformance.probing.steps import (
    Run,
    create,
    created,
    follow,
    get,
    history,
    poll,
    run,
    say,
    status_of,
    task_id,
)
from sigmic_conformance.conformance.registry import Concurrency, probe
from sigmic_conformance.conformance.transcript.json_values import FINAL

SLOW_SECONDS = 2
FORBIDDEN = {"env": {"LATER": "x"}, "secrets": {"LATER": "x"}, "autoExecute": False, "systemPrompt": "x"}


@probe(seconds=3, concurrency=Concurrency.AGENT)
async def pending_task(driver: Driver) -> None:
    """Read a task right after its creation, open its stream while it is pending, and follow it.

    Where the machine is busy it is read too late: then another one is made.
    """
    task = ""
    for number in range(1, ATTEMPTS + 1):
        driver.note(PendingTask.NUMBER, number)
        task = await created(driver, EASY, label=PendingTask.CREATE_TASK.of(number))
        told = await get(driver, task, label=PendingTask.RIGHT_AFTER_THE_CREATION.of(number))
        if status_of(told) == "pending":
            break
    driver.note(PendingTask.TASK, task)
    await follow(driver, task, label=PendingTask.RUN)
    await poll(driver, task, FINAL, label=PendingTask.FINISHED, timeout=10)


@probe(seconds=7, concurrency=Concurrency.AGENT, capabilities=["tools", "environment"])
async def slow_follow_up(driver: Driver) -> None:
    """A follow-up of two seconds on a task with variables: what it answers, and what is told meanwhile."""
    word = driver.note(SlowFollowUp.WORD, nonce())
    driver.note(SlowFollowUp.SECONDS, SLOW_SECONDS)
    message = shell(f'sleep {SLOW_SECONDS}; echo "again $FOLLOWED"')

    async def attempt(number: int) -> Run | None:
        first = await run(
            driver,
            EASY,
            label=SlowFollowUp.FIRST.of(number),
            env={"FOLLOWED": word},
            systemPrompt=f"Mark {word}.",
            showInHistory=False,
        )
        task = first.task
        await poll(driver, task, FINAL, label=SlowFollowUp.BEFORE, timeout=10)
        await history(driver, task, label=SlowFollowUp.HISTORY_BEFORE)
        for name, value in FORBIDDEN.items():
            body = as_json({"message": f"{EASY} ({name})", name: value})
            asked = await driver.call(
                "send_message", label=SlowFollowUp.FIELD.of(name), path={"id": task}, body=body
            )
            if asked.succeeded:
                # Taken, and perhaps ignored: then it runs, and the rest would only cost turns.
                await follow(driver, task, label=SlowFollowUp.RUN_WITH.of(name))
                break
        await history(driver, task, label=SlowFollowUp.HISTORY_AFTER_FIELDS)
        await poll(driver, task, FINAL, label=SlowFollowUp.BEFORE_THE_FOLLOW_UP, timeout=10)
        driver.require(await say(driver, task, message, label=SlowFollowUp.FOLLOW_UP))
        await get(driver, task, label=SlowFollowUp.RIGHT_AFTER)
        live = await driver.open_stream(task, label=SlowFollowUp.RUN_OF_FOLLOW_UP)
        await live.until(lambda event: event.type in {"tool_call", "done", "error"}, 20)
        await get(driver, task, label=SlowFollowUp.MEANWHILE)
        await live.end(driver.profile.task_seconds)
        live.hang_up()
        again = Run(task, live)
        return again if again.called("FOLLOWED") else None

    made = await attempts(driver, "a command in a follow-up", attempt, most=2)
    driver.note(SlowFollowUp.TASK, made.task)
    await poll(driver, made.task, FINAL, label=SlowFollowUp.AFTER, timeout=10)
    await get(driver, made.task, label=SlowFollowUp.AT_THE_END)
    await history(driver, made.task, label=SlowFollowUp.HISTORY_AFTER)


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools"])
async def failing_task(driver: Driver) -> None:
    """Ask a task to fail, look at what is told, and follow it up. A real model may not be able to fail."""
    word = driver.note(FailingTask.WORD, nonce())
    # The command gives a reader the time to come.
    message = f"{shell('sleep 2')}\nThen fail with the message: stopped on purpose {word}"
    task = task_id(driver, await create(driver, message, label=FailingTask.CREATE_TASK))
    await follow(driver, task, label=FailingTask.RUN)
    final = await poll(driver, task, FINAL, label=FailingTask.FAILED, timeout=10)
    if status_of(final) != "failed":
        raise Missed(f"the task did not fail, it is {status_of(final)}")
    driver.note(FailingTask.TASK, task)
    driver.note(FailingTask.STATUS, "failed")
    await history(driver, task, label=FailingTask.HISTORY)
    await say(driver, task, EASY, label=FailingTask.FOLLOW_UP)
    await follow(driver, task, label=FailingTask.RUN_OF_FOLLOW_UP)
    await poll(driver, task, FINAL, label=FailingTask.AFTER, timeout=10)


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["tools", "subagents"])
async def subagents(driver: Driver) -> None:
    """Have a subagent do something."""
    word = nonce()
    message = of_a_subagent(f"sleep 2; echo {word}")

    async def attempt(number: int) -> Run | None:
        made = await run(driver, message, label=Subagents.DELEGATING.of(number))
        started = any(event.type == "subagent_start" for event in made.live.events)
        driver.note(Subagents.STREAM, Subagents.DELEGATING.of(number).stream)
        return made if started else None

    await attempts(driver, "a subagent", attempt, most=2)
