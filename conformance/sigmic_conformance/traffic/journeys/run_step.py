"""Run a step: send its message, run the turn, and note where the agent deviated."""

from dataclasses import replace

from sigmic_conformance.traffic.endings import Interrupted, describe
from sigmic_conformance.traffic.journeys.journey import Step
from sigmic_conformance.traffic.journeys.life import Life
from sigmic_conformance.traffic.journeys.material import (
    PROMPT,
    URLENCODED,
    Message,
    Variables,
    body,
    files,
    message,
    variables,
)
from sigmic_conformance.traffic.journeys.turn import Turn
from sigmic_conformance.traffic.prompts import nonce
from sigmic_conformance.traffic.steps import task_id
from sigmic_conformance.wire.transcript import Exchange

MAY_BE_REFUSED = (("body", URLENCODED, "json"), ("files", "empty", "none"))
"""Values of a dimension that a target may refuse everywhere (G-07, G-29), and what is sent instead."""


async def run_step(life: Life, step: Step) -> None:
    """Run a step. Raises Interrupted if the journey cannot continue."""
    word = nonce()
    said = message(step, word, life.driver.profile, life.journey.listening)
    await Turn(life, await _send(life, step, word, said), said).run()


async def _send(life: Life, step: Step, word: str, said: Message) -> Step:
    """Send the step's message: the first creates the task. Returns the step without what was refused."""
    driver = life.driver
    given = variables(life.journey.value, f"canary-{nonce()}-{nonce()}") if life.number == 1 else None
    if given is not None:
        for secret in filter(None, given.secrets.values()):
            driver.redactor.learn(secret)
        driver.note("digests", given.digests)
    sent = await _sent(life, step, word, said, given)
    for name, value, usual in MAY_BE_REFUSED:
        if sent.refused and step[name] == value:
            step = replace(step, situation={**step.situation, name: usual})
            sent = await _sent(life, step, word, said, given)
    if given is not None:
        life.task = task_id(driver, sent)
    elif not sent.ok:
        raise Interrupted(f"step {life.number}: the follow-up was answered {describe(sent)}")
    return step


async def _sent(life: Life, step: Step, word: str, said: Message, given: Variables | None) -> Exchange:
    """Send the message; with variables it creates the task."""
    driver, parts, caller = life.driver, files(step, word, life.driver.profile), life.acting(step)
    if given is None:
        path, content = {"id": life.task}, body(step["body"], said.text, parts)
        return await driver.call(
            "send_message", label=life.label("follow-up"), path=path, caller=caller, body=content
        )
    prompt = PROMPT if life.journey.is_prompted else None
    content = body(step["body"], said.text, parts, given=given, asks=life.journey.asks, prompt=prompt)
    return await driver.call("create_task", label=life.label("create"), caller=caller, body=content)
