"""The guides name every step and tool, and every sentence in the table of directives is a directive."""

import re
from pathlib import Path

import pytest

from sigmic_mock.agent.directives.grammar import read
from sigmic_mock.agent.tools.builtin import TOOLS
from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
DIRECTIVES = (GUIDES / "directives.md").read_text(encoding="utf-8")
PLAYBOOKS = (GUIDES / "playbooks.md").read_text(encoding="utf-8")


def documented_sentences() -> list[str]:
    table = DIRECTIVES.split("## The sentences")[1].split("\n\nNumbers")[0]
    cells = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines() if row.startswith("| ")][1:]
    quoted = [found[1] or found[2] for cell in cells for found in re.finditer(r"``(.+?) ``|`([^`]+)`", cell)]
    return [
        text
        for text in quoted
        if not text.startswith("…") and text not in {"characters", "sentences", "lines"}
    ]


@pytest.mark.parametrize("sentence", documented_sentences())
def test_every_documented_sentence_is_a_directive(sentence):
    text = sentence.replace("…", "something short")
    if sentence.endswith("content:"):
        text += "\n```\nhello\n```"

    reading = read(text)

    assert len(reading.directives) == 1
    assert reading.not_understood == ()


def test_the_table_of_directives_was_found():
    assert len(documented_sentences()) >= 30


def test_every_kind_of_step_is_in_the_table():
    table = PLAYBOOKS.split("## Steps")[1].split("### Tools")[0]
    named = set(re.findall(r"`([a-z_]+): ", table))

    assert named == set(ALL_STEP_KINDS.by_key)


def test_every_tool_is_documented():
    tools = {
        name
        for row in DIRECTIVES.split("## Tools")[1].splitlines()
        for name in re.findall(r"`([a-z_]+)`", row.split(" | ")[0])
        if row.startswith("| `")
    }

    assert tools == set(TOOLS)
