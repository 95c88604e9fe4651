"""ZIP: the files of an archive are in the workspace, with their directories and bytes, whenever it came."""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.files_seen import download_of, listing_of, touched
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.results import good_results
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import UPLOADS, digests_read
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.spec.plural import plural

FILES, DOWNLOAD, STREAM, GET = "list_artifacts", "download_artifact", "stream_task", "get_task"
_FORBIDDEN = frozenset('\\:*?"<>|')
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive that came with a message that was taken."""

    said: Said
    file: SentFile

    def may_be(self, path: str) -> bool:
        """Whether it may be listed under a path: in uploads/, behind its own directories (G-31).

        Where its outermost name was in use already it may bear a number (G-30).
        """
        return _paths(self.file.name).fullmatch(path) is not None


@lru_cache(maxsize=4096)
def _paths(name: str) -> re.Pattern[str]:
    first, slash, rest = name.partition("/")
    stem, suffix = posixpath.splitext(first)
    numbered = rf"{re.escape(stem)}(?:[ _.-]?\(?[0-9]+\)?)?{re.escape(suffix)}"
    return re.compile(rf"{UPLOADS}(?:.*/)?{numbered}{slash}{re.escape(rest)}")


def entries_of(task: Task, at: int, *, plain: bool = True, named: bool = True) -> Iterator[Entry]:
    """The entries that archives had brought before a time and that nobody can have changed.

    An archive with a name that no file system takes may have been read otherwise, as a whole or in part.
    Without `named` those of archives that only their bytes tell.
    Without `plain` also those of names beyond ASCII, with blanks or the like. What becomes of an archive
    within an archive is not documented (G-31).
    """
    for said in task.said:
        if said.certainty is not Certainty.ACCEPTED or said.answered > at or not said.asked.known:
            continue
        for archive in said.asked.files:
            entries = archive.entries or ()
            if archive.is_named_archive is not named or not all(_is_sayable(each.name) for each in entries):
                continue
            for entry in entries:
                wanted = not plain or _PLAIN.fullmatch(entry.name) is not None
                is_file = not entry.name.lower().endswith(".zip")
                if wanted and is_file and not touched(task, posixpath.basename(entry.name), at):
                    yield Entry(said, entry)


def _is_sayable(name: str) -> bool:
    """Whether a name is a relative path of printable components, none of which leads anywhere else."""
    parts = name.split("/")
    return name.isprintable() and all(parts) and not {".", ".."} & set(parts) and not _FORBIDDEN & set(name)


def _listed(seen: Seen, which: Callable[[Entry], bool] = lambda _: True) -> Findings:
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    for entry in entries_of(task, seen.began):
        if not which(entry):
            continue
        wanted = {entry.file.size, *_may_have_replaced(task, entry)}
        paths = [path for path in listing.files if entry.may_be(path)]
        sizes = {listing.files[path].get("size") for path in paths}
        known = (
            f"{entry.said.exchange.label} brought an archive with {entry.file.name} "
            f"({plural(entry.file.size, 'byte')})"
        )
        shown = f"listed as {paths}" if paths else f"listed are {sorted(listing.files)[:5]}"
        yield says(not wanted.isdisjoint(sizes), known, shown)


def _may_have_replaced(task: Task, entry: Entry) -> Iterator[object]:
    """The sizes of files of an entry's name that came with it or later: which one stays is open (G-30)."""
    for said in task.said:
        if said.certainty is not Certainty.REFUSED and said.sent >= entry.said.sent:
            for file in said.asked.files:
                yield from (
                    each.size for each in (file, *(file.entries or ())) if each.name == entry.file.name
                )


@invariant("ZIP-001", FILES, reason="structure-lost", expected="the files of an archive under uploads/")
def entries_are_listed(seen: Seen) -> Findings:
    """Each file of an archive is listed with its size, whichever message brought it, whenever asked for."""
    yield from _listed(seen)


@invariant("ZIP-002", FILES, reason="structure-lost", expected="each entry with its directories")
def directories_are_kept(seen: Seen) -> Findings:
    """Each file in a directory of an archive is listed behind it, at creation as at a follow-up."""
    yield from _listed(seen, lambda entry: "/" in entry.file.name)


@invariant(
    "ZIP-003", FILES, reason="structure-lost", expected="an archive is extracted at a follow-up as well"
)
def entries_of_follow_ups_are_listed(seen: Seen) -> Findings:
    """Each file of an archive of a follow-up is listed with its size, whenever the list is asked for."""
    yield from _listed(seen, lambda entry: entry.said.is_follow_up)


@invariant("ZIP-001", DOWNLOAD, reason="structure-lost", expected="each file of an archive byte for byte")
def entries_download_as_packed(seen: Seen) -> Findings:
    """A path that can only be an archive's entry delivers the bytes of one of the entries of its name."""
    task, download = seen.task, download_of(seen)
    if task is None or download is None or download.path is None or not download.is_plain:
        return
    same = [entry for entry in entries_of(task, seen.began) if entry.may_be(download.path)]
    loose = any(UPLOADS + file.name == download.path for said in task.said for file in said.asked.files)
    if same and not loose:
        shown = hashlib.sha256(seen.exchange.body).hexdigest()
        known = f"an archive had {same[0].file.name}"
        yield says(
            shown in {entry.file.sha256 for entry in same}, known, f"{plural(seen.exchange.size, 'byte')}"
        )


@invariant(
    "FOLLOWUP-011", STREAM, GET, reason="not-readable", expected="a file of an archive with its own bytes"
)
def entries_are_read_as_packed(seen: Seen) -> Findings:
    """A command that tells the digests of all uploads tells those of the bytes that archives had."""
    task = seen.task
    loose = {file.name for said in task.said for file in said.asked.files} if task else set()
    for result in good_results(seen):
        read = digests_read(result.command, result.output)
        entries = list(entries_of(task, result.at)) if task is not None and read else []
        for name, digest in (read or {}).items():
            same = [entry for entry in entries if entry.may_be(UPLOADS + name)]
            if same and name not in loose:
                holds = digest in {entry.file.sha256 for entry in same}
                shown = f"the command reads {'it' if holds else 'other bytes'} as {name}"
                yield says(holds, f"an archive had {same[0].file.name}", shown, offset=result.offset)
