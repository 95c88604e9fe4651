"""The conditions of a query."""

import pytest

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.journal.entry import Entry, Kind
from sigmic_mock.journal.query import read_query
from sigmic_mock.journal.ring import Numbered

ENTRY = Entry(
    kind=Kind.FRAME,
    project="p",
    at=0,
    real=0,
    detail={},
    operation="stream_task",
    path="/api/v1/tasks/t/stream",
    task="t",
    stream=7,
    event="heartbeat",
    status=404,
    faults=("sse.crlf", "net.slow"),
)


@pytest.mark.parametrize(
    ("conditions", "missed"),
    [
        ({}, []),
        ({"kind": "frame", "event": "content|heartbeat"}, []),
        ({"status": "4xx", "stream": 7}, []),
        ({"status": "404|500"}, []),
        ({"status": "5xx"}, ["status"]),
        ({"fault": "net.slow"}, []),
        ({"fault": "net", "task": "u"}, ["task", "fault"]),
        ({"path": "/api/*/stream"}, []),
        ({"path": "/api"}, ["path"]),
        ({"method": "GET"}, ["method"]),
        ({"operation": "list_tasks|preflight"}, ["operation"]),
        ({"status": "4XX"}, []),
    ],
)
def test_every_condition_must_hold(conditions: dict[str, str], missed: list[str]):
    assert read_query(conditions).misses(ENTRY) == missed


def test_the_nearest_entry_is_the_newest_that_misses_least():
    entries = [Numbered(number, ENTRY) for number in (1, 2)]

    found = read_query({"task": "t", "event": "done"}).nearest(entries)

    assert found == (entries[1], ["event"])


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "frames"},
        {"status": True},
        {"status": "40x"},
        {"status": "404|"},
        {"operation": "listtasks"},
        {"method": "get"},
        {"task": ""},
        {"path": "x" * 500},
    ],
)
def test_what_cannot_be_a_condition_is_refused_by_name(values: dict[str, object]):
    with pytest.raises(ApiError, match=next(iter(values))):
        read_query(values)
