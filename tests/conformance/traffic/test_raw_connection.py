import asyncio
from dataclasses import replace

import pytest

from sigmic_conformance.traffic.endings import Interrupted, Throttled
from sigmic_conformance.traffic.raw_connection import RawConnection
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.connection import Request
from sigmic_conformance.wire.transcript import Closed, Framing
from tests.conformance.driver import driver_of
from tests.fakes.wire_server import answering, wire_server

GET = Request(method="GET", target="/x")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_two_answers_on_one_connection_are_recorded_separately():
    async with wire_server(answering(OK + OK.replace(b"ok", b"no"))) as url:
        made = driver_of(url)
        connection = await RawConnection.open(made)
        await connection.say(GET)
        first = await connection.answer(GET, label="first", operation="list_tasks")
        second = await connection.answer(GET, label="second", operation="list_tasks")
        connection.close()

    assert [first.body, second.body] == [b"ok", b"no"]
    assert made.exchanges() == (first, second)
    assert (first.framing, first.closed) == (Framing.LENGTH, Closed.COMPLETE)


async def test_a_rate_limit_does_not_count_as_the_answer():
    async with wire_server(answering(b"HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n")) as url:
        made = driver_of(url)
        connection = await RawConnection.open(made)
        await connection.say(GET)
        with pytest.raises(Throttled):
            await connection.answer(GET, label="only", operation="list_tasks")
        connection.close()

    assert [exchange.transient for exchange in made.exchanges()] == [True]


async def test_no_second_answer_is_no_answer():
    async with wire_server(answering(OK)) as url:
        connection = await RawConnection.open(driver_of(url))
        await connection.say(GET)
        await connection.answer(GET, label="first", operation="list_tasks")
        more = await connection.answer(GET, label="more", operation="list_tasks", seconds=2)
        connection.close()

    assert (more.status, more.closed) == (None, Closed.TRUNCATED)


async def test_a_continue_counts_only_when_it_is_waited_for():
    async with wire_server(answering(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)) as url:
        for interim, statuses in ((True, [100, 200]), (False, [200, None])):
            connection = await RawConnection.open(driver_of(url))
            await connection.say(GET)
            found = [
                (await connection.answer(GET, label="x", operation="x", seconds=2, interim=interim)).status
                for _ in range(2)
            ]
            connection.close()

            assert found == statuses


async def test_the_request_head_is_sent_unchanged():
    heads: list[bytes] = []

    async def script(head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

    async with wire_server(script) as url:
        made = driver_of(url)
        connection = await RawConnection.open(made)
        old = replace(GET, version="1.0")
        await connection.say(old, caller=made.owner)
        found = await connection.answer(old, label="x", operation="x")
        connection.close()

    assert heads[0].startswith(b"GET /x HTTP/1.0\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer sigmic_secret" in heads[0]
    assert found.sent.version == "1.0"
    assert (found.framing, found.version, found.body) == (Framing.CLOSE, "1.0", b"until the end")


async def test_a_target_that_does_not_listen_interrupts():
    with pytest.raises(Interrupted, match="no connection"):
        await RawConnection.open(driver_of("http://127.0.0.1:9"))


async def test_an_aborted_request_is_recorded_with_its_whole_body():
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def take(_: bytes, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        got.set_result(await reader.read())

    body = as_json({"message": "half of this"})
    async with wire_server(take) as url:
        made = driver_of(url)
        connection = await RawConnection.open(made)
        cut = await connection.break_off("send_message", body, label="cut", id="t")
        half = await got

    assert (cut.status, cut.closed, cut.sent.whole) == (None, Closed.HUNG_UP, False)
    assert (cut.sent.text, cut.task) == (body.content.decode(), "t")
    assert half == body.content[: body.size // 2]
