"""The proxy, the edits and the table: what is spoilt on the way, and that it is counted."""

import asyncio
from urllib.parse import urlsplit

import pytest

from sigmic_conformance.conformance.client.client import Wire
from sigmic_conformance.conformance.client.connection import Bounds, Request
from sigmic_conformance.conformance.proof import wire_edits as edit
from sigmic_conformance.conformance.proof.offline import can_be_offline, spoiled
from sigmic_conformance.conformance.proof.wire_message import Answer, Edit, Farewell, block
from sigmic_conformance.conformance.proof.wire_mutants import MUTANTS
from sigmic_conformance.conformance.proof.wire_proxy import Proxy
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Transcript
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import event, stream
from tests.fakes.wire_server import answering, wire_server

HISTORY, DONE = event("history_done", messageCount=0), event("done", finalResponse="x")
BODY = HISTORY + b":heartbeat\n\n" + DONE
STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
)
JSON = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


async def through(answer: bytes, change: Edit, method: str = "GET"):
    """What the suite's own client records behind the proxy, and how often it was spoilt."""
    async with wire_server(answering(answer)) as url:
        proxy = Proxy(urlsplit(url).port or 0, change)
        async with proxy.listening() as front:
            capture = await Wire(front).exchange(Request(method=method, target="/x"), Bounds(total=5))
            await asyncio.sleep(0)
    return capture, proxy.hits


def body(capture) -> bytes:
    return b"".join(chunk.data for chunk in capture.chunks)


async def test_without_an_edit_everything_comes_through_and_nothing_is_counted():
    capture, hits = await through(STREAM, Edit())

    assert (body(capture), capture.closed, hits) == (BODY, Closed.COMPLETE, 0)


async def test_a_block_that_is_dropped_is_counted():
    capture, hits = await through(STREAM, Edit(piece=edit.drop("heartbeat")))

    assert (body(capture), hits) == (HISTORY + DONE, 1)


@pytest.mark.parametrize(
    ("how", "closed"), [(Farewell.CLOSE, Closed.TRUNCATED), (Farewell.RESET, Closed.RESET)]
)
async def test_the_last_chunk_may_be_withheld(how: Farewell, closed: Closed):
    capture, hits = await through(STREAM, Edit(last=edit.last(b"", how)))

    assert (capture.closed, hits) == (closed, 1)


async def test_a_length_may_lie():
    capture, hits = await through(JSON, Edit(wire=edit.length(5)))

    assert (capture.closed, hits) == (Closed.TRUNCATED, 1)


async def test_a_status_and_a_header_may_be_others():
    change = Edit(head=edit.status(201, 200), body=edit.bytes_of(rb"\{\}", b'{"a":1}'))

    capture, hits = await through(JSON, change, method="POST")

    assert (capture.status, body(capture), hits) == (200, b'{"a":1}', 2)


def test_a_block_knows_its_kind():
    assert block(DONE, "/x", {}).kind == "done"
    assert block(b":heartbeat\n\n", "/x", {}).kind == "heartbeat"


def test_a_swap_puts_the_later_first():
    change = edit.swap("history_done", "done")
    memory: dict = {}
    stream_memory: dict = {}

    sent = [change(block(raw, "/x", stream_memory), memory) for raw in (HISTORY, DONE)]

    assert sent == [b"", DONE + HISTORY]


def test_a_header_that_is_not_there_cannot_be_lost():
    answer = Answer(method="GET", target="/x", status=200, headers=())

    assert edit.header("Allow", None)(answer, {}) is None


def test_each_mutant_names_a_judged_row_and_itself_once():
    registry = load(Ledger.load().by_id)

    assert len(MUTANTS) >= 40
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)
    assert [mutant.id for mutant in MUTANTS if mutant.row not in registry.checks] == []
    assert [mutant.id for mutant in MUTANTS if mutant.edit == Edit()] == []


def test_an_edit_can_be_done_to_a_record_and_leaves_the_record_alone():
    heard = stream([(0.0, BODY)], probe="easy_task")
    before = {"easy_task": Transcript(probe="easy_task", ending=Ending.COMPLETE, exchanges=(heard,), lag=7)}

    after, hits = spoiled(before, Edit(piece=edit.twice("done")))

    assert (after["easy_task"].exchanges[0].body, hits) == (BODY + DONE, 1)
    assert before["easy_task"].exchanges[0].body == BODY
    assert after["easy_task"].lag == 0


def test_a_cut_connection_needs_a_wire():
    assert can_be_offline(Edit(piece=edit.drop("done")))
    assert not can_be_offline(Edit(last=edit.last()))
