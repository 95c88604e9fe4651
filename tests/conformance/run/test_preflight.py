"""A target that cannot be tested ends the run before it starts, with one line that names the cause."""

import asyncio
from socket import socket
from threading import Event

import pytest

from lab.prove.canary_servers import Answer, canary, fixed, refusal
from sigmic_conformance.run.preflight import preflight
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from tests.fakes.tcp_server import tcp_server

STARTING = 24
"""More requests than the driver itself repeats."""


def json(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    return fixed(status, "application/json", body, *headers)


@pytest.mark.parametrize(
    ("answer", "problem", "shown"),
    [
        (json(refusal("QUOTA_EXCEEDED"), status="402 Payment Required"), "alike (", "402 QUOTA_EXCEEDED"),
        (json(refusal("NO_ROUTE"), status="404 Not Found"), "alike (", "404 NO_ROUTE"),
        (
            json(b'{"success":true,"data":null}'),
            "alike (",
            '200 application/json {"success":true,"data":null}',
        ),
        (json(b"[]"), "is not this API", "200 application/json []"),
        (json(b'{"success":true,"data":1,}'), "is not this API", "not JSON (Expecting property name"),
        (json(b'{"success":true'), "is not this API", "not JSON (Expecting"),
        (
            json(b"{}", "Content-Encoding: br"),
            "is not this API",
            'Content-Encoding "br", which the request does not',
        ),
        (lambda _, __: None, "can't be tested", "the server closed the connection without an answer"),
        (lambda client, _: client.sendall(b"SSH-2.0-x\r\n"), "can't be tested", 'begins with "SSH-2.0-x'),
        (None, "can't be reached", "connection refused"),
    ],
)
async def test_the_problem_shows_the_unexpected_answer(answer: Answer | None, problem: str, shown: str):
    with canary(answer) as url:
        told = (await told_by(url, 12.0)) or ""

    assert told.startswith(f"{url} ")
    assert problem in told
    assert shown in told


async def told_by(url: str, wake: float) -> str | None:
    profile = Profile(base_url=url, wake_seconds=wake)
    credentials = Credentials(api_key="sigmic_key")
    return (await preflight(profile, credentials, redactor=Redactor(), client=Client(url))).problem


async def test_a_target_may_take_its_time_to_wake_and_is_unreachable_beyond_it():
    awake = asyncio.Event()

    async def answers_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        await awake.wait()
        body = b'{"success":true,"data":[],"pagination":{"asked":%d}}' % len(request)
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with tcp_server(answers_late) as url:
        patient = asyncio.create_task(told_by(url, 30.0))
        impatient = await told_by(url, 0.1)
        awake.set()

        assert "no response head within 0.1 s (--wake)" in (impatient or "")
        assert await patient is None


async def test_a_gateway_whose_target_still_starts_is_asked_again_until_the_target_answers():
    """`--wake` also bounds the time in which the gateway of a sleeping target answers 503."""
    asked = 0

    def starts(client: socket, over: Event) -> None:
        nonlocal asked
        asked += 1
        if asked <= STARTING:
            return fixed("503 Service Unavailable", "text/html", b"starting")(client, over)
        return json(b'{"success":true,"data":[],"pagination":{"asked":%d}}' % asked)(client, over)

    with canary(starts) as url:
        assert await told_by(url, 30.0) is None


async def test_a_gateway_that_leaves_some_requests_open_is_asked_again_too():
    over = asyncio.Event()

    async def answers_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b" /api/v1/tasks/" not in await reader.readuntil(b"\r\n\r\n"):
            await over.wait()
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    async with tcp_server(answers_one) as url:
        told = await told_by(url, 0.5)
        over.set()

    assert told == f"{url} answered only 503 without Content-Type within 2.5 s (--wake)"
