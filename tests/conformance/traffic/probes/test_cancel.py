"""If a cancellation comes after the command has ended, it is repeated; one refused before that counts."""

from dataclasses import replace

import pytest

from sigmic_conformance.traffic.probes.cancel import A_SUBAGENT, TWO_COMMANDS, cancelled_beside, too_late
from tests.conformance.driver import driver_of
from tests.conformance.kit import event, exchange
from tests.fakes.wire_server import wire_server

CALL = event("tool_call", callId="c", args={})


@pytest.mark.parametrize(
    ("status", "told", "late"),
    [
        (409, CALL + event("done", finalResponse=""), True),
        (409, CALL, False),
        (409, CALL + event("error", message="m", code="c"), False),
        (200, CALL + event("done", finalResponse=""), False),
    ],
)
async def test_a_refusal_is_late_when_the_task_is_done(status, told, late):
    async def script(_, reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + told)
        await reader.read()

    async with wire_server(script) as url:
        driver = driver_of(url)
        stream = await driver.open_stream("t", label="stream")
        assert await too_late(exchange(status=status, method="DELETE"), stream) is late
        driver.finish()


async def test_a_cancellation_after_the_end_of_the_stream_is_too_late():
    async def script(_, reader, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + CALL)

    async with wire_server(script) as url:
        driver = driver_of(url)
        stream = await driver.open_stream("t", label="stream")
        assert await stream.end(5)
        over = stream.connection.capture.ended
        accepted = exchange(status=202, method="DELETE")

        assert await too_late(replace(accepted, started=over + 1), stream)
        assert not await too_late(replace(accepted, started=over - 1), stream)
        driver.finish()


def answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("kind", "told", "status", "is_cancelled"),
    [
        (TWO_COMMANDS, event("tool_call", callId="c", args={"command": "echo w > one-w.txt"}), 200, True),
        (TWO_COMMANDS, event("tool_call", callId="c", args={"command": "echo w > one-w.txt"}), 409, False),
        (TWO_COMMANDS, event("done", finalResponse="No."), 200, False),
        (A_SUBAGENT, event("subagent_tool", agentName="code-writer", status="executing"), 200, True),
    ],
)
async def test_only_a_task_cancelled_during_its_work_shows_what_continued(
    kind: str, told: bytes, status: int, *, is_cancelled: bool
):
    async def script(head, reader, writer) -> None:
        method = head.split()[0]
        if method == b"GET":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + told)
            if b"done" not in told:
                await reader.read()
        elif method == b"POST":
            writer.write(answer(201, b'{"success": true, "data": {"id": "t", "status": "pending"}}'))
        else:
            writer.write(answer(status, b'{"success": true, "data": {"message": "Task cancelled"}}'))

    async with wire_server(script) as url:
        driver = driver_of(url, probe="cancel_running")
        assert await cancelled_beside(driver, kind, "w") == ("t" if is_cancelled else None)
        driver.finish()
