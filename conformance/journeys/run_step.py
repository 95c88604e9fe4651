"""Run a step: send its message, run the turn, and note where the agent deviated."""

from sigmic_conformance.conformance.journeys.journey import Step
from sigmic_conformance.conformance.journeys.life import Life
from sigmic_conformance.conformance.journeys.material import (
    PROMPT,
    URLENCODED,
    Message,
    Variables,
    body,
    files,
    message,
    variables,
)
from sigmic_conformance.conformance.journeys.turn import Turn
from sigmic_conformance.conformance.probing.endings import Interrupted, describe
from sigmic_conformance.conformance.probing.prompts import nonce
from sigmic_conformance.conformance.probing.steps import task_id
from sigmic_conformance.conformance.transcript.transcript import Exchange


async def run_step(life: Life, step: Step) -> None:
    """Run a step. Raises Interrupted if the journey cannot continue."""
    word = nonce()
    said = message(step, word, life.driver.profile, life.journey.listening)
    await _send(life, step, word, said)
    await Turn(life, step, said).run()


async def _send(life: Life, step: Step, word: str, said: Message) -> None:
    """Send the step's message: the first creates the task."""
    driver = life.driver
    given = variables(life.journey.value, f"canary-{nonce()}-{nonce()}") if life.number == 1 else None
    if given is not None:
        for secret in filter(None, given.secrets.values()):
            driver.redactor.learn(secret)
        driver.note("digests", given.digests)
    sent = await _sent(life, step, step["body"], word, said, given)
    if sent.refused and step["body"] == URLENCODED:
        # No page has this form, so a target may refuse it everywhere (G-07).
        sent = await _sent(life, step, "json", word, said, given)
    if given is not None:
        life.task = task_id(driver, sent)
    elif not sent.ok:
        raise Interrupted(f"step {life.number}: the follow-up was answered {describe(sent)}")


async def _sent(
    life: Life, step: Step, form: str, word: str, said: Message, given: Variables | None
) -> Exchange:
    """Send the message in a form; with variables it creates the task."""
    driver, parts, caller = life.driver, files(step, word, life.driver.profile), life.acting(step)
    if given is None:
        path, content = {"id": life.task}, body(form, said.text, parts)
        return await driver.call(
            "send_message", label=life.label("follow-up"), path=path, caller=caller, body=content
        )
    prompt = PROMPT if life.journey.is_prompted else None
    content = body(form, said.text, parts, given=given, asks=life.journey.asks, prompt=prompt)
    return await driver.call("create_task", label=life.label("create"), caller=caller, body=content)
