"""The requests that the driver sends."""

import asyncio

import pytest

from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.conduct import Conduct
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.pace import Pace
from sigmic_conformance.wire.ordinary_clients import ORDINARY_CLIENTS, client_of
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import REPEATED, Closed, Exchange
from tests.conformance.driver import driver_of
from tests.fakes.wire_server import answering, hanging, wire_server

BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def test_a_foreign_path_with_half_a_character_can_be_asked_for():
    driver = driver_of("http://127.0.0.1:9")

    assert driver.writer.target("get_task", {"id": "a\ud800"}, {}).endswith("/a%ED%A0%80")
    query = {"path": "\ud800.txt"}
    assert driver.writer.target("download_artifact", {"id": "t"}, query).endswith("path=%ED%A0%80.txt")


@pytest.mark.parametrize(
    ("operation", "accept"),
    [("get_task", "application/json"), ("stream_task", "text/event-stream"), ("download_artifact", "*/*")],
)
async def test_a_request_accepts_the_media_type_of_its_operation(operation, accept):
    async with wire_server(answering(OK)) as url:
        made = await driver_of(url).call(operation, label="one", path={"id": "t"})

    assert [value for name, value in made.sent.headers if name == "Accept"] == [accept]


@pytest.mark.parametrize("accept", [None, "*/*", "text/event-stream"])
async def test_a_request_says_the_one_accept_that_was_asked_for_or_none(accept):
    async with wire_server(answering(OK)) as url:
        driver = driver_of(url)
        plain = await driver.call("list_tasks", label="list")
        made = await driver.call("stream_task", label="stream", path={"id": "t"}, accept=accept)

    def accepts(exchange: Exchange) -> list[str]:
        return [value for name, value in exchange.sent.headers if name == "Accept"]

    assert accepts(plain) == ["application/json"]
    assert accepts(made) == ([] if accept is None else [accept])


async def test_a_request_of_an_ordinary_client_has_its_headers_and_the_credentials_alone():
    (chrome,) = (each for each in ORDINARY_CLIENTS if each.name == "Chrome")
    async with wire_server(answering(OK)) as url:
        driver = driver_of(url)
        driver.client = chrome
        made = await driver.call("get_task", label="task", path={"id": "t"})
        stream = await driver.open_stream("t", label="stream")
        part = await driver.call(
            "download_artifact", label="part", path={"id": "t"}, headers=(("Range", "bytes=0-1"),)
        )
        own = await driver.call("get_task", label="own", path={"id": "t"}, client=None)
        driver.finish()

    def sent(exchange: Exchange) -> dict[str, str]:
        return {name: value for name, value in exchange.sent.headers if name != "Authorization"}

    assert sent(made) == dict(chrome.headers)
    (recorded,) = (each for each in driver.exchanges() if each.label == "stream")
    assert sent(recorded)["Accept"] == "text/event-stream"
    assert stream.opened
    assert sent(part)["Accept-Encoding"] == "identity"
    assert client_of(own.sent) is None
    assert [client_of(each.sent) for each in (made, recorded, part)] == [chrome] * 3


async def test_a_request_that_the_end_of_its_probe_cuts_off_is_kept_without_an_answer():
    heard = asyncio.Event()

    async def silent(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        await hanging(head, reader, writer)

    async with wire_server(silent) as url:
        driver = driver_of(url)
        asking = asyncio.create_task(driver.call("cancel_task", label="cancel", path={"id": "t"}))
        await heard.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        driver.finish()

    (kept,) = driver.exchanges()
    assert (kept.label, kept.status, kept.closed) == ("cancel (cut off)", None, Closed.HUNG_UP)
    assert (kept.sent.method, kept.task) == ("DELETE", "t")


@pytest.mark.parametrize(("more", "has_begun"), [(b"", False), (b":heartbeat\n\n", True)])
async def test_a_stream_that_sends_its_head_and_nothing_else_is_closed(more, has_begun):
    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + more)
        await asyncio.Event().wait()

    async with wire_server(script) as url:
        driver = driver_of(url)
        live = await driver.open_stream("t", label="stream")
        begun = await live.begun(5 if has_begun else 0.05)
        driver.finish()

    assert (begun, live.record().closed) == (has_begun, Closed.HUNG_UP if has_begun else Closed.DEADLINE)


async def test_an_answer_that_was_cut_off_is_named_as_the_cause():
    cut = b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{}"
    async with wire_server(answering(cut)) as url:
        driver = driver_of(url)
        with pytest.raises(Interrupted, match=r"create: 201 \(truncated\)"):
            driver.require(await driver.call("create_task", label="create"))


@pytest.mark.parametrize(("answers", "statuses"), [([], [None] * 4), ([OK], [None, 200])])
async def test_a_lost_request_that_may_have_had_an_effect_is_repeated_at_the_end(answers, statuses):
    async def lose_the_first(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if driver.exchanges():
            writer.write(b"".join(answers))

    async with wire_server(lose_the_first) as url:
        driver = driver_of(url)
        await driver.call("create_task", label="create")
        assert len(driver.exchanges()) == 1
        await driver.repeat_lost()

    assert [each.status for each in driver.exchanges()] == statuses
    assert {each.label for each in driver.exchanges()[1:]} == {f"create{REPEATED}"}


@pytest.mark.parametrize(
    ("operation", "method", "path", "holds_up"),
    [
        ("create_task", "POST", {}, False),
        ("stream_task", "GET", {"id": "t"}, False),
        ("get_task", "GET", {"id": "t"}, True),
    ],
)
async def test_only_a_refusal_that_no_open_turn_or_stream_explains_holds_up_all_requests(
    operation: str, method: str, path: dict[str, str], holds_up: bool
):
    pauses, waits, refusals = list[float](), list[float](), iter([BUSY, BUSY])

    class Watched(Pace):
        def throttled(self, pause: float) -> None:
            pauses.append(pause)

    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(refusals, OK))

    async with wire_server(script) as url:
        driver = driver_of(url, conduct=Conduct(Watched()))
        driver.delayed = waits.append
        made = await driver.call(operation, label="one", path=path)

    assert (made.sent.method, made.status) == (method, 200)
    assert len(pauses) == (2 if holds_up else 0)
    assert len(waits) == (2 if method == "POST" else 0)


async def test_a_header_of_a_request_replaces_that_of_its_caller():
    page = Caller("page", (("Authorization", "Bearer t"), ("Origin", "https://shop.example")))
    async with wire_server(answering(OK)) as url:
        driver = driver_of(url)
        usual = await driver.call("list_tasks", label="usual", caller=page)
        other = await driver.call(
            "list_tasks", label="other", caller=page, headers=(("Origin", "https://x"),)
        )

    def origins(exchange: Exchange) -> list[str]:
        return [value for name, value in exchange.sent.headers if name == "Origin"]

    assert (origins(usual), origins(other)) == (["https://shop.example"], ["https://x"])


async def test_a_refusal_of_another_form_is_set_aside_and_one_of_the_plain_form_is_not():
    async with wire_server(answering(GONE)) as url:
        driver = driver_of(url)
        other = await driver.call("get_task", label="read", path={"id": "t"}, spelling=Spelling.HEADER_CASE)
        plain = await driver.call("get_task", label="read", path={"id": "t"})

    assert (other.status, other.transient) == (404, True)
    assert (plain.status, plain.transient) == (404, False)
    assert len(driver.exchanges()) == 2, "each form is sent once"
