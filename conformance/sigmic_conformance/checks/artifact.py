"""Listing and downloading files."""

import contextlib
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from urllib.parse import unquote

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import SUCCESS, Call
from sigmic_conformance.model.observation.files_seen import (
    made,
    may_be_own,
    may_still_write,
    may_touch,
    touched,
    written,
)
from sigmic_conformance.model.observation.reading import has_begun, not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_files import is_extracted, same_bytes
from sigmic_conformance.model.operations import DOWNLOAD, FILES
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.record.workspace_files import is_attachment, listed
from sigmic_conformance.model.statuses import CANCELLED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Download, Listing, is_plain
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_spec.plural import plural

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'{_WORD}\s*=\s*(?:{_WORD}|"(?:[^"\\]|\\.)*")'
# RFC 6266 section 4.1: a type and parameters, each a token or a quoted string.
_DISPOSITION = re.compile(rf"{_WORD}(?:\s*;\s*{_PARAMETER})*")
_NAMED = re.compile(r'[;\s]filename\s*=\s*"?((?:[^"\\]|\\.)*?)"?\s*(?:;|$)', re.IGNORECASE)
_EXTENDED = re.compile(r"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
_FOREIGN = re.compile(rb"root:[^:\n]*:0:0:")
_COUNTS = re.compile(r".+; find ([\w-]{12,}) -type f \| wc -l", re.DOTALL)
"""A command whose last output is the number of files in a directory."""
_EDITS = re.compile(r"echo ([\w.-]+) > (uploads/[\w.-]+);.* cat \2; echo done")
_COUNT = re.compile(r"\d{1,6}")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_END = re.compile(r"bytes=-([1-9]\d*)")
OK, PART, BEYOND, NOT_FOUND, SERVER_ERROR = 200, 206, 416, 404, 500
TICK = 3 * NANO
"""More than the resolution of the times of any file system."""
MOST_COPIES = 3
MOST = 1 << 62
"""The end of a range without a last byte."""


def _each(seen: Seen, name: str, holds: Callable[[str, dict[str, object]], bool]) -> Findings:
    """Check a field of every listed file, by the file's path and its whole entry."""
    listing = seen.listing
    for path, entry in listing.files.items() if listing is not None else ():
        yield says(holds(path, dict(entry)), f"{path} is listed", f"{name} {spelled(entry.get(name))}")


@check("ARTIFACT-001", FILES, reason="wrong-shape")
def files_are_a_list(seen: Seen) -> Findings:
    """The data of an answer is an object with the list files."""
    if seen.exchange.ok:
        yield says(
            isinstance(seen.fields.get("files"), list), "it is a list of files", summary(seen.exchange)
        )


@check("ARTIFACT-002", FILES, reason="wrong-path")
def paths_are_relative(seen: Seen) -> Findings:
    """Every file has a name, and a path that does not start at the root."""
    yield from _each(
        seen, "name", lambda path, file: json_values.filled(file.get("name")) and path[:1] != "/"
    )


def _is_untouched(task: Task, path: str, began: int, ended: int) -> bool:
    """Whether a path belongs to a single upload from before a time, which cannot have changed since."""
    came = [each for each in task.attachments if each.path == path]
    if len(came) != 1 or came[0].message.answered > began:
        return False
    return is_plain(came[0].file) and not touched(task, came[0].file.name, ended)


def _entries(seen: Seen, path: str | None) -> Iterator[tuple[Listing, dict[str, object]]]:
    """The list entries of a file that cannot have changed between the list and the download.

    The task was idle, or the file is an upload that no call has touched.
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
        if task.turns.at_rest(began, ended) is not None or _is_untouched(task, path, began, ended):
            yield listing, dict(listing.files[path])


@check("ARTIFACT-003", DOWNLOAD, reason="size-differs")
def downloads_have_the_listed_size(seen: Seen, download: Download) -> Findings:
    """A download has as many bytes as a list of the idle task reports."""
    if not download.is_plain:
        return
    for listing, entry in _entries(seen, download.path):
        known = f"{listing.exchange.label} lists {entry.get('size')} bytes"
        yield says(
            entry.get("size") == seen.exchange.size,
            known,
            f"{plural(seen.exchange.size, 'byte')} of {download.path}",
        )


@check("ARTIFACT-004", FILES, reason="wrong-type")
def types_follow_names(listing: Listing) -> Findings:
    """In every list a CSV and a PDF file have their media types."""
    for path, entry in listing.files.items():
        ending = posixpath.splitext(path)[1].lower()
        wanted = {".csv": "text/csv", ".pdf": "application/pdf"}.get(ending)
        if wanted is not None:
            told = str(entry.get("mimeType"))
            yield says(told.partition(";")[0].strip() == wanted, f"the file is {path}", f"mimeType {told}")


@check("ARTIFACT-004", FILES, reason="wrong-type")
def types_are_media_types(seen: Seen) -> Findings:
    """Every file has a media type."""
    yield from _each(
        seen,
        "mimeType",
        lambda _, file: _MEDIA_TYPE.fullmatch(json_values.word(file.get("mimeType"))) is not None,
    )


@check("ARTIFACT-005", FILES, reason="wrong-category")
def files_have_a_category(seen: Seen) -> Findings:
    """Every file has some category."""
    yield from _each(seen, "category", lambda _, file: json_values.filled(file.get("category")))


@check("ARTIFACT-006", FILES, reason="other-category")
def categories_follow_names(listing: Listing) -> Findings:
    """In every list a CSV, a PDF, an image and a source file have their categories."""
    kinds = {".csv": "csv", ".pdf": "pdf", ".png": "image", ".jpg": "image", ".py": "code"}
    for path, entry in listing.files.items():
        wanted = kinds.get(posixpath.splitext(path)[1].lower())
        if wanted is not None:
            yield says(
                entry.get("category") == wanted, f"the file is {path}", f"category {entry.get('category')}"
            )


def _is_time(told: object) -> bool:
    return json_values.text(told) and json_values.instant(told) is not None


@check("ARTIFACT-007", FILES, reason="no-timestamp")
def files_have_a_time(seen: Seen) -> Findings:
    """Every file has the time of its last change, as a string."""
    yield from _each(seen, "modifiedAt", lambda _, file: _is_time(file.get("modifiedAt")))


def _modified(listing: Listing, path: str) -> float | None:
    return json_values.instant(listing.files.get(path, {}).get("modifiedAt"))


@check("ARTIFACT-007", FILES, reason="not-modified")
def times_change_with_the_files(task: Task, rest: Turn, listing: Listing) -> Findings:
    """A file that has another size than before a turn has another time."""
    for earlier in task.listings:
        if rest.began - earlier.exchange.ended <= TICK:
            break
        for path, entry in listing.files.items():
            before, after = _modified(earlier, path), _modified(listing, path)
            if before is not None and after is not None and _grew(task, earlier, rest, path, entry):
                known = f"{path} had another size, and was modified at {earlier.files[path]['modifiedAt']}"
                yield says(before != after, known, f"modifiedAt {entry.get('modifiedAt')}")


@check("ARTIFACT-007", FILES, reason="other-time")
def times_stay_with_the_files(seen: Seen, task: Task, rest: Turn, listing: Listing) -> Findings:
    """No file has a new time in each of three lists of an idle task.

    In two it may have: a platform may have preserved it as a copy in between.
    """
    while_idle = [
        each
        for each in task.listings
        if each.exchange.ended <= seen.ended and task.turns.at_rest(each.exchange.started, seen.ended) is rest
    ]
    for path in listing.files if len(while_idle) >= MOST_COPIES else ():
        times = [time for each in while_idle if (time := _modified(each, path)) is not None]
        if len(times) >= MOST_COPIES and not may_still_write(task, posixpath.basename(path), seen.ended):
            changes = sum(one != other for one, other in pairwise(times))
            known = f"{plural(len(times), 'list')} of the idle task had {path}"
            yield says(changes < MOST_COPIES - 1, known, f"its time changed {plural(changes, 'time')}")


def _grew(task: Task, earlier: Listing, rest: Turn, path: str, entry: Mapping[str, object]) -> bool:
    """Whether a file has another size than in a list, and than in all lists before a turn."""
    sizes = [
        each.files[path].get("size")
        for each in task.listings
        if path in each.files and earlier.exchange.ended <= each.exchange.ended <= rest.began
    ]
    return bool(sizes) and entry.get("size") not in sizes


def _made(record: Record, word: str) -> bool:
    """Whether a stream reports a successful tool call with this word in its arguments."""
    for stream in record.streams("created_file"):
        calls = {event.call for event in stream.of("tool_call") if event.mentions(word)}
        if any(
            event.call in calls and event.get("status") == "success" for event in stream.of("tool_result")
        ):
            return True
    return False


@check("ARTIFACT-008", reason="not-listed")
def made_file_is_listed(record: Record) -> Findings:
    page, word = record.exchange("created_file", "files"), record.fact("created_file", "word")
    found = [path for path in listed(page) if word in path]
    if not found and not _made(record, word):
        raise NotReached("no tool call made the file")
    shown = f"listed as {spelled(found)}" if found else f"{word} was created but is not listed"
    yield says(bool(found), "the agent's file is listed", shown, exchange=page)


@check("ARTIFACT-008", FILES, reason="not-listed")
def written_files_are_listed(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that a tool wrote is listed: a second later, or when its turn is over.

    This does not apply if a later call may have removed it.
    """
    turn, lag = task.turns.at(seen.ended), 0
    if seen.rest is None:
        lag = NANO
        if turn is None or not turn.holds(seen.began, seen.ended) or task.readers.of_all(turn) is None:
            return
    for call in task.calls.values():
        result, path = call.result, written(call) or made(call)
        if path is None or result is None or result.status != SUCCESS or result.at + lag > seen.began:
            continue
        name = posixpath.basename(path)
        later = [
            other
            for other in task.calls.values()
            if other is not call and other.first and call.first and other.first.at > call.first.at
        ]
        unheard = [
            turn for turn in task.turns if turn.began > result.at and task.readers.of_all(turn) is None
        ]
        if name.startswith(".") or unheard or any(may_touch(other, name) for other in later):
            continue
        there = any(posixpath.basename(one) == name for one in listing.files)
        shown = "it is listed" if there else f"listed are {spelled(sorted(listing.files)[:6])}"
        yield says(there, f"{call.tool} wrote {path}", shown)


@check("ARTIFACT-008", FILES, reason="not-listed")
def counted_files_are_listed(seen: Seen, task: Task, listing: Listing) -> Findings:
    """If a command counted the files of a directory that no other call names, at least as many are listed."""
    if seen.rest is None:
        return
    for call in task.calls.values():
        found, count = _COUNTS.fullmatch(call.command), (call.output or "").strip()
        others = (other for other in task.calls.values() if other is not call)
        if found is None or not _COUNT.fullmatch(count) or any(may_touch(each, found[1]) for each in others):
            continue
        there = sum(f"/{found[1]}/" in f"/{path}" for path in listing.files)
        shown = f"{plural(there, 'file')} of it are listed"
        yield says(
            there >= int(count), f"a command counted {plural(int(count), 'file')} in {found[1]}", shown
        )


@check("ARTIFACT-008", DOWNLOAD, reason="not-listed")
def delivered_files_are_listed(seen: Seen, task: Task, download: Download) -> Findings:
    """A file that commands wrote, that was listed before and that is delivered, is still listed.

    Only for requests while the task is idle: before the file was listed a command may have been running.
    """
    if download.path is None or seen.exchange.status != OK:
        return
    path = download.path
    told = any(f"> {path}" in call.command for call in task.calls.values())
    attached = any(
        posixpath.basename(path) == file.name for said in task.messages for file in said.asked.files
    )
    if not told or attached or path.startswith(".") or not path.isprintable():
        return
    for listing in task.listings:
        began, ended = min(listing.exchange.started, seen.began), max(listing.exchange.ended, seen.ended)
        before = any(path in each.files for each in task.listings if each.exchange.ended <= began)
        if before and task.turns.at_rest(began, ended) is not None:
            shown = (
                "it is listed"
                if path in listing.files
                else f"listed are {spelled(sorted(listing.files)[:6])}"
            )
            yield says(path in listing.files, f"{path} is delivered", shown)


@check("ARTIFACT-009", FILES, reason="not-reachable")
def owner_may_list(seen: Seen, task: Task) -> Findings:
    """The owner of a task is not refused its files after the agent has started.

    That a cancelled task keeps them is a premise (G-75).
    """
    if not has_begun(seen):
        return
    cancelled = any(not each.refused and each.started < seen.ended for each in task.cancellations)
    cancelled = cancelled or any(
        each.status == CANCELLED and each.began < seen.ended for each in task.statuses
    )
    cancelled = cancelled or task.may_end_by_rejection(0, seen.ended)
    if not cancelled or task.admits(Premise.CANCELLED_KEEPS_FILES):
        yield from not_refused(seen)


@check("ARTIFACT-010", DOWNLOAD, reason="files-lost")
def files_stay_the_same(seen: Seen) -> Findings:
    """A file of an idle task downloads as before."""
    if seen.rest is not None:
        yield from same_bytes(seen)


def _sizes(listing: Listing) -> dict[str, str]:
    return {path: json_values.word(entry.get("size")) for path, entry in listing.files.items()}


@check("ARTIFACT-010", FILES, reason="files-lost")
def lists_at_rest_agree(seen: Seen, task: Task, rest: Turn, listing: Listing) -> Findings:
    """Two lists of an idle task have the same files with the same sizes."""
    for earlier in task.listings:
        if earlier.exchange.ended > seen.began:
            break
        if task.turns.at_rest(earlier.exchange.started, seen.ended) is rest:
            before, after = _sizes(earlier), _sizes(listing)
            lost = sorted(
                (path, size)
                for path, size in set(before.items()) ^ set(after.items())
                if not may_still_write(task, posixpath.basename(path), seen.ended)
                and not may_be_own(task, path)
            )
            shown = f"{plural(len(after), 'file')}" + (f", other: {lost[0][0]}" if lost else "")
            yield says(
                not lost,
                f"{earlier.exchange.label} listed {plural(len(before), 'file')} of the task at rest",
                shown,
            )
            return


def _is_envelope(seen: Seen) -> bool:
    """Whether an answer is labelled as JSON, and is the envelope of a success."""
    body = seen.exchange.json() if seen.exchange.media_type == "application/json" else None
    return isinstance(body, dict) and body.get("success") is True and "data" in body


@check("ARTIFACT-011", DOWNLOAD, reason="not-raw")
def listed_files_are_delivered(seen: Seen, download: Download) -> Findings:
    """The owner can download a file that was listed while the task was idle, and still is."""
    if not seen.is_own or not (seen.exchange.succeeded or seen.exchange.status in {403, 404, 410}):
        return
    kinds = [str(entry.get("mimeType")) for _, entry in _entries(seen, download.path)]
    if kinds:
        wrapped = _is_envelope(seen) and not any(kind.startswith("application/json") for kind in kinds)
        shown = "the answer is an envelope" if wrapped else f"{seen.exchange.status}"
        yield says(seen.exchange.succeeded and not wrapped, f"{download.path} is listed", shown)


@check("ARTIFACT-011", DOWNLOAD, reason="old-bytes")
def edited_uploads_are_delivered(seen: Seen, task: Task, download: Download, rest: Turn) -> Findings:
    """An upload that a single call wrote over, and then printed, is delivered with the new bytes."""
    path = download.path or ""
    heard = all(task.readers.of_all(turn) is not None for turn in task.turns if turn.number <= rest.number)
    before = (call for call in task.calls.values() if call.first and call.first.at < seen.ended)
    calls = [call for call in before if may_touch(call, posixpath.basename(path))]
    if not heard or len(calls) != 1 or calls[0].result is None or not download.is_plain:
        return
    found, printed = _EDITS.fullmatch(calls[0].command), (calls[0].output or "").split()
    later = any(said.asked.files for said in task.messages if said.answered > calls[0].result.at)
    if found is not None and found[2] == path and found[1] in printed and not later:
        same = seen.exchange.body.decode("utf-8", "replace").strip() == found[1]
        yield says(same, f"a command wrote and read {found[1]}", plural(seen.exchange.size, "byte"))


@check("ARTIFACT-012", DOWNLOAD, reason="types-differ")
def downloads_have_the_listed_type(seen: Seen, download: Download) -> Findings:
    """Content-Type of a download is the mimeType in a list of the idle task."""
    if not seen.exchange.ok:
        return
    for listing, entry in _entries(seen, download.path):
        wanted = str(entry.get("mimeType")).partition(";")[0].strip().lower()
        known = f"{spelled(listing.exchange.label)} lists it as {entry.get('mimeType')}"
        yield says(
            seen.exchange.media_type == wanted, known, f"Content-Type {seen.exchange.header('content-type')}"
        )


def _disposition(seen: Seen) -> str:
    """Content-Disposition; in UTF-8 if its bytes are: some servers do not encode the name."""
    told = seen.exchange.header("content-disposition") or ""
    with contextlib.suppress(UnicodeError):
        return told.encode("latin-1").decode("utf-8")
    return told


@check("ARTIFACT-013", DOWNLOAD, reason="no-attachment")
def downloads_tell_their_name(seen: Seen, download: Download) -> Findings:
    """Content-Disposition of a download is an attachment, and has the base name when that is plain."""
    if download.path is None or not seen.exchange.ok:
        return
    told, name = _disposition(seen), posixpath.basename(download.path)
    is_plain = re.fullmatch(r"[A-Za-z0-9_.-]+", name) is not None
    holds = is_attachment(told, name) if is_plain else told.lower().startswith("attachment")
    yield says(holds, f"the file is {name}", f"Content-Disposition {told}")


def _is_quotable(name: str) -> bool:
    """Whether a name needs no escapes in quotation marks. How to escape is open (G-84)."""
    return name.isprintable() and not set(name) & {'"', "\\"}


@check("ARTIFACT-013", DOWNLOAD, reason="encoded-name")
def names_are_not_percent_encoded(seen: Seen, download: Download) -> Findings:
    """The only name in Content-Disposition is not the base name in percent-encoding, as in `filename*`."""
    told, name = _disposition(seen), posixpath.basename(download.path or "")
    named = _NAMED.findall(told) if seen.exchange.ok else []
    if named and _is_quotable(name) and "%" not in name and "filename*" not in told.lower():
        yield says(
            named[0] == name or unquote(named[0]) != name,
            f"the file is {name}",
            f"Content-Disposition {told}",
        )


@check("ARTIFACT-013", DOWNLOAD, reason="other-name")
def extended_names_are_the_base_name(seen: Seen, download: Download) -> Findings:
    """The name that `filename*` has in UTF-8 is a printable base name."""
    told, name = _disposition(seen), posixpath.basename(download.path or "")
    extended = _EXTENDED.findall(told)
    if extended and seen.exchange.succeeded and _is_quotable(name):
        shown = unicodedata.normalize("NFC", unquote(extended[0], errors="replace"))
        yield says(shown == unicodedata.normalize("NFC", name), f"the file is {name}", f"filename* {shown}")


@check("ARTIFACT-014", DOWNLOAD, reason="no-length")
def downloads_tell_their_length(seen: Seen, download: Download) -> Findings:
    """Content-Length of a plain download is the number of its bytes, and the size in lists."""
    if download.is_plain:
        told = seen.exchange.header("content-length")
        shown = f"Content-Length {told}"
        yield says(
            told == str(seen.exchange.size), f"the body has {plural(seen.exchange.size, 'byte')}", shown
        )
        for listing, entry in _entries(seen, download.path):
            size = entry.get("size")
            yield says(told == str(size), f"{listing.exchange.label} lists {spelled(size)} bytes", shown)


def _delivered(seen: Seen) -> Download | None:
    """The download of an exchange, if it delivered a file."""
    download = seen.download
    return (
        download if download is not None and download.path is not None and seen.exchange.succeeded else None
    )


@check("ARTIFACT-015", DOWNLOAD, reason="no-extended-name")
def names_beyond_ascii_are_shown(seen: Seen) -> Findings:
    """A download whose file name is not ASCII has it as filename* in UTF-8."""
    download = _delivered(seen)
    if download is not None and not posixpath.basename(download.path or "").isascii():
        told = _disposition(seen)
        yield says(
            "filename*=utf-8''" in told.lower(), f"the file is {download.path}", f"Content-Disposition {told}"
        )


@check("ARTIFACT-016", DOWNLOAD, reason="broken-header")
def dispositions_are_well_formed(seen: Seen) -> Findings:
    """The header follows its grammar for every file name, and a name cannot add a header."""
    download = _delivered(seen)
    if download is not None:
        told, injected = seen.exchange.header("content-disposition"), seen.exchange.header("x-injected")
        holds = injected is None and (told is None or _DISPOSITION.fullmatch(told.strip()) is not None)
        yield says(holds, f"the file is {download.path}", f"Content-Disposition {told}")


def _leads_out(path: str) -> bool:
    """Whether a path certainly leads out of the workspace, plain or encoded once more."""
    plain = {form.replace("\\", "/") for form in (path, unquote(path))}
    return any(form.startswith("/etc/") or posixpath.normpath(form).startswith("../") for form in plain)


@check("ARTIFACT-017", DOWNLOAD, reason="foreign-file")
def climbing_paths_deliver_nothing(seen: Seen, download: Download, task: Task) -> Findings:
    """A path that leads out of the workspace is not delivered, plain or encoded twice."""
    path = download.path
    if path is None or any(path in listing.files for listing in task.listings):
        return
    if (_leads_out(path) or _leads_out(unquote(path))) and seen.was_answered:
        told = f"{seen.exchange.status}, {plural(seen.exchange.size, 'byte')}"
        yield says(not seen.exchange.succeeded, f"{spelled(path)} leads out of the workspace", told)


def _outside(seen: Seen) -> str | None:
    download = seen.download
    if download is None or not download.path or not seen.is_own or not _leads_out(download.path):
        return None
    listed = any(download.path in listing.files for listing in seen.task.listings) if seen.task else True
    return None if listed else download.path


@check("ARTIFACT-018", DOWNLOAD, reason="not-refused")
def climbing_paths_are_refused(seen: Seen) -> Findings:
    """The owner's request for a path outside the workspace is refused, in any turn and state."""
    path = _outside(seen)
    if path is not None and seen.exchange.status is not None:
        reason = "server-error" if seen.exchange.status >= SERVER_ERROR else None
        yield says(seen.exchange.refused, f"{spelled(path)} leads out", summary(seen.exchange), reason=reason)


@check("ARTIFACT-019", DOWNLOAD, reason="foreign-file")
def links_deliver_nothing(seen: Seen, task: Task, download: Download) -> Findings:
    """No download contains the accounts of a server, unless they were uploaded."""
    if not any(said.asked.files for said in task.messages):
        found = _FOREIGN.search(seen.exchange.body) is not None
        yield says(
            not found,
            f"the path is {spelled(download.path)}",
            "root's account is in it" if found else "it is not in it",
        )


def _is_descending(first: str, second: str) -> bool:
    """Whether two paths are in the wrong order for every collation: by bytes, by language, by numbers.

    They differ first in two small or two capital letters. How signs and cases are sorted is not documented
    (G-81).
    """
    a, b = next(((a, b) for a, b in zip(first, second, strict=False) if a != b), ("", ""))
    plain = a.isascii() and b.isascii() and ((a.islower() and b.islower()) or (a.isupper() and b.isupper()))
    return plain and a > b


@check("ARTIFACT-023", FILES, reason="other-order")
def files_are_ordered_by_path(listing: Listing) -> Findings:
    """In every list the files ascend by their paths."""
    paths = list(listing.files)
    if len(paths) > 1:
        wrong = next((pair for pair in pairwise(paths) if _is_descending(*pair)), None)
        shown = "they ascend" if wrong is None else f"{spelled(wrong[0])} before {spelled(wrong[1])}"
        yield says(wrong is None, f"{plural(len(paths), 'file is', 'files are')} listed", shown)


def _range(seen: Seen) -> tuple[int, int] | None:
    told = [value for name, value in seen.exchange.sent.headers if name.lower() == "range"]
    found = _RANGE.fullmatch(told[0].strip()) if len(told) == 1 else None
    first, last = (int(found[1]), int(found[2] or MOST)) if found else (1, 0)
    return (first, last) if first <= last else None


def _whole(seen: Seen, download: Download) -> Download | None:
    """A plain download of the same file of the same idle task, if no command can still write it."""
    task, name = seen.task, posixpath.basename(download.path or "")
    for each in task.downloads if task is not None and not may_still_write(task, name, seen.ended) else ():
        began, ended = min(each.exchange.started, seen.began), max(each.exchange.ended, seen.ended)
        if each.path == download.path and each.is_plain and task and task.turns.at_rest(began, ended):
            return each
    return None


@check("ARTIFACT-027", DOWNLOAD, reason="wrong-range")
def ranges_are_exact(seen: Seen, download: Download) -> Findings:
    """A range of a file of an idle task is answered with its bytes, or with all of them."""
    whole = _whole(seen, download)
    if whole is None or not seen.exchange.ok:
        return
    size, body = whole.exchange.size, whole.exchange.body
    last_bytes = _END.fullmatch(seen.exchange.sent.header("range") or "")
    asked = (max(0, size - int(last_bytes[1])), MOST) if last_bytes else _range(seen)
    if asked is None:
        return
    if asked[0] < size:
        told = (seen.exchange.header("content-range") or "").replace(" ", "").lower()
        last = min(asked[1], size - 1)
        part = seen.exchange.body == body[asked[0] : last + 1] and told == f"bytes{asked[0]}-{last}/{size}"
        holds = part if seen.exchange.status == PART else seen.exchange.body == body
        yield says(holds, f"bytes {asked[0]}-{asked[1]} of {size}", f"{summary(seen.exchange)}, {told}")


@check("ARTIFACT-028", DOWNLOAD, reason="not-refused")
def ranges_beyond_the_end_are_refused(seen: Seen, task: Task, download: Download) -> Findings:
    """If ranges are supported, one that starts beyond the file's end is refused with 416.

    For an empty file every range does: many servers answer with the whole file, as they may (RFC 9110, 14.2).
    """
    asked, whole = _range(seen), _whole(seen, download)
    honoured = any(each.exchange.status == PART for each in task.downloads)
    if whole is None or asked is None or not asked[0] >= whole.exchange.size > 0:
        return
    known, told = f"the file has {plural(whole.exchange.size, 'byte')}", summary(seen.exchange)
    if honoured:
        yield says(seen.exchange.status == BEYOND, known, told)
    elif seen.exchange.ok and seen.exchange.body == whole.exchange.body:
        yield says(True, known, f"ranges are not honoured: {told}")  # noqa: FBT003  all of it is an answer to any


@check("ARTIFACT-029", DOWNLOAD, reason="same-tag")
def tags_follow_the_bytes(seen: Seen, task: Task, download: Download) -> Findings:
    """Downloads of one path with different bytes have different ETags."""
    tag = seen.exchange.header("etag")
    if not download.is_plain:
        return
    others = [
        each.exchange
        for each in task.downloads
        if each.exchange.ended <= seen.began
        and each.path == download.path
        and each.is_plain
        and each.exchange.body != seen.exchange.body
    ]
    if others:
        told = next((each for each in others if each.header("etag") == tag), others[-1])
        known = f"{told.label} delivered other bytes as {told.header('etag')}"
        yield says(tag is None or told.header("etag") != tag, known, f"ETag {tag}")


def _is_at_root(call: Call) -> bool:
    """Whether a command printed that it runs in the workspace root."""
    return "at=/workspace\n" in (call.output or "")


def _is_left(seen: Seen, call: Call, path: str) -> bool:
    """Whether a call had ended, and its connected reader saw no other call that may touch its file."""
    if seen.task is None or call.first is None or call.result is None or call.result.at >= seen.began:
        return False
    others = (each for each in seen.task.calls.values() if each is not call)
    touched = any(
        may_touch(each, path) for each in others if each.first is not None and each.first.at < seen.ended
    )
    return not touched and call.first.stream.exchange.ended > seen.ended


@check("ARTIFACT-031", FILES, reason="two-readings")
def made_files_are_listed_by_one_rule(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that a tool wrote to the workspace root is listed under its path, or under downloads/."""
    rests = seen.rest is not None
    for call in task.calls.values():
        path = written(call) or (made(call) if _is_at_root(call) else None)
        # If the task is idle, earlier calls have ended, even if their reader has left.
        if path is None or "/" in path or call.first is None or call.first.at > seen.began:
            continue
        if not rests and not _is_left(seen, call, path):
            continue
        reading = "under its path" if path in listing.files else "under downloads/"
        elsewhere = [each for each in listing.files if posixpath.basename(each) == path]
        if path in listing.files or f"downloads/{path}" in listing.files:
            first = seen.model.first_reading("ARTIFACT-031", reading)
            yield says(reading == first, f"files were {first} before", f"{path} is {reading}")
        elif elsewhere:
            yield breaks(f"{path} was written", f"listed is {elsewhere[0]}", reason="no-reading")


@check("ARTIFACT-031", reason="no-reading")
def where_the_agent_writes(record: Record) -> Findings:
    followed = Reading(as_written="the path that the agent wrote to", downloads="a path under downloads/")
    page, name = record.exchange("created_file", "files"), record.fact("created_file", "name")
    other, word = record.exchange("unusual_file_names", "files"), record.fact("unusual_file_names", "word")
    for exchange, wanted in ((page, name), (other, f"seen-{word}.txt")):
        readings = {wanted: "as_written", f"downloads/{wanted}": "downloads"}
        for path in listed(exchange):
            if path.endswith(wanted):
                followed.add(readings.get(path), exchange, f"{wanted} is listed as {path}")
    return followed.findings()


@check("ARTIFACT-032", FILES, reason="outside-workspace")
def paths_stay_inside(seen: Seen) -> Findings:
    """No path starts at the root or leaves the workspace."""
    yield from _each(seen, "path", lambda path, _: path[:1] != "/" and ".." not in path.split("/"))


@check("ARTIFACT-033", FILES, reason="structure-lost")
def entries_are_files(seen: Seen) -> Findings:
    """Each entry of an extracted archive is listed as a separate file."""
    yield from is_extracted(seen, named=True)


@check("ARTIFACT-034", FILES, reason="other-name")
def names_end_their_paths(seen: Seen) -> Findings:
    """Every file's name is the last component of its path."""
    yield from _each(seen, "name", lambda path, file: file.get("name") == path.rpartition("/")[2])
