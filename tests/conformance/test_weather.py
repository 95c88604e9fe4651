"""What the harness repeats: reading always, changing only when it surely was not acted on."""

import asyncio

import pytest

from conformance.adjudication import adjudicate
from conformance.claim import Claim
from conformance.driver import Driver, as_json
from conformance.engine import Engine
from conformance.redaction import Redactor
from conformance.registry import Judge, Lane, Probe
from conformance.target import Credentials, Profile
from conformance.transcript import Closed, Exchange
from conformance.verdict import Outcome
from conformance.wire import Wire
from spec.ledger import Ledger
from tests.conformance.making import exchange, record
from tests.fakes.wire_server import reset, wire_server

CREATED = b'HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{"success":true,"data":{"id":"t-1"}}'
SOON = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
MUST = Ledger.load().by_id["CREATE-001"]


async def made(url: str, method: str) -> tuple[Exchange, ...]:
    """What a probe records that asks once."""

    async def ask(driver: Driver) -> None:
        await driver.request(
            method,
            "/api/v1/tasks",
            operation="create_task",
            label="x",
            body=as_json({}) if method == "POST" else None,
        )

    probe = Probe(name="p", function=ask, window=lambda _: 0.1, lane=Lane.QUICK)
    profile = Profile(base_url=url, task_seconds=1.0)
    engine = Engine(
        profile, Credentials(api_key="sigmic_x"), redactor=Redactor(), make_wire=lambda: Wire(url)
    )
    engine.start([probe])
    try:
        return (await asyncio.to_thread(engine.transcript, "p")).exchanges
    finally:
        await asyncio.to_thread(engine.close)


def weather(*first: bytes | None):
    """A script that resets (None) or answers with bytes, then creates."""
    answers = iter([*first, *[CREATED] * 9])

    async def script(_, __, writer):
        raw = next(answers)
        reset(writer) if raw is None else writer.write(raw)

    return script


async def test_a_reset_creation_is_not_repeated_and_stands():
    async with wire_server(weather(None)) as url:
        found = await made(url, "POST")

    assert [(each.closed, each.weather, each.cut_off) for each in found] == [(Closed.RESET, False, True)]


async def test_a_reset_reading_is_repeated():
    async with wire_server(weather(None)) as url:
        found = await made(url, "GET")

    assert [(each.status, each.weather) for each in found] == [(None, True), (200, False)]


async def test_what_was_told_to_come_again_comes_again():
    async with wire_server(weather(SOON)) as url:
        found = await made(url, "POST")

    assert [(each.status, each.weather) for each in found] == [(503, True), (200, False)]


async def test_a_connection_that_never_was_is_tried_again():
    async with wire_server(weather()) as url:
        pass
    found = await made(url, "POST")

    assert [each.weather for each in found] == [True, True, True, False]


def judged(*exchanges: Exchange) -> Outcome:
    def accepted(seen):
        claim = Claim("refused", "accepted")
        for each in seen.exchanges("p"):
            claim.see(each.ok, each, f"{each.status}")
        return claim.verdict()

    judge = Judge(id="CREATE-001", function=accepted, needs=("p",))
    return adjudicate(judge, MUST, record(*exchanges)).outcome


CUT = exchange(number=1, method="POST", status=None, closed=Closed.RESET)
REFUSED = exchange(number=2, method="POST", status=400)


@pytest.mark.parametrize(
    ("exchanges", "outcome"),
    [
        ([CUT], Outcome.INCONCLUSIVE),
        ([CUT, REFUSED], Outcome.FAILED),
        ([exchange(status=None, closed=Closed.RESET)], Outcome.FAILED),
        ([exchange(method="POST", status=None, closed=Closed.DEADLINE)], Outcome.FAILED),
    ],
)
def test_nobody_is_failed_by_a_changing_request_that_was_cut_off(exchanges, outcome):
    assert judged(*exchanges) is outcome
