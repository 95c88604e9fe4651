"""ZIP: an archive keeps its structure; a hostile one stays inside and harms nobody."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, both, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import (
    entries_kept,
    entry_paths,
    listed,
    untouched,
)
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

ARCHIVE_KINDS = "archive_kinds"
HONEST_ARCHIVE = "honest_archive"
HOSTILE_ARCHIVES = "hostile_archives"
KEPT_FILES = "kept_files"
LARGE_REQUESTS = "large_requests"


def unpacked(record: Record, kind: str, entry: str) -> Verdict:
    """The archive is taken, its entry listed with its directories and delivered byte for byte."""
    observations = Observations("not-extracted", f"{entry} extracted")
    made = record.exchange(ARCHIVE_KINDS, kind)
    if observations.add(made.ok, made, f"{kind}: {summary(made)}", reason="refused"):
        page = record.exchange(ARCHIVE_KINDS, f"{kind}: files")
        paths = entry_paths(page, entry)
        if observations.add(len(paths) == 1, page, f"{kind}: {list(listed(page))}"):
            exchange = record.exchange(ARCHIVE_KINDS, f"{kind}: {paths[0]}")
            same = exchange.body == record.fact(ARCHIVE_KINDS, "word").encode()
            observations.add(same, exchange, f"{paths[0]}: {exchange.size} bytes", reason="bytes-differ")
    return observations.verdict()


def harmless(record: Record, names: list[str], expected: str) -> Verdict:
    """These archives are refused, or what they became stays under uploads/ and nothing of them is outside."""
    control = record.exchange(HOSTILE_ARCHIVES, "twin")
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the honest control was refused: {summary(control)}", cite(control)
        )
    observations = Observations("outside-uploads", expected)
    word = record.fact(HOSTILE_ARCHIVES, "word")
    for name in names:
        for exchange, holds, observed in _outcome(record, name, word):
            observations.add(holds, exchange, f"{name}: {observed}")
    return observations.verdict()


def _outcome(record: Record, name: str, word: str) -> Iterator[tuple[Exchange, bool, str]]:
    answer = record.exchange(HOSTILE_ARCHIVES, name)
    yield answer, answer.refused or answer.succeeded, summary(answer)
    if not answer.succeeded:
        return
    page = record.exchange(HOSTILE_ARCHIVES, f"{name}: files")
    outside = [path for path in listed(page) if not path.startswith("uploads/") or ".." in path.split("/")]
    yield page, not outside, f"became {list(listed(page))}"
    for exchange in record.transcript(HOSTILE_ARCHIVES).labelled(f"{name}: outside"):
        found = exchange.succeeded and word.encode() in exchange.body
        yield exchange, not found, summary(exchange)
    for exchange in record.transcript(HOSTILE_ARCHIVES).labelled(f"{name}: download"):
        foreign = exchange.succeeded and b"root:" in exchange.body
        yield exchange, not foreign, summary(exchange)


def survived(record: Record, names: list[str]) -> Verdict:
    """These archives get an answer below 500, and the service answers afterwards."""
    observations = Observations("server-error", "an answer below 500, and the service answers")
    for name in names:
        answer = record.exchange(HOSTILE_ARCHIVES, name)
        observations.add(answer.refused or answer.succeeded, answer, f"{name}: {summary(answer)}")
        serving = record.exchange(HOSTILE_ARCHIVES, f"{name}: serving")
        observations.add(serving.ok, serving, f"after {name}: {summary(serving)}")
    return observations.verdict()


judge_each(
    __name__,
    {
        "ZIP-012": Refusal(
            HOSTILE_ARCHIVES, ["climbing", "absolute", "link"], 400, "INVALID_ARCHIVE", control="twin"
        ),
        "ZIP-013": Refusal(
            HOSTILE_ARCHIVES, ["encrypted", "cut", "wrong checksum"], 400, "INVALID_ARCHIVE", control="twin"
        ),
        "ZIP-014": Refusal(HOSTILE_ARCHIVES, ["bomb"], 400, "INVALID_ARCHIVE", control="twin"),
        "ZIP-021": Acceptance(HONEST_ARCHIVE, ["many entries"], "an archive of 21 entries is one file"),
    },
)


@judge("ZIP-001", HONEST_ARCHIVE)
def extracted(record: Record) -> Verdict:
    return entries_kept(record, "entries", "files", "download")


@judge("ZIP-002", HONEST_ARCHIVE)
def structure(record: Record) -> Verdict:
    observations = Observations("structure-lost", "two entries of one name in two directories are two files")
    page = record.exchange(HONEST_ARCHIVE, "files")
    found = sorted(path for path in listed(page) if path.endswith("/summary.txt"))
    holds = len(found) == 2 and all(
        found[number].endswith(f"reports/{year}/summary.txt") for number, year in enumerate(("2025", "2026"))
    )
    observations.add(holds, page, f"{found}")
    return observations.verdict()


@judge("ZIP-003", HONEST_ARCHIVE)
def extracted_later(record: Record) -> Verdict:
    return entries_kept(record, "later", "files after follow-up", "later")


@judge("ZIP-004", HONEST_ARCHIVE)
def stored_and_deflated(record: Record) -> Verdict:
    return entries_kept(record, "entries", "files", "download")


@judge("ZIP-005", HONEST_ARCHIVE)
def names_in_utf_8(record: Record) -> Verdict:
    observations = Observations("name-changed", "a file named größe.txt")
    page = record.exchange(HONEST_ARCHIVE, "files")
    observations.add(
        bool(entry_paths(page, "data/größe.txt")),
        page,
        f"{[path for path in listed(page) if 'data/' in path]}",
    )
    return observations.verdict()


@judge("ZIP-006", HOSTILE_ARCHIVES)
def climbing(record: Record) -> Verdict:
    return harmless(record, ["climbing"], "no file outside the upload directory")


@judge("ZIP-007", HOSTILE_ARCHIVES)
def absolute(record: Record) -> Verdict:
    names = ["absolute", "drive letter", "climbing with backslashes"]
    return harmless(record, names, "no file outside the upload directory")


@judge("ZIP-008", HOSTILE_ARCHIVES)
def links(record: Record) -> Verdict:
    return harmless(record, ["link"], "no byte of the file that the link points to")


@judge("ZIP-009", HOSTILE_ARCHIVES)
def bombs(record: Record) -> Verdict:
    observations = Observations("unpacked", "not unpacked, and the service answers")
    answer, control = record.exchange(HOSTILE_ARCHIVES, "bomb"), record.exchange(HOSTILE_ARCHIVES, "twin")
    if answer.refused and not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"an honest archive as long was refused: {summary(control)}",
            cite(control),
        )
    observations.add(answer.refused or answer.succeeded, answer, summary(answer), reason="server-error")
    serving = record.exchange(HOSTILE_ARCHIVES, "bomb: serving")
    observations.add(serving.ok, serving, f"afterwards: {summary(serving)}", reason="service-down")
    if answer.succeeded:
        page = record.exchange(HOSTILE_ARCHIVES, "bomb: files")
        total = sum(int(entry.get("size") or 0) for entry in listed(page).values())
        observations.add(total < 2_000_000_000, page, f"{total} bytes in the workspace")
    return observations.verdict()


@judge("ZIP-010", HOSTILE_ARCHIVES)
def corrupt(record: Record) -> Verdict:
    return survived(record, ["cut", "no directory", "wrong checksum"])


@judge("ZIP-011", HOSTILE_ARCHIVES)
def wrong_checksum(record: Record) -> Verdict:
    observations = Observations("bad-file-presented", "no file with bytes that do not match the checksum")
    answer = record.exchange(HOSTILE_ARCHIVES, "wrong checksum")
    observations.add(answer.refused or answer.succeeded, answer, summary(answer))
    for exchange in record.transcript(HOSTILE_ARCHIVES).labelled("wrong checksum: download"):
        observations.add(b"XXXX" not in exchange.body[:8], exchange, summary(exchange))
    return observations.verdict()


@judge("ZIP-015", HONEST_ARCHIVE)
def own_folder(record: Record) -> Verdict:
    observations = Observations("other-place", "uploads/bundle/ for an archive with two top directories")
    page = record.exchange(HONEST_ARCHIVE, "files")
    outside = [path for path in listed(page) if not path.startswith("uploads/bundle/")]
    observations.add(bool(listed(page)) and not outside, page, f"elsewhere: {outside or 'nothing'}")
    later = record.exchange(HONEST_ARCHIVE, "files after follow-up")
    single = [path for path in listed(later) if path.startswith("uploads/later/")]
    observations.add(
        bool(single), later, f"{len(single)} entries of the archive with one top directory in uploads/"
    )
    return observations.verdict()


@judge("ZIP-016", HONEST_ARCHIVE)
def archive_is_not_kept(record: Record) -> Verdict:
    observations = Observations("kept", "no .zip among the files")
    page = record.exchange(HONEST_ARCHIVE, "files")
    observations.add(
        page.ok and not any(path.endswith(".zip") for path in listed(page)),
        page,
        f"{len(listed(page))} files",
    )
    return observations.verdict()


@judge("ZIP-017", ARCHIVE_KINDS)
def inner_archive_stays(record: Record) -> Verdict:
    observations = Observations("extracted", "inner.zip is a file, and what is in it is not")
    page = record.exchange(ARCHIVE_KINDS, "nested: files")
    paths = list(listed(page))
    holds = any(path.endswith("/inner.zip") for path in paths)
    observations.add(holds and not any(path.endswith("deep.txt") for path in paths), page, f"{paths}")
    return observations.verdict()


@judge("ZIP-018", ARCHIVE_KINDS)
def known_by_its_content(record: Record) -> Verdict:
    return unpacked(record, "disguised", "d/a.txt")


@judge("ZIP-019", HONEST_ARCHIVE)
def attached(record: Record) -> Verdict:
    observations = Observations("nothing-attached", "at least one attached file")
    exchange = record.exchange(HONEST_ARCHIVE, "history")
    number = sum(len(shapes.objects(message.get("attachedFiles"))) for message in messages(exchange))
    observations.add(number > 0, exchange, f"{number} attached files")
    return observations.verdict()


@judge("ZIP-020", HONEST_ARCHIVE)
def entries_attached(record: Record) -> Verdict:
    observations = Observations("other-files-attached", "the entries of the archive")
    exchange = record.exchange(HONEST_ARCHIVE, "history")
    paths = {
        str(entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    }
    page = record.exchange(HONEST_ARCHIVE, "files")
    observations.add(paths == set(listed(page)), exchange, f"{sorted(paths)}")
    return observations.verdict()


@judge("ZIP-022", ARCHIVE_KINDS)
def streamed(record: Record) -> Verdict:
    return unpacked(record, "streamed", "a.txt")


@judge("ZIP-023", ARCHIVE_KINDS)
def zip64(record: Record) -> Verdict:
    return unpacked(record, "zip64", "a.txt")


@judge("ZIP-024", HOSTILE_ARCHIVES)
def odd_entries(record: Record) -> Verdict:
    return survived(record, ["namesakes", "shared bytes"])


@judge("ZIP-025", HOSTILE_ARCHIVES)
def archives_without_files(record: Record) -> Verdict:
    return survived(record, ["no entries", "directories alone"])


@judge("ZIP-026", KEPT_FILES)
def extraction_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "entry.txt", "the extracted file of before is as it was")


@judge("ZIP-027", LARGE_REQUESTS)
def archive_beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record,
        LARGE_REQUESTS,
        ["archive beyond"],
        control="small archive",
        expected="refused like any other file",
    )
    observations = Observations("half-done", "no task is made")
    page = record.exchange(LARGE_REQUESTS, "list")
    found = tasks_marked(page, f"{record.fact(LARGE_REQUESTS, 'mark')} archive beyond")
    observations.add(page.ok and not found, page, f"{len(found)} tasks of the refused creation")
    return both(refusal, observations.verdict())
