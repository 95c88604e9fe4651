from dataclasses import replace

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import download, exchange, files, judged, no, ok, outcome_of


def test_twenty_bytes_of_a_file_that_was_mixed_up_are_told():
    names, probe = ("same.txt", "same (1).txt"), "form_shapes"
    pages = ok(probe, "same names"), files(probe, "same names: files", **dict.fromkeys(names, 1))
    downloads = [download(probe, f"same names: uploads/{name}", "x" * 30) for name in names]
    found = judged("UPLOAD-018", *pages, *downloads)

    assert (outcome_of(found), found.observed) == (
        "other-names",
        f"uploads/same.txt: {b'x' * 20!r} (and 1 more)",
    )


def shape(
    name: str, *paths: str, message: str = "m", content: str = "w", accepted: bool = True
) -> list[Exchange]:
    made = exchange(probe="form_shapes", label=name, status=201, body={"success": True, "data": {}})
    bodies = [
        exchange(probe="form_shapes", label=f"{name}: {path}", chunks=[(0.0, content.encode())])
        for path in paths
    ]
    return [
        made if accepted else no("form_shapes", name, 400, "INVALID_ENV"),
        ok("form_shapes", f"{name}: task", {"message": message}),
        ok("form_shapes", f"{name}: files", {"files": [{"path": path} for path in paths]}),
        *bodies,
    ]


def test_two_files_of_one_name_are_both_kept():
    kept = shape("same names", "uploads/same.txt", "uploads/same (1).txt")
    kept[3:] = [replace(each, chunks=()) for each in kept[3:]]

    assert judged("UPLOAD-018", *shape("same names", "uploads/same.txt")).reason == "other-names"
    assert judged("UPLOAD-018", *kept).reason == "other-names"


def test_a_name_is_its_last_component_in_form_c():
    facts = {"word": "w"}

    assert judged("UPLOAD-023", *shape("decomposed", "uploads/caf\u00e9-w.txt"), noted=facts).reason is None
    for path in ("uploads/cafe\u0301-w.txt", "uploads/folder/inner/caf\u00e9-w.txt"):
        assert judged("UPLOAD-023", *shape("decomposed", path), noted=facts).reason == "other-name"


@pytest.mark.parametrize(("row", "name"), [("UPLOAD-026", "files first"), ("UPLOAD-027", "text around")])
def test_an_unusual_form_is_read_as_usual(row: str, name: str):
    facts, path = {"message": "m", "word": "w"}, "uploads/plain.txt"

    assert judged(row, *shape(name, path), noted=facts).outcome is Outcome.PASSED
    assert judged(row, *shape(name, path, "README.md"), noted=facts).outcome is Outcome.PASSED
    assert judged(row, *shape(name, path, accepted=False), noted=facts).reason == "refused"
    assert judged(row, *shape(name, path, message=""), noted=facts).reason == "misread"
    assert judged(row, *shape(name, path, content="w\r\n"), noted=facts).reason == "misread"
    assert judged(row, *shape(name), noted=facts).reason == "misread"
