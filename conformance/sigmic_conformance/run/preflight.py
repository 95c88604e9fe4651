"""Check that the target is this API: three quick requests, and one per capability that is declared absent.

A closed port, a hanging server, one that answers every request with 500, `x` or a login page, and another API
must all end here, in bounded time and without a passed row.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_conformance.run.capabilities import found
from sigmic_conformance.run.reachability import Sign, sign_of
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.callers import NOBODY
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Throttled, describe
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import PREFLIGHT, Closed, Exchange
from sigmic_spec.plural import plural

WITH_KEY = "with key"
WITHOUT_KEY = "without key"
OF_UNKNOWN_TASK = "unknown task"
LARGEST_ANSWER_BYTES = 1 << 20
AFTER_THE_FIRST_BYTE = 1.0
AGAIN_SECONDS = 0.5
LATER_SECONDS = 14.0
"""The limit for tests of capabilities, when the target is awake."""
SHOWN_CHARACTERS = 100
UNKNOWN_TASK = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Preflight:
    """`problem` is None if the target can be tested, else one line that states what is wrong."""

    problem: str | None
    exchanges: tuple[Exchange, ...] = ()
    found: frozenset[str] = frozenset()
    """Capabilities that are there although the profile says otherwise."""

    @property
    def sign(self) -> Sign:
        """What the list with the key showed."""
        return next(
            (sign_of(each) for each in reversed(self.exchanges) if each.label == WITH_KEY), Sign.THERE
        )


async def preflight(
    profile: Profile,
    credentials: Credentials,
    *,
    redactor: Redactor,
    client: Client,
    wake: float | None = None,
) -> Preflight:
    """Request the list with and without the key, and a task that does not exist.

    A first answer may take `wake` seconds, by default those of the profile: the target may be asleep.
    """
    seconds = profile.wake_seconds if wake is None else wake
    driver = Driver(
        probe=PREFLIGHT, client=client, profile=profile, credentials=credentials, redactor=redactor
    )
    try:
        return await _ask(driver, profile, seconds)
    finally:
        driver.finish()


def bounds_of(wake: float) -> Bounds:
    """How long the first answers may take."""
    return Bounds(
        connect=min(4.0, wake), head=wake, total=wake + AFTER_THE_FIRST_BYTE, body=LARGEST_ANSWER_BYTES
    )


async def _ask(driver: Driver, profile: Profile, wake: float) -> Preflight:
    bounds = bounds_of(wake)
    limit = bounds.total + AFTER_THE_FIRST_BYTE
    try:
        async with asyncio.timeout(limit):
            answers = await _asked(driver, bounds)
            while _is_absent(answers):
                await asyncio.sleep(AGAIN_SECONDS)
                answers = await _asked(driver, bounds)
    except (TimeoutError, Throttled):
        seen = "; ".join(dict.fromkeys(answer(each) for each in driver.exchanges() if each.status))
        told = f"answered only {seen}" if seen else "does not answer"
        return Preflight(f"{profile.base_url} {told} within {limit:g} s (--wake)", driver.exchanges())
    exchanges = driver.exchanges()
    problem = _problem(profile, exchanges)
    if problem is not None or profile.read_only or not profile.without:
        return Preflight(problem, exchanges)
    try:
        async with asyncio.timeout(LATER_SECONDS):
            there = await found(driver, profile.without)
    except TimeoutError:
        there = frozenset()
    return Preflight(None, driver.exchanges(), there)


async def _asked(driver: Driver, bounds: Bounds) -> Sequence[Exchange]:
    return await asyncio.gather(
        driver.call("list_tasks", label=WITH_KEY, query={"limit": "1"}, bounds=bounds),
        driver.call("list_tasks", label=WITHOUT_KEY, caller=NOBODY, bounds=bounds),
        driver.call("get_task", label=OF_UNKNOWN_TASK, path={"id": UNKNOWN_TASK}, bounds=bounds),
    )


def _is_absent(answers: Sequence[Exchange]) -> bool:
    """True if only a gateway answers, perhaps not each time: the target behind it may still be starting."""
    answered = [each for each in answers if each.closed is not Closed.DEADLINE]
    return bool(answered) and all(sign_of(each) is Sign.ABSENT for each in answered)


def _problem(profile: Profile, exchanges: tuple[Exchange, ...]) -> str | None:
    last = {exchange.label: exchange for exchange in exchanges if not exchange.transient}
    seen = "; ".join(dict.fromkeys(map(answer, last.values())))
    if all(each.status is None or each.closed is Closed.DEADLINE for each in last.values()):
        why = next(iter(last.values()))
        told = "can't be reached" if why.closed is Closed.REFUSED else "can't be tested"
        asleep = " (--wake)" if why.closed is Closed.DEADLINE else ""
        return f"{profile.base_url} {told}: {why.error or why.closed}{asleep}"
    if not any(_is_envelope(exchange) for exchange in last.values()):
        return f"{profile.base_url} is not this API, nothing that it answers has its envelope: {seen}"
    listed = last[WITH_KEY]
    if listed.status in {401, 403}:
        return f"{profile.base_url} rejects the API key: {listed.status} {listed.code or ''}".rstrip()
    if len({(describe(each), each.body if each.ok else b"") for each in last.values()}) == 1:
        asked = "a list with and without a key, and a task that does not exist"
        return f"{profile.base_url} answers every request alike ({asked}): {seen}"
    return None


def answer(exchange: Exchange) -> str:
    """What an answer shows of its sender: `302 to /login`, `502 text/html`, `200 (more than 1 byte)`."""
    shown = describe(exchange)
    place = exchange.header("location")
    if place is not None:
        shown += f" to {spelled(place, SHOWN_CHARACTERS)}"
    elif exchange.status is not None and exchange.code is None:
        shown += f" {exchange.media_type or 'without Content-Type'}{_unread(exchange)}"
    if exchange.status is not None and (pause := exchange.header("retry-after")):
        shown += f", Retry-After {spelled(pause, SHOWN_CHARACTERS)}"
    return shown if exchange.status is None or not exchange.error else f"{shown} ({exchange.error})"


def _unread(exchange: Exchange) -> str:
    """Why the body of a complete answer is not an envelope."""
    if exchange.encoded:
        coding = (exchange.header("content-encoding") or "")[:SHOWN_CHARACTERS]
        return f" with Content-Encoding {spelled(coding)}, which the request does not accept"
    if exchange.closed is not Closed.COMPLETE or exchange.media_type != "application/json":
        return ""
    try:
        json_values.read(exchange.body)
    except ValueError as why:
        more = f", {plural(exchange.surplus, 'byte')} after its end" if exchange.surplus else ""
        return f", not JSON ({str(why)[:SHOWN_CHARACTERS]}){more}"
    return f" {exchange.body[:SHOWN_CHARACTERS].decode('utf-8', 'replace')}"


def _is_envelope(exchange: Exchange) -> bool:
    """A success with data, or a refusal (not a server error) with a code."""
    body = exchange.json()
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        return False
    if exchange.succeeded:
        return body["success"] and "data" in body
    return exchange.refused and exchange.code is not None
