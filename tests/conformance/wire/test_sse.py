import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmic_conformance.wire.sse import Body, Decoder, decode

ONE_EVENT = b'event: content\ndata: {"text":"a"}\n\n'


def events(body: bytes) -> list[tuple[str, str]]:
    return [(event.type, event.data) for event in decode(body).events]


def chunked(body: bytes, sizes: list[int]) -> Body:
    ends = [0, *itertools.accumulate(sizes), len(body)]
    return decode(*(body[start:end] for start, end in itertools.pairwise(ends)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"event: a\r\ndata: 1\r\ndata: 2\r\n\r\n", [("a", "1\n2")]),
        (b"data: 1\r\n\ndata: 2\r\rdata: 3\n\r\n", [("message", "1"), ("message", "2"), ("message", "3")]),
        (b"\ndata: 1\r\r", [("message", "1")]),
        (b"data:x\n\n", [("message", "x")]),
        (b"data: x\n\n", [("message", "x")]),
        (b"data:  x\n\n", [("message", " x")]),
        (b"data:\tx\n\n", [("message", "\tx")]),
        (b"data\n\n", [("message", "")]),
        (b"data:\n\n", [("message", "")]),
        (b"data\ndata\n\n", [("message", "\n")]),
        (b"data: a:b\n\n", [("message", "a:b")]),
        (b"event: x\n\n", []),
        (b"event: x\nevent: y\ndata: 1\n\n", [("y", "1")]),
        (b"event:\ndata: 1\n\n", [("message", "1")]),
        (b"Data: 1\n\n", []),
        (b" data: 1\n\n", []),
        (b"data : 1\n\n", []),
        (b"foo: bar\ndata: 1\n\n", [("message", "1")]),
        (b": comment\ndata: 1\n: another\ndata: 2\n\n", [("message", "1\n2")]),
        (b"\n\n\n", []),
        (b"data: 1\n", []),
        (b"data: 1", []),
        (b"data: a\0b\n\n", [("message", "a\0b")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [("message", "1")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n", []),
        (b"\xef\xbb", []),
        ("data: \u2028x\u2029\u0085\v\f\x1c\n\n".encode(), [("message", "\u2028x\u2029\u0085\v\f\x1c")]),
    ],
)
def test_events_are_dispatched_as_the_sse_standard_defines(
    body: bytes, expected: list[tuple[str, str]]
) -> None:
    assert events(body) == expected


def test_the_last_event_id_persists_until_it_is_changed() -> None:
    body = b"id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\n"
    body += b"id: x\0y\ndata: d\n\nid\ndata: e\n\nid: \xc3\xa9\ndata: f\n\n"

    assert [event.last_event_id for event in decode(body).events] == ["1", "1", "2", "2", "", "é"]


@pytest.mark.parametrize(
    ("value", "expected"), [("1000", 1000), ("5s", None), ("-1", None), ("", None), ("٣", None)]
)
def test_retry_takes_ascii_digits_only(value: str, expected: int | None) -> None:
    assert decode(f"retry: {value}\n\n".encode()).retry == expected


def test_an_unterminated_last_block_is_reported_and_not_dispatched() -> None:
    body = decode(ONE_EVENT + b"event: done\ndata: {}")

    assert [event.type for event in body.events] == ["content"]
    assert body.leftover is not None
    assert [line.name for line in body.leftover.lines] == ["event", "data"]


def test_comments_keep_their_place() -> None:
    body = decode(b":heartbeat\n\nevent: a\n:inside\ndata: 1\n\n:\n\n")

    assert [[comment.value for comment in block.comments] for block in body.blocks] == [
        ["heartbeat"],
        ["inside"],
        [""],
    ]
    assert [bool(block.fields) for block in body.blocks] == [False, True, False]
    assert [block.start for block in body.blocks] == [0, 12, 38]


def test_invalid_utf_8_is_replaced_and_reported_with_its_offset() -> None:
    body = decode(b"data: ok\n\ndata: \xff!\n\n")

    assert [event.data for event in body.events] == ["ok", "\ufffd!"]
    assert [(defect.kind, defect.offset) for defect in body.defects] == [("invalid-utf-8", 16)]


def test_a_later_byte_order_mark_is_a_defect() -> None:
    body = decode(ONE_EVENT + b"\xef\xbb\xbfdata: 1\n\n")

    assert [event.type for event in body.events] == ["content"]
    assert [(defect.kind, defect.offset) for defect in body.defects] == [("bom-inside", len(ONE_EVENT))]


def test_a_blank_line_of_a_bare_cr_dispatches_without_waiting() -> None:
    decoder = Decoder()

    assert [block.event and block.event.data for block in decoder.feed(b"data: 1\r\r")] == ["1"]
    assert decoder.feed(b"\ndata: 2\n\n")[0].start == 10


def test_a_data_line_of_ten_megabytes_arrives_whole() -> None:
    value = b"x" * 10_000_000
    decoder = Decoder()
    body = b"data: " + value + b"\n\n"
    for at in range(0, len(body), 65_536):
        decoder.feed(body[at : at + 65_536])

    assert len(next(decoder.events).data) == len(value)


FIELDS = [b"data", b"event", b"id", b"retry", b":", b" ", b"7", b"x", b"{}", b":heartbeat\n\n"]
ENDINGS = [b"\n", b"\r", b"\r\n", b"\n\n"]
BYTES = [b"\xef\xbb\xbf", b"\0", "é".encode(), "\u2028".encode(), "😀".encode(), b"\xff", b"\xe2\x82"]
PIECES = st.sampled_from(FIELDS + ENDINGS + BYTES)
BODIES = st.lists(PIECES, max_size=40).map(b"".join)


@settings(max_examples=500)
@given(BODIES, st.lists(st.integers(0, 5), max_size=80))
def test_chunk_boundaries_do_not_matter(body: bytes, sizes: list[int]) -> None:
    assert chunked(body, sizes) == decode(body)


@given(BODIES)
def test_the_decoder_agrees_with_the_standard_read_literally(body: bytes) -> None:
    assert events(body) == literal(body)


@given(st.lists(st.tuples(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.text(max_size=60)), max_size=8))
def test_written_events_are_read_back_unchanged(sent: list[tuple[str, str]]) -> None:
    body = "".join(f"event: {kind}\ndata: {json.dumps(text)}\n\n" for kind, text in sent).encode()

    assert [(kind, json.loads(data)) for kind, data in events(body)] == sent


def literal(body: bytes) -> list[tuple[str, str]]:
    """Parse the whole text with the standard's algorithm, as plainly as possible."""
    text = (
        body.decode("utf-8", "replace").removeprefix("\ufeff")
        if body[:3] == b"\xef\xbb\xbf"
        else body.decode("utf-8", "replace")
    )
    parts = re.split(r"\r\n|\r|\n", text)
    out, data, kind = [], "", ""
    for line in parts[:-1]:
        if line == "":
            if data:
                out.append((kind or "message", data.removesuffix("\n")))
            data = kind = ""
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data += value + "\n"
            elif name == "event":
                kind = value
    return out


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_a_byte_order_mark_is_known_in_whatever_pieces_it_comes(cut: int) -> None:
    body = chunked(b"\xef\xbb\xbfdata: 1\n\n", [1] * cut)

    assert body.had_bom
    assert [event.data for event in body.events] == ["1"]
    assert [line.start for line in body.blocks[0].lines] == [3]
    assert body.blocks[0].end == 11
    assert not decode(b"data: 1\n\n").had_bom
    assert not chunked(b"\xef\xbbdata: 1\n\n", [1, 1, 1]).had_bom


@pytest.mark.parametrize(("cut", "start"), [(b"\xef", 0), (b"\xef\xbb", 0), (b"\xef\xbb\xbf", None)])
def test_a_body_that_ends_within_its_mark(cut: bytes, start: int | None) -> None:
    body = decode(cut)

    assert body.had_bom is (start is None)
    assert (body.leftover and body.leftover.start) == start


def test_nothing_is_returned_before_the_mark_is_decided() -> None:
    decoder = Decoder()

    assert [decoder.feed(piece) for piece in (b"\xef", b"\xbb")] == [[], []]
    assert len(decoder.feed(b"\xbfdata: 1\n\n")) == 1


def test_a_block_knows_where_it_stands() -> None:
    body = decode(b"data: 1\n\n:c\n\nid: 5\ndata: 2\n\n")

    assert [(each.index, each.start, each.end) for each in body.blocks] == [
        (0, 0, 8),
        (1, 9, 12),
        (2, 13, 27),
    ]
    assert [(event.start, event.block) for event in body.events] == [(0, 0), (13, 2)]
