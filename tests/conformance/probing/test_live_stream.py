"""The state of a stream while a reader reads it."""

from sigmic_conformance.conformance.probing.live_stream import LiveEvent, LiveStream


class Counted(str):
    """A type of event that counts its comparisons."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return super().__eq__(other)


def test_a_stream_of_many_events_is_not_read_again_for_each():
    stream = LiveStream()
    for _ in range(1000):
        stream.events.append(LiveEvent(Counted("content"), {}, ""))
        assert not stream.settled

    assert Counted.compared <= 10 * 1000


def test_a_stream_has_settled_once_it_has_said_its_last():
    stream = LiveStream()
    stream.take(b'event: history_done\ndata: {"isStreaming": true}\n\n')
    before = stream.settled
    stream.take(b"event: done\ndata: {}\n\nevent: later\ndata: {}\n\n")

    assert (before, stream.settled, stream.settled) == (False, True, True)
