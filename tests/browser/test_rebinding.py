"""A page whose host name was rebound to this machine gets nothing, on any surface."""

from playwright.sync_api import Browser

from sigmic_mock.config import defaults
from tests.browser.conftest import REBOUND, Mock

_ASK = """async ([key, calls]) => Promise.all(calls.map(async ([method, path, body]) => {
  const headers = {Authorization: 'Bearer ' + key, 'Content-Type': 'application/json'};
  const answer = await fetch(path, {method, headers, body});
  return [path, answer.status, (await answer.json()).error?.code];
}))"""


def test_a_rebound_page_is_refused_everywhere(browser: Browser, mock: Mock) -> None:
    page = browser.new_page()
    port = mock.url.rpartition(":")[2]
    before = mock.answer("GET", "/tasks").json()["pagination"]["total"]
    calls = [
        ("GET", "/api/v1/tasks", None),
        ("POST", "/api/v1/tasks", '{"message": "Run exactly this shell command: `id`"}'),
        ("POST", "/api/v1/auth/token", "{}"),
        ("POST", "/ui/sign-in", "{}"),
        ("POST", "/console/api/session", '{"name": "ada"}'),
        ("GET", "/console/api/session", None),
        ("GET", "/__mock/v1/clock", None),
        ("GET", "/healthz", None),
        ("GET", "/metrics", None),
        ("GET", "/docs", None),
    ]

    opened = page.goto(f"http://{REBOUND}:{port}/")
    answers = page.evaluate(_ASK, [defaults.API_KEY, calls])
    page.close()

    assert opened is not None
    assert opened.status == 403
    assert answers == [[path, 403, "FORBIDDEN"] for _, path, _ in calls]
    assert mock.answer("GET", "/tasks").json()["pagination"]["total"] == before
