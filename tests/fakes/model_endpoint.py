"""A model endpoint that answers each request by the script of a test, as streamed chat completions."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = Mapping[str, Any]
Script = Callable[[web.Request, Body], Awaitable[web.StreamResponse]]


def text(*pieces: str, reason: str | None = "stop") -> list[Any]:
    """Return the chunks of an answer."""
    return [*(delta(content=piece) for piece in pieces), delta(reason=reason)]


def calling(*calls: tuple[str, Any], ids: bool = True) -> list[Any]:
    """Return the chunks of an answer that calls tools; arguments that are text are sent unchanged."""
    chunks = []
    for at, (name, args) in enumerate(calls):
        written = args if isinstance(args, str) else json.dumps(args)
        half = len(written) // 2
        first = {"index": at, "type": "function", "function": {"name": name, "arguments": written[:half]}}
        if ids:
            first["id"] = f"id-{at}"
        rest = {"index": at, "function": {"arguments": written[half:]}}
        chunks += [delta(tool_calls=[first]), delta(tool_calls=[rest])]
    return [*chunks, delta(reason="tool_calls")]


def delta(*, reason: str | None = None, **fields: Any) -> Body:
    """Return one chunk."""
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": fields, "finish_reason": reason}],
    }


@dataclass
class ModelEndpoint:
    """Sends the `answers` in order: chunks (a text is sent unchanged), or a function of the request."""

    answers: list[Any] = field(default_factory=list)
    otherwise: Any = None
    """The answer after the last of `answers`."""
    seen: list[Body] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closes its connection before its answer is complete."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(body)
        self.headers.append(request.headers)
        self.asked.set()
        scripted = self.answers.pop(0) if self.answers else self.otherwise
        if callable(scripted):
            scripted = scripted(request, body)
            if not isinstance(scripted, list):
                response: web.StreamResponse = await scripted
                return response
        return await streamed(request, scripted)

    async def hang(self, request: web.Request, _: Body) -> web.StreamResponse:
        """Send one word and nothing more until the client disconnects."""
        response = await begun(request)
        try:
            await write(response, delta(content="Once "))
            await asyncio.Event().wait()
        finally:
            self.left.set()
        return response


def refusing(status: int, message: str = "", **headers: str) -> Script:
    """Return a script that answers with an error."""

    async def refuse(_request: web.Request, _: Body) -> web.StreamResponse:
        return web.json_response({"error": {"message": message}}, status=status, headers=headers)

    return refuse


def sending(body: bytes, kind: str = "text/event-stream", **headers: str) -> Script:
    """Return a script that answers with these bytes."""

    async def send(_request: web.Request, _: Body) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Type": kind, **headers})

    return send


async def begun(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


async def write(response: web.StreamResponse, chunk: Any) -> None:
    line = chunk if isinstance(chunk, str) else f"data: {json.dumps(chunk)}\n\n"
    await response.write(line.encode())


async def streamed(request: web.Request, chunks: list[Any]) -> web.StreamResponse:
    response = await begun(request)
    for chunk in chunks:
        await write(response, chunk)
    await response.write(b"data: [DONE]\n\n")
    return response


@asynccontextmanager
async def model_endpoint(*answers: Any, otherwise: Any = None) -> AsyncIterator[ModelEndpoint]:
    """Serve while the block runs."""
    endpoint = ModelEndpoint(list(answers), otherwise)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", endpoint.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        [(host, port)] = [address[:2] for address in runner.addresses]
        endpoint.url = f"http://{host}:{port}/v1"
        yield endpoint
    finally:
        await runner.cleanup()
