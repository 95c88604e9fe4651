"""Tests of the seam between replay and live, and of the end of a stream."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.mock_server.domain.events import (
    SubagentThought,
)
from tests.fakes.clock import settle
from tests.fakes.house import ALICE, House
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


def folded(events: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return what a client knows after these events: the answer, the thoughts, the tool calls."""
    known: dict[str, Any] = {"text": "", "thoughts": [], "calls": {}, "subagents": []}
    for name, payload in events:
        if name == "content":
            known["text"] += payload["text"]
        elif name == "thought":
            known["thoughts"].append(payload)
        elif name == "tool_call":
            known["calls"][payload["callId"]] = dict(payload)
        elif name == "tool_result":
            known["calls"][payload["callId"]] |= payload
        elif name.startswith("subagent"):
            known["subagents"].append((name, payload))
    return known


async def test_the_reader_that_leaves_is_not_written_to_and_the_task_does_not_notice(house: House) -> None:
    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.sleep(10)
        await turn.say("done")

    task_id = await house.create("slow")
    subscriber = RecordingSubscriber()
    subscription = await house.streams.subscribe(ALICE, task_id, subscriber)
    await eventually(lambda: subscriber.names[-1] == "status")
    await settle()
    before = subscriber.received
    subscription.close()
    subscription.close()
    stays = await house.listen(task_id)
    await house.clock.advance(20)
    await house.heard(stays)

    assert (subscriber.received, subscriber.finished) == (before, 0)
    assert stays.text == "done"


async def test_a_subscriber_that_raises_hurts_nobody_else(house: House) -> None:
    class Broken(RecordingSubscriber):
        def write(self, frames: bytes) -> None:
            if self.received:
                raise OSError("gone")
            super().write(frames)

    task_id = await house.create()
    broken, good = Broken(), RecordingSubscriber()
    await house.streams.subscribe(ALICE, task_id, broken)
    await house.streams.subscribe(ALICE, task_id, good)
    await house.heard(good)

    assert good.names[-1] == "done"
    assert broken.finished == 0


EVENTS = 40


class Everything:
    """Does everything that a stream can show, and stands still after each event until it may go on."""

    def __init__(self) -> None:
        self._shown, self._steps = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def moments(self) -> AsyncIterator[None]:
        """The moments between two events."""
        for _ in range(EVENTS):
            await self._shown.acquire()
            yield
            self._steps.release()

    async def __call__(self, turn) -> None:
        random_source = random.Random(turn.message.content)
        for number in range(EVENTS):
            match random_source.randrange(5):
                case 0:
                    await turn.think(f"S{number}", "d")
                case 1:
                    await turn.call_tool("run_shell_command", {"command": f"echo {number}"})
                case 2:
                    await turn.emit(SubagentThought("helper", f"thought {number}"))
                case _:
                    await turn.say(f"{number} ")
            self._shown.release()
            await self._steps.acquire()


@pytest.mark.parametrize("seed", range(4))
async def test_wherever_one_joins_nothing_is_lost_and_nothing_comes_twice(house: House, seed: int) -> None:
    message = f"mix {seed}"
    house.agent.scripts[message] = everything = Everything()
    task_id = await house.create(message)
    streams = [await house.listen(task_id)]
    streams += [await house.listen(task_id) async for _ in everything.moments()]
    await house.heard(*streams)

    complete = folded(streams[0].events)
    view = await house.tasks.get(ALICE, task_id)
    assert view.output is not None
    assert complete["text"] == view.output.content
    assert list(complete["calls"]) == [call.call_id for call in view.output.tool_calls]
    assert len(complete["thoughts"]) == len(view.output.thoughts)
    live = [stream for stream in streams if stream.payloads("history_done")[0]["isStreaming"]]
    assert len(live) == EVENTS + 1
    for stream in live:
        assert folded(stream.events) == complete
        assert stream.names.count("history_done") == 1
        assert stream.finished == 1
    assert len(streams[0].payloads("tool_result")) == len(complete["calls"])


async def test_a_crowd_gets_the_same_bytes_in_the_same_order(house: House) -> None:
    @house.agent.on("burst")
    async def _(turn) -> None:
        for number in range(100):
            await turn.say(f"{number} ")

    task_id = await house.create("burst")
    crowd = [await house.listen(task_id) for _ in range(600)]
    await house.heard(*crowd)

    assert {stream.received for stream in crowd} == {crowd[0].received}
    assert crowd[0].text == "".join(f"{number} " for number in range(100))
    assert len(crowd[0].writes) < 100, "frames of one burst share a write"


async def test_a_long_history_is_written_in_pieces_with_room_for_others_in_between(house: House) -> None:
    task_id = await house.finish()
    cached = await house.cache.visible(ALICE, task_id)
    text = replace((await house.store.messages(task_id))[0], content="x" * 30_000)
    cached.event_log.save(*(replace(text, id=f"m{number}") for number in range(20)))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    subscriber = RecordingSubscriber()
    await house.streams.subscribe(ALICE, task_id, subscriber)
    beside.cancel()

    assert subscriber.names == ["history_message"] * 22 + ["history_done"]
    assert subscriber.received == cached.event_log.replay()
    assert turns >= 600_000 // (2 * 65_536)


async def test_what_is_saved_while_a_long_history_is_written_is_neither_lost_nor_sent_twice(
    house: House,
) -> None:
    task_id = await house.finish()
    log = (await house.cache.visible(ALICE, task_id)).event_log
    text = replace((await house.store.messages(task_id))[0], content="x" * 70_000)
    log.save(*(replace(text, id=f"m{number}") for number in range(3)))

    class SavedAmid(RecordingSubscriber):
        def write(self, frames: bytes) -> None:
            if not self.received:
                log.save(replace(text, id="late"))
            super().write(frames)

    subscriber = SavedAmid()
    await house.streams.subscribe(ALICE, task_id, subscriber)

    ids = [payload["id"] for payload in subscriber.payloads("history_message")]
    assert ids[2:] == ["m0", "m1", "m2", "late"]
    assert subscriber.events[-1][1] == {"messageCount": 6, "isStreaming": False}
