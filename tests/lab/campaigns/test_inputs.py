"""Hostile inputs get an answer, and the campaign notices a failure, makes it short and can repeat it."""

from pathlib import Path

import pytest

from lab.campaigns.grammar import PARSERS, About, Input, nth
from lab.campaigns.inputs import SILENCE_SECONDS, Wire, campaign, is_failure, shrunk

ABOUT = About("2f6c1d0e-0000-4000-8000-000000000000", "key", "token")


class Fragile(Wire):
    """Answers 500 to every input with `bad` in it."""

    def __init__(self) -> None:
        self.seen = 0

    def send(self, sent: Input) -> str:
        self.seen += 1
        return "500" if b"bad" in sent.data else "400"


def test_no_input_breaks_the_mock(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, seed=3, number=120, seconds=60)

    assert outcome.problems == []
    assert set(outcome.answers) == set(PARSERS)
    assert outcome.slowest < SILENCE_SECONDS


def test_an_input_is_the_same_whenever_it_is_made() -> None:
    assert [nth(7, number, ABOUT) for number in range(50)] == [nth(7, number, ABOUT) for number in range(50)]
    assert nth(7, 1, ABOUT) != nth(8, 1, ABOUT)


def test_what_causes_a_failure_is_found_in_a_long_input() -> None:
    wire = Fragile()

    assert shrunk(wire, Input("json", b"x" * 700 + b"bad" + b"y" * 300), "500") == b"bad"
    assert wire.seen <= 200


@pytest.mark.parametrize(
    ("status", "is_whole", "fails"),
    [
        ("200", True, False),
        ("404", True, False),
        ("500", True, True),
        ("503", False, True),
        ("silence", False, True),
        ("cut", True, True),
        ("cut", False, False),
    ],
)
def test_only_an_incomplete_request_may_stay_without_an_answer(
    status: str, is_whole: bool, fails: bool
) -> None:
    assert is_failure(Input("json", b"", is_whole=is_whole), status) is fails
