"""ZIP: an archive is extracted once, with directories and bytes; a hostile archive has no effect."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.model.workspace import READS_UPLOADS
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Closed, Exchange
from tests.conformance.handwritten import DONE, FOUR, HI, MORE, Traffic, cases, stories
from tests.conformance.kit import (
    answered,
    download,
    exchange,
    files,
    judged,
    no,
    ok,
    outcome_of,
    verdicts,
)


def packed(**entries: bytes) -> SentFile:
    """An archive of these files; a double underscore in a name is a slash."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return SentFile.of("bundle.zip", kept.getvalue())


FLAT, NESTED = packed(readme=b"read"), packed(d__a=b"one", e__a=b"three")


def entry(path: str, size: int) -> dict[str, Any]:
    return {"name": path.rpartition("/")[2], "path": path, "size": size}


def extracted(archive: SentFile, *listed: tuple[str, int], follow_up: bool = False) -> Traffic:
    traffic = Traffic()
    if follow_up:
        traffic.create("Hi")
        traffic.stream(DONE, shown=[HI])
        traffic.say_form(archive)
        traffic.stream(DONE, shown=[HI, FOUR, MORE])
    else:
        traffic.create_form(archive)
        traffic.stream(DONE, shown=[HI])
    return traffic.files(*(entry(path, size) for path, size in listed))


@pytest.mark.parametrize(
    ("listed", "reasons"),
    [
        ([("uploads/readme", 4)], set()),
        ([("uploads/bundle/readme", 4)], set()),
        ([("uploads/readme (1)", 4)], set()),
        ([("uploads/readmes", 4)], {"structure-lost"}),
        ([("uploads/bundle.zip", 99)], {"structure-lost"}),
        ([("uploads/readme", 0)], {"structure-lost"}),
    ],
)
def test_an_archive_is_extracted(listed: list, reasons: set[str]):
    assert extracted(FLAT, *listed).reasons("ZIP-001") == reasons
    for row in ("ZIP-001", "ZIP-003"):
        assert extracted(FLAT, *listed, follow_up=True).reasons(row) == reasons


@cases("ZIP-001", (2, None), (1, "structure-lost"), (0, "unjudged"))
def test_a_command_finds_each_entry_of_an_archive_or_none(there: int) -> Traffic:
    """A platform may store archives unextracted, and lists may lack hidden files (G-80)."""
    contents = {"a.txt": b"one", ".git/config": b"two"}
    traffic = Traffic().create_form(packed(**contents), SentFile.of("b.txt", b"b"))
    found = {"b.txt": b"b"} | dict([*contents.items()][:there])
    lines = [f"{SentFile.of(name, content).sha256}  uploads/{name}" for name, content in found.items()]
    return traffic.ran(f"{READS_UPLOADS}; echo done", "\n".join([*lines, "done"]))


@pytest.mark.parametrize("later", [packed(readme=b"another"), SentFile.of("readme", b"another")])
@pytest.mark.parametrize("sizes", [[7], [4, 7], [4]])
def test_a_file_of_an_archive_may_be_replaced_by_a_later_one_of_its_name(later: SentFile, sizes: list[int]):
    traffic = extracted(FLAT, ("uploads/readme", 4)).say_form(later)
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    paths = ["uploads/readme", "uploads/readme (1)"]
    traffic.files(*(entry(path, size) for path, size in zip(paths, sizes, strict=False)))

    lost = later.entries is not None and 7 not in sizes
    assert traffic.reasons("ZIP-001") == ({"structure-lost"} if lost else set())


def test_what_is_beside_a_strange_name_is_extracted_too_unless_it_leads_away():
    strange, away = (packed(**{"readme": b"read", name: b"x"}) for name in ("größe.txt", "../up.txt"))

    assert extracted(strange).reasons("ZIP-001") == {"structure-lost"}
    assert not extracted(away).row("ZIP-001").spoke


@cases("ZIP-001", (b"one", None), (b"two", "structure-lost"))
def test_an_entry_downloads_as_packed(content: bytes) -> Traffic:
    traffic = extracted(replace(NESTED, name="bundle.zip"), ("uploads/d/a", 3), ("uploads/e/a", 5))
    return traffic.download("uploads/d/a", content)


def test_what_a_file_is_kept_of():
    assert SentFile.of("a.txt", b"x").entries is None
    assert [each.name for each in NESTED.entries or ()] == ["d/a", "e/a"]
    assert SentFile.of("cut.zip", b"PK\x03\x04 cut").entries == ()
    assert SentFile.restored(NESTED.members()) == NESTED


def test_of_an_archive_with_a_link_nothing_is_expected():
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert SentFile.of("link.zip", kept.getvalue()).entries == ()


@cases("FOLLOWUP-011", (b"read", None), (b"", "not-readable"))
def test_a_command_reads_an_entry_as_it_was_packed(content: bytes) -> Traffic:
    traffic = extracted(FLAT, ("uploads/bundle/readme", 4)).say("More")
    told = f"{SentFile.of('readme', content).sha256}  uploads/bundle/readme"
    return traffic.ran(READS_UPLOADS, told, shown=[HI, FOUR, MORE])


def zipped(*names: str) -> bytes:
    """An archive of files with one byte each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def listed(name: str, content: bytes) -> Callable[[list[str]], Traffic]:
    def made(paths: list[str]) -> Traffic:
        traffic = Traffic().create_form(SentFile.of(name, content))
        return traffic.files(*({"path": path, "size": 1} for path in paths))

    return made


def test_an_archive_by_its_bytes_alone_may_stay_a_file():
    """How an archive is recognised is a gap (G-31)."""
    rows = listed("a.dat", zipped("d/b.txt"))(["uploads/a.dat"]).evaluation().rows

    broken = {row for row, judged in rows.items() if judged.breaches}
    assert {row for row in broken if row.startswith(("UPLOAD", "ZIP"))} == set()
    assert "ARTIFACT-033" not in broken


HOSTILE = "hostile_archives"


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


def hostile(name: str, answer: Exchange, *, serving: bool = True) -> list[Exchange]:
    after = ok(HOSTILE, f"{name}: serving") if serving else no(HOSTILE, f"{name}: serving", 503)
    return [replace(answer, label=name), after]


def test_a_bomb_is_refused_as_a_bomb_only_beside_an_archive_as_long():
    bomb = hostile("bomb", no(HOSTILE, "", 413, "FILE_TOO_LARGE"))

    assert judged("ZIP-009", *bomb, ok(HOSTILE, "twin", status=201)).outcome is Outcome.PASSED
    assert judged("ZIP-009", *bomb, no(HOSTILE, "twin", 413, "FILE_TOO_LARGE")).reason == "control-failed"


@verdicts((True, "timing-noise"), (False, "server-error"))
def test_an_answer_to_a_bomb_that_was_not_waited_for_fails_no_server_that_serves_on(serving):
    silence = exchange(probe=HOSTILE, status=None, closed=Closed.DEADLINE)
    return judged("ZIP-009", *hostile("bomb", silence, serving=serving), ok(HOSTILE, "twin"))


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


def test_a_server_error_tells_nothing_of_where_an_archive_went():
    answers = ok(HOSTILE, "twin"), no(HOSTILE, "climbing", 500)

    assert judged("ZIP-006", *answers, facts={HOSTILE: {"word": "w0rd"}}).outcome is Outcome.BLOCKED


def large(answer: Exchange, *marked: str, status: int = 200) -> Verdict:
    items = [{"id": name, "systemPrompt": name} for name in marked]
    return judged(
        "ZIP-027",
        ok("large_requests", "small archive", status=201),
        answer,
        answered(items, status=status, probe="large_requests", label="list"),
        facts={"large_requests": {"mark": "m"}},
    )


def test_a_large_archive_is_refused_and_leaves_no_task():
    refused = no("large_requests", "archive beyond", 413, "FILE_TOO_LARGE")

    assert large(refused, "m small archive").outcome is Outcome.PASSED
    assert large(refused, "m archive beyond").reason == "half-done"
    assert large(ok("large_requests", "archive beyond", status=201)).reason == "accepted"
    assert large(refused, status=403).outcome is Outcome.BLOCKED


def odd_name(name: str) -> Traffic:
    """An archive with a name beyond ASCII, and a list of its files."""
    return Traffic().create_form(packed(**{"ä.txt": b"x"})).files(entry(f"uploads/a/{name}", 1))


def full(**more: Any) -> Traffic:
    """An archive with more entries than a form may have files."""
    return Traffic().create_form(packed(**{f"f{number}.txt": b"x" for number in range(30)}), **more)


test_the_entries_of_an_archive = stories(
    ("ZIP-005", odd_name, "ä.txt", "a.txt", "name-changed"),
    ("ZIP-021", lambda more: full(**more), {}, {"status": 400, "code": "TOO_MANY_FILES"}, "refused"),
    (
        "ZIP-002",
        lambda path: extracted(packed(**{"d/a.txt": b"x"}), (path, 1)),
        "uploads/a/d/a.txt",
        "uploads/a/a.txt",
        "structure-lost",
    ),
)


@verdicts(
    ("ZIP-007", ["absolute", "drive letter", "climbing with backslashes"], "outside-uploads"),
    ("ZIP-008", ["link"], "outside-uploads"),
)
def test_no_archive_reaches_outside_of_the_uploads(row: str, labels: list[str]) -> Verdict:
    inside, outside = ([ok(HOSTILE, "twin")] for _ in range(2))
    for label in labels:
        inside.append(no(HOSTILE, label))
        outside += [ok(HOSTILE, label), files(HOSTILE, f"{label}: files", "ok.txt")]
    facts = {HOSTILE: {"word": "w0rd"}}
    assert judged(row, *inside, facts=facts).outcome is Outcome.PASSED
    return judged(row, *outside, facts=facts)


CORRUPT = ("cut", "no directory", "wrong checksum", "bystander: cut")


def survived(status: int) -> list[Exchange]:
    made = []
    for label in CORRUPT:
        made += [no(HOSTILE, label, status), ok(HOSTILE, f"{label}: serving")]
    return made


@verdicts((400, "passed"), (500, "server-error"))
def test_a_corrupt_archive_breaks_no_server(status: int) -> Verdict:
    return judged("ZIP-010", *survived(status))


@verdicts(("right", "passed"), ("XXXXXXXX", "bad-file-presented"))
def test_a_file_with_another_checksum_is_not_delivered(text: str) -> Verdict:
    taken = ok(HOSTILE, "wrong checksum")
    return judged("ZIP-011", taken, download(HOSTILE, "wrong checksum: download", text))


def replaced(size: int) -> Traffic:
    """A file that was there before an archive with another one came."""
    traffic = Traffic().create_form(SentFile.of("a.txt", b"abcd")).stream(DONE, shown=[HI])
    traffic.files(entry("uploads/a.txt", 4)).say_form(packed(**{"b.txt": b"x"}))
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    return traffic.files(entry("uploads/a.txt", size), entry("uploads/b.txt", 1))


test_archives_and_other_files = stories(
    ("ZIP-026", replaced, 4, 5, "file-replaced"),
    (
        "ZIP-004",
        lambda listed: extracted(packed(**{"a.txt": b"x"}), *listed),
        [("uploads/bundle/a.txt", 1)],
        [("uploads/bundle.zip", 99)],
        "structure-lost",
    ),
)
