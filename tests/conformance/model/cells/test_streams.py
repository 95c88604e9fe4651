"""The cells of events and readers that traffic reaches."""

from dataclasses import replace

from sigmic_conformance.conformance.transcript.transcript import Chunk, Closed
from tests.conformance.kit import event
from tests.conformance.traffic import DONE, Traffic, user

HI = [user(1, "Hi")]
A, B = event("content", text="a", isPartial=True), event("content", text="b", isPartial=True)


def test_a_stream_has_many_events_or_none():
    traffic = Traffic().create().stream(*[A] * 99, DONE, shown=HI, step=0.01)
    assert traffic.cells("event") >= {"count=many", "place=again", "place=middle", "moment=after"}

    traffic.get("completed")
    traffic.stream(shown=HI)
    assert "count=zero" in traffic.cells("event")
    assert traffic.cells("reader") >= {"moment=before", "moment=after", "count=one"}


def test_a_piece_ends_inside_a_character():
    traffic = Traffic().begun()
    assert "size=at_an_edge" not in traffic.cells("event")

    heard = traffic.exchanges[-1]
    body = event("content", text="é", isPartial=True).replace(b"\\u00e9", "é".encode())
    cut = body.index("é".encode()) + 1
    more = (Chunk(heard.ended, body[:cut]), Chunk(heard.ended, body[cut:]))
    traffic.exchanges[-1] = replace(heard, chunks=(*heard.chunks, *more))
    assert "size=at_an_edge" in traffic.cells("event")


def test_several_readers_hear_a_turn_and_one_leaves():
    traffic = Traffic().create()
    for _ in range(3):
        traffic.stream(A, B, DONE, shown=HI, step=1.0)
        traffic.now -= 5.95
    traffic.stream(A, shown=HI, step=1.0, closed=Closed.HUNG_UP)

    assert traffic.cells("reader") >= {
        "count=two",
        "place=middle",
        "moment=at_once",
        "view=several",
        "cut=middle",
    }
    assert traffic.cells("event") >= {"moment=at_once", "moment=twice", "view=several", "cut=middle"}


def test_a_reader_comes_back():
    traffic = Traffic().create().stream(A, shown=HI, closed=Closed.HUNG_UP)
    assert "place=again" not in traffic.cells("reader")

    traffic.stream(B, DONE, shown=HI)
    assert traffic.cells("reader") >= {"place=again", "end=after"}
