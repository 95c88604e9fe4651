"""ARTIFACT: the headers of every download, the paths that deliver nothing, and what no list has."""

import mimetypes
import posixpath
import re
from urllib.parse import unquote

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.files_seen import (
    download_of,
    listing_of,
    made,
    may_still_write,
    may_touch,
    written,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.workspace import Download
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

FILES, DOWNLOAD = "list_artifacts", "download_artifact"
OK, PART, BEYOND, NOT_FOUND = 200, 206, 416, 404
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'{_WORD}\s*=\s*(?:{_WORD}|"(?:[^"\\]|\\.)*")'
# RFC 6266 section 4.1: a type and parameters, each a token or a quoted string.
_DISPOSITION = re.compile(rf"{_WORD}(?:\s*;\s*{_PARAMETER})*")
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_FOREIGN = re.compile(rb"root:[^:\n]*:0:0:")


def _delivered(seen: Seen) -> Download | None:
    """The download that an exchange is, when it delivered something."""
    download = download_of(seen)
    return (
        download if download is not None and download.path is not None and seen.exchange.succeeded else None
    )


@invariant(
    "ARTIFACT-015", DOWNLOAD, reason="no-extended-name", expected="filename* in UTF-8 for a name beyond ASCII"
)
def names_beyond_ascii_are_told(seen: Seen) -> Findings:
    """A download whose file name is not ASCII tells it as filename* in UTF-8."""
    download = _delivered(seen)
    if download is not None and not posixpath.basename(download.path or "").isascii():
        told = seen.exchange.header("content-disposition") or ""
        yield says(
            "filename*=utf-8''" in told.lower(), f"the file is {download.path}", f"Content-Disposition {told}"
        )


@invariant("ARTIFACT-016", DOWNLOAD, reason="broken-header", expected="a Content-Disposition by its grammar")
def dispositions_are_well_formed(seen: Seen) -> Findings:
    """Whatever a file is called, the header keeps to its grammar, and no header is of the file's making."""
    download = _delivered(seen)
    if download is not None:
        told, injected = seen.exchange.header("content-disposition"), seen.exchange.header("x-injected")
        holds = injected is None and (told is None or _DISPOSITION.fullmatch(told.strip()) is not None)
        yield says(holds, f"the file is {download.path}", f"Content-Disposition {told}")


def _climbs(path: str) -> bool:
    """Whether a path surely leads out of the workspace, plain or encoded once more."""
    plain = {form.replace("\\", "/") for form in (path, unquote(path))}
    return any(form.startswith("/etc/") or posixpath.normpath(form).startswith("../") for form in plain)


def _outside(seen: Seen) -> str | None:
    download = download_of(seen)
    if download is None or not download.path or not seen.is_own or not _climbs(download.path):
        return None
    listed = any(download.path in listing.files for listing in seen.task.listings) if seen.task else True
    return None if listed else download.path


@invariant("ARTIFACT-018", DOWNLOAD, reason="not-refused", expected="4xx for a path that climbs out")
def climbing_paths_are_refused(seen: Seen) -> Findings:
    """The owner's request for a path outside the workspace is refused, in any turn and state."""
    path = _outside(seen)
    if path is not None and seen.exchange.status is not None:
        yield says(seen.exchange.refused, f"{path!r} leads out", summary(seen.exchange))


@invariant("ARTIFACT-021", DOWNLOAD, reason="wrong-code", expected="404 NOT_FOUND for a path that climbs out")
def climbing_paths_are_not_found(seen: Seen) -> Findings:
    """The owner's request for a path outside the workspace is answered as for a file that is not there."""
    path = _outside(seen)
    if path is not None and "\0" not in path and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (NOT_FOUND, "NOT_FOUND")
        yield says(holds, f"{path!r} leads out", summary(seen.exchange))


@invariant("ARTIFACT-019", DOWNLOAD, reason="foreign-file", expected="no byte of a file of the server's")
def links_deliver_nothing(seen: Seen) -> Findings:
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


@invariant(
    "ARTIFACT-027", DOWNLOAD, reason="wrong-range", expected="exactly the bytes asked for, or the whole file"
)
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


@invariant("ARTIFACT-028", DOWNLOAD, reason="not-refused", expected="416 for a range beyond the end")
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


@invariant("ARTIFACT-029", DOWNLOAD, reason="same-tag", expected="another ETag for other bytes")
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


@invariant("ARTIFACT-030", DOWNLOAD, reason="missing", expected="ETag, Range and nosniff")
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


@invariant("ARTIFACT-020", DOWNLOAD, reason="other-path", expected="downloaded from artifacts/download?path=")
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


@invariant("ARTIFACT-022", FILES, reason="hidden-listed", expected="neither hidden files nor node_modules")
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


@invariant(
    "ARTIFACT-025", FILES, reason="other-type", expected="application/octet-stream for an unknown kind"
)
def unknown_kinds_are_bytes(seen: Seen) -> Findings:
    """A file whose ending nobody has registered is told as application/octet-stream."""
    listing = listing_of(seen)
    for path, entry in listing.files.items() if listing else ():
        ending = posixpath.splitext(path)[1].lower()
        if ending in {".qqq", ".bin"} or (ending and _is_unheard_of(ending)):
            told = entry.get("mimeType")
            yield says(told == "application/octet-stream", f"the file is {path}", f"mimeType {told}")


def _is_unheard_of(ending: str) -> bool:
    """Whether an ending is none that anybody knows: of three letters or more, all the same."""
    return len(set(ending[1:])) == 1 and len(ending) > 3 and ending not in mimetypes.types_map  # noqa: PLR2004  .qqq


@invariant(
    "ARTIFACT-031", FILES, reason="two-readings", expected="one rule for where the agent's files are listed"
)
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


def _is_left(seen: Seen, call: Call, path: str) -> bool:
    """Whether a call had ended, and who listens on heard of no other by then that may touch its file."""
    if seen.task is None or call.first is None or call.result is None or call.result.at >= seen.began:
        return False
    others = (each for each in seen.task.calls.values() if each is not call)
    touched = any(
        may_touch(each, path) for each in others if each.first is not None and each.first.at < seen.ended
    )
    return not touched and call.first.stream.exchange.ended > seen.ended


def _is_at_root(call: Call) -> bool:
    """Whether a command told that it runs in the workspace root."""
    return "at=/workspace\n" in (call.output or "")


@invariant("ARTIFACT-008", DOWNLOAD, reason="not-listed", expected="a file that the agent made")
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
