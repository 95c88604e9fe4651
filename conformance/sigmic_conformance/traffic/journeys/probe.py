"""A journey as a probe, which the engine runs in parallel with the others."""

import functools

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Missed
from sigmic_conformance.traffic.journeys.journey import OWNERS, Journey
from sigmic_conformance.traffic.journeys.life import begun
from sigmic_conformance.traffic.journeys.observe import rest
from sigmic_conformance.traffic.journeys.planning import Bought
from sigmic_conformance.traffic.journeys.run_step import run_step
from sigmic_conformance.traffic.probe import Concurrency, Probe, Requires
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_spec.plural import plural


async def perform(journey: Journey, driver: Driver) -> None:
    """Run all steps of a journey.

    A step that fails ends it (Interrupted names the step and the cause): earlier steps can be checked, later
    ones were not tried. If only the agent deviated, the journey continues and then raises Missed.
    """
    driver.note("steps", [dict(step.situation) for step in journey.steps])
    driver.note("taken", 0)
    driver.client = journey.client
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


def probe_of(bought: Bought) -> Probe:
    """The probe of a journey; its window is its cost in seconds plus the model's time for each turn."""
    journey, cost = bought.journey, bought.cost

    def window(profile: Profile) -> float:
        return cost.seconds + cost.turns * profile.turn_seconds

    return Probe(
        name=journey.name,
        function=functools.partial(perform, journey),
        window=window,
        concurrency=Concurrency.AGENT,
        requires=frozenset(_required(journey)),
        summary=_summary(journey),
        turns=len(journey.steps),
    )


def _required(journey: Journey) -> set[Requires]:
    required = {Requires.WRITES}
    callers = {*OWNERS[journey.owner], *journey.others}
    if callers & {"end_user", "other_end_user"}:
        required.add(Requires.WIDGET)
    if "other_project" in callers:
        required.add(Requires.SECOND_KEY)
    if journey.expiries:
        required.add(Requires.EXPIRY)
    return required


def _summary(journey: Journey) -> str:
    """Describe the journey as text."""
    turns = len(journey.steps)
    owner = "an end user" if journey.owner == "end_user" else "the key"
    said = [f"A task of {owner}, {plural(turns, 'turn')}"]
    if journey.asks:
        said.append("asking before tools")
    if journey.value != "none":
        said.append(f"variables: {journey.value}")
    if journey.client is not None:
        said.append(f"with the headers of {journey.client.name}")
    if journey.expiries:
        said.append(plural(journey.expiries, "expiry", "expiries"))
    return ", ".join(said) + "."
