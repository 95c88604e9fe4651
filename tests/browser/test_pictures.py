"""The pictures of the documents, taken again for the folder that SIGMIC_PICTURES names: docs/images."""

import os
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Mock

FOLDER = os.environ.get("SIGMIC_PICTURES")


def ask(page: Page, message: str) -> None:
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("textbox", name="Message").press("Enter")
    expect(page.get_by_role("log").get_by_role("article", name="Assistant")).to_be_visible()


SCRIPT = """
name: report
when: {message: "Write the report*"}
steps:
  - think: {subject: Planning, description: I look at the files first.}
  - say: "I look at what is there. "
  - wait: 9
  - tool: {name: list_directory, args: {path: /workspace}}
  - wait: 14
  - say: "Nothing yet, so I begin. "
  - write: {path: downloads/report.md, text: "# Report"}
  - wait: 12
  - say: "The report is written."
"""


@pytest.mark.skipif(FOLDER is None, reason="SIGMIC_PICTURES names no folder for the pictures")
def test_picture_of_the_deck(page: Page, mock: Mock):
    project = mock.control("POST", "/projects", {"name": "Nightly tests", "clock": "autojump"})
    here = f"?project={project['project']}"
    mock.control("PUT", f"/playbooks/report{here}", {"yaml": SCRIPT})
    headers = {"Authorization": f"Bearer {project['api_key']}"}
    with httpx.Client(base_url=f"{mock.url}/api/v1", headers=headers, timeout=30) as client:
        asked = client.post("/tasks", json={"message": "What is the capital of France?"})
        client.get(f"/tasks/{asked.json()['data']['id']}/stream")
        client.get("/tasks/10ca1000-0000-4000-8000-00000000dead")
        limited = {"fault": "http.rate-limited", "with": {"operation": "list_tasks", "times": 1}}
        mock.control("POST", f"/faults{here}", limited)
        client.get("/tasks")
        client.get("/tasks")
        task = client.post("/tasks", json={"message": "Write the report"}).json()["data"]["id"]
        client.get(f"/tasks/{task}/stream")
        client.get(f"/tasks/{task}/history")
        client.get(f"/tasks/{task}/artifacts")
    page.set_viewport_size({"width": 1200, "height": 720})
    page.goto(f"{mock.url}/__mock/ui{here}&scope=project#token={mock.control_token}")
    requests = page.get_by_role("listbox", name="Requests").get_by_role("option")
    requests.filter(has_text="stream_task").first.click()
    expect(page.get_by_role("region", name="Frames")).to_be_visible()
    page.screenshot(path=Path(str(FOLDER)) / "deck.png")


@pytest.mark.skipif(FOLDER is None, reason="SIGMIC_PICTURES names no folder for the pictures")
def test_pictures(page: Page, mock: Mock):
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
    page.goto(f"{mock.url}/console/settings/developer")
    page.get_by_role("button", name="Continue as Owner").click()
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("textbox", name="Name").fill("CI of the shop")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(page.get_by_role("row", name="CI of the shop")).to_be_visible()
    expect(page.locator(".t-string").first).to_be_visible()
    page.screenshot(path=folder / "console.png")
