"""Forward each request to the platform and stream its answer: an ASGI application on uvicorn.

Usage: python relay.py FILE, which contains "PORT UPSTREAM-PORT".
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
HandOver = Callable[[httpx.Response, Send], Coroutine[None, None, None]]

OF_ONE_CONNECTION = frozenset({b"connection", b"keep-alive", b"upgrade", b"expect"})
OF_THE_SERVER = frozenset({b"date", b"server", b"transfer-encoding"})
"""uvicorn sends its own values."""


class Relay:
    """An ASGI application. `hand_over` sends the answer of the platform to the client."""

    def __init__(self, upstream: int, hand_over: HandOver | None = None) -> None:
        self._upstream = upstream
        self._hand_over = hand_over or hand_over_as_it_is
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None)), timeout=None
        )

    async def close(self) -> None:
        """Close the connections to the platform."""
        await self._client.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = passed_on(scope["headers"], OF_ONE_CONNECTION)
        has_body = any(name in {b"content-length", b"transfer-encoding"} for name, _ in headers)
        has_left = asyncio.Event()
        request = httpx.Request(
            scope["method"],
            httpx.URL(scheme="http", host="127.0.0.1", port=self._upstream, raw_path=target_of(scope)),
            headers=headers,
            content=body_of(receive, has_left) if has_body else None,
        )
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError:
            await send({"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                leaving = tasks.create_task(wait_for_leave(receive, has_left))
                handing = tasks.create_task(self._hand_over(answer, send))
                await asyncio.wait({leaving, handing}, return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
                handing.cancel()
        finally:
            await answer.aclose()  # if the client leaves a stream, close the upstream connection too


def target_of(scope: Message) -> bytes:
    """Return the target of the request line."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


def passed_on(headers: Iterable[tuple[bytes, bytes]], without: frozenset[bytes]) -> Headers:
    """Return the headers except those in `without`."""
    return [(name, value) for name, value in headers if name.lower() not in without]


async def body_of(receive: Receive, has_left: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield the pieces of the request body."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            has_left.set()
            raise httpx.WriteError("the client has left")
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def wait_for_leave(receive: Receive, has_left: asyncio.Event) -> None:
    """Return when the client has disconnected."""
    while not has_left.is_set() and (await receive())["type"] != "http.disconnect":
        pass


async def hand_over_as_it_is(answer: httpx.Response, send: Send) -> None:
    """Forward the answer, each piece as it arrives."""
    headers = passed_on(answer.headers.raw, OF_ONE_CONNECTION | OF_THE_SERVER)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "more_body": True})  # the head, before a silent stream has data
    async for piece in answer.aiter_raw():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


if __name__ == "__main__":
    own, platform = map(int, Path(sys.argv[1]).read_text().split())
    uvicorn.run(Relay(platform), host="127.0.0.1", port=own, lifespan="off", log_level="warning")
