"""ZIP and ARTIFACT: an archive is known by what it is, extracted once, and never kept beside its files."""

import posixpath
from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import VIEWER, Key
from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.files_seen import listing_of, touched
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.upload import kept_since
from sigmic_conformance.conformance.model.invariants.zip import entries_of
from sigmic_conformance.conformance.model.requests import Certainty, asked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import UPLOADS, Listing
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.spec.plural import plural

TOO_LARGE = 413
CREATE, SAY, FILES, HISTORY, STREAM = (
    *("create_task", "send_message", "list_artifacts", "get_task_history", "stream_task"),
)


def _archives(task: Task, at: int) -> Iterator[tuple[Said, SentFile]]:
    """The archives of plain files that messages had brought before a time."""
    for said in task.said:
        if said.certainty is Certainty.ACCEPTED and said.answered <= at and said.asked.known:
            for file in said.asked.files:
                if file.is_named_archive:
                    yield said, file


def _listed(seen: Seen) -> Iterator[tuple[Listing, Said, SentFile]]:
    listing, task = listing_of(seen), seen.task
    if listing is not None and task is not None:
        for said, archive in _archives(task, seen.began):
            yield listing, said, archive


def _is_extracted(seen: Seen, *, named: bool) -> Findings:
    """Every plain entry that no call may have touched is listed with its size."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    for entry in entries_of(task, seen.began, named=named):
        sizes = {listing.files[path].get("size") for path in listing.files if entry.may_be(path)}
        shown = (
            f"listed with {sorted(map(str, sizes))}" if sizes else f"listed are {sorted(listing.files)[:4]}"
        )
        known = f"{entry.said.exchange.label} brought an archive with {entry.file.name}"
        yield says(entry.file.size in sizes, known, shown)


@invariant("ZIP-004", FILES, reason="structure-lost", expected="stored and deflated entries alike")
def entries_of_both_kinds(seen: Seen) -> Findings:
    """Each entry is there, however it was packed, with the archive of whatever message it came."""
    yield from _is_extracted(seen, named=True)


@invariant("ARTIFACT-033", FILES, reason="not-listed", expected="the entries of an archive as separate files")
def entries_are_files(seen: Seen) -> Findings:
    """Each entry of an extracted archive is listed by itself."""
    yield from _is_extracted(seen, named=True)


@invariant(
    "ZIP-018", FILES, reason="not-extracted", expected="an archive under another name is extracted as well"
)
def archives_are_known_by_content(seen: Seen) -> Findings:
    """An archive that is not called .zip is extracted all the same."""
    yield from _is_extracted(seen, named=False)


@invariant("ZIP-005", FILES, reason="name-changed", expected="entries named in UTF-8 under their names")
def entries_beyond_ascii(seen: Seen) -> Findings:
    """An entry whose name has letters beyond ASCII is listed under it."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    for entry in entries_of(task, seen.began, plain=False):
        if not posixpath.basename(entry.file.name).isascii():
            there = any(entry.may_be(path) for path in listing.files)
            known = f"{entry.said.exchange.label} brought {entry.file.name}"
            yield says(there, known, f"{sorted(listing.files)[:4]}")


@invariant("ZIP-016", FILES, reason="kept", expected="no archive beside its entries")
def archives_are_not_kept(seen: Seen) -> Findings:
    """An archive that was extracted is not listed itself."""
    for listing, said, archive in _listed(seen):
        if seen.task is not None and not touched(seen.task, archive.name, seen.ended):
            kept = UPLOADS + archive.name in listing.files
            yield says(
                not kept,
                f"{said.exchange.label} brought {archive.name}",
                "it is listed" if kept else "it is not",
            )


@invariant("ZIP-017", FILES, reason="extracted", expected="an archive within an archive stays one")
def inner_archives_stay(seen: Seen) -> Findings:
    """An entry that is an archive by its name is listed as a file, with its size."""
    for listing, said, archive in _listed(seen):
        for inner in archive.entries or ():
            name = posixpath.basename(inner.name)
            if not name.lower().endswith(".zip") or seen.task is None or touched(seen.task, name, seen.ended):
                continue
            sizes = {
                entry.get("size") for path, entry in listing.files.items() if posixpath.basename(path) == name
            }
            known = f"{said.exchange.label} brought {inner.name} of {inner.size} bytes"
            yield says(inner.size in sizes, known, f"listed with the sizes {sorted(map(str, sizes))}")


@invariant("ZIP-019", HISTORY, STREAM, reason="nothing-attached", expected="an attached file for an archive")
def archives_are_attached(seen: Seen) -> Findings:
    """The user's message that brought an archive has at least one attached file."""
    if seen.view is None or seen.task is None:
        return
    for said, archive in _archives(seen.task, seen.view.began):
        same = [each for each in seen.view.of_user if said.is_shown_as(each.get("content"))]
        if len(same) == 1:
            number = len(shapes.objects(same[0].get("attachedFiles")))
            yield says(
                number > 0,
                f"{said.exchange.label} brought {archive.name}",
                f"{plural(number, 'attached file')}",
            )


@invariant("ZIP-020", HISTORY, STREAM, reason="other-files-attached", expected="the entries of the archive")
def entries_are_attached(seen: Seen) -> Findings:
    """A message that brought an archive has its entries attached, and only they where it brought no more."""
    if seen.view is None or seen.task is None:
        return
    for said, archive in _archives(seen.task, seen.view.began):
        same = [each for each in seen.view.of_user if said.is_shown_as(each.get("content"))]
        if len(same) == 1:
            told = [shapes.word(each.get("path")) for each in shapes.objects(same[0].get("attachedFiles"))]
            wanted = [entry.name for entry in archive.entries or ()]
            missing = [
                name for name in wanted if not any(path.endswith(posixpath.basename(name)) for path in told)
            ]
            holds = not missing and (len(told) == len(wanted) or len(said.asked.files) > 1)
            yield says(
                holds,
                f"{archive.name} has {plural(len(wanted), 'entry', 'entries')}",
                f"attached are {told[:4]}",
            )


@invariant("ZIP-015", FILES, reason="other-place", expected="a separate folder for several top entries")
def archives_have_their_folder(seen: Seen) -> Findings:
    """The entries of an archive with more than one top entry are under uploads/NAME/."""
    for listing, said, archive in _listed(seen):
        entries = archive.entries or ()
        top = {entry.name.partition("/")[0] for entry in entries}
        stem = posixpath.splitext(archive.name)[0]
        same = (
            [
                file
                for one in seen.task.said
                for file in one.asked.files
                if posixpath.splitext(file.name)[0] == stem
            ]
            if seen.task
            else []
        )
        named = archive.name.lower().endswith(".zip") and stem.isascii()
        if len(top) < 2 or len(same) != 1 or not named or seen.task is None:  # noqa: PLR2004  several
            continue
        wanted = [f"{UPLOADS}{stem}/{entry.name}" for entry in entries if entry.name.isascii()]
        names = [posixpath.basename(path) for path in wanted]
        gone = [path for path in wanted if path not in listing.files]
        if not any(touched(seen.task, name, seen.ended) for name in names):
            yield says(
                not gone, f"{said.exchange.label} brought {archive.name}", f"missing: {gone[:2] or 'none'}"
            )


@invariant("ZIP-021", CREATE, SAY, reason="refused", expected="an archive of many entries is one file")
def archives_count_once(seen: Seen) -> Findings:
    """A form with no more files than may be sent is not refused for what is in its archives."""
    body, most = asked(seen.exchange.sent), seen.model.profile.max_files
    inside = sum(len(file.entries or ()) for file in body.files)
    own = seen.operation == CREATE or seen.is_own
    sound = body.known and body.message and own and seen.caller.owner not in {None, Key(VIEWER)}
    if sound and body.files and len(body.files) <= most < inside and seen.was_told:
        known = f"{plural(len(body.files), 'file')} with {plural(inside, 'entry', 'entries')}"
        yield says(
            seen.exchange.code != "TOO_MANY_FILES" and seen.exchange.status != TOO_LARGE,
            known,
            summary(seen.exchange),
        )


@invariant("ZIP-026", FILES, reason="file-replaced", expected="an archive changes no file of before")
def archives_replace_nothing(seen: Seen) -> Findings:
    """What was listed under uploads/ before an archive came is listed after it, with the size that it had.

    A path that a loose file was sent for as well is not looked at.
    """
    for path, later, finding in kept_since(seen):
        files = [file for said in later for file in said.asked.files]
        loose = {UPLOADS + file.name for file in files if not file.is_named_archive}
        if any(file.is_named_archive for file in files) and path not in loose:
            yield finding
