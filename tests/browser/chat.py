"""The chat page as a reader uses it."""

import re

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import Mock


def opened(page: Page, mock: Mock, path: str = "/") -> Locator:
    """Open the chat; return the message field."""
    page.goto(mock.url + path)
    field = page.get_by_role("textbox", name="Message")
    expect(field).to_be_focused()
    return field


def asked(page: Page, mock: Mock, message: str) -> None:
    """Send a first message."""
    field = opened(page, mock)
    field.fill(message)
    field.press("Enter")


def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Put files (name, media type, content) into the picker."""
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files
    ]
    page.locator("input[type=file]").set_input_files(chosen)


def log(page: Page) -> Locator:
    """Return the conversation."""
    return page.get_by_role("log")


def finished(page: Page) -> None:
    """Wait until the turn is over."""
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def task_id(page: Page) -> str:
    """Return the task whose conversation is shown."""
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]
