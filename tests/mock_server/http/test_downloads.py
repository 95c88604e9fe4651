"""Files as answers: names, ranges, validators."""

import asyncio
import io
from pathlib import Path

import aiohttp
import pytest

from sigmic_mock.http.downloads import (
    OutOfRange,
    Span,
    disposition,
    is_unchanged,
    read_range,
)
from tests.fakes.served import TASKS, Served


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-7", Span(0, 8)),
        ("Bytes=0-7", Span(0, 8)),
        ("bytes=5-5", Span(5, 1)),
        ("bytes=5-", Span(5, 95)),
        ("bytes=-7", Span(93, 7)),
        ("bytes=-700", Span(0, 100)),
        ("bytes=90-700", Span(90, 10)),
        ("bytes=7-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=0-" + "9" * 30, None),
        ("bytes=\u0660-\u0663", None),
    ],
)
def test_one_range_is_served_and_what_is_none_is_ignored(header, expected):
    assert read_range(header, 100) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0)])
def test_a_range_without_a_byte_of_the_file_is_out_of_range(header, size):
    with pytest.raises(OutOfRange):
        read_range(header, size)


def test_validators_are_compared_weakly():
    assert is_unchanged('"a"', '"a"')
    assert is_unchanged('W/"a"', '"a"')
    assert is_unchanged('"x", "a"', '"a"')
    assert is_unchanged("*", '"a"')
    assert not is_unchanged(None, '"a"')
    assert not is_unchanged('"b"', '"a"')


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("output.csv", 'attachment; filename="output.csv"'),
        ("two words.txt", 'attachment; filename="two words.txt"'),
        ("é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("a\r\nX: b", "attachment; filename=\"a__X_ b\"; filename*=UTF-8''a%0D%0AX%3A%20b"),
    ],
)
def test_a_name_can_be_read_by_old_and_new_clients_and_breaks_nothing(name, expected):
    assert disposition(name) == expected


async def test_a_file_that_shrinks_while_it_is_sent_is_not_taken_for_a_whole_one(mock: Served):
    form = aiohttp.FormData({"message": "What is 2+2?"})
    form.add_field("files", io.BytesIO(bytes(20 << 20)), filename="data.bin")
    task_id = (await mock.call("POST", TASKS, data=form)).data["id"]
    file: Path = mock.application.base.data_dir / "workspaces" / task_id / "uploads" / "data.bin"
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port, limit=1024)
    writer.write(mock.head("GET", f"{TASKS}/{task_id}/artifacts/download?path=uploads/data.bin"))
    await reader.read(1024)
    with file.open("r+b") as shrinking:
        shrinking.truncate(100)

    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await reader.readexactly(20 << 20)
    writer.close()
