"""A TCP server for one test. At its end it closes every connection, whether accepted yet or not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def tcp_server(serve: Serve, *, limit: int = 1 << 16) -> AsyncIterator[str]:
    """Call `serve` for each connection and close it afterwards; yield the base URL, on a free port."""
    running: set[asyncio.Task[None]] = set()
    transports: set[asyncio.WriteTransport] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Added before the task runs: a task that is cancelled before its first step closes nothing.
        transports.add(writer.transport)
        task = asyncio.create_task(run(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=limit)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for _ in range(5):
            await asyncio.sleep(0)  # accept clients that have connected: it takes some turns of the loop
        server.close()
        for task in running.copy():
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for transport in transports:
            transport.abort()  # closing waits for a peer that no longer reads
