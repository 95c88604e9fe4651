"""A server's own requests are answered one at a time, and never read faster than they are answered."""

import asyncio
import json

from mcp.shared.message import SessionMessage

from sigmic_mock.mcp.pipes import Conversation, over_pipes
from sigmic_mock.mcp.server_requests import answering
from tests.fakes.interactive_program import Printing

PING = b'{"jsonrpc":"2.0","id":"s1","method":"ping"}\n'
ROOTS = b'{"jsonrpc":"2.0","id":2,"method":"roots/list"}\n'
NOTE = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n'


async def test_requests_are_answered_and_everything_else_is_passed_on() -> None:
    process, seen = Printing(PING + NOTE + ROOTS, times=1), Conversation()

    async with answering(over_pipes(process, seen), seen) as (incoming, _outgoing):
        passed = [each.message async for each in incoming if isinstance(each, SessionMessage)]

    assert [getattr(message, "method", "") for message in passed] == ["notifications/message"]
    assert [json.loads(line) for line in process.written.splitlines()] == [
        {"jsonrpc": "2.0", "id": "s1", "result": {}},
        {"jsonrpc": "2.0", "id": 2, "error": {"code": -32601, "message": "Method not found"}},
    ]
    assert seen.excess is None


async def test_a_server_that_does_not_read_its_input_is_read_no_further() -> None:
    process, seen = Printing(PING, reads_input=False), Conversation()
    tasks = len(asyncio.all_tasks())

    async with answering(over_pipes(process, seen), seen, answer_seconds=0.05) as (incoming, _outgoing):
        assert [message async for message in incoming] == []
        assert len(asyncio.all_tasks()) - tasks < 10

    assert seen.excess == "it does not read its input"
    assert seen.over.is_set()
    assert process.read_bytes < 10 * len(PING)
