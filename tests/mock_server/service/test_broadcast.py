"""The live half of a stream: which subscriber gets which frame, in how many writes."""

import asyncio

from sigmic_mock.service.broadcast import Broadcast
from tests.fakes.clock import settle
from tests.fakes.subscriber import RecordingSubscriber

A, B, C = b"event: a\ndata: {}\n\n", b"event: b\ndata: {}\n\n", b"event: c\ndata: {}\n\n"


async def test_frames_of_one_moment_share_a_write() -> None:
    broadcast, reader = Broadcast(), RecordingSubscriber()
    broadcast.join(reader)
    broadcast.send(A)
    broadcast.send(B)
    await settle()

    assert reader.writes == [A + B]


async def test_a_reader_hears_what_is_sent_after_it_joined_even_while_a_round_is_on() -> None:
    broadcast = Broadcast()
    early, late = RecordingSubscriber(), RecordingSubscriber()
    broadcast.join(early)
    broadcast.send(A)
    broadcast.join(late)
    broadcast.send(B)
    await settle()
    broadcast.send(C)
    await settle()

    assert (early.received, late.received) == (A + B + C, B + C)


async def test_a_crowd_is_served_in_slices_and_all_hear_everything_in_order() -> None:
    broadcast = Broadcast()
    crowd = [RecordingSubscriber() for _ in range(1000)]
    for reader in crowd:
        broadcast.join(reader)
    broadcast.send(A)
    await asyncio.sleep(0)
    assert 0 < sum(bool(reader.received) for reader in crowd) < 1000

    broadcast.send(B)
    broadcast.end()
    await settle()
    assert {reader.received for reader in crowd} == {A + B}
    assert {reader.finished for reader in crowd} == {1}
    assert broadcast.subscriber_count == 0


async def test_frames_that_every_reader_has_are_dropped() -> None:
    broadcast = Broadcast()
    broadcast.join(RecordingSubscriber())
    for _ in range(100):
        broadcast.send(A)
        await settle(2)
    broadcast.send(B)

    assert len(broadcast._frames) == 1


async def test_without_readers_nothing_is_kept() -> None:
    broadcast = Broadcast()
    broadcast.send(A)

    assert broadcast._frames == []


async def test_a_reader_may_leave_in_the_middle_of_a_round() -> None:
    broadcast = Broadcast()
    good = RecordingSubscriber()

    class Leaver(RecordingSubscriber):
        def write(self, frames: bytes) -> None:
            super().write(frames)
            leaving.close()
            other.close()

    leaver = Leaver()
    leaving = broadcast.join(leaver)
    other = broadcast.join(RecordingSubscriber())
    broadcast.join(good)
    broadcast.send(A)
    broadcast.end()
    await settle()

    assert (leaver.received, leaver.finished) == (A, 0)
    assert (good.received, good.finished) == (A, 1)


class Expected:
    """A reader that is expected to join; fulfils `ports.Timer`."""

    def __init__(self) -> None:
        self.is_over = False

    def cancel(self) -> None:
        self.is_over = True


async def test_a_reader_is_expected_while_there_is_none_until_the_end() -> None:
    broadcast = Broadcast()
    expected: list[Expected] = []

    def expect() -> Expected:
        expected.append(Expected())
        return expected[-1]

    def seen() -> list[bool]:
        return [each.is_over for each in expected]

    broadcast.expect_readers(expect)
    assert seen() == [False]
    one, other = broadcast.join(RecordingSubscriber()), broadcast.join(RecordingSubscriber())
    one.close()
    assert seen() == [True]
    other.close()
    assert seen() == [True, False]
    broadcast.join(RecordingSubscriber())
    broadcast.end()
    await settle()
    assert seen() == [True, True]


async def test_no_reader_is_expected_after_the_end() -> None:
    broadcast = Broadcast()
    expected = Expected()
    broadcast.expect_readers(lambda: expected)
    broadcast.end()
    await settle()

    assert expected.is_over


async def test_joining_is_reported() -> None:
    broadcast = Broadcast()
    assert not broadcast.first_subscriber.is_set()

    broadcast.join(RecordingSubscriber())
    assert broadcast.first_subscriber.is_set()
