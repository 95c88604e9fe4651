"""UPLOAD: what came with a message is listed and delivered as it was sent, and what was refused is not."""

import hashlib
import posixpath
import unicodedata
from collections.abc import Callable, Iterator

from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.files_seen import (
    brought_before,
    download_of,
    listing_of,
    touched,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Finding, Findings, Seen, says
from sigmic_conformance.conformance.model.workspace import (
    UPLOADS,
    is_loose,
    is_plain,
)
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

FILES, DOWNLOAD, HISTORY, STREAM = "list_artifacts", "download_artifact", "get_task_history", "stream_task"


def _listed(seen: Seen, *, of: Callable[[Said], bool]) -> Findings:
    listing = listing_of(seen)
    if listing is None or seen.task is None:
        return
    for each in brought_before(seen.task, seen.began):
        if of(each.said):
            shown = (
                "it is listed" if each.path in listing.files else f"listed are {sorted(listing.files)[:6]}"
            )
            yield says(each.path in listing.files, f"{each.said.exchange.label} brought {each.path}", shown)


@invariant("UPLOAD-009", FILES, reason="not-listed", expected="an uploaded file under uploads/ with its name")
def uploads_are_listed(seen: Seen) -> Findings:
    """Each plainly named file is listed, whichever message brought it, whenever the list is asked for."""
    yield from _listed(seen, of=lambda _: True)


@invariant(
    "FOLLOWUP-009", FILES, reason="files-missing", expected="a follow-up's file next to the earlier files"
)
def files_of_follow_ups_are_listed(seen: Seen) -> Findings:
    """Each plainly named file of a follow-up is listed, whenever the list is asked for."""
    yield from _listed(seen, of=lambda said: said.is_follow_up)


def kept_since(seen: Seen) -> Iterator[tuple[str, list[Said], Finding]]:
    """What was listed under uploads/ before messages with files came: whether it is listed as it was.

    Each path comes with those messages and what is said of it.
    """
    listing, task = listing_of(seen), seen.task
    earlier = [each for each in task.listings if each.exchange.ended <= seen.began] if task else []
    if listing is None or task is None or not earlier:
        return
    last = earlier[-1]
    later = [each for each in task.said if each.asked.files and last.exchange.ended <= each.sent < seen.ended]
    for path, entry in last.files.items() if later else ():
        if path.startswith(UPLOADS) and not touched(task, posixpath.basename(path), seen.ended):
            same = path in listing.files and listing.files[path].get("size") == entry.get("size")
            known = f"{path} was listed before {later[0].exchange.label}"
            shown = "it is unchanged" if same else "it is gone or has another size"
            yield path, later, says(same, known, shown)


@invariant("UPLOAD-022", FILES, reason="file-replaced", expected="a new upload changes no file of before")
def new_uploads_remove_nothing(seen: Seen) -> Findings:
    """What was listed under uploads/ before a later upload is listed after it, with the size that it had."""
    for _, _, finding in kept_since(seen):
        yield finding


@invariant("UPLOAD-005", FILES, reason="wrong-size", expected="an accepted file with its size")
def uploads_keep_their_size(seen: Seen) -> Findings:
    """An uploaded file is listed with the size of one of the files of its name that were sent."""
    listing = listing_of(seen)
    if listing is None or seen.task is None:
        return
    for each in brought_before(seen.task, seen.began):
        entry = listing.files.get(each.path)
        sizes = {one.file.size for one in seen.task.brought if one.file.name == each.file.name}
        if entry is not None:
            known = f"{each.path} was sent with {sorted(sizes)} bytes"
            yield says(entry.get("size") in sizes, known, f"size {entry.get('size')}")


@invariant("UPLOAD-010", DOWNLOAD, reason="bytes-differ", expected="the bytes that were uploaded")
def uploads_download_as_sent(seen: Seen) -> Findings:
    """An uploaded file downloads as it was sent, whenever and by whomever it is asked for."""
    task, download = seen.task, download_of(seen)
    if task is None or download is None or not download.is_plain:
        return
    path = _composed(download.path or "")
    digests = {
        each.file.sha256
        for each in brought_before(task, seen.began, is_loose)
        if _composed(each.path) == path and each.file.sha256
    }
    later = {
        each.file.sha256
        for each in task.brought
        if _composed(each.path) == path and each.said.sent < seen.ended
    }
    if digests:
        shown = hashlib.sha256(seen.exchange.body).hexdigest()
        yield says(
            shown in digests | later, f"{download.path} was uploaded", f"{plural(seen.exchange.size, 'byte')}"
        )


def _composed(path: str) -> str:
    """A path in the form in which names are kept (G-34)."""
    return unicodedata.normalize("NFC", path)


@invariant("UPLOAD-014", FILES, reason="half-done", expected="a refused upload leaves no file")
def refused_uploads_leave_nothing(seen: Seen) -> Findings:
    """No file that only a refused message brought is listed."""
    yield from _of_refused(seen, lambda said: True)  # noqa: ARG005  all of them


@invariant(
    "UPLOAD-004", FILES, reason="half-done", expected="neither a message nor a file of a refused follow-up"
)
def refused_follow_ups_leave_no_file(seen: Seen) -> Findings:
    """No file of a refused follow-up is listed."""
    yield from _of_refused(seen, lambda said: said.is_follow_up)


def _of_refused(seen: Seen, which: Callable[[Said], bool]) -> Findings:
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    taken = {
        file.name
        for said in task.said
        if said.certainty is not Certainty.REFUSED
        for file in said.asked.files
    }
    for said in task.refusals:
        if said.answered > seen.began or not which(said):
            continue
        for file in said.asked.files:
            if is_plain(file) and file.name not in taken and not touched(task, file.name, seen.ended):
                there = UPLOADS + file.name in listing.files
                shown = "it is listed" if there else "it is not listed"
                yield says(not there, f"{file.name} came with a message that was refused", shown)


@invariant(
    "UPLOAD-011", HISTORY, STREAM, reason="not-attached", expected="an attached file with name and path"
)
def uploads_are_attached(seen: Seen) -> Findings:
    """The user's message of a plain upload has its files, with their names and paths."""
    if seen.view is None or seen.task is None:
        return
    for said in seen.task.said:
        plain = [file for file in said.asked.files if is_plain(file)]
        if said.certainty is not Certainty.ACCEPTED or said.answered > seen.view.began or not plain:
            continue
        same = [each for each in seen.view.of_user if said.is_shown_as(each.get("content"))]
        names = {file.name for each in seen.task.brought if each.said is not said for file in [each.file]}
        texts = [one for one in seen.task.said if one.asked.message == said.asked.message]
        if len(same) != 1 or len(texts) != 1:
            continue
        told = {(each.get("name"), each.get("path")) for each in shapes.objects(same[0].get("attachedFiles"))}
        for file in plain:
            alone = file.name not in names and sum(one.name == file.name for one in said.asked.files) == 1
            # Under which name one of two namesakes is attached is another row's question (UPLOAD-018).
            there = (file.name, UPLOADS + file.name) in told if alone else bool(told)
            known = f"{said.exchange.label} brought {file.name}"
            yield says(there, known, f"attached are {sorted(map(str, told))[:4]}")


@invariant("UPLOAD-011", FILES, reason="not-attached", expected="an attached file under the reported path")
def attached_paths_are_listed(seen: Seen) -> Findings:
    """Each path that the user's messages tell to be attached is listed, while no call can have moved it."""
    listing, task = listing_of(seen), seen.task
    if (
        listing is None
        or task is None
        or seen.rest() is None
        or not all(_is_loose(said) for said in task.said)
    ):
        return
    views = [view for view in task.views if view.ended <= seen.began]
    for message in views[-1].of_user if views else ():
        for told in shapes.objects(message.get("attachedFiles")):
            path = told.get("path")
            if not isinstance(path, str) or _may_be_left_out(path):
                continue
            if not touched(task, posixpath.basename(path), seen.ended):
                shown = "it is listed" if path in listing.files else f"listed are {sorted(listing.files)[:6]}"
                yield says(path in listing.files, f"{path} is reported as attached", shown)


@invariant(
    "UPLOAD-011", HISTORY, STREAM, reason="not-its-own", expected="an attached file in its own message"
)
def uploads_are_attached_to_their_message(seen: Seen) -> Findings:
    """A message that came without files does not show a file that only other messages brought."""
    if seen.view is None or seen.task is None or not all(said.asked.known for said in seen.task.said):
        return
    paths = {each.path for each in seen.task.brought}
    for said in seen.task.said:
        texts = [one for one in seen.task.said if one.asked.message == said.asked.message]
        same = [each for each in seen.view.of_user if said.is_shown_as(each.get("content"))]
        if said.asked.files or not paths or len(same) != 1 or len(texts) != 1:
            continue
        told = [shapes.word(each.get("path")) for each in shapes.objects(same[0].get("attachedFiles"))]
        foreign = [path for path in told if path in paths]
        shown = f"its message shows {foreign[0]}" if foreign else "its message shows none"
        yield says(not foreign, f"{said.exchange.label} came without files, others with some", shown)


def _may_be_left_out(path: str) -> bool:
    """Whether a list may be without a path: what is hidden is nobody's result (G-80, a gap)."""
    return any(part.startswith(".") or part == "node_modules" for part in path.split("/"))


def _is_loose(said: Said) -> bool:
    """Whether none of a message's files is an archive: what is attached of one is not documented (G-32)."""
    return said.asked.known and all(
        file.entries is None and file.sha256 is not None for file in said.asked.files
    )
