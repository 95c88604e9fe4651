"""The control deck: what its owner sees, and which faults a client then gets."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.accessibility import Axe
from tests.browser.chat import asked, finished
from tests.browser.conftest import Heard, Mock
from tests.browser.conversations import client_of, new_project, signed_in_as
from tests.browser.keyboard import press


def opened(page: Page, mock: Mock, tab: str = "", query: str = "") -> None:
    """Open a tab of the deck by the banner's link."""
    page.goto(f"{mock.url}/__mock/ui{tab}{query}#token={mock.control_token}")
    expect(page.get_by_role("navigation", name="Tabs")).to_be_visible()


def requests(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Requests").get_by_role("option")


def test_the_token_leaves_the_address_and_lasts_for_the_tab(page: Page, mock: Mock):
    opened(page, mock)
    assert mock.control_token not in page.url
    page.reload()

    expect(page.get_by_role("navigation", name="Tabs")).to_be_visible()


def test_the_page_asks_for_a_missing_control_token(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("401",)
    page.goto(f"{mock.url}/__mock/ui")
    token = page.get_by_label("Control token")
    token.fill("mockctl_of_another_server")
    token.press("Enter")
    expect(page.get_by_text("That is not the control token")).to_be_visible()
    token.fill(mock.control_token)
    token.press("Enter")

    expect(page.get_by_role("navigation", name="Tabs")).to_be_visible()


def test_a_late_refusal_of_another_token_changes_nothing(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("401",)
    late: list[Route] = []

    def held(route: Route) -> None:
        if mock.control_token in route.request.headers["authorization"]:
            route.continue_()
        else:
            late.append(route)

    page.route("**/__mock/v1/openapi.json*", held)
    page.goto(f"{mock.url}/__mock/ui")
    token = page.get_by_label("Control token")
    token.fill("mockctl_of_another_server")
    with page.expect_request("**/__mock/v1/openapi.json*"):
        token.press("Enter")
    page.evaluate("brought => { location.hash = `#token=${brought}` }", mock.control_token)
    expect(page.locator(".bar .project")).to_contain_text("Default project")
    with page.expect_response("**/__mock/v1/openapi.json*") as answer:
        late[0].fulfill(status=401, body="")
    answer.value.finished()
    page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")

    expect(page.get_by_role("navigation", name="Tabs")).to_be_visible()
    expect(token).to_have_count(0)


def test_requests_of_a_client_appear_live(page: Page, mock: Mock):
    opened(page, mock)
    task = mock.api("POST", "/tasks", json={"message": "playbook: stream-example"})["id"]
    line = requests(page).filter(has_text="create_task").first
    expect(line).to_contain_text("201")
    mock.api("GET", f"/tasks/{task}")
    page.get_by_role("searchbox", name="Search requests").fill(f"operation:get_task {task}")

    expect(requests(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("q=operation"))


def test_the_frames_of_a_stream_stand_on_its_time(page: Page, mock: Mock):
    task = mock.api("POST", "/tasks", json={"message": "playbook: stream-example"})["id"]
    mock.stream(task)
    opened(page, mock, query=f"?q=task:{task}+is:stream")
    page.get_by_role("listbox", name="Requests").focus()
    page.keyboard.press("j")
    frames = page.get_by_role("region", name="Frames")

    expect(frames.get_by_role("img", name=re.compile(r"^\d+ frames in"))).to_be_visible()
    frames.get_by_role("option").filter(has_text="tool_result").first.click()
    expect(frames.get_by_label("Raw frame")).to_contain_text("event: tool_result")
    expect(frames).to_contain_text("Closed by server")
    expect(page.get_by_text("The journal keeps the first 64 KiB")).to_have_count(0)


def test_the_rows_of_one_task_show_what_each_request_sent(page: Page, mock: Mock):
    project = new_project(mock)
    with client_of(mock, project) as client:
        task = client.post("/tasks", json={"message": "Say hello"}).json()["data"]["id"]
        client.get(f"/tasks/{task}/stream")
        client.post(f"/tasks/{task}/messages", json={"message": "Fail with the message: down"})
        client.get(f"/tasks/{task}/stream")
    opened(page, mock, query=f"?project={project['project']}&scope=project")

    expect(requests(page)).to_contain_text(
        [
            "stream_task · turn 2 · Fail with the message: down",
            "send_message · turn 2 · Fail with the message: down",
            "stream_task · Say hello",
            "create_task · Say hello",
        ]
    )


def test_before_a_request_is_selected_the_page_shows_its_errors_and_operations(page: Page, mock: Mock):
    project = new_project(mock)
    with client_of(mock, project) as client:
        client.get("/tasks")
        client.get("/tasks/10ca1000-0000-4000-8000-00000000dead")
    opened(page, mock, query=f"?project={project['project']}&scope=project")
    detail = page.get_by_role("region", name="Selected request")

    expect(detail.get_by_role("row", name="get_task 1 1")).to_be_visible()
    detail.get_by_role("button", name="404 get_task · NOT_FOUND").click()
    expect(detail.get_by_role("button", name="Copy as curl")).to_be_visible()
    page.keyboard.press("Escape")
    detail.get_by_role("button", name="list_tasks").click()
    expect(requests(page)).to_have_count(1)


def test_labels_of_the_time_axis_never_overlap(page: Page, mock: Mock):
    task = mock.api("POST", "/tasks", json={"message": "playbook: stream-example"})["id"]
    mock.stream(task)
    opened(page, mock, query=f"?q=task:{task}+is:stream")
    requests(page).first.click()
    labels = page.locator(".axis li")
    # How long the stream took decides how many marks have a text: two at least.
    expect(labels.nth(1)).to_be_visible()
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        boxes = [box for each in labels.all() if (box := each.bounding_box()) and box["width"] > 0]
        assert len(boxes) > 1
        ends = [box["x"] + box["width"] for box in boxes]
        assert all(end < after["x"] for end, after in zip(ends, boxes[1:], strict=False)), width
        assert ends[-1] <= width


def test_a_cut_stream_is_one_row_with_its_fault_and_message(page: Page, mock: Mock):
    mock.control("POST", "/faults", {"fault": "stream.cut-inside-event", "with": {"times": 1}})
    task = mock.api("POST", "/tasks", json={"message": "What is the capital of Peru?"})["id"]
    with pytest.raises(httpx.RemoteProtocolError):
        mock.stream(task)
    opened(page, mock, query=f"?q=task:{task}+operation:stream_task")

    expect(requests(page)).to_have_count(1)
    expect(requests(page)).to_contain_text(f"cutGET /tasks/{task[:8]}/stream")
    expect(requests(page)).to_contain_text("What is the capital of Peru?")
    expect(requests(page)).to_contain_text("stream.cut-inside-event")


def test_background_requests_of_the_chat_page_are_hidden_by_default(page: Page, mock: Mock):
    project = new_project(mock)
    signed_in_as(page, project["api_key"])
    asked(page, mock, "What is 2+2?")
    finished(page)
    opened(page, mock, query=f"?scope=project&project={project['project']}")
    expect(requests(page).filter(has_text="create_task")).to_have_count(1)
    expect(requests(page).filter(has_text="list_tasks")).to_have_count(0)
    page.get_by_role("button", name="Refreshes").click()

    expect(requests(page).filter(has_text="list_tasks").first).to_be_visible()


def test_on_a_phone_every_tab_is_in_view_and_can_be_touched(browser: Browser, mock: Mock, page: Page):
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    opened(page, mock)
    for name in ("Live", "Faults", "Chat", "Console"):
        link = page.get_by_role("link", name=name, exact=True)
        expect(link).to_be_in_viewport(ratio=1)
        box = link.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40, (name, box)
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or min(box["width"], box["height"]) >= 40, (button.inner_text(), box)
    phone.close()


def test_a_request_is_asked_again_with_a_change_and_its_own_entry_is_shown(page: Page, mock: Mock):
    task = mock.api("POST", "/tasks", json={"message": "What is the capital of Peru?"})["id"]
    opened(page, mock, query=f"?q=operation:create_task+task:{task}")
    requests(page).first.click()
    before = page.url
    page.locator("summary").filter(has_text="Replay request").click()
    page.get_by_label("Body").fill('{"message": "What is the capital of Chile?"}')
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).not_to_have_url(before)
    page.get_by_role("searchbox", name="Search requests").fill("")

    shown = page.get_by_role("region", name="Selected request")
    expect(shown).to_contain_text("capital of Chile?")
    expect(shown.get_by_text("201", exact=True)).to_be_visible()
    expect(requests(page).filter(has_text="create_task").first).to_have_attribute("aria-selected", "true")


def arm(page: Page, mock: Mock, fault: str, **values: str) -> None:
    opened(page, mock, "/faults")
    page.get_by_role("searchbox", name="Search faults").fill(fault)
    page.get_by_role("listbox", name="Catalogue").get_by_role("option").filter(has_text=fault).first.click()
    for name, value in values.items():
        page.get_by_label(re.compile(f"^{name}")).first.fill(value)
    page.get_by_role("button", name="Arm", exact=True).click()
    expect(page.get_by_text("Armed as fault")).to_be_visible()


def test_a_fault_is_armed_met_by_a_client_and_disarmed(page: Page, mock: Mock):
    arm(page, mock, "http.rate-limited", operation="list_tasks", retry_after="7")
    expect(page.locator(".code")).to_contain_text('http.rate-limited,operation=list_tasks,retry_after="7"')
    refused = mock.answer("GET", "/tasks")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert mock.answer("GET", "/tasks/10ca1000-0000-4000-8000-00000000dead").status_code == 404

    armed = page.get_by_role("listitem").filter(has_text="http.rate-limited")
    expect(armed).to_contain_text("fired 1")
    armed.get_by_role("button", name="Disarm").click()
    expect(page.get_by_text("No faults armed")).to_be_visible()
    assert mock.answer("GET", "/tasks").status_code == 200


def test_an_invalid_value_is_reported_at_its_field(page: Page, mock: Mock):
    opened(page, mock, "/faults", "?entry=http.rate-limited")
    times = page.get_by_role("textbox", name=re.compile("^times"))
    times.fill("often")

    expect(times).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_text("Must be a number, not often.")
    expect(page.get_by_role("button", name="Arm", exact=True)).to_be_disabled()
    times.fill("2")
    expect(page.get_by_role("button", name="Arm", exact=True)).to_be_enabled()


def test_a_fault_is_confined_to_a_situation_by_keys_alone(page: Page, mock: Mock):
    opened(page, mock, "/faults", "?entry=http.internal-error")
    press(page, page.locator("summary").filter(has_text="Limit to situations"))
    caller = page.get_by_role("group", name="caller")
    press(page, caller.get_by_role("button", name="end_user", exact=True))
    press(page, page.get_by_role("button", name="Arm", exact=True))

    expect(page.get_by_role("listitem").filter(has_text="caller=end_user")).to_be_visible()
    assert mock.answer("GET", "/tasks").status_code == 200
    expect(page.get_by_role("listitem").filter(has_text="not fired yet")).to_be_visible()


def test_a_server_without_faults_says_so(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("409",)
    off = {"success": False, "error": {"code": "CONFLICT", "message": "Faults are off"}}
    page.route("**/__mock/v1/faults**", lambda route: route.fulfill(status=409, json=off))
    opened(page, mock, "/faults")

    expect(page.get_by_text("Faults are disabled")).to_be_visible()


def test_the_heartbeat_of_an_open_stream_is_sent_by_one_key(page: Page, mock: Mock):
    project = new_project(mock)
    here = f"?project={project['project']}"
    mock.control("PUT", f"/clock{here}", {"mode": "real"})
    opened(page, mock, query=f"{here}&scope=project")
    press(page, page.get_by_role("button", name="Fire next timer"))
    expect(page.get_by_text("No timers are pending.")).to_be_visible()
    with client_of(mock, project) as client:
        asked_for = {"message": "playbook: approvals-demo", "autoExecute": False}
        task = client.post("/tasks", json=asked_for).json()["data"]["id"]
    stream = mock.listen(task, project["api_key"])
    stream.until("event: tool_call")
    press(page, page.get_by_role("button", name="Fire next timer"))

    expect(page.get_by_text("Fired: heartbeat of streams.")).to_be_visible()
    stream.until(":heartbeat")
    stream.close()


def test_the_page_has_no_accessibility_violations(page: Page, mock: Mock, axe: Axe):
    task = mock.api("POST", "/tasks", json={"message": "playbook: stream-example"})["id"]
    mock.stream(task)
    mock.control("POST", "/faults", {"fault": "http.rate-limited", "with": {"operation": "cancel_task"}})
    # Of lists with hundreds of entries, one entry: axe takes seconds for all.
    for tab, query, ready, *within in (
        ("", f"?q=task:{task}+is:stream", "Requests"),
        ("/faults", "?entry=net.slow", "Catalogue", "main"),
    ):
        opened(page, mock, tab, query)
        expect(page.get_by_label(ready, exact=True)).to_be_visible()
        if not tab:
            requests(page).first.click()
            expect(page.get_by_role("region", name="Frames")).to_be_visible()
        axe.check(page, *within)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_lost_server_is_reported_and_can_be_reached_again(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("ERR_FAILED",)
    opened(page, mock)
    expect(page.locator(".bar .project")).to_contain_text("Default project")
    page.route("**/__mock/v1/**", lambda route: route.abort())
    # A request that already waits for an entry is not aborted: an entry ends it.
    mock.api("GET", "/tasks")
    expect(page.get_by_role("alert")).to_contain_text("Can't reach the server.")
    page.unroute("**/__mock/v1/**")
    page.get_by_role("button", name="Retry now").click()

    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_project_without_requests_shows_that_there_are_none(page: Page, mock: Mock):
    project = mock.control("POST", "/projects", {"name": "quiet"})["project"]
    opened(page, mock, "", f"?project={project}&scope=project")

    expect(page.get_by_text("No requests yet")).to_be_visible()
