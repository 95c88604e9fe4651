"""The chat page, by what a reader sees and can reach."""

import re
from typing import TYPE_CHECKING, Literal

import pytest

from sigmic_conformance.mock_server.config import defaults

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the group `browser`")
expect = sync_api.expect

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

    from tests.browser.accessibility import Axe
    from tests.browser.conftest import Heard, Mock


def opened(page: "Page", mock: "Mock", path: str = "/") -> "Locator":
    """Open the chat; return the field to write in."""
    page.goto(mock.url + path)
    field = page.get_by_role("textbox", name="Message")
    expect(field).to_be_focused()
    return field


def asked(page: "Page", mock: "Mock", message: str) -> None:
    """Send a first message."""
    field = opened(page, mock)
    field.fill(message)
    field.press("Enter")


def choose(page: "Page", *files: tuple[str, str, bytes]) -> None:
    """Put files (name, media type, content) into the picker."""
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files
    ]
    page.locator("input[type=file]").set_input_files(chosen)


def log(page: "Page") -> "Locator":
    return page.get_by_role("log")


def finished(page: "Page") -> None:
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def task_id(page: "Page") -> str:
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


def test_a_message_is_answered_and_the_conversation_stands_in_the_list(page: "Page", mock: "Mock"):
    asked(page, mock, "What is the capital of France?")

    expect(log(page).get_by_role("article", name="You")).to_have_text("What is the capital of France?")
    expect(log(page).get_by_role("article", name="Assistant")).to_contain_text("Paris")
    finished(page)
    current = page.get_by_role("navigation").get_by_role("link", name="What is the capital of France?")
    expect(current.first).to_have_attribute("href", f"/c/{task_id(page)}")


def test_markdown_is_drawn_and_what_is_shown_is_what_the_platform_kept(page: "Page", mock: "Mock"):
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


def test_thoughts_tools_and_subagents_are_shown_and_stay_with_a_follow_up(page: "Page", mock: "Mock"):
    asked(page, mock, "playbook: stream-example")
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


def test_nothing_that_is_said_becomes_markup_or_runs(page: "Page", mock: "Mock"):
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


def test_a_tool_waits_for_the_reader(page: "Page", mock: "Mock"):
    field = opened(page, mock)
    page.get_by_role("button", name="Decide about each tool").click()
    field.press("Enter")
    approval = page.get_by_role("region", name="Approval")

    expect(approval).to_contain_text("list_directory")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    approval.get_by_role("button", name="Allow once").click()
    expect(approval).to_contain_text("write_file")
    approval.get_by_role("button", name="Reject").click()
    finished(page)
    expect(log(page)).to_contain_text("You refused the file, so I wrote nothing.")
    expect(log(page).get_by_text("cancelled")).to_be_visible()


def test_what_is_always_allowed_is_not_asked_again(page: "Page", mock: "Mock"):
    field = opened(page, mock)
    page.get_by_role("checkbox", name="Ask before tools").check()
    field.fill("Run exactly this shell command: echo one")
    field.press("Enter")
    page.get_by_role("button", name="Always allow run_shell_command in this session").click()
    finished(page)
    field.fill("Run exactly this shell command: echo two")
    field.press("Enter")

    finished(page)
    expect(log(page).get_by_text("two", exact=False).last).to_be_visible()


def test_a_task_is_cancelled_and_what_there_was_is_kept(page: "Page", mock: "Mock"):
    asked(page, mock, "Run exactly this shell command: sleep 60")
    expect(log(page).get_by_text("running").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()

    expect(log(page).get_by_text("Cancelled. What there was is kept.")).to_be_visible()
    expect(log(page).get_by_role("button", name="Send again")).to_be_visible()
    assert mock.api("GET", f"/tasks/{task_id(page)}")["status"] == "cancelled"


@pytest.mark.parametrize(
    "fault", ["stream.reset-live", "stream.cut-inside-event", "stream.cut-after-history"]
)
def test_a_stream_that_breaks_in_mid_answer_loses_and_doubles_nothing(
    page: "Page", mock: "Mock", heard: "Heard", fault: str
):
    heard.expected = ("net::ERR_",)
    mock.control("POST", "/faults", {"fault": fault, "with": {"times": 1}})
    asked(page, mock, "playbook: rich-markdown")
    page.get_by_role("button", name="Raw events").click()
    expect(page.get_by_role("complementary").get_by_text("over 2 connections")).to_be_visible()
    finished(page)
    answer = log(page).get_by_role("article", name="Assistant")
    expect(answer.get_by_role("list").last).to_contain_text("live")
    seen = answer.locator(".markdown").text_content()
    page.reload()
    expect(answer.get_by_role("list").last).to_contain_text("live")

    assert answer.locator(".markdown").text_content() == seen


def test_files_are_sent_shown_and_downloaded(page: "Page", mock: "Mock"):
    field = opened(page, mock)
    choose(page, ("data.csv", "text/csv", b'item,count\n"a, b",3\n'))
    expect(page.get_by_role("list", name="Files to send")).to_contain_text("data.csv")
    field.fill("What is in data.csv?")
    field.press("Enter")
    finished(page)
    page.get_by_role("button", name="Files of this task").click()
    page.get_by_role("button", name=re.compile(r"data.csv.+uploads")).click()

    expect(page.get_by_role("cell", name="a, b")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download data.csv").click()
    assert download.value.suggested_filename == "data.csv"
    assert download.value.path().read_bytes() == b'item,count\n"a, b",3\n'


def test_limits_are_told_before_anything_is_sent(page: "Page", mock: "Mock"):
    opened(page, mock)
    choose(page, *((f"{at}.txt", "text/plain", b"x") for at in range(21)))

    expect(page.get_by_role("alert").filter(has_text="20 files; 1 more was left out")).to_be_visible()
    expect(page.get_by_role("list", name="Files to send").get_by_role("listitem")).to_have_count(20)


def test_a_task_that_does_not_exist_is_told_in_words(page: "Page", mock: "Mock", heard: "Heard"):
    heard.expected = ("404",)
    page.goto(mock.url + "/c/10ca1000-0000-4000-8000-00000000dead")

    expect(page.get_by_role("alert").filter(has_text="NOT_FOUND")).to_be_visible()


def test_the_key_is_in_no_address_and_no_storage(page: "Page", mock: "Mock"):
    asked(page, mock, "What is 2+2?")
    finished(page)

    held = page.evaluate(
        "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert "sigmic_" not in held
    assert page.context.cookies() == []


@pytest.mark.parametrize("width", [320, 400, 900, 1800])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_is_wider_than_the_window(
    page: "Page", mock: "Mock", width: int, colours: Literal["light", "dark"]
):
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(color_scheme=colours)
    asked(page, mock, "playbook: rich-markdown")
    finished(page)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert log(page).evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    if width < 720:
        page.get_by_role("button", name="Conversations", exact=True).click()
        expect(page.get_by_role("button", name="New conversation")).to_be_in_viewport()


def test_all_is_reached_by_keyboard(page: "Page", mock: "Mock"):
    asked(page, mock, "What is 2+2?")
    finished(page)
    page.keyboard.press("Control+Shift+O")
    expect(page).to_have_url(mock.url + "/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    page.keyboard.type("2+2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(log(page)).to_contain_text("4")
    task_id(page)


def test_where_nobody_is_signed_in_a_key_is_asked_for(page: "Page", mock: "Mock", heard: "Heard"):
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


def test_a_server_that_is_gone_is_told_and_the_message_is_kept(page: "Page", mock: "Mock", heard: "Heard"):
    heard.expected = ("net::ERR_", "failed: ")
    field = opened(page, mock)
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    field.fill("What is 2+2?")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Is the server running?")).to_be_visible()
    expect(field).to_have_value("What is 2+2?")
    page.unroute("**/api/v1/**")
    field.press("Enter")

    expect(log(page).get_by_role("article", name="Assistant")).to_contain_text("4")


def test_nothing_stands_in_the_way_of_anybody(page: "Page", mock: "Mock", axe: "Axe"):
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
    page.get_by_role("button", name="Decide about each tool").click()
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_role("button", name="Allow once")).to_be_visible()

    axe.check(page)
