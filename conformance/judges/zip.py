"""ZIP: an archive keeps its structure; a hostile one stays inside and harms nobody."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, both, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import (
    entries_kept,
    entry_paths,
    listed,
    strays,
    untouched,
)
from sigmic_conformance.conformance.labels.upload_large import LargeRequests
from sigmic_conformance.conformance.labels.zip import HonestArchive, HostileArchives
from sigmic_conformance.conformance.labels.zip_kinds import ArchiveKinds, KeptFiles
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.plural import plural


def unpacked(record: Record, kind: Label, entry: str) -> Verdict:
    """The archive is taken, its entry listed with its directories and delivered byte for byte."""
    observations = Observations("not-extracted", f"{entry} extracted")
    made = record.exchange(kind)
    if observations.add(made.ok, made, f"{kind}: {summary(made)}", reason="refused"):
        page = record.exchange(ArchiveKinds.FILES.of(kind))
        paths = entry_paths(page, entry)
        if observations.add(len(paths) == 1, page, f"{kind}: {list(listed(page))}"):
            exchange = record.exchange(ArchiveKinds.DOWNLOAD.of(kind, paths[0]))
            same = exchange.body == record.fact(ArchiveKinds.WORD).encode()
            observations.add(
                same, exchange, f"{paths[0]}: {plural(exchange.size, 'byte')}", reason="bytes-differ"
            )
    return observations.verdict()


def harmless(record: Record, labels: list[Label], expected: str) -> Verdict:
    """These archives are refused, or what they became stays under uploads/ and nothing of them is outside."""
    control = record.exchange(HostileArchives.TWIN)
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the honest control was refused: {summary(control)}", cite(control)
        )
    observations = Observations("outside-uploads", expected)
    word = record.fact(HostileArchives.WORD)
    for label in labels:
        for exchange, holds, observed in _outcome(record, label, word):
            observations.add(holds, exchange, f"{label}: {observed}")
    return observations.verdict()


def _outcome(record: Record, label: Label, word: str) -> Iterator[tuple[Exchange, bool, str]]:
    answer = record.exchange(label)
    if answer.refused:
        yield answer, True, summary(answer)
        return
    if not answer.succeeded:
        raise NotRecorded(f"{label} was neither taken nor refused: {summary(answer)}")
    page = record.exchange(HostileArchives.FILES.of(label))
    outside = strays(page, word, "ok.txt")
    yield page, not outside, f"became {list(listed(page))}"
    for exchange in record.labelled(HostileArchives.OUTSIDE.of(label)):
        found = exchange.succeeded and word.encode() in exchange.body
        yield exchange, not found, summary(exchange)
    for exchange in record.labelled(HostileArchives.DOWNLOAD.of(label)):
        foreign = exchange.succeeded and b"root:" in exchange.body
        yield exchange, not foreign, summary(exchange)


def survived(record: Record, labels: list[Label]) -> Verdict:
    """These archives get an answer below 500, and the service answers afterwards."""
    observations = Observations("server-error", "an answer below 500, and the service answers")
    for label in labels:
        answer = record.exchange(label)
        observations.add(answer.refused or answer.succeeded, answer, f"{label}: {summary(answer)}")
        serving = record.exchange(HostileArchives.SERVING.of(label))
        observations.add(serving.ok, serving, f"after {label}: {summary(serving)}")
    return observations.verdict()


judge_each(
    __name__,
    {
        "ZIP-012": Refusal(
            [HostileArchives.CLIMBING, HostileArchives.ABSOLUTE, HostileArchives.LINK],
            400,
            "INVALID_ARCHIVE",
            control=HostileArchives.TWIN,
        ),
        "ZIP-013": Refusal(
            [HostileArchives.ENCRYPTED, HostileArchives.CUT, HostileArchives.WRONG_CHECKSUM],
            400,
            "INVALID_ARCHIVE",
            control=HostileArchives.TWIN,
        ),
        "ZIP-014": Refusal([HostileArchives.BOMB], 400, "INVALID_ARCHIVE", control=HostileArchives.TWIN),
        "ZIP-021": Acceptance([HonestArchive.MANY_ENTRIES], "an archive of 21 entries is one file"),
    },
)


@judge("ZIP-001", HonestArchive.PROBE)
def extracted(record: Record) -> Verdict:
    return entries_kept(record, HonestArchive.ENTRIES, HonestArchive.FILES, HonestArchive.DOWNLOAD)


@judge("ZIP-002", HonestArchive.PROBE)
def structure(record: Record) -> Verdict:
    observations = Observations("structure-lost", "two entries of one name in two directories are two files")
    page = record.exchange(HonestArchive.FILES)
    found = sorted(path for path in listed(page) if path.endswith("/summary.txt"))
    holds = len(found) == 2 and all(
        found[number].endswith(f"reports/{year}/summary.txt") for number, year in enumerate(("2025", "2026"))
    )
    observations.add(holds, page, f"listed with that name: {', '.join(found) or 'none'}")
    return observations.verdict()


@judge("ZIP-003", HonestArchive.PROBE)
def extracted_later(record: Record) -> Verdict:
    return entries_kept(
        record, HonestArchive.LATER_ENTRIES, HonestArchive.FILES_AFTER_FOLLOW_UP, HonestArchive.LATER
    )


@judge("ZIP-004", HonestArchive.PROBE)
def stored_and_deflated(record: Record) -> Verdict:
    return entries_kept(record, HonestArchive.ENTRIES, HonestArchive.FILES, HonestArchive.DOWNLOAD)


@judge("ZIP-005", HonestArchive.PROBE)
def names_in_utf_8(record: Record) -> Verdict:
    observations = Observations("name-changed", "a file named größe.txt")
    page = record.exchange(HonestArchive.FILES)
    observations.add(
        bool(entry_paths(page, "data/größe.txt")),
        page,
        f"{[path for path in listed(page) if 'data/' in path]}",
    )
    return observations.verdict()


@judge("ZIP-006", HostileArchives.PROBE)
def climbing(record: Record) -> Verdict:
    return harmless(record, [HostileArchives.CLIMBING], "no file outside the upload directory")


@judge("ZIP-007", HostileArchives.PROBE)
def absolute(record: Record) -> Verdict:
    labels = [
        HostileArchives.ABSOLUTE,
        HostileArchives.DRIVE_LETTER,
        HostileArchives.CLIMBING_WITH_BACKSLASHES,
    ]
    return harmless(record, labels, "no file outside the upload directory")


@judge("ZIP-008", HostileArchives.PROBE)
def links(record: Record) -> Verdict:
    return harmless(record, [HostileArchives.LINK], "no byte of the file that the link points to")


@judge("ZIP-009", HostileArchives.PROBE)
def bombs(record: Record) -> Verdict:
    observations = Observations("unpacked", "not unpacked, and the service answers")
    answer, control = record.exchange(HostileArchives.BOMB), record.exchange(HostileArchives.TWIN)
    if answer.refused and not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"an honest archive as long was refused: {summary(control)}",
            cite(control),
        )
    serving = record.exchange(HostileArchives.SERVING.of(HostileArchives.BOMB))
    if answer.closed is Closed.DEADLINE and serving.ok:
        # It serves others, and whether it would have unpacked the archive was not waited for.
        return inconclusive(Unproven.TIMING_NOISE, f"the bomb: {summary(answer)}", cite(answer))
    observations.add(answer.refused or answer.succeeded, answer, summary(answer), reason="server-error")
    observations.add(serving.ok, serving, f"afterwards: {summary(serving)}", reason="service-down")
    if answer.succeeded:
        page = record.exchange(HostileArchives.FILES.of(HostileArchives.BOMB))
        total = sum(int(entry.get("size") or 0) for entry in listed(page).values())
        observations.add(total < 2_000_000_000, page, f"{plural(total, 'byte')} in the workspace")
    return observations.verdict()


@judge("ZIP-010", HostileArchives.PROBE)
def corrupt(record: Record) -> Verdict:
    return survived(
        record, [HostileArchives.CUT, HostileArchives.NO_DIRECTORY, HostileArchives.WRONG_CHECKSUM]
    )


@judge("ZIP-011", HostileArchives.PROBE)
def wrong_checksum(record: Record) -> Verdict:
    observations = Observations("bad-file-presented", "no file with bytes that do not match the checksum")
    answer = record.exchange(HostileArchives.WRONG_CHECKSUM)
    observations.add(answer.refused or answer.succeeded, answer, summary(answer))
    for exchange in record.labelled(HostileArchives.DOWNLOAD.of(HostileArchives.WRONG_CHECKSUM)):
        observations.add(b"XXXX" not in exchange.body[:8], exchange, summary(exchange))
    return observations.verdict()


@judge("ZIP-015", HonestArchive.PROBE)
def own_folder(record: Record) -> Verdict:
    observations = Observations("other-place", "uploads/bundle/ for an archive with two top directories")
    page = record.exchange(HonestArchive.FILES)
    outside = [path for path in listed(page) if not path.startswith("uploads/bundle/")]
    observations.add(bool(listed(page)) and not outside, page, f"elsewhere: {outside or 'nothing'}")
    later = record.exchange(HonestArchive.FILES_AFTER_FOLLOW_UP)
    single = [path for path in listed(later) if path.startswith("uploads/later/")]
    observations.add(
        bool(single),
        later,
        f"{plural(len(single), 'entry', 'entries')} of the archive with one top directory in uploads/",
    )
    return observations.verdict()


@judge("ZIP-016", HonestArchive.PROBE)
def archive_is_not_kept(record: Record) -> Verdict:
    observations = Observations("kept", "no .zip among the files")
    page = record.accepted(HonestArchive.FILES)
    kept = [path for path in listed(page) if path.endswith(".zip")]
    observations.add(not kept, page, f"{plural(len(listed(page)), 'file')}")
    return observations.verdict()


@judge("ZIP-017", ArchiveKinds.PROBE)
def inner_archive_stays(record: Record) -> Verdict:
    observations = Observations("extracted", "inner.zip is a file, and what is in it is not")
    page = record.exchange(ArchiveKinds.FILES.of(ArchiveKinds.NESTED))
    paths = list(listed(page))
    holds = any(path.endswith("/inner.zip") for path in paths)
    observations.add(holds and not any(path.endswith("deep.txt") for path in paths), page, f"{paths}")
    return observations.verdict()


@judge("ZIP-018", ArchiveKinds.PROBE)
def known_by_its_content(record: Record) -> Verdict:
    return unpacked(record, ArchiveKinds.DISGUISED, "d/a.txt")


@judge("ZIP-019", HonestArchive.PROBE)
def attached(record: Record) -> Verdict:
    observations = Observations("nothing-attached", "at least one attached file")
    exchange = record.exchange(HonestArchive.HISTORY)
    number = sum(len(shapes.objects(message.get("attachedFiles"))) for message in messages(exchange))
    observations.add(number > 0, exchange, f"{plural(number, 'attached file')}")
    return observations.verdict()


@judge("ZIP-020", HonestArchive.PROBE)
def entries_attached(record: Record) -> Verdict:
    observations = Observations("other-files-attached", "the entries of the archive")
    exchange = record.exchange(HonestArchive.HISTORY)
    paths = {
        str(entry.get("path"))
        for message in messages(exchange)
        for entry in shapes.objects(message.get("attachedFiles"))
    }
    page = record.exchange(HonestArchive.FILES)
    observations.add(paths == set(listed(page)), exchange, f"{sorted(paths)}")
    return observations.verdict()


@judge("ZIP-022", ArchiveKinds.PROBE)
def streamed(record: Record) -> Verdict:
    return unpacked(record, ArchiveKinds.STREAMED, "a.txt")


@judge("ZIP-023", ArchiveKinds.PROBE)
def zip64(record: Record) -> Verdict:
    return unpacked(record, ArchiveKinds.ZIP64, "a.txt")


@judge("ZIP-024", HostileArchives.PROBE)
def odd_entries(record: Record) -> Verdict:
    return survived(record, [HostileArchives.NAMESAKES, HostileArchives.SHARED_BYTES])


@judge("ZIP-025", HostileArchives.PROBE)
def archives_without_files(record: Record) -> Verdict:
    return survived(record, [HostileArchives.NO_ENTRIES, HostileArchives.DIRECTORIES_ALONE])


@judge("ZIP-026", KeptFiles.PROBE)
def extraction_replaces_nothing(record: Record) -> Verdict:
    return untouched(record, "entry.txt", "the file extracted earlier is unchanged")


@judge("ZIP-027", LargeRequests.PROBE)
def archive_beyond_the_limit(record: Record) -> Verdict:
    refusal = refused(
        record,
        [LargeRequests.ARCHIVE_BEYOND],
        control=LargeRequests.SMALL_ARCHIVE,
        expected="refused like any other file",
    )
    if refusal.outcome is Outcome.FAILED:
        return refusal
    observations = Observations("half-done", "no task is created")
    page = record.accepted(LargeRequests.LIST)
    found = tasks_marked(page, f"{record.fact(LargeRequests.MARK)} archive beyond")
    observations.add(not found, page, f"{plural(len(found), 'task')} of the refused creation")
    return both(refusal, observations.verdict())
