import asyncio
from dataclasses import replace

import pytest

from sigmic_conformance.run.engine import Engine
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.budget import Budget, Metered, Spent
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.traffic.prompts import nonce
from sigmic_conformance.wire.bodies import FilePart, Form, Plain, as_json
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.fakes.wire_server import answering, wire_server

MADE = b'{"success":true,"data":{"id":"t"}}'
CREATED = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(MADE) + MADE
)
REFUSED = b"HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


async def run(
    url: str, *functions, seed: int = 1, left_out=None, **profile
) -> tuple[dict[str, Transcript], Engine]:
    probes = [
        Probe(name=each.__name__, function=each, window=lambda _: 0.1, concurrency=Concurrency.QUICK)
        for each in functions
    ]
    engine = Engine(
        replace(Profile(base_url=url, task_seconds=1.0, answer_seconds=3.0), **profile),
        Credentials(api_key="k" * 20),
        redactor=Redactor(),
        make_client=lambda: Client(url),
        seed=seed,
    )
    engine.start(probes, left_out=left_out)
    try:
        return await asyncio.to_thread(engine.transcripts), engine
    finally:
        await asyncio.to_thread(engine.close)


async def three(driver: Driver) -> None:
    for number in range(3):
        await driver.call("create_task", label=f"make {number}", body=as_json({"message": "x"}))


def test_turns_are_set_aside_and_given_back():
    budget = Budget(turns=1, bytes=10)

    budget.take_turn()
    with pytest.raises(Spent, match="the budget of 1 model turn is spent"):
        budget.take_turn()
    budget.give_back_turn()
    budget.take_turn()

    assert budget.spending.turns == 1


def test_a_body_ends_where_the_budget_does():
    budget = Budget(turns=None, bytes=700_000)
    body = Metered(Form({}, [FilePart("a", size=1_000_000)]), budget)

    sent = sum(map(len, body.portions()))

    assert body.cut
    assert sent == body.written == budget.spending.bytes <= 700_000
    assert body.size > 1_000_000


async def test_accepted_tasks_spend_turns_until_none_is_left():
    async with wire_server(answering(CREATED)) as url:
        found, engine = await run(url, three, model_turns=2)

    made = [each for each in found["three"].exchanges if each.operation == "create_task"]
    assert (found["three"].ending, len(made)) == (Ending.BUDGET, 2)
    assert "the budget of 2 model turns" in found["three"].detail
    assert (engine.out_of_budget, engine.budget.spending.turns) == (True, 2)


async def test_refused_tasks_spend_nothing():
    async with wire_server(answering(REFUSED)) as url:
        found, engine = await run(url, three, model_turns=1)

    assert (found["three"].ending, engine.budget.spending.turns) == (Ending.COMPLETE, 0)


async def test_bytes_end_a_probe():
    async def large(driver: Driver) -> None:
        await driver.call(
            "create_task",
            label="make",
            body=Form({"message": "x"}, [FilePart("a", size=5_000_000)]),
        )

    async def draining(_, reader, writer):
        while await reader.read(1 << 16):
            pass

    async with wire_server(draining) as url:
        found, engine = await run(url, large, upload_bytes=1_000_000, answer_seconds=0.2)

    assert (found["large"].ending, engine.out_of_budget) == (Ending.BUDGET, True)
    assert engine.budget.spending.bytes <= 1_000_000


async def test_a_probe_left_out_by_the_budget_sends_nothing():
    async with wire_server(answering(CREATED)) as url:
        found, engine = await run(url, three, left_out={"three": "no turns"})

    assert (found["three"].ending, found["three"].detail, found["three"].exchanges) == (
        Ending.BUDGET,
        "no turns",
        (),
    )
    assert engine.out_of_budget


async def test_reading_only_is_kept_whatever_a_probe_tries():
    async def reads_and_writes(driver: Driver) -> None:
        await driver.call("list_tasks", label="read")
        await driver.call("cancel_task", label="write", path={"id": "t"})

    async with wire_server(answering(CREATED)) as url:
        found, _ = await run(url, reads_and_writes, read_only=True)

    transcript = found["reads_and_writes"]
    assert transcript.ending is Ending.UNAVAILABLE
    assert [each.sent.method for each in transcript.exchanges] == ["GET"]


async def test_a_seed_gives_the_same_nonces_and_another_gives_others():
    async def one(driver: Driver) -> None:
        driver.note("word", nonce())

    async def two(driver: Driver) -> None:
        driver.note("word", nonce())

    words = []
    async with wire_server(answering(CREATED)) as url:
        for seed in (1, 1, 2):
            found, _ = await run(url, one, two, seed=seed)
            words.append((found["one"].facts["word"], found["two"].facts["word"]))

    assert words[0] == words[1] != words[2]
    assert words[0][0] != words[0][1]


def test_without_a_run_nonces_belong_to_none():
    assert nonce() != nonce()
    assert len(nonce()) == 13


def test_a_metered_body_has_the_size_and_type_of_the_body():
    body = Metered(Plain(b"{}"), Budget(turns=None, bytes=10))

    assert (body.size, body.content_type, body.description) == (2, "application/json", ())
