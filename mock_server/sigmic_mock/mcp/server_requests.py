"""Answer a server's own requests here, one at a time, before the SDK sees them.

The SDK starts a task for each request, whose answer then waits to be written: a server that sends requests
and reads nothing would fill the memory. Rule: the next message is read after the answer before it was taken.
The platform offers servers nothing but `ping`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from mcp.client import Transport
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import METHOD_NOT_FOUND, ErrorData, JSONRPCError, JSONRPCRequest, JSONRPCResponse

from sigmic_mock.mcp.pipes import Conversation

_ANSWER_SECONDS = 5.0
"""Real seconds that a server may take to make room for an answer; a pipe has room for a thousand."""


@asynccontextmanager
async def answering(
    transport: Transport, seen: Conversation, *, answer_seconds: float = _ANSWER_SECONDS
) -> AsyncIterator[TransportStreams]:
    """Give the SDK the streams of `transport`, without the server's requests.

    If an answer is not taken within `answer_seconds`, nothing more is read; `seen` then says why.
    """
    async with transport as (incoming, outgoing), anyio.create_task_group() as group:
        passing, passed = anyio.create_memory_object_stream[SessionMessage | Exception](0)

        async def pass_on() -> None:
            async with passing:
                try:
                    async for each in incoming:
                        if isinstance(each, SessionMessage) and isinstance(each.message, JSONRPCRequest):
                            with anyio.fail_after(answer_seconds):
                                await outgoing.send(SessionMessage(_answer(each.message)))
                        else:
                            await passing.send(each)
                except TimeoutError:
                    seen.stop("it does not read its input")
                except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                    return

        group.start_soon(pass_on)
        try:
            yield passed, outgoing
        finally:
            passed.close()
            group.cancel_scope.cancel()


def _answer(request: JSONRPCRequest) -> JSONRPCResponse | JSONRPCError:
    if request.method == "ping":
        return JSONRPCResponse(jsonrpc="2.0", id=request.id, result={})
    error = ErrorData(code=METHOD_NOT_FOUND, message="Method not found")
    return JSONRPCError(jsonrpc="2.0", id=request.id, error=error)
