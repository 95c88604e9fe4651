"""The parts of the contract that a run has used."""

from pathlib import Path
from typing import Any

from tests.fakes.served import Served, serving

COVERAGE = "/__mock/v1/coverage"


async def covered(mock: Served, query: str = "") -> dict[str, Any]:
    reply = await mock.call("GET", COVERAGE + query, headers=mock.control)
    assert reply.status == 200, reply.body
    return dict(reply.json)


def counts(told: dict[str, Any], operation: str) -> dict[tuple[int, str | None], int]:
    (found,) = (each for each in told["operations"] if each["operation"] == operation)
    return {(each["status"], each["code"]): each["count"] for each in found["answers"] if each["count"]}


async def test_answers_and_events_are_counted_and_the_rest_is_named(mock: Served) -> None:
    await mock.finished()
    await mock.call("GET", "/api/v1/tasks/nothing")
    told = await covered(mock)
    events = {each["event"]: each["count"] for each in told["events"]}

    assert counts(told, "create_task") == {(201, None): 1}
    assert counts(told, "get_task") == {(404, "NOT_FOUND"): 1}
    assert counts(told, "cancel_task") == {}
    assert (events["done"], events["heartbeat"], events["subagent_start"]) == (1, 0, 0)
    (cancel,) = (each for each in told["operations"] if each["operation"] == "cancel_task")
    assert (409, "CONFLICT") in {(each["status"], each["code"]) for each in cancel["answers"]}
    assert "CANCEL-008" in cancel["requirements"]
    (done,) = (each for each in told["events"] if each["event"] == "done")
    assert all(each.startswith("EVENT-") for each in done["requirements"])


async def test_counts_outlive_the_entries_and_end_with_a_reset(mock: Served) -> None:
    await mock.call("GET", "/api/v1/tasks")
    await mock.ask("clear_journal")
    assert counts(await covered(mock), "list_tasks") == {(200, None): 1}
    await mock.ask("reset", scope=["journal"])

    assert counts(await covered(mock), "list_tasks") == {}


async def test_calls_without_credentials_count_for_the_server_and_unknown_ones_are_listed(
    mock: Served,
) -> None:
    await mock.call("GET", "/api/v1/tasks", headers={})
    await mock.call("GET", "/api/v1/nothing")
    armed = {"fault": "http.rate-limited", "with": {"operation": "list_tasks"}}
    await mock.ask("arm_fault", **armed)
    await mock.call("GET", "/api/v1/tasks")

    told = await covered(mock, "?scope=server")
    assert counts(told, "list_tasks") == {(401, "AUTH_REQUIRED"): 1, (429, "RATE_LIMITED"): 1}
    nothing = {"operation": "unrouted", "status": 404, "code": "NOT_FOUND", "count": 1}
    assert (told["project"], told["beyond"]) == (None, [nothing])
    own = await covered(mock)
    assert (counts(own, "list_tasks"), own["beyond"]) == ({(429, "RATE_LIMITED"): 1}, [])


async def test_without_a_journal_it_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, journal=0) as mock:
        assert (await mock.ask("show_coverage")).code == "CONFLICT"
