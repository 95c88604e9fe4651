"""No message says "1 rows"."""

from pathlib import Path

import pytest

from tools.plurals import ALLOWED, counted_nouns

_ROOT = Path(__file__).parents[2]


def _found(folder: Path, source: str) -> list[str]:
    (folder / "spec").mkdir()
    (folder / "spec" / "messages.py").write_text(source, "utf-8")
    return [each.content for each in counted_nouns(folder)]


def test_every_number_of_a_message_agrees_with_its_noun() -> None:
    places = list(counted_nouns(_ROOT))
    wrong = [f"{each.path}:{each.line}: {each.content}" for each in places if each.content not in ALLOWED]
    assert not wrong, "write the number and its noun with sigmic_conformance.spec.plural"
    assert {each.content for each in places} == set(ALLOWED), "an exception is of no use any more"


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ('f"{len(rows)} rows"', "{len(rows)} rows"),
        ('f"{len(rows)} judged " "rows fail"', "{len(rows)} judged rows"),
        ('f"about {total:,} things"', "{total} things"),
        ('f"it is sent {most_times} times"', "{most_times} times"),
        ('f"{done} of {self.size} bytes, {size[0]} bytes"', "{size[0]} bytes"),
        ('plural(n, "reply", "replies"), f"{them} replies"', "{them} replies"),
        ("f\"{plural(len(rows), 'row')} have no verdict\"", "{plural(len(rows), 'row')} have"),
    ],
)
def test_a_wrong_plural_is_found(tmp_path: Path, message: str, place: str) -> None:
    assert _found(tmp_path, f"said = {message}") == [place]


@pytest.mark.parametrize(
    "message",
    [
        "f\"{plural(len(rows), 'row')} left\"",
        "f\"{plural(len(rows), 'row is', 'rows are')} left\"",
        'f"{left} of {len(rows)} rows"',
        'f"at most {MOST_ROWS} rows"',
        'f"{name} has {len(rows)} in it"',
        'f"turn {turn.number} calls a tool"',
        'f"{len(name)} is its length"',
    ],
)
def test_a_correct_message_is_not_found(tmp_path: Path, message: str) -> None:
    assert _found(tmp_path, f"said = {message}") == []
