"""The generated pages of the suite: commands, exit codes and reason codes."""

import re

import pytest

from sigmic_conformance.cli import COMMANDS
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Unproven
from sigmic_mock.faults.catalogue import load_catalogue
from tools.suite_pages import commands_page, reasons_page

COMMANDS_PAGE = commands_page()
REASONS_PAGE = reasons_page()


@pytest.mark.parametrize("command", [each.name for each in COMMANDS])
def test_every_command_has_a_section(command: str):
    assert f"\n## {command}\n" in COMMANDS_PAGE


def test_the_flags_of_a_command_are_listed_with_their_meaning():
    section = COMMANDS_PAGE.partition("\n## merge\n")[2].partition("\n## ")[0]

    assert "| `--report-dir DIR` |" in section
    assert "--help" not in section


def test_a_command_with_many_options_has_a_short_form():
    assert "`sigmic-conformance run [options]`" in COMMANDS_PAGE
    assert "`sigmic-conformance explain" in COMMANDS_PAGE


def test_every_exit_code_is_listed_once():
    section = COMMANDS_PAGE.partition("\n## Exit codes\n")[2].partition("The other commands")[0]

    assert re.findall(r"^\| `(\d+)` \| \w", section, re.MULTILINE) == [str(int(each)) for each in ExitCode]


def test_every_verdict_and_every_cause_is_explained():
    for code in (*Outcome, *Unproven):
        assert re.search(rf"^\| `{code}` \| \w", REASONS_PAGE, re.MULTILINE), code


def test_every_reason_of_a_violation_is_explained():
    for reason in {fault.reason for fault in load_catalogue().values() if fault.reason}:
        assert f"\n| `{reason}` |" in REASONS_PAGE, reason


def test_no_bar_in_a_text_breaks_a_table():
    for page in (COMMANDS_PAGE, REASONS_PAGE):
        rows = [line for line in page.splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 4}
