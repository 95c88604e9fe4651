"""ARTIFACT: what is listed is delivered, what was made is listed, and both as long as the task is there."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.workspace_files import is_attachment
from sigmic_conformance.conformance.model.calls import SUCCESS
from sigmic_conformance.conformance.model.files_seen import (
    download_of,
    listing_of,
    made,
    may_be_own,
    may_still_write,
    may_touch,
    touched,
    was_restored,
    written,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.reading import has_begun, not_refused
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import CANCELLED
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import Download, Listing, is_plain
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

FILES, DOWNLOAD, HISTORY, STREAM = "list_artifacts", "download_artifact", "get_task_history", "stream_task"


@invariant(
    "SESSION-004", DOWNLOAD, reason="files-lost", expected="after a restore the files with the same bytes"
)
def files_survive_a_restore(seen: Seen) -> Findings:
    """A file downloads after a restore as it did before, when no call can have changed it."""
    if was_restored(seen):
        yield from _same_bytes(seen)


@invariant(
    "ARTIFACT-010", DOWNLOAD, reason="files-lost", expected="the same files with the same bytes after expiry"
)
def files_stay_the_same(seen: Seen) -> Findings:
    """A file of a task at rest downloads as it did before."""
    if seen.rest() is not None:
        yield from _same_bytes(seen)


def _same_bytes(seen: Seen) -> Findings:
    task, download = seen.task, download_of(seen)
    if task is None or download is None or not download.is_plain or download.path is None:
        return
    name = posixpath.basename(download.path)
    if may_be_own(task, download.path):
        return
    for earlier in task.downloads:
        if earlier.exchange.ended > seen.began:
            break
        if earlier.path != download.path or not earlier.is_plain or _changed(task, name, earlier, seen):
            continue
        same = earlier.exchange.body == seen.exchange.body
        known = (
            f"{earlier.exchange.label} delivered {plural(earlier.exchange.size, 'byte')} of {download.path}"
        )
        yield says(same, known, f"{plural(seen.exchange.size, 'byte')}, {'the same' if same else 'others'}")
        return


def _changed(task: Task, name: str, earlier: Download, seen: Seen) -> bool:
    """Whether a file may have been changed between two downloads: by a call, or by an upload of its name."""
    between = [
        call
        for call in task.calls.values()
        if any(earlier.exchange.started <= each.at <= seen.ended for each in call.heard)
    ]
    uploads = [
        each for each in task.said if each.asked.files and earlier.exchange.started <= each.sent <= seen.ended
    ]
    unheard = [
        turn
        for turn in task.turns
        if earlier.exchange.started <= turn.began <= seen.ended and task.heard_whole(turn) is None
    ]
    early = task.at_rest(earlier.exchange.started, earlier.exchange.ended) is None
    begun = may_still_write(task, name, seen.ended)
    return bool(uploads or unheard) or early or begun or any(may_touch(call, name) for call in between)


def _entries(seen: Seen, path: str | None) -> Iterator[tuple[Listing, dict[str, object]]]:
    """What lists told of a file that cannot have changed until the download, nor since it.

    The task was at rest, or the file is an upload that no call has touched.
    """
    task = seen.task
    if task is None or path is None or may_be_own(task, path):
        return
    for listing in task.listings:
        if path not in listing.files:
            continue
        began, ended = (
            min(listing.exchange.started, seen.began),
            max(listing.exchange.ended, seen.ended),
        )
        if task.at_rest(began, ended) is not None or _is_untouched(task, path, began, ended):
            yield listing, dict(listing.files[path])


def _is_untouched(task: Task, path: str, began: int, ended: int) -> bool:
    """Whether a path is that of one upload from before a time on, and nothing can have changed it since."""
    came = [each for each in task.brought if each.path == path]
    if len(came) != 1 or came[0].said.answered > began:
        return False
    return is_plain(came[0].file) and not touched(task, came[0].file.name, ended)


@invariant("ARTIFACT-003", DOWNLOAD, reason="size-differs", expected="the listed size")
def downloads_have_the_listed_size(seen: Seen) -> Findings:
    """A download has as many bytes as a list of the task at rest says."""
    download = download_of(seen)
    if download is None or not download.is_plain:
        return
    for listing, entry in _entries(seen, download.path):
        known = f"{listing.exchange.label} lists {entry.get('size')} bytes"
        yield says(
            entry.get("size") == seen.exchange.size,
            known,
            f"{plural(seen.exchange.size, 'byte')} of {download.path}",
        )


@invariant("ARTIFACT-012", DOWNLOAD, reason="types-differ", expected="the listed mimeType")
def downloads_have_the_listed_type(seen: Seen) -> Findings:
    """Content-Type of a download is the mimeType that a list of the task at rest tells."""
    download = download_of(seen)
    if download is None or not seen.exchange.ok:
        return
    for listing, entry in _entries(seen, download.path):
        wanted = str(entry.get("mimeType")).partition(";")[0].strip().lower()
        known = f"{listing.exchange.label} tells {entry.get('mimeType')}"
        yield says(
            seen.exchange.media_type == wanted, known, f"Content-Type {seen.exchange.header('content-type')}"
        )


@invariant(
    "ARTIFACT-014", DOWNLOAD, reason="other-length", expected="Content-Length, the file's size in bytes"
)
def downloads_tell_their_length(seen: Seen) -> Findings:
    """Content-Length of a plain download is the number of its bytes, and the size that lists tell."""
    download = download_of(seen)
    if download is not None and download.is_plain:
        told = seen.exchange.header("content-length")
        shown = f"Content-Length {told}"
        yield says(
            told == str(seen.exchange.size), f"the body has {plural(seen.exchange.size, 'byte')}", shown
        )
        for listing, entry in _entries(seen, download.path):
            yield says(told == str(entry.get("size")), f"{listing.exchange.label} lists the size", shown)


@invariant("ARTIFACT-013", DOWNLOAD, reason="no-attachment", expected="an attachment with the base name")
def downloads_tell_their_name(seen: Seen) -> Findings:
    """Content-Disposition of a download is an attachment, and has the base name when that is plain."""
    download = download_of(seen)
    if download is None or download.path is None or not seen.exchange.ok:
        return
    told, name = seen.exchange.header("content-disposition") or "", posixpath.basename(download.path)
    is_plain = re.fullmatch(r"[A-Za-z0-9_.-]+", name) is not None
    holds = is_attachment(told, name) if is_plain else told.lower().startswith("attachment")
    yield says(holds, f"the file is {name}", f"Content-Disposition {told}")


@invariant("ARTIFACT-011", DOWNLOAD, reason="not-raw", expected="a listed path answers the file")
def listed_files_are_delivered(seen: Seen) -> Findings:
    """The owner is given a file that was listed while the task was at rest, and still is."""
    download = download_of(seen)
    if (
        download is None
        or not seen.is_own
        or not (seen.exchange.succeeded or seen.exchange.status in {403, 404, 410})
    ):
        return
    kinds = [str(entry.get("mimeType")) for _, entry in _entries(seen, download.path)]
    if kinds:
        wrapped = _is_envelope(seen) and not any(kind.startswith("application/json") for kind in kinds)
        shown = "the answer is an envelope" if wrapped else f"{seen.exchange.status}"
        yield says(seen.exchange.succeeded and not wrapped, f"{download.path} is listed", shown)


def _is_envelope(seen: Seen) -> bool:
    """Whether an answer says that it is JSON, and is the envelope of a success."""
    body = seen.exchange.json() if seen.exchange.media_type == "application/json" else None
    return isinstance(body, dict) and body.get("success") is True and "data" in body


@invariant(
    "ARTIFACT-009", FILES, reason="not-reachable", expected="listing works while the task runs and after it"
)
def owner_may_list(seen: Seen) -> Findings:
    """The owner of a task is not refused its files, once the agent has begun.

    That a cancelled task keeps them is a premise (G-75).
    """
    task = seen.task
    if task is None or not has_begun(seen):
        return
    cancelled = any(not each.refused and each.started < seen.ended for each in task.cancellations)
    cancelled = cancelled or any(each.status == CANCELLED and each.began < seen.ended for each in task.told)
    cancelled = cancelled or task.may_end_by_rejection(0, seen.ended)
    if not cancelled or task.admits(Premise.CANCELLED_KEEPS_FILES):
        yield from not_refused(seen)


@invariant(
    "ARTIFACT-010", FILES, reason="files-lost", expected="the same files after the session has expired"
)
def lists_at_rest_agree(seen: Seen) -> Findings:
    """Two lists of a task at rest name the same files with the same sizes."""
    listing, rest = listing_of(seen), seen.rest()
    if listing is None or rest is None or seen.task is None:
        return
    for earlier in seen.task.listings:
        if earlier.exchange.ended > seen.began:
            break
        if seen.task.at_rest(earlier.exchange.started, seen.ended) is rest:
            before, after = _sizes(earlier), _sizes(listing)
            lost = sorted(
                (path, size)
                for path, size in set(before.items()) ^ set(after.items())
                if not may_still_write(seen.task, posixpath.basename(path), seen.ended)
                and not may_be_own(seen.task, path)
            )
            shown = f"{plural(len(after), 'file')}" + (f", other: {lost[0][0]}" if lost else "")
            yield says(
                not lost,
                f"{earlier.exchange.label} listed {plural(len(before), 'file')} of the task at rest",
                shown,
            )
            return


def _sizes(listing: Listing) -> dict[str, str]:
    return {path: shapes.word(entry.get("size")) for path, entry in listing.files.items()}


@invariant("ARTIFACT-008", FILES, reason="not-listed", expected="a file that the agent made")
def written_files_are_listed(seen: Seen) -> Findings:
    """What a tool was seen to write is listed when the turn is over, unless a later call removed it."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None or seen.rest() is None:
        return
    for call in task.calls.values():
        result, path = call.result, written(call) or made(call)
        if path is None or result is None or result.status != SUCCESS or result.at > seen.began:
            continue
        name = posixpath.basename(path)
        later = [
            other
            for other in task.calls.values()
            if other is not call and other.first and call.first and other.first.at > call.first.at
        ]
        unheard = [turn for turn in task.turns if turn.began > result.at and task.heard_whole(turn) is None]
        if name.startswith(".") or unheard or any(may_touch(other, name) for other in later):
            continue
        there = any(posixpath.basename(one) == name for one in listing.files)
        shown = "it is listed" if there else f"listed are {sorted(listing.files)[:6]}"
        yield says(there, f"{call.tool} wrote {path}", shown)


@invariant("ARTIFACT-017", DOWNLOAD, reason="foreign-file", expected="no byte for a path that climbs out")
def climbing_paths_deliver_nothing(seen: Seen) -> Findings:
    """A path that leads out of the workspace is not delivered, plain or encoded twice."""
    download = download_of(seen)
    if download is None or download.path is None:
        return
    forms = {download.path, unquote(download.path), unquote(unquote(download.path))}
    if any(_climbs(form) for form in forms) and seen.was_told:
        listed = any(download.path in listing.files for listing in seen.task.listings) if seen.task else False
        if not listed:
            known = f"{download.path!r} leads out of the workspace"
            yield says(
                not seen.exchange.succeeded,
                known,
                f"{seen.exchange.status}, {plural(seen.exchange.size, 'byte')}",
            )


def _climbs(path: str) -> bool:
    plain = path.replace("\\", "/")
    return posixpath.normpath(plain).startswith("../") or plain.startswith("/etc/")


@invariant("ARTIFACT-004", FILES, reason="wrong-type", expected="text/csv for .csv, application/pdf for .pdf")
def types_follow_names(seen: Seen) -> Findings:
    """In every list a CSV and a PDF file have their media types."""
    listing = listing_of(seen)
    if listing is None:
        return
    for path, entry in listing.files.items():
        ending = posixpath.splitext(path)[1].lower()
        wanted = {".csv": "text/csv", ".pdf": "application/pdf"}.get(ending)
        if wanted is not None:
            told = str(entry.get("mimeType"))
            yield says(told.partition(";")[0].strip() == wanted, f"the file is {path}", f"mimeType {told}")


@invariant("ARTIFACT-006", FILES, reason="other-category", expected="csv, pdf, image and code by their kinds")
def categories_follow_names(seen: Seen) -> Findings:
    """In every list a CSV, a PDF, an image and a source file have their categories."""
    listing = listing_of(seen)
    if listing is None:
        return
    kinds = {".csv": "csv", ".pdf": "pdf", ".png": "image", ".jpg": "image", ".py": "code"}
    for path, entry in listing.files.items():
        wanted = kinds.get(posixpath.splitext(path)[1].lower())
        if wanted is not None:
            yield says(
                entry.get("category") == wanted, f"the file is {path}", f"category {entry.get('category')}"
            )
