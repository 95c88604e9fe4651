"""The page of an address that has none."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import Axe
from tests.browser.conftest import Heard, Mock


def test_an_unknown_address_leads_to_the_pages(page: Page, mock: Mock, heard: Heard, axe: Axe):
    heard.expected = ("404",)
    page.goto(f"{mock.url}/nowhere")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    axe.check(page)
    for name in ("Chat", "Console", "Control deck"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name="API reference").click()

    expect(page.get_by_role("heading", name="Sigmic AI Task API")).to_be_visible()
