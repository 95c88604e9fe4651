"""The sender is called synchronously from another thread; the scripted server runs in the test's loop."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.client.bodies import Plain
from sigmic_conformance.conformance.client.client import Client
from sigmic_conformance.conformance.client.connection import Request
from sigmic_conformance.conformance.explore.request_budget import RequestBudget
from sigmic_conformance.conformance.explore.sender import STREAM_EVENTS, Drawn, NotAllowed, Sender, TargetLost
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.transcript.redaction import Redactor
from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.fakes.wire_server import answering, wire_server

KEY = "sigmic_" + "a" * 64
OWNER = (("Authorization", f"Bearer {KEY}"),)
JSON = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
DEAD = "http://127.0.0.1:9"


def drawn(operation: str, method: str = "GET", body: Any = None, headers=OWNER, case: str = "c") -> Drawn:
    sent = None if body is None else Plain(json.dumps(body).encode(), content_type="")
    request = Request(method=method, target="/api/v1/tasks", headers=headers, body=sent)
    return Drawn(case=case, meant=operation, operation=operation, label="a case", request=request)


@contextlib.asynccontextmanager
async def sender(url: str, *, turns: int = 5, seconds: float = 30.0, **profile: Any) -> AsyncIterator[Sender]:
    target = Profile(base_url=url, answer_seconds=5, **profile)
    credentials = Credentials(api_key=KEY)
    redactor = Redactor([KEY])

    def driver(probe: str) -> Driver:
        return Driver(
            probe=probe, client=Client(url), profile=target, credentials=credentials, redactor=redactor
        )

    budget = RequestBudget(requests=30, turns=turns, seconds=seconds)
    made = Sender(driver, client=Client(url), credentials=credentials, budget=budget, seed=1)
    budget.begin("stateful", operations=1)
    made.begin("stateful")
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


async def test_what_is_sent_is_recorded_without_the_key_and_found_again_by_its_case():
    async with wire_server(answering(JSON % 200)) as url, sender(url) as made:
        await asyncio.to_thread(made.send, drawn("get_task"))
        made.testify("c", "some_check", f"Bad: {KEY}")

        (transcript,) = made.transcripts().values()

    (exchange,) = transcript.exchanges
    assert (exchange.operation, exchange.role, exchange.label) == ("get_task", "owner", "a case")
    (told,) = transcript.facts["testimony"]
    assert (told["exchange"], told["check"]) == (exchange.number, "some_check")
    assert KEY not in repr(transcript)


@pytest.mark.parametrize(
    ("headers", "role"),
    [((), "nobody"), ((("X-API-Key", "x"),), "stranger"), ((("x-api-key", KEY),), "owner")],
)
async def test_whose_credentials_a_request_carries(headers, role):
    async with wire_server(answering(JSON % 401)) as url, sender(url) as made:
        await asyncio.to_thread(made.send, drawn("get_task", headers=headers))

        (transcript,) = made.transcripts().values()

    assert transcript.exchanges[0].role == role


async def test_secrets_are_exchanged_for_ones_that_nothing_else_contains():
    seen: list[bytes] = []

    async def script(head, reader, writer):
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        seen.append(await reader.readexactly(length))
        writer.write(JSON % 201)

    body = {"message": "m", "secrets": {"A": "0", "B": 1, "C": "x" * 300}}
    async with wire_server(script) as url, sender(url) as made:
        await asyncio.to_thread(made.send, drawn("create_task", "POST", body))
        (transcript,) = made.transcripts().values()

    sent = json.loads(seen[0])["secrets"]
    assert sent["A"].startswith("kept-")
    assert (sent["B"], sent["C"]) == (1, "x" * 300)
    assert "[secret:" in (transcript.exchanges[0].sent.text or "")
    assert sent["A"] not in repr(transcript)


async def test_a_stream_is_left_when_it_has_said_enough():
    async def script(_, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            writer.write(b"event: content\ndata: {}\n\n")
            await writer.drain()

    async with wire_server(script) as url, sender(url) as made:
        capture = await asyncio.to_thread(made.send, drawn("stream_task"))

    assert capture.closed is Closed.HUNG_UP
    assert sum(chunk.data.count(b"data:") for chunk in capture.chunks) >= STREAM_EVENTS


async def test_a_turn_is_spent_only_when_an_agent_was_set_to_work():
    statuses = [400, 201, 201]

    async def script(_, __, writer):
        writer.write(JSON % statuses.pop(0))

    create = drawn("create_task", "POST")
    async with wire_server(script) as url, sender(url, turns=1) as made:
        for _ in range(2):
            await asyncio.to_thread(made.send, create)
        with pytest.raises(NotAllowed, match="turns"):
            await asyncio.to_thread(made.send, create)

    assert statuses == [201]


async def test_reading_only_sends_nothing_that_may_change_something():
    async with sender(DEAD, read_only=True) as made:
        with pytest.raises(NotAllowed, match="reading only"):
            await asyncio.to_thread(made.send, drawn("create_task", "POST"))

    assert made.transcripts() == {}


async def test_nobody_is_asked_again_when_nobody_answers_any_more():
    async with sender(DEAD) as made:
        await asyncio.to_thread(made.send, drawn("get_task"))
        await asyncio.to_thread(made.send, drawn("get_task"))
        with pytest.raises(TargetLost):
            await asyncio.to_thread(made.send, drawn("get_task"))
        with pytest.raises(NotAllowed):
            await asyncio.to_thread(made.send, drawn("get_task"))

        (transcript,) = made.transcripts().values()

    assert transcript.facts["gone"] is True
    assert {exchange.closed for exchange in transcript.exchanges} == {Closed.REFUSED}


async def test_a_phase_that_is_begun_again_goes_on_in_its_transcript():
    async with wire_server(answering(JSON % 200)) as url, sender(url) as made:
        await asyncio.to_thread(made.send, drawn("get_task", case="1"))
        made.begin("fuzzing")
        made.begin("stateful")
        await asyncio.to_thread(made.send, replace(drawn("get_task"), case="2"))

    assert [len(each.exchanges) for each in made.transcripts().values()] == [2]
    assert made.sent == {"1": ("schema_stateful", 1), "2": ("schema_stateful", 2)}
