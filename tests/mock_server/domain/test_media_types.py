"""MIME types and categories by name (G-83)."""

import re

import pytest

from sigmic_mock.domain.media_types import BY_EXTENSION, CATEGORIES, UNKNOWN, media_type


@pytest.mark.parametrize(
    ("name", "mime_type", "category"),
    [
        ("output.csv", "text/csv", "csv"),
        ("report.pdf", "application/pdf", "pdf"),
        ("REPORT.PDF", "application/pdf", "pdf"),
        ("a.json", "application/json", "json"),
        ("photo.jpeg", "image/jpeg", "image"),
        ("main.py", "text/x-python", "code"),
        ("notes.txt", "text/plain", "text"),
        ("x.tar.gz", "application/gzip", "archive"),
        ("book.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "spreadsheet"),
        ("Makefile", "text/plain", "code"),
        ("noextension", "application/octet-stream", "other"),
        (".csv", "application/octet-stream", "other"),
        ("trailing.", "application/octet-stream", "other"),
        ("a.unheardof", "application/octet-stream", "other"),
    ],
)
def test_the_type_follows_from_the_name(name, mime_type, category):
    found = media_type(name)
    assert (found.mime_type, found.category) == (mime_type, category)


def test_the_categories_are_those_decided():
    decided = "csv pdf image code text json archive audio video spreadsheet document other"
    assert set(decided.split()) == CATEGORIES
    assert {kind.category for kind in BY_EXTENSION.values()} | {UNKNOWN.category} == CATEGORIES


def test_every_mime_type_can_be_a_header():
    assert [
        t.mime_type for t in BY_EXTENSION.values() if not re.fullmatch(r"[a-z]+/[A-Za-z0-9.+-]+", t.mime_type)
    ] == []
