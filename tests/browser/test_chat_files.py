"""Uploads to a task and downloads from it, in the chat page."""

import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.chat import choose, finished, opened
from tests.browser.conftest import Mock
from tests.browser.transient_faults import CUT_AFTER_HISTORY, CUT_INSIDE_EVENT, under


@under(CUT_INSIDE_EVENT, CUT_AFTER_HISTORY)
def test_files_are_sent_shown_and_downloaded(page: Page, mock: Mock):
    field = opened(page, mock)
    choose(page, ("data.csv", "text/csv", b'item,count\n"a, b",3\n'))
    expect(page.get_by_role("list", name="Attached files")).to_contain_text("data.csv")
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


def test_an_archive_is_unpacked_and_its_files_are_shown(page: Page, mock: Mock):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes/day one.md", "# Heron")
        archive.writestr("count.csv", "bird,count\nheron,3\n")
    field = opened(page, mock)
    choose(page, ("birds.zip", "application/zip", packed.getvalue()))
    expect(page.get_by_role("list", name="Attached files")).to_contain_text("will be extracted")
    field.fill("What files are there?")
    field.press("Enter")
    finished(page)
    page.get_by_role("button", name="Files of this task").click()
    files = page.get_by_role("complementary")

    expect(files.get_by_role("button", name="day one.md uploads/birds/notes/day one.md")).to_be_visible()
    files.get_by_role("button", name="count.csv uploads/birds/count.csv").click()
    expect(files.get_by_role("cell", name="heron")).to_be_visible()
    expect(files.get_by_text("birds.zip")).to_have_count(0)


def test_file_limits_are_reported_before_a_request_is_sent(page: Page, mock: Mock, tmp_path: Path):
    sent: list[str] = []
    opened(page, mock)
    page.on("request", lambda request: sent.append(request.method))
    choose(page, *((f"{at}.txt", "text/plain", b"x") for at in range(21)))
    expect(page.get_by_role("alert").filter(has_text="up to 20 files. 1 was not added")).to_be_visible()
    expect(page.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(20)
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(51 * 1024**2)
    page.locator("input[type=file]").set_input_files(film)

    expect(page.get_by_role("alert").filter(has_text="film.mp4 is 51 MB. The limit is 50 MB")).to_be_visible()
    expect(page.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(20)
    assert "POST" not in sent
