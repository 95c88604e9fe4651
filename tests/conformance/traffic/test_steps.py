"""Steps of several probes: what they read when a turn is over before its stream is opened."""

import pytest

from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.steps import Run, follow
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


ESCAPES = ["echo a/b >> c", r"echo a\/b \u003e\u003e c", r"\u0065cho a/b >> c"]
"""One command in JSON: plain, as PHP and Go write it, and with a letter that needs no escape."""


@pytest.mark.parametrize("written", ESCAPES)
def test_a_call_is_found_by_its_text_however_its_json_is_escaped(written: str):
    live = LiveStream()
    live.take(f'event: tool_call\ndata: {{"callId": "c", "args": {{"lines": ["{written}"]}}}}\n\n'.encode())

    assert Run("t", live).called("echo a/b >> c")
    assert not Run("t", live).called("echo a/b > c")
