"""A proxy between the suite and a platform that changes answers: the relay on uvicorn, in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import uvicorn

from lab.platforms.relays.relay import OF_ONE_CONNECTION, OF_THE_SERVER, Relay, Send, passed_on
from tests.fakes.waiting import eventually


@dataclass
class Bend:
    """The changes that the proxy makes to answers; `block` gets one event block without its blank line."""

    block: Callable[[bytes], bytes]
    body: Callable[[str, bytes], bytes]
    """Gets the target of the request and the whole body."""

    async def hand_over(self, answer: httpx.Response, send: Send) -> None:
        """Send the changed answer; uvicorn announces its length, or chunks."""
        without = OF_ONE_CONNECTION | OF_THE_SERVER | {b"content-length"}
        headers = passed_on(answer.headers.raw, without)
        if not answer.headers.get("content-type", "").lower().startswith("text/event-stream"):
            body = self.body(answer.request.url.raw_path.decode(), await answer.aread())
            headers.append((b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        pending = b""
        async for piece in answer.aiter_raw():
            *blocks, pending = (pending + piece).split(b"\n\n")
            bent = b"".join(map(self.block, blocks))
            await send({"type": "http.response.body", "body": bent, "more_body": True})
        await send({"type": "http.response.body"})


@contextlib.asynccontextmanager
async def bending_proxy(upstream: int, bend: Bend) -> AsyncIterator[str]:
    """Listen on a free port in front of `upstream` (a port on 127.0.0.1); yield the base URL."""
    relay = Relay(upstream, bend.hand_over)
    config = uvicorn.Config(
        relay, "127.0.0.1", 0, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        await relay.close()
