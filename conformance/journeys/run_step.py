"""Run a step: send its message, run the turn, and note where the agent deviated."""

from sigmic_conformance.conformance.journeys.journey import Step
from sigmic_conformance.conformance.journeys.life import Life
from sigmic_conformance.conformance.journeys.material import PROMPT, Message, body, files, message, variables
from sigmic_conformance.conformance.journeys.turn import Turn
from sigmic_conformance.conformance.probing.endings import Interrupted, describe
from sigmic_conformance.conformance.probing.prompts import nonce
from sigmic_conformance.conformance.probing.steps import task_id


async def run_step(life: Life, step: Step) -> None:
    """Run a step. Raises Interrupted if the journey cannot continue."""
    word = nonce()
    said = message(step, word, life.driver.profile, life.journey.listening)
    await _send(life, step, word, said)
    await Turn(life, step, said).run()


async def _send(life: Life, step: Step, word: str, said: Message) -> None:
    """Send the step's message: the first creates the task."""
    driver, parts = life.driver, files(step, word, life.driver.profile)
    if life.number > 1:
        sent = await driver.call(
            "send_message",
            label=life.label("follow-up"),
            path={"id": life.task},
            caller=life.acting(step),
            body=body(step, said.text, parts),
        )
        if not sent.ok:
            raise Interrupted(f"step {life.number}: the follow-up was answered {describe(sent)}")
        return
    given = variables(life.journey.value, f"canary-{nonce()}-{nonce()}")
    for secret in filter(None, given.secrets.values()):
        driver.redactor.learn(secret)
    driver.note("digests", given.digests)
    made = await driver.call(
        "create_task",
        label=life.label("create"),
        caller=life.acting(step),
        body=body(
            step,
            said.text,
            parts,
            given=given,
            asks=life.journey.asks,
            prompt=PROMPT if life.journey.is_prompted else None,
        ),
    )
    life.task = task_id(driver, made)
