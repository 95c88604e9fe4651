"""The same of judges of files: archives, lists and downloads."""

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    LIVE,
    USER,
    call,
    download,
    exchange,
    files,
    judged,
    ok,
    outcome_of,
    result,
    stream,
)

HOSTILE = "hostile_archives"
MADE = "made_file"


def climbing(*outside: Exchange) -> Verdict:
    answers = ok(HOSTILE, "twin"), ok(HOSTILE, "climbing"), files(HOSTILE, "climbing: files", a=1)
    return judged("ZIP-006", *answers, *outside, facts={HOSTILE: {"word": "w0rd"}})


def test_what_is_found_outside_of_the_uploads_came_out_of_the_archive():
    gone = download(HOSTILE, "climbing: outside", "no w0rd here", status=404)
    other = download(HOSTILE, "climbing: outside", "another file")

    assert climbing(gone, other).outcome is Outcome.PASSED
    assert climbing(gone, download(HOSTILE, "climbing: outside", "w0rd")).reason == "outside-uploads"


def bomb(**sizes: int | None) -> str:
    answers = ok(HOSTILE, "twin"), ok(HOSTILE, "bomb"), ok(HOSTILE, "bomb: serving")
    return outcome_of(judged("ZIP-009", *answers, files(HOSTILE, "bomb: files", **sizes)))


def test_two_gigabytes_in_a_workspace_are_an_archive_unpacked():
    assert bomb(a=1_999_999_999, b=0, c=None) == "passed"
    assert bomb(a=1_999_999_999, b=1) == "unpacked"


def listed(*parts: bytes, name: str = "w0rd.txt") -> str:
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe=MADE, label="run")
    return outcome_of(
        judged("ARTIFACT-008", run, files(MADE, "files", **{name: 1}), facts={MADE: {"word": "w0rd"}})
    )


def test_a_file_is_missed_in_the_list_only_if_a_tool_made_it():
    asked = call("c", args={"path": "w0rd.txt"})
    made = asked, result("c", "written")

    assert listed() == "passed"
    assert listed(*made) == "passed"
    assert listed(name="other.txt") == "stimulus-not-reached"
    assert listed(*made, name="other.txt") == "not-listed"
    assert listed(asked, result("c", "no", "error"), name="other.txt") == "stimulus-not-reached"
    assert listed(asked, result("d", "another"), name="other.txt") == "stimulus-not-reached"


def ranged(part: Exchange) -> str:
    return outcome_of(judged("ARTIFACT-027", download(MADE, "download", "abcdef"), part))


def test_a_range_may_be_answered_with_the_whole_file_alone():
    assert ranged(download(MADE, "range", "abcdef")) == "passed"
    assert ranged(download(MADE, "range", "bcd")) == "wrong-range"
    assert ranged(download(MADE, "range", "abcdef", status=400)) == "wrong-range"
    assert ranged(download(MADE, "range", "bcd", status=206, content_range="bytes 1-3/6")) == "passed"
    assert ranged(download(MADE, "range", "bcd", status=206, content_range="bytes 1-3/7")) == "wrong-range"
    assert ranged(download(MADE, "range", "abc", status=206, content_range="bytes 1-3/6")) == "wrong-range"


@pytest.mark.parametrize(("before", "after"), [(200, 404), (404, 200)])
def test_a_download_that_was_refused_shows_no_change_of_the_file(before, after):
    downloads = [
        download("files_while_running", f"{when}: download", when, status=status, etag='"1"')
        for when, status in (("running", before), ("finished", after))
    ]

    assert judged("ARTIFACT-029", *downloads).reason == "stimulus-not-reached"


@pytest.mark.parametrize(("status", "outcome"), [(405, Outcome.PASSED), (None, Outcome.WARNED)])
def test_a_head_that_is_not_honoured_is_answered(status, outcome):
    head = exchange(probe=MADE, label="head", method="HEAD", status=status)

    assert judged("HTTP-003", head, download(MADE, "download", "abc")).outcome is outcome


def restored_files(after: str = "abc", status: int = 200) -> str:
    probe = "restore"
    pages = [files(probe, label, a=1) for label in ("files expired", "files after")]
    downloads = [download(probe, label, "abc") for label in ("download before", "download expired")]
    last = download(probe, "download after", after, status=status)
    return outcome_of(judged("SESSION-004", *pages, *downloads, last, facts={probe: {"path": "uploads/a"}}))


def test_a_file_is_there_after_the_expiry_with_its_bytes():
    assert restored_files() == "passed"
    assert restored_files("ab") == "files-lost"
    assert restored_files("abc", status=410) == "files-lost"


@pytest.mark.parametrize(("files", "reason"), [(0, "nothing-attached"), (1, "passed"), (2, "passed")])
def test_one_attached_file_is_enough(files, reason):
    message = {"id": "m", "role": "user", "attachedFiles": [{"path": str(each)} for each in range(files)]}

    assert outcome_of(judged("ZIP-019", ok("honest_archive", "history", {"messages": [message]}))) == reason


def test_twenty_bytes_of_a_file_that_was_mixed_up_are_told():
    names, probe = ("same.txt", "same (1).txt"), "form_shapes"
    pages = ok(probe, "same names"), files(probe, "same names: files", **dict.fromkeys(names, 1))
    downloads = [download(probe, f"same names: uploads/{name}", "x" * 30) for name in names]
    found = judged("UPLOAD-018", *pages, *downloads)

    assert (outcome_of(found), found.observed) == (
        "other-names",
        f"uploads/same.txt: {b'x' * 20!r} (and 1 more)",
    )


def test_forty_bytes_of_a_changed_file_are_told():
    path, before, after = "uploads/plain.txt", "b" * 50, "a" * 50
    pages = [ok("kept_files", f"files {when}", {"files": [{"path": path}]}) for when in ("before", "after")]
    found = judged(
        "UPLOAD-022",
        *pages,
        download("kept_files", f"before: {path}", before),
        download("kept_files", f"after: {path}", after),
    )

    assert found.reason == "file-replaced"
    assert found.observed == f"{path}: {b'a' * 40!r}, before {b'b' * 40!r}"


def counted(status: int, *listed: str) -> str:
    """Of a creation with too many files that was answered so, and the tasks that are listed after it."""
    probe = "file_counts"
    most = ok(probe, "most", {"id": "t"})
    body = {"success": status < 400, "error": {"code": "TOO_MANY_FILES", "message": "no"}}
    other = exchange(probe=probe, label="one too many", status=status, body=body)
    items = [{"id": name, "systemPrompt": "marked"} for name in listed]
    page = ok(probe, "list", items, operation="list_tasks")
    return outcome_of(judged("UPLOAD-003", most, other, page, facts={probe: {"mark": "marked"}}))


def test_of_two_creations_the_accepted_one_is_listed_alone():
    assert counted(400, "t") == "passed"
    assert counted(400, "t", "u") == "half-done"
    assert counted(400) == "precondition"
    assert counted(200, "t", "u") == "accepted"
