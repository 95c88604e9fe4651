"""Limits on the output of an MCP server that reaches the SDK."""

import json
from typing import Any

import pytest

from sigmic_mock.mcp.bounds import (
    MOST_BLOCKS,
    MOST_BYTES,
    MOST_LINE_BYTES,
    MOST_LINES,
    MOST_OTHER_VALUES,
    MOST_VALUES,
    Excess,
    NoMessage,
    Patience,
    bounded_message,
)


def answer(**result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def read(text: bytes) -> Any:
    return json.loads(bounded_message(text))


def test_a_result_keeps_what_is_read_of_it_and_loses_what_the_sdk_would_work_on() -> None:
    tool = {"name": "t", "title": "T", "description": "d", "inputSchema": {"type": "object"}}
    block = {"type": "resource", "resource": {"uri": "a:b", "text": "t", "mimeType": "text/plain"}}
    text = answer(
        tools=[{**tool, "outputSchema": {"pattern": "(a+)+$"}, "icons": [{}], "_meta": {}}],
        content=[{**block, "annotations": {"audience": []}}, {"type": "text", "text": "é\u2028\x01"}],
        structuredContent={"a": [1, 2.5, -3, None, True, 10**20]},
        nextCursor="2",
        isError=False,
    )

    assert read(text)["result"] == {
        "tools": [tool],
        "content": [block, {"type": "text", "text": "é\u2028\x01"}],
        "structuredContent": {"a": [1, 2.5, -3, None, True, 10**20]},
        "nextCursor": "2",
        "isError": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":[1,2]}}',
        b'{"jsonrpc":"2.0","id":"s1","method":"ping"}',
        b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}',
    ],
)
def test_other_messages_are_passed_on_as_they_are(text: bytes) -> None:
    assert bounded_message(text) == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"y",
        b"Listening on port 3000",
        b"[]",
        b'[{"jsonrpc":"2.0","id":1,"result":{}}]',
        b"{}",
        b'{"jsonrpc":"2.0","id":5,"result":[[]]}',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":1e999}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":' + b"9" * 401 + b"}}",
        b'{"jsonrpc":"2.0","id":1,"result":{"a":"\\ud800"}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"a":"\xff"}}',
        b'{"jsonrpc":"2.0","id":1' + b"]" * 1000,
        b'{"a' + b"\\" * 100_000,
    ],
)
def test_what_is_no_message_differs_from_what_is(text: bytes) -> None:
    with pytest.raises(NoMessage):
        bounded_message(text)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (b"{" + b"x" * MOST_BYTES, "a message of more than 4 MiB"),
        (answer(tools=[{}] * MOST_VALUES), "more than 20,000 names and values"),
        (answer(structuredContent={"a": [[]] * MOST_VALUES}), "more than 20,000 names and values"),
        (answer(a=json.loads("[" * 110 + "]" * 110)), "nested deeper than 100 levels"),
        (
            b'{"jsonrpc":"2.0","method":"m","params":{"a":[' + b"0," * MOST_OTHER_VALUES + b"0]}}",
            "without a result of more than 1,000 names and values",
        ),
    ],
)
def test_too_much_is_refused_before_it_is_parsed(text: bytes, limit: str) -> None:
    with pytest.raises(Excess, match=limit):
        bounded_message(text)


@pytest.mark.parametrize(
    ("result", "limit"),
    [
        (
            {"content": [{"type": "text", "text": "a"}] * (MOST_BLOCKS + 1)},
            "more than 1,000 blocks of content",
        ),
        (
            {"serverInfo": {"icons": [{}] * MOST_OTHER_VALUES}},
            "more than 1,000 names and values besides tools",
        ),
    ],
)
def test_a_result_with_too_many_parts_is_an_error_of_the_same_request(
    result: dict[str, Any], limit: str
) -> None:
    message = read(answer(**result))

    assert (message["id"], "result" in message) == (1, False)
    assert limit in message["error"]["message"]


def test_lines_without_a_message_are_counted_within_a_second() -> None:
    patience = Patience()
    for number in range(5 * MOST_LINES):
        patience.spend(2, now=number / (MOST_LINES - 1))
    for _ in range(MOST_LINES):
        patience.spend(2, now=9.0)
    with pytest.raises(Excess, match="not JSON-RPC: more than 1,000 lines or 256 KiB within a second"):
        patience.spend(2, now=9.0)
    with pytest.raises(Excess):
        Patience().spend(MOST_LINE_BYTES + 1, now=0.5)
