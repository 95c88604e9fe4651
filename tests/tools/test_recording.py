"""The moving picture of the README."""

import re
from xml.etree import ElementTree as ET

from tools.fences import blocks
from tools.recording import tour

DOCUMENT = "docs/guides/use-the-mock.md"
SVG = "{http://www.w3.org/2000/svg}"


def texts() -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(tour()).iter(f"{SVG}text")]


def test_the_picture_shows_every_event_of_the_document_in_order():
    shown = next(block.shown for block in blocks(DOCUMENT) if "curl" in block.text)
    events = re.findall(r"event: \w+", shown)

    assert len(events) > 5
    assert [text for text in texts() if text.startswith("event: ")] == events


def test_the_chat_shows_the_message_and_the_answer():
    assert {"What is the capital of France?", "The capital of France is Paris.", "Completed"} <= set(texts())


def test_the_picture_loads_nothing_and_stands_still_for_readers_who_want_that():
    picture = tour()
    style = picture.partition("<style>")[2].partition("</style>")[0]

    assert not re.search(r"href|<script|url\(", picture)
    assert style.index("prefers-reduced-motion:no-preference") < style.index("animation:")


def test_the_picture_is_small_and_the_same_each_time():
    assert tour() == tour()
    assert len(tour()) < 20_000
