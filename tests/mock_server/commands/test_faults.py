"""`sigmic-mock faults`."""

import json


async def test_a_fault_is_armed_fires_and_is_cleared(mock, verb) -> None:
    code, armed, _ = await verb("faults", "arm", "http.rate-limited,operation=list_tasks,times=1")
    refused = await mock.call("GET", "/api/v1/tasks")
    _, shown, _ = await verb("faults", "show")
    _, cleared, _ = await verb("faults", "clear", "http.rate-limited", "--json")

    assert (code, armed.split()[1:4], refused.status) == (0, ["http.rate-limited", "never", "fired"], 429)
    assert shown.split()[1:4] == ["http.rate-limited", "fired", "1"]
    assert "operation=list_tasks  times=1" in shown
    assert [each["fired"] for each in json.loads(cleared)["cleared"]] == [1]
    assert (await verb("faults", "show"))[1].strip() == "no faults armed"


async def test_the_catalogue_and_one_row_are_printed(verb) -> None:
    _, listed, _ = await verb("faults", "list")
    _, some, _ = await verb("faults", "list", "sse.cr*", "--class", "variation")
    code, _, refused = await verb("faults", "list", "--class", "weather")
    _, row, _ = await verb("faults", "show", "sse.crlf", "--json")

    assert "sse.crlf" in listed
    assert {tuple(line.split()[:2]) for line in some.splitlines()} == {
        ("variation", "sse.cr"),
        ("variation", "sse.crlf"),
    }
    assert json.loads(row)["learns"] in some
    assert (code, "unknown class 'weather'" in refused) == (2, True)
    assert json.loads(row)["class"] == "variation"


async def test_a_fault_for_all_callers_fires_without_credentials(mock, verb) -> None:
    _, armed, _ = await verb("faults", "arm", "http.internal-error,times=1", "--all-callers")
    refused = await mock.call("GET", "/api/v1/tasks", headers={})
    _, shown, _ = await verb("faults", "show", "--all-callers")
    _, nothing, _ = await verb("faults", "clear")
    await verb("faults", "clear", "--all-callers")

    assert "all callers  code=INTERNAL_ERROR  times=1" in armed
    number = shown.split()[0]
    assert nothing.splitlines() == [
        "no fault is armed for this project",
        f"still armed  {shown.strip()}; disarm it: `sigmic-mock faults clear {number}`",
    ]
    assert (refused.status, shown.split()[2:4]) == (500, ["fired", "1"])
    assert (await mock.call("GET", "/api/v1/tasks", headers={})).status == 401


async def test_a_fault_of_any_project_is_cleared_by_its_number(mock, verb) -> None:
    _, armed, _ = await verb("faults", "arm", "net.slow,seconds=1", "--all-callers")
    _, other, _ = await verb("faults", "arm", "net.slow,seconds=1", "--all-callers")
    _, cleared, _ = await verb("faults", "clear", armed.split()[0])
    _, left, _ = await verb("faults", "show", "--all-callers")
    code, _, unknown = await verb("faults", "clear", "99")
    _, another, _ = await verb("faults", "clear", "net.slow")

    assert cleared.split()[:3] == ["disarmed", armed.split()[0], "net.slow"]
    assert [line.split()[0] for line in left.splitlines()] == [other.split()[0]]
    assert (code, "no fault with the number 99 is armed; see `faults show`" in unknown) == (1, True)
    assert another.splitlines()[0] == "net.slow is not armed for this project"


async def test_a_fault_that_could_never_fire_is_refused(mock, verb) -> None:
    code, _, told = await verb("faults", "arm", "http.rate-limited,operation=listtasks")

    assert code == 2
    assert "did you mean list_tasks?" in told
