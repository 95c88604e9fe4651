import asyncio
import gc
import threading
import warnings
from dataclasses import replace

import pytest

from sigmic_conformance.run.engine import GRACE_SECONDS, Engine
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted, Missed
from sigmic_conformance.traffic.probe import Concurrency, Probe, Requires
from sigmic_conformance.traffic.raw_connection import RawConnection
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.fakes.clock import settle
from tests.fakes.wire_server import answering, hanging, wire_server

KEY = "sigmic_" + "ab" * 32
LIST = b'{"success":true,"data":[],"pagination":{}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(LIST) + LIST
FAILING = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"


def made(function, *, name="p", seconds=0.1, concurrency=Concurrency.QUICK, requires=()) -> Probe:
    return Probe(
        name=name,
        function=function,
        window=lambda _: seconds,
        concurrency=concurrency,
        requires=frozenset(requires),
    )


async def run(url: str, *probes: Probe, grace: float = GRACE_SECONDS, **profile) -> dict[str, Transcript]:
    redactor = Redactor([KEY])
    target = replace(Profile(base_url=url, task_seconds=1.0), **profile)
    engine = Engine(
        target, Credentials(api_key=KEY), redactor=redactor, make_client=lambda: Client(url), seed=1
    )
    engine.grace_seconds = grace
    engine.start(probes)
    try:
        return await asyncio.to_thread(engine.transcripts)
    finally:
        await asyncio.to_thread(engine.close)


async def listing(driver: Driver) -> None:
    await driver.call("list_tasks", label="list")


async def test_a_probe_gives_its_transcript_without_the_key():
    async with wire_server(answering(OK)) as url:
        found = (await run(url, made(listing)))["p"]

    assert (found.ending, [each.status for each in found.exchanges]) == (Ending.COMPLETE, [200])
    assert KEY not in str(found)
    values = [value for name, value in found.exchanges[0].sent.headers if name.lower() == "authorization"]
    assert [value[:15] for value in values] == ["Bearer [secret:"]


async def test_an_endless_probe_is_stopped_and_its_time_is_reported():
    async def endless(_: Driver) -> None:
        await asyncio.Event().wait()

    async with wire_server(answering(OK)) as url:
        found = (await run(url, made(endless), grace=0.0, task_seconds=0.2))["p"]

    assert (found.ending, found.detail) == (Ending.DEADLINE, "the probe did not end within 0.3 s")


async def test_a_probe_is_repeated_if_the_target_was_away_while_it_ran(monkeypatch):
    monkeypatch.setattr("sigmic_conformance.run.engine.ASKING_AGAIN_SECONDS", 0.01)
    failures: list[int] = []
    begun: list[int] = []

    async def restarts(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(FAILING if failures and failures.pop() else OK)(head, reader, writer)

    async def twice(driver: Driver) -> None:
        await driver.call("list_tasks", label="first")
        if not begun:
            failures.extend([0, *[1] * 40])
        begun.append(1)
        await driver.call("list_tasks", label="second")

    async with wire_server(restarts) as url:
        found = (await run(url, made(twice)))["p"]

    assert (found.ending, len(begun)) == (Ending.COMPLETE, 2)
    assert [(each.label, each.status) for each in found.exchanges] == [("first", 200), ("second", 200)]


async def half_a_request(driver: Driver) -> None:
    connection = await RawConnection.open(driver)
    await connection.send(b"GET / HTTP/1.1\r\n")
    await asyncio.Event().wait()


@pytest.mark.parametrize("function", [listing, half_a_request])
async def test_no_connection_outlives_a_probe_that_was_cut_short(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        async with wire_server(hanging) as url:
            found = (await run(url, made(function), grace=0.0, task_seconds=0.2))["p"]
        gc.collect()

    assert found.ending is Ending.DEADLINE
    assert [str(each.message) for each in caught] == []


async def listens(driver: Driver) -> None:
    live = await driver.open_stream("t", label="stream")
    await live.end(60)


async def asks_later(driver: Driver) -> None:
    await settle()
    await driver.call("list_tasks", label="list")


@pytest.mark.parametrize("begun", [listing, listens, half_a_request, asks_later])
async def test_no_connection_outlives_a_probe_that_did_not_wait_for_all_it_began(begun):
    async def first_failure(driver: Driver) -> None:
        async def fails() -> None:
            raise Interrupted("step 1")

        await asyncio.gather(begun(driver), fails())

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        async with wire_server(hanging) as url:
            found = (await run(url, made(first_failure)))["p"]
        gc.collect()

    assert (found.ending, found.detail) == (Ending.INTERRUPTED, "step 1")
    assert [str(each.message) for each in caught] == []


async def test_only_a_bulk_upload_waits_for_its_turn_among_all_engines():
    turns = threading.Semaphore(1)
    turns.acquire()
    async with wire_server(answering(OK)) as url:
        engine = Engine(
            Profile(base_url=url, task_seconds=1.0),
            Credentials(api_key=KEY),
            redactor=Redactor(),
            make_client=lambda: Client(url),
            bulk_turns=turns,
        )
        engine.start([made(listing, name="bulk", concurrency=Concurrency.BULK), made(listing, name="quick")])
        try:
            quick = await asyncio.to_thread(engine.transcript, "quick")
            waited = not engine.ready(["bulk"])
            turns.release()
            bulk = await asyncio.to_thread(engine.transcript, "bulk")
        finally:
            await asyncio.to_thread(engine.close)

    assert (quick.ending, waited, bulk.ending) == (Ending.COMPLETE, True, Ending.COMPLETE)
    assert turns.acquire(blocking=False), "the turn was given back"


async def test_each_way_a_probe_ends_is_recorded():
    async def interrupted(_: Driver) -> None:
        raise Interrupted("step 1")

    async def missed(_: Driver) -> None:
        raise Missed("never")

    async def broken(_: Driver) -> None:
        raise KeyError("fault")

    async with wire_server(answering(OK)) as url:
        found = await run(
            url,
            made(interrupted, name="a"),
            made(missed, name="b"),
            made(broken, name="c"),
            made(listing, name="d", requires=[Requires.SECOND_KEY]),
        )

    assert [found[name].ending for name in "abcd"] == [
        Ending.INTERRUPTED,
        Ending.MISSED,
        Ending.ERRORED,
        Ending.UNAVAILABLE,
    ]
    assert "KeyError" in found["c"].detail


async def test_too_many_requests_is_waited_out_and_marked_as_transient():
    answers = iter([BUSY, BUSY, OK])

    async def script(_, __, writer):
        writer.write(next(answers))

    async with wire_server(script) as url:
        found = (await run(url, made(listing)))["p"]

    assert [(each.status, each.transient) for each in found.exchanges] == [
        (429, True),
        (429, True),
        (200, False),
    ]


async def test_endless_429_ends_as_throttled():
    async with wire_server(answering(BUSY)) as url:
        assert (await run(url, made(listing)))["p"].ending is Ending.THROTTLED


async def test_the_budget_ends_everything():
    async def endless(_: Driver) -> None:
        await asyncio.Event().wait()

    async with wire_server(hanging) as url:
        found = await run(
            url,
            made(endless, name="a"),
            made(endless, name="b", concurrency=Concurrency.BULK),
            wall_seconds=0.3,
        )

    assert {each.ending for each in found.values()} == {Ending.BUDGET}


async def test_probes_of_one_window_share_it():
    names = [f"p{number}" for number in range(20)]
    together = asyncio.Barrier(len(names))

    async def window(_: Driver) -> None:
        await together.wait()

    probes = [made(window, name=name, seconds=60, concurrency=Concurrency.TIMING) for name in names]
    async with wire_server(hanging) as url:
        found = await run(url, *probes)

    assert {each.ending for each in found.values()} == {Ending.COMPLETE}


async def test_an_open_stream_is_recorded_when_the_probe_ends():
    async def script(_, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n")
        await writer.drain()
        await asyncio.Event().wait()

    async def watching(driver: Driver) -> None:
        live = await driver.open_stream("t", label="s")
        assert await live.until(lambda heard: heard.data == "{}", 5) is not None

    async with wire_server(script) as url:
        found = (await run(url, made(watching)))["p"]

    assert (found.ending, found.exchanges[0].closed, found.exchanges[0].body) == (
        Ending.COMPLETE,
        "hung-up",
        b"data: {}\n\n",
    )
