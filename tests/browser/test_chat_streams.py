"""How the chat page handles streams that break, stall or arrive in tiny pieces, and sessions that end."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import asked, finished, log, task_id
from tests.browser.conftest import Heard, Mock
from tests.browser.transient_faults import CUT_AFTER_HISTORY, CUT_INSIDE_EVENT, RESET_LIVE, STREAM_REFUSED

SILENCE_MS = 35_000
"""After this long a silence the page treats a stream as dead: `SILENCE_MS` of `client/stream.js`."""


@pytest.mark.parametrize(
    ("fault", "values", "connections"),
    [
        (RESET_LIVE, {}, 2),
        (CUT_INSIDE_EVENT, {}, 2),
        (CUT_AFTER_HISTORY, {}, 2),
        (STREAM_REFUSED, {}, 2),
        ("http.rate-limited-once", {"operation": "stream_task"}, 2),
        ("stream.slow-begin", {"seconds": 1}, 1),
        ("stream.stalls", {"seconds": 1}, 1),
        ("stream.dribbles", {"seconds": 0.002, "times": 50}, 1),
        ("stream.buffered", {"times": None}, 1),
    ],
)
def test_whatever_befalls_a_stream_in_mid_answer_loses_and_doubles_nothing(
    page: Page, mock: Mock, heard: Heard, fault: str, values: dict[str, object], connections: int
):
    heard.expected = ("net::ERR_", "429", "503")
    trigger = {name: value for name, value in {"times": 1, **values}.items() if value is not None}
    mock.control("POST", "/faults", {"fault": fault, "with": trigger})
    asked(page, mock, "playbook: rich-markdown")
    page.get_by_role("button", name="Raw events").click()
    answer = log(page).get_by_role("article", name="Assistant")
    expect(answer.get_by_role("list").last).to_contain_text("live")
    finished(page)
    over = f"over {connections} connection{'s' if connections > 1 else ''}"
    expect(page.get_by_role("complementary").get_by_text(over)).to_be_visible()
    seen = answer.locator(".markdown").text_content()
    assert mock.control("GET", "/faults/active")["unfired"] == []
    page.reload()
    expect(answer.get_by_role("list").last).to_contain_text("live")

    assert answer.locator(".markdown").text_content() == seen


def test_a_stream_that_falls_silent_is_given_up_and_taken_up_again(page: Page, mock: Mock):
    page.clock.install()
    mock.control("POST", "/faults", {"fault": "stream.half-open", "with": {"times": 1}})
    asked(page, mock, "playbook: rich-markdown")
    answer = log(page).get_by_role("article", name="Assistant")
    expect(answer.get_by_text("list_directory")).to_be_visible()
    page.get_by_role("button", name="Raw events").click()
    expect(page.get_by_role("complementary").get_by_text("over 1 connection")).to_be_visible()
    page.clock.fast_forward(SILENCE_MS)

    expect(page.get_by_role("complementary").get_by_text("over 2 connections")).to_be_visible()
    expect(answer.get_by_role("list").last).to_contain_text("live")
    finished(page)
    expect(answer.get_by_text("list_directory")).to_have_count(1)


def test_an_expired_session_is_restored_without_a_word(page: Page, mock: Mock):
    asked(page, mock, "Create a file named heron.txt containing: `grey and tall`")
    finished(page)
    task = task_id(page)
    before = mock.api("GET", f"/tasks/{task}")["sessionId"]
    assert mock.control("POST", f"/sessions/{task}/expire", {})["expired"]
    field = page.get_by_role("textbox", name="Message")
    field.fill("Run exactly this shell command: cat heron.txt")
    field.press("Enter")
    expect(log(page).get_by_role("article")).to_have_count(4)

    expect(log(page).get_by_role("article").last.locator(".markdown")).to_contain_text("grey and tall")
    finished(page)
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)
    assert (task_id(page), mock.api("GET", f"/tasks/{task}")["sessionId"] == before) == (task, False)
