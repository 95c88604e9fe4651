"""The chat page: what a reader sees and can reach."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from sigmic_mock.config import defaults
from tests.browser.accessibility import Axe
from tests.browser.chat import asked, choose, finished, log, opened, task_id
from tests.browser.conftest import Heard, Mock
from tests.browser.conversations import new_project, signed_in_as, talked
from tests.browser.keyboard import press, reach
from tests.browser.transient_faults import (
    CUT_AFTER_HISTORY,
    CUT_INSIDE_EVENT,
    RESET_LIVE,
    STREAM_REFUSED,
    under,
)

_NOTE_COLUMNS = """
window.columnsByRows = {};
const note = () => {
    const table = document.querySelector(".markdown table");
    const lefts = [...(table?.querySelectorAll("th") ?? [])].map((each) => each.offsetLeft);
    if (table !== null) window.columnsByRows[table.rows.length] = lefts.join(" ");
    requestAnimationFrame(note);
};
requestAnimationFrame(note);
"""
"""Where the columns of a table are, by the number of its rows."""


@under(CUT_INSIDE_EVENT, STREAM_REFUSED)
def test_a_message_is_answered_and_the_conversation_stands_in_the_list(page: Page, mock: Mock):
    asked(page, mock, "What is the capital of France?")

    expect(log(page).get_by_role("article", name="You")).to_contain_text("What is the capital of France?")
    expect(log(page).get_by_role("article", name="Assistant")).to_contain_text("Paris")
    finished(page)
    current = page.get_by_role("navigation").get_by_role("link", name="What is the capital of France?")
    expect(current.first).to_have_attribute("href", f"/c/{task_id(page)}")


def test_an_answer_is_rendered_from_the_markdown_that_the_platform_saved(page: Page, mock: Mock):
    asked(page, mock, "playbook: rich-markdown")
    finished(page)
    answer = log(page).get_by_role("article", name="Assistant")

    expect(answer.get_by_role("heading", name="Streaming, in short")).to_be_visible()
    expect(answer.get_by_role("row")).to_have_count(4)
    expect(answer.get_by_role("link", name="documentation")).to_have_attribute("rel", "noopener noreferrer")
    expect(answer.locator("code", has_text="def events")).to_contain_text("yield kind")
    expect(answer.locator(".t-keyword").first).to_be_visible()
    streamed = answer.locator(".markdown").text_content()
    page.reload()
    expect(answer.get_by_role("heading", name="Streaming, in short")).to_be_visible()
    expect(answer.locator(".t-keyword").first).to_be_visible()
    assert answer.locator(".markdown").text_content() == streamed


def test_a_table_that_grows_keeps_its_columns(page: Page, mock: Mock):
    page.add_init_script(_NOTE_COLUMNS)
    asked(page, mock, "playbook: growing-table")
    finished(page)
    expect(log(page).get_by_role("row")).to_have_count(4)
    noted = page.evaluate("columnsByRows")

    assert len(noted) > 1, "the table was never seen growing"
    assert len(set(noted.values())) == 1, noted


@under(CUT_INSIDE_EVENT, RESET_LIVE)
def test_thoughts_tools_and_subagents_are_shown_and_stay_with_a_follow_up(page: Page, mock: Mock):
    asked(page, mock, "playbook: unhurried")
    finished(page)
    answer = log(page).get_by_role("article", name="Assistant").first

    answer.get_by_text("Planning the analysis").click()
    expect(answer.get_by_text("I look at the workspace first")).to_be_visible()
    answer.get_by_text("Code Writer", exact=True).click()
    answer.get_by_text("write_file").click()
    expect(answer.get_by_role("heading", name="Result").first).to_be_visible()
    field = page.get_by_role("textbox", name="Message")
    field.fill("What is in it?")
    field.press("Enter")
    expect(log(page).get_by_role("article")).to_have_count(4)
    finished(page)
    expect(answer.get_by_text("Code Writer", exact=True)).to_be_visible()


def test_hostile_text_is_neither_markup_nor_script(page: Page, mock: Mock):
    hostile = "<img src=x onerror=window.pwned=1>.txt"
    opened(page, mock).fill("playbook: hostile-text <script>window.pwned=1</script>\u202etxt.exe")
    choose(page, (hostile, "text/html", b"<script>window.pwned=1</script>"))
    page.get_by_role("textbox", name="Message").press("Enter")
    finished(page)
    answer = log(page).get_by_role("article", name="Assistant")
    for summary in answer.locator("summary").all():
        summary.click()
    page.get_by_role("button", name="Files of this task").click()
    page.get_by_role("complementary").get_by_role("button", name=re.compile("onerror.*uploads")).click()
    page.get_by_role("button", name="Raw events").click()
    expect(page.get_by_role("complementary").get_by_text("history_done").first).to_be_visible()

    expect(answer).to_contain_text("<script>window.pwned=1</script>")
    expect(
        page.locator("#app script, #app iframe, #app style, #app img, #app [onerror], #app [onload]")
    ).to_have_count(0)
    hrefs = answer.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert sorted(hrefs) == ["https://evil.example/pixel.png", "https://fine.example/"]
    assert page.evaluate("window.pwned") is None


@under(RESET_LIVE, CUT_AFTER_HISTORY)
def test_a_tool_waits_for_the_reader(page: Page, mock: Mock):
    opened(page, mock)
    page.get_by_role("button", name="Approve tool calls").click()
    approval = page.get_by_role("region", name="Approval")

    expect(approval).to_contain_text("list_directory")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    approval.get_by_role("button", name="Allow once").click()
    expect(approval).to_contain_text("write_file")
    approval.get_by_role("button", name="Reject").click()
    finished(page)
    expect(log(page)).to_contain_text("You refused the file, so I wrote nothing.")
    expect(log(page).locator(".state", has_text="Cancelled")).to_be_visible()


@under(RESET_LIVE, CUT_AFTER_HISTORY)
def test_an_always_allowed_tool_needs_no_second_approval(page: Page, mock: Mock):
    field = opened(page, mock)
    page.get_by_role("checkbox", name="Ask before running tools").check()
    field.fill("Run exactly this shell command: echo one")
    field.press("Enter")
    page.get_by_role("button", name="Always allow run_shell_command in this session").click()
    finished(page)
    field.fill("Run exactly this shell command: echo two")
    field.press("Enter")

    finished(page)
    expect(log(page).get_by_text("two", exact=False).last).to_be_visible()


@under(RESET_LIVE, CUT_AFTER_HISTORY)
def test_stop_cancels_the_task_and_keeps_the_partial_answer(page: Page, mock: Mock):
    asked(page, mock, "Run exactly this shell command: sleep 60")
    expect(log(page).get_by_text("Running").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()

    expect(log(page).get_by_text("Cancelled. The partial answer was saved.")).to_be_visible()
    expect(log(page).get_by_role("button", name="Try again")).to_be_visible()
    assert mock.api("GET", f"/tasks/{task_id(page)}")["status"] == "cancelled"


def test_a_long_conversation_is_opened_at_its_end_and_all_of_it_is_there(page: Page, mock: Mock):
    project = new_project(mock)
    task = talked(mock, project, 30, "As **always**.\n\n" * 12)
    signed_in_as(page, project["api_key"])
    page.goto(f"{mock.url}/c/{task}")
    messages = log(page).get_by_role("article")

    expect(messages).to_have_count(60)
    assert messages.locator(".speech").all_text_contents() == [f"question {number}" for number in range(30)]
    expect(messages.last.get_by_text("As always.").last).to_be_in_viewport()
    log(page).hover()
    page.mouse.wheel(0, -900)
    page.get_by_role("button", name="Jump to latest").click()
    expect(messages.last.get_by_text("As always.").last).to_be_in_viewport()


def test_an_unknown_task_offers_a_new_conversation(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("404",)
    page.goto(mock.url + "/c/10ca1000-0000-4000-8000-00000000dead")

    expect(page.get_by_role("alert").filter(has_text="NOT_FOUND")).to_be_visible()
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    expect(page).to_have_url(mock.url + "/")


def test_the_key_is_in_no_address_and_no_storage(page: Page, mock: Mock):
    asked(page, mock, "What is 2+2?")
    finished(page)

    held = page.evaluate(
        "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert "sigmic_" not in held
    assert page.context.cookies() == []


def test_nothing_is_wider_than_the_window(page: Page, mock: Mock):
    asked(page, mock, "playbook: rich-markdown")
    finished(page)

    for width in (1800, 900, 400, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert log(page).evaluate("it => it.scrollWidth - it.clientWidth") <= 0, width
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.get_by_role("button", name="New conversation")).to_be_in_viewport()


def test_all_is_reached_by_keyboard(page: Page, mock: Mock):
    asked(page, mock, "What is 2+2?")
    finished(page)
    page.keyboard.press("Control+Shift+O")
    expect(page).to_have_url(mock.url + "/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search pages and actions")).to_be_focused()
    page.keyboard.type("2+2")
    page.keyboard.press("Enter")

    expect(log(page)).to_contain_text("4")
    task_id(page)


def test_a_file_is_sent_a_tool_approved_and_a_file_fetched_by_keyboard(page: Page, mock: Mock):
    field = opened(page, mock)
    with page.expect_file_chooser() as chooser:
        press(page, page.get_by_role("button", name="Attach files"))
    chooser.value.set_files({"name": "data.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    expect(page.get_by_role("list", name="Attached files")).to_contain_text("data.csv")
    press(page, page.get_by_role("checkbox", name="Ask before running tools"), key="Space")
    reach(page, field, back=True)
    page.keyboard.type("playbook: approvals-demo")
    page.keyboard.press("Enter")
    approval = page.get_by_role("region", name="Approval")
    expect(approval).to_match_aria_snapshot("""
        - region "Approval":
          - heading "Allow the agent to use list_directory?"
          - button "Allow once"
          - button "Reject"
          - button "Always allow list_directory in this session"
          - button "Cancel task"
        """)
    press(page, approval.get_by_role("button", name="Allow once"))
    expect(approval).to_contain_text("write_file")
    press(page, approval.get_by_role("button", name="Allow once"))
    finished(page)
    press(page, page.get_by_role("button", name="Files of this task"), back=True)
    with page.expect_download() as download:
        press(page, page.get_by_role("button", name="Download approved.txt"))

    assert download.value.path().read_bytes() == b"This file was approved.\n"
    expect(page.get_by_role("button", name="Download data.csv")).to_be_visible()


def test_without_a_local_account_the_page_asks_for_a_key(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("403", "401")
    refusal = '{"success": false, "error": {"code": "FORBIDDEN", "message": "There is no local account."}}'
    page.route("**/ui/sign-in", lambda route: route.fulfill(status=403, body=refusal))
    page.goto(mock.url)
    expect(page.get_by_text("There is no local account.")).to_be_visible()
    page.get_by_label("API key").fill("sigmic_" + "0" * 64)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("API key").fill(defaults.API_KEY)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("textbox", name="Message")).to_be_focused()


def test_a_lost_server_is_reported_and_the_message_is_kept(page: Page, mock: Mock, heard: Heard):
    heard.expected = ("net::ERR_", "failed: ")
    field = opened(page, mock)
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    field.fill("What is 2+2?")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Check that the server is running.")).to_be_visible()
    expect(field).to_have_value("What is 2+2?")
    page.unroute("**/api/v1/**")
    field.press("Enter")

    expect(log(page).get_by_role("article", name="Assistant")).to_contain_text("4")


def test_seconds_are_counted_from_the_sending_of_a_message(page: Page, mock: Mock):
    delayed: list[Route] = []

    def delay(route: Route) -> None:
        delayed.append(route)

    page.route("**/api/v1/tasks", delay)
    asked(page, mock, "What is 2+2?")
    expect(log(page).locator(".working")).to_have_text(re.compile(r"^\D+ · \d s$"))
    for route in delayed:
        route.continue_()

    finished(page)


def test_a_status_message_stays_beside_the_activity(page: Page, mock: Mock):
    waiting = mock.api("POST", "/tasks", json={"message": "Wait 10 minutes"})["id"]
    page.goto(f"{mock.url}/c/{waiting}")
    expect(log(page).locator(".working")).to_contain_text("Working…")
    said = {"status": "processing", "message": "MCP server crm could not be started: exit code 1"}
    for _ in range(2):
        mock.control("POST", f"/tasks/{waiting}/events", {"event": "status", "data": said})
    expect(log(page).get_by_text(said["message"])).to_have_count(1)
    expect(log(page).locator(".working")).to_contain_text("Working…")
    page.get_by_role("button", name="Stop").click()

    finished(page)
    expect(log(page).get_by_text(said["message"])).to_be_visible()


def test_the_start_page_shows_examples_by_topic_and_one_click_sends_one(page: Page, mock: Mock):
    opened(page, mock)
    for topic in ("Answers", "Tools and files", "Approvals", "Failures and waits"):
        expect(page.get_by_role("region", name=topic, exact=True).get_by_role("button").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 500})
    expect(page.get_by_role("heading", name="What should the agent do?")).to_be_in_viewport()
    page.get_by_role("button", name="Run a command").click()

    expect(log(page).get_by_role("article", name="You")).to_contain_text("uname -sr")
    expect(log(page).get_by_text("run_shell_command")).to_be_visible()


def test_the_error_of_a_failed_turn_stays_after_the_next_message(page: Page, mock: Mock, browser: Browser):
    field = opened(page, mock)
    field.fill("Fail with the message: The CRM is down")
    field.press("Enter")
    expect(log(page).get_by_role("alert")).to_contain_text("The CRM is down AGENT_ERROR")
    field.fill("Say hello world")
    field.press("Enter")
    expect(log(page).get_by_role("article", name="Assistant").last).to_contain_text("hello world")
    order = re.compile(
        "You.*Fail with.*Assistant.*The CRM is down AGENT_ERROR.*You.*Say hello.*hello world", re.DOTALL
    )
    expect(log(page)).to_have_text(order)
    page.reload()
    expect(log(page)).to_have_text(order)

    # Another browser has the history alone.
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(log(other)).to_have_text(re.compile("Fail with.*ended without an answer.*Say hello", re.DOTALL))
    other.context.close()


def test_a_message_can_be_edited_and_sent_again(page: Page, mock: Mock):
    asked(page, mock, "Say hello world")
    finished(page)
    mine = log(page).get_by_role("article", name="You")
    mine.first.hover()
    mine.first.get_by_role("button", name="Edit message").click()
    field = page.get_by_role("textbox", name="Message")
    expect(field).to_be_focused()
    expect(field).to_have_value("Say hello world")
    field.fill("Say exactly: moon")
    field.press("Enter")
    finished(page)
    expect(mine.last).to_contain_text("Say exactly: moon")
    press(page, mine.first.get_by_role("button", name="Send again"))

    expect(mine).to_have_count(3)
    expect(mine.last).to_contain_text("Say hello world")


def test_a_message_shows_its_sender_and_its_time(page: Page, mock: Mock):
    asked(page, mock, "Say hello world")
    finished(page)
    page.reload()

    for sender in ("You", "Assistant"):
        head = log(page).get_by_role("article", name=sender).locator(".sender")
        expect(head).to_have_text(re.compile(rf"^\s*{sender}\s*\d\d:\d\d\s*$"))


def test_a_draft_is_still_there_after_an_approval(page: Page, mock: Mock):
    waiting = mock.api("POST", "/tasks", json={"message": "playbook: approvals-demo", "autoExecute": False})
    field = opened(page, mock)
    field.fill("And then summarise it")
    page.locator(f'a[href="/c/{waiting["id"]}"]').click()
    for _ in range(2):
        page.get_by_role("button", name="Allow once").click()
    finished(page)

    expect(field).to_have_value("And then summarise it")


def test_the_page_has_no_accessibility_violations(page: Page, mock: Mock, axe: Axe):
    field = opened(page, mock)
    axe.check(page)
    field.fill("playbook: rich-markdown")
    field.press("Enter")
    finished(page)
    axe.check(page)
    asked(page, mock, "playbook: stream-example")
    finished(page)
    page.get_by_text("Planning the analysis").click()
    page.get_by_role("button", name="Files of this task").click()
    page.get_by_role("button", name=re.compile("output.csv output.csv")).click()
    expect(page.get_by_role("cell", name="columns")).to_be_visible()
    axe.check(page)
    page.get_by_role("button", name="Raw events").click()
    axe.check(page)
    opened(page, mock)
    page.get_by_role("button", name="Approve tool calls").click()
    expect(page.get_by_role("button", name="Allow once")).to_be_visible()

    axe.check(page)
