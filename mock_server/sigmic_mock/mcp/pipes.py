"""The SDK's transport over the pipes of a process in a sandbox: one JSON-RPC message per line.

The SDK's own stdio client would start the server outside. A program may print faster than it is read. So
reading yields to the loop after each piece and every few lines, and stops at the first excess.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import checkpoint
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from sigmic_mock.mcp.bounds import MOST_BYTES, Excess, NoMessage, Patience, read_message
from sigmic_mock.ports import SandboxProcess

_FLUSH_SECONDS = 1.0
_LINES_A_TURN = 20
"""Lines that are read before others can run."""


class Conversation:
    """What was seen of a server besides its messages, to explain why it failed."""

    def __init__(self) -> None:
        self.excess: str | None = None
        """The limit that it exceeded; later output was not read."""
        self.over = asyncio.Event()
        """Set when no more output is read."""
        self.garbage = False
        """True if it printed something that is not a message."""

    def stop(self, excess: str) -> None:
        """Set that no more output is read, because the server exceeded this limit."""
        self.excess = excess
        self.over.set()


@asynccontextmanager
async def over_pipes(process: SandboxProcess, seen: Conversation) -> AsyncIterator[TransportStreams]:
    """Give the SDK a stream of messages in each direction, until the block or the process ends."""
    arriving, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, leaving = anyio.create_memory_object_stream[SessionMessage](0)
    flushed = anyio.Event()

    async def receive() -> None:
        async with arriving:
            try:
                async for message in _messages(process, seen):
                    await arriving.send(message)
            except Excess as problem:
                seen.stop(str(problem))
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                return

    async def send() -> None:
        try:
            async with leaving:
                async for each in leaving:
                    text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await process.write(text.encode() + b"\n")
        except OSError:
            await arriving.aclose()  # the reader has gone: requests must not wait for an answer
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


async def _messages(process: SandboxProcess, seen: Conversation) -> AsyncIterator[SessionMessage]:
    """Yield the messages among the lines that a server prints. Raises `Excess`."""
    now, patience = asyncio.get_running_loop().time, Patience()
    async for line in _lines(process):
        try:
            message = jsonrpc_message_adapter.validate_json(await read_message(line.strip()), by_name=False)
        except (NoMessage, ValueError):
            # Some servers print a greeting; the SDK would log every line of it.
            seen.garbage = seen.garbage or bool(line.strip())
            patience.spend(len(line) + 1, now())
            continue
        yield SessionMessage(message)


async def _lines(process: SandboxProcess) -> AsyncIterator[bytes]:
    """Yield the output of the server, line by line, to its end. Raises `Excess` for a long line."""
    held: list[bytes] = []
    length = 0
    while data := await process.read():
        await checkpoint()
        first, *rest = data.split(b"\n")
        held.append(first)
        length += len(first)
        if length > MOST_BYTES:
            raise Excess(f"it sent a line of more than {MOST_BYTES >> 20} MiB")
        if not rest:
            continue
        yield b"".join(held)
        for number, line in enumerate(rest[:-1], 1):
            yield line
            if number % _LINES_A_TURN == 0:
                await checkpoint()
        held, length = [rest[-1]], len(rest[-1])
