"""Show that `autojump` gives a client the same events, whatever time it needs between its calls.

    sigmic-mock exec --clock autojump -- python -m tools.bench.autojump --repeats 200

A client creates a task that waits for ten minutes, follows it, sends a second message, and follows that;
before each later call it waits. Prints a row per client and delay. Exit code 1: events differ.
"""

import argparse
import json
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from itertools import groupby
from typing import Any
from urllib.request import Request, urlopen

from sigmic_conformance.mock_server.testing import Mock, Project, mock_server

_DELAYS = (0, 20, 50, 100, 200, 300, 500, 800)
_MESSAGES = ("Wait 10 minutes", "Wait 1 minute")
_EVENT = re.compile(r"^(?:event: (\w+)|: ?(heartbeat))", re.MULTILINE)
_SECONDS = 120.0
_BROWSER = """async ([key, messages, delay]) => {
  const headers = {Authorization: `Bearer ${key}`, 'Content-Type': 'application/json'};
  const pause = () => new Promise((done) => setTimeout(done, delay));
  const post = (path, message) => fetch(path, {method: 'POST', headers, body: JSON.stringify({message})});
  const texts = [];
  let task = null;
  for (const message of messages) {
    if (task === null) task = (await (await post('/api/v1/tasks', message)).json()).data.id;
    else { await pause(); await post(`/api/v1/tasks/${task}/messages`, message); }
    await pause();
    texts.push(await (await fetch(`/api/v1/tasks/${task}/stream`, {headers})).text());
  }
  return texts;
}"""

Talk = Callable[[Project, float], list[str]]
"""Has the conversation in a project, with a delay in seconds; returns the text of each stream."""


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.autojump")
    parser.add_argument("--repeats", type=int, default=20, help="conversations of each client and delay")
    parser.add_argument("--no-browser", action="store_true", help="without Chromium")
    given = parser.parse_args()
    rows: list[tuple[str, float, Counter[str]]] = []
    with mock_server() as mock, ThreadPoolExecutor(len(_DELAYS) + 1) as threads:
        python = {delay: threads.submit(_repeat, mock, _talk, delay, given.repeats) for delay in _DELAYS}
        browser = None if given.no_browser else threads.submit(_in_browser, mock, given.repeats)
        rows += [("Python", delay, counted.result()) for delay, counted in python.items()]
        rows += [] if browser is None else [("Chromium", *row) for row in browser.result()]
    _print(rows)
    sys.exit(len({events for _, _, counted in rows for events in counted}) != 1)


def _repeat(mock: Mock, talk: Talk, delay: float, repeats: int) -> Counter[str]:
    """Return how often each sequence of events occurred."""
    seen: Counter[str] = Counter()
    for _ in range(repeats):
        with mock.project("autojump", clock="autojump") as project:
            seen[" / ".join(_events(text) for text in talk(project, delay / 1000))] += 1
    return seen


def _events(text: str) -> str:
    """Return the events of a stream in order, with repeated ones combined, for example `40 heartbeat`."""
    names = (found[1] or found[2] for found in _EVENT.finditer(text))
    runs = ((name, len(list(alike))) for name, alike in groupby(names))
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in runs)


def _talk(project: Project, delay: float) -> list[str]:
    texts, task = [], ""
    for message in _MESSAGES:
        if task:
            time.sleep(delay)
        made = json.loads(_call(project, f"/tasks{task and f'/{task}/messages'}", {"message": message}))
        task = task or made["data"]["id"]
        time.sleep(delay)
        texts.append(_call(project, f"/tasks/{task}/stream"))
    return texts


def _call(project: Project, path: str, body: Any = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    headers = {**project.headers, "Content-Type": "application/json"}
    with urlopen(Request(f"{project.base_url}/api/v1{path}", data, headers), timeout=_SECONDS) as answer:  # noqa: S310 - of a mock
        return str(answer.read().decode())


def _in_browser(mock: Mock, repeats: int) -> list[tuple[float, Counter[str]]]:
    with _page(mock.base_url) as page:

        def talk(project: Project, delay: float) -> list[str]:
            return list(page.evaluate(_BROWSER, [project.api_key, _MESSAGES, delay * 1000]))

        return [(delay, _repeat(mock, talk, delay, repeats)) for delay in _DELAYS]


@contextmanager
def _page(url: str) -> Iterator[Any]:
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{url}/healthz")
        yield page
        browser.close()


def _print(rows: list[tuple[str, float, Counter[str]]]) -> None:
    lines = ["| client | delay (ms) | conversations | different | events |", "|---|---|---|---|---|"]
    for client, delay, counted in rows:
        events = " **or** ".join(counted)
        lines.append(f"| {client} | {delay} | {counted.total()} | {len(counted)} | {events} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
