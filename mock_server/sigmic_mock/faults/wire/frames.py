"""The `frame.*` effects, each on one block of a stream: an event, a heartbeat, the end.

An effect turns a block into the blocks to send: pieces, pauses, and how the connection ends. It returns None
if there was nothing to change; then the fault has not fired.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sigmic_mock.faults.wire.json_paths import CHANGES, change_at, remove_at, set_at

HEARTBEAT = "heartbeat"
_OF_CALLS = frozenset({"tool_call", "tool_result"})
END = "end"
"""The pseudo-event for the orderly end of a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block to send: its bytes with the blank line that ends it, and how to send it.

    `pause` seconds pass before it; `piece` bytes are sent at a time (0: all), `between` seconds apart.
    """

    event: str
    data: bytes
    pause: float = 0.0
    piece: int = 0
    between: float = 0.0
    ending: str = ""
    """After it: `finish` the answer, `close` or `reset` the connection, or `silence`: nothing, ever."""
    is_held: bool = False
    """Sent together with the block after it; with `swapped`, behind that one."""
    swapped: bool = False
    faults: tuple[str, ...] = ()
    """The faults that altered it."""


Params = Mapping[str, Any]
FrameEffect = Callable[[Block, Params], list[Block] | None]


def split(frames: bytes) -> list[Block]:
    """Cut whole frames into blocks."""
    return [Block(event=name_of(part), data=part) for part in re.findall(rb".*?\n\n", frames, re.DOTALL)]


def name_of(block: bytes) -> str:
    """Return the event's name; a comment is a heartbeat."""
    if block.startswith(b":"):
        return HEARTBEAT
    return block.partition(b"\n")[0].removeprefix(b"event: ").decode()


def outcome(block: Block) -> str | None:
    """Return the final status of the run if this event ends it; None for every other event."""
    if block.event == "error":
        _, _, payload = block.data.partition(b"\ndata: ")
        return "cancelled" if json.loads(payload).get("code") == "CANCELLED" else "failed"
    return "completed" if block.event == "done" else None


def waiting(block: Block, before: frozenset[str]) -> frozenset[str]:
    """Return the calls that wait for an answer after an event, by those that waited before it."""
    if block.event not in _OF_CALLS:
        return before
    _, _, payload = block.data.partition(b"\ndata: ")
    told = json.loads(payload)
    call = frozenset({str(told.get("callId"))})
    return before | call if told.get("status") == "awaiting_approval" else before - call


def _payload(change: Callable[[Any, Params], bool]) -> FrameEffect:
    def effect(block: Block, params: Params) -> list[Block] | None:
        head, separator, rest = block.data.partition(b"\ndata: ")
        if not separator:
            return None
        value = json.loads(rest)
        if not change(value, params):
            return None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return [replace(block, data=head + separator + text.encode() + b"\n\n")]

    return effect


def _change_payload(value: Any, params: Params) -> bool:
    return change_at(value, params["path"], CHANGES[params["into"]])


def _substitute(block: Block, params: Params) -> list[Block] | None:
    """Replace the matches of a regular expression; the way to every error of form."""
    data = re.sub(
        params["find"].encode(),
        params["put"].encode(),
        block.data,
        count=int(params["most"]),
        flags=re.DOTALL,
    )
    return None if data == block.data else [replace(block, data=data)]


def _put_bytes(block: Block, params: Params) -> list[Block] | None:
    """Put bytes, given in hexadecimal, in front of the match; they may be invalid as text."""
    found = params["find"].encode()
    data = block.data.replace(found, bytes.fromhex(params["hex"]) + found, 1)
    return None if data == block.data else [replace(block, data=data)]


def _drop(block: Block, _params: Params) -> list[Block]:
    """Leave the block out; without its end a stream stays open and silent."""
    return [replace(block, data=b"", ending="silence" if block.ending else "")]


def _repeat(block: Block, _params: Params) -> list[Block]:
    return [block, block]


def _swap(block: Block, _params: Params) -> list[Block]:
    return [replace(block, is_held=True, swapped=True)]


def _insert(block: Block, params: Params) -> list[Block]:
    added = replace(block, data=params["text"].encode(), ending="")
    return [added, block] if params["before"] else [block, added]


def _stall(block: Block, params: Params) -> list[Block]:
    return [replace(block, pause=float(params["seconds"]))]


def _pace(block: Block, params: Params) -> list[Block]:
    return [replace(block, piece=int(params["bytes"]), between=float(params["seconds"]))]


def _split_character(block: Block, params: Params) -> list[Block] | None:
    """Cut a character of several bytes in two, and send the halves in separate writes."""
    found = re.search(rb"[\xc2-\xf4][\x80-\xbf]", block.data)
    if found is None:
        return None
    middle = found.start() + 1
    second = replace(block, data=block.data[middle:], pause=float(params["seconds"]))
    return [replace(block, data=block.data[:middle], ending=""), second]


def _hold(block: Block, _params: Params) -> list[Block] | None:
    if block.ending:
        return None
    return [replace(block, is_held=True)]


def _end(block: Block, params: Params) -> list[Block]:
    """End the stream at this block; `bytes` of it are still sent (0: none)."""
    return [replace(block, data=block.data[: int(params["bytes"])], ending=params["how"])]


FRAME_EFFECTS: Mapping[str, FrameEffect] = {
    "frame.set": _payload(lambda value, params: set_at(value, params["path"], params["value"])),
    "frame.remove": _payload(lambda value, params: remove_at(value, params["path"])),
    "frame.change": _payload(_change_payload),
    "frame.substitute": _substitute,
    "frame.put-bytes": _put_bytes,
    "frame.drop": _drop,
    "frame.repeat": _repeat,
    "frame.swap": _swap,
    "frame.insert": _insert,
    "frame.stall": _stall,
    "frame.pace": _pace,
    "frame.split-character": _split_character,
    "frame.hold": _hold,
    "frame.end": _end,
}
