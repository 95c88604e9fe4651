"""Foreign file names become one safe path component, or are refused (G-30)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.filenames import (
    MAX_NAME_BYTES,
    BadName,
    archive_folder,
    component,
    free_name,
    split_suffix,
    upload_name,
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=300) | st.text("./\\ a\0é", max_size=12)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("data.csv", "data.csv"),
        ("C:\\fakepath\\data.csv", "data.csv"),
        ("folder/sub/data.csv", "data.csv"),
        ("/etc/passwd", "passwd"),
        (".env", ".env"),
        ("...", "..."),
        ("a b (1).csv", "a b (1).csv"),
        ("CON", "CON"),
        ("nul.txt", "nul.txt"),
        ("cafe\u0301.txt", "caf\u00e9.txt"),
        ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
        ("%2e%2e%2fevil", "%2e%2e%2fevil"),
        ('a"b;c.txt', 'a"b;c.txt'),
        ("x" * 255, "x" * 255),
    ],
)
def test_an_upload_keeps_its_base_name(sent, kept):
    assert upload_name(sent) == kept


@pytest.mark.parametrize(
    "sent",
    [
        "", " ", ".", "..", "../a.csv", "..\\a.csv", "a/../b.csv", "folder/",
        "a\0.csv", "a\nb", "a\rb", "a\x7fb", "a\x85b",
        "a\u2028b", "invoice\u202efdp.exe", "a\u2066b", "a\udcffb", "x" * 256, "é" * 128,
    ],
)  # fmt: skip
def test_an_upload_with_an_impossible_name_is_refused(sent):
    with pytest.raises(BadName):
        upload_name(sent)


@given(ANY_TEXT)
def test_whatever_is_taken_is_one_component(sent):
    try:
        name = upload_name(sent)
    except BadName:
        return
    assert name == component(name)
    assert name not in {"", ".", ".."}
    assert not set(name) & {"/", "\\", "\0"}
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(
    ("name", "taken", "folder", "free"),
    [
        ("a.csv", set(), False, "a.csv"),
        ("a.csv", {"a.csv"}, False, "a (1).csv"),
        ("a.csv", {"a.csv", "a (1).csv"}, False, "a (2).csv"),
        ("A.csv", {"a.csv"}, False, "A.csv"),
        ("noext", {"noext"}, False, "noext (1)"),
        (".env", {".env"}, False, ".env (1)"),
        ("b.tar.gz", {"b.tar.gz"}, False, "b (1).tar.gz"),
        ("v1.2", {"v1.2"}, True, "v1.2 (1)"),
        ("Dr. No", {"Dr. No"}, False, "Dr. No (1)"),
        ("x" * 255, {"x" * 255}, False, "x" * 251 + " (1)"),
        ("é" * 125 + ".csv", {"é" * 125 + ".csv"}, False, "é" * 123 + " (1).csv"),
    ],
)
def test_a_taken_name_gets_a_number_before_its_extension(name, taken, folder, free):
    assert free_name(name, taken, folder=folder) == free


@given(st.text(min_size=1, max_size=260), st.integers(0, 12), st.booleans())
def test_a_free_name_is_free_and_fits(sent, times, folder):
    try:
        name = component(sent)
    except BadName:
        return
    taken: set[str] = set()
    for _ in range(times + 1):
        free = free_name(name, taken, folder=folder)
        assert free not in taken
        assert len(free.encode()) <= MAX_NAME_BYTES
        taken.add(free)
    assert len(taken) == times + 1


@given(st.text(max_size=40))
def test_splitting_loses_nothing(name):
    stem, suffix = split_suffix(name)
    assert stem + suffix == name


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("x.zip", "x"), ("x.ZIP", "x"), ("x.bin", "x.bin"),
        (".zip", "archive"), ("..zip", "archive"), ("...zip", "archive"), (" .zip", "archive"),
    ],
)  # fmt: skip
def test_an_archives_folder_is_its_name_without_zip(name, folder):
    assert archive_folder(name) == folder
    assert component(folder) == folder
