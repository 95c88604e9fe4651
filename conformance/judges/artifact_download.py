"""ARTIFACT, the download: bytes and headers, and paths that deliver nothing."""

import re

from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive, info, passed
from sigmic_conformance.conformance.judging.workspace_files import is_attachment, listed
from sigmic_conformance.conformance.labels.artifact import LinkOut, MadeFile
from sigmic_conformance.conformance.labels.artifact_files import FilesWhileRunning, OddFiles
from sigmic_conformance.conformance.labels.upload import FileContents
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

FOREIGN = re.compile(rb"root:[^:\n]*:0:0:")
DOWNLOAD = "/artifacts/download?path="
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'{_WORD}\s*=\s*(?:{_WORD}|"(?:[^"\\]|\\.)*")'
# RFC 6266 §4.1: a type and parameters, each a token or a quoted string.
DISPOSITION = re.compile(rf"{_WORD}(?:\s*;\s*{_PARAMETER})*")


def own_traversals(record: Record) -> list[Exchange]:
    """The answers to paths that climb out."""
    return [each for each in record.exchanges(MadeFile.PROBE) if each.label.startswith("traversal")]


@judge("ARTIFACT-011", MadeFile.PROBE, FileContents.PROBE)
def raw_bytes(record: Record) -> Verdict:
    observations = Observations("not-raw", "the file's bytes and no envelope")
    exchange = record.exchange(MadeFile.DOWNLOAD)
    body = exchange.body.decode("utf-8", "replace").strip()
    observations.add(exchange.ok and body == record.fact(MadeFile.CONTENT), exchange, f"{brief(body)!r}")
    return observations.verdict()


@judge("ARTIFACT-012", FileContents.PROBE)
def content_type(record: Record) -> Verdict:
    observations = Observations("types-differ", "Content-Type is the listed mimeType")
    for path, entry in listed(record.exchange(FileContents.FILES)).items():
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        wanted = str(entry.get("mimeType")).partition(";")[0].strip().lower()
        observations.add(
            exchange.media_type == wanted, exchange, f"{path}: {exchange.header('content-type')}"
        )
    return observations.verdict()


@judge("ARTIFACT-013", FileContents.PROBE)
def content_disposition(record: Record) -> Verdict:
    observations = Observations("no-attachment", "an attachment with the base name")
    for path in record.fact(FileContents.CONTENT):
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        value = exchange.header("content-disposition") or ""
        holds = is_attachment(value, path.rpartition("/")[2])
        observations.add(holds, exchange, f"{path}: {value!r}")
    return observations.verdict()


@judge("ARTIFACT-014", FileContents.PROBE)
def content_length(record: Record) -> Verdict:
    observations = Observations("no-length", "Content-Length is the file's size")
    for path, entry in listed(record.exchange(FileContents.FILES)).items():
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        value = exchange.header("content-length")
        observations.add(
            value == str(entry.get("size")), exchange, f"{path}: {value!r} of {entry.get('size')}"
        )
    return observations.verdict()


@judge("ARTIFACT-015", FileContents.PROBE)
def name_outside_ascii(record: Record) -> Verdict:
    observations = Observations("no-extended-name", "filename* in UTF-8")
    for path in listed(record.exchange(FileContents.FILES)):
        if not path.isascii():
            exchange = record.exchange(FileContents.DOWNLOAD.of(path))
            value = exchange.header("content-disposition") or ""
            observations.add("filename*=utf-8''" in value.lower(), exchange, f"{value!r}")
    return observations.verdict()


@judge("ARTIFACT-016", OddFiles.PROBE, MadeFile.PROBE)
def odd_names_break_no_header(record: Record) -> Verdict:
    observations = Observations(
        "broken-header", "a Content-Disposition by its grammar, and no header of the file's making"
    )
    for probe in (OddFiles.PROBE, MadeFile.PROBE):
        for exchange in record.exchanges(probe):
            if exchange.operation != "download_artifact":
                continue
            value = exchange.header("content-disposition")
            good = value is None or DISPOSITION.fullmatch(value.strip()) is not None
            injected = exchange.header("x-injected")
            observations.add(good and injected is None, exchange, f"{brief(exchange.label)!r}: {value!r}")
    return observations.verdict()


@judge("ARTIFACT-017", MadeFile.PROBE)
def nothing_foreign(record: Record) -> Verdict:
    observations = Observations("foreign-file", "no byte of a file outside the workspace")
    for exchange in own_traversals(record):
        observations.add(FOREIGN.search(exchange.body) is None, exchange, summary(exchange))
    return observations.verdict()


@judge("ARTIFACT-018", MadeFile.PROBE)
def outside_is_refused(record: Record) -> Verdict:
    return refusals(
        own_traversals(record), control=lambda: record.exchange(MadeFile.DOWNLOAD), expected="4xx"
    )


@judge("ARTIFACT-019", LinkOut.PROBE)
def links_deliver_nothing(record: Record) -> Verdict:
    observations = Observations("foreign-file", "no byte of the file that the link points to")
    for exchange in record.exchanges(LinkOut.PROBE):
        if exchange.label.startswith("link:"):
            observations.add(FOREIGN.search(exchange.body) is None, exchange, summary(exchange))
    return observations.verdict()


@judge("ARTIFACT-020", MadeFile.PROBE)
def where_files_are_downloaded(record: Record) -> Verdict:
    observations = Observations("other-path", "downloaded from artifacts/download?path=")
    exchange = record.exchange(MadeFile.DOWNLOAD)
    observations.add(exchange.ok and DOWNLOAD in exchange.sent.target, exchange, exchange.sent.target)
    return observations.verdict()


@judge("ARTIFACT-021", MadeFile.PROBE)
def outside_is_not_found(record: Record) -> Verdict:
    return refusals(
        [each for each in own_traversals(record) if "\0" not in each.sent.target],
        control=lambda: record.exchange(MadeFile.DOWNLOAD),
        expected="404 NOT_FOUND",
        status=404,
        codes=frozenset({"NOT_FOUND"}),
    )


@judge("ARTIFACT-027", MadeFile.PROBE)
def ranges(record: Record) -> Verdict:
    observations = Observations(
        "wrong-range", "206 with exactly the bytes and Content-Range, or 200 with all"
    )
    exchange, whole = record.exchange(MadeFile.RANGE), record.exchange(MadeFile.DOWNLOAD)
    if exchange.status == 206:
        found = (exchange.header("content-range") or "").replace(" ", "").lower()
        holds = exchange.body == whole.body[1:4] and found == f"bytes1-3/{whole.size}"
    else:
        holds = exchange.ok and exchange.body == whole.body
    observations.add(holds, exchange, f"{summary(exchange)}, {plural(exchange.size, 'byte')}")
    return observations.verdict()


@judge("ARTIFACT-028", MadeFile.PROBE)
def range_beyond_the_end(record: Record) -> Verdict:
    part, beyond = record.exchange(MadeFile.RANGE), record.exchange(MadeFile.RANGE_BEYOND)
    if part.status != 206:
        return info(f"ranges are not honoured: {part.status}", cite(part))
    observations = Observations("not-refused", "416 for a range beyond the end")
    observations.add(beyond.status == 416, beyond, summary(beyond))
    return observations.verdict()


@judge("ARTIFACT-029", FilesWhileRunning.PROBE)
def etag_follows_the_bytes(record: Record) -> Verdict:
    before, after = (record.exchange(FilesWhileRunning.DOWNLOAD.of(when)) for when in ("running", "finished"))
    tags = [each.header("etag") for each in (before, after)]
    if not (before.ok and after.ok) or before.body == after.body:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the file was not seen to change", cite(after))
    if None in tags:
        return passed("downloads have no ETag", cite(after))
    observations = Observations("same-tag", "another ETag for other bytes")
    observations.add(tags[0] != tags[1], after, f"{tags[0]}, then {tags[1]}")
    return observations.verdict()


@judge("ARTIFACT-030", MadeFile.PROBE)
def download_headers(record: Record) -> Verdict:
    observations = Observations("missing", "ETag, Range, HEAD and nosniff")
    whole, part, head = (
        record.exchange(label) for label in (MadeFile.DOWNLOAD, MadeFile.RANGE, MadeFile.HEAD)
    )
    observations.add(bool(whole.header("etag")), whole, f"ETag {whole.header('etag')!r}")
    observations.add(whole.header("x-content-type-options") == "nosniff", whole, "X-Content-Type-Options")
    observations.add(part.status == 206, part, f"Range: {part.status}")
    observations.add(head.ok, head, f"HEAD: {head.status}")
    return observations.verdict()
