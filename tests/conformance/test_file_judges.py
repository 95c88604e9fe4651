"""Judges of uploads and archives: a record that holds, and the same record with one thing wrong."""

from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import download, exchange, files, judged, no, ok

HOSTILE = "hostile_archives"


def hostile(name: str, answer: Exchange, *, serving: bool = True) -> list[Exchange]:
    after = ok(HOSTILE, f"{name}: serving") if serving else no(HOSTILE, f"{name}: serving", 503)
    return [replace(answer, label=name), after]


@pytest.mark.parametrize(
    ("row", "names"),
    [("ZIP-024", ("namesakes", "shared bytes")), ("ZIP-025", ("no entries", "directories alone"))],
)
def test_an_odd_archive_may_be_refused_and_must_not_break_the_server(row: str, names: tuple[str, str]):
    fine = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], ok(HOSTILE, "", status=201))]
    broken = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], no(HOSTILE, "", 500))]
    down = [*hostile(names[0], no(HOSTILE, "")), *hostile(names[1], no(HOSTILE, ""), serving=False)]

    assert judged(row, *fine).outcome is Outcome.PASSED
    assert judged(row, *broken).reason == "server-error"
    assert judged(row, *down).reason == "server-error"


def test_a_bomb_is_refused_as_a_bomb_only_beside_an_archive_as_long():
    bomb = hostile("bomb", no(HOSTILE, "", 413, "FILE_TOO_LARGE"))

    assert judged("ZIP-009", *bomb, ok(HOSTILE, "twin", status=201)).outcome is Outcome.PASSED
    assert judged("ZIP-009", *bomb, no(HOSTILE, "twin", 413, "FILE_TOO_LARGE")).reason == "control-failed"


def large(answer: Exchange, *marked: str) -> Verdict:
    items = [{"id": name, "systemPrompt": name} for name in marked]
    return judged(
        "ZIP-027",
        ok("large_requests", "small archive", status=201),
        answer,
        exchange(probe="large_requests", label="list", body={"success": True, "data": items}),
        facts={"large_requests": {"mark": "m"}},
    )


def test_a_large_archive_is_refused_and_leaves_no_task():
    refused = no("large_requests", "archive beyond", 413, "FILE_TOO_LARGE")

    assert large(refused, "m small archive").outcome is Outcome.PASSED
    assert large(refused, "m archive beyond").reason == "half-done"
    assert large(ok("large_requests", "archive beyond", status=201)).reason == "accepted"


@pytest.mark.parametrize(("row", "name"), [("UPLOAD-022", "plain.txt"), ("ZIP-026", "top/entry.txt")])
def test_what_was_there_stays_as_it_was(row: str, name: str):
    path = f"uploads/{name}"

    def after(text: str, *paths: str) -> Verdict:
        return judged(
            row,
            files("kept_files", "files before", path),
            download("kept_files", f"before: {path}", "one"),
            files("kept_files", "files after", *paths),
            download("kept_files", f"after: {path}", text),
        )

    assert after("one", path, "uploads/new").outcome is Outcome.PASSED
    assert after("two", path).reason == "file-replaced"
    assert after("one", "uploads/new").reason == "file-removed"


@pytest.mark.parametrize(("row", "kind"), [("ZIP-022", "streamed"), ("ZIP-023", "zip64")])
def test_every_form_of_an_archive_is_extracted(row: str, kind: str):
    def seen(text: str, *paths: str) -> Verdict:
        return judged(
            row,
            ok("archive_kinds", kind, status=201),
            files("archive_kinds", f"{kind}: files", *paths),
            download("archive_kinds", f"{kind}: uploads/s/a.txt", text),
            facts={"archive_kinds": {"word": "w"}},
        )

    assert seen("w", "uploads/s/a.txt").outcome is Outcome.PASSED
    assert seen("w", "uploads/bundle.zip").reason == "not-extracted"
    assert seen("", "uploads/s/a.txt").reason == "bytes-differ"


def test_an_inner_archive_stays_a_file():
    inner = files("archive_kinds", "nested: files", "uploads/o/inner.zip")
    opened = files("archive_kinds", "nested: files", "uploads/o/inner/deep.txt")

    assert judged("ZIP-017", inner).outcome is Outcome.PASSED
    assert judged("ZIP-017", opened).reason == "extracted"
