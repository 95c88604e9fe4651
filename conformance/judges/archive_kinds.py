"""ZIP and UPLOAD: every legal form of an archive, and files that a later upload must leave alone."""

from sigmic_conformance.conformance.judges.archives import entry_paths
from sigmic_conformance.conformance.judges.uploads import both, listed, tasks_marked
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge

KINDS, KEPT, LARGE = "archive_kinds", "kept_files", "large_requests"


def unpacked(record: Record, kind: str, entry: str) -> Verdict:
    """The archive is taken, its entry listed with its directories and delivered byte for byte."""
    claim = Claim("not-extracted", f"{entry} extracted")
    made = record.exchange(KINDS, kind)
    if claim.see(made.ok, made, f"{kind}: {summary(made)}", reason="refused"):
        page = record.exchange(KINDS, f"{kind}: files")
        paths = entry_paths(page, entry)
        if claim.see(len(paths) == 1, page, f"{kind}: {list(listed(page))}"):
            exchange = record.exchange(KINDS, f"{kind}: {paths[0]}")
            same = exchange.body == record.fact(KINDS, "word").encode()
            claim.see(same, exchange, f"{paths[0]}: {exchange.size} bytes", reason="bytes-differ")
    return claim.verdict()


@judge("ZIP-022", KINDS)
def streamed(record: Record) -> Verdict:
    return unpacked(record, "streamed", "a.txt")


@judge("ZIP-023", KINDS)
def zip64(record: Record) -> Verdict:
    return unpacked(record, "zip64", "a.txt")


@judge("ZIP-017", KINDS)
def inner_archive_stays(record: Record) -> Verdict:
    claim = Claim("extracted", "inner.zip is a file, and what is in it is not")
    page = record.exchange(KINDS, "nested: files")
    paths = list(listed(page))
    holds = any(path.endswith("/inner.zip") for path in paths)
    claim.see(holds and not any(path.endswith("deep.txt") for path in paths), page, f"{paths}")
    return claim.verdict()


@judge("ZIP-018", KINDS)
def known_by_its_content(record: Record) -> Verdict:
    return unpacked(record, "disguised", "d/a.txt")


def untouched(record: Record, entry: str, expected: str) -> Verdict:
    """The files of this name from before are listed and delivered as they were."""
    claim = Claim("file-replaced", expected)
    page = record.exchange(KEPT, "files after")
    for path in listed(record.exchange(KEPT, "files before")):
        if path.endswith(entry):
            claim.see(path in listed(page), page, f"{path} is listed", reason="file-removed")
            before = record.exchange(KEPT, f"before: {path}")
            after = record.exchange(KEPT, f"after: {path}")
            same = before.ok and after.ok and before.body == after.body
            claim.see(same, after, f"{path}: {after.body[:40]!r}, before {before.body[:40]!r}")
    return claim.verdict()


@judge("UPLOAD-022", KEPT)
def upload_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "plain.txt", "the file of before is as it was")


@judge("ZIP-026", KEPT)
def extraction_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "entry.txt", "the extracted file of before is as it was")


@judge("ZIP-027", LARGE)
def archive_beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record, LARGE, ["archive beyond"], twin="small archive", expected="refused like any other file"
    )
    claim = Claim("half-done", "no task is made")
    page = record.exchange(LARGE, "list")
    found = tasks_marked(page, f"{record.fact(LARGE, 'mark')} archive beyond")
    claim.see(page.ok and not found, page, f"{len(found)} tasks of the refused creation")
    return both(refusal, claim.verdict())


@judge("UPLOAD-015", LARGE)
def whatever_their_sum(record: Record) -> Verdict:
    claim = Claim("refused", "many files within the limit each are accepted")
    exchange = record.exchange(LARGE, "many files")
    each, number = record.fact(LARGE, "each"), record.profile.max_files
    claim.see(exchange.ok, exchange, f"{number} files of {each} bytes: {summary(exchange)}")
    return claim.verdict()
