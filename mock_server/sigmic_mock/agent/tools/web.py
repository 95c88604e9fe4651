"""The tool `web_search`: it searches a few bundled pages, never the network.

The addresses of the pages are under `example.com`: the links are examples.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sigmic_mock.agent.tools.output import succeeded
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.ports import Sandbox
from sigmic_spec.plural import plural

_PAGES = Path(__file__).with_name("web_pages.yaml")
_WORD = re.compile(r"\w{2,40}")
_SMALL = frozenset("a an and are for from in is of on or the to what with about how".split())
MOST_RESULTS = 3
_READ_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Page:
    """One bundled page; `topics` are its names in questions."""

    title: str
    url: str
    topics: tuple[str, ...]
    text: str


@cache
def pages() -> tuple[Page, ...]:
    """Return the bundled pages."""
    read = yaml.safe_load(_PAGES.read_text("utf-8"))
    return tuple(
        Page(each["title"], each["url"], tuple(each["topics"]), each["text"].strip()) for each in read
    )


def found(query: str) -> list[Page]:
    """Return the pages that have most of the words of a query, the best first."""
    words = set(_WORD.findall(query[:_READ_CHARACTERS].lower())) - _SMALL
    scored = [(_score(page, words), at) for at, page in enumerate(pages())]
    best = sorted((each for each in scored if each[0]), key=lambda each: (-each[0], each[1]))
    return [pages()[at] for _, at in best[:MOST_RESULTS]]


def _score(page: Page, words: set[str]) -> int:
    topics = {word for topic in page.topics for word in topic.split()}
    text = set(_WORD.findall(page.text.lower()))
    return sum(4 * (word in topics) + (word in text) for word in words)


async def web_search(_sandbox: Sandbox, args: Mapping[str, Any], _env: Mapping[str, str]) -> ToolOutcome:
    """List the pages that match a query, as Markdown: title with link, and the text of the page."""
    query = " ".join(str(args["query"]).split())
    results = found(query)
    if not results:
        return succeeded(
            f"No page is about “{query[:100]}”: this search knows {plural(len(pages()), 'bundled page')}."
        )
    lines = [f"{at}. [{page.title}]({page.url}): {page.text}" for at, page in enumerate(results, start=1)]
    return succeeded("\n".join(lines))
