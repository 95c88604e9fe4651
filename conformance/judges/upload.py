"""UPLOAD: limits of number and size, what is kept, and that a refusal leaves nothing."""

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import accepted, refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Refusal
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, both, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed, untouched
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes

CUT_UPLOADS = "cut_uploads"
FILE_CONTENTS = "file_contents"
FILE_COUNTS = "file_counts"
FILE_SIZES = "file_sizes"
KEPT_FILES = "kept_files"
LARGE_REQUESTS = "large_requests"


def size_accepted(record: Record, name: str, size: int) -> Verdict:
    """A file of this size is accepted by both endpoints and listed with its size."""
    observations = Observations("refused", f"{size} bytes are accepted and listed")
    for where in ("create", "follow-up"):
        exchange = record.exchange(FILE_SIZES, f"{where}: {name}")
        if observations.add(exchange.ok, exchange, f"{where}: {summary(exchange)}"):
            page = record.exchange(FILE_SIZES, f"{where}: {name}: files")
            sizes = [
                entry.get("size") for path, entry in listed(page).items() if path.endswith(f"-{size}.bin")
            ]
            observations.add(
                sizes == [size], page, f"{where}: listed with the sizes {sizes}", reason="wrong-size"
            )
    return observations.verdict()


judge_each(
    __name__,
    {
        "UPLOAD-013": Refusal(
            FILE_CONTENTS, ["no message"], control="create", expected="4xx in the envelope"
        ),
        "UPLOAD-020": Refusal(FILE_CONTENTS, ["other field"], 400, "VALIDATION_ERROR", control="create"),
    },
)


@judge("UPLOAD-001", FILE_COUNTS)
def most_files(record: Record) -> Verdict:
    return accepted(record, FILE_COUNTS, ["most"], f"{record.profile.max_files} files are accepted")


@judge("UPLOAD-002", FILE_COUNTS)
def most_files_later(record: Record) -> Verdict:
    observations = Observations("files-missing", "accepted, and all files listed")
    exchange = record.exchange(FILE_COUNTS, "follow-up: most")
    if observations.add(exchange.ok, exchange, summary(exchange), reason="refused"):
        after = record.exchange(FILE_COUNTS, "files at the end")
        number = sum("later-" in path for path in listed(after))
        observations.add(
            number == record.profile.max_files, after, f"{number} files of the follow-up are listed"
        )
    return observations.verdict()


@judge("UPLOAD-003", FILE_COUNTS)
def one_file_too_many(record: Record) -> Verdict:
    refusal = refused(record, FILE_COUNTS, ["one too many"], control="most", expected="4xx in the envelope")
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no task is made")
    page = record.exchange(FILE_COUNTS, "list")
    control = record.exchange(FILE_COUNTS, "most").fields.get("id")
    found = tasks_marked(page, record.fact(FILE_COUNTS, "mark"))
    if refusal.outcome is Outcome.PASSED and control not in found:
        return inconclusive(Unproven.PRECONDITION, "the accepted task is not on the first page of the list")
    observations.add(len(found) == 1, page, f"{len(found)} tasks of two creations, one of them refused")
    return both(refusal, observations.verdict())


@judge("UPLOAD-004", FILE_COUNTS)
def one_file_too_many_later(record: Record) -> Verdict:
    refusal = refused(
        record,
        FILE_COUNTS,
        ["follow-up: one too many"],
        control="follow-up: most",
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "neither a message nor a file is added")
    before, after = (record.exchange(FILE_COUNTS, f"history {when}") for when in ("before", "after refusal"))
    observations.add(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    left = [path for path in listed(record.exchange(FILE_COUNTS, "files after refusal")) if "extra-" in path]
    observations.add(
        not left, record.exchange(FILE_COUNTS, "files after refusal"), f"left behind: {left or 'nothing'}"
    )
    return both(refusal, observations.verdict())


@judge("UPLOAD-005", FILE_SIZES)
def accepted_size(record: Record) -> Verdict:
    return size_accepted(record, "accepted size", record.profile.accepted_file_bytes)


@judge("UPLOAD-006", FILE_SIZES)
def beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record,
        FILE_SIZES,
        ["create: beyond"],
        control="create: accepted size",
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no task is made")
    page = record.exchange(FILE_SIZES, "list")
    number = len(tasks_marked(page, f"{record.fact(FILE_SIZES, 'mark')} beyond"))
    observations.add(number == 0, page, f"{number} tasks of the refused creation")
    return both(refusal, observations.verdict())


@judge("UPLOAD-007", FILE_SIZES)
def beyond_the_limit_later(record: Record) -> Verdict:
    refusal = refused(
        record,
        FILE_SIZES,
        ["follow-up: beyond"],
        control="follow-up: accepted size",
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no message is added")
    before, after = (
        record.exchange(FILE_SIZES, "history before"),
        record.exchange(FILE_SIZES, "follow-up: beyond: history"),
    )
    observations.add(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    return both(refusal, observations.verdict())


@judge("UPLOAD-008", FILE_SIZES)
def exactly_the_limit(record: Record) -> Verdict:
    return size_accepted(record, "the limit", record.profile.max_file_bytes)


@judge("UPLOAD-009", FILE_CONTENTS)
def listed_under_uploads(record: Record) -> Verdict:
    observations = Observations("not-listed", "listed under uploads/ with its name")
    page = record.exchange(FILE_CONTENTS, "files")
    for path in record.fact(FILE_CONTENTS, "content"):
        found = listed(page).get(path)
        observations.add(
            found is not None and found.get("name") == path.rpartition("/")[2], page, f"{path}: {found}"
        )
    return observations.verdict()


@judge("UPLOAD-010", FILE_CONTENTS)
def downloads_as_sent(record: Record) -> Verdict:
    observations = Observations("bytes-differ", "byte for byte as sent")
    for path, content in record.fact(FILE_CONTENTS, "content").items():
        exchange = record.exchange(FILE_CONTENTS, f"download {path}")
        sent = content.encode("latin-1")
        observations.add(
            exchange.ok and exchange.body == sent, exchange, f"{path}: {exchange.size} of {len(sent)} bytes"
        )
    return observations.verdict()


@judge("UPLOAD-011", FILE_CONTENTS)
def attached_file(record: Record) -> Verdict:
    observations = Observations("not-attached", "name and path of the upload in the user message")
    exchange = record.exchange(FILE_CONTENTS, "history")
    attached = [
        (entry.get("name"), entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    ]
    for path in record.fact(FILE_CONTENTS, "content"):
        observations.add((path.rpartition("/")[2], path) in attached, exchange, f"attached: {attached}")
    return observations.verdict()


@judge("UPLOAD-012", FILE_CONTENTS)
def repeated_parts(record: Record) -> Verdict:
    observations = Observations("files-missing", "all parts named files are taken")
    exchange, page = record.exchange(FILE_CONTENTS, "create"), record.exchange(FILE_CONTENTS, "files")
    observations.add(exchange.ok and len(listed(page)) >= 7, page, f"{len(listed(page))} files of 7 parts")
    return observations.verdict()


@judge("UPLOAD-014", FILE_SIZES, FILE_COUNTS)
def refusals_leave_no_file(record: Record) -> Verdict:
    observations = Observations("half-done", "no file of the refused upload")
    beyond = f"-{record.profile.max_file_bytes + 1}.bin"
    for probe, label, part in (
        (FILE_SIZES, "follow-up: beyond: files", beyond),
        (FILE_COUNTS, "files after refusal", "extra-"),
    ):
        page = record.exchange(probe, label)
        left = [path for path in listed(page) if part in path]
        observations.add(page.ok and not left, page, f"left behind: {left or 'nothing'}")
    return observations.verdict()


@judge("UPLOAD-015", LARGE_REQUESTS)
def whatever_their_sum(record: Record) -> Verdict:
    observations = Observations("refused", "many files within the limit each are accepted")
    exchange = record.exchange(LARGE_REQUESTS, "many files")
    each, number = record.fact(LARGE_REQUESTS, "each"), record.profile.max_files
    observations.add(exchange.ok, exchange, f"{number} files of {each} bytes: {summary(exchange)}")
    return observations.verdict()


@judge("UPLOAD-016", FILE_CONTENTS)
def empty_file(record: Record) -> Verdict:
    observations = Observations("not-kept", "listed with size 0")
    page = record.exchange(FILE_CONTENTS, "files")
    found = listed(page).get("uploads/empty.txt")
    observations.add(found is not None and found.get("size") == 0, page, f"{found}")
    return observations.verdict()


@judge("UPLOAD-021", FILE_SIZES)
def refusal_can_be_read(record: Record) -> Verdict:
    observations = Observations("answer-lost", "the answer can be read")
    for label in ("create: beyond", "follow-up: beyond"):
        exchange = record.exchange(FILE_SIZES, label)
        if exchange.succeeded:
            return inconclusive(Unproven.PRECONDITION, f"{label} was not refused", cite(exchange))
        observations.add(
            exchange.status is not None and exchange.json() is not None, exchange, summary(exchange)
        )
    return observations.verdict()


@judge("UPLOAD-022", KEPT_FILES)
def upload_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "plain.txt", "the file of before is as it was")


@judge("UPLOAD-024", CUT_UPLOADS)
def a_cut_upload_leaves_nothing(record: Record) -> Verdict:
    observations = Observations("half-done", "neither a task nor a message of an upload that was cut off")
    page, mark = record.exchange(CUT_UPLOADS, "list"), record.fact(CUT_UPLOADS, "mark")
    if not tasks_marked(page, f"{mark} whole"):
        return inconclusive(Unproven.PRECONDITION, "the accepted task is not on the first page of the list")
    found = tasks_marked(page, f"{mark} cut")
    observations.add(not found, page, f"{len(found)} tasks of the upload that was cut off")
    before, after = (record.exchange(CUT_UPLOADS, f"history {when}") for when in ("before", "after"))
    observations.add(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    files = record.exchange(CUT_UPLOADS, "files after")
    observations.add(not any("cut" in path for path in listed(files)), files, f"{list(listed(files))}")
    return observations.verdict()
