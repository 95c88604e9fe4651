"""Invariants of ARTIFACT: headers of downloads, paths that deliver nothing, and what no list has."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.kit import JSON, call, result
from tests.conformance.traffic import DONE, OWNER, TASKS, Traffic, user

HI = user(1, "Hi")
NO = {"status": 404, "code": "NOT_FOUND"}
RANGE = (*OWNER, ("Range", "bytes=1-2"))
BEYOND = (*OWNER, ("Range", "bytes=9-10"))


def headed(path: str, name: str) -> Callable[[str], Traffic]:
    """A download of this path, one of whose headers is given by the case."""

    def made(value: str) -> Traffic:
        traffic = Traffic().begun()
        traffic.download(path, answered=((name, value),))
        return traffic

    return made


def asked(path: str, **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.add("GET", f"{TASKS}/t/artifacts/download?path={path}", **more)
    return traffic


def delivered(content: bytes) -> Traffic:
    traffic = Traffic().begun()
    traffic.download("a.txt", content)
    return traffic


def part(content: bytes, *, headers: Any = RANGE, status: int = 206) -> Traffic:
    traffic = Traffic().begun()
    traffic.get()
    traffic.download("a.txt", b"abcd")
    told = (("Content-Type", "text/plain"), ("Content-Range", "bytes 1-2/4"))
    traffic.download("a.txt", b"bc", headers=RANGE, status=206, answered=told)
    traffic.download("a.txt", content, headers=headers, status=status, answered=told)
    return traffic


def test_of_an_empty_file_a_range_may_be_answered_with_all_of_it():
    traffic = part(b"bc")
    traffic.download("empty.txt", b"")
    traffic.download("empty.txt", b"", headers=RANGE)

    assert not traffic.row("ARTIFACT-028").spoke


def tagged(tag: str) -> Traffic:
    traffic = Traffic().begun()
    traffic.download("a.txt", b"a", answered=(("ETag", '"1"'),))
    traffic.download("a.txt", b"b", answered=(("ETag", '"2"'),))
    traffic.download("a.txt", b"c", answered=(("ETag", tag),))
    return traffic


def sniffed(value: str) -> Traffic:
    traffic = Traffic().begun()
    traffic.download("a.txt", answered=(("ETag", '"1"'), ("X-Content-Type-Options", value)))
    return traffic


def listed(*paths: str, **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.get()
    traffic.files(*({"path": path} | more for path in paths))
    return traffic


def found(status: int) -> Traffic:
    traffic = listed("a.txt")
    traffic.download("a.txt", status=status, answered=JSON)
    return traffic


def written(*paths: str) -> Traffic:
    traffic = Traffic()
    for task, path in zip("tu", paths, strict=True):
        traffic.create("Hi", task=task)
        made = call("c", toolName="write_file", args={"path": "a.txt", "content": "x"})
        traffic.stream(made, result("c", "ok"), DONE, shown=[HI], task=task)
        traffic.get(task=task)
        traffic.files({"path": path}, task=task)
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        (
            "ARTIFACT-015",
            headed("uploads/ü.txt", "Content-Disposition"),
            "attachment; filename*=UTF-8''%C3%BC",
            "attachment",
            "no-extended-name",
        ),
        (
            "ARTIFACT-016",
            headed("a.txt", "Content-Disposition"),
            'attachment; filename="a.txt"',
            'attachment; filename="a"b"',
            "broken-header",
        ),
        ("ARTIFACT-018", lambda more: asked("../../etc/passwd", **more), NO, {}, "not-refused"),
        ("ARTIFACT-021", lambda more: asked("../../etc/passwd", **more), NO, {"status": 403}, "wrong-code"),
        ("ARTIFACT-019", delivered, b"x", b"root:x:0:0:root", "foreign-file"),
        ("ARTIFACT-027", part, b"bc", b"ab", "wrong-range"),
        ("ARTIFACT-028", lambda status: part(b"", headers=BEYOND, status=status), 416, 200, "not-refused"),
        ("ARTIFACT-029", tagged, '"3"', '"1"', "same-tag"),
        ("ARTIFACT-029", tagged, '"3"', '"2"', "same-tag"),
        ("ARTIFACT-030", sniffed, "nosniff", "", "missing"),
        ("ARTIFACT-020", found, 200, 404, "other-path"),
        ("ARTIFACT-022", listed, "a.txt", "node_modules/a.js", "hidden-listed"),
        (
            "ARTIFACT-025",
            lambda kind: listed("a.qqq", mimeType=kind),
            "application/octet-stream",
            "text/plain",
            "other-type",
        ),
        ("ARTIFACT-031", lambda path: written("a.txt", path), "a.txt", "downloads/a.txt", "two-readings"),
    ],
)
def test_a_file(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


@pytest.mark.parametrize(("paths", "reasons"), [(["a.txt"], set()), ([], {"not-listed"})])
def test_what_is_delivered_is_listed_as_it_was_before(paths: list[str], reasons: set[str]):
    traffic = Traffic()
    traffic.create("Hi")
    command = call("c", args={"command": "echo a > a.txt; rm b.txt"})
    traffic.stream(command, result("c", ""), DONE, shown=[HI])
    traffic.get()
    traffic.files({"path": "a.txt"})
    traffic.files(*({"path": path} for path in paths))
    traffic.download("a.txt")

    assert traffic.reasons("ARTIFACT-008") == reasons


def part_of_made(command: str, output: str = "done\n") -> Traffic:
    """A part of a file that a command has made, with the range of another part."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(call("c", args={"command": command}), result("c", output), DONE, shown=[HI])
    traffic.get()
    traffic.download("a.txt", b"abcd")
    told = (("Content-Type", "text/plain"), ("Content-Range", "bytes 5-6/999"))
    traffic.download("a.txt", b"bc", headers=RANGE, status=206, answered=told)
    return traffic


def test_a_part_of_a_made_file_is_judged_where_its_command_surely_has_ended():
    ended = "echo a > a.txt; : more; echo done"

    assert part_of_made(ended).reasons("ARTIFACT-027") == {"wrong-range"}
    for open_ in (part_of_made(ended, ""), part_of_made("sleep 9 && echo a > a.txt")):
        assert "ARTIFACT-027" not in open_.evaluation().rows
