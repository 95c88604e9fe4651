"""ZIP: an honest archive keeps its structure; a hostile one stays inside and harms nobody."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judges.uploads import listed, messages
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

HONEST = "honest_archive"
HOSTILE = "hostile_archives"


def entry_paths(page: Exchange, entry: str) -> list[str]:
    """Listed paths at which an archive's entry may stand: under uploads/, with its own directories."""
    return [path for path in listed(page) if path.startswith("uploads/") and path.endswith(f"/{entry}")]


def kept(record: Record, entries: str, page: str, prefix: str) -> Verdict:
    """Every entry is listed once with its directories and downloads byte for byte."""
    claim = Claim("structure-lost", "every entry under uploads/ with its directories and bytes")
    listing = record.exchange(HONEST, page)
    for entry, content in record.fact(HONEST, entries).items():
        paths = entry_paths(listing, entry)
        if claim.see(len(paths) == 1, listing, f"{entry}: listed as {paths}"):
            exchange = record.exchange(HONEST, f"{prefix} {paths[0]}")
            same = exchange.body == content.encode()
            claim.see(same, exchange, f"{entry}: {exchange.size} bytes", reason="bytes-differ")
    return claim.verdict()


@judge("ZIP-001", HONEST)
def extracted(record: Record) -> Verdict:
    return kept(record, "entries", "files", "download")


@judge("ZIP-002", HONEST)
def structure(record: Record) -> Verdict:
    claim = Claim("structure-lost", "two entries of one name in two directories are two files")
    page = record.exchange(HONEST, "files")
    found = sorted(path for path in listed(page) if path.endswith("/summary.txt"))
    holds = len(found) == 2 and all(
        found[number].endswith(f"reports/{year}/summary.txt") for number, year in enumerate(("2025", "2026"))
    )
    claim.see(holds, page, f"{found}")
    return claim.verdict()


@judge("ZIP-003", HONEST)
def extracted_later(record: Record) -> Verdict:
    return kept(record, "later", "files after follow-up", "later")


@judge("ZIP-004", HONEST)
def stored_and_deflated(record: Record) -> Verdict:
    return kept(record, "entries", "files", "download")


@judge("ZIP-005", HONEST)
def names_in_utf_8(record: Record) -> Verdict:
    claim = Claim("name-changed", "a file named größe.txt")
    page = record.exchange(HONEST, "files")
    claim.see(
        bool(entry_paths(page, "data/größe.txt")),
        page,
        f"{[path for path in listed(page) if 'data/' in path]}",
    )
    return claim.verdict()


@judge("ZIP-015", HONEST)
def own_folder(record: Record) -> Verdict:
    claim = Claim("other-place", "uploads/bundle/ for an archive with two top directories")
    page = record.exchange(HONEST, "files")
    outside = [path for path in listed(page) if not path.startswith("uploads/bundle/")]
    claim.see(bool(listed(page)) and not outside, page, f"elsewhere: {outside or 'nothing'}")
    later = record.exchange(HONEST, "files after follow-up")
    single = [path for path in listed(later) if path.startswith("uploads/later/")]
    claim.see(bool(single), later, f"{len(single)} entries of the archive with one top directory in uploads/")
    return claim.verdict()


@judge("ZIP-016", HONEST)
def archive_is_not_kept(record: Record) -> Verdict:
    claim = Claim("kept", "no .zip among the files")
    page = record.exchange(HONEST, "files")
    claim.see(
        page.ok and not any(path.endswith(".zip") for path in listed(page)),
        page,
        f"{len(listed(page))} files",
    )
    return claim.verdict()


@judge("ZIP-019", HONEST)
def attached(record: Record) -> Verdict:
    claim = Claim("nothing-attached", "at least one attached file")
    exchange = record.exchange(HONEST, "history")
    number = sum(len(shapes.objects(message.get("attachedFiles"))) for message in messages(exchange))
    claim.see(number > 0, exchange, f"{number} attached files")
    return claim.verdict()


@judge("ZIP-020", HONEST)
def entries_attached(record: Record) -> Verdict:
    claim = Claim("other-files-attached", "the entries of the archive")
    exchange = record.exchange(HONEST, "history")
    paths = {
        str(entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    }
    page = record.exchange(HONEST, "files")
    claim.see(paths == set(listed(page)), exchange, f"{sorted(paths)}")
    return claim.verdict()


@judge("ZIP-021", HONEST)
def counts_as_one(record: Record) -> Verdict:
    claim = Claim("refused", "an archive of 21 entries is one file")
    exchange = record.exchange(HONEST, "many entries")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("ARTIFACT-033", HONEST)
def entries_listed(record: Record) -> Verdict:
    return kept(record, "entries", "files", "download")


def harmless(record: Record, names: list[str], expected: str) -> Verdict:
    """These archives are refused, or what they became stays under uploads/ and nothing of them is outside."""
    twin = record.exchange(HOSTILE, "twin")
    if not twin.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the honest twin was refused: {summary(twin)}", cite(twin)
        )
    claim = Claim("outside-uploads", expected)
    word = record.fact(HOSTILE, "word")
    for name in names:
        for exchange, holds, observed in _outcome(record, name, word):
            claim.see(holds, exchange, f"{name}: {observed}")
    return claim.verdict()


def _outcome(record: Record, name: str, word: str) -> Iterator[tuple[Exchange, bool, str]]:
    answer = record.exchange(HOSTILE, name)
    yield answer, answer.refused or answer.succeeded, summary(answer)
    if not answer.succeeded:
        return
    page = record.exchange(HOSTILE, f"{name}: files")
    outside = [path for path in listed(page) if not path.startswith("uploads/") or ".." in path.split("/")]
    yield page, not outside, f"became {list(listed(page))}"
    for exchange in record.transcript(HOSTILE).labelled(f"{name}: outside"):
        found = exchange.succeeded and word.encode() in exchange.body
        yield exchange, not found, summary(exchange)
    for exchange in record.transcript(HOSTILE).labelled(f"{name}: download"):
        foreign = exchange.succeeded and b"root:" in exchange.body
        yield exchange, not foreign, summary(exchange)


@judge("ZIP-006", HOSTILE)
def climbing(record: Record) -> Verdict:
    return harmless(record, ["climbing"], "no file outside the upload directory")


@judge("ZIP-007", HOSTILE)
def absolute(record: Record) -> Verdict:
    names = ["absolute", "drive letter", "climbing with backslashes"]
    return harmless(record, names, "no file outside the upload directory")


@judge("ZIP-008", HOSTILE)
def links(record: Record) -> Verdict:
    return harmless(record, ["link"], "no byte of the file that the link points to")


@judge("ZIP-009", HOSTILE)
def bombs(record: Record) -> Verdict:
    claim = Claim("unpacked", "not unpacked, and the service answers")
    answer, twin = record.exchange(HOSTILE, "bomb"), record.exchange(HOSTILE, "twin")
    if answer.refused and not twin.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"an honest archive as long was refused: {summary(twin)}", cite(twin)
        )
    claim.see(answer.refused or answer.succeeded, answer, summary(answer), reason="server-error")
    serving = record.exchange(HOSTILE, "bomb: serving")
    claim.see(serving.ok, serving, f"afterwards: {summary(serving)}", reason="service-down")
    if answer.succeeded:
        page = record.exchange(HOSTILE, "bomb: files")
        total = sum(int(entry.get("size") or 0) for entry in listed(page).values())
        claim.see(total < 2_000_000_000, page, f"{total} bytes in the workspace")
    return claim.verdict()


@judge("ZIP-010", HOSTILE)
def corrupt(record: Record) -> Verdict:
    return survived(record, ["cut", "no directory", "wrong checksum"])


def survived(record: Record, names: list[str]) -> Verdict:
    """These archives get an answer below 500, and the service answers afterwards."""
    claim = Claim("server-error", "an answer below 500, and the service answers")
    for name in names:
        answer = record.exchange(HOSTILE, name)
        claim.see(answer.refused or answer.succeeded, answer, f"{name}: {summary(answer)}")
        serving = record.exchange(HOSTILE, f"{name}: serving")
        claim.see(serving.ok, serving, f"after {name}: {summary(serving)}")
    return claim.verdict()


@judge("ZIP-011", HOSTILE)
def wrong_checksum(record: Record) -> Verdict:
    claim = Claim("bad-file-presented", "no file with bytes that do not match the checksum")
    answer = record.exchange(HOSTILE, "wrong checksum")
    claim.see(answer.refused or answer.succeeded, answer, summary(answer))
    for exchange in record.transcript(HOSTILE).labelled("wrong checksum: download"):
        claim.see(b"XXXX" not in exchange.body[:8], exchange, summary(exchange))
    return claim.verdict()


def invalid(record: Record, names: list[str]) -> Verdict:
    """Refused whole with 400 INVALID_ARCHIVE, and no task."""
    return refused(
        record,
        HOSTILE,
        names,
        twin="twin",
        expected="400 INVALID_ARCHIVE",
        status=400,
        codes=frozenset({"INVALID_ARCHIVE"}),
    )


@judge("ZIP-012", HOSTILE)
def escapes_refused(record: Record) -> Verdict:
    return invalid(record, ["climbing", "absolute", "link"])


@judge("ZIP-013", HOSTILE)
def encrypted_refused(record: Record) -> Verdict:
    return invalid(record, ["encrypted", "cut", "wrong checksum"])


@judge("ZIP-024", HOSTILE)
def odd_entries(record: Record) -> Verdict:
    return survived(record, ["namesakes", "shared bytes"])


@judge("ZIP-025", HOSTILE)
def archives_without_files(record: Record) -> Verdict:
    return survived(record, ["no entries", "directories alone"])


@judge("ZIP-014", HOSTILE)
def bombs_refused(record: Record) -> Verdict:
    return invalid(record, ["bomb"])


@judge("ERROR-023", HOSTILE)
def invalid_archive_code(record: Record) -> Verdict:
    return invalid(record, ["climbing", "absolute", "link", "bomb", "cut"])
