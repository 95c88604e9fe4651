"""The guides name every step and tool, and their table of directives is the agent's."""

import re
from pathlib import Path

from sigmic_mock.agent.directives.forms import FORMS, as_code
from sigmic_mock.agent.tools.builtin import TOOLS
from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
DIRECTIVES = (GUIDES / "directives.md").read_text(encoding="utf-8")
PLAYBOOKS = (GUIDES / "playbooks.md").read_text(encoding="utf-8")


def test_the_table_of_directives_is_that_of_the_agent():
    table = DIRECTIVES.split("## The sentences")[1].split("\n\nThe message")[0]

    assert [row for row in table.splitlines() if row.startswith("| `")] == [
        f"| {' · '.join(map(as_code, form.examples))} | {form.does} |" for form in FORMS
    ]


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
