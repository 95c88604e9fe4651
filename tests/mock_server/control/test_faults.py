"""Faults through the control plane."""

from typing import Any

import pytest

from tests.fakes.served import Served


async def test_a_fault_is_armed_seen_counted_and_cleared(mock: Served):
    armed = await mock.ask(
        "arm_fault_once", **{"fault": "http.rate-limited", "with": {"operation": "list_tasks"}}
    )
    answers = [(await mock.call("GET", "/api/v1/tasks")).status for _ in range(2)]
    active = await mock.ask("list_armed_faults")
    cleared = await mock.ask("clear_faults")

    assert (armed.status, answers) == (200, [429, 200])
    assert [(each["fault"], each["fired"]) for each in active.json["active"]] == [("http.rate-limited", 1)]
    assert active.json["unfired"] == []
    assert len(cleared.json["cleared"]) == 1
    assert mock.faults.active() == ()


async def test_one_of_several_is_disarmed_by_its_number(mock: Served):
    for scope in ("project", "server"):
        first, second = [
            (await mock.did("arm_fault", fault="sse.crlf", scope=scope))["number"] for _ in range(2)
        ]
        cleared = (await mock.did("clear_faults", number=first, scope=scope))["cleared"]

        assert [each["number"] for each in cleared] == [first]
        left = (await mock.did("list_armed_faults", scope=scope))["active"]
        assert second in [each["number"] for each in left]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"number": 99}, "No fault with the number 99 is armed for this project"),
        ({"number": 99, "scope": "server"}, "No fault with the number 99 is armed for all callers"),
        ({"fault": "net.slwo"}, "did you mean net.slow?"),
    ],
)
async def test_what_is_not_there_is_not_disarmed(mock: Served, named: dict[str, Any], told: str):
    refused = await mock.ask("clear_faults", **named)

    assert (refused.status, told in refused.json["error"]["message"]) == (404, True), refused.json


async def test_the_catalogue_is_served(mock: Served):
    catalogue = await mock.ask("list_faults")
    one = await mock.ask("show_fault", id="sse.crlf")

    assert one.json in catalogue.json["faults"]
    assert one.json["class"] == "variation"
    assert {"operation", "times", "per"} <= {each["name"] for each in catalogue.json["conditions"]}
    (session,) = (each for each in catalogue.json["situations"] if each["name"] == "session")
    assert session["values"] == ["new", "live", "restored", "restored_twice"]


async def test_a_dry_run_records_where_the_faults_of_a_class_would_fire(mock: Served):
    begun = await mock.ask("begin_dry_run", **{"class": "transient"})
    await mock.call("GET", "/api/v1/tasks")
    ended = await mock.ask("end_dry_run")

    assert begun.json["faults"] > 0
    assert "http.rate-limited" in {each["fault"] for each in ended.json["occasions"]}
