"""Run a journey step by step as a probe, and note how far it came."""

from sigmic_conformance.conformance.journeys.journey import Journey
from sigmic_conformance.conformance.journeys.life import begun
from sigmic_conformance.conformance.journeys.observe import rest
from sigmic_conformance.conformance.journeys.run_step import run_step
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.endings import Missed
from sigmic_conformance.conformance.probing.session_expiry import expire


async def perform(journey: Journey, driver: Driver) -> None:
    """Run all steps of a journey.

    A step that fails ends it (Interrupted names the step and the cause): earlier steps can be checked, later
    ones were not tried. If only the agent deviated, the journey continues and then raises Missed.
    """
    driver.note("steps", [dict(step.situation) for step in journey.steps])
    driver.note("taken", 0)
    life = await begun(driver, journey)
    for number, step in enumerate(journey.steps, 1):
        life.number = number
        if step.expires:
            await expire(driver, life.task, life.session)
            await rest(life, step)
        await run_step(life, step)
        driver.note("taken", number)
        driver.note("missed", list(life.missed))
    if life.missed:
        raise Missed("; ".join(life.missed))
