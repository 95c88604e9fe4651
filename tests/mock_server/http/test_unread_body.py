"""The rest of a body is read after its answer, within limits, so that the sender gets the answer."""

import pytest

from tests.fakes.served import Served, reply_of

BODY = "sigmic_mock.http.unread_body"
HEAD = b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("size", [1, 5_000])
async def test_so_many_bytes_are_read_after_an_answer(mock: Served, monkeypatch, size: int) -> None:
    monkeypatch.setattr(f"{BODY}.MOST_BYTES", 20_000)
    monkeypatch.setattr(f"{BODY}.MOST_SECONDS", 3600.0)
    chunk = b"%x\r\n" % size + b"x" * size + b"\r\n"

    # The body never ends: if more than the limit were read, the connection would stay open.
    reply = reply_of(await mock.raw(CHUNKED + chunk * (20_000 // size)))

    assert (reply.status, reply.code) == (401, "AUTH_REQUIRED")
    assert reply.headers["Connection"] == "close"


async def test_so_long_a_body_is_awaited_after_an_answer(mock: Served, monkeypatch) -> None:
    monkeypatch.setattr(f"{BODY}.MOST_SECONDS", 0.05)

    reply = reply_of(await mock.raw(HEAD + b"Content-Length: 900\r\n\r\nx"))

    assert (reply.status, reply.code) == (401, "AUTH_REQUIRED")


async def test_a_body_whose_framing_breaks_off_after_its_answer_costs_nothing_else(
    mock: Served, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await mock.raw(CHUNKED + b"1\r\nx\r\nnonsense\r\n")

    assert reply_of(answer).status in {400, 401}
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert (await mock.call("GET", "/healthz")).status == 200
