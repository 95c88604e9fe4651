"""Invariants of ZIP: an archive is known by what it is, extracted once, and never kept beside its files."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.traffic import Traffic, user


def packed(*names: str) -> bytes:
    """An archive of files of one byte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def listed(name: str, content: bytes) -> Callable[[list[str]], Traffic]:
    def made(paths: list[str]) -> Traffic:
        traffic = Traffic()
        traffic.create_form(SentFile.of(name, content))
        traffic.files(*({"path": path, "size": 1} for path in paths))
        return traffic

    return made


def test_an_archive_by_its_bytes_alone_may_stay_a_file():
    """How an archive is known is a gap (G-31): ZIP-018 alone tells what becomes of one under another name."""
    rows = listed("a.dat", packed("d/b.txt"))(["uploads/a.dat"]).evaluation().rows

    assert {row for row, judged in rows.items() if judged.breaches} == {"ZIP-018"}


def attached(paths: list[str]) -> Traffic:
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.zip", packed("b.txt")))
    told = [{"name": path.rpartition("/")[2], "path": path} for path in paths]
    traffic.history(user(1, "Hi", attachedFiles=told))
    return traffic


def test_each_of_two_archives_has_its_entries_attached():
    brought = [
        SentFile.of("a.zip", packed("b.txt")),
        SentFile.of("c.zip", packed("d.txt")),
        SentFile("e.txt", 1),
    ]
    for names, reasons in ((("b.txt", "d.txt", "e.txt"), set()), (("b.txt",), {"other-files-attached"})):
        traffic = Traffic()
        traffic.create_form(*brought)
        told = [{"name": name, "path": f"uploads/{name}"} for name in names]
        traffic.history(user(1, "Hi", attachedFiles=told))

        assert traffic.reasons("ZIP-020") == reasons


def many(more: dict[str, Any]) -> Traffic:
    traffic = Traffic()
    traffic.create_form(SentFile.of("a.zip", packed(*(f"{number}.txt" for number in range(21)))), **more)
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("ZIP-004", listed("a.zip", packed("b.txt")), ["uploads/b.txt"], [], "structure-lost"),
        ("ARTIFACT-033", listed("a.zip", packed("b.txt")), ["uploads/b.txt"], [], "not-listed"),
        ("ZIP-018", listed("a.dat", packed("b.txt")), ["uploads/b.txt"], ["uploads/a.dat"], "not-extracted"),
        ("ZIP-005", listed("a.zip", packed("ü.txt")), ["uploads/ü.txt"], ["uploads/u.txt"], "name-changed"),
        ("ZIP-016", listed("a.zip", packed("b.txt")), ["uploads/b.txt"], ["uploads/a.zip"], "kept"),
        (
            "ZIP-017",
            listed("a.zip", packed("b.txt", "inner.zip")),
            ["uploads/a/b.txt", "uploads/a/inner.zip"],
            ["uploads/a/b.txt", "uploads/a/inner/deep.txt"],
            "extracted",
        ),
        ("ZIP-019", attached, ["uploads/b.txt"], [], "nothing-attached"),
        ("ZIP-020", attached, ["uploads/b.txt"], ["uploads/a.zip"], "other-files-attached"),
        (
            "ZIP-015",
            listed("a.zip", packed("b.txt", "c.txt")),
            ["uploads/a/b.txt", "uploads/a/c.txt"],
            ["uploads/b.txt", "uploads/c.txt"],
            "other-place",
        ),
        ("ZIP-021", many, {}, {"status": 400, "code": "TOO_MANY_FILES"}, "refused"),
    ],
)
def test_an_archive(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


@pytest.mark.parametrize(
    ("later", "paths", "reasons"),
    [
        (SentFile.of("a.zip", packed("d/new.txt")), ["uploads/d/b.txt", "uploads/d (1)/new.txt"], set()),
        (SentFile.of("a.zip", packed("d/new.txt")), ["uploads/d/new.txt"], {"file-replaced"}),
    ],
)
def test_an_archive_of_a_follow_up_replaces_nothing(later: SentFile, paths: list[str], reasons: set[str]):
    traffic = listed("a.zip", packed("d/b.txt"))(["uploads/d/b.txt"])
    traffic.say_form(later)
    traffic.files(*({"path": path, "size": 1} for path in paths))

    assert traffic.reasons("ZIP-026") == reasons
