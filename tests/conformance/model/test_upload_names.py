"""Invariants of UPLOAD: however a file is named, and in whatever form it comes, it is listed by its name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.traffic import TASKS, Traffic

FORM = "multipart/form-data; boundary=b"
NO = {"status": 400, "code": "NO"}


def file(name: str, content: bytes = b"x") -> SentFile:
    return SentFile.of(name, content)


def listed(*names: str, **sizes: int) -> Callable[[list[str]], Traffic]:
    """A task that these files came to, and the list of the paths that a case says."""

    def made(paths: list[str]) -> Traffic:
        traffic = Traffic()
        traffic.create_form(*(file(name, b"x" * sizes.get("size", 1)) for name in names))
        traffic.files(*({"path": path, "size": sizes.get("size", 1)} for path in paths))
        return traffic

    return made


def told_size(size: int) -> Traffic:
    traffic = Traffic()
    traffic.create_form(file("a.txt", b""))
    traffic.files({"path": "uploads/a.txt", "size": size})
    return traffic


def delivered(status: int) -> Traffic:
    traffic = listed("a b.txt")(["uploads/a b.txt"])
    traffic.download("uploads/a b.txt", status=status)
    return traffic


def followed_up(paths: list[str], upload: SentFile | None = None) -> Traffic:
    """A follow-up with a file of a name that a target may change, what is listed behind it, and one more."""
    traffic = listed("a.txt")(["uploads/a.txt"])
    traffic.say_form(upload or file("it's ü.txt"))
    traffic.add("POST", f"{TASKS}/t/tools/nobody-knew/approve", text='{"outcome": "cancel"}', status=404)
    traffic.files(*({"path": path, "size": 1} for path in paths))
    traffic.say_form(file("b.txt"))
    return traffic


def archived(paths: list[str]) -> Traffic:
    return followed_up(paths, SentFile("a.zip", 9, "0" * 64, (file("inside.txt"),)))


def created(*files: SentFile, **more: Any) -> Traffic:
    traffic = Traffic()
    traffic.create_form(*files, **more)
    return traffic


def said(*files: SentFile, **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.get()
    traffic.say_form(*files, **more)
    return traffic


def archive_first(**more: Any) -> Traffic:
    """A form with its archive first, behind one with its archive last that was taken."""
    traffic = Traffic()
    traffic.create_form(ARCHIVE)
    traffic.exchanges += files_first({}, ARCHIVE, **more).exchanges
    return traffic


def files_first(fields: dict[str, Any], sent: SentFile | None = None, **more: Any) -> Traffic:
    traffic, first = Traffic(), sent or file("a.txt")
    parts = (f"files: {first.name} ({first.size} bytes)", "message=Hi", "autoExecute=false")
    data = {"id": "t", "status": "pending"}
    traffic.add("POST", TASKS, data, kind=FORM, parts=parts, files=(first,), **more)
    if not more:
        traffic.get(fields=fields)
    return traffic


ARCHIVE = replace(file("a.zip"), entries=(file("x/a.txt"),))
LARGEST = SentFile("largest.bin", 52_428_800)
MANY = [file(f"{number}.txt") for number in range(20)]


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        (
            "FOLLOWUP-009",
            followed_up,
            ["uploads/a.txt", "uploads/it_s _.txt"],
            ["uploads/a.txt", "made.txt"],
            "files-missing",
        ),
        (
            "FOLLOWUP-009",
            archived,
            ["uploads/a.txt", "uploads/inside.txt"],
            ["uploads/a.txt"],
            "files-missing",
        ),
        ("UPLOAD-019", listed("it's ü.txt"), ["uploads/it's ü.txt"], ["uploads/its.txt"], "not-listed"),
        ("UPLOAD-019", delivered, 200, 404, "not-delivered"),
        ("UPLOAD-025", listed("ü.txt"), ["uploads/u\u0308.txt"], ["uploads/u.txt"], "name-changed"),
        ("UPLOAD-023", listed("u\u0308.txt"), ["uploads/ü.txt"], ["uploads/u\u0308.txt"], "other-name"),
        (
            "UPLOAD-012",
            listed("a.txt", "b.txt"),
            ["uploads/a.txt", "uploads/b.txt"],
            ["uploads/a.txt"],
            "files-missing",
        ),
        ("UPLOAD-016", told_size, 0, 1, "not-kept"),
        ("UPLOAD-016", lambda more: created(file("a.txt", b""), **more), {}, NO, "refused"),
        ("UPLOAD-017", listed("../a.txt"), ["uploads/a.txt"], ["a.txt"], "outside-uploads"),
        (
            "UPLOAD-018",
            listed("a.txt", "a.txt"),
            ["uploads/a.txt", "uploads/a (1).txt"],
            ["uploads/a.txt"],
            "not-both",
        ),
        ("UPLOAD-002", lambda more: said(*MANY, **more), {}, NO, "refused"),
        ("UPLOAD-015", lambda more: created(*MANY[:2], **more), {}, {"status": 413}, "refused"),
        ("UPLOAD-008", lambda more: created(LARGEST, **more), {}, {"status": 413}, "refused"),
        ("UPLOAD-026", lambda more: files_first({}, **more), {"status": 201}, NO, "refused"),
        ("UPLOAD-026", lambda more: archive_first(**more), {"status": 201}, NO, "refused"),
        ("UPLOAD-026", lambda told: files_first({"autoExecute": told}), False, True, "misread"),
    ],
)
def test_an_upload(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_a_name_of_the_platforms_own_is_delivered_as_it_is_listed():
    traffic = listed("a.txt", "a.txt")(["uploads/a.txt", "uploads/a%20(1).txt"])
    traffic.download("uploads/a%20(1).txt", status=404)

    assert traffic.reasons("UPLOAD-019") == {"not-delivered"}


def test_a_name_that_a_platform_may_refuse_is_not_spoken_of():
    rows = listed('a"b.txt', "a/b ü.txt")(["uploads/ab.txt"]).evaluation().rows

    assert not {"UPLOAD-012", "UPLOAD-019", "UPLOAD-025"} & rows.keys()
