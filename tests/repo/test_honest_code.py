"""Ordinary modules of the mock are written as if faults did not exist: they contain no word about faults."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tracked import tracked

ROOT = Path(__file__).parents[2]
HONEST = ("agent", "config", "domain", "http", "mcp", "runtime", "sandbox", "service", "storage")
"""Packages of the mock; `ports.py` counts as well."""
FAULT_WORDS = re.compile(
    r"(?<![a-z])("
    r"fault(s|y)?|injected|deviat\w*|misbehav\w*|misdeeds?|mispag\w*|slips?|deeds?|careless\w*|wrongly|spoilt|spoils?"
    r"|carried|asker|twins?"
    r")(?![a-z])",
    re.IGNORECASE,
)
ALLOWED = {
    # Text that a user writes to arm faults, or to start without faults: passed on unread.
    "config/settings.py": {"fault", "faults"},
    # Published: the name in a timeline for a frame that the control plane inserted into a stream.
    "service/streams.py": {"injected"},
    # The second link of a file that is being moved into a workspace.
    "storage/placing.py": {"twin"},
}
"""Words that an ordinary module may contain, by its path in the mock, each with the reason."""


def words_of(text: str) -> set[str]:
    """Return the words about faults, in lower case."""
    return {match.group().lower() for match in FAULT_WORDS.finditer(text)}


def honest_modules() -> Iterator[tuple[str, str]]:
    """Yield the path in the mock and the text of each ordinary module that git tracks."""
    patterns = [
        *(f"mock_server/sigmic_mock/{package}/*.py" for package in HONEST),
        "mock_server/sigmic_mock/ports.py",
    ]
    for name in tracked(*patterns):
        yield name.removeprefix("mock_server/sigmic_mock/"), (ROOT / name).read_text()


def test_no_honest_module_has_a_word_for_faults():
    modules = dict(honest_modules())

    found = {
        name: words for name, text in modules.items() if (words := words_of(text) - ALLOWED.get(name, set()))
    }

    assert found == {}
    assert all(any(name.startswith(f"{package}/") for name in modules) for package in HONEST)


def test_every_exception_is_needed():
    modules = dict(honest_modules())

    assert {name: words_of(modules[name]) & words for name, words in ALLOWED.items()} == ALLOWED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("if self.faults.wants(x):", {"faults"}),
        ("class FaultyTasks(Tasks):", set()),
        ("from sigmic_mock.faults.engine import Faults", {"faults"}),
        ("a default, and userfaultfd", set()),
        ("careless_reading, no_faults", {"careless_reading", "faults"}),
    ],
)
def test_a_word_is_found_wherever_it_stands_alone(text: str, words: set[str]):
    assert words_of(text) == words
