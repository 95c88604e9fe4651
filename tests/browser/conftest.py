"""The pages in a browser, with the server as users start it.

Any problem that the browser reports for a page fails the test: an error on the console, an exception, a
violation of the policy, a request that failed or that went to another host.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sigmic_mock.config import defaults
from tests.browser.accessibility import Axe

_START_SECONDS = 30
_PATIENCE_MS = 20_000
"""How long a page may take to show the expected content: a limit for hanging pages, no measure of speed."""
REBOUND = "rebound.example"
"""A foreign host name that the browser resolves to this machine."""
_FLAGS = (
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PLAYBOOKS = Path(__file__).parent / "playbooks"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this system. Playwright's own Chromium is not required."""
    path = os.environ.get("SIGMIC_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium here: install chromium, or name one in SIGMIC_CHROMIUM")
    # As root, Chromium cannot create its sandbox.
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@dataclass
class Mock:
    """A running server: its address, and how a test calls it."""

    url: str
    control_token: str

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control plane."""
        headers = {"Authorization": f"Bearer {self.control_token}"}
        answer = httpx.request(method, f"{self.url}/__mock/v1{path}", headers=headers, json=body, timeout=15)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Call the API with the local key; return `data`."""
        answer = self.answer(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the API with the local key; return the whole answer."""
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}
        return httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=15, **options)

    def listen(self, task_id: str, key: str) -> "Listening":
        """Open a task's stream with this key and keep reading."""
        return Listening(self.url, task_id, key)

    def stream(self, task_id: str) -> str:
        """Read a task's stream to its end."""
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}
        return httpx.get(f"{self.url}/api/v1/tasks/{task_id}/stream", headers=headers, timeout=30).text


class Listening:
    """A client that reads a task's stream."""

    def __init__(self, url: str, task_id: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._opened = httpx.stream(
            "GET", f"{url}/api/v1/tasks/{task_id}/stream", headers=headers, timeout=15
        )
        self._texts = self._opened.__enter__().iter_text()
        self._heard = ""

    def until(self, words: str) -> str:
        """Return all text received up to these words."""
        while words not in self._heard:
            self._heard += next(self._texts)
        return self._heard

    def close(self) -> None:
        """Stop reading."""
        self._opened.__exit__(None, None, None)


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    """One server for all tests: each test creates its own tasks."""
    command = [sys.executable, "-m", "sigmic_mock", "serve", "--ephemeral", "--port=0"]
    command += ["--until-stdin-ends", "--log-level=warning", "--json", f"--playbooks={_PLAYBOOKS}"]
    with subprocess.Popen([*command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            ready = json.loads(server.stdout.readline())
            yield Mock(ready["base_url"], ready["control_token"])
        finally:
            server.stdin.close()
            server.wait(_START_SECONDS)


@dataclass
class Heard:
    """Problems that the browser reported for a page, without those that a test expects."""

    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def note(self, words: str) -> None:
        """Record one problem."""
        self.said.append(words)

    def console(self, kind: str, words: str) -> None:
        """Record an error or a warning."""
        if kind in {"error", "warning"}:
            self.note(words)

    def requested(self, url: str) -> None:
        """Record a request to another host."""
        if not url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            self.note(f"foreign: {url}")

    def failed(self, url: str, why: str) -> None:
        """Record a failed request, unless the page itself cancelled it."""
        if "ERR_ABORTED" not in why:
            self.note(f"failed: {url} {why}")

    @property
    def complaints(self) -> list[str]:
        """Problems that the test did not expect."""
        return [words for words in self.said if not any(each in words for each in self.expected)]


@pytest.fixture
def heard() -> Heard:
    """Problems of the page; a test may add to `expected` those that it causes."""
    return Heard()


@pytest.fixture
def page(browser: Browser, mock: Mock, heard: Heard) -> Iterator[Page]:
    """A fresh page in a separate context."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(_PATIENCE_MS)
    it = context.new_page()
    it.on("console", lambda message: heard.console(message.type, message.text))
    it.on("pageerror", lambda error: heard.note(f"exception: {error}"))
    it.on("requestfailed", lambda request: heard.failed(request.url, request.failure or ""))
    it.on("request", lambda request: heard.requested(request.url))
    yield it
    context.close()
    mock.control("DELETE", "/faults")
    assert heard.complaints == []


@pytest.fixture
def transient_fault(request: pytest.FixtureRequest, page: Page, mock: Mock, heard: Heard) -> Iterator[None]:
    """A fault that fires once, for any caller; None: no fault. After `page`, so that it ends first."""
    if request.param is None:
        yield
        return
    heard.expected = ("net::ERR_", "503")
    mock.control("POST", "/faults?scope=server", {"fault": request.param, "with": {"times": 1}})
    yield
    cleared = mock.control("DELETE", "/faults?scope=server")["cleared"]
    assert [armed["fired"] for armed in cleared] == [1]


@pytest.fixture(scope="session")
def axe() -> Axe:
    """The accessibility checks, as npm installed them: `axe.check(page)`."""
    modules = os.environ.get("SIGMIC_NODE_MODULES")
    if modules is None:
        pytest.skip("no axe here: npm install axe-core, and name the node_modules in SIGMIC_NODE_MODULES")
    return Axe(Path(modules, "axe-core", "axe.min.js").read_text(encoding="utf-8"))
