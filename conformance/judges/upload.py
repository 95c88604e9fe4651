"""UPLOAD: limits of number and size, what is kept, and that a refusal leaves nothing."""

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import accepted, refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Refusal
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, both, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed, untouched
from sigmic_conformance.conformance.labels.http import CutUploads
from sigmic_conformance.conformance.labels.upload import FileContents, FileCounts, FileSizes, Size
from sigmic_conformance.conformance.labels.upload_large import LargeRequests
from sigmic_conformance.conformance.labels.zip_kinds import KeptFiles
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural


def size_accepted(record: Record, name: Size, size: int) -> Verdict:
    """A file of this size is accepted by both endpoints and listed with its size."""
    observations = Observations("refused", f"{plural(size, 'byte is', 'bytes are')} accepted and listed")
    for where, labels in (("create", FileSizes.CREATE), ("follow-up", FileSizes.FOLLOW_UP)):
        exchange = record.exchange(labels.of(name))
        if observations.add(exchange.ok, exchange, f"{where}: {summary(exchange)}"):
            page = record.exchange(FileSizes.FILES.of(labels.of(name)))
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
            [FileContents.NO_MESSAGE], control=FileContents.CREATE, expected="4xx in the envelope"
        ),
        "UPLOAD-020": Refusal(
            [FileContents.OTHER_FIELD], 400, "VALIDATION_ERROR", control=FileContents.CREATE
        ),
    },
)


@judge("UPLOAD-001", FileCounts.PROBE)
def most_files(record: Record) -> Verdict:
    return accepted(
        record, [FileCounts.MOST], f"{plural(record.profile.max_files, 'file is', 'files are')} accepted"
    )


@judge("UPLOAD-002", FileCounts.PROBE)
def most_files_later(record: Record) -> Verdict:
    observations = Observations("files-missing", "accepted, and all files listed")
    exchange = record.exchange(FileCounts.FOLLOW_UP_MOST)
    if observations.add(exchange.ok, exchange, summary(exchange), reason="refused"):
        after = record.exchange(FileCounts.FILES_AT_THE_END)
        number = sum("later-" in path for path in listed(after))
        observations.add(
            number == record.profile.max_files, after, f"listed: {plural(number, 'file')} of the follow-up"
        )
    return observations.verdict()


@judge("UPLOAD-003", FileCounts.PROBE)
def one_file_too_many(record: Record) -> Verdict:
    refusal = refused(
        record, [FileCounts.ONE_TOO_MANY], control=FileCounts.MOST, expected="4xx in the envelope"
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no task is created")
    page = record.exchange(FileCounts.LIST)
    control = record.exchange(FileCounts.MOST).fields.get("id")
    found = tasks_marked(page, record.fact(FileCounts.MARK))
    if refusal.outcome is Outcome.PASSED and control not in found:
        return inconclusive(Unproven.PRECONDITION, "the accepted task is not on the first page of the list")
    observations.add(
        len(found) == 1, page, f"{plural(len(found), 'task')} of two creations, one of them refused"
    )
    return both(refusal, observations.verdict())


@judge("UPLOAD-004", FileCounts.PROBE)
def one_file_too_many_later(record: Record) -> Verdict:
    refusal = refused(
        record,
        [FileCounts.FOLLOW_UP_ONE_TOO_MANY],
        control=FileCounts.FOLLOW_UP_MOST,
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "neither a message nor a file is added")
    before, after = (
        record.exchange(label) for label in (FileCounts.HISTORY_BEFORE, FileCounts.HISTORY_AFTER_REFUSAL)
    )
    observations.add(messages(before) == messages(after), after, f"{plural(len(messages(after)), 'message')}")
    left = [path for path in listed(record.exchange(FileCounts.FILES_AFTER_REFUSAL)) if "extra-" in path]
    observations.add(
        not left, record.exchange(FileCounts.FILES_AFTER_REFUSAL), f"left behind: {left or 'nothing'}"
    )
    return both(refusal, observations.verdict())


@judge("UPLOAD-005", FileSizes.PROBE)
def accepted_size(record: Record) -> Verdict:
    return size_accepted(record, "accepted size", record.profile.accepted_file_bytes)


@judge("UPLOAD-006", FileSizes.PROBE)
def beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record,
        [FileSizes.CREATE.of("beyond")],
        control=FileSizes.CREATE.of("accepted size"),
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no task is created")
    page = record.exchange(FileSizes.LIST)
    number = len(tasks_marked(page, f"{record.fact(FileSizes.MARK)} beyond"))
    observations.add(number == 0, page, f"{plural(number, 'task')} of the refused creation")
    return both(refusal, observations.verdict())


@judge("UPLOAD-007", FileSizes.PROBE)
def beyond_the_limit_later(record: Record) -> Verdict:
    refusal = refused(
        record,
        [FileSizes.FOLLOW_UP.of("beyond")],
        control=FileSizes.FOLLOW_UP.of("accepted size"),
        expected="4xx in the envelope",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no message is added")
    before, after = (
        record.exchange(FileSizes.HISTORY_BEFORE),
        record.exchange(FileSizes.HISTORY.of(FileSizes.FOLLOW_UP.of("beyond"))),
    )
    observations.add(messages(before) == messages(after), after, f"{plural(len(messages(after)), 'message')}")
    return both(refusal, observations.verdict())


@judge("UPLOAD-008", FileSizes.PROBE)
def exactly_the_limit(record: Record) -> Verdict:
    return size_accepted(record, "the limit", record.profile.max_file_bytes)


@judge("UPLOAD-009", FileContents.PROBE)
def listed_under_uploads(record: Record) -> Verdict:
    observations = Observations("not-listed", "listed under uploads/ with its name")
    page = record.exchange(FileContents.FILES)
    for path in record.fact(FileContents.CONTENT):
        found = listed(page).get(path)
        observations.add(
            found is not None and found.get("name") == path.rpartition("/")[2], page, f"{path}: {found}"
        )
    return observations.verdict()


@judge("UPLOAD-010", FileContents.PROBE)
def downloads_as_sent(record: Record) -> Verdict:
    observations = Observations("bytes-differ", "byte for byte as sent")
    for path, content in record.fact(FileContents.CONTENT).items():
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        sent = content.encode("latin-1")
        observations.add(
            exchange.ok and exchange.body == sent, exchange, f"{path}: {exchange.size} of {len(sent)} bytes"
        )
    return observations.verdict()


@judge("UPLOAD-011", FileContents.PROBE)
def attached_file(record: Record) -> Verdict:
    observations = Observations("not-attached", "name and path of the upload in the user message")
    exchange = record.exchange(FileContents.HISTORY)
    attached = [
        (entry.get("name"), entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    ]
    for path in record.fact(FileContents.CONTENT):
        observations.add((path.rpartition("/")[2], path) in attached, exchange, f"attached: {attached}")
    return observations.verdict()


@judge("UPLOAD-012", FileContents.PROBE)
def repeated_parts(record: Record) -> Verdict:
    observations = Observations("files-missing", "all parts named files are taken")
    exchange, page = record.exchange(FileContents.CREATE), record.exchange(FileContents.FILES)
    observations.add(
        exchange.ok and len(listed(page)) >= 7, page, f"{plural(len(listed(page)), 'file')} of 7 parts"
    )
    return observations.verdict()


@judge("UPLOAD-014", FileSizes.PROBE, FileCounts.PROBE)
def refusals_leave_no_file(record: Record) -> Verdict:
    observations = Observations("half-done", "no file of the refused upload")
    beyond = f"-{record.profile.max_file_bytes + 1}.bin"
    for label, part in (
        (FileSizes.FILES.of(FileSizes.FOLLOW_UP.of("beyond")), beyond),
        (FileCounts.FILES_AFTER_REFUSAL, "extra-"),
    ):
        page = record.accepted(label)
        left = [path for path in listed(page) if part in path]
        observations.add(not left, page, f"left behind: {left or 'nothing'}")
    return observations.verdict()


@judge("UPLOAD-015", LargeRequests.PROBE)
def whatever_their_sum(record: Record) -> Verdict:
    observations = Observations("refused", "many files within the limit each are accepted")
    exchange = record.exchange(LargeRequests.MANY_FILES)
    each, number = record.fact(LargeRequests.EACH), record.profile.max_files
    observations.add(exchange.ok, exchange, f"{plural(number, 'file')} of {each} bytes: {summary(exchange)}")
    return observations.verdict()


@judge("UPLOAD-016", FileContents.PROBE)
def empty_file(record: Record) -> Verdict:
    observations = Observations("not-kept", "listed with size 0")
    page = record.exchange(FileContents.FILES)
    found = listed(page).get("uploads/empty.txt")
    observations.add(found is not None and found.get("size") == 0, page, f"{found}")
    return observations.verdict()


@judge("UPLOAD-021", FileSizes.PROBE)
def refusal_can_be_read(record: Record) -> Verdict:
    observations = Observations("answer-lost", "the answer can be read")
    for label in (FileSizes.CREATE.of("beyond"), FileSizes.FOLLOW_UP.of("beyond")):
        exchange = record.exchange(label)
        if exchange.succeeded:
            return inconclusive(Unproven.PRECONDITION, f"{label} was not refused", cite(exchange))
        observations.add(
            exchange.status is not None and exchange.json() is not None, exchange, summary(exchange)
        )
    return observations.verdict()


@judge("UPLOAD-022", KeptFiles.PROBE)
def upload_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "plain.txt", "the earlier file is unchanged")


@judge("UPLOAD-024", CutUploads.PROBE)
def a_cut_upload_leaves_nothing(record: Record) -> Verdict:
    observations = Observations("half-done", "neither a task nor a message of an upload that was cut off")
    page, mark = record.exchange(CutUploads.LIST), record.fact(CutUploads.MARK)
    if not tasks_marked(page, f"{mark} whole"):
        return inconclusive(Unproven.PRECONDITION, "the accepted task is not on the first page of the list")
    found = tasks_marked(page, f"{mark} cut")
    observations.add(not found, page, f"{plural(len(found), 'task')} of the upload that was cut off")
    before, after = record.exchange(CutUploads.HISTORY_BEFORE), record.exchange(CutUploads.HISTORY_AFTER)
    observations.add(messages(before) == messages(after), after, f"{plural(len(messages(after)), 'message')}")
    files = record.exchange(CutUploads.FILES_AFTER)
    observations.add(not any("cut" in path for path in listed(files)), files, f"{list(listed(files))}")
    return observations.verdict()
