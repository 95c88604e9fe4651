"""The endpoint of a model, by OpenAI's official client. Importing that takes seconds: do it in a thread.

Invariant: the key leaves this module in a request to the endpoint alone; a message of the endpoint that
quotes it is masked.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
import httpx2
from anyio.lowlevel import checkpoint
from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI
from pydantic import BaseModel

from sigmic_mock.domain.json_values import DEEPEST, MOST_VALUES, holds_more, is_deeper
from sigmic_mock.domain.secret import Secret
from sigmic_mock.model.answer import ModelFailed, malformed
from sigmic_mock.runtime.slices import turn

MOST_LINE_BYTES = 1 << 20
MOST_BYTES = 32 << 20
"""Of one answer, with the chunks around its text."""
MOST_LINES = 500_000
"""Likewise: an answer of that size has two for each token."""
MOST_ERROR_BYTES = 64 << 10
"""Of the body of a refusal; the rest is not read."""
_CONNECT_SECONDS = 10.0
_LONGEST_DETAIL = 300
_LONGEST_WAIT = 30.0
_RETRIED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

Chunk = Mapping[str, Any]


class Endpoint:
    """One model of one endpoint. Create it in a thread, and `close` it."""

    def __init__(self, url: str, name: str, key: Secret | None) -> None:
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._name = name
        self._key = key
        self._client = AsyncOpenAI(
            base_url=url,
            # Never those of the environment: they would go to whatever address `--model` names.
            api_key="none" if key is None else key.reveal(),
            max_retries=0,  # the stream of the task shows each retry
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),  # the run has a deadline
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(event_hooks={"response": [_bound]}),
        )
        self._client.organization = self._client.project = None
        self._completions = self._client.chat.completions  # imported only now
        anyio.run(checkpoint)  # loads what the first request needs, which takes 0.2 s

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    @asynccontextmanager
    async def chunks(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Ask for an answer and give its chunks; on leaving, the request ends. Raises `ModelFailed`."""
        body: dict[str, Any] = {"model": self._name, "messages": messages, "stream": True}
        if tools:
            body["tools"] = tools
        try:
            stream = await self._completions.create(**body)
        except (APIError, ValueError) as problem:
            raise self._failure(problem) from None
        async with stream, aclosing(self._read(stream)) as chunks:
            yield chunks

    async def _read(self, stream: AsyncIterator[Any]) -> AsyncGenerator[Chunk, None]:
        try:
            async for chunk in stream:
                if not isinstance(chunk, BaseModel):
                    raise malformed("a chunk is not an object")
                yield cast("Chunk", chunk.model_dump(warnings=False))
        except APIConnectionError as problem:
            failure = self._failure(problem)
            if failure.code == "MODEL_UNREACHABLE":
                message = f"The connection to the model endpoint {self._origin} broke off."
                raise ModelFailed(message, "MODEL_INCOMPLETE", retry_after=0) from None
            raise failure from None
        except (APIError, ValueError) as problem:
            raise self._failure(problem) from None

    def _failure(self, problem: Exception) -> ModelFailed:
        match problem:
            case APIConnectionError() if isinstance(problem.__cause__, _Excess):
                return malformed(str(problem.__cause__))
            case APIConnectionError():
                message = f"The model endpoint {self._origin} can't be reached."
                return ModelFailed(message, "MODEL_UNREACHABLE", retry_after=0)
            case APIStatusError():
                return self._refusal(problem)
            case APIError():
                detail = self._detail(problem)
                return ModelFailed(f"The model endpoint reported an error{detail}", "MODEL_REFUSED")
            case json.JSONDecodeError() | UnicodeDecodeError():
                return malformed("a chunk is not JSON")
            case _:
                return malformed(type(problem).__name__)

    def _refusal(self, problem: APIStatusError) -> ModelFailed:
        status, detail = problem.status_code, self._detail(problem)
        if status in _KEY_REFUSED:
            told = f"The model endpoint refused the key (HTTP {status}). Set SIGMIC_MOCK_MODEL_KEY."
        elif status == HTTPStatus.NOT_FOUND:
            told = (
                f"The model endpoint has no model {self._name} or no chat completions at this URL"
                f" (HTTP {status}){detail}"
            )
        elif status in _RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            told = f"The model endpoint is overloaded or out of order (HTTP {status}){detail}"
            return ModelFailed(told, "MODEL_UNAVAILABLE", retry_after=_wait(problem.response.headers))
        else:
            told = f"The model endpoint refused the request (HTTP {status}){detail}"
        return ModelFailed(told, "MODEL_REFUSED")

    def _detail(self, problem: APIError) -> str:
        """Return the message of the endpoint, as the end of a sentence."""
        body = problem.body
        text = body.get("message") if isinstance(body, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            return "."
        if self._key is not None:
            text = text.replace(self._key.reveal(), "[key]")
        text = " ".join(text.encode("utf-8", "replace").decode().split())
        return f": {text[:_LONGEST_DETAIL]}"


def _wait(headers: Mapping[str, str]) -> float:
    """Return the seconds of `Retry-After`, 0 if it names none."""
    text = headers.get("retry-after", "")
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


class _Excess(httpx2.RequestError):
    """An answer is larger than it may be, or compressed; the client passes it on as a cause."""


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _Excess("it is compressed")
    stream = cast("httpx2.AsyncByteStream", response.stream)
    response.stream = _Error(stream) if response.is_error else _Events(stream)


class _Bounded(httpx2.AsyncByteStream):
    """A body that is read within bounds. The client would collect a body and a line of any length."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Error(_Bounded):
    """The beginning of the body of a refusal."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_ERROR_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return


class _Events(_Bounded):
    """The events of an answer, one at a time, so that however many arrive at once, others are served.

    Lines that mean nothing (comments, empty lines) are dropped: the client would spend more time on them.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        event, size = list[bytes](), 0
        async for line in self._lines():
            if line.startswith((b"data", b"event")):
                event.append(line)
                size += len(line)
                if size > MOST_LINE_BYTES:
                    raise _Excess("it is too large")
            elif not line and event:
                yield _checked(event)
                event, size = [], 0
        if event:  # some endpoints end without an empty line
            yield _checked(event)

    async def _lines(self) -> AsyncIterator[bytes]:
        total, count, held, after_cr = 0, 0, bytearray(), False
        async for piece in self._stream:
            total += len(piece)
            text = piece[1:] if after_cr and piece.startswith(b"\n") else piece
            after_cr = piece.endswith(b"\r")
            first, *rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            count += len(rest)
            held += first
            if len(held) > MOST_LINE_BYTES or total > MOST_BYTES or count > MOST_LINES:
                raise _Excess("it is too large")
            for line in rest:
                await turn()
                yield bytes(held)
                held = bytearray(line)
        yield bytes(held)


def _checked(event: Sequence[bytes]) -> bytes:
    """Return an event as it is passed on, unless its JSON is costly to read."""
    data = b"".join(line.partition(b":")[2] for line in event)
    if holds_more(data, MOST_VALUES) or is_deeper(data, DEEPEST):
        raise _Excess("a chunk has too many values")
    return b"\n".join((*event, b"", b""))
