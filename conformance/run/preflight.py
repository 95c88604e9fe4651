"""Is this the API at all? Three quick questions beforehand, and one for each capability that is denied.

A closed port, a server that hangs, one that answers 500 or `x` or a login page to everything, and another API
must all end here, in bounded time and with nothing passed.
"""

import asyncio
from dataclasses import dataclass

from sigmic_conformance.conformance.client.client import Wire
from sigmic_conformance.conformance.client.connection import Bounds
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.probing.callers import NOBODY
from sigmic_conformance.conformance.probing.driver import Driver, Throttled
from sigmic_conformance.conformance.run.capabilities import PREFLIGHT, found
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.conformance.transcript.redaction import Redactor
from sigmic_conformance.conformance.transcript.transcript import Exchange

WITH_KEY = Label(PREFLIGHT, "with key")
WITHOUT_KEY = Label(PREFLIGHT, "without key")
OF_UNKNOWN_TASK = Label(PREFLIGHT, "unknown task")
BOUNDS = Bounds(connect=4.0, head=4.0, total=5.0, body=1 << 20)
UNKNOWN_TASK = "00000000-0000-4000-8000-000000000000"
LIMIT_SECONDS = 14.0


@dataclass(frozen=True, slots=True)
class Preflight:
    """`problem` is None when the target can be judged, else one line that says what is wrong."""

    problem: str | None
    exchanges: tuple[Exchange, ...] = ()
    found: frozenset[str] = frozenset()
    """Capabilities that are there although the profile says otherwise."""


async def preflight(
    profile: Profile, credentials: Credentials, *, redactor: Redactor, wire: Wire
) -> Preflight:
    """Ask for the list with and without the key, and for a task that does not exist."""
    driver = Driver(probe=PREFLIGHT, wire=wire, profile=profile, credentials=credentials, redactor=redactor)
    try:
        return await _ask(driver, profile)
    finally:
        driver.finish()


async def _ask(driver: Driver, profile: Profile) -> Preflight:
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await asyncio.gather(
                driver.call("list_tasks", label=WITH_KEY, query={"limit": "1"}, bounds=BOUNDS),
                driver.call("list_tasks", label=WITHOUT_KEY, caller=NOBODY, bounds=BOUNDS),
                driver.call("get_task", label=OF_UNKNOWN_TASK, path={"id": UNKNOWN_TASK}, bounds=BOUNDS),
            )
    except TimeoutError:
        return Preflight(f"{profile.base_url} does not answer within {LIMIT_SECONDS:g} s", driver.exchanges())
    except Throttled as cause:
        return Preflight(f"{profile.base_url} answers nothing but 429 ({cause})", driver.exchanges())
    exchanges = driver.exchanges()
    problem = _problem(profile, exchanges)
    if problem is not None or profile.read_only or not profile.without:
        return Preflight(problem, exchanges)
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            there = await found(driver, profile.without)
    except TimeoutError:
        there = frozenset()
    return Preflight(None, driver.exchanges(), there)


def _problem(profile: Profile, exchanges: tuple[Exchange, ...]) -> str | None:
    last = {exchange.label: exchange for exchange in exchanges if not exchange.weather}
    if all(exchange.status is None for exchange in last.values()):
        why = next(iter(last.values()))
        return f"{profile.base_url} cannot be reached: {why.error or why.closed}"
    if not any(_is_envelope(exchange) for exchange in last.values()):
        seen = "; ".join(summary(exchange) for exchange in last.values())
        return f"{profile.base_url} is not this API, nothing that it answers has its envelope: {seen}"
    listed = last[WITH_KEY.text]
    if listed.status in {401, 403}:
        return f"{profile.base_url} rejects the API key: {listed.status} {listed.code or ''}".rstrip()
    return None


def _is_envelope(exchange: Exchange) -> bool:
    """A success with data, or a refusal (not a server error) with a code."""
    body = exchange.json()
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        return False
    if exchange.succeeded:
        return body["success"] and "data" in body
    return exchange.refused and exchange.code is not None
