import os
import socket
import threading

import pytest

from sigmic_mock.sandbox import wire


def test_a_frame_comes_out_as_it_went_in():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, {"argv": ["é", "\udcff", "\n"], "n": 1})

        assert wire.receive(theirs) == ({"argv": ["é", "\udcff", "\n"], "n": 1}, [])


def test_open_files_travel_with_their_frame():
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    with ours, theirs:
        wire.send(ours, {"first": 1})
        wire.send(ours, {"second": 2}, [writer])
        os.close(writer)

        assert wire.receive(theirs) == ({"first": 1}, [])
        message, fds = wire.receive(theirs)
        assert message == {"second": 2}
        with os.fdopen(fds[0], "wb") as copy:
            copy.write(b"through")
        assert os.read(reader, 64) == b"through"
    os.close(reader)


def test_received_files_are_not_inherited_by_what_is_started_next():
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    with ours, theirs:
        wire.send(ours, {}, [writer])
        _message, (copy,) = wire.receive(theirs)

        assert os.get_inheritable(copy) is False
    for fd in (reader, writer, copy):
        os.close(fd)


@pytest.mark.parametrize("sent", [b"", wire.encode({"a": 1})[:-1]], ids=["nothing", "a part of a frame"])
def test_a_peer_that_leaves_is_none(sent):
    ours, theirs = socket.socketpair()
    ours.sendall(sent)
    ours.close()
    with theirs:
        assert wire.receive(theirs) == (None, [])


def test_a_frame_may_be_larger_than_any_socket_buffer():
    ours, theirs = socket.socketpair()
    message = {"env": {f"K{i}": "x" * 32768 for i in range(100)}}
    with ours, theirs:
        sender = threading.Thread(target=wire.send, args=(ours, message))
        sender.start()
        received, _fds = wire.receive(theirs)
        sender.join(10)

    assert received == message


def test_frames_are_found_however_the_stream_is_split():
    stream = wire.encode({"a": "é"}) + wire.encode({"b": [1, 2]})
    for size in range(1, len(stream) + 1):
        frames = wire.Frames()
        found = [
            message
            for start in range(0, len(stream), size)
            for message, _fds in frames.feed(stream[start : start + size])
        ]

        assert found == [{"a": "é"}, {"b": [1, 2]}]


def test_open_files_stay_with_their_frame_when_the_kernel_delivers_several_at_once():
    frames = wire.Frames()
    joined = wire.encode({"swept": 1}) + wire.encode({"created": 2}, 1) + wire.encode({"created": 3}, 2)

    assert list(frames.feed(joined, [7, 8, 9])) == [
        ({"swept": 1}, []),
        ({"created": 2}, [7]),
        ({"created": 3}, [8, 9]),
    ]


def test_open_files_that_arrive_before_their_frame_is_whole_wait_for_it():
    frames = wire.Frames()
    frame = wire.encode({"created": 1}, 1)

    assert list(frames.feed(frame[:3], [7])) == []
    assert list(frames.feed(frame[3:])) == [({"created": 1}, [7])]
    assert frames.fds == []


@pytest.mark.parametrize(
    "frame",
    [
        *(wire.HEADER.pack(len(body), 0) + body for body in (b"", b"nonsense", b"[1]", b"\xff", b'"text"')),
        wire.HEADER.pack(wire.MAX_FRAME + 1, 0),  # an absurd length, before anything of it is kept
    ],
)
def test_what_is_not_an_object_or_too_long_is_refused(frame):
    with pytest.raises(wire.BrokenFrame):
        list(wire.Frames().feed(frame))


def test_a_frame_too_large_to_be_received_is_not_sent():
    with pytest.raises(wire.BrokenFrame):
        wire.encode({"x": "y" * wire.MAX_FRAME})
