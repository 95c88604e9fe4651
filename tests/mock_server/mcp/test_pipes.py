"""Reading a program's output: it may contain no messages, and it may be endless."""

import json

import pytest
from anyio.lowlevel import checkpoint

from sigmic_mock.mcp.pipes import Conversation, over_pipes
from tests.fakes.interactive_program import Printing

NOTE = json.dumps(
    {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
)


@pytest.mark.parametrize(
    "piece",
    [
        b"y\n" * 32_768,
        b"\n" * 65_536,
        b" \n" * 32_768,
        b"\x1b[31m<script>alert(1)</script>\n" * 2_000,
        b'{"jsonrpc":"2.0","id":5,"result":[' + b"[]," * 500 + b"[]]}\n",
        b'{"jsonrpc":"2.0","id":[]}\n' * 100,
        b"x" * 40_000 + b"\n",
    ],
    ids=["yes", "empty", "blank", "markup", "JSON", "no message", "long lines"],
)
async def test_a_program_that_prints_no_messages_is_read_to_a_bound(piece: bytes) -> None:
    process, seen = Printing(piece), Conversation()

    async with over_pipes(process, seen) as (incoming, _outgoing):
        messages = [message async for message in incoming]

    assert messages == []
    assert seen.excess is not None
    assert seen.excess.startswith("what it prints is not JSON-RPC: more than 1,000 lines")
    assert seen.over.is_set()
    assert process.read_bytes <= 2 << 20


async def test_others_get_their_turn_while_a_program_prints_a_long_line() -> None:
    process, seen, turns = Printing(b"x" * 1_000), Conversation(), 0

    async with over_pipes(process, seen):
        while not seen.over.is_set():
            turns += 1
            await checkpoint()

    assert seen.excess == "it sent a line of more than 4 MiB"
    assert turns > 100


async def test_a_greeting_is_passed_over_and_messages_are_read_whatever_their_pieces() -> None:
    text = f"Hello!\n{NOTE}\n\n{NOTE}\r\n".encode()
    process, seen = Printing(text, times=400), Conversation()

    async with over_pipes(process, seen) as (incoming, _outgoing):
        messages = [message async for message in incoming]

    assert len(messages) == 800
    assert seen.garbage
    assert seen.excess is None
