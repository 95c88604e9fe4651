"""The widget in a customer's page: the example's, with its own policy, Trusted Types `'none'` included."""

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import Axe
from tests.browser.conftest import Heard, Mock
from tests.browser.transient_faults import CUT_INSIDE_EVENT, STREAM_REFUSED

EXAMPLE = Path(__file__).parents[2] / "examples" / "widget-host" / "server.py"
Host = Callable[..., str]


def example_backend() -> Any:
    spec = importlib.util.spec_from_file_location("widget_host_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Backend


@contextmanager
def listening(backend: type) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), backend)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(15)


@pytest.fixture
def host(mock: Mock) -> Iterator[Host]:
    """Start the example on a free port that its widget app allows, or does not."""
    with ExitStack() as stack:

        def start(*, allowed: bool = True, **members: Any) -> str:
            backend = type("Backend", (example_backend(),), {"mock": mock.url, **members})
            origin = stack.enter_context(listening(backend))
            made = mock.control("POST", "/projects", {"origins": [origin] if allowed else []})
            backend.app_id, backend.app_secret = made["app_id"], made["app_secret"]  # type: ignore[attr-defined]  # fields of this test
            return origin

        yield start


def open_panel(page: Page) -> None:
    page.get_by_role("button", name="Open Field & Forest").click()
    expect(page.get_by_role("dialog", name="Field & Forest")).to_be_visible()


def ask(page: Page, message: str) -> None:
    field = page.get_by_role("textbox", name="Message")
    answers = page.get_by_role("article", name="Assistant")
    before = answers.count()
    field.fill(message)
    field.press("Enter")
    expect(answers).to_have_count(before + 1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_a_table_breaks_no_word_in_the_panel(page: Page, host: Host):
    page.goto(host() + "/")
    open_panel(page)
    ask(page, "playbook: tour")
    lines = "it => { const r = new Range(); r.selectNodeContents(it); return r.getClientRects().length }"
    assert page.get_by_role("columnheader", name="requests").evaluate(lines) == 1


@pytest.mark.usefixtures("transient_fault")
@pytest.mark.parametrize(
    ("styles", "transient_fault"),
    [("", None), ("?hostile", None), ("", CUT_INSIDE_EVENT), ("?hostile", STREAM_REFUSED)],
    indirect=["transient_fault"],
)
def test_two_tags_embed_a_chat_whatever_the_pages_styles_are(page: Page, host: Host, styles: str):
    page.goto(host() + "/" + styles)
    open_panel(page)
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    ask(page, "What is the capital of France?")

    expect(page.get_by_role("article", name="Assistant")).to_contain_text("Paris")
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["x"] + box["width"])) == (380, 1260)
    text = page.get_by_role("article", name="Assistant").locator("p")
    style = text.evaluate("it => [getComputedStyle(it).fontSize, getComputedStyle(it).visibility]")
    assert style == ["15px", "visible"]


def test_the_last_conversation_is_taken_up_after_a_reload(page: Page, host: Host):
    page.goto(host())
    open_panel(page)
    ask(page, "What is 2+2?")
    page.reload()
    open_panel(page)
    expect(page.get_by_role("article", name="You")).to_contain_text("What is 2+2?")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("Ask us anything about tents.")).to_be_visible()
    page.get_by_role("button", name="Conversations").click()
    page.get_by_role("button", name="What is 2+2?").click()

    expect(page.get_by_role("article", name="Assistant")).to_contain_text("4")


def test_a_page_of_a_forbidden_origin_shows_the_error_code(page: Page, host: Host, heard: Heard):
    heard.expected = ("403",)
    origin = host(allowed=False)
    page.goto(origin)
    open_panel(page)

    expect(page.get_by_role("alert")).to_contain_text("ORIGIN_NOT_ALLOWED")
    expect(page.get_by_role("alert")).to_contain_text(f"{origin} is not an allowed origin")


def test_a_refused_token_is_renewed_once_and_the_chat_continues(page: Page, host: Host, heard: Heard):
    heard.expected = ("401",)
    given: list[int] = []
    backend = example_backend()

    def token(self: Any) -> tuple[int, bytes]:
        given.append(1)
        if len(given) == 1:
            return 200, json.dumps({"success": True, "data": {"token": "eyJ.old.token"}}).encode()
        return backend.token(self)

    page.goto(host(token=token))
    open_panel(page)
    ask(page, "What is 2+2?")

    expect(page.get_by_role("article", name="Assistant")).to_contain_text("4")
    assert len(given) == 2


def test_a_token_is_renewed_a_minute_before_it_ends(page: Page, mock: Mock, host: Host):
    given: list[str] = []

    def token(self: Any) -> tuple[int, bytes]:
        lifetime = "15m" if given else "62s"
        credentials = {"appId": self.app_id, "appSecret": self.app_secret, "endUserId": "u"}
        answer = httpx.post(
            f"{mock.url}/api/v1/auth/token", json={**credentials, "expiresIn": lifetime}, timeout=15
        )
        given.append(answer.json()["data"]["token"])
        return answer.status_code, answer.content

    page.goto(host(token=token))
    with page.expect_response("**/api/chat-token"):
        open_panel(page)
    with page.expect_response("**/api/chat-token"):
        pass  # sent by the widget's own timer, without a question
    with page.expect_request("**/api/v1/tasks") as sent:
        ask(page, "What is 2+2?")

    assert len(given) == 2
    assert sent.value.headers["authorization"] == f"Bearer {given[1]}"


def test_a_backend_without_a_token_is_reported_and_can_be_retried(page: Page, host: Host, heard: Heard):
    heard.expected = ("500",)
    broken = [True]
    backend = example_backend()

    def token(self: Any) -> tuple[int, bytes]:
        if broken:
            return 500, b'{"success": false, "error": {"message": "no session", "code": "X"}}'
        return backend.token(self)

    page.goto(host(token=token))
    open_panel(page)
    expect(page.get_by_role("alert")).to_contain_text("Could not renew the token: no session")
    broken.clear()
    page.get_by_role("button", name="Try again").click()

    ask(page, "What is 2+2?")


def test_it_is_used_by_keyboard_and_can_be_driven_and_removed(page: Page, host: Host):
    page.goto(host())
    bubble = page.get_by_role("button", name="Open Field & Forest")
    bubble.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(bubble).to_be_focused()
    page.evaluate("SigmicChat.open()")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("SigmicChat.destroy()")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("[typeof Prism, SigmicChat === XYZChat]") == ["undefined", True]


def test_the_page_has_no_accessibility_violations(page: Page, host: Host, axe: Axe):
    page.goto(host())
    axe.check(page)
    open_panel(page)
    ask(page, "playbook: rich-markdown")
    expect(page.get_by_role("heading", name="Streaming, in short")).to_be_visible()

    axe.check(page)
