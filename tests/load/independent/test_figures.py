"""The second client's own arithmetic, against streams that were made by hand."""

import pytest

from tests.load.independent.client import Stream, Told
from tests.load.independent.figures import differences, expected_of, heard_of, late_and_missed, quantile


@pytest.mark.parametrize(
    ("beats", "left", "late", "missed"),
    [
        ([15, 30, 45], 50, [0, 0, 0], 0),
        ([18, 33, 48], 50, [3, 3, 3], 0),
        ([4, 19, 35], 40, [0, 0, 1], 0),
        ([15, 45], 50, [0, 0], 1),
        ([15], 61, [0], 2),
        ([], 29, [], 0),
    ],
    ids=["on-time", "all-late", "first-early", "one-missing", "then-silent", "too-short"],
)
def test_lateness_counts_from_the_earliest_schedule(beats, left, late, missed):
    assert late_and_missed(0.0, beats, left, 15.0) == (late, missed)


@pytest.mark.parametrize(
    ("heard", "is_whole", "found"),
    [
        (["m", "one", "two", "three"], True, (0, 0)),
        (["m", "one", "three"], True, (1, 0)),
        (["m", "one", "two", "two", "three"], True, (0, 1)),
        (["m", "one"], False, (0, 0)),
        (["m", "one"], True, (2, 0)),
        (["m", "two"], False, (1, 0)),
    ],
)
def test_what_was_lost_or_heard_twice_is_counted(heard, is_whole, found):
    assert differences(["m", "one", "two", "three"], heard, is_whole=is_whole) == found


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_a_stream_is_read_however_it_is_cut(step):
    blocks = (
        b'event: history_message\ndata: {"id":"m","role":"user"}\n\n'
        b'event: history_done\r\ndata: {"isStreaming":true}\r\n\r\n'
        b':heartbeat\n\nevent: content\ndata: {"text":"one two"}\n\n'
    )
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(blocks), blocks)
    stream = Stream(b"", "t")

    for start in range(0, len(raw), step):
        stream.data_received(raw[start : start + step])

    answer = [{"id": "m", "role": "user"}, {"id": "n", "role": "assistant", "content": "a b"}]
    assert heard_of(stream.told) == ["m", "one", "two"]
    assert expected_of(stream.told, answer) == ["m", "a", "b"]
    assert len(stream.told.beats) == 1
    assert stream.told.ended is not None


def test_who_left_before_the_history_is_compared_with_nothing():
    assert heard_of(Told("t")) is None
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([], 0.5) is None
