"""One log line per request, and the level of each."""

import logging

import pytest

from tests.fakes.served import Served


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("/api/v1/tasks", "INFO"),
        ("/nothing", "INFO"),
        ("/", "DEBUG"),
        ("/ui/client/api.js", "DEBUG"),
        ("/ui/nothing.js", "INFO"),
        ("/__mock/v1/clock", "DEBUG"),
        ("/__mock/v1/nothing", "INFO"),
    ],
)
async def test_what_pages_and_instruments_get_is_no_news(
    mock: Served, caplog: pytest.LogCaptureFixture, path: str, level: str
):
    caplog.set_level(logging.DEBUG, "mock_server.requests")
    headers = mock.control if path.startswith("/__mock") else mock.key
    await mock.call("GET", path, headers=headers)

    lines = [record for record in caplog.records if record.name == "mock_server.requests"]
    assert [(record.levelname, vars(record)["fields"]["path"]) for record in lines] == [(level, path)]


async def test_an_ignored_query_parameter_is_in_the_line_with_the_nearest_one(
    mock: Served, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "mock_server.requests")
    for query in ("?limt=5&limit=2&x=1", "?limit=2", ""):
        assert (await mock.call("GET", f"/api/v1/tasks{query}")).status == 200

    lines = [vars(record)["fields"] for record in caplog.records if record.name == "mock_server.requests"]
    assert [line.get("ignored") for line in lines] == ["limt; did you mean limit?, x", None, None]


async def test_a_stream_is_reported_when_it_has_ended(mock: Served, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    task = await mock.create()
    stream = await mock.raw(mock.head("GET", f"/api/v1/tasks/{task}/stream?limt=5"))
    assert b"event: done" in stream

    [line] = [
        fields
        for record in caplog.records
        if (fields := vars(record).get("fields", {})).get("operation") == "stream_task"
    ]
    assert (line["status"], line["ignored"]) == (200, "limt")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
