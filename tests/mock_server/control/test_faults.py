"""Faults by the control plane."""

from tests.fakes.served import Served

CONTROL = "/__mock/v1/faults"


async def control(mock: Served, method: str, path: str = "", **options: object):
    token = mock.application.control_token.reveal()
    return await mock.call(method, CONTROL + path, headers={"Authorization": f"Bearer {token}"}, **options)


async def test_a_fault_is_armed_seen_counted_and_cleared(mock: Served):
    armed = await control(
        mock, "POST", "/next", json={"fault": "http.rate-limited", "with": {"operation": "list_tasks"}}
    )
    answers = [(await mock.call("GET", "/api/v1/tasks")).status for _ in range(2)]
    active = await control(mock, "GET", "/active")
    cleared = await control(mock, "DELETE", json={})

    assert (armed.status, answers) == (200, [429, 200])
    assert [(each["fault"], each["fired"]) for each in active.json["active"]] == [("http.rate-limited", 1)]
    assert active.json["unfired"] == []
    assert len(cleared.json["cleared"]) == 1
    assert mock.faults.active() == ()


async def test_one_of_several_is_disarmed_by_its_number(mock: Served):
    for project in ("", "?scope=server"):
        first, second = [
            (await control(mock, "POST", project, json={"fault": "sse.crlf"})).json["number"]
            for _ in range(2)
        ]
        more = f"{project}{'&' if project else '?'}number={first}"
        cleared = (await control(mock, "DELETE", more)).json["cleared"]

        assert [each["number"] for each in cleared] == [first]
        left = (await control(mock, "GET", f"/active{project}")).json["active"]
        assert second in [each["number"] for each in left]
    assert "number" in (await control(mock, "DELETE", "?number=1e3")).message


async def test_unknown_names_are_refused_with_the_nearest(mock: Served):
    fault = await control(mock, "POST", json={"fault": "http.rate-limted"})
    value = await control(mock, "POST", json={"fault": "net.slow", "with": {"secnds": 1}})

    assert (fault.status, value.status) == (400, 400)
    assert "http.rate-limited" in fault.message
    assert "seconds" in value.message
    assert mock.faults.active() == ()


async def test_the_catalogue_is_served(mock: Served):
    catalogue = await control(mock, "GET")
    one = await control(mock, "GET", "/catalogue/sse.crlf")

    assert one.json in catalogue.json["faults"]
    assert one.json["class"] == "variation"
    assert {"operation", "times", "per"} <= {each["name"] for each in catalogue.json["conditions"]}
    (session,) = (each for each in catalogue.json["situations"] if each["name"] == "session")
    assert session["values"] == ["new", "live", "restored", "restored_twice"]


async def test_the_former_names_of_a_dry_run_and_of_a_class_still_work(mock: Served):
    begun = await control(mock, "POST", "/dry-run", json={"class": "transient"})
    formerly = await control(mock, "POST", "/rehearsal", json={"class": "weather"})
    await mock.call("GET", "/api/v1/tasks")
    ended = await control(mock, "DELETE", "/rehearsal", json={})
    unknown = await control(mock, "POST", "/dry-run", json={"class": "trensient"})

    assert begun.json["faults"] == formerly.json["rehearsed"] > 0
    assert "http.rate-limited" in {each["fault"] for each in ended.json["occasions"]}
    assert unknown.message == (
        "class must be one of transient, variation, violation, weather; did you mean transient?"
    )
