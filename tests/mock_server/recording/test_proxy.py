"""What passes through the proxy, and its errors when the upstream misbehaves."""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from sigmic_mock.recording import recorder
from tests.fakes.recording import recorded
from tests.fakes.upstream import TASK, answer, body_of, frame, ok, stream, upstream
from tests.fakes.wire_server import hanging, reset

TASKS = "/api/v1/tasks"
STREAM = f"{TASKS}/{TASK}/stream"
KEY = {"Authorization": "Bearer sigmic_" + "ab" * 32}
PATIENCE = 10


async def fetch(http: aiohttp.ClientSession, method: str, url: str, **options: Any) -> bytes:
    """Return the body of an answer."""
    async with http.request(method, url, **options) as got:
        return await got.read()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


async def test_a_request_and_its_answer_pass_byte_for_byte(http, tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps({"success": True, "data": []}).encode())
    reply = answer(
        packed, headers={"Content-Encoding": "gzip", "Set-Cookie": "a=1", "Keep-Alive": "timeout=5"}
    )
    target = f"{TASKS}/x%2Fy/../%7e//z?path=a%20b&q=%41+1"
    async with upstream({f"POST {target}": reply}) as far, recorded(far.url, tmp_path / "r") as proxy:
        headers = {**KEY, "Connection": "X-Mine, keep-alive", "X-Mine": "1", "X-Yours": "2", "TE": "trailers"}
        async with http.post(
            URL(proxy.url + target, encoded=True), data=b"\0\xff raw", headers=headers
        ) as got:
            assert (got.status, await got.read()) == (200, packed)
            assert got.headers["Content-Encoding"] == "gzip"
            assert got.headers["Set-Cookie"] == "a=1"
            assert "Keep-Alive" not in got.headers

    sent = far.heads[1].decode()
    assert sent.startswith(f"POST {target} HTTP/1.1\r\n")
    assert f"Host: {far.url[7:]}\r\n" in sent
    assert "X-Yours: 2\r\n" in sent
    assert "Via: 1.1 sigmic-mock-record\r\n" in sent
    assert "X-Mine" not in sent
    assert "TE:" not in sent
    assert far.bodies == [b"\0\xff raw"]


async def test_a_stream_passes_as_it_comes_heartbeats_and_halves_included(http, tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def halting(_head: bytes, _reader: Any, writer: asyncio.StreamWriter) -> None:
        whole = stream(b":heartbeat\n\n", frame("content", text="é", isPartial=True)[:-9], ends=False)
        writer.write(whole)
        await go_on.wait()
        writer.write(b"3\r\nabc\r\n0\r\n\r\n")

    async with (
        upstream({f"GET {STREAM}": halting}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        asyncio.timeout(PATIENCE),
        http.get(proxy.url + STREAM, headers=KEY) as got,
    ):
        early = await got.content.readuntil(b"\n\n")
        assert early == b":heartbeat\n\n"
        rest = b""
        while b"content" not in rest:
            rest += await got.content.readany()
        go_on.set()
        assert (rest + await got.read()).endswith(b"abc")


async def test_a_large_upload_is_not_held_back(http, tmp_path: Path) -> None:
    seen = asyncio.Event()
    piece = b"x" * 65536

    async def counting(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await reader.readexactly(1)
        seen.set()
        while not (await reader.read(1 << 20)).endswith(b"0\r\n\r\n"):
            pass
        writer.write(ok({"id": TASK, "status": "pending"}, "201 Created"))

    async def upload() -> AsyncIterator[bytes]:
        yield piece
        await asyncio.wait_for(
            seen.wait(), PATIENCE
        )  # the second piece is sent after the upstream has received the first
        for _ in range(100):
            yield piece

    async with (
        upstream({f"POST {TASKS}": counting}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        http.post(proxy.url + TASKS, data=upload(), headers=KEY) as got,
    ):
        assert got.status == 201


async def test_a_client_that_leaves_takes_its_call_with_it(http, tmp_path: Path) -> None:
    gone = asyncio.Event()

    async def waiting(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(b":heartbeat\n\n", ends=False))
        await reader.read()
        gone.set()

    async with upstream({f"GET {STREAM}": waiting}) as far, recorded(far.url, tmp_path / "r") as proxy:
        got = await http.get(proxy.url + STREAM, headers=KEY)
        await got.content.readany()
        got.close()
        await asyncio.wait_for(gone.wait(), PATIENCE)


@pytest.mark.parametrize(
    ("method", "status", "length"), [("HEAD", "200 OK", "5"), ("GET", "304 Not Modified", None)]
)
async def test_an_answer_without_a_body_stays_one(http, tmp_path: Path, method, status, length) -> None:
    path = f"{TASKS}/{TASK}/artifacts/download?path=a"
    head = f'HTTP/1.1 {status}\r\nETag: "1"\r\n' + (f"Content-Length: {length}\r\n" if length else "")
    async with (
        upstream({f"{method} {path}": f"{head}\r\n".encode()}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        asyncio.timeout(PATIENCE),
        http.request(method, proxy.url + path, headers=KEY) as got,
    ):
        assert (got.status, await got.read()) == (int(status[:3]), b"")
        assert (got.headers.get("Content-Length"), got.headers["ETag"]) == (length, '"1"')


async def test_a_redirect_is_passed_on(http, tmp_path: Path) -> None:
    moved = answer(b"", "307 Temporary Redirect", {"Location": "http://127.0.0.1:9/elsewhere"})
    async with (
        upstream({f"POST {TASKS}": moved}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        http.post(proxy.url + TASKS, json={}, headers=KEY, allow_redirects=False) as got,
    ):
        assert (got.status, got.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")


async def test_expect_continue_is_the_upstreams_to_grant(http, tmp_path: Path) -> None:
    async def granting(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"100-continue" in head.lower()
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await body_of(head, reader) == b'{"message":"a"}'
        writer.write(ok({"id": TASK, "status": "pending"}, "201 Created"))

    async with (
        upstream({f"POST {TASKS}": granting}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        asyncio.timeout(PATIENCE),
        http.post(proxy.url + TASKS, data=b'{"message":"a"}', headers=KEY, expect100=True) as got,
    ):
        assert got.status == 201


async def test_an_early_refusal_of_an_upload_arrives(http, tmp_path: Path) -> None:
    async def refusing(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b'{"success":false,"error":{"message":"m","code":"PAYLOAD_TOO_LARGE"}}'
        writer.write(answer(body, "413 Content Too Large", {"Connection": "close"}))
        await writer.drain()
        while await reader.read(1 << 20):  # lingers as servers do, so that no reset loses the refusal
            pass

    async with (
        upstream({f"POST {TASKS}": refusing}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        asyncio.timeout(PATIENCE),
        http.post(proxy.url + TASKS, data=io.BytesIO(b"x" * 30_000_000), headers=KEY) as got,
    ):
        assert got.status == 413


async def test_an_answer_that_breaks_off_breaks_off_for_the_client(http, tmp_path: Path) -> None:
    async def cut(_head: bytes, _reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(frame("history_done", messageCount=0, isStreaming=True), ends=False))
        await writer.drain()
        writer.close()

    async with upstream({f"GET {STREAM}": cut}) as far, recorded(far.url, tmp_path / "r") as proxy:
        with pytest.raises(aiohttp.ClientPayloadError):
            await fetch(http, "GET", proxy.url + STREAM, headers=KEY)

    assert "stream_task  answer 200  the answer must be whole, it was cut off" in proxy.heard.findings


async def test_an_upstream_that_goes_away_is_a_502(http, tmp_path: Path) -> None:
    async def resetting(_head: bytes, _reader: Any, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async with (
        upstream({f"GET {TASKS}/a": resetting}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        http.get(f"{proxy.url}{TASKS}/a", headers=KEY) as got,
    ):
        envelope = await got.json()
        assert got.status == 502
        assert envelope["error"]["code"] == "INTERNAL_ERROR"
        assert "upstream" in envelope["error"]["message"]


async def test_an_upstream_that_says_nothing_is_a_504(http, tmp_path: Path) -> None:
    async with (
        upstream({f"GET {TASKS}/a": hanging}) as far,
        recorded(far.url, tmp_path / "r", silence_seconds=0.1) as proxy,
        asyncio.timeout(PATIENCE),
        http.get(f"{proxy.url}{TASKS}/a", headers=KEY) as got,
    ):
        assert got.status == 504
        assert (await got.json())["success"] is False


async def test_a_body_that_stops_coming_is_the_clients_fault(tmp_path: Path) -> None:
    async with (
        upstream({f"POST {TASKS}": hanging}) as far,
        recorded(far.url, tmp_path / "r", body_seconds=0.1) as proxy,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(f"POST {TASKS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf".encode())
        answered = await asyncio.wait_for(reader.readuntil(b"}}"), PATIENCE)
        writer.close()

    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"The body stopped arriving" in answered


async def test_http_that_is_none_is_refused_in_the_envelope(tmp_path: Path) -> None:
    async with upstream({}) as far, recorded(far.url, tmp_path / "r") as proxy:
        for request in (b"nonsense\r\n\r\n", b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(request)
            head = await asyncio.wait_for(reader.readline(), PATIENCE)
            writer.close()
            assert b" 400 " in head
    assert len(far.heads) == 1


@pytest.mark.parametrize(
    ("method", "path", "reply", "told"),
    [
        ("GET", TASKS, ok({"not": "a list"}), "list_tasks  answer 200  data: must be a list"),
        (
            "GET",
            TASKS,
            answer(b"<html>", headers={"Content-Type": "text/html"}),
            "Content-Type: must be application/json",
        ),
        ("GET", TASKS, answer(b"{", headers={}), "list_tasks  answer 200  the body must be JSON"),
        ("GET", TASKS, answer(b"{}", "418 Teapot"), "list_tasks  answer 418  the status is not documented"),
        (
            "GET",
            f"{TASKS}/a",
            answer(b'{"success":false,"error":{"message":"m","code":"RATE_LIMITED"}}', "404 Not Found"),
            "get_task  answer 404  error.code: must be one of NOT_FOUND",
        ),
        (
            "GET",
            f"{TASKS}?limit=0&limits=1",
            ok([]),
            "list_tasks  request  limits: the query parameter is not documented",
        ),
        ("GET", f"{TASKS}?limit=0&limits=1", ok([]), "list_tasks  request  limit must be at least 1"),
        (
            "GET",
            "/api/v1/nothing",
            ok([]),
            "GET /api/v1/nothing  request  the method and address are not documented",
        ),
        ("PUT", TASKS, ok([]), "PUT /api/v1/tasks  request  the method and address are not documented"),
        (
            "GET",
            STREAM,
            stream(frame("history_done", messageCount="0", isStreaming=False)),
            "stream_task  event history_done  messageCount: must be a whole number",
        ),
        (
            "GET",
            STREAM,
            stream(frame("surprise")),
            "stream_task  event surprise  the event is not documented",
        ),
    ],
)
async def test_what_the_document_does_not_say_is_found(
    http, tmp_path: Path, method, path, reply, told
) -> None:
    async with upstream({f"{method} {path}": reply}) as far, recorded(far.url, tmp_path / "r") as proxy:
        await fetch(http, method, proxy.url + path, headers=KEY)

    assert any(told in line for line in proxy.heard.findings), proxy.heard.findings


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"json": {"mesage": "a"}}, "create_task  request  message is required"),
        ({"data": b"{"}, "create_task  request  Content-Type: must be one of"),
        (
            {"data": {"message": "a", "autoExecute": "perhaps"}},
            "create_task  request  autoExecute must be true or false",
        ),
        ({}, "create_task  request  a body is required"),
    ],
)
async def test_what_is_wrong_with_a_body_is_found(http, tmp_path: Path, options, told) -> None:
    reply = ok({"id": TASK, "status": "pending"}, "201 Created")
    async with upstream({f"POST {TASKS}": reply}) as far, recorded(far.url, tmp_path / "r") as proxy:
        await fetch(http, "POST", proxy.url + TASKS, headers=KEY, **options)

    assert any(told in line for line in proxy.heard.findings), proxy.heard.findings


async def test_a_missing_credential_and_a_compressed_stream_are_found(http, tmp_path: Path) -> None:
    frames = frame("history_done", messageCount=0, isStreaming=False) + frame(
        "content", text=1, isPartial=True
    )
    packed = gzip.compress(frames)
    head = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip", "X-Accel-Buffering": "no"}
    reply = answer(packed, headers=head)
    async with upstream({f"GET {STREAM}": reply}) as far, recorded(far.url, tmp_path / "r") as proxy:
        assert await fetch(http, "GET", proxy.url + STREAM) == packed

    assert proxy.heard.findings == [
        "stream_task  request  Authorization: a credential is required",
        "stream_task  answer 200  Content-Encoding: must be identity, as requested; the body was not checked",
    ]


async def test_a_request_under_another_host_name_is_refused_and_goes_nowhere(http, tmp_path: Path) -> None:
    async with (
        upstream({f"GET {TASKS}": ok([])}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
    ):
        asked = len(far.heads)
        async with http.get(proxy.url + TASKS, headers={**KEY, "Host": "evil.example:8788"}) as got:
            refusal = await got.json()
        async with http.get(proxy.url + TASKS, headers={**KEY, "Host": "localhost:8788"}) as got:
            assert got.status == 200

    assert refusal["error"]["code"] == "FORBIDDEN"
    assert len(far.heads) == asked + 1
    assert "evil" not in (tmp_path / "r" / "exchanges.ndjson").read_text()


async def test_a_flood_of_events_holds_up_no_other_caller(http, tmp_path: Path) -> None:
    flood = stream(*[b'event: none\ndata: {"a":1}\n\n' * 20_000] * 10)
    async with (
        upstream({f"GET {STREAM}": flood, f"GET {TASKS}": ok([])}) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        asyncio.timeout(PATIENCE),
    ):
        await fetch(http, "GET", proxy.url + STREAM, headers=KEY)
        await fetch(http, "GET", proxy.url + TASKS, headers=KEY)
        assert proxy.session.recorder.exchanges == 2

    assert "exchange 1: only its first 20000 events are recorded" in proxy.heard.notes
    assert len([line for line in proxy.heard.findings if "event none" in line]) == 1


async def test_exchanges_that_come_faster_than_they_are_read_are_counted(
    http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MOST_WAITING", -1)
    async with upstream({f"GET {TASKS}": ok([])}) as far, recorded(far.url, tmp_path / "r") as proxy:
        await fetch(http, "GET", proxy.url + TASKS, headers=KEY)

    assert proxy.heard.notes == ["left out 1 exchange: too fast, or the file is full"]
