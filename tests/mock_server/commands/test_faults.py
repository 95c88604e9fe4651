"""`sigmic-mock faults`."""

import json


async def test_a_fault_is_armed_fires_and_is_cleared(mock, verb) -> None:
    code, armed, _ = await verb("faults", "arm", "http.rate-limited:operation=list_tasks;times=1")
    refused = await mock.call("GET", "/api/v1/tasks")
    _, shown, _ = await verb("faults", "show")
    _, cleared, _ = await verb("faults", "clear", "http.rate-limited", "--json")

    assert (code, armed.split()[1:], refused.status) == (0, ["http.rate-limited", "fired", "0"], 429)
    assert shown.split()[1:] == ["http.rate-limited", "fired", "1"]
    assert [each["fired"] for each in json.loads(cleared)["cleared"]] == [1]
    assert (await verb("faults", "show"))[1].strip() == "nothing is armed"


async def test_the_catalogue_and_one_row_are_printed(verb) -> None:
    _, listed, _ = await verb("faults", "list")
    _, row, _ = await verb("faults", "show", "sse.crlf", "--json")

    assert "sse.crlf" in listed
    assert json.loads(row)["class"] == "variation"
