"""The API reference in a browser: its content, and that its samples can be sent."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sigmic_mock.config import defaults
from sigmic_spec.document import Document
from tests.browser.accessibility import Axe
from tests.browser.conftest import Mock
from tests.fakes.command import ended

RUNNERS = {
    "curl": (["sh"], "sh"),
    "Python": ([sys.executable], "py"),
    "JavaScript": (["node"], "mjs"),
}
"""Program that runs a sample of each language, and the suffix of the sample's file."""
RUN_SECONDS = 60


def opened(page: Page, mock: Mock, operation: str = "") -> None:
    page.goto(f"{mock.url}/docs#{operation}")
    expect(page.get_by_role("heading", name="Sigmic AI Task API")).to_be_visible()


def test_every_operation_and_event_is_there_and_reached_by_its_address(page: Page, mock: Mock):
    opened(page, mock, "event-tool_result")
    document = Document.load()

    for name in (*document.operations, *(f"event-{each}" for each in document.event_schemas)):
        expect(page.locator(f"#{name}")).to_have_count(1)
    expect(page.locator("#event-tool_result")).to_be_in_viewport()
    page.locator("#event-tool_result").get_by_text("requirement").first.click()
    expect(page.locator("#event-tool_result").get_by_text("EVENT-008")).to_be_visible()


def test_samples_hold_the_local_key_and_this_address(page: Page, mock: Mock):
    opened(page, mock, "create_task")
    sample = page.locator("#create_task .sample")

    for language in ("curl", "Python", "JavaScript"):
        sample.get_by_role("button", name=language).click()
        expect(sample.locator("code").first).to_contain_text(defaults.API_KEY)
        expect(sample.locator("code").first).to_contain_text(mock.url)


@pytest.mark.parametrize("language", RUNNERS)
def test_every_sample_runs_unchanged(page: Page, mock: Mock, tmp_path: Path, language: str):
    command, suffix = RUNNERS[language]
    for program in (command[0], *(["curl", "sed"] if language == "curl" else [])):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here to run the samples")
    opened(page, mock)
    # By the keyboard: a click misses if the page moves under it while the last parts arrive.
    page.locator("#create_task .sample").get_by_role("button", name=language).press("Enter")
    operations = list(Document.load().operations)
    files = {name: tmp_path / f"{name}.{suffix}" for name in operations}
    for name, file in files.items():
        button = page.locator(f"#{name} .sample").get_by_role("button", name=language)
        expect(button).to_have_attribute("aria-pressed", "true")
        sample = page.locator(f"#{name} .sample code").first
        expect(sample).to_contain_text(defaults.APP_SECRET if name == "create_token" else defaults.API_KEY)
        file.write_text(sample.inner_text(), encoding="utf-8")

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return ended([*command, files[name]], seconds=RUN_SECONDS)

    with ThreadPoolExecutor(2) as pool:
        done = dict(zip(operations, pool.map(run, operations), strict=True))

    assert {name: (it.returncode, it.stderr) for name, it in done.items() if it.returncode != 0} == {}
    said = {name: it.stdout for name, it in done.items()}
    assert said.pop("download_artifact").strip() == "# Report"
    assert "event: done" in said.pop("stream_task")
    for name, words in said.items():
        assert re.match(r"\{\s*['\"]?success['\"]?: ?true", words, re.IGNORECASE), (name, words)
    assert "approved" in said["approve_tool_call"]


def test_a_sample_is_sent(page: Page, mock: Mock):
    opened(page, mock, "create_task")
    create = page.locator("#create_task")
    create.get_by_text("Try it").click()
    create.get_by_role("button", name="Send", exact=True).click()

    expect(create.get_by_role("status")).to_contain_text("201")
    assert json.loads(create.locator(".try pre").inner_text())["data"]["id"]


def test_a_stream_is_read_to_its_end(page: Page, mock: Mock):
    waiting = mock.api("POST", "/tasks", json={"message": "playbook: approvals-demo", "autoExecute": False})
    opened(page, mock, "stream_task")
    stream = page.locator("#stream_task")
    stream.get_by_text("Try it").click()
    stream.get_by_label("id", exact=True).fill(waiting["id"])
    stream.get_by_role("button", name="Send", exact=True).click()
    expect(stream.locator(".try pre")).to_contain_text("event: tool_call")

    mock.api("DELETE", f"/tasks/{waiting['id']}")
    expect(stream.locator(".try pre")).to_contain_text("event: error")


def test_on_a_phone_the_contents_are_one_touch_away(page: Page, mock: Mock):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, mock)
    expect(page.get_by_role("heading", name="Sigmic AI Task API")).to_be_in_viewport()
    link = page.get_by_role("navigation").get_by_role("link", name="List tasks")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Contents").click()
    box = link.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    link.click()

    expect(link).to_be_hidden()
    expect(page.get_by_role("heading", name="List tasks")).to_be_in_viewport()


def test_the_reference_is_accessible_and_fits_any_window(page: Page, mock: Mock, axe: Axe):
    opened(page, mock)
    expect(page.locator("#error-codes")).to_have_count(1)

    # One of each kind: the whole page takes half a minute.
    axe.check(page, "nav", ".intro", "#create_task", "#event-tool_result", "#error-codes + section")
    for width in (1800, 900, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


def test_the_search_finds_an_operation_by_its_words_or_its_path(page: Page, mock: Mock):
    page.goto(mock.url + "/docs")
    page.get_by_role("button", name="Search reference").click()
    field = page.get_by_role("combobox", name="Search pages and actions")
    expect(field).to_be_focused()
    field.fill("POST messages")
    field.press("Enter")

    expect(page).to_have_url(mock.url + "/docs#send_message")
    expect(page.get_by_role("heading", name="Send a follow-up message")).to_be_in_viewport()
