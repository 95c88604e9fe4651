"""ERROR, LIST and UPLOAD: a refusal has its status and code, whoever asks and whatever came before."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import OWNER, VIEWER, Key, Relation
from sigmic_conformance.conformance.model.calls import decides
from sigmic_conformance.conformance.model.files_seen import download_of, listing_of
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Asked, asked, is_well_formed, query_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

CREATE, SAY, APPROVE, CANCEL = "create_task", "send_message", "approve_tool_call", "cancel_task"
GET, HISTORY, STREAM, LIST = "get_task", "get_task_history", "stream_task", "list_tasks"
FILES, DOWNLOAD = "list_artifacts", "download_artifact"
CHANGES = (CREATE, SAY, APPROVE, CANCEL)
OF_A_TASK = (GET, HISTORY, STREAM, SAY, FILES, DOWNLOAD, APPROVE, CANCEL)
LARGEST = 100
NOT_FOUND = 404
MALFORMED = frozenset({400, 422})
_RELATIVE = re.compile(r"\w[\w .-]{0,199}(/\w[\w .-]{0,199})*")
"""A path that no check for hostile ones can mistake: names of letters, digits, blanks, dots and hyphens."""
SHOWN = 3


def _answers(seen: Seen, known: str, *, status: int | None = None, code: str | None = None) -> Findings:
    """The request is refused, with this status and code where they are given."""
    if seen.was_told and not _speaks_of_the_state(seen):
        holds = seen.exchange.refused
        holds = holds and (status is None or seen.exchange.status == status)
        yield says(holds and (code is None or seen.exchange.code == code), known, summary(seen.exchange))


def _speaks_of_the_state(seen: Seen) -> bool:
    """True where a task at work is refused as such: which of two mistakes is told first is not documented."""
    at_work = seen.operation == SAY and seen.task is not None and seen.rest() is None
    return at_work and seen.exchange.code == "CONFLICT"


def _refused(seen: Seen, known: str, status: int, code: str) -> Findings:
    """If it is refused, then so; whether it is has a row of its own."""
    if seen.exchange.refused:
        yield from _answers(seen, known, status=status, code=code)


def _reads(seen: Seen) -> bool:
    return seen.caller.owner == Key(VIEWER)


@invariant("ERROR-012", *CHANGES, reason="wrong-refusal", expected="403 FORBIDDEN for a read-only caller")
def viewers_are_forbidden(seen: Seen) -> Findings:
    """Nothing that a viewer's key would change is taken, in whatever state the task is."""
    if _reads(seen) and is_well_formed(seen.operation, seen.exchange):
        sure = seen.operation in {CREATE, SAY, CANCEL}
        code, status = ("FORBIDDEN", 403) if sure else (None, None)
        yield from _answers(seen, "the key is a viewer's", status=status, code=code)


@invariant("PROJECT-005", *CHANGES, reason="wrong-role", expected="403 FORBIDDEN for a read-only caller")
def viewers_change_nothing(seen: Seen) -> Findings:
    """Every change by a viewer's key is refused with 403 FORBIDDEN."""
    if _reads(seen) and is_well_formed(seen.operation, seen.exchange):
        yield from _answers(seen, "the key is a viewer's", status=403, code="FORBIDDEN")


@invariant("PROJECT-005", GET, HISTORY, STREAM, LIST, reason="wrong-role", expected="a viewer may read")
def viewers_read(seen: Seen) -> Findings:
    """A viewer's key reads the tasks of its project, in whatever state they are."""
    owner = seen.task.owner if seen.task else None
    theirs = seen.operation == LIST or owner == Key(OWNER)
    if _reads(seen) and theirs and not query_of(seen.exchange.sent) and seen.was_told:
        yield says(seen.exchange.succeeded, "the key is a viewer's", summary(seen.exchange))


def _is_unknown(seen: Seen) -> bool:
    """Whether a valid caller asks well for a task of which no answer of the run has ever told."""
    if seen.caller.owner is None or _reads(seen) or not is_well_formed(seen.operation, seen.exchange):
        return False
    # Where ids have another form, the UUID that is asked for is malformed (C-05, G-40).
    malformed = seen.exchange.status in MALFORMED and not seen.model.choices.has_uuids
    return _nobody_made(seen) and not malformed


def _nobody_made(seen: Seen) -> bool:
    name = seen.exchange.task
    task = seen.model.tasks.get(name)
    told = task is not None and (task.creation is not None or task.read or task.told)
    return shapes.UUID.fullmatch(name) is not None and not told


@invariant(
    "ERROR-013", FILES, DOWNLOAD, APPROVE, reason="wrong-code", expected="NOT_FOUND for an unknown task"
)
def unknown_tasks_have_no_files(seen: Seen) -> Findings:
    """Files and calls of a task that nobody made are not found."""
    if _is_unknown(seen):
        yield from _answers(seen, "the task was never created", code="NOT_FOUND")


@invariant("ERROR-015", *OF_A_TASK, reason="wrong-code", expected="404 NOT_FOUND for an unknown task")
def unknown_tasks_are_not_found(seen: Seen) -> Findings:
    """No operation finds a task that nobody made."""
    if _is_unknown(seen):
        yield from _answers(seen, "the task was never created", status=404, code="NOT_FOUND")


@invariant("ERROR-015", *OF_A_TASK, reason="wrong-code", expected="404 with the code NOT_FOUND")
def hidden_tasks_are_not_found(seen: Seen) -> Findings:
    """Who tells a stranger by 404 that a task does not exist, says so with the code of one that does not.

    Of a task that nobody made that holds whoever asks, and however.
    """
    stranger = seen.relation in {Relation.OTHER_PROJECT, Relation.OTHER_END_USER} or _nobody_made(seen)
    if stranger and seen.exchange.status == NOT_FOUND and seen.exchange.code is not None:
        yield says(
            seen.exchange.code == "NOT_FOUND",
            "the response says that it does not exist",
            summary(seen.exchange),
        )


@invariant(
    "GET-027", *OF_A_TASK, reason="not-refused", expected="4xx in the envelope for an id that is not a UUID"
)
def odd_ids_are_refused(seen: Seen) -> Findings:
    """A task id that is none is refused in the envelope, by every operation."""
    name = seen.exchange.task
    known = name in seen.model.tasks and seen.model.tasks[name].creation is not None
    plain = "%" not in seen.exchange.sent.target.partition("?")[0]
    if seen.caller.owner is not None and plain and name and not known and not shapes.UUID.fullmatch(name):
        holds = seen.exchange.refused and seen.exchange.code is not None
        yield says(holds, f"{name[:40]!r} is not a UUID", summary(seen.exchange))


@invariant(
    "ISOLATION-007", *OF_A_TASK, reason="existence-revealed", expected="404 NOT_FOUND, as for an unknown task"
)
def foreign_tasks_look_unknown(seen: Seen) -> Findings:
    """Another's task is refused exactly as one that nobody made."""
    if seen.relation not in {Relation.OTHER_PROJECT, Relation.OTHER_END_USER} or seen.task is None:
        return
    creation = seen.task.creation
    if (
        creation is not None
        and creation.answered <= seen.began
        and is_well_formed(seen.operation, seen.exchange)
    ):
        yield from _refused(seen, "the task belongs to another", 404, "NOT_FOUND")


def _lacks(body: Asked, operation: str) -> str | None:
    """What a body of a valid form lacks or has wrong; None when nothing is, or when that is not known.

    That an empty message fails validation no page says (G-11): it is left to CREATE-009 and FOLLOWUP-020.
    """
    if not body.known:
        return None
    if operation == APPROVE:
        return None if decides(body) else "there is no valid outcome"
    text = body.fields.get("message")
    if text is None:
        return "there is no message"
    return None if isinstance(text, str) else "the message is not a string"


def _is_invalid(seen: Seen) -> str | None:
    if seen.caller.owner is None or _reads(seen) or not seen.exchange.sent.whole:
        return None
    if seen.operation == CREATE:
        return _lacks(asked(seen.exchange.sent), CREATE)
    return (
        _lacks(asked(seen.exchange.sent), seen.operation) if seen.is_own and seen.operation == SAY else None
    )


@invariant("ERROR-016", CREATE, SAY, reason="not-refused", expected="a status between 400 and 499")
def invalid_bodies_are_refused(seen: Seen) -> Findings:
    """A body without a message is refused with a 4xx status, in any form and at any turn."""
    known = _is_invalid(seen)
    if known is not None and seen.exchange.status is not None:
        yield says(seen.exchange.refused, known, summary(seen.exchange))


@invariant("ERROR-017", CREATE, SAY, reason="wrong-code", expected="400 VALIDATION_ERROR")
def invalid_bodies_have_their_code(seen: Seen) -> Findings:
    """A body without a message is refused as invalid, in any form and at any turn."""
    known = _is_invalid(seen)
    if known is not None:
        yield from _answers(seen, known, status=400, code="VALIDATION_ERROR")


def _files(seen: Seen) -> Asked:
    body = asked(seen.exchange.sent)
    sound = body.known and seen.caller.owner is not None and not _reads(seen) and seen.exchange.sent.whole
    return body if sound and body.message is not None else Asked()


@invariant("ERROR-021", CREATE, SAY, reason="wrong-code", expected="413 FILE_TOO_LARGE")
def large_files_have_their_code(seen: Seen) -> Findings:
    """A file above the limit, among no more than may be sent, is refused with its code."""
    files, profile = _files(seen).files, seen.model.profile
    large = [file.size for file in files if file.size > profile.max_file_bytes]
    if large and len(files) <= profile.max_files:
        yield from _refused(seen, f"a file has {plural(large[0], 'byte')}", 413, "FILE_TOO_LARGE")


@invariant("ERROR-022", CREATE, SAY, reason="wrong-code", expected="400 TOO_MANY_FILES")
def many_files_have_their_code(seen: Seen) -> Findings:
    """More files than may be sent, each within the limit, are refused with their code."""
    files, profile = _files(seen).files, seen.model.profile
    small = all(file.size <= profile.max_file_bytes for file in files)
    if len(files) > profile.max_files and small:
        yield from _refused(seen, f"{plural(len(files), 'file')}", 400, "TOO_MANY_FILES")


@invariant("UPLOAD-021", CREATE, SAY, reason="answer-lost", expected="a refusal that can be read")
def refusals_of_files_can_be_read(seen: Seen) -> Findings:
    """A form of too many or too large files is answered in whole while it is still being sent."""
    files, profile = _files(seen).files, seen.model.profile
    beyond = len(files) > profile.max_files or any(file.size > profile.max_file_bytes for file in files)
    if beyond and seen.exchange.refused:
        readable = seen.exchange.json() is not None
        yield says(
            readable, "the form was refused", "it can be read" if readable else f"{seen.exchange.closed}"
        )


def _nonsense(seen: Seen) -> str | None:
    """What is wrong with the page that a valid caller asks for."""
    query = query_of(seen.exchange.sent)
    for name, low, high in (("limit", 1, LARGEST), ("offset", 0, 1 << 53)):
        value = query.get(name)
        if value is None or seen.caller.owner is None:
            continue
        plain = value.isascii() and value.isdecimal()
        if not plain or not low <= int(value) <= high:
            return f"{name}={value}"
    return None


@invariant("LIST-017", LIST, reason="wrong-refusal", expected="400 VALIDATION_ERROR for nonsense in a page")
def nonsense_pages_are_invalid(seen: Seen) -> Findings:
    """A page that cannot be is refused as invalid, whoever asks for it."""
    known = _nonsense(seen)
    if known is not None:
        yield from _answers(seen, known, status=400, code="VALIDATION_ERROR")


@invariant("ERROR-017", LIST, reason="wrong-code", expected="400 VALIDATION_ERROR")
def nonsense_pages_have_their_code(seen: Seen) -> Findings:
    """A page that cannot be is refused by the code and status of what is invalid."""
    if (known := _nonsense(seen)) is not None:
        yield from _refused(seen, known, 400, "VALIDATION_ERROR")


@invariant("LIST-018", LIST, reason="server-error", expected="no server error for nonsense in a page")
def nonsense_pages_break_nothing(seen: Seen) -> Findings:
    """A page that cannot be is never answered with a server error."""
    known = _nonsense(seen)
    if known is not None and seen.exchange.status is not None:
        yield says(seen.exchange.status < 500, known, summary(seen.exchange))  # noqa: PLR2004  RFC 9110


def _climbs(path: str) -> bool:
    """Whether a path leads out of the workspace, and is no other form of one within it."""
    forms = {form.replace("\\", "/") for form in (path, unquote(path), unquote(unquote(path)))}
    return any(posixpath.normpath(form).startswith(("../", "/etc/")) for form in forms)


@invariant("ERROR-029", DOWNLOAD, reason="accepted", expected="a file that the task does not have is refused")
def files_of_others_are_absent(seen: Seen) -> Findings:
    """The owner's download by a path out of the workspace is not accepted, where no list has its name."""
    download, task = download_of(seen), seen.task
    if download is None or task is None or not download.path or not seen.is_own or not seen.was_told:
        return
    name = posixpath.basename(unquote(unquote(download.path)).replace("\\", "/"))
    listed = any(posixpath.basename(path) == name for each in task.listings for path in each.files)
    if _climbs(download.path) and task.listings and not listed:
        yield says(not seen.exchange.succeeded, f"no list has {download.path!r}", summary(seen.exchange))


def _absent(seen: Seen) -> Iterator[str]:
    """The path of a download that no list of the task at rest has, the task being at rest throughout."""
    download, task = download_of(seen), seen.task
    if task is None or download is None or not download.path or not seen.is_own:
        return
    hidden = any(part.startswith(".") or part == "node_modules" for part in download.path.split("/"))
    for listing in task.listings if not hidden else ():
        began, ended = min(listing.exchange.started, seen.began), max(listing.exchange.ended, seen.ended)
        if download.path not in listing.files and task.at_rest(began, ended) is not None:
            name = download.path.rpartition("/")[2]
            if not any(path.rpartition("/")[2] == name for path in listing.files):
                yield download.path
                return


@invariant("ERROR-029", DOWNLOAD, reason="wrong-code", expected="NOT_FOUND for a file that is not there")
def absent_files_are_not_found(seen: Seen) -> Findings:
    """A relative path of plain names under which nothing is listed is not found, in any turn.

    How any other path is refused, no page says (G-78).
    """
    for path in _absent(seen):
        if _RELATIVE.fullmatch(path):
            yield from _answers(seen, f"no list has {path}", code="NOT_FOUND")


@invariant("STREAM-030", STREAM, reason="not-json", expected="the JSON envelope for a refused stream")
def refused_streams_are_no_streams(seen: Seen) -> Findings:
    """A stream that is refused is answered in the envelope."""
    if seen.exchange.refused:
        holds = seen.exchange.media_type == "application/json" and seen.exchange.code is not None
        yield says(holds, f"it was refused with {seen.exchange.status}", summary(seen.exchange))


@invariant("ARTIFACT-024", FILES, reason="no-list", expected="a list, if only an empty one")
def there_is_always_a_list(seen: Seen) -> Findings:
    """Where no file is told of, an accepted request answers a list all the same."""
    if seen.exchange.ok and "files" in seen.fields and not seen.fields["files"]:
        told = seen.fields["files"]
        yield says(isinstance(told, list), "the files were asked for", f"files {shapes.word(told)[:40]}")


@invariant("ARTIFACT-024", FILES, reason="not-empty", expected="an empty list if there is no file")
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
