"""Numbered text: no repeated word, multi-byte characters at each edge, and reports about changed copies."""

import json
from hashlib import sha256

import pytest

from sigmic_conformance.wire.numbered_text import (
    EDGES,
    damage,
    in_brief,
    is_damaged,
    numbered,
    numbered_again,
)

TEXT = numbered(70_000)
WORDS = TEXT.split()


@pytest.mark.parametrize("size", [0, 5, 63, 64, 1000, 4096, 70_000, 200_001])
def test_a_text_has_the_size_that_is_asked_for_and_no_word_twice(size: int):
    text = numbered(size, first=7)
    words = text.split()

    assert len(text.encode()) == size
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("edge", EDGES)
def test_a_buffer_that_ends_at_an_edge_or_near_it_ends_in_a_character(edge: int):
    data = TEXT.encode()

    for at in (edge - 3, edge - 1, edge, edge + 1, edge + 3):
        with pytest.raises(UnicodeDecodeError):
            data[:at].decode()


def test_most_other_places_are_in_a_character():
    data = TEXT.encode()
    inside = sum(byte & 0b1100_0000 == 0b1000_0000 for byte in data)

    assert inside / len(data) > 0.4


def test_a_text_is_known_by_its_size_and_digest():
    digest = sha256(TEXT.encode()).hexdigest()

    assert numbered_again(70_000, digest) == TEXT
    assert numbered_again(69_999, digest) is None
    assert numbered_again(70_000, None) is None


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (TEXT, ""),
        (TEXT.encode()[:8192].decode("utf-8", "ignore"), "from byte 8190 on missing (61,810 bytes, from "),
        (TEXT.encode()[:8192].decode("utf-8", "replace"), "bytes 8190 to 69999 ("),
        (" ".join(WORDS[:256] + WORDS[300:]), 'bytes 3228 to 3799 ("257é名😀" to "300é名😀") missing'),
        (" ".join(WORDS[:300] + WORDS[256:]), "572 bytes added at byte 3228: "),
        (TEXT.replace(" 57é名😀 ", " 57é名�� ", 1), 'bytes 675 to 678 ("😀") replaced by "��"'),
        (TEXT.replace("😀 ", "? "), 'bytes 6 to 9 ("😀") replaced by "?"; bytes '),
    ],
    ids=["the same", "cut", "cut in a character", "a part missing", "a part twice", "a character", "all"],
)
def test_the_damage_of_a_text_is_described(shown: str, told: str):
    found = damage(TEXT, shown)

    assert found.startswith(told)
    assert bool(found) is (shown != TEXT)


def test_duplicated_and_moved_parts_of_a_text_are_named():
    assert damage(TEXT, " ".join(WORDS[:300] + WORDS[256:])).endswith("which is there twice")
    swapped = damage(TEXT, " ".join([*WORDS[:100], *WORDS[150:200], *WORDS[100:150], *WORDS[200:]]))
    assert swapped.endswith("at another place")
    assert ";" not in swapped


def test_only_some_of_many_damaged_places_are_listed():
    assert damage(TEXT, TEXT.replace("😀 ", "? ")).endswith(" more places")


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        (TEXT, False),
        (TEXT.replace(" ", "\n"), False),
        ("Here it is: " + TEXT, False),
        ("That was all.", False),
        (
            "One sentence after another that says, in the words of another writer, what was said before.",
            False,
        ),
        (TEXT[:4000], True),
        (TEXT.replace("é", "Ã©"), True),
        (" ".join(WORDS[:50] + WORDS[60:]), True),
    ],
    ids=[
        "same",
        "other line ends",
        "with an introduction",
        "short",
        "in other words",
        "cut",
        "encoded",
        "a part",
    ],
)
def test_a_damaged_text_is_distinguished_from_another_text(shown: str, *, holds: bool):
    assert is_damaged(TEXT, shown) is holds


def test_a_text_in_brief_is_its_beginning_or_its_damage():
    assert in_brief(TEXT, TEXT) == json.dumps(TEXT[:60], ensure_ascii=False)
    assert in_brief(TEXT, "Hello.") == '"Hello."'
    assert in_brief(TEXT, TEXT[:1000]).startswith("from byte ")
    assert in_brief(TEXT, " ".join(WORDS[50:])).startswith("bytes 0 to ")
