"""The transition from replay to live events, and the end of a stream."""

from dataclasses import replace

from tests.fakes.house import ALICE, House
from tests.fakes.loop_turns import another_task
from tests.fakes.subscriber import RecordingSubscriber


async def test_a_subscriber_that_raises_disturbs_no_other(house: House) -> None:
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


async def test_a_long_history_is_written_in_pieces_with_room_for_others_in_between(house: House) -> None:
    task_id = await house.finish()
    cached = await house.cache.visible(ALICE, task_id)
    text = replace((await house.store.messages(task_id))[0], content="x" * 90_000)
    cached.event_log.save(*(replace(text, id=f"m{number}") for number in range(60)))
    subscriber = RecordingSubscriber()
    async with another_task() as other:
        await house.streams.subscribe(ALICE, task_id, subscriber)

    assert subscriber.names == ["history_message"] * 62 + ["history_done"]
    assert subscriber.received == cached.event_log.replay()
    assert other.served > 0


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
