"""A refusal is sent as early as possible, costs the client as little as possible, and can be read."""

import asyncio
from collections.abc import AsyncIterator

from sigmic_mock.domain.upload_rules import MIB, UploadLimits
from tests.fakes.served import Served, reply_of
from tests.mock_server.http.test_malformed_requests import MESSAGE, nothing_was_kept

TASKS = "/api/v1/tasks"
FORM = "Content-Type: multipart/form-data; boundary=X"
JSON = "Content-Type: application/json"
FILE = b'--X\r\nContent-Disposition: form-data; name="files"; filename="%d.bin"\r\n\r\n'


async def first_answer(mock: Served, head: bytes) -> bytes:
    """Send only a head and return the first bytes of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    try:
        writer.write(head)
        async with asyncio.timeout(5):
            return await reader.read(65536)
    finally:
        writer.close()


async def test_a_stranger_an_unknown_task_and_a_body_too_large_are_refused_before_the_body(mock: Served):
    waiting = "Expect: 100-continue"
    too_much = f"Content-Length: {UploadLimits().total_bytes + 1}"
    unknown = mock.head("POST", f"{TASKS}/nothing/messages", FORM, "Content-Length: 900", waiting)
    stranger = b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n" + (
        f"{waiting}\r\n\r\n".encode()
    )
    large = mock.head("POST", TASKS, FORM, too_much, waiting)
    large_json = mock.head("POST", TASKS, JSON, f"Content-Length: {9 * MIB}", waiting)

    answers = [reply_of(await first_answer(mock, head)) for head in (unknown, stranger, large, large_json)]

    assert [reply.status for reply in answers] == [404, 401, 413, 413]
    codes = ["NOT_FOUND", "AUTH_REQUIRED", "PAYLOAD_TOO_LARGE", "PAYLOAD_TOO_LARGE"]
    assert [reply.code for reply in answers] == codes
    assert [reply.headers["Connection"] for reply in answers] == ["close"] * 4


async def test_the_twenty_first_file_is_refused_while_the_rest_is_still_being_sent(mock: Served):
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield MESSAGE
        for n in range(21):
            yield FILE % n + b"x\r\n"
        while sent < 300 * MIB:
            sent += MIB
            yield bytes(MIB)

    headers = {**mock.key, "Content-Type": "multipart/form-data; boundary=X"}

    reply = await mock.call("POST", TASKS, data=body(), headers=headers)

    assert (reply.status, reply.code) == (400, "TOO_MANY_FILES")
    assert reply.headers["Connection"] == "close"
    await nothing_was_kept(mock)


async def test_a_file_is_refused_at_its_first_byte_too_many(mock: Served):
    head = mock.head("POST", TASKS, FORM, f"Content-Length: {200 * MIB}")
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(head + MESSAGE + FILE % 1 + bytes(50 * MIB + 600_000))
    async with asyncio.timeout(10):
        reply = reply_of(await reader.readuntil(b"}}"))
    writer.close()

    assert (reply.status, reply.code) == (413, "FILE_TOO_LARGE")
    await nothing_was_kept(mock)


async def test_a_small_refused_body_does_not_cost_the_connection(mock: Served):
    refused = b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
    healthy = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answers = await mock.raw(refused + healthy)

    assert answers.count(b"HTTP/1.1 ") == 2
    assert b"401 Unauthorized" in answers
    assert b"200 OK" in answers


async def test_a_body_that_stops_arriving_is_given_up(mock: Served, monkeypatch):
    monkeypatch.setattr("sigmic_mock.http.body.BODY_SECONDS", 0.05)

    reply = reply_of(await first_answer(mock, mock.head("POST", TASKS, JSON, "Content-Length: 99") + b"{"))

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert "in time" in reply.message
