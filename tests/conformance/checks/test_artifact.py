"""UPLOAD and ARTIFACT: uploaded and created files are listed and delivered, and no others."""

import io
import zipfile
from typing import Any

import pytest

from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import (
    DONE,
    FOUR,
    HI,
    MORE,
    OWNER,
    TASKS,
    Traffic,
    cases,
    heard,
    stories,
    user,
)
from tests.conformance.kit import LIVE, STREAM, USER, call, files, judged, outcome_of, result, stream

NO = {"status": 404, "code": "NOT_FOUND"}
RANGE = (*OWNER, ("Range", "bytes=1-2"))
BEYOND = (*OWNER, ("Range", "bytes=9-10"))
DATA = SentFile.of("data.csv", b"a,b\n")
LATER = SentFile.of("later.txt", b"later")


def entry(path: str, size: int = 4, **more: Any) -> dict[str, Any]:
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "size": size,
        "mimeType": "text/csv",
        "category": "csv",
    } | more


def with_uploads(*files: SentFile, later: tuple[SentFile, ...] = ()) -> Traffic:
    """A finished task with files, and with more files in a follow-up if `later` are given."""
    traffic = Traffic().create_form(*files).stream(DONE, shown=[HI])
    if later:
        traffic.say_form(*later)
        traffic.stream(DONE, shown=[HI, FOUR, MORE])
    return traffic


@cases("UPLOAD-009", None)
def test_an_archive_may_be_listed_by_its_entries() -> Traffic:
    archive = SentFile("data.bin", 9, "0" * 64, entries=(DATA,))
    return with_uploads(archive, LATER).files(entry("uploads/later.txt", 5))


@cases("UPLOAD-009", None)
def test_a_file_that_a_tool_may_have_removed_may_be_gone() -> Traffic:
    traffic = Traffic().create_form(DATA, LATER).ran("mv uploads/data.csv x", "", name="one")
    return traffic.files(entry("uploads/later.txt", 5))


@pytest.mark.parametrize("name", ["data.csv", "größe 1+1.csv"])
@cases("UPLOAD-010", (b"a,b\n", None), (b"a,b", "bytes-differ"))
def test_an_upload_downloads_as_it_was_sent(content: bytes, *, name: str) -> Traffic:
    return with_uploads(SentFile.of(name, b"a,b\n")).download(f"uploads/{name}", content)


@pytest.mark.parametrize(("content", "reasons"), [(b"made", set()), (b"", {"files-lost"})])
def test_a_file_downloads_as_before_at_rest_and_after_a_restore(content: bytes, reasons: set[str]):
    traffic = with_uploads(DATA).get(fields={"sessionId": "s1"}).download("made.txt", b"made")
    traffic.download("made.txt", content)
    assert traffic.reasons("ARTIFACT-010") == reasons

    traffic.exchanges.pop()
    traffic.say("More")
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    traffic.get(fields={"sessionId": "s2"})
    traffic.download("made.txt", content)
    assert traffic.reasons("SESSION-004") == reasons


@cases("ARTIFACT-010", None)
def test_a_file_that_a_command_named_may_go_on_to_change() -> Traffic:
    command = "while true; do date >> made.txt; done &"
    traffic = Traffic().create("Hi").ran(command, "", name="one")
    traffic.download("made.txt", b"a")
    traffic.download("made.txt", b"ab")
    traffic.download("other.txt", b"a")
    return traffic.download("other.txt", b"a")


HEADERS = (
    ("Content-Type", "text/csv"),
    ("Content-Disposition", 'attachment; filename="data.csv"'),
    ("Content-Length", "4"),
)
SHORTER = (*HEADERS[:2], ("Content-Length", "3"))


@cases(
    ("ARTIFACT-011 ARTIFACT-013 ARTIFACT-014", {"answered": HEADERS}, None),
    ("ARTIFACT-013", {"answered": (HEADERS[0], ("Content-Disposition", "inline"))}, "no-attachment"),
    (
        "ARTIFACT-013",
        {"answered": (HEADERS[0], ("Content-Disposition", "attachment; filename=x"))},
        "no-attachment",
    ),
    ("ARTIFACT-014", {"answered": (*HEADERS[:2], ("Content-Length", "5"))}, "no-length"),
    ("ARTIFACT-014", {"answered": SHORTER, "content": b"a,b"}, "no-length"),
    ("ARTIFACT-011", {"status": 404, "content": b"{}"}, "not-raw"),
    (
        "ARTIFACT-011",
        {"content": b'{"success":true,"data":"a"}', "answered": (("Content-Type", "application/json"),)},
        "not-raw",
    ),
)
def test_a_download_is_what_the_list_says(more: dict[str, Any]) -> Traffic:
    traffic = with_uploads(DATA).files(entry("uploads/data.csv"))
    return traffic.download("uploads/data.csv", **{"content": b"a,b\n"} | more)


@cases("ARTIFACT-011", ("https://other.test", "unjudged"), (None, "not-raw"))
def test_a_listed_file_may_be_refused_to_a_token_from_another_page(origin: str | None) -> Traffic:
    traffic = Traffic(allowed_origin="https://shop.test")
    ann = traffic.token("ann")
    traffic.create_form(DATA, headers=ann).get("completed", headers=ann)
    traffic.files(entry("uploads/data.csv"), headers=ann)
    sent = ann if origin is None else (*ann, ("Origin", origin))
    return traffic.download("uploads/data.csv", b"{}", status=403, headers=sent)


@cases(
    "ARTIFACT-013",
    ("my data.csv", 'filename="my data.csv"', None),
    ("my_data.csv", "filename=my_data.csv", None),
    ("my data.csv", "filename=my%20data.csv; filename*=UTF-8''my%20data.csv", None),
    ("my data.csv", 'filename="my%20data.csv"', "encoded-name"),
    ("my data.csv", "filename=my%20data.csv", "encoded-name"),
    ('my"data.csv', 'filename="my%22data.csv"', None),  # as browsers name the files of a form
    ("my\ndata.csv", 'filename="my%0Adata.csv"', None),
)
def test_the_only_name_of_a_download_is_not_percent_encoded(name: str, told: str) -> Traffic:
    answered = (("Content-Type", "text/csv"), ("Content-Disposition", f"attachment; {told}"))
    return Traffic().begun().download(name, b"a,b\n", answered=answered)


def test_a_name_in_the_bytes_of_utf_8_is_shown_as_it_reads():
    told = 'attachment; filename="größe.txt"'
    answered = (("Content-Disposition", told.encode().decode("latin-1")),)
    traffic = Traffic().begun().download("größe.txt", answered=answered)
    verdict = traffic.judged("ARTIFACT-015")
    assert verdict.reason == "no-extended-name"
    assert told in verdict.observed


@cases("ARTIFACT-009", (200, None), (404, "not-reachable"))
def test_the_owner_may_list_once_the_agent_has_begun(status: int) -> Traffic:
    return Traffic().create("Hi").get("running").files(status=status)


@cases("ARTIFACT-009 HISTORY-001", "unjudged")
def test_a_task_that_has_not_begun_may_have_neither_files_nor_history() -> Traffic:
    return Traffic().create("Hi").get("pending").files(status=404).history(status=404)


@cases("ARTIFACT-010", None)
def test_a_platform_may_keep_files_of_its_own_in_hidden_places() -> Traffic:
    traffic = with_uploads(DATA).files(entry("a.txt"))
    return traffic.files(entry("a.txt"), entry(".agent/log.txt"))


@cases("ARTIFACT-003", "size-differs")
def test_the_size_of_an_upload_is_the_downloads_while_the_task_is_at_work() -> Traffic:
    traffic = Traffic().create_form(DATA).files(entry("uploads/data.csv", 5))
    return traffic.download("uploads/data.csv", b"a,b\n")


def in_mid_turn(*later: bytes, took: float = 9.0) -> Traffic:
    """A list of files requested two seconds after a command wrote a file, while a reader is connected."""
    traffic = Traffic().create("Hi")
    wrote = call("one", args={"command": "echo x > made.txt; echo at=$(pwd); echo done"})
    pieces = (LIVE, wrote, result("one", "at=/workspace\ndone\n"), *later)
    began = traffic.now
    chunks = [(began + number / 10, piece) for number, piece in enumerate(pieces, 1)]
    traffic.add("GET", f"{TASKS}/t/stream", chunks=chunks, took=took, answered=STREAM, closed=Closed.HUNG_UP)
    return traffic.at(began + 2).files(entry("workspace/made.txt"))


def test_what_a_command_wrote_is_listed_in_mid_turn_too():
    assert in_mid_turn().reasons("ARTIFACT-031") == {"no-reading"}
    for unsure in (
        in_mid_turn(call("two", args={"command": "mv made.txt kept.txt"})),
        in_mid_turn(call("two", args={"command": "ls *"})),
        in_mid_turn(took=1.0),
    ):
        assert not unsure.spoke("ARTIFACT-031")


@cases("UPLOAD-014 UPLOAD-004", ([], None), (["uploads/later.txt"], "half-done"))
def test_a_refused_follow_up_leaves_no_file(paths: list[str]) -> Traffic:
    traffic = with_uploads(DATA).say_form(LATER, status=400)
    return traffic.files(*map(entry, ["uploads/data.csv", *paths]))


@pytest.mark.parametrize("path", ["../other", "a/../../b", "%2e%2e/x", "..\\x", "/etc/passwd"])
@cases("ARTIFACT-017", (404, None), (200, "foreign-file"))
def test_a_path_that_climbs_out(status: int, *, path: str) -> Traffic:
    return with_uploads(DATA).download(path, status=status)


@cases("UPLOAD-011", (["data (1).csv"], None), ([], "not-attached"))
def test_a_namesake_is_attached_under_whatever_name(told: list[str]) -> Traffic:
    traffic = with_uploads(DATA, later=(DATA,))
    first = [{"name": "data.csv", "path": "uploads/data.csv"}]
    second = [{"name": name, "path": f"uploads/{name}"} for name in told]
    shown = [user(1, "Hi", attachedFiles=first), FOUR, user(2, "More", attachedFiles=second)]
    traffic.history(*shown)
    del traffic.exchanges[1], traffic.exchanges[2]
    return traffic


@pytest.mark.parametrize(("told", "number"), [([], 0), (["uploads/data.csv"], 1), (["uploads/b.txt"], 0)])
def test_a_message_without_files_shows_none_of_another(told: list[str], number: int):
    traffic = with_uploads(DATA).say("More")
    attached = [{"name": "data.csv", "path": path} for path in told]
    traffic.history(user(1, "Hi"), FOUR, user(2, "More", attachedFiles=attached))

    breaches = traffic.row("UPLOAD-011").breaches
    names = [each.clause.name for each in breaches]
    assert names.count("uploads_are_attached_to_their_message") == number


@cases(
    ("ARTIFACT-004", "x/a.csv", {"mimeType": "text/csv"}, None),
    ("ARTIFACT-004", "x/a.csv", {"mimeType": "text/plain"}, "wrong-type"),
    ("ARTIFACT-004", "a.pdf", {"mimeType": "application/pdf"}, None),
    ("ARTIFACT-004", "a.pdf", {"mimeType": "text/csv"}, "wrong-type"),
    ("ARTIFACT-006", "a.py", {"category": "code"}, None),
    ("ARTIFACT-006", "a.py", {"category": "text"}, "other-category"),
    ("ARTIFACT-006", "a.png", {"category": "image"}, None),
    ("ARTIFACT-006", "a.png", {"category": "other"}, "other-category"),
)
def test_types_and_categories_follow_names(path: str, told: dict[str, Any]) -> Traffic:
    return with_uploads(DATA).files(entry(path, **told))


@cases("FOLLOWUP-011", ("success", None), ("error", "not-readable"))
def test_the_agent_can_read_an_upload(status: str) -> Traffic:
    traffic = Traffic().create_form(DATA)
    reads = call("one", toolName="read_file", args={"path": "uploads/data.csv"})
    return traffic.stream(reads, result("one", "a,b", status), DONE, shown=[HI])


@pytest.mark.parametrize(("paths", "number"), [(["uploads/data (1).csv"], 0), ([], 1)])
def test_what_is_declared_as_attached_is_listed(paths: list[str], number: int):
    traffic = with_uploads(DATA)
    traffic.history(user(1, "Hi", attachedFiles=[{"name": "data.csv", "path": "uploads/data (1).csv"}]), FOUR)
    traffic.files(*map(entry, ["uploads/data.csv", *paths]))

    breaches = traffic.row("UPLOAD-011").breaches
    assert [each.clause.name for each in breaches].count("attached_paths_are_listed") == number


def asked(path: str, **more: Any) -> Traffic:
    return Traffic().begun().add("GET", f"{TASKS}/t/artifacts/download?path={path}", **more)


def part(content: bytes, *, headers: Any = RANGE, status: int = 206) -> Traffic:
    traffic = Traffic().begun().get().download("a.txt", b"abcd")
    told = (("Content-Type", "text/plain"), ("Content-Range", "bytes 1-2/4"))
    traffic.download("a.txt", b"bc", headers=RANGE, status=206, answered=told)
    return traffic.download("a.txt", content, headers=headers, status=status, answered=told)


def open_range(status: int) -> Traffic:
    return part(b"", headers=(*OWNER, ("Range", "bytes=9-")), status=status)


def whole(content: bytes, headers: Any = RANGE) -> Traffic:
    """A request for a range that is answered with 200, by a server that supports no ranges."""
    traffic = Traffic().begun().get().download("a.txt", b"abcd")
    return traffic.download("a.txt", content, headers=headers)


def test_a_range_may_be_answered_with_the_whole_file_alone():
    assert whole(b"abcd").reasons("ARTIFACT-027") == set()
    assert whole(b"bc").reasons("ARTIFACT-027") == {"wrong-range"}
    assert whole(b"abcd", BEYOND).reasons("ARTIFACT-028") == set()


@cases("ARTIFACT-027", (b"bcd", "1-3", None), (b"abcd", "0-3", "wrong-range"), (b"bcd", "0-2", "wrong-range"))
def test_the_last_bytes_of_a_file(content: bytes, told: str) -> Traffic:
    traffic = part(b"bc")
    answered = (("Content-Type", "text/plain"), ("Content-Range", f"bytes {told}/4"))
    headers = (*OWNER, ("Range", "bytes=-3"))
    return traffic.download("a.txt", content, headers=headers, status=206, answered=answered)


FILE = {"name": "a.txt", "mimeType": "text/plain", "category": "text", "modifiedAt": "2026-01-26T15:50:54Z"}


def told(more: dict[str, Any]) -> Traffic:
    """A list of one file with some fields replaced."""
    return listed("x/a.txt", **FILE | more)


@cases("ARTIFACT-028", "unjudged")
def test_of_an_empty_file_a_range_may_be_answered_with_all_of_it() -> Traffic:
    return part(b"bc").download("empty.txt", b"").download("empty.txt", b"", headers=RANGE)


def tagged(*tags: str | None) -> Traffic:
    """A file that was downloaded with these tags, each time with other bytes."""
    traffic = Traffic().begun()
    for number, tag in enumerate(tags):
        traffic.download("a.txt", b"%d" % number, answered=(("ETag", tag),) if tag else ())
    return traffic


def listed(*paths: str, **more: Any) -> Traffic:
    return Traffic().begun().get().files(*({"path": path} | more for path in paths))


def answered(data: Any) -> Traffic:
    return Traffic().begun().add("GET", f"{TASKS}/t/artifacts", data)


def written(*paths: str) -> Traffic:
    traffic = Traffic()
    for task, path in zip("tu", paths, strict=True):
        traffic.create("Hi", task=task)
        made = call("c", toolName="write_file", args={"path": "a.txt", "content": "x"})
        traffic.stream(made, result("c", "ok"), DONE, shown=[HI], task=task)
        traffic.get(task=task)
        traffic.files({"path": path}, task=task)
    return traffic


@cases(
    "ARTIFACT-013",
    ("größe.txt", "filename*=UTF-8''gr%C3%B6%C3%9Fe.txt", None),
    ("größe.txt", "filename*=UTF-8''gr%25C3%25B6%25C3%259Fe.txt", "other-name"),
    ("a b+c.txt", 'filename="a_b_c.txt"', None),
)
def test_a_download_has_the_base_name_however_it_is_written(name: str, told: str) -> Traffic:
    header = (("Content-Disposition", f"attachment; {told}"),)
    return Traffic().begun().download(f"downloads/{name}", answered=header)


def dated(*times: str, size: int = 4) -> Traffic:
    """A list of one file before a turn, and lists after it with these times and, in these, another size."""
    traffic = (
        with_uploads(DATA).files(entry("uploads/data.csv", modifiedAt=f"2026-01-26T{times[0]}Z")).after(5)
    )
    traffic.say("More").stream(DONE, shown=[HI, FOUR, MORE])
    for time in times[1:]:
        traffic.files(entry("uploads/data.csv", size, modifiedAt=f"2026-01-26T{time}Z"))
    return traffic


@cases(
    "ARTIFACT-007",
    (("10:00:00", "10:00:00"), 4, None),
    (("10:00:00", "10:00:00"), 5, "not-modified"),
    (("10:00:00", "10:00:05"), 5, None),
    (("10:00:00", "10:00:05", "10:00:06", "10:00:06"), 4, None),  # preserved as a copy
    (("10:00:00", "10:00:05", "10:00:06", "10:00:07"), 4, "other-time"),
)
def test_the_time_of_a_file_is_that_of_its_change(times: tuple[str, ...], size: int) -> Traffic:
    return dated(*times, size=size)


@cases(
    "ARTIFACT-011",
    ("echo new > uploads/data.csv; cat uploads/data.csv; echo done", b"new\n", None),
    ("echo new > uploads/data.csv; cat uploads/data.csv; echo done", b"a,b\n", "old-bytes"),
    ("echo new > uploads/data.csv; echo done", b"a,b\n", "unjudged"),
)
def test_an_upload_that_was_written_over_has_the_new_bytes(command: str, content: bytes) -> Traffic:
    traffic = Traffic().create_form(DATA).ran(command, "new\ndone", name="one")
    return traffic.get().download("uploads/data.csv", content)


@cases("UPLOAD-010", ("identity", None), ("gzip", "bytes-differ"))
def test_the_bytes_of_a_compressed_upload_are_not_announced_as_encoded(coding: str) -> Traffic:
    traffic = with_uploads(SentFile.of("packed.gz", b"zipped"))
    return traffic.download("uploads/packed.gz", b"zipped", answered=(("Content-Encoding", coding),))


test_a_file = stories(
    ("ARTIFACT-018", lambda more: asked("../../etc/passwd", **more), NO, {}, "not-refused"),
    ("ARTIFACT-028", lambda status: part(b"", headers=BEYOND, status=status), 416, 200, "not-refused"),
    ("ARTIFACT-028", open_range, 416, 200, "not-refused"),
    ("ARTIFACT-029", lambda tag: tagged('"1"', '"2"', tag), '"3"', '"1"', "same-tag"),
    ("ARTIFACT-029", lambda tag: tagged('"1"', '"2"', tag), '"3"', '"2"', "same-tag"),
    ("ARTIFACT-001", answered, {"files": []}, [], "wrong-shape"),
    ("ARTIFACT-001", answered, {"files": []}, {"files": {}}, "wrong-shape"),
    ("ARTIFACT-002", told, {}, {"path": "/x/a.txt"}, "wrong-path"),
    ("ARTIFACT-002", told, {}, {"name": ""}, "wrong-path"),
    ("ARTIFACT-004", told, {}, {"mimeType": "text"}, "wrong-type"),
    ("ARTIFACT-031", lambda path: written("a.txt", path), "a.txt", "downloads/a.txt", "two-readings"),
)


def test_downloads_without_a_tag_keep_the_rule_about_tags():
    assert outcome_of(tagged(None, None).judged("ARTIFACT-029")) == "passed"


@cases("ARTIFACT-008", (["a.txt"], None), ([], "not-listed"))
def test_what_is_delivered_is_listed_as_it_was_before(paths: list[str]) -> Traffic:
    traffic = Traffic().create("Hi").ran("echo a > a.txt; rm b.txt", "").get()
    traffic.files({"path": "a.txt"})
    traffic.files(*({"path": path} for path in paths))
    return traffic.download("a.txt")


@cases("ARTIFACT-008", (9.5, "unjudged"), (10.5, "not-listed"))
def test_a_written_file_is_listed_a_second_later_while_the_turn_goes_on(second: float) -> Traffic:
    made = call("c", toolName="write_file", args={"path": "a.txt", "content": "x"})
    traffic = Traffic().create("Hi").stream(made, result("c", "ok"), DONE, shown=[HI], step=2.0)
    return traffic.get().at(second).files()


@cases(
    "ARTIFACT-008", (3, "true", None), (2, "true", "not-listed"), (2, "rm -r many-n0123456789ab", "unjudged")
)
def test_as_many_files_are_listed_as_a_command_counted(listed: int, other: str) -> Traffic:
    folder = "many-n0123456789ab"
    traffic = Traffic().create("Hi")
    command = call("c", args={"command": f"mkdir {folder}; touch {folder}/1; find {folder} -type f | wc -l"})
    more = [call("d", args={"command": other}), result("d", "")]
    traffic.stream(command, result("c", "3\n"), *more, DONE, shown=[HI])
    traffic.get()
    return traffic.files(*({"path": f"downloads/{folder}/{number}"} for number in range(listed)))


def part_of_made(output: str = "done\n", **args: str) -> Traffic:
    """A part of a file that a call created, with the Content-Range of another part."""
    traffic = heard(call("c", args=args), result("c", output), DONE).get()
    traffic.download("a.txt", b"abcd")
    told = (("Content-Type", "text/plain"), ("Content-Range", "bytes 5-6/999"))
    return traffic.download("a.txt", b"bc", headers=RANGE, status=206, answered=told)


def test_a_part_of_a_made_file_is_judged_where_its_command_surely_has_ended():
    ended = "echo a > a.txt; : more; echo done"

    for args in (
        {"command": ended},
        {"filePath": "a.txt", "content": "abcd"},
        {"file": "a.txt", "text": "abcd"},
    ):
        assert part_of_made(**args).reasons("ARTIFACT-027") == {"wrong-range"}
    for open_ in (part_of_made("", command=ended), part_of_made(command="sleep 9 && echo a > a.txt")):
        assert not open_.spoke("ARTIFACT-027")


def created_file(*parts: bytes, name: str = "w0rd.txt") -> str:
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe="created_file", label="run")
    return outcome_of(
        judged(
            "ARTIFACT-008",
            run,
            files("created_file", "files", **{name: 1}),
            facts={"created_file": {"word": "w0rd"}},
        )
    )


def test_a_file_is_missed_in_the_list_only_if_a_tool_made_it():
    asked = call("c", args={"path": "w0rd.txt"})
    made = asked, result("c", "written")

    assert created_file() == "passed"
    assert created_file(*made) == "passed"
    assert created_file(name="other.txt") == "stimulus-not-reached"
    assert created_file(*made, name="other.txt") == "not-listed"
    assert created_file(asked, result("c", "no", "error"), name="other.txt") == "stimulus-not-reached"
    assert created_file(asked, result("d", "another"), name="other.txt") == "stimulus-not-reached"


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (("a.txt", "b.txt"), None),
        (("a.txt", "B.txt", "c.txt"), None),
        (("a_b.txt", "a.txt", "ab/c.txt"), None),
        (("file2.txt", "file10.txt"), None),
        (("a.txt", "d.txt", "c.txt", "e.txt"), '"d.txt" before "c.txt"'),
    ],
)
def test_files_are_sorted_by_path_in_whatever_alphabet(paths: tuple[str, ...], shown: str | None):
    found = listed(*paths).row("ARTIFACT-023")

    told = [(each.reason, each.finding.observed) for each in found.breaches]
    assert told == ([("other-order", shown)] if shown else [])


def typed(kind: str) -> Traffic:
    """A file that is listed as text, and downloaded with a type."""
    traffic = Traffic().begun().files({"path": "a.txt", "mimeType": "text/plain"})
    return traffic.download("a.txt", answered=(("Content-Type", kind),))


def disposed(value: str) -> Traffic:
    headers = (("Content-Type", "text/plain"), ("Content-Disposition", value))
    return Traffic().begun().files({"path": "a.txt"}).download("a.txt", answered=headers)


def listed_with(**fields: Any) -> Traffic:
    return Traffic().begun().files({"path": "d/a.txt", "name": "a.txt", "category": "text"} | fields)


def _archive() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a.txt", b"x")
    return kept.getvalue()


ARCHIVE = SentFile.of("bundle.zip", _archive())

test_what_lists_and_downloads_say = stories(
    ("ARTIFACT-005", lambda told: listed_with(category=told), "text", "", "wrong-category"),
    ("ARTIFACT-012", typed, "text/plain", "image/png", "types-differ"),
    ("ARTIFACT-016", disposed, 'attachment; filename="a.txt"', 'attachment; filename="a', "broken-header"),
    (
        "ARTIFACT-019",
        lambda content: Traffic().begun().download("link", content),
        b"x",
        b"root:x:0:0:root:/root:/bin/bash\n",
        "foreign-file",
    ),
    ("ARTIFACT-032", lambda path: listed_with(path=path), "d/a.txt", "/etc/a.txt", "outside-workspace"),
    (
        "ARTIFACT-033",
        lambda path: Traffic().create_form(ARCHIVE).stream(DONE, shown=[HI]).files({"path": path, "size": 1}),
        "uploads/bundle/a.txt",
        "uploads/bundle.zip",
        "structure-lost",
    ),
    ("ARTIFACT-034", lambda name: listed_with(name=name), "a.txt", "b.txt", "other-name"),
)
