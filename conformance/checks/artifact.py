"""Listing and downloading files."""

import mimetypes
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive, info
from sigmic_conformance.conformance.judging.workspace_files import entries_kept, is_attachment, listed
from sigmic_conformance.conformance.labels.artifact import MadeFile
from sigmic_conformance.conformance.labels.artifact_files import OddFiles
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.session import Restore
from sigmic_conformance.conformance.labels.upload import FileContents
from sigmic_conformance.conformance.labels.zip import HonestArchive
from sigmic_conformance.conformance.model.calls import SUCCESS, Call
from sigmic_conformance.conformance.model.files_seen import (
    download_of,
    listing_of,
    made,
    may_be_own,
    may_still_write,
    may_touch,
    touched,
    written,
)
from sigmic_conformance.conformance.model.operations import DOWNLOAD, FILES
from sigmic_conformance.conformance.model.reading import has_begun, not_refused
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.seen_files import is_extracted, same_bytes
from sigmic_conformance.conformance.model.statuses import CANCELLED
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import Download, Listing, is_plain
from sigmic_conformance.conformance.registry import check, check_each, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural


@dataclass(frozen=True, slots=True)
class FileField:
    """A field of every listed file of the run; `holds` looks at the whole entry."""

    name: str
    holds: Callable[[Mapping[str, object]], bool]
    reason: str
    expected: str

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that are read."""
        return (FileContents.PROBE, MadeFile.PROBE)

    def __call__(self, record: Record) -> Verdict:
        observations = Observations(self.reason, self.expected)
        for exchange in record.exchanges():
            if exchange.operation == "list_artifacts" and exchange.ok:
                for path, entry in listed(exchange).items():
                    observed = f"{path}: {self.name} {entry.get(self.name)!r}"
                    observations.add(self.holds(entry), exchange, observed)
        return observations.verdict()


CATEGORIES = frozenset(
    {
        *("csv", "pdf", "image", "code", "text", "json"),
        *("archive", "audio", "video", "spreadsheet", "document", "other"),
    }
)


_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


_PARAMETER = rf'{_WORD}\s*=\s*(?:{_WORD}|"(?:[^"\\]|\\.)*")'


DOWNLOAD_RECORDED = "/artifacts/download?path="


# RFC 6266 section 4.1: a type and parameters, each a token or a quoted string.
_DISPOSITION = re.compile(rf"{_WORD}(?:\s*;\s*{_PARAMETER})*")


OK, PART, BEYOND, NOT_FOUND = 200, 206, 416, 404


_FOREIGN = re.compile(rb"root:[^:\n]*:0:0:")


_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


SHOWN = 3


def has_category(entry: Mapping[str, object]) -> bool:
    """Any category."""
    return shapes.filled(entry.get("category"))


def has_known_category(entry: Mapping[str, object]) -> bool:
    """One of the documented categories."""
    return shapes.one_of(entry.get("category"), CATEGORIES)


def has_time(entry: Mapping[str, object]) -> bool:
    """A time of the last change, told as a string."""
    return shapes.text(entry.get("modifiedAt")) and shapes.instant(entry["modifiedAt"]) is not None


def is_named_by_its_path(entry: Mapping[str, object]) -> bool:
    """The name is the last component of the path."""
    return entry.get("name") == str(entry["path"]).rpartition("/")[2]


def is_relative(entry: Mapping[str, object]) -> bool:
    """A name, and a path that does not begin at the root."""
    return shapes.filled(entry.get("name")) and not str(entry["path"]).startswith("/")


def stays_inside(entry: Mapping[str, object]) -> bool:
    """A path that neither begins at the root nor climbs."""
    return not str(entry["path"]).startswith("/") and ".." not in str(entry["path"]).split("/")


check_each(
    __name__,
    {
        "ARTIFACT-002": FileField("path", is_relative, "wrong-path", "strings name and path, path relative"),
        "ARTIFACT-005": FileField("category", has_category, "wrong-category", "a non-empty string"),
        "ARTIFACT-007": FileField("modifiedAt", has_time, "no-timestamp", "a timestamp"),
        "ARTIFACT-026": FileField(
            "category", has_known_category, "other-category", "one of the twelve categories"
        ),
        "ARTIFACT-032": FileField("path", stays_inside, "outside-workspace", "neither absolute nor with .."),
        "ARTIFACT-034": FileField("name", is_named_by_its_path, "other-name", "the last component of path"),
    },
)


@check_record("ARTIFACT-001")
def files_list(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "data is an object with the list files")
    for exchange in record.exchanges():
        if exchange.operation == "list_artifacts" and exchange.ok:
            data = exchange.data
            observations.add(
                isinstance(data, dict) and isinstance(data.get("files"), list), exchange, summary(exchange)
            )
    return observations.verdict()


def _is_untouched(task: Task, path: str, began: int, ended: int) -> bool:
    """Whether a path is that of one upload from before a time on, and nothing can have changed it since."""
    came = [each for each in task.brought if each.path == path]
    if len(came) != 1 or came[0].said.answered > began:
        return False
    return is_plain(came[0].file) and not touched(task, came[0].file.name, ended)


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


@check("ARTIFACT-003", DOWNLOAD, reason="size-differs")
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


@check("ARTIFACT-004", FILES, reason="wrong-type")
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


@check("ARTIFACT-006", FILES, reason="other-category")
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


def _made(record: Record, word: str) -> bool:
    """True when a stream tells a tool call with this word in its arguments that succeeded."""
    for stream in record.streams(MadeFile.PROBE):
        calls = {event.call for event in stream.of("tool_call") if word in event.data}
        if any(
            event.call in calls and event.get("status") == "success" for event in stream.of("tool_result")
        ):
            return True
    return False


@check_record("ARTIFACT-008")
def made_file_is_listed(record: Record) -> Verdict:
    observations = Observations("not-listed", "the agent's file is listed")
    page, word = record.exchange(MadeFile.FILES), record.fact(MadeFile.WORD)
    found = [path for path in listed(page) if word in path]
    if not found and not _made(record, word):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool call made the file")
    observations.add(
        bool(found), page, f"listed as {found}" if found else f"{word} was created but is not listed"
    )
    return observations.verdict()


@check("ARTIFACT-008", FILES, reason="not-listed")
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


@check("ARTIFACT-008", DOWNLOAD, reason="not-listed")
def delivered_files_are_listed(seen: Seen) -> Findings:
    """A file that commands were told to write, that was listed before and that is delivered, is listed.

    Only by what is asked for while the task is at rest; before it was listed a command may yet have run on.
    """
    download, task = download_of(seen), seen.task
    if download is None or task is None or download.path is None or seen.exchange.status != OK:
        return
    path = download.path
    told = any(f"> {path}" in shapes.word(call.args.get("command")) for call in task.calls.values())
    brought = any(posixpath.basename(path) == file.name for said in task.said for file in said.asked.files)
    if not told or brought or path.startswith(".") or not path.isprintable():
        return
    for listing in task.listings:
        began, ended = min(listing.exchange.started, seen.began), max(listing.exchange.ended, seen.ended)
        before = any(path in each.files for each in task.listings if each.exchange.ended <= began)
        if before and task.at_rest(began, ended) is not None:
            shown = "it is listed" if path in listing.files else f"listed are {sorted(listing.files)[:6]}"
            yield says(path in listing.files, f"{path} is delivered", shown)


@check("ARTIFACT-009", FILES, reason="not-reachable")
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


@check_record("ARTIFACT-010")
def files_after_expiry(record: Record) -> Verdict:
    observations = Observations("files-lost", "the same files, listed and downloaded with the same bytes")
    before, page = record.exchange(Restore.FILES_BEFORE), record.exchange(Restore.FILES_EXPIRED)
    observations.add(set(listed(before)) == set(listed(page)), page, f"{sorted(listed(page))}")
    first, then = record.exchange(Restore.DOWNLOAD_BEFORE), record.exchange(Restore.DOWNLOAD_EXPIRED)
    observations.add(then.ok and first.body == then.body, then, f"{plural(then.size, 'byte')}")
    return observations.verdict()


@check("ARTIFACT-010", DOWNLOAD, reason="files-lost")
def files_stay_the_same(seen: Seen) -> Findings:
    """A file of a task at rest downloads as it did before."""
    if seen.rest() is not None:
        yield from same_bytes(seen)


def _sizes(listing: Listing) -> dict[str, str]:
    return {path: shapes.word(entry.get("size")) for path, entry in listing.files.items()}


@check("ARTIFACT-010", FILES, reason="files-lost")
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


def _is_envelope(seen: Seen) -> bool:
    """Whether an answer says that it is JSON, and is the envelope of a success."""
    body = seen.exchange.json() if seen.exchange.media_type == "application/json" else None
    return isinstance(body, dict) and body.get("success") is True and "data" in body


@check("ARTIFACT-011", DOWNLOAD, reason="not-raw")
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


@check("ARTIFACT-012", DOWNLOAD, reason="types-differ")
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


@check("ARTIFACT-013", DOWNLOAD, reason="no-attachment")
def downloads_tell_their_name(seen: Seen) -> Findings:
    """Content-Disposition of a download is an attachment, and has the base name when that is plain."""
    download = download_of(seen)
    if download is None or download.path is None or not seen.exchange.ok:
        return
    told, name = seen.exchange.header("content-disposition") or "", posixpath.basename(download.path)
    is_plain = re.fullmatch(r"[A-Za-z0-9_.-]+", name) is not None
    holds = is_attachment(told, name) if is_plain else told.lower().startswith("attachment")
    yield says(holds, f"the file is {name}", f"Content-Disposition {told}")


@check_record("ARTIFACT-014")
def content_length(record: Record) -> Verdict:
    observations = Observations("no-length", "Content-Length is the file's size")
    for path, entry in listed(record.exchange(FileContents.FILES)).items():
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        value = exchange.header("content-length")
        observations.add(
            value == str(entry.get("size")), exchange, f"{path}: {value!r} of {entry.get('size')}"
        )
    return observations.verdict()


@check("ARTIFACT-014", DOWNLOAD, reason="other-length")
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


def _delivered(seen: Seen) -> Download | None:
    """The download that an exchange is, when it delivered something."""
    download = download_of(seen)
    return (
        download if download is not None and download.path is not None and seen.exchange.succeeded else None
    )


@check("ARTIFACT-015", DOWNLOAD, reason="no-extended-name")
def names_beyond_ascii_are_told(seen: Seen) -> Findings:
    """A download whose file name is not ASCII tells it as filename* in UTF-8."""
    download = _delivered(seen)
    if download is not None and not posixpath.basename(download.path or "").isascii():
        told = seen.exchange.header("content-disposition") or ""
        yield says(
            "filename*=utf-8''" in told.lower(), f"the file is {download.path}", f"Content-Disposition {told}"
        )


@check("ARTIFACT-016", DOWNLOAD, reason="broken-header")
def dispositions_are_well_formed(seen: Seen) -> Findings:
    """Whatever a file is called, the header keeps to its grammar, and no header is of the file's making."""
    download = _delivered(seen)
    if download is not None:
        told, injected = seen.exchange.header("content-disposition"), seen.exchange.header("x-injected")
        holds = injected is None and (told is None or _DISPOSITION.fullmatch(told.strip()) is not None)
        yield says(holds, f"the file is {download.path}", f"Content-Disposition {told}")


def own_traversals(record: Record) -> list[Exchange]:
    """The answers to paths that climb out."""
    return [each for each in record.exchanges(MadeFile.PROBE) if each.label.startswith("traversal")]


def _climbs(path: str) -> bool:
    plain = path.replace("\\", "/")
    return posixpath.normpath(plain).startswith("../") or plain.startswith("/etc/")


@check("ARTIFACT-017", DOWNLOAD, reason="foreign-file")
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


@check_record("ARTIFACT-018")
def outside_is_refused(record: Record) -> Verdict:
    return refusals(
        own_traversals(record), control=lambda: record.exchange(MadeFile.DOWNLOAD), expected="4xx"
    )


def _climbs_artifact_download(path: str) -> bool:
    """Whether a path surely leads out of the workspace, plain or encoded once more."""
    plain = {form.replace("\\", "/") for form in (path, unquote(path))}
    return any(form.startswith("/etc/") or posixpath.normpath(form).startswith("../") for form in plain)


def _outside(seen: Seen) -> str | None:
    download = download_of(seen)
    if (
        download is None
        or not download.path
        or not seen.is_own
        or not _climbs_artifact_download(download.path)
    ):
        return None
    listed = any(download.path in listing.files for listing in seen.task.listings) if seen.task else True
    return None if listed else download.path


@check("ARTIFACT-018", DOWNLOAD, reason="not-refused")
def climbing_paths_are_refused(seen: Seen) -> Findings:
    """The owner's request for a path outside the workspace is refused, in any turn and state."""
    path = _outside(seen)
    if path is not None and seen.exchange.status is not None:
        yield says(seen.exchange.refused, f"{path!r} leads out", summary(seen.exchange))


@check("ARTIFACT-019", DOWNLOAD, reason="foreign-file")
def links_deliver_nothing_artifact_download(seen: Seen) -> Findings:
    """No download has the accounts of a server in it, unless they were uploaded."""
    download = download_of(seen)
    if (
        download is not None
        and seen.task is not None
        and not any(said.asked.files for said in seen.task.said)
    ):
        found = _FOREIGN.search(seen.exchange.body) is not None
        yield says(
            not found,
            f"the path is {download.path!r}",
            "root's account is in it" if found else "it is not in it",
        )


@check_record("ARTIFACT-020")
def where_files_are_downloaded(record: Record) -> Verdict:
    observations = Observations("other-path", "downloaded from artifacts/download?path=")
    exchange = record.exchange(MadeFile.DOWNLOAD)
    observations.add(
        exchange.ok and DOWNLOAD_RECORDED in exchange.sent.target, exchange, exchange.sent.target
    )
    return observations.verdict()


@check("ARTIFACT-020", DOWNLOAD, reason="other-path")
def files_are_downloaded_there(seen: Seen) -> Findings:
    """A file that was listed of the task at rest is delivered at the documented address."""
    download = download_of(seen)
    if (
        download is None
        or seen.task is None
        or not seen.is_own
        or "/artifacts/download?path=" not in seen.exchange.sent.target
    ):
        return
    for listing in seen.task.listings:
        began, ended = min(listing.exchange.started, seen.began), max(listing.exchange.ended, seen.ended)
        if download.path in listing.files and seen.task.at_rest(began, ended) is not None and seen.was_told:
            ranged = seen.exchange.status == BEYOND
            yield says(
                seen.exchange.succeeded or ranged, f"{download.path} is listed", summary(seen.exchange)
            )
            return


@check("ARTIFACT-021", DOWNLOAD, reason="wrong-code")
def climbing_paths_are_not_found(seen: Seen) -> Findings:
    """The owner's request for a path outside the workspace is answered as for a file that is not there."""
    path = _outside(seen)
    if path is not None and "\0" not in path and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (NOT_FOUND, "NOT_FOUND")
        yield says(holds, f"{path!r} leads out", summary(seen.exchange))


@check("ARTIFACT-022", FILES, reason="hidden-listed")
def hidden_files_are_not_listed(seen: Seen) -> Findings:
    """No list has a hidden file outside uploads/, or what is in node_modules."""
    listing = listing_of(seen)
    if listing is not None and listing.files:
        parts = {path: path.split("/") for path in listing.files}
        odd = [
            path
            for path, names in parts.items()
            if "node_modules" in names or any(name.startswith(".") for name in names)
        ]
        yield says(
            not odd, f"{plural(len(parts), 'file is', 'files are')} listed", f"hidden: {odd[:2] or 'none'}"
        )


def _is_descending(first: str, second: str) -> bool:
    """Whether two paths stand in the wrong order in every alphabet: by bytes, by a language's, by numbers.

    They differ first in two small or two capital letters. How signs and cases are sorted is not documented
    (G-81).
    """
    a, b = next(((a, b) for a, b in zip(first, second, strict=False) if a != b), ("", ""))
    plain = a.isascii() and b.isascii() and ((a.islower() and b.islower()) or (a.isupper() and b.isupper()))
    return plain and a > b


@check_record("ARTIFACT-023")
def ordered_by_path(record: Record) -> Verdict:
    observations = Observations("other-order", "ascending by path")
    for exchange in record.exchanges():
        paths = list(listed(exchange)) if exchange.operation == "list_artifacts" and exchange.ok else []
        if len(paths) > 1:
            wrong = next((pair for pair in pairwise(paths) if _is_descending(*pair)), None)
            shown = f"{plural(len(paths), 'path')}" if wrong is None else f"{wrong[0]!r} before {wrong[1]!r}"
            observations.add(wrong is None, exchange, shown)
    return observations.verdict()


@check_record("ARTIFACT-024")
def empty_list(record: Record) -> Verdict:
    observations = Observations("not-empty", "an empty list")
    exchange = record.exchange(EasyTask.NO_FILES)
    observations.add(exchange.ok and exchange.fields.get("files") == [], exchange, summary(exchange))
    return observations.verdict()


@check("ARTIFACT-024", FILES, reason="no-list")
def there_is_always_a_list(seen: Seen) -> Findings:
    """Where no file is told of, an accepted request answers a list all the same."""
    if seen.exchange.ok and "files" in seen.fields and not seen.fields["files"]:
        told = seen.fields["files"]
        yield says(isinstance(told, list), "the files were asked for", f"files {shapes.word(told)[:40]}")


@check("ARTIFACT-024", FILES, reason="not-empty")
def nothing_is_listed_of_nothing(seen: Seen) -> Findings:
    """A task to which no file came, and of which no tool was ever heard, has an empty list."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None or task.creation is None or task.calls:
        return
    heard = all(task.heard_whole(turn) is not None for turn in task.turns)
    known = all(said.asked.known and not said.asked.files for said in task.said)
    if heard and known and seen.rest() is not None:
        names = sorted(listing.files)[:SHOWN]
        yield says(not names, "no file was sent, and no tool was reported", f"listed are {names or 'none'}")


def _is_unheard_of(ending: str) -> bool:
    """Whether an ending is none that anybody knows: of three letters or more, all the same."""
    return len(set(ending[1:])) == 1 and len(ending) > 3 and ending not in mimetypes.types_map


@check("ARTIFACT-025", FILES, reason="other-type")
def unknown_kinds_are_bytes(seen: Seen) -> Findings:
    """A file whose ending nobody has registered is told as application/octet-stream."""
    listing = listing_of(seen)
    for path, entry in listing.files.items() if listing else ():
        ending = posixpath.splitext(path)[1].lower()
        if ending in {".qqq", ".bin"} or (ending and _is_unheard_of(ending)):
            told = entry.get("mimeType")
            yield says(told == "application/octet-stream", f"the file is {path}", f"mimeType {told}")


@check_record("ARTIFACT-027")
def ranges(record: Record) -> Verdict:
    observations = Observations(
        "wrong-range", "206 with exactly the bytes and Content-Range, or 200 with all"
    )
    exchange, whole = record.exchange(MadeFile.RANGE), record.exchange(MadeFile.DOWNLOAD)
    if exchange.status == 206:
        found = (exchange.header("content-range") or "").replace(" ", "").lower()
        holds = exchange.body == whole.body[1:4] and found == f"bytes1-3/{whole.size}"
    else:
        holds = exchange.ok and exchange.body == whole.body
    observations.add(holds, exchange, f"{summary(exchange)}, {plural(exchange.size, 'byte')}")
    return observations.verdict()


def _range(seen: Seen) -> tuple[int, int] | None:
    told = [value for name, value in seen.exchange.sent.headers if name.lower() == "range"]
    found = _RANGE.fullmatch(told[0].strip()) if len(told) == 1 else None
    first, last = (int(found[1]), int(found[2])) if found else (1, 0)
    return (first, last) if first <= last else None


def _whole(seen: Seen, download: Download) -> Download | None:
    """A plain download of the same file of the same task at rest, which nothing goes on to write."""
    task, name = seen.task, posixpath.basename(download.path or "")
    for each in task.downloads if task is not None and not may_still_write(task, name, seen.ended) else ():
        began, ended = min(each.exchange.started, seen.began), max(each.exchange.ended, seen.ended)
        if each.path == download.path and each.is_plain and task and task.at_rest(began, ended):
            return each
    return None


@check("ARTIFACT-027", DOWNLOAD, reason="wrong-range")
def ranges_are_exact(seen: Seen) -> Findings:
    """A range of a file of a task at rest is answered with its bytes, or with all of them."""
    download, asked = download_of(seen), _range(seen)
    whole = _whole(seen, download) if download else None
    if download is None or asked is None or whole is None or not seen.exchange.ok:
        return
    size, body = whole.exchange.size, whole.exchange.body
    if asked[0] < size:
        told = (seen.exchange.header("content-range") or "").replace(" ", "").lower()
        last = min(asked[1], size - 1)
        part = seen.exchange.body == body[asked[0] : last + 1] and told == f"bytes{asked[0]}-{last}/{size}"
        holds = part if seen.exchange.status == PART else seen.exchange.body == body
        yield says(holds, f"bytes {asked[0]}-{asked[1]} of {size}", f"{summary(seen.exchange)}, {told}")


@check_record("ARTIFACT-028")
def range_beyond_the_end(record: Record) -> Verdict:
    part, beyond = record.exchange(MadeFile.RANGE), record.exchange(MadeFile.RANGE_BEYOND)
    if part.status != 206:
        return info(f"ranges are not honoured: {part.status}", cite(part))
    observations = Observations("not-refused", "416 for a range beyond the end")
    observations.add(beyond.status == 416, beyond, summary(beyond))
    return observations.verdict()


@check("ARTIFACT-028", DOWNLOAD, reason="not-refused")
def ranges_beyond_the_end_are_refused(seen: Seen) -> Findings:
    """Where ranges are honoured, one that begins beyond the file's end is refused with 416.

    Of an empty file each range does: many servers answer with all of it, as they may (RFC 9110, 14.2).
    """
    download, asked = download_of(seen), _range(seen)
    whole = _whole(seen, download) if download else None
    honoured = any(each.exchange.status == PART for each in (seen.task.downloads if seen.task else ()))
    if whole is not None and asked is not None and asked[0] >= whole.exchange.size > 0 and honoured:
        yield says(
            seen.exchange.status == BEYOND,
            f"the file has {plural(whole.exchange.size, 'byte')}",
            summary(seen.exchange),
        )


@check("ARTIFACT-029", DOWNLOAD, reason="same-tag")
def tags_follow_the_bytes(seen: Seen) -> Findings:
    """Downloads of one path that differ in their bytes differ in their ETag."""
    download, tag = download_of(seen), seen.exchange.header("etag")
    if download is None or not download.is_plain or tag is None or seen.task is None:
        return
    others = [
        each.exchange
        for each in seen.task.downloads
        if each.exchange.ended <= seen.began
        and each.path == download.path
        and each.is_plain
        and each.exchange.body != seen.exchange.body
    ]
    if others:
        told = next((each for each in others if each.header("etag") == tag), others[-1])
        known = f"{told.label} delivered other bytes as {told.header('etag')}"
        yield says(told.header("etag") != tag, known, f"ETag {tag}")


@check("ARTIFACT-030", DOWNLOAD, reason="missing")
def downloads_have_their_headers(seen: Seen) -> Findings:
    """Every download has an ETag and forbids to guess its type; a range is honoured."""
    if _delivered(seen) is not None and seen.exchange.ok:
        tag, sniff = (seen.exchange.header(name) for name in ("etag", "x-content-type-options"))
        ranged = _range(seen) is None or seen.exchange.status == PART
        yield says(
            bool(tag) and sniff == "nosniff" and ranged,
            "a file was delivered",
            f"ETag {tag}, {sniff}, {seen.exchange.status}",
        )


def _is_at_root(call: Call) -> bool:
    """Whether a command told that it runs in the workspace root."""
    return "at=/workspace\n" in (call.output or "")


def _is_left(seen: Seen, call: Call, path: str) -> bool:
    """Whether a call had ended, and who listens on heard of no other by then that may touch its file."""
    if seen.task is None or call.first is None or call.result is None or call.result.at >= seen.began:
        return False
    others = (each for each in seen.task.calls.values() if each is not call)
    touched = any(
        may_touch(each, path) for each in others if each.first is not None and each.first.at < seen.ended
    )
    return not touched and call.first.stream.exchange.ended > seen.ended


@check("ARTIFACT-031", FILES, reason="two-readings")
def made_files_are_listed_by_one_rule(seen: Seen) -> Findings:
    """What a tool wrote to the workspace root is listed under its path, or under downloads/."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    rests = seen.rest() is not None
    for call in task.calls.values():
        path = written(call) or (made(call) if _is_at_root(call) else None)
        # Of a task at rest what was heard of before it has ended, though its reader may have gone.
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


@check_record("ARTIFACT-033")
def entries_listed(record: Record) -> Verdict:
    return entries_kept(record, HonestArchive.ENTRIES, HonestArchive.FILES, HonestArchive.DOWNLOAD)


@check("ARTIFACT-033", FILES, reason="not-listed")
def entries_are_files(seen: Seen) -> Findings:
    """Each entry of an extracted archive is listed by itself."""
    yield from is_extracted(seen, named=True)


@check_record("ARTIFACT-031")
def where_the_agent_writes(record: Record) -> Verdict:
    followed = Reading(as_written="the path that the agent wrote to", downloads="a path under downloads/")
    page, name = record.exchange(MadeFile.FILES), record.fact(MadeFile.NAME)
    other, word = record.exchange(OddFiles.FILES), record.fact(OddFiles.WORD)
    for exchange, wanted in ((page, name), (other, f"seen-{word}.txt")):
        readings = {wanted: "as_written", f"downloads/{wanted}": "downloads"}
        for path in listed(exchange):
            if path.endswith(wanted):
                followed.add(readings.get(path), exchange, f"{wanted} is listed as {path}")
    return followed.verdict()
