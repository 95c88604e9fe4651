"""`sigmic-mock faults`."""

import json


async def test_a_fault_is_armed_fires_and_is_cleared(mock, verb) -> None:
    code, armed, _ = await verb("faults", "arm", "http.rate-limited,operation=list_tasks,times=1")
    refused = await mock.call("GET", "/api/v1/tasks")
    _, shown, _ = await verb("faults", "show")
    _, cleared, _ = await verb("faults", "clear", "http.rate-limited", "--json")

    assert (code, armed.split()[1:4], refused.status) == (0, ["http.rate-limited", "never", "fired"], 429)
    assert shown.split()[1:4] == ["http.rate-limited", "fired", "1"]
    assert [each["fired"] for each in json.loads(cleared)["cleared"]] == [1]
    assert (await verb("faults", "show"))[1].strip() == "no faults armed"


async def test_the_catalogue_and_one_row_are_printed(verb) -> None:
    _, listed, _ = await verb("faults", "list")
    _, row, _ = await verb("faults", "show", "sse.crlf", "--json")

    assert "sse.crlf" in listed
    assert json.loads(row)["class"] == "variation"


async def test_a_fault_for_all_callers_fires_without_credentials(mock, verb) -> None:
    _, armed, _ = await verb("faults", "arm", "http.internal-error,times=1", "--all-callers")
    refused = await mock.call("GET", "/api/v1/tasks", headers={})
    _, shown, _ = await verb("faults", "show", "--all-callers")
    _, nothing, _ = await verb("faults", "clear")
    await verb("faults", "clear", "--all-callers")

    assert armed.strip().endswith("all callers")
    assert nothing.strip() == (
        "no faults armed for this project; 1 armed for all callers, see `faults show --all-callers`"
    )
    assert (refused.status, shown.split()[2:4]) == (500, ["fired", "1"])
    assert (await mock.call("GET", "/api/v1/tasks", headers={})).status == 401
