"""The pictures of the documents, taken anew into the folder that SIGMIC_PICTURES names: docs/images."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the group `browser`")
expect = sync_api.expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Mock

FOLDER = os.environ.get("SIGMIC_PICTURES")


def ask(page: "Page", message: str) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_role("log").get_by_role("article", name="Assistant")).to_be_visible()


@pytest.mark.skipif(FOLDER is None, reason="SIGMIC_PICTURES names no folder for the pictures")
def test_pictures(page: "Page", mock: "Mock"):
    folder = Path(str(FOLDER))
    send = page.get_by_role("button", name="Send", exact=True)
    page.set_viewport_size({"width": 1200, "height": 720})
    page.goto(mock.url)
    ask(page, "playbook: approvals-demo")
    expect(send).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    ask(page, "playbook: stream-example")
    expect(send).to_be_visible()
    page.get_by_text("Planning the analysis").click()
    page.get_by_role("button", name="Files of this task").click()
    page.get_by_role("button", name=re.compile("output.csv output.csv")).click()
    expect(page.get_by_role("cell", name="columns")).to_be_visible()
    page.screenshot(path=folder / "chat.png")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Decide about each tool").click()
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_role("button", name="Allow once")).to_be_visible()
    page.get_by_role("complementary").get_by_role("button", name="Close").click()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 720})
    page.screenshot(path=folder / "approval.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1200, "height": 720})
    page.goto(f"{mock.url}/docs#stream_task")
    expect(page.locator("#stream_task .t-string").first).to_be_visible()
    page.screenshot(path=folder / "reference.png")
    page.goto(f"{mock.url}/console/settings/developer")
    page.get_by_role("button", name="Continue as owner").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_role("textbox", name="Name").fill("CI of the shop")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(page.get_by_role("row", name="CI of the shop")).to_be_visible()
    expect(page.locator(".t-string").first).to_be_visible()
    page.screenshot(path=folder / "console.png")
