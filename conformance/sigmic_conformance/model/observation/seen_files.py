"""Files in an observation, and whether they may have changed since."""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sigmic_conformance.model.observation.files_seen import (
    attached_before,
    may_be_own,
    may_still_write,
    may_touch,
    touched,
)
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.finding import Finding, Findings, says
from sigmic_conformance.model.requests import Certainty, SentMessage
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import UPLOADS, Download
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural


@lru_cache(maxsize=4096)
def _paths(name: str) -> re.Pattern[str]:
    first, slash, rest = name.partition("/")
    stem, suffix = posixpath.splitext(first)
    numbered = rf"{re.escape(stem)}(?:[ _.-]?\(?[0-9]+\)?)?{re.escape(suffix)}"
    return re.compile(rf"{UPLOADS}(?:.*/)?{numbered}{slash}{re.escape(rest)}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive of an accepted message."""

    message: SentMessage
    file: SentFile
    archive: SentFile | None = None

    def may_be(self, path: str) -> bool:
        """Whether it may be listed under a path: in uploads/, with its own directories (G-31).

        If its outermost name was in use already, it may have a number (G-30).
        """
        return _paths(self.file.name).fullmatch(path) is not None


_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


_FORBIDDEN = frozenset('\\:*?"<>|')


def may_have_changed(task: Task, name: str, since: Exchange, seen: Seen) -> bool:
    """Whether a message or a call may have changed a file since an observation.

    The event of a call may arrive later than what the call does.
    """
    turns = [turn for turn in task.turns if since.started <= turn.began <= seen.ended]
    return (
        any(task.readers.of_all(turn) is None for turn in turns)
        or task.turns.at_rest(since.started, since.ended) is None
        or any(
            task.turns.at(each.at) in turns
            for call in task.calls.values()
            if may_touch(call, name)
            for each in call.events
        )
    )


def _may_have_been_written(task: Task, name: str, earlier: Download, seen: Seen) -> bool:
    """The same for a download, where an earlier call may still write the file."""
    return may_have_changed(task, name, earlier.exchange, seen) or may_still_write(task, name, seen.ended)


def uploads_since(task: Task, earlier: Exchange, seen: Seen) -> list[SentMessage]:
    """The messages with files that were sent since an observation."""
    return [each for each in task.messages if each.asked.files and earlier.started <= each.sent <= seen.ended]


def same_bytes(seen: Seen) -> Findings:
    """A file that cannot have changed is delivered with the same bytes as before."""
    task, download = seen.task, seen.download
    if task is None or download is None or not download.is_plain or download.path is None:
        return
    name = posixpath.basename(download.path)
    if may_be_own(task, download.path):
        return
    for earlier in task.downloads:
        if earlier.exchange.ended > seen.began:
            break
        if (
            earlier.path != download.path
            or not earlier.is_plain
            or uploads_since(task, earlier.exchange, seen)
            or _may_have_been_written(task, name, earlier, seen)
        ):
            continue
        same = earlier.exchange.body == seen.exchange.body
        known = (
            f"{earlier.exchange.label} delivered {plural(earlier.exchange.size, 'byte')} of {download.path}"
        )
        yield says(same, known, f"{plural(seen.exchange.size, 'byte')}, {'the same' if same else 'others'}")
        return


def listed_uploads(seen: Seen, *, of: Callable[[SentMessage], bool]) -> Findings:
    """Each file of the selected messages is listed."""
    listing = seen.listing
    if listing is None or seen.task is None:
        return
    for each in attached_before(seen.task, seen.began):
        if of(each.message):
            shown = (
                "it is listed"
                if each.path in listing.files
                else f"listed are {spelled(sorted(listing.files)[:6])}"
            )
            yield says(
                each.path in listing.files, f"{each.message.exchange.label} attached {each.path}", shown
            )


def kept_since(seen: Seen) -> Iterator[tuple[str, list[SentMessage], Finding]]:
    """Whether files that were under uploads/ before messages with files are still listed and delivered.

    Yields each path with those messages and the finding.
    """
    yield from _listed_since(seen)
    yield from _delivered_since(seen)


def _delivered_since(seen: Seen) -> Iterator[tuple[str, list[SentMessage], Finding]]:
    task, download = seen.task, seen.download
    if task is None or download is None or download.path is None or not download.is_plain:
        return
    path = download.path
    for earlier in reversed(task.downloads):
        if earlier.path != path or not earlier.is_plain or earlier.exchange.ended > seen.began:
            continue
        later = uploads_since(task, earlier.exchange, seen)
        if later and not _may_have_been_written(task, posixpath.basename(path), earlier, seen):
            same = earlier.exchange.body == seen.exchange.body
            known = f"{path} was delivered before {later[0].exchange.label}"
            yield path, later, says(same, known, "it is unchanged" if same else "it has other bytes")
            return


def _listed_since(seen: Seen) -> Iterator[tuple[str, list[SentMessage], Finding]]:
    listing, task = seen.listing, seen.task
    earlier = [each for each in task.listings if each.exchange.ended <= seen.began] if task else []
    if listing is None or task is None or not earlier:
        return
    last = earlier[-1]
    later = [
        each for each in task.messages if each.asked.files and last.exchange.ended <= each.sent < seen.ended
    ]
    for path, entry in last.files.items() if later else ():
        if path.startswith(UPLOADS) and not touched(task, posixpath.basename(path), seen.ended):
            same = path in listing.files and listing.files[path].get("size") == entry.get("size")
            known = f"{path} was listed before {later[0].exchange.label}"
            shown = "it is unchanged" if same else "it is gone or has another size"
            yield path, later, says(same, known, shown)


def messages_with_files(seen: Seen) -> Iterator[SentMessage]:
    """The messages with files that were accepted before a file list was requested."""
    for said in seen.task.messages if seen.task else ():
        taken = said.certainty is Certainty.ACCEPTED and said.answered <= seen.began
        if taken and said.asked.known and said.asked.files:
            yield said


def loose_files(said: SentMessage) -> list[SentFile]:
    """A message's files of known content that are not archives."""
    return [file for file in said.asked.files if file.sha256 is not None and file.entries is None]


def _is_sayable(name: str) -> bool:
    """Whether a name is a relative path of printable components, without `.` or `..`."""
    parts = name.split("/")
    return name.isprintable() and all(parts) and not {".", ".."} & set(parts) and not _FORBIDDEN & set(name)


def entries_of(task: Task, at: int, *, plain: bool = True, named: bool = True) -> Iterator[Entry]:
    """Entries of archives that were uploaded before a time, which no call can have changed.

    `plain=False` adds names beyond ASCII, with blanks or the like. `named=False` selects archives that are
    recognisable by their bytes only. An archive with a name that no file system accepts is left out: servers
    may have read it differently. So are archives within archives, which are not documented (G-31).
    """
    for said in task.messages:
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
                    yield Entry(said, entry, archive)


def is_extracted(seen: Seen, *, named: bool) -> Findings:
    """Every plain entry that no call may have touched is listed with its size."""
    listing, task = seen.listing, seen.task
    if listing is None or task is None:
        return
    for entry in entries_of(task, seen.began, named=named):
        sizes = {listing.files[path].get("size") for path in listing.files if entry.may_be(path)}
        shown = (
            f"listed with {spelled(sorted(sizes, key=str))}"
            if sizes
            else f"listed are {spelled(sorted(listing.files)[:4])}"
        )
        known = f"{entry.message.exchange.label} attached an archive with {entry.file.name}"
        yield says(entry.file.size in sizes, known, shown)
