"""UPLOAD: limits of number and size at both endpoints, what is kept, and that a refusal leaves nothing."""

from typing import Any

from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

COUNTS = "file_counts"
SIZES = "file_sizes"
CONTENTS = "file_contents"


def listed(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The listed files by path."""
    entries = shapes.objects(exchange.fields.get("files"))
    return {shapes.word(entry["path"]): entry for entry in entries if "path" in entry}


def messages(exchange: Exchange) -> list[Any]:
    """The messages of a history, by their documented fields."""
    return [shapes.message(entry) for entry in shapes.objects(exchange.fields.get("messages"))]


def tasks_marked(exchange: Exchange, mark: str) -> list[str]:
    """The ids of listed tasks whose system prompt begins with a mark."""
    entries = exchange.data if isinstance(exchange.data, list) else []
    return [
        str(entry.get("id"))
        for entry in entries
        if isinstance(entry, dict) and str(entry.get("systemPrompt")).startswith(mark)
    ]


def accepted(record: Record, probe: str, label: str, expected: str) -> Verdict:
    """The exchange with this label is answered 2xx."""
    claim = Claim("refused", expected)
    exchange = record.exchange(probe, label)
    claim.see(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return claim.verdict()


def both(*verdicts: Verdict) -> Verdict:
    """The first verdict that is not a pass, or the last."""
    return next((each for each in verdicts if each.outcome != "passed"), verdicts[-1])


@judge("UPLOAD-001", COUNTS)
def most_files(record: Record) -> Verdict:
    return accepted(record, COUNTS, "most", f"{record.profile.max_files} files are accepted")


@judge("UPLOAD-002", COUNTS)
def most_files_later(record: Record) -> Verdict:
    claim = Claim("files-missing", "accepted, and all files listed")
    exchange = record.exchange(COUNTS, "follow-up: most")
    if claim.see(exchange.ok, exchange, summary(exchange), reason="refused"):
        after = record.exchange(COUNTS, "files at the end")
        number = sum("later-" in path for path in listed(after))
        claim.see(number == record.profile.max_files, after, f"{number} files of the follow-up are listed")
    return claim.verdict()


@judge("UPLOAD-003", COUNTS)
def one_file_too_many(record: Record) -> Verdict:
    refusal = refused(record, COUNTS, ["one too many"], twin="most", expected="4xx in the envelope")
    if refusal.outcome is Outcome.FAILED:
        return refusal
    claim = Claim("half-done", "no task is made")
    page = record.exchange(COUNTS, "list")
    twin = record.exchange(COUNTS, "most").fields.get("id")
    found = tasks_marked(page, record.fact(COUNTS, "mark"))
    if refusal.outcome is Outcome.PASSED and twin not in found:
        return inconclusive(Unproven.PRECONDITION, "the accepted task is not on the first page of the list")
    claim.see(len(found) == 1, page, f"{len(found)} tasks of two creations, one of them refused")
    return both(refusal, claim.verdict())


@judge("UPLOAD-004", COUNTS)
def one_file_too_many_later(record: Record) -> Verdict:
    refusal = refused(
        record, COUNTS, ["follow-up: one too many"], twin="follow-up: most", expected="4xx in the envelope"
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    claim = Claim("half-done", "neither a message nor a file is added")
    before, after = (record.exchange(COUNTS, f"history {when}") for when in ("before", "after refusal"))
    claim.see(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    left = [path for path in listed(record.exchange(COUNTS, "files after refusal")) if "extra-" in path]
    claim.see(not left, record.exchange(COUNTS, "files after refusal"), f"left behind: {left or 'nothing'}")
    return both(refusal, claim.verdict())


@judge("UPLOAD-005", SIZES)
def accepted_size(record: Record) -> Verdict:
    return size_accepted(record, "accepted size", record.profile.accepted_file_bytes)


@judge("UPLOAD-008", SIZES)
def exactly_the_limit(record: Record) -> Verdict:
    return size_accepted(record, "the limit", record.profile.max_file_bytes)


def size_accepted(record: Record, name: str, size: int) -> Verdict:
    """A file of this size is accepted by both endpoints and listed with its size."""
    claim = Claim("refused", f"{size} bytes are accepted and listed")
    for where in ("create", "follow-up"):
        exchange = record.exchange(SIZES, f"{where}: {name}")
        if claim.see(exchange.ok, exchange, f"{where}: {summary(exchange)}"):
            page = record.exchange(SIZES, f"{where}: {name}: files")
            sizes = [
                entry.get("size") for path, entry in listed(page).items() if path.endswith(f"-{size}.bin")
            ]
            claim.see(sizes == [size], page, f"{where}: listed with the sizes {sizes}", reason="wrong-size")
    return claim.verdict()


@judge("UPLOAD-006", SIZES)
def beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record, SIZES, ["create: beyond"], twin="create: accepted size", expected="4xx in the envelope"
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    claim = Claim("half-done", "no task is made")
    page = record.exchange(SIZES, "list")
    number = len(tasks_marked(page, f"{record.fact(SIZES, 'mark')} beyond"))
    claim.see(number == 0, page, f"{number} tasks of the refused creation")
    return both(refusal, claim.verdict())


@judge("UPLOAD-007", SIZES)
def beyond_the_limit_later(record: Record) -> Verdict:
    refusal = refused(
        record, SIZES, ["follow-up: beyond"], twin="follow-up: accepted size", expected="4xx in the envelope"
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    claim = Claim("half-done", "no message is added")
    before, after = (
        record.exchange(SIZES, "history before"),
        record.exchange(SIZES, "follow-up: beyond: history"),
    )
    claim.see(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    return both(refusal, claim.verdict())


@judge("UPLOAD-014", SIZES, COUNTS)
def refusals_leave_no_file(record: Record) -> Verdict:
    claim = Claim("half-done", "no file of the refused upload")
    beyond = f"-{record.profile.max_file_bytes + 1}.bin"
    for probe, label, part in (
        (SIZES, "follow-up: beyond: files", beyond),
        (COUNTS, "files after refusal", "extra-"),
    ):
        page = record.exchange(probe, label)
        left = [path for path in listed(page) if part in path]
        claim.see(page.ok and not left, page, f"left behind: {left or 'nothing'}")
    return claim.verdict()


@judge("UPLOAD-021", SIZES)
def refusal_can_be_read(record: Record) -> Verdict:
    claim = Claim("answer-lost", "the answer can be read")
    for label in ("create: beyond", "follow-up: beyond"):
        exchange = record.exchange(SIZES, label)
        if exchange.succeeded:
            return inconclusive(Unproven.PRECONDITION, f"{label} was not refused", cite(exchange))
        claim.see(exchange.status is not None and exchange.json() is not None, exchange, summary(exchange))
    return claim.verdict()


@judge("UPLOAD-009", CONTENTS)
def listed_under_uploads(record: Record) -> Verdict:
    claim = Claim("not-listed", "listed under uploads/ with its name")
    page = record.exchange(CONTENTS, "files")
    for path in record.fact(CONTENTS, "content"):
        found = listed(page).get(path)
        claim.see(
            found is not None and found.get("name") == path.rpartition("/")[2], page, f"{path}: {found}"
        )
    return claim.verdict()


@judge("UPLOAD-010", CONTENTS)
def downloads_as_sent(record: Record) -> Verdict:
    claim = Claim("bytes-differ", "byte for byte as sent")
    for path, content in record.fact(CONTENTS, "content").items():
        exchange = record.exchange(CONTENTS, f"download {path}")
        sent = content.encode("latin-1")
        claim.see(
            exchange.ok and exchange.body == sent, exchange, f"{path}: {exchange.size} of {len(sent)} bytes"
        )
    return claim.verdict()


@judge("UPLOAD-011", CONTENTS)
def attached_file(record: Record) -> Verdict:
    claim = Claim("not-attached", "name and path of the upload in the user message")
    exchange = record.exchange(CONTENTS, "history")
    attached = [
        (entry.get("name"), entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    ]
    for path in record.fact(CONTENTS, "content"):
        claim.see((path.rpartition("/")[2], path) in attached, exchange, f"attached: {attached}")
    return claim.verdict()


@judge("UPLOAD-012", CONTENTS)
def repeated_parts(record: Record) -> Verdict:
    claim = Claim("files-missing", "all parts named files are taken")
    exchange, page = record.exchange(CONTENTS, "create"), record.exchange(CONTENTS, "files")
    claim.see(exchange.ok and len(listed(page)) >= 7, page, f"{len(listed(page))} files of 7 parts")
    return claim.verdict()


@judge("UPLOAD-013", CONTENTS)
def files_need_a_message(record: Record) -> Verdict:
    return refused(record, CONTENTS, ["no message"], twin="create", expected="4xx in the envelope")


@judge("UPLOAD-016", CONTENTS)
def empty_file(record: Record) -> Verdict:
    claim = Claim("not-kept", "listed with size 0")
    page = record.exchange(CONTENTS, "files")
    found = listed(page).get("uploads/empty.txt")
    claim.see(found is not None and found.get("size") == 0, page, f"{found}")
    return claim.verdict()


@judge("UPLOAD-019", CONTENTS)
def names_with_spaces(record: Record) -> Verdict:
    claim = Claim("not-reachable", "listed, and downloadable by its listed path")
    page = record.exchange(CONTENTS, "files")
    paths = [path for path in listed(page) if path.endswith(".csv") and "report" in path]
    claim.see(len(paths) == 1, page, f"listed: {paths}")
    for path in paths:
        exchange = record.exchange(CONTENTS, f"download {path}")
        claim.see(exchange.ok and exchange.size > 0, exchange, summary(exchange))
    return claim.verdict()


@judge("UPLOAD-020", CONTENTS)
def other_part_name(record: Record) -> Verdict:
    codes = frozenset({"VALIDATION_ERROR"})
    return refused(
        record,
        CONTENTS,
        ["other field"],
        twin="create",
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=codes,
    )


@judge("UPLOAD-017", "file_names")
def names_stay_inside(record: Record) -> Verdict:
    twin = record.exchange("file_names", "twin")
    if not twin.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the plain twin was refused: {summary(twin)}", cite(twin)
        )
    claim = Claim("outside-uploads", "refused, or kept under uploads/")
    for number, name in enumerate(record.fact("file_names", "names")):
        exchange = record.exchange("file_names", f"name {number}")
        if exchange.refused:
            claim.see(True, exchange, f"{name!r} is refused")
            continue
        if not exchange.ok:
            claim.see(False, exchange, f"{name!r}: {summary(exchange)}", reason="server-error")
            continue
        page = record.exchange("file_names", f"name {number}: files")
        outside = [
            path for path in listed(page) if not path.startswith("uploads/") or ".." in path.split("/")
        ]
        claim.see(not outside, page, f"{name!r} became {list(listed(page))}")
    return claim.verdict()


@judge("ERROR-021", SIZES)
def file_too_large_code(record: Record) -> Verdict:
    return refused(
        record,
        SIZES,
        ["create: beyond", "follow-up: beyond"],
        twin="create: accepted size",
        expected="413 FILE_TOO_LARGE",
        status=413,
        codes=frozenset({"FILE_TOO_LARGE"}),
    )


@judge("ERROR-022", COUNTS)
def too_many_files_code(record: Record) -> Verdict:
    return refused(
        record,
        COUNTS,
        ["one too many", "follow-up: one too many"],
        twin="most",
        expected="400 TOO_MANY_FILES",
        status=400,
        codes=frozenset({"TOO_MANY_FILES"}),
    )
