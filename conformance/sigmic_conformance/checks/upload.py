"""Files with a task or a follow-up."""

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import VIEWER, Key
from sigmic_conformance.model.conversation import View, shown
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.files_seen import attached_before, touched
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_files import (
    kept_since,
    listed_uploads,
    loose_files,
    messages_with_files,
)
from sigmic_conformance.model.observation.seen_requests import (
    form_accepted,
    is_accepted,
    is_sound,
    may_be_large,
    not_accepted,
    without_message,
)
from sigmic_conformance.model.operations import (
    CREATE,
    DOWNLOAD,
    FILES,
    GET,
    HISTORY,
    LIST,
    SAY,
    STREAM,
)
from sigmic_conformance.model.record.answer_data import messages, tasks_marked
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, left_open, says, violations
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.model.record.workspace_files import listed
from sigmic_conformance.model.requests import Asked, Certainty, Form, SentMessage, asked
from sigmic_conformance.model.statuses import COMPLETED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import (
    UPLOADS,
    Download,
    Listing,
    is_loose,
    is_plain,
    is_plain_archive,
    is_sayable,
)
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.numbered_text import damage, numbered_again
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.plural import plural

_PLAIN_NAME = re.compile(r"\w[\w.\-]*", re.ASCII)
LARGE = 1 << 20
TOO_LARGE = 413
OPTIONS = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute"})


@check("UPLOAD-001", CREATE, reason="refused")
def files_create(seen: Seen, body: Asked) -> Findings:
    """A sound form with files creates a task, in any order of its parts, with one file of any lawful size."""
    largest = max((file.size for file in body.files), default=0)
    is_small = len(body.files) == 1 or not may_be_large(seen)
    fits = is_small and 0 < largest <= seen.model.profile.accepted_file_bytes
    if fits and is_sound(body, OPTIONS):
        yield from is_accepted(seen, f"a message and {plural(len(body.files), 'file')} within the limits")


def _is_sound(body: Asked, names: frozenset[str]) -> bool:
    text = body.message
    flags = all(isinstance(body.fields.get(each, True), bool) for each in ("autoExecute", "showInHistory"))
    return text is not None and any(map(str.isalnum, text)) and not set(body.fields) - names and flags


def _accepted(seen: Seen, known: str) -> Findings:
    """A sound form of a valid caller, for a new task or one that continues, is accepted.

    A front end may have its own limit for large bodies (G-27).
    """
    body = seen.body
    names = OPTIONS if seen.operation == CREATE else frozenset({"message"})
    # A target that refuses a form for its size does not have to read it to its end.
    whole = seen.exchange.sent.whole or seen.exchange.status == TOO_LARGE
    if (
        seen.caller.owner in {None, Key(VIEWER)}
        or seen.from_elsewhere
        or not whole
        or not _is_sound(body, names)
    ):
        return
    if seen.operation == SAY:
        rest = seen.rest_on_arrival()
        goes_on = {COMPLETED} | seen.model.choices.continued
        if rest is None or rest.over is None or rest.over.status not in goes_on:
            return
    if seen.was_answered and seen.exchange.code != "INVALID_ARCHIVE":
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


def _fits(seen: Seen, *, archives: bool = False) -> Asked | None:
    """The body of a form whose files are within the limits of number and size, each by itself.

    It has no archives, or with `archives` only those that every target must accept.
    """
    body, profile = seen.body, seen.model.profile
    fits = len(body.files) <= profile.max_files and all(
        file.size <= profile.accepted_file_bytes for file in body.files
    )
    plain = all(
        (is_sayable(file.name) and file.entries is None) or (archives and is_plain_archive(file))
        for file in body.files
    )
    return body if body.known and body.files and fits and plain else None


@check("UPLOAD-001", CREATE, reason="refused")
def forms_with_files_are_accepted(seen: Seen) -> Findings:
    """A form within the limits is accepted."""
    return form_accepted(seen)


@check("UPLOAD-002", SAY, reason="refused")
def follow_ups_take_most_files(seen: Seen) -> Findings:
    """A sound follow-up with 20 files is accepted, at any turn."""
    body = _fits(seen)
    if (
        body is not None
        and len(body.files) == seen.model.profile.max_files
        and seen.exchange.sent.size < LARGE
    ):
        yield from _accepted(seen, f"{plural(len(body.files), 'file')}")


Which = Callable[[Seen, Asked], bool]
"""Whether a body has too many or too large files."""


def _has_too_many(seen: Seen, body: Asked) -> bool:
    return body.known and len(body.files) > seen.model.profile.max_files


def _is_too_large(seen: Seen, body: Asked) -> bool:
    return body.known and any(file.size > seen.model.profile.max_file_bytes for file in body.files)


def _prompts(model: Model) -> Mapping[str, tuple[Exchange, ...]]:
    """The system prompts that were sent, with the creations that had each."""
    sent: dict[str, list[Exchange]] = {}
    for each in model.exchanges:
        if model.operation(each) == "create_task":
            prompt = asked(each.sent).fields.get("systemPrompt")
            if isinstance(prompt, str) and prompt.strip():
                sent.setdefault(prompt.strip(), []).append(each)
    return {prompt: tuple(creations) for prompt, creations in sent.items()}


def _make_no_task(seen: Seen, which: Which) -> Findings:
    """A listed task with the prompt of a refused creation was created by an accepted one."""
    page = seen.page
    for prompt, creations in seen.model.derived(_prompts).items() if page is not None and page.items else ():
        sent = [each for each in creations if each.started < seen.ended]
        refused = [each for each in sent if each.refused and each.ended <= seen.began]
        told = all(each.refused or each.succeeded for each in sent)
        if page is not None and told and any(which(seen, asked(each.sent)) for each in refused):
            made = [each.fields.get("id") for each in sent if each.succeeded]
            listed = [
                item for item in page.items if json_values.word(item.get("systemPrompt")).strip() == prompt
            ]
            extra = [item.get("id") for item in listed if item.get("id") not in made]
            known = f"{plural(len(made), 'creation')} with the prompt {spelled(prompt, 40)} accepted"
            yield says(not extra, known, f"{plural(len(listed), 'task')} listed with it")


def _add_no_message(seen: Seen, which: Which) -> Findings:
    """A history has the text of a refused follow-up at most as often as it was accepted."""
    if seen.view is None or seen.task is None or seen.task.creation is None or not seen.view.messages:
        return
    for count in seen.task.conversation.counts(seen.view):
        if any(each.is_follow_up and which(seen, each.asked) for each in count.refused):
            there = shown(count, seen.view)
            known = f"a follow-up was refused, and its text accepted {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is there {plural(there, 'time')}")


@check("UPLOAD-003", CREATE, reason="accepted")
@check("UPLOAD-004", SAY, reason="accepted")
def too_many_files_are_refused(seen: Seen) -> Findings:
    """A creation or follow-up with too many files is refused."""
    body, most = seen.body, seen.model.profile.max_files
    if _has_too_many(seen, body):
        yield from not_accepted(seen, f"{plural(len(body.files), 'file')}, and at most {most} are taken")


def _of_refused(seen: Seen, which: Callable[[SentMessage], bool]) -> Findings:
    listing, task = seen.listing, seen.task
    if listing is None or task is None or not listing.files:
        return
    taken = {
        file.name
        for said in task.messages
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


@check("UPLOAD-003", LIST, reason="half-done")
def too_many_files_make_no_task(seen: Seen) -> Findings:
    """No list has a task of a refused creation with too many files."""
    return _make_no_task(seen, _has_too_many)


@check("UPLOAD-004", FILES, reason="half-done")
def refused_follow_ups_leave_no_file(seen: Seen) -> Findings:
    """No list has a file of a refused follow-up."""
    return _of_refused(seen, lambda said: said.is_follow_up)


@check("UPLOAD-004", HISTORY, STREAM, reason="half-done")
def too_many_files_add_no_message(seen: Seen) -> Findings:
    """No message of a refused follow-up with too many files is there."""
    return _add_no_message(seen, _has_too_many)


@check("UPLOAD-005", CREATE, SAY, reason="refused")
def large_files_are_taken(seen: Seen) -> Findings:
    """A sound form with one file of a size that is always accepted is accepted."""
    body, size = _fits(seen), seen.model.profile.accepted_file_bytes
    if body is not None and [file.size for file in body.files] == [size]:
        yield from violations(_accepted(seen, f"the file has {plural(size, 'byte')}"))


@check("UPLOAD-005", FILES, reason="wrong-size")
def uploads_keep_their_size(seen: Seen, task: Task, listing: Listing) -> Findings:
    """An uploaded file is listed with the size of one of the files of its name that were sent."""
    for each in attached_before(task, seen.began):
        entry = listing.files.get(each.path)
        sizes = {one.file.size for one in task.attachments if one.file.name == each.file.name}
        if entry is not None:
            known = f"{each.path} was sent with {spelled(sorted(sizes))} bytes"
            yield says(entry.get("size") in sizes, known, f"size {entry.get('size')}")


@check("UPLOAD-006", CREATE, reason="accepted")
@check("UPLOAD-007", SAY, reason="accepted")
def too_large_files_are_refused(seen: Seen) -> Findings:
    """A creation or follow-up with a file above the limit is refused."""
    body, most = seen.body, seen.model.profile.max_file_bytes
    if _is_too_large(seen, body) and seen.exchange.sent.whole:
        size = max(file.size for file in body.files)
        yield from not_accepted(seen, f"a file of {plural(size, 'byte')}, and at most {most} are taken")


def _composed(path: str) -> str:
    """A path in the stored form of names (G-34)."""
    return unicodedata.normalize("NFC", path)


@check("UPLOAD-006", LIST, reason="half-done")
def too_large_files_make_no_task(seen: Seen) -> Findings:
    """No list has a task of a refused creation with too large a file."""
    return _make_no_task(seen, _is_too_large)


@check("UPLOAD-007", HISTORY, STREAM, reason="half-done")
def too_large_files_add_no_message(seen: Seen) -> Findings:
    """No message of a refused follow-up with too large a file is there."""
    return _add_no_message(seen, _is_too_large)


@check("UPLOAD-009", FILES, reason="not-listed")
def uploads_are_listed(seen: Seen) -> Findings:
    """Each file that was sent is listed."""
    return listed_uploads(seen, of=lambda _: True)


@check("UPLOAD-010", DOWNLOAD, reason="bytes-differ")
def uploads_download_as_sent(seen: Seen, task: Task, download: Download) -> Findings:
    """An uploaded file downloads unchanged at any time, for every permitted caller."""
    if not download.is_plain and not seen.exchange.encoded:
        return
    path = _composed(download.path or "")
    digests = {
        each.file.sha256
        for each in attached_before(task, seen.began, is_loose)
        if _composed(each.path) == path and each.file.sha256
    }
    later = {
        each.file.sha256
        for each in task.attachments
        if _composed(each.path) == path and each.message.sent < seen.ended
    }
    shown = hashlib.sha256(seen.exchange.body).hexdigest()
    if seen.exchange.encoded:
        # The file's own bytes, announced as the encoded ones of another file.
        coding = f"Content-Encoding {spelled(seen.exchange.header('content-encoding'))}"
        if shown in digests:
            yield breaks(f"{download.path} was uploaded with these bytes", coding)
    elif digests:
        holds = shown in digests | later
        sizes = {
            each.file.size: each.file.sha256 for each in task.attachments if _composed(each.path) == path
        }
        known = f"{download.path} was uploaded with {' or '.join(map(str, sorted(sizes)))} bytes"
        yield says(holds, known, plural(seen.exchange.size, "byte") + ("" if holds else _lost(seen, sizes)))


def _lost(seen: Seen, sizes: Mapping[int, str | None]) -> str:
    """Describe how a numbered text of one of these sizes and digests is damaged; empty for another file."""
    body = seen.exchange.body.decode("utf-8", "replace")
    texts = (numbered_again(size, digest) for size, digest in sizes.items())
    return next((f": {damage(text, body)}" for text in texts if text), "")


def _attached_last(task: Task, path: str, at: int) -> SentMessage | None:
    """The last message with a path among its attached files, by the last view before a time."""
    views = [view for view in task.views if view.ended <= at and view.messages]
    for message in reversed(views[-1].of_user if views else ()):
        if path in {each.get("path") for each in json_values.objects(message.get("attachedFiles"))}:
            said = [each for each in task.messages if each.is_shown_as(message.get("content"))]
            return said[0] if len(said) == 1 else None
    return None


@check("UPLOAD-010", DOWNLOAD, reason="bytes-of-another")
def attached_files_download_as_sent(seen: Seen, task: Task, download: Download) -> Findings:
    """The path of an attached file in a message leads to that message's file, for any name.

    For messages with the same path, only the last: a later file may have replaced an earlier one (G-30).
    """
    if not download.is_plain or download.path is None:
        return
    said = _attached_last(task, download.path, seen.began)
    if said is None or not _is_loose(said) or touched(task, posixpath.basename(download.path), seen.ended):
        return
    if any(
        each.asked.files and said.sent < each.sent < seen.ended for each in task.messages if each is not said
    ):
        return
    shown = hashlib.sha256(seen.exchange.body).hexdigest()
    same = shown in {file.sha256 for file in said.asked.files}
    other = any(
        shown == file.sha256 for each in task.messages if each is not said for file in each.asked.files
    )
    known = f"{said.exchange.label} is shown with {download.path}"
    told = (
        f"{plural(seen.exchange.size, 'byte')} {'of it' if same else 'of another' if other else 'of no file'}"
    )
    yield says(same, known, told, reason=None if other else "bytes-differ")


@check("UPLOAD-011", HISTORY, STREAM, reason="not-attached")
def uploads_are_attached(task: Task, view: View) -> Findings:
    """The user's message with a plain upload has its files, with their names and paths."""
    for said in task.messages:
        plain = [file for file in said.asked.files if is_plain(file)]
        if said.certainty is not Certainty.ACCEPTED or said.answered > view.began or not plain:
            continue
        same = [each for each in view.of_user if said.is_shown_as(each.get("content"))]
        names = {file.name for each in task.attachments if each.message is not said for file in [each.file]}
        texts = [one for one in task.messages if one.asked.message == said.asked.message]
        if len(same) != 1 or len(texts) != 1:
            continue
        attached = [
            (each.get("name"), each.get("path")) for each in json_values.objects(same[0].get("attachedFiles"))
        ]
        for file in plain:
            alone = file.name not in names and sum(one.name == file.name for one in said.asked.files) == 1
            # What two files of one name are called is open (G-30).
            there = (file.name, UPLOADS + file.name) in attached if alone else bool(attached)
            known = f"{said.exchange.label} attached {file.name}"
            yield says(there, known, f"attached: {named(attached)}")


def _is_loose(said: SentMessage) -> bool:
    """Whether no file of a message is an archive: its attached files are not documented (G-32)."""
    return said.asked.known and all(
        file.entries is None and file.sha256 is not None for file in said.asked.files
    )


def _may_be_left_out(path: str) -> bool:
    """Whether a list may leave out a path: hidden files may be excluded (G-80, a gap)."""
    return any(part.startswith(".") or part == "node_modules" for part in path.split("/"))


@check("UPLOAD-011", FILES, reason="not-attached")
def attached_paths_are_listed(seen: Seen, task: Task, listing: Listing) -> Findings:
    """Each path that a user's message shows as attached is listed, unless a call can have moved it."""
    if seen.rest is None or not all(_is_loose(said) for said in task.messages):
        return
    views = [view for view in task.views if view.ended <= seen.began]
    for message in views[-1].of_user if views else ():
        for told in json_values.objects(message.get("attachedFiles")):
            path = told.get("path")
            if not isinstance(path, str) or _may_be_left_out(path):
                continue
            if not touched(task, posixpath.basename(path), seen.ended):
                shown = (
                    "it is listed"
                    if path in listing.files
                    else f"listed are {spelled(sorted(listing.files)[:6])}"
                )
                yield says(path in listing.files, f"{path} is reported as attached", shown)


@check("UPLOAD-011", HISTORY, STREAM, reason="not-its-own")
def uploads_are_attached_to_their_message(task: Task, view: View) -> Findings:
    """A message without an archive does not show a file that only other messages have."""
    if not all(said.asked.known for said in task.messages):
        return
    for said in filter(_is_loose, task.messages):
        texts = [one for one in task.messages if one.asked.message == said.asked.message]
        same = [each for each in view.of_user if said.is_shown_as(each.get("content"))]
        own, others = (
            {each.path for each in task.attachments if (each.message is said) is mine}
            for mine in (True, False)
        )
        if not others or len(same) != 1 or len(texts) != 1:
            continue
        told = [
            json_values.word(each.get("path")) for each in json_values.objects(same[0].get("attachedFiles"))
        ]
        foreign = [path for path in told if path in others - own]
        shown = f"its message shows {foreign[0]}" if foreign else "its message shows none of them"
        yield says(
            not foreign, f"{said.exchange.label} came without {plural(len(others - own), 'file')}", shown
        )


@check("UPLOAD-012", FILES, reason="files-missing")
def all_parts_are_listed(seen: Seen, task: Task, listing: Listing) -> Findings:
    """Every plainly named file of a message with several is listed."""
    for said in messages_with_files(seen):
        names = [file.name for file in loose_files(said) if _PLAIN_NAME.fullmatch(file.name)]
        alone = [name for name in names if names.count(name) == 1 and not touched(task, name, seen.ended)]
        if len(alone) > 1:
            missing = [name for name in alone if UPLOADS + name not in listing.files]
            yield says(
                not missing,
                f"{said.exchange.label} attached {plural(len(alone), 'file')}",
                f"missing: {named(missing)}",
            )


@check("UPLOAD-013", CREATE, SAY, reason="accepted")
def files_need_a_message(seen: Seen, body: Asked) -> Findings:
    """A form with files and no message is refused."""
    if without_message(body) and body.files:
        yield from not_accepted(seen, f"{plural(len(body.files), 'file')} and no message")


@check("UPLOAD-014", FILES, reason="half-done")
def refused_uploads_leave_no_file(seen: Seen) -> Findings:
    """No list has a file of a refused message."""
    return _of_refused(seen, lambda _: True)


@check("UPLOAD-015", CREATE, SAY, reason="refused")
def sums_are_not_limited(seen: Seen) -> Findings:
    """A sound form with several files, each within the limit, is accepted."""
    body = _fits(seen)
    if body is not None and len(body.files) > 1:
        yield from _accepted(
            seen, f"{plural(len(body.files), 'file')} of {sum(file.size for file in body.files)} bytes"
        )


def _mine(seen: Seen) -> Iterator[tuple[Listing, SentMessage, SentFile]]:
    """The files of accepted messages that no call can have touched, each with the list that must have it."""
    listing, task = seen.listing, seen.task
    if listing is None or task is None:
        return
    for said in messages_with_files(seen):
        for file in loose_files(said):
            if not touched(task, posixpath.basename(file.name), seen.ended):
                yield listing, said, file


@check("UPLOAD-017", FILES, reason="outside-uploads")
def uploads_stay_inside(seen: Seen, task: Task, listing: Listing) -> Findings:
    """No listed path leaves the workspace, and no upload's name is elsewhere, unless a call created it."""
    for said in messages_with_files(seen):
        for file in said.asked.files:
            name = posixpath.basename(file.name.replace("\\", "/"))
            if not name or touched(task, name, seen.ended):
                continue
            outside = [
                path
                for path in listing.files
                if (posixpath.basename(path) == name and not path.startswith(UPLOADS))
                or ".." in path.split("/")
            ]
            yield says(
                not outside,
                f"{said.exchange.label} attached {spelled(file.name)}",
                f"outside: {named(outside)}",
            )


def _names(listing: Listing) -> set[str]:
    """The listed names under uploads/, in normal form C."""
    return {
        unicodedata.normalize("NFC", path.removeprefix(UPLOADS))
        for path in listing.files
        if path.startswith(UPLOADS)
    }


@check("UPLOAD-019", FILES, reason="not-reachable")
def awkward_names_are_listed(seen: Seen) -> Findings:
    """An upload whose name has blanks, single quotes or letters beyond ASCII is listed under its name."""
    for listing, said, file in _mine(seen):
        odd = not file.name.isascii() or set(file.name) & {" ", "'"}
        if odd and is_sayable(file.name):
            there = unicodedata.normalize("NFC", file.name) in _names(listing)
            shown = "it is listed" if there else f"listed are {spelled(sorted(listing.files)[:4])}"
            yield says(there, f"{said.exchange.label} attached {spelled(file.name)}", shown)


@check("UPLOAD-019", DOWNLOAD, reason="not-reachable")
def awkward_names_are_delivered(seen: Seen, task: Task) -> Findings:
    """An upload that is listed under an unusual name is delivered to the owner under that path."""
    download = next((each for each in task.downloads if each.exchange is seen.exchange), None)
    if download is None or not download.path or not seen.is_own:
        return
    name = posixpath.basename(download.path)
    listed = [
        each for each in task.listings if download.path in each.files and each.exchange.ended <= seen.began
    ]
    odd = not name.isascii() or bool(set(name) & {" ", "'", "%"})
    if odd and listed and not touched(task, name, seen.ended) and seen.was_answered:
        yield says(seen.exchange.succeeded, f"{download.path} is listed", summary(seen.exchange))


def _can_be_read(exchange: Exchange) -> bool:
    """True for a complete answer; a front end answers a too long form with a page (ENVELOPE-002)."""
    return exchange.status is not None and exchange.closed is Closed.COMPLETE


@check("UPLOAD-021", reason="answer-lost")
def refusal_can_be_read(record: Record) -> Findings:
    known = "the answer can be read"
    for label in ("create: beyond", "follow-up: beyond"):
        exchange = record.exchange("file_sizes", label)
        if exchange.succeeded:
            shown = f"{label} was not refused"
            yield left_open(Unproven.PRECONDITION, known, shown, exchange=exchange)
            return
        yield says(_can_be_read(exchange), known, summary(exchange), exchange=exchange)


@check("UPLOAD-021", CREATE, SAY, reason="answer-lost")
def refusals_of_files_can_be_read(seen: Seen, body: Asked) -> Findings:
    """A form with too many or too large files gets a complete answer while it is still being sent."""
    if (_has_too_many(seen, body) or _is_too_large(seen, body)) and seen.exchange.refused:
        readable = _can_be_read(seen.exchange)
        yield says(
            readable, "the form was refused", "it can be read" if readable else f"{seen.exchange.closed}"
        )


@check("UPLOAD-022", FILES, DOWNLOAD, reason="file-replaced")
def new_uploads_replace_nothing(seen: Seen) -> Findings:
    """What was under uploads/ before a later upload is still listed and delivered after it, unchanged."""
    for _, _, finding in kept_since(seen):
        yield finding


@check("UPLOAD-024", reason="half-done")
def a_cut_upload_leaves_nothing(record: Record) -> Findings:
    probe, known = "cut_uploads", "neither a task nor a message of an upload that was cut off"
    page, mark = record.exchange(probe, "list"), record.fact(probe, "mark")
    if not tasks_marked(page, f"{mark} whole"):
        shown = "the accepted task is not on the first page of the list"
        yield left_open(Unproven.PRECONDITION, known, shown, exchange=page)
        return
    found = tasks_marked(page, f"{mark} cut")
    shown = f"{plural(len(found), 'task')} of the upload that was cut off"
    yield says(not found, known, shown, exchange=page)
    before, after = (record.exchange(probe, f"history {when}") for when in ("before", "after"))
    same = messages(before) == messages(after)
    yield says(same, known, f"{plural(len(messages(after)), 'message')}", exchange=after)
    files = record.exchange(probe, "files after")
    none = not any("cut" in path for path in listed(files))
    yield says(none, known, f"{list(listed(files))}", exchange=files)


@check("UPLOAD-025", FILES, reason="name-changed")
def names_beyond_ascii_are_kept(seen: Seen) -> Findings:
    """An upload whose name is not ASCII is listed under that name, composed or not."""
    for listing, said, file in _mine(seen):
        if not file.name.isascii() and is_sayable(file.name):
            there = unicodedata.normalize("NFC", file.name) in _names(listing)
            shown = "it is listed" if there else f"listed are {spelled(sorted(listing.files)[:4])}"
            yield says(there, f"{said.exchange.label} attached {spelled(file.name)}", shown)


def _takes_archives(seen: Seen) -> bool:
    """Whether a form with its archive after its message was accepted in the run."""
    return any(
        said.certainty is Certainty.ACCEPTED and said.asked.form is Form.MESSAGE_FIRST
        for task in seen.model.tasks.values()
        for said in task.messages
        if any(file.entries for file in said.asked.files)
    )


@check("UPLOAD-026", CREATE, SAY, reason="refused")
def files_may_come_first(seen: Seen) -> Findings:
    """A sound form with its files before its message is accepted."""
    body = _fits(seen, archives=True)
    # An empty file may be refused in any order (G-29).
    if body is None or body.form is not Form.FILES_FIRST or not all(file.size for file in body.files):
        return
    # A target that refuses archives in any order does not refuse this one for its position.
    if not any(file.entries for file in body.files) or _takes_archives(seen):
        yield from _accepted(seen, "the files stand before the message")


@check("UPLOAD-026", GET, reason="misread")
def fields_behind_files_are_read(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """A task that was created by a form with its files first has the message and the options of that form."""
    if creation.asked.form is not Form.FILES_FIRST or not seen.exchange.ok:
        return
    given = {name: value for name, value in creation.asked.fields.items() if name in OPTIONS - {"message"}}
    other = [name for name, value in given.items() if name in seen.fields and seen.fields[name] != value]
    if not task.turns.goes_on(seen.ended) and not creation.is_shown_as(seen.fields.get("message")):
        other.append("message")
    yield says(
        not other,
        "its form had the files first",
        f"{', '.join(other)} differ" if other else "all is as given",
    )


@check("UPLOAD-027", reason="refused")
def text_around_the_parts(record: Record) -> Findings:
    """The form is accepted, and message and file are the same as from a form of the usual shape."""
    probe, label, known = "form_shapes", "text around", "accepted, with its message and its file"
    made = record.exchange(probe, label)
    yield says(made.ok, known, f"{label}: {summary(made)}", exchange=made)
    if not made.ok:
        return
    task, page = record.exchange(probe, f"{label}: task"), record.exchange(probe, f"{label}: files")
    data = task.data if isinstance(task.data, dict) else {}
    found, sent = data.get("message"), record.fact(probe, "message")
    yield says(found == sent, known, f"message {spelled(found)}", exchange=task, reason="misread")
    paths = [path for path in listed(page) if path.startswith("uploads/")]
    whole = len(paths) == 1 and paths[0].endswith("plain.txt")
    yield says(whole, known, f"files {paths}", exchange=page, reason="misread")
    if whole:
        exchange = record.exchange(probe, f"{label}: {paths[0]}")
        same = exchange.body == record.fact(probe, "word").encode()
        yield says(same, known, f"{plural(exchange.size, 'byte')}", exchange=exchange, reason="misread")
