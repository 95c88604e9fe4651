"""ARTIFACT and AGENT: files the agent makes, how they are listed and what is delivered, and what never."""

import re

from sigmic_conformance.conformance.judges.uploads import listed
from sigmic_conformance.conformance.judging.answers import answered
from sigmic_conformance.conformance.judging.controls import refusals, refused
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

MADE = "made_file"
CONTENTS = "file_contents"
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
FOREIGN = re.compile(rb"root:[^:\n]*:0:0:")


def own_traversals(record: Record) -> list[Exchange]:
    """The answers to paths that climb out."""
    return [each for each in record.exchanges(MADE) if each.label.startswith("traversal")]


@judge("ARTIFACT-001", MADE, sweep=True)
def files_list(record: Record) -> Verdict:
    claim = Claim("wrong-shape", "data is an object with the list files")
    for exchange in record.exchanges():
        if exchange.operation == "list_artifacts" and exchange.ok:
            data = exchange.data
            claim.see(
                isinstance(data, dict) and isinstance(data.get("files"), list), exchange, summary(exchange)
            )
    return claim.verdict()


def every_file(record: Record, field: str, reason: str, expected: str, holds: object) -> Verdict:
    """Judge one field of every listed file in the run by a function of the entry."""
    claim = Claim(reason, expected)
    for exchange in record.exchanges():
        if exchange.operation == "list_artifacts" and exchange.ok:
            for path, entry in listed(exchange).items():
                good = callable(holds) and bool(holds(entry))
                claim.see(good, exchange, f"{path}: {field} {entry.get(field)!r}")
    return claim.verdict()


@judge("ARTIFACT-002", CONTENTS, MADE, sweep=True)
def relative_paths(record: Record) -> Verdict:
    return every_file(
        record,
        "path",
        "wrong-path",
        "strings name and path, path relative",
        lambda entry: shapes.filled(entry.get("name")) and not str(entry["path"]).startswith("/"),
    )


@judge("ARTIFACT-034", CONTENTS, MADE, sweep=True)
def name_ends_the_path(record: Record) -> Verdict:
    return every_file(
        record,
        "name",
        "other-name",
        "the last component of path",
        lambda entry: entry.get("name") == str(entry["path"]).rpartition("/")[2],
    )


@judge("ARTIFACT-003", CONTENTS)
def size_is_delivered(record: Record) -> Verdict:
    claim = Claim("size-differs", "size is what the download delivers")
    for path, entry in listed(record.exchange(CONTENTS, "files")).items():
        exchange = record.exchange(CONTENTS, f"download {path}")
        claim.see(
            exchange.ok and exchange.size == entry.get("size"), exchange, f"{path}: {entry.get('size')}"
        )
    return claim.verdict()


@judge("ARTIFACT-004", CONTENTS)
def media_types(record: Record) -> Verdict:
    claim = Claim("wrong-type", "a media type; text/csv for .csv, application/pdf for .pdf")
    page = record.exchange(CONTENTS, "files")
    known = {".csv": "text/csv", ".pdf": "application/pdf"}
    for path, entry in listed(page).items():
        value = str(entry.get("mimeType"))
        wanted = next((kind for ending, kind in known.items() if path.endswith(ending)), None)
        holds = MEDIA_TYPE.fullmatch(value) is not None and wanted in {None, value.partition(";")[0].strip()}
        claim.see(holds, page, f"{path}: {value}")
    return claim.verdict()


@judge("ARTIFACT-005", CONTENTS, MADE, sweep=True)
def category_is_filled(record: Record) -> Verdict:
    return every_file(
        record,
        "category",
        "wrong-category",
        "a non-empty string",
        lambda entry: shapes.filled(entry.get("category")),
    )


@judge("ARTIFACT-006", CONTENTS)
def categories(record: Record) -> Verdict:
    claim = Claim("other-category", "csv, pdf, image and code")
    page = record.exchange(CONTENTS, "files")
    for path, category in {
        "data.csv": "csv",
        "paper.pdf": "pdf",
        "dot.png": "image",
        "script.py": "code",
    }.items():
        found = listed(page).get(f"uploads/{path}", {}).get("category")
        claim.see(found == category, page, f"{path}: {found}")
    return claim.verdict()


@judge("ARTIFACT-007", CONTENTS, MADE, sweep=True)
def modified_at(record: Record) -> Verdict:
    return every_file(
        record,
        "modifiedAt",
        "no-timestamp",
        "a timestamp",
        lambda entry: (
            isinstance(entry.get("modifiedAt"), str) and shapes.instant(entry["modifiedAt"]) is not None
        ),
    )


@judge("ARTIFACT-008", MADE)
def made_file_is_listed(record: Record) -> Verdict:
    claim = Claim("not-listed", "the agent's file is listed")
    page, word = record.exchange(MADE, "files"), record.fact(MADE, "word")
    found = [path for path in listed(page) if word in path]
    if not found and not _made(record, word):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool call made the file")
    claim.see(bool(found), page, f"listed as {found}" if found else f"{word} was made and is not listed")
    return claim.verdict()


def _made(record: Record, word: str) -> bool:
    """True when a stream tells a tool call with this word in its arguments that succeeded."""
    for stream in record.streams(MADE):
        calls = {event.call for event in stream.of("tool_call") if word in event.data}
        if any(
            event.call in calls and event.get("status") == "success" for event in stream.of("tool_result")
        ):
            return True
    return False


@judge("ARTIFACT-011", MADE, CONTENTS)
def raw_bytes(record: Record) -> Verdict:
    claim = Claim("not-raw", "the file's bytes and no envelope")
    exchange = record.exchange(MADE, "download")
    body = exchange.body.decode("utf-8", "replace").strip()
    claim.see(exchange.ok and body == record.fact(MADE, "content"), exchange, f"{brief(body)!r}")
    return claim.verdict()


@judge("ARTIFACT-012", CONTENTS)
def content_type(record: Record) -> Verdict:
    claim = Claim("types-differ", "Content-Type is the listed mimeType")
    for path, entry in listed(record.exchange(CONTENTS, "files")).items():
        exchange = record.exchange(CONTENTS, f"download {path}")
        wanted = str(entry.get("mimeType")).partition(";")[0].strip().lower()
        claim.see(exchange.media_type == wanted, exchange, f"{path}: {exchange.header('content-type')}")
    return claim.verdict()


@judge("ARTIFACT-013", CONTENTS)
def content_disposition(record: Record) -> Verdict:
    claim = Claim("no-attachment", "an attachment with the base name")
    for path in record.fact(CONTENTS, "content"):
        exchange = record.exchange(CONTENTS, f"download {path}")
        value = exchange.header("content-disposition") or ""
        name = path.rpartition("/")[2]
        named = re.search(rf'filename="?{re.escape(name)}"?(;|\s*$)', value) is not None
        claim.see(value.lower().startswith("attachment") and named, exchange, f"{path}: {value!r}")
    return claim.verdict()


@judge("ARTIFACT-014", CONTENTS)
def content_length(record: Record) -> Verdict:
    claim = Claim("no-length", "Content-Length is the file's size")
    for path, entry in listed(record.exchange(CONTENTS, "files")).items():
        exchange = record.exchange(CONTENTS, f"download {path}")
        value = exchange.header("content-length")
        claim.see(value == str(entry.get("size")), exchange, f"{path}: {value!r} of {entry.get('size')}")
    return claim.verdict()


@judge("ARTIFACT-015", CONTENTS)
def name_outside_ascii(record: Record) -> Verdict:
    claim = Claim("no-extended-name", "filename* in UTF-8")
    for path in listed(record.exchange(CONTENTS, "files")):
        if not path.isascii():
            exchange = record.exchange(CONTENTS, f"download {path}")
            value = exchange.header("content-disposition") or ""
            claim.see("filename*=utf-8''" in value.lower(), exchange, f"{value!r}")
    return claim.verdict()


@judge("ARTIFACT-017", MADE)
def nothing_foreign(record: Record) -> Verdict:
    claim = Claim("foreign-file", "no byte of a file outside the workspace")
    for exchange in own_traversals(record):
        claim.see(FOREIGN.search(exchange.body) is None, exchange, summary(exchange))
    return claim.verdict()


@judge("ARTIFACT-018", MADE)
def outside_is_refused(record: Record) -> Verdict:
    return refusals(own_traversals(record), twin=lambda: record.exchange(MADE, "download"), expected="4xx")


@judge("ARTIFACT-021", MADE)
def outside_is_not_found(record: Record) -> Verdict:
    return refusals(
        [each for each in own_traversals(record) if "\0" not in each.sent.target],
        twin=lambda: record.exchange(MADE, "download"),
        expected="404 NOT_FOUND",
        status=404,
        codes=frozenset({"NOT_FOUND"}),
    )


@judge("ARTIFACT-019", "link_out")
def links_deliver_nothing(record: Record) -> Verdict:
    claim = Claim("foreign-file", "no byte of the file that the link points to")
    for exchange in record.exchanges("link_out"):
        if exchange.label.startswith("link:"):
            claim.see(FOREIGN.search(exchange.body) is None, exchange, summary(exchange))
    return claim.verdict()


@judge("ARTIFACT-023", CONTENTS, sweep=True)
def ordered_by_path(record: Record) -> Verdict:
    claim = Claim("other-order", "ascending by path")
    for exchange in record.exchanges():
        paths = list(listed(exchange)) if exchange.operation == "list_artifacts" and exchange.ok else []
        if len(paths) > 1:
            claim.see(paths == sorted(paths), exchange, f"{paths[:6]}")
    return claim.verdict()


@judge("ARTIFACT-024", "easy_task")
def empty_list(record: Record) -> Verdict:
    claim = Claim("not-empty", "an empty list")
    exchange = record.exchange("easy_task", "no files")
    claim.see(exchange.ok and exchange.fields.get("files") == [], exchange, summary(exchange))
    return claim.verdict()


@judge("ARTIFACT-027", MADE)
def ranges(record: Record) -> Verdict:
    claim = Claim("wrong-range", "206 with exactly the bytes and Content-Range, or 200 with all")
    exchange, whole = record.exchange(MADE, "range"), record.exchange(MADE, "download")
    if exchange.status == 206:
        told = (exchange.header("content-range") or "").replace(" ", "").lower()
        holds = exchange.body == whole.body[1:4] and told == f"bytes1-3/{whole.size}"
    else:
        holds = exchange.ok and exchange.body == whole.body
    claim.see(holds, exchange, f"{summary(exchange)}, {exchange.size} bytes")
    return claim.verdict()


@judge("ARTIFACT-030", MADE)
def download_headers(record: Record) -> Verdict:
    claim = Claim("missing", "ETag, Range, HEAD and nosniff")
    whole, part, head = (record.exchange(MADE, label) for label in ("download", "range", "head"))
    claim.see(bool(whole.header("etag")), whole, f"ETag {whole.header('etag')!r}")
    claim.see(whole.header("x-content-type-options") == "nosniff", whole, "X-Content-Type-Options")
    claim.see(part.status == 206, part, f"Range: {part.status}")
    claim.see(head.ok, head, f"HEAD: {head.status}")
    return claim.verdict()


@judge("ARTIFACT-032", MADE, CONTENTS, sweep=True)
def workspace_files_only(record: Record) -> Verdict:
    return every_file(
        record,
        "path",
        "outside-workspace",
        "neither absolute nor with ..",
        lambda entry: not str(entry["path"]).startswith("/") and ".." not in str(entry["path"]).split("/"),
    )


@judge("ERROR-028", MADE)
def download_without_path(record: Record) -> Verdict:
    codes = frozenset({"VALIDATION_ERROR"})
    return refused(record, MADE, ["no path"], twin="download", expected="VALIDATION_ERROR", codes=codes)


@judge("ERROR-029", MADE)
def missing_file(record: Record) -> Verdict:
    codes = frozenset({"NOT_FOUND"})
    return refused(record, MADE, ["missing file"], twin="download", expected="NOT_FOUND", codes=codes)


@judge("HTTP-003", MADE)
def head_of_a_download(record: Record) -> Verdict:
    claim = Claim("headers-differ", "Content-Type and Content-Length of the GET")
    head, whole = record.exchange(MADE, "head"), record.exchange(MADE, "download")
    if head.ok:
        names = ("content-type", "content-length")
        same = [head.header(name) == whole.header(name) for name in names]
        claim.see(all(same), head, f"{[head.header(name) for name in names]}")
    else:
        claim.see(head.status is not None, head, f"HEAD is not honoured: {head.status}")
    return claim.verdict()


@judge("AGENT-001", MADE)
def agent_makes_a_file(record: Record) -> Verdict:
    claim = Claim("other-content", "the file with the content asked for")
    exchange = record.exchange(MADE, "download")
    body = exchange.body.decode("utf-8", "replace")
    claim.see(exchange.ok and body.strip() == record.fact(MADE, "content"), exchange, repr(brief(body)))
    return claim.verdict()


@judge("AGENT-002", "tool_task")
def agent_runs_a_command(record: Record) -> Verdict:
    claim = Claim("no-output", "the output of the command in the tool_result")
    attempt = record.fact("tool_task", "attempt")
    stream = record.stream("tool_task", f"{attempt}: whole")
    # One reader may be cut off by the network; what any of them heard was put out.
    heard = [each for each in record.streams("tool_task") if each.exchange.label.startswith(attempt)]
    outputs = " ".join(str(event.get("output")) for each in heard for event in each.of("tool_result"))
    for word in record.fact("tool_task", "words"):
        claim.see(word in outputs, stream.exchange, f"{word} is {'there' if word in outputs else 'missing'}")
    return claim.verdict()


@judge("AGENT-003", "easy_task")
def agent_says_paris(record: Record) -> Verdict:
    expected = "an answer that says Paris"
    return answered(record, "easy_task", "Paris", reason="no-answer", expected=expected, first="first reader")
