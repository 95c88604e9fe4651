"""Automatic extraction of archives."""

import hashlib
import posixpath
from collections.abc import Callable, Iterator

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import VIEWER, Key
from sigmic_conformance.model.observation.results import uploads_printed
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_files import Entry, entries_of, is_extracted, kept_since
from sigmic_conformance.model.operations import CREATE, DOWNLOAD, FILES, GET, SAY, STREAM
from sigmic_conformance.model.record.answer_data import tasks_marked
from sigmic_conformance.model.record.controls import control_failed, refused
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, left_open, says
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.model.record.workspace_files import (
    entry_paths,
    listed,
    strays,
)
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import FEW_ENTRIES, UPLOADS, Listing
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.plural import plural

TOO_LARGE = 413


def _may_have_replaced(task: Task, entry: Entry) -> Iterator[object]:
    """The sizes of files with an entry's name, sent with it or later: which one remains is open (G-30)."""
    for said in task.messages:
        if said.certainty is not Certainty.REFUSED and said.sent >= entry.message.sent:
            for file in said.asked.files:
                yield from (
                    each.size for each in (file, *(file.entries or ())) if each.name == entry.file.name
                )


def _listed(seen: Seen, which: Callable[[Entry], bool]) -> Findings:
    listing, task = seen.listing, seen.task
    if listing is None or task is None:
        return
    for entry in entries_of(task, seen.began):
        if not which(entry):
            continue
        wanted = {entry.file.size, *_may_have_replaced(task, entry)}
        paths = [path for path in listing.files if entry.may_be(path)]
        sizes = {listing.files[path].get("size") for path in paths}
        known = (
            f"{entry.message.exchange.label} attached an archive with {entry.file.name} "
            f"({plural(entry.file.size, 'byte')})"
        )
        shown = f"listed as {spelled(paths)}" if paths else f"listed are {spelled(sorted(listing.files)[:5])}"
        yield says(not wanted.isdisjoint(sizes), known, shown)


def _as_packed(seen: Seen, *, named: bool) -> Findings:
    """A path that can only be an archive's entry delivers the bytes of one of the entries of its name."""
    task, download = seen.task, seen.download
    if task is None or download is None or download.path is None or not download.is_plain:
        return
    same = [entry for entry in entries_of(task, seen.began, named=named) if entry.may_be(download.path)]
    loose = any(UPLOADS + file.name == download.path for said in task.messages for file in said.asked.files)
    if same and not loose:
        shown = hashlib.sha256(seen.exchange.body).hexdigest()
        known = f"an archive had {same[0].file.name}"
        yield says(
            shown in {entry.file.sha256 for entry in same}, known, f"{plural(seen.exchange.size, 'byte')}"
        )


@check("ZIP-001", FILES, reason="structure-lost")
def all_entries_are_listed(seen: Seen) -> Findings:
    """Each entry of an archive is listed with its size."""
    return _listed(seen, lambda _: True)


@check("ZIP-001", DOWNLOAD, reason="structure-lost")
def entries_are_delivered_as_packed(seen: Seen) -> Findings:
    """A download of an entry of an archive of that name has its bytes."""
    return _as_packed(seen, named=True)


@check("ZIP-001", STREAM, GET, reason="structure-lost")
def commands_find_all_entries(seen: Seen, task: Task) -> Findings:
    """A command that prints the digest of an archive's entry prints that of each, hidden ones as well.

    Lists may leave hidden files out (G-80).
    """
    for result, read in uploads_printed(seen):
        entries: dict[int, dict[str | None, str]] = {}
        for entry in entries_of(task, result.at, plain=False):
            entries.setdefault(id(entry.archive), {})[entry.file.sha256] = entry.file.name
        for names in entries.values():
            missing = [name for digest, name in names.items() if digest not in read.values()]
            if len(missing) < len(names):
                shown = f"the command does not print {spelled(missing[:2])}" if missing else "it prints all"
                yield says(not missing, f"an archive had {spelled(sorted(names.values())[:3])}", shown)


@check("ZIP-002", FILES, reason="structure-lost")
def directories_are_kept(seen: Seen) -> Findings:
    """An entry in a directory of its archive is listed with it."""
    return _listed(seen, lambda entry: "/" in entry.file.name)


@check("ZIP-003", FILES, reason="structure-lost")
def archives_of_follow_ups_are_extracted(seen: Seen) -> Findings:
    """An entry of an archive that came with a follow-up is listed."""
    return _listed(seen, lambda entry: entry.message.is_follow_up)


@check("ZIP-004", FILES, reason="structure-lost")
def archives_are_known_by_their_name(seen: Seen) -> Findings:
    """A file that is named as an archive is extracted."""
    return is_extracted(seen, named=True)


@check("ZIP-005", FILES, reason="name-changed")
def entries_beyond_ascii(seen: Seen, task: Task, listing: Listing) -> Findings:
    """An entry whose name has letters beyond ASCII is listed under that name."""
    for entry in entries_of(task, seen.began, plain=False):
        if not posixpath.basename(entry.file.name).isascii():
            there = any(entry.may_be(path) for path in listing.files)
            known = f"{entry.message.exchange.label} attached {entry.file.name}"
            yield says(there, known, f"{spelled(sorted(listing.files)[:4])}")


def _outcome(record: Record, label: str, word: str) -> Iterator[tuple[Exchange, bool, str]]:
    answer = record.exchange("hostile_archives", label)
    if answer.refused:
        yield answer, True, summary(answer)
        return
    if not answer.succeeded:
        raise NotRecorded(f"{label} was neither taken nor refused: {summary(answer)}")
    page = record.exchange("hostile_archives", f"{label}: files")
    outside = strays(page, word, "ok.txt")
    yield page, not outside, f"became {list(listed(page))}"
    for exchange in record.labelled("hostile_archives", f"{label}: outside"):
        found = exchange.succeeded and word.encode() in exchange.body
        yield exchange, not found, summary(exchange)
    for exchange in record.labelled("hostile_archives", f"{label}: download"):
        foreign = exchange.succeeded and b"root:" in exchange.body
        yield exchange, not foreign, summary(exchange)


def harmless(record: Record, labels: list[str], known: str) -> Findings:
    """These archives are refused, or their files stay under uploads/, with no trace outside."""
    control = record.exchange("hostile_archives", "twin")
    if not control.ok:
        yield control_failed(control, f"the honest control was refused: {summary(control)}")
        return
    word = record.fact("hostile_archives", "word")
    for label in labels:
        for exchange, is_harmless, shown in _outcome(record, label, word):
            yield says(is_harmless, known, f"{label}: {shown}", exchange=exchange)


@check("ZIP-006", reason="outside-uploads")
def climbing(record: Record) -> Findings:
    return harmless(record, ["climbing"], "no file outside the upload directory")


@check("ZIP-007", reason="outside-uploads")
def absolute(record: Record) -> Findings:
    labels = ["absolute", "drive letter", "climbing with backslashes"]
    return harmless(record, labels, "no file outside the upload directory")


@check("ZIP-008", reason="outside-uploads")
def links(record: Record) -> Findings:
    return harmless(record, ["link"], "no byte of the file that the link points to")


@check("ZIP-009", reason="unpacked")
def bombs(record: Record) -> Findings:
    answer, control = record.exchange("hostile_archives", "bomb"), record.exchange("hostile_archives", "twin")
    if answer.refused and not control.ok:
        yield control_failed(control, f"an honest archive as long was refused: {summary(control)}")
        return
    serving = record.exchange("hostile_archives", "bomb: serving")
    known = "not unpacked, and the service answers"
    if answer.closed is Closed.DEADLINE and serving.ok:
        # The service answers other requests. It is unknown whether it would have unpacked the archive later.
        yield left_open(Unproven.TIMING_NOISE, known, f"the bomb: {summary(answer)}", exchange=answer)
        return
    decided = answer.refused or answer.succeeded
    yield says(decided, known, summary(answer), exchange=answer, reason="server-error")
    shown = f"afterwards: {summary(serving)}"
    yield says(serving.ok, known, shown, exchange=serving, reason="service-down")
    if answer.succeeded:
        page = record.exchange("hostile_archives", "bomb: files")
        total = sum(int(entry.get("size") or 0) for entry in listed(page).values())
        shown = f"{plural(total, 'byte')} in the workspace"
        yield says(total < 2_000_000_000, known, shown, exchange=page)


def survived(record: Record, labels: list[str]) -> Findings:
    """These archives get an answer below 500, and the service answers afterwards."""
    known = "an answer below 500, and the service answers"
    for label in labels:
        answer = record.exchange("hostile_archives", label)
        yield says(answer.refused or answer.succeeded, known, f"{label}: {summary(answer)}", exchange=answer)
        serving = record.exchange("hostile_archives", f"{label}: serving")
        yield says(serving.ok, known, f"after {label}: {summary(serving)}", exchange=serving)


@check("ZIP-010", reason="server-error")
def corrupt(record: Record) -> Findings:
    return survived(record, ["cut", "no directory", "wrong checksum", "bystander: cut"])


@check("ZIP-011", reason="bad-file-presented")
def wrong_checksum(record: Record) -> Findings:
    known = "no file with bytes that do not match the checksum"
    answer = record.exchange("hostile_archives", "wrong checksum")
    yield says(answer.refused or answer.succeeded, known, summary(answer), exchange=answer)
    for exchange in record.labelled("hostile_archives", "wrong checksum: download"):
        yield says(b"XXXX" not in exchange.body[:8], known, summary(exchange), exchange=exchange)


def unpacked(record: Record, kind: str, entry: str) -> Findings:
    """The archive is accepted, and its entry is listed with its directories and delivered unchanged."""
    known = f"{entry} is an entry of it"
    made = record.exchange("archive_kinds", kind)
    yield says(made.ok, known, f"{kind}: {summary(made)}", exchange=made, reason="refused")
    if not made.ok:
        return
    page = record.exchange("archive_kinds", f"{kind}: files")
    paths = entry_paths(page, entry)
    yield says(len(paths) == 1, known, f"{kind}: {list(listed(page))}", exchange=page)
    if len(paths) == 1:
        exchange = record.exchange("archive_kinds", f"{kind}: {paths[0]}")
        same = exchange.body == record.fact("archive_kinds", "word").encode()
        shown = f"{paths[0]}: {plural(exchange.size, 'byte')}"
        yield says(same, known, shown, exchange=exchange, reason="bytes-differ")


@check("ZIP-021", CREATE, SAY, reason="refused")
def archives_count_once(seen: Seen) -> Findings:
    """A form with an allowed number of files is not refused for the number of entries in its archives."""
    body, most = seen.body, seen.model.profile.max_files
    inside = sum(len(file.entries or ()) for file in body.files)
    own = seen.operation == CREATE or seen.is_own
    sound = body.known and body.message and own and seen.caller.owner not in {None, Key(VIEWER)}
    if sound and body.files and len(body.files) <= most < inside <= FEW_ENTRIES and seen.was_answered:
        known = f"{plural(len(body.files), 'file')} with {plural(inside, 'entry', 'entries')}"
        yield says(
            seen.exchange.code != "TOO_MANY_FILES" and seen.exchange.status != TOO_LARGE,
            known,
            summary(seen.exchange),
        )


@check("ZIP-022", reason="not-extracted")
def streamed(record: Record) -> Findings:
    return unpacked(record, "streamed", "a.txt")


@check("ZIP-023", reason="not-extracted")
def zip64(record: Record) -> Findings:
    return unpacked(record, "zip64", "a.txt")


@check("ZIP-024", reason="server-error")
def odd_entries(record: Record) -> Findings:
    return survived(record, ["namesakes", "shared bytes"])


@check("ZIP-025", reason="server-error")
def archives_without_files(record: Record) -> Findings:
    return survived(record, ["no entries", "directories alone"])


@check("ZIP-026", FILES, DOWNLOAD, reason="file-replaced")
def archives_replace_nothing(seen: Seen) -> Findings:
    """What was under uploads/ before an archive came is still listed and delivered after it, unchanged.

    A path that is also the name of a loose file is not checked.
    """
    for path, later, finding in kept_since(seen):
        files = [file for said in later for file in said.asked.files]
        loose = {UPLOADS + file.name for file in files if not file.is_named_archive}
        if any(file.is_named_archive for file in files) and path not in loose:
            yield finding


@check("ZIP-027", reason="half-done")
def archive_beyond_the_limit(record: Record) -> Findings:
    labels, known = ["archive beyond"], "refused like any other file"
    yield from refused(record, "large_requests", labels, control="small archive", expected=known)
    page = record.accepted("large_requests", "list")
    found = tasks_marked(page, f"{record.fact('large_requests', 'mark')} archive beyond")
    if not page.entries:
        yield left_open(Unproven.ZERO_OBSERVATIONS, known, "the list has no task", exchange=page)
    elif all(each.refused for each in record.labelled("large_requests", labels[0])):
        shown = f"{plural(len(found), 'task')} of the refused creation"
        yield says(not found, "no task is created", shown, exchange=page)
