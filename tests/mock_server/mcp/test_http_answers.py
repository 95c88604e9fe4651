"""Which parts of an answer over HTTP reach the SDK."""

import gzip
import json
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest

from sigmic_mock.mcp.bounds import MOST_BYTES, MOST_VALUES
from sigmic_mock.mcp.http_answers import AnswerRefused, BoundedAnswers

MESSAGE = b'{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'


class Pieces(httpx2.AsyncByteStream):
    """A body that arrives in these pieces, repeated `times` times."""

    def __init__(self, pieces: Sequence[bytes], times: int = 1) -> None:
        self.pieces = pieces
        self.times = times
        self.read_bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.times):
            for piece in self.pieces:
                self.read_bytes += len(piece)
                yield piece


class Elsewhere(httpx2.AsyncBaseTransport):
    """A server with the same answer for every request."""

    def __init__(self, body: Pieces, kind: str, encoding: str | None = None, status: int = 200) -> None:
        self.body = body
        self.status = status
        self.headers = {"Content-Type": kind} | ({} if encoding is None else {"Content-Encoding": encoding})
        self.asked: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return httpx2.Response(self.status, headers=self.headers, stream=self.body)


async def answer(server: Elsewhere) -> bytes:
    async with httpx2.AsyncClient(transport=BoundedAnswers(server)) as client:
        return (await client.post("http://elsewhere.example/mcp", json={})).content


async def events(*pieces: bytes, times: int = 1) -> list[tuple[str, str, str]]:
    """Return event, data and id that the SDK's parser reads from the pieces."""
    server = Elsewhere(Pieces(pieces, times), "text/event-stream; charset=utf-8")
    async with (
        httpx2.AsyncClient(transport=BoundedAnswers(server)) as client,
        client.stream("GET", "http://elsewhere.example/sse") as stream,
    ):
        return [(each.event, each.data, each.id) async for each in httpx2.EventSource(stream)]


async def test_an_answer_is_asked_for_without_compression_and_passed_on() -> None:
    server = Elsewhere(Pieces([MESSAGE[:9], MESSAGE[9:] + b"\n"]), "application/json")

    assert await answer(server) == MESSAGE
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("body", [b"", b"Accepted", b"{}"])
async def test_the_body_of_an_acceptance_is_no_message(body: bytes) -> None:
    assert await answer(Elsewhere(Pieces([body]), "application/json", status=202)) == body


REFUSAL = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"no such parameter"}}'


@pytest.mark.parametrize(
    ("status", "kind", "body", "message"),
    [
        (401, "application/json", b'{"error":"invalid_token"}', "it answered with HTTP status 401"),
        (500, "text/html", b"<h1>oops", "it answered with HTTP status 500"),
        (400, "application/json", REFUSAL, "no such parameter"),
    ],
)
async def test_a_refusal_says_its_status_unless_it_has_a_message(status, kind, body, message):
    refusal = json.loads(await answer(Elsewhere(Pieces([body]), kind, status=status)))

    assert refusal["error"]["message"] == message


async def test_of_the_headers_the_sdk_gets_what_it_reads() -> None:
    server = Elsewhere(Pieces([MESSAGE]), "Application/JSON" + ";" * 60_000)
    server.headers |= {"Mcp-Session-Id": "7", "Set-Cookie": "a=1;" * 10_000, "Content-Length": "1"}
    async with httpx2.AsyncClient(transport=BoundedAnswers(server)) as client:
        answer = await client.post("http://elsewhere.example/mcp", json={})

    assert dict(answer.headers) == {"mcp-session-id": "7", "content-type": "application/json"}
    assert (answer.content, len(client.cookies)) == (MESSAGE, 0)


@pytest.mark.parametrize(
    ("kind", "pieces", "encoding", "reason"),
    [
        ("application/json", [gzip.compress(bytes(1 << 20))], "gzip", "a compressed answer"),
        ("text/event-stream", [gzip.compress(bytes(1 << 20))], "br", "a compressed answer"),
        ("application/json", [b'{"a":"' + b"a" * (1 << 20)] * 600, None, "an answer of more than 4 MiB"),
        ("text/html", [b"a" * (1 << 20)] * 600, None, "an answer of more than 4 MiB"),
        (
            "application/json",
            [b'{"jsonrpc":"2.0","id":1,"result":{"tools":[' + b"{}," * MOST_VALUES],
            None,
            "20,000",
        ),
        ("application/json", [b"<html>"], None, "its answer is not JSON-RPC"),
        ("application/json", [b""], None, "its answer is not JSON-RPC"),
    ],
)
async def test_what_is_too_much_is_refused_as_soon_as_that_is_known(
    kind: str, pieces: Sequence[bytes], encoding: str | None, reason: str
) -> None:
    server = Elsewhere(Pieces(pieces), kind, encoding)

    with pytest.raises(AnswerRefused, match=reason):
        await answer(server)
    assert server.body.read_bytes <= MOST_BYTES + (1 << 20)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
async def test_events_are_the_same_whatever_their_pieces_and_line_ends(end: bytes, size: int) -> None:
    text = end.join(
        [
            b": ping",
            b"",
            b"event: endpoint",
            b"data: /messages?s=1",
            b"",
            b"id: 7",
            b"retry: 2000",
            b"data: " + MESSAGE[:-1],
            b"data:" + MESSAGE[-1:],
            b"",
            b"event: other",
            b"data: {}",
            b"",
            b"id: 8",
            b"data:",
            b"",
            b"data: keep-alive",
            b"",
            b"data: not ended",
        ]
    )

    assert await events(*(text[at : at + size] for at in range(0, len(text), size))) == [
        ("endpoint", "/messages?s=1", ""),
        ("message", MESSAGE.decode(), "7"),
        ("message", "", "8"),
    ]


@pytest.mark.parametrize(
    "piece",
    [
        b": comment\n",
        b"\n",
        b"\r",
        b"event: other\ndata: {}\n\n",
        b"data: {}\n\n",
        b"what: is this\n",
        b"retry: 1\n",
        b"id: " + b"7" * 2_000 + b"\n\n",
    ],
)
async def test_a_flood_without_messages_meets_a_bound(piece: bytes) -> None:
    with pytest.raises(AnswerRefused, match="more than 1,000 lines or 256 KiB within a second"):
        await events(piece * (65_536 // len(piece)), times=1_000)


@pytest.mark.parametrize("piece", [b"a" * 65_536, b"data: " + b"a" * 65_530 + b"\n", b"data:\n" * 10_000])
async def test_an_event_without_end_meets_a_bound(piece: bytes) -> None:
    with pytest.raises(AnswerRefused, match="an event of more than 1 MiB"):
        await events(piece, times=1_000)


async def test_a_flood_of_messages_is_passed_on() -> None:
    note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}).encode()

    assert len(await events(b"data: " + note + b"\n\n", times=2_000)) == 2_000
