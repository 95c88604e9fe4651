"""Limits on what an MCP server may send. Messages are measured and reduced before the SDK gets them.

The SDK parses and validates a message in one piece on the event loop. Measured on the slowest kind of
message, validation takes up to 6 microseconds per value, twice. So a message is first refused for its bytes
and values, and fields that the platform does not read (output schemas, icons, annotations) are removed. The
SDK would also validate every result by an output schema, whose patterns come from the server.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.domain.json_values import DEEPEST, holds_more, is_deeper, read_strictly
from sigmic_mock.runtime.long_work import work_on

MOST_BYTES = 4 << 20
"""For one message."""
MOST_VALUES = 20_000
"""Names and values of one result."""
MOST_OTHER_VALUES = 1_000
"""Names and values of a request, a notification or an error; also of the smaller fields of a result."""
MOST_TOOLS = 256
"""For one server; tools beyond that are not offered."""
MOST_BLOCKS = 1_000
"""Blocks of content of one result."""
MOST_LINES = 1_000
"""Lines without a message that a server may send within `WINDOW_SECONDS`."""
MOST_LINE_BYTES = 256 << 10
"""Bytes of those lines."""
WINDOW_SECONDS = 1.0
_OF_TOOLS = ("name", "title", "description", "inputSchema")
_OF_BLOCKS = ("type", "text", "data", "mimeType", "uri", "name", "resource")
_OF_RESOURCES = ("uri", "text", "blob", "mimeType")
_SEPARATORS = (b",", b":", b"[", b"{")
_BULK = ("tools", "content", "structuredContent")
_INTERNAL_ERROR = -32603


class Excess(Exception):
    """A server exceeded a limit, which the message names."""


class NoMessage(Exception):
    """A text is not a JSON-RPC message."""


class Patience:
    """Counts a server's lines without a message, within a second of the loop's time."""

    def __init__(self) -> None:
        self._since = 0.0
        self._lines = 0
        self._bytes = 0

    def spend(self, size: int, now: float) -> None:
        """Count one line of `size` bytes. Raises `Excess`."""
        if now - self._since > WINDOW_SECONDS:
            self._since, self._lines, self._bytes = now, 0, 0
        self._lines += 1
        self._bytes += size
        if self._lines > MOST_LINES or self._bytes > MOST_LINE_BYTES:
            raise Excess(
                f"what it prints is not JSON-RPC: more than {MOST_LINES:,} lines"
                f" or {MOST_LINE_BYTES >> 10} KiB within a second"
            )


def bounded_message(text: bytes) -> bytes:
    """Return a JSON-RPC message reduced to the fields that the platform reads. Raises `Excess`, `NoMessage`.

    A result with too many blocks becomes an error with the same id.
    """
    if len(text) > MOST_BYTES:
        raise Excess(f"it sent a message of more than {MOST_BYTES >> 20} MiB")
    if not text.startswith(b"{"):
        raise NoMessage
    if _holds_more(text, MOST_VALUES):
        raise Excess(f"it sent a message of more than {MOST_VALUES:,} names and values")
    if is_deeper(text, DEEPEST):
        raise Excess(f"it sent a message that is nested deeper than {DEEPEST} levels")
    message = _parsed(text)
    if "result" not in message:
        if _holds_more(text, MOST_OTHER_VALUES):
            raise Excess(
                f"it sent a message without a result of more than {MOST_OTHER_VALUES:,} names and values"
            )
        return text
    if not isinstance(message["result"], dict):
        raise NoMessage
    try:
        message["result"] = _read_of(message["result"])
    except Excess as problem:
        del message["result"]
        message["error"] = {
            "code": _INTERNAL_ERROR,
            "message": f"The server's answer is too large: {problem}",
        }
    try:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise NoMessage from None


async def read_message(text: bytes) -> bytes:
    """Return `bounded_message`; during the search through a long one the loop can run other tasks."""
    return await work_on(len(text), lambda: bounded_message(text))


def _holds_more(text: bytes, most: int) -> bool:
    """Count the values only if the text has enough separators, in strings or not; else it has fewer."""
    return sum(map(text.count, _SEPARATORS)) >= most and holds_more(text, most)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        message = read_strictly(text.decode())
    except (ValueError, RecursionError):
        raise NoMessage from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise NoMessage
    return message


def _read_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a result that the platform reads. Raises `Excess`."""
    rest = {name: value for name, value in result.items() if name not in _BULK}
    if holds_more(json.dumps(rest).encode(), MOST_OTHER_VALUES):
        raise Excess(f"more than {MOST_OTHER_VALUES:,} names and values besides {', '.join(_BULK)}")
    if "tools" in result:
        rest["tools"] = [_only(tool, _OF_TOOLS) for tool in _items(result["tools"])]
    if "content" in result:
        blocks = _items(result["content"])
        if len(blocks) > MOST_BLOCKS:
            raise Excess(f"more than {MOST_BLOCKS:,} blocks of content")
        rest["content"] = [_block(block) for block in blocks]
    if "structuredContent" in result:
        rest["structuredContent"] = result["structuredContent"]
    return rest


def _items(value: object) -> Sequence[object]:
    """Return the items of a list; for another value an item that the SDK refuses."""
    return value if isinstance(value, list) else [None]


def _block(block: object) -> object:
    read = _only(block, _OF_BLOCKS)
    if isinstance(read, dict) and "resource" in read:
        read["resource"] = _only(read["resource"], _OF_RESOURCES)
    return read


def _only(value: object, names: Sequence[str]) -> object:
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else None
