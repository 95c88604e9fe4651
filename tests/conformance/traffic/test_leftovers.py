import asyncio
import json

import pytest

from sigmic_conformance.traffic.leftovers import end_leftovers
from sigmic_conformance.wire.bodies import as_json
from tests.conformance.driver import driver_of
from tests.fakes.wire_server import wire_server


def answer(status: int, data: object) -> bytes:
    body = json.dumps({"success": status < 400, "data": data}).encode()
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("told", "can_be_cancelled", "asked"),
    [
        ("completed", True, "GET"),
        ("running", True, "GET DELETE"),
        ("awaiting_approval", False, "GET DELETE POST GET"),
    ],
)
async def test_a_task_that_a_probe_left_at_work_is_ended(told: str, can_be_cancelled: bool, asked: str):
    heard: list[str] = []

    async def script(head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(line := head.decode().partition(" HTTP/")[0])
        if line.startswith("DELETE"):
            writer.write(answer(200 if can_be_cancelled else 409, {}))
        elif line.endswith("/t"):
            status = "completed" if any("approve" in each for each in heard) else told
            writer.write(answer(200, {"id": "t", "status": status, "pendingApprovals": [{"callId": "c"}]}))
        else:
            writer.write(answer(200, {"id": "t"}))

    async with wire_server(script) as url:
        driver = driver_of(url)
        await driver.call("create_task", label="create", body=as_json({"message": "Hi"}))
        await end_leftovers(driver)

    assert " ".join(each.split()[0] for each in heard[1:]) == asked
