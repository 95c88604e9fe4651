"""The SDK's transport over the pipes of a process inside a sandbox: one JSON-RPC message a line.

The SDK's own stdio client is never used: it would start the server outside.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from sigmic_conformance.mock_server.ports import SandboxProcess

LONGEST_LINE = 4 << 20
_FLUSH_SECONDS = 1.0


class Conversation:
    """What was seen of a server besides its messages, for the one who has to say why it did not work."""

    def __init__(self) -> None:
        self.too_long = False
        """It sent a line longer than a message may be; nothing after that was read."""
        self.garbage = False
        """It printed something that is no message."""


@asynccontextmanager
async def over_pipes(process: SandboxProcess, seen: Conversation) -> AsyncIterator[TransportStreams]:
    """Give the SDK a stream of messages in each direction, until the block or the process ends."""
    arriving, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, leaving = anyio.create_memory_object_stream[SessionMessage](0)
    flushed = anyio.Event()

    async def receive() -> None:
        async with arriving:
            async for line in _lines(process, seen):
                try:
                    message = SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
                except ValueError:
                    seen.garbage = True  # some servers greet; the SDK would log every line of it
                    continue
                try:
                    await arriving.send(message)
                except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                    return

    async def send() -> None:
        try:
            async with leaving:
                async for each in leaving:
                    text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await process.write(text.encode() + b"\n")
        except OSError:
            await arriving.aclose()  # nobody listens: requests must not wait for an answer
        finally:
            flushed.set()

    async with anyio.create_task_group() as group:
        group.start_soon(receive)
        group.start_soon(send)
        try:
            yield incoming, outgoing
        finally:
            with anyio.CancelScope(shield=True):
                incoming.close()
                outgoing.close()
                with anyio.move_on_after(_FLUSH_SECONDS):
                    await flushed.wait()
            group.cancel_scope.cancel()


async def _lines(process: SandboxProcess, seen: Conversation) -> AsyncIterator[bytes]:
    """Yield what the server prints, line by line, to its end or to a line that is too long."""
    held = bytearray()
    while data := await process.read():
        begin = len(held)
        held += data
        while (end := held.find(b"\n", begin)) != -1:
            line = bytes(held[:end]).strip()
            del held[: end + 1]
            begin = 0
            if line:
                yield line
        if len(held) > LONGEST_LINE:
            seen.too_long = True
            return
