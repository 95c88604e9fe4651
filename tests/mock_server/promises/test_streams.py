"""What the mock promises about streams where no page says anything: gaps of spec/facts.yaml."""

import asyncio
import re
from typing import Any

import pytest

from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.raw_calls import token
from tests.fakes.served import TASKS, Served, serving
from tests.fakes.subscriber import parse

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHELL = "Run exactly this shell command: echo hi"


async def test_a_stream_has_exact_frames_and_heads_that_forbid_buffering(mock: Served):
    """G-57, S-01 and G-53."""
    reply = await mock.call(
        "GET", f"{TASKS}/{await mock.create()}/stream", headers={**mock.key, "Accept-Encoding": "gzip"}
    )

    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in reply.headers
    assert re.fullmatch(rb"(event: [a-z_]+\ndata: \{.*\}\n\n)+", reply.body)
    assert reply.body.rstrip().splitlines()[-2] == b"event: done"


@pytest.mark.parametrize("id", ["0", "m1", "\u00ff" * 9, "x" * 2000])
async def test_a_last_event_id_changes_nothing(mock: Served, id: str):
    """G-57."""
    task = await mock.finished()
    path, headers = f"{TASKS}/{task}/stream", {**mock.key, "Last-Event-ID": id}

    assert (await mock.call("GET", path, headers=headers)).body == await mock.stream(task)


async def test_the_stream_of_a_pending_task_stays_open_to_the_end_of_the_run(mock: Served):
    """G-52."""
    events = parse(await mock.stream(await mock.create()))

    assert dict(events)["history_done"]["isStreaming"] is True
    assert events[-1][0] == "done"


@pytest.mark.parametrize("message", ["What is 2+2?", f"Say `4`.\n{SHELL}"])
async def test_a_turn_ends_with_one_done_that_repeats_its_text(mock: Served, message: str):
    """G-53, X-04 and G-47."""
    _task, events = await mock.run(message)
    pieces = [data for kind, data in events if kind == "content"]
    (done,) = [data for kind, data in events if kind in {"done", "error"}]

    assert done["finalResponse"] == "".join(each["text"] for each in pieces)
    assert [each["isPartial"] for each in pieces][-1] is False
    assert all(each["isPartial"] for each in pieces[:-1])


async def test_one_stream_covers_one_run(mock: Served):
    """G-58."""
    task, first = await mock.run("What is 2+2?")
    await mock.say(task, "What is 3+3?")
    second = parse(await mock.stream(task))

    assert [kind for kind, _ in first].count("done") == [kind for kind, _ in second].count("done") == 1
    assert "6" in dict(second)["done"]["finalResponse"]
    assert "6" not in dict(first)["done"]["finalResponse"]


async def test_a_late_reader_gets_the_text_so_far_in_one_partial_piece_and_then_the_calls(mock: Served):
    """G-48."""
    stream = await mock.asking(f"Say `one two three`.\n{SHELL}")
    late = await mock.follow(stream.task)
    await late.until(b"awaiting_approval")

    events = parse(late.heard)
    behind = [each for each in events if each[0] in {"content", "tool_call"}]
    text = "".join(data["text"] for kind, data in parse(stream.heard) if kind == "content")
    assert [kind for kind, _ in behind] == ["content", "tool_call"]
    assert (behind[0][1]["text"], behind[0][1]["isPartial"]) == (text, True)
    stream.leave()
    late.leave()


async def test_an_open_stream_outlives_its_token(tmp_path: Any):
    """G-56."""
    async with serving(tmp_path, clock=MANUAL) as mock:
        user = mock.by(await token(mock, expiresIn="90s"))
        stream = await user.asking(SHELL)

        await mock.did("advance_clock", by="2m")
        assert (await user.call("GET", f"{TASKS}/{stream.task}")).status == 401
        await mock.approve(stream.task)
        rest = asyncio.ensure_future(stream.rest())
        await mock.did("advance_clock", by="20s")

        assert b"event: done" in await rest
