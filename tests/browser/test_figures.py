"""Speed of the pages: figures of this machine, written to the file that SIGMIC_FIGURES names.

Each test also checks that the work was done: no text was lost, every message and file is there.
"""

import io
import itertools
import json
import math
import os
import re
import statistics
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Mock
from tests.browser.conversations import client_of, new_project, signed_in_as, talked

FILE = os.environ.get("SIGMIC_FIGURES")
pytestmark = [
    pytest.mark.skipif(FILE is None, reason="SIGMIC_FIGURES names no file for the figures"),
    pytest.mark.timeout(300),
]
LONG_MS = 120_000
DELTAS = 5000
SENDS = 20
TURNS = 250
FILES = 10_000
WATCH = """
    globalThis.figures = {tasks: [], frames: []};
    new PerformanceObserver(list => figures.tasks.push(...list.getEntries().map(it => it.duration)))
        .observe({type: "longtask", buffered: true});
    let last = performance.now();
    const frame = now => { figures.frames.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    // Painted: the frame after the one in which it is there.
    globalThis.painted = (isThere) => new Promise(done => {
        const seen = new MutationObserver(() => {
            if (!isThere()) return;
            seen.disconnect();
            requestAnimationFrame(() => setTimeout(() => done(performance.now())));
        });
        seen.observe(document, {childList: true, subtree: true, characterData: true});
    });
"""
AFRESH = "() => { figures.tasks = []; figures.frames = []; }"
FIRST_TEXT = """async () => {
    const text = () => document.querySelector("[role=log] .message.assistant .markdown")?.textContent;
    const begun = performance.now();
    const done = painted(text);
    document.querySelector("[aria-label=Send]").click();
    return await done - begun;
}"""
# `expect` reads the whole page repeatedly in the page's own thread, and so would measure itself.
ANSWERED = """async () => {
    const begun = performance.now();
    const done = painted(() => document.querySelector("[aria-label=Stop]"))
        .then(() => painted(() => document.querySelector("[aria-label=Send]")));
    document.querySelector("[aria-label=Send]").click();
    return (await done - begun) / 1000;
}"""
OPENING = """
    const all = document.getElementsByTagName("article");
    const last = at => all[all.length - at]?.textContent;
    figures.readable = painted(() => last(2) === "question 249" && last(1));
    figures.whole = painted(() => all.length === 500);
"""
FILES_SHOWN = """async button => {
    const begun = performance.now();
    const done = painted(() => document.querySelector("ul.files li"));
    button.click();
    return await done - begun;
}"""


def tell(what: str, **figures: float) -> None:
    """Add a line to the file."""
    told = ", ".join(f"{name} {value:,.0f}" for name, value in figures.items())
    with Path(str(FILE)).open("a") as file:
        file.write(f"| {what} | {told} |\n")


def p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


def long_tasks(page: Page) -> dict[str, float]:
    tasks: list[float] = page.evaluate("figures.tasks")
    return {"long tasks": len(tasks), "longest ms": max(tasks, default=0)}


def write(page: Page, message: str) -> None:
    field = page.get_by_role("textbox", name="Message")
    expect(field).to_be_focused()
    field.fill(message)


def finished(page: Page) -> None:
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible(timeout=LONG_MS)


def test_first_text(page: Page, mock: Mock):
    page.add_init_script(WATCH)
    page.goto(mock.url)
    waits: list[float] = []
    for _ in range(SENDS + 1):
        write(page, "What is the capital of France?")
        waits.append(page.evaluate(FIRST_TEXT))
        expect(page.get_by_role("log")).to_contain_text("Paris")
        finished(page)
        page.keyboard.press("Control+Shift+O")
    cold, *warm = waits

    assert len(warm) == SENDS
    tell(
        "send to first text painted, of 20",
        **{"p95 ms": p95(warm), "p50": statistics.median(warm), "cold": cold},
    )


def markdown() -> str:
    """Return every Markdown form, with a different word in each place."""
    words = (f"w{number:04}" for number in itertools.count())
    forms = (
        "## Part {}\n\n",
        "Some {} and **{}** with `{}` and *{}*.\n\n",
        "- {}\n- {}\n  - {}\n\n",
        "| {} | {} |\n|---|---|\n| {} | {} |\n\n",
        "```py\n{} = {}\n\n# {}\n```\n\n",
        "> {} {}\n> {}\n\n",
    )
    text = ""
    for form in itertools.cycle(forms):
        text += form.format(*itertools.islice(words, form.count("{}")))
        if len(text) >= DELTAS * 8:
            return text[: DELTAS * 8]
    raise AssertionError


def fence() -> str:
    """Return one block of code: it is drawn unchanged."""
    return (
        "```txt\n"
        + "".join(f"line {number:05} of it\n" for number in range(DELTAS))[: DELTAS * 8 - 11]
        + "\n```"
    )


@pytest.mark.parametrize("shape", [markdown, fence])
def test_deltas(page: Page, mock: Mock, shape: Any):
    text: str = shape()
    pieces = [text[at : at + 8] for at in range(0, len(text), 8)]
    assert len(pieces) == DELTAS
    name = f"deltas-{shape.__name__}"
    playbook = {"name": name, "when": {"message": f"playbook: {name}"}}
    steps = [{"say": {"chunks": pieces, "pace": "2ms"}}]
    mock.control("PUT", f"/playbooks/{name}", {"yaml": json.dumps({**playbook, "steps": steps})})
    page.add_init_script(WATCH)
    page.goto(mock.url)
    write(page, f"playbook: {name}")
    page.evaluate(AFRESH)
    took: float = page.evaluate(ANSWERED)
    frames: list[float] = page.evaluate("figures.frames")
    drawn = page.get_by_role("article", name="Assistant").locator(".markdown").text_content() or ""
    tell(
        f"{DELTAS} deltas, {shape.__name__}",
        seconds=took,
        **long_tasks(page),
        **{"p95 frame ms": p95(frames)},
    )

    kept = mock.api("GET", f"/tasks/{page.url.rsplit('/', 1)[1]}")["output"]["content"]
    assert kept == text
    assert re.findall(r"w\d{4}", drawn) == re.findall(r"w\d{4}", text)
    if shape is fence:
        code = page.get_by_role("article", name="Assistant").locator("code").text_content()
        assert f"```txt\n{code}\n```" == kept
    page.reload()
    expect(page.get_by_role("article", name="Assistant")).to_be_visible()
    assert page.get_by_role("article", name="Assistant").locator(".markdown").text_content() == drawn


def test_long_conversation(page: Page, mock: Mock):
    project = new_project(mock)
    task = talked(mock, project, TURNS, markdown()[:1200])
    signed_in_as(page, project["api_key"])
    page.add_init_script(WATCH)
    page.add_init_script(OPENING)
    page.goto(f"{mock.url}/c/{task}")
    readable: float = page.evaluate("figures.readable")
    whole: float = page.evaluate("figures.whole")
    tell("500 messages opened", **{"last readable ms": readable, "whole ms": whole}, **long_tasks(page))

    expect(page.get_by_role("article")).to_have_count(2 * TURNS)
    expect(page.get_by_role("article").last).to_be_in_viewport()


def test_many_files(page: Page, mock: Mock):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(FILES):
            archive.writestr(f"{number:05}.txt", f"{number}\n")
    project = new_project(mock)
    with client_of(mock, project) as client:
        files = {"files": ("many.zip", packed.getvalue(), "application/zip")}
        made = client.post("/tasks", data={"message": "Reply with exactly: done"}, files=files)
        task = made.json()["data"]["id"]
        client.get(f"/tasks/{task}/stream")
    signed_in_as(page, project["api_key"])
    page.add_init_script(WATCH)
    page.goto(f"{mock.url}/c/{task}")
    expect(page.get_by_role("article", name="Assistant").locator(".markdown")).to_have_text("done")
    page.evaluate(AFRESH)
    took = page.get_by_role("button", name="Files of this task").evaluate(FILES_SHOWN)
    more = page.get_by_role("button", name=f"Show more of {FILES} files")
    expect(more).to_be_visible()
    more.click()
    expect(page.get_by_role("complementary").get_by_role("listitem")).to_have_count(400)

    tell(f"{FILES} files listed", ms=took, **long_tasks(page))
