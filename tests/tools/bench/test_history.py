"""A chunk may end anywhere, even inside the name of an event."""

from tools.bench.history import unchunked


def test_events_are_whole_again():
    assert unchunked(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") == b"abcde"


def test_a_body_may_be_cut_short():
    assert unchunked(b"3\r\nabc\r\n5\r\nde") == b"abcde"
