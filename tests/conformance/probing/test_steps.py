"""Steps of several probes: what they read when a turn is over before its stream is opened."""

import pytest

from sigmic_conformance.conformance.probing.steps import follow
from tests.conformance.driver import driver_of
from tests.conformance.kit import event
from tests.fakes.wire_server import wire_server

IDLE = event("history_done", messageCount=2, isStreaming=False)
DONE = event("history_done", messageCount=1, isStreaming=True) + event("done", finalResponse="4")


@pytest.mark.parametrize(("told", "read"), [(IDLE, True), (DONE, False)])
async def test_only_a_task_that_was_over_before_is_read(told: bytes, read: bool):
    heads: list[bytes] = []

    async def script(head, _, writer) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + told)

    async with wire_server(script) as url:
        driver = driver_of(url)
        await follow(driver, "t", label="run")
        driver.finish()

    assert any(b"/stream" not in head for head in heads) is read
