"""`sigmic-mock journal`."""

import json
from pathlib import Path

from tests.fakes.served import Served


async def test_entries_are_listed_for_people_and_for_programs(mock: Served, verb) -> None:
    await mock.finished()

    code, table, _ = await verb("journal", "list", "--kind", "request|frame|end")
    _, lines, _ = await verb("journal", "list", "--event", "done", "--json")

    rows = table.splitlines()
    assert code == 0
    assert "201  POST /api/v1/tasks" in rows[0]
    assert any("stream 1  done" in row for row in rows)
    assert any("closed by server" in row for row in rows)
    assert [json.loads(line)["event"] for line in lines.splitlines()] == ["done"]


async def test_faults_and_the_requests_that_they_changed_are_marked(mock: Served, verb) -> None:
    await verb("faults", "arm", "http.rate-limited,operation=list_tasks,times=1")
    await mock.call("GET", "/api/v1/tasks")

    _, table, _ = await verb("journal", "list")

    assert "http.rate-limited  fired on list_tasks" in table
    assert "! http.rate-limited" in table


async def test_entries_are_counted_and_cleared(mock: Served, verb) -> None:
    await mock.call("GET", "/api/v1/tasks")
    await mock.call("GET", "/api/v1/tasks", headers={})

    _, own, _ = await verb("journal", "count")
    _, everything, _ = await verb("journal", "count", "--all", "--json")
    _, cleared, _ = await verb("journal", "clear")
    _, after, _ = await verb("journal", "list")

    assert own.strip() == "1 entry: 1 request; 0 dropped"
    assert json.loads(everything)["count"] == 2
    assert cleared.strip() == "cleared 1 entry"
    assert after.strip() == "no entry"


async def test_the_journal_is_exported_to_a_file(mock: Served, verb, tmp_path: Path) -> None:
    await mock.finished()
    file = tmp_path / "journal.har"

    code, said, _ = await verb("journal", "export", "--format", "har", "--output", str(file))
    refused, _, error = await verb("journal", "export", "--output", str(tmp_path / "no" / "file"))

    assert (code, str(file) in said) == (0, True)
    assert len(json.loads(file.read_bytes())["log"]["entries"]) == 2
    assert (refused, "can't write" in error) == (1, True)


async def test_a_bad_filter_is_one_line(mock: Served, verb) -> None:
    code, _, error = await verb("journal", "list", "--kind", "requests")
    export, _, other = await verb("journal", "export", "--kind", "requests")

    assert (code, export) == (2, 2)
    assert error == other
    assert error.count("\n") == 1
    assert "kind must be one of request, open, frame, end, fault" in error
