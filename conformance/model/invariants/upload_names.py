"""UPLOAD and ZIP: however a file is named, and in whatever form it comes, it is in uploads/ by its name."""

import posixpath
import unicodedata
from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import VIEWER, Key
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.files_seen import listing_of, may_touch, touched
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Asked, Certainty, Form, asked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.model.workspace import UPLOADS, Listing, is_plain_archive, is_sayable
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.spec.plural import plural

CREATE, SAY, FILES, DOWNLOAD, GET = (
    *("create_task", "send_message", "list_artifacts", "download_artifact", "get_task"),
)
OPTIONS = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute"})
LARGE = 1 << 20


def _taken(seen: Seen) -> Iterator[Said]:
    """The messages with files that were accepted before a list of the task was asked for."""
    for said in seen.task.said if seen.task else ():
        taken = said.certainty is Certainty.ACCEPTED and said.answered <= seen.began
        if taken and said.asked.known and said.asked.files:
            yield said


def _loose(said: Said) -> list[SentFile]:
    """A message's files of a known content that are no archives."""
    return [file for file in said.asked.files if file.sha256 is not None and file.entries is None]


def _at_the_top(said: Said) -> Iterator[str]:
    """The entries without a folder of a message's archives: what is in some folders, no list need have."""
    for file in said.asked.files:
        yield from (entry.name for entry in file.entries or () if "/" not in entry.name)


def _may_have_run_since(call: Call, at: int) -> bool:
    """Whether a call was heard after a time, or was answered and never heard; not one that nobody knew."""
    answered = any(each.certainty is not Certainty.REFUSED for each in call.decisions)
    return call.first.at > at if call.first is not None else answered


def _mine(seen: Seen) -> Iterator[tuple[Listing, Said, SentFile]]:
    """The files of accepted messages that no call can have touched, each with the list that must have it."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    for said in _taken(seen):
        for file in _loose(said):
            if not touched(task, posixpath.basename(file.name), seen.ended):
                yield listing, said, file


def _names(listing: Listing) -> set[str]:
    """The names of what is listed under uploads/, composed."""
    return {
        unicodedata.normalize("NFC", path.removeprefix(UPLOADS))
        for path in listing.files
        if path.startswith(UPLOADS)
    }


@invariant(
    "UPLOAD-019", FILES, reason="not-listed", expected="a name with blanks, quotes or accents, unchanged"
)
def awkward_names_are_listed(seen: Seen) -> Findings:
    """An upload whose name has blanks, single quotes or letters beyond ASCII is listed under its name."""
    for listing, said, file in _mine(seen):
        odd = not file.name.isascii() or set(file.name) & {" ", "'"}
        if odd and is_sayable(file.name):
            there = unicodedata.normalize("NFC", file.name) in _names(listing)
            shown = "it is listed" if there else f"listed are {sorted(listing.files)[:4]}"
            yield says(there, f"{said.exchange.label} brought {file.name!r}", shown)


@invariant(
    "UPLOAD-019", DOWNLOAD, reason="not-delivered", expected="a file by its listed path, whatever its name"
)
def awkward_names_are_delivered(seen: Seen) -> Findings:
    """An upload that is listed under an awkward name is delivered to the owner who asks for that path."""
    task = seen.task
    download = (
        next((each for each in task.downloads if each.exchange is seen.exchange), None) if task else None
    )
    if task is None or download is None or not download.path or not seen.is_own:
        return
    name = posixpath.basename(download.path)
    listed = [
        each for each in task.listings if download.path in each.files and each.exchange.ended <= seen.began
    ]
    odd = not name.isascii() or bool(set(name) & {" ", "'", "%"})
    if odd and listed and not touched(task, name, seen.ended) and seen.was_told:
        yield says(seen.exchange.succeeded, f"{download.path} is listed", summary(seen.exchange))


@invariant(
    "FOLLOWUP-009", FILES, reason="files-missing", expected="more under uploads/ than before the follow-up"
)
def files_of_follow_ups_are_more(seen: Seen) -> Findings:
    """Files of a follow-up are in the same workspace, by whatever names: more is listed than before it.

    Of an archive its entries, or the archive itself.
    """
    listing, task = listing_of(seen), seen.task
    last = next(reversed(list(_taken(seen))), None)
    before = [each for each in task.listings if last and each.exchange.ended <= last.sent] if task else []
    if listing is None or task is None or last is None or not last.is_follow_up or not before:
        return
    known = {posixpath.basename(path) for path in before[-1].files}
    names = [file.name for file in _loose(last)] + list(_at_the_top(last))
    new = [name for name in names if is_sayable(name) and name not in known]
    calls = [call for call in task.calls.values() if _may_have_run_since(call, last.sent)]
    others = any(each.asked.files and last.sent < each.sent < seen.ended for each in task.said)
    if new and not others and not any(may_touch(call, name) for name in new for call in calls):
        more = [path for path in listing.files if path.startswith(UPLOADS) and path not in before[-1].files]
        shown = f"{len(more)} more are listed under {UPLOADS}"
        yield says(bool(more), f"{last.exchange.label} brought {plural(len(new), 'file')}", shown)


@invariant("UPLOAD-025", FILES, reason="name-changed", expected="a name beyond ASCII, unchanged")
def names_beyond_ascii_are_kept(seen: Seen) -> Findings:
    """An upload whose name is not ASCII is listed under that name, composed or not."""
    for listing, said, file in _mine(seen):
        if not file.name.isascii() and is_sayable(file.name):
            there = unicodedata.normalize("NFC", file.name) in _names(listing)
            shown = "it is listed" if there else f"listed are {sorted(listing.files)[:4]}"
            yield says(there, f"{said.exchange.label} brought {file.name!r}", shown)


@invariant("UPLOAD-023", FILES, reason="other-name", expected="the last component, in Unicode normal form C")
def names_are_composed(seen: Seen) -> Findings:
    """An upload with a decomposed name is listed in normal form C."""
    for listing, said, file in _mine(seen):
        composed = unicodedata.normalize("NFC", file.name)
        if composed != file.name and is_sayable(file.name):
            there = UPLOADS + composed in listing.files
            yield says(there, f"{said.exchange.label} brought {file.name!r}", f"{sorted(listing.files)[:4]}")


@invariant("UPLOAD-012", FILES, reason="files-missing", expected="every part named files")
def all_parts_are_listed(seen: Seen) -> Findings:
    """Of a message with several plainly named files every one is listed, the last as the first."""
    listing, task = listing_of(seen), seen.task
    for said in _taken(seen) if listing is not None and task is not None else ():
        names = [file.name for file in _loose(said) if file.name.isascii() and is_sayable(file.name)]
        alone = [
            name for name in names if names.count(name) == 1 and task and not touched(task, name, seen.ended)
        ]
        if len(alone) > 1 and listing is not None:
            missing = [name for name in alone if UPLOADS + name not in listing.files]
            yield says(
                not missing,
                f"{said.exchange.label} brought {plural(len(alone), 'file')}",
                f"missing: {missing[:3] or 'none'}",
            )


@invariant("UPLOAD-016", FILES, reason="not-kept", expected="an empty file, listed with size 0")
def empty_files_are_kept(seen: Seen) -> Findings:
    """An upload of no bytes is listed with the size 0."""
    for listing, said, file in _mine(seen):
        others = [each for one in _taken(seen) for each in one.asked.files if each.name == file.name]
        if file.size == 0 and file.name.isascii() and is_sayable(file.name) and len(others) == 1:
            size = listing.files.get(UPLOADS + file.name, {}).get("size", "not listed")
            yield says(size == 0, f"{said.exchange.label} brought {file.name} of no bytes", f"size {size}")


@invariant("UPLOAD-017", FILES, reason="outside-uploads", expected="no upload outside uploads/")
def uploads_stay_inside(seen: Seen) -> Findings:
    """No listed path climbs, and nothing of an upload's name is elsewhere, unless a call made it."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    for said in _taken(seen):
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
                f"{said.exchange.label} brought {file.name!r}",
                f"outside: {outside[:2] or 'none'}",
            )


@invariant("UPLOAD-018", FILES, reason="not-both", expected="`name (1).ext` next to the first")
def namesakes_are_both_kept(seen: Seen) -> Findings:
    """Of files of one plain name, in one message or in two, each is listed, the later ones with a number."""
    listing, task = listing_of(seen), seen.task
    if listing is None or task is None:
        return
    names = [file.name for said in _taken(seen) for file in _loose(said)]
    for name in dict.fromkeys(names):
        number = names.count(name)
        if number < 2 or not (name.isascii() and is_sayable(name)) or touched(task, name, seen.ended):  # noqa: PLR2004  twice
            continue
        stem, suffix = posixpath.splitext(name)
        wanted = [name, *(f"{stem} ({count}){suffix}" for count in range(1, number))]
        missing = [each for each in wanted if UPLOADS + each not in listing.files]
        yield says(
            not missing, f"{name} was brought {plural(number, 'time')}", f"missing: {missing or 'none'}"
        )


def _is_sound(body: Asked, names: frozenset[str]) -> bool:
    text = body.message
    flags = all(isinstance(body.fields.get(each, True), bool) for each in ("autoExecute", "showInHistory"))
    return text is not None and any(map(str.isalnum, text)) and not set(body.fields) - names and flags


def _accepted(seen: Seen, known: str) -> Findings:
    """A sound form of a valid caller, on a new task or on one that goes on, is accepted.

    A front end may have its own limit for many bytes (G-27).
    """
    body, task = asked(seen.exchange.sent), seen.task
    names = OPTIONS if seen.operation == CREATE else frozenset({"message"})
    origin = any(name.lower() == "origin" for name, _ in seen.exchange.sent.headers)
    if (
        seen.caller.owner in {None, Key(VIEWER)}
        or origin
        or not _is_sound(body, names)
        or not seen.exchange.sent.whole
    ):
        return
    if seen.operation == SAY:
        rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
        goes_on = {COMPLETED} | seen.model.choices.continued
        if rest is None or rest.over is None or rest.over.status not in goes_on:
            return
    if seen.was_told and seen.exchange.code != "INVALID_ARCHIVE":
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


def _fits(seen: Seen, *, archives: bool = False) -> Asked | None:
    """The body of a form whose files are within the limits of number and size, each by itself.

    None is an archive, or with `archives` none but such of which nobody doubts that it is taken.
    """
    body, profile = asked(seen.exchange.sent), seen.model.profile
    fits = len(body.files) <= profile.max_files and all(
        file.size <= profile.accepted_file_bytes for file in body.files
    )
    plain = all(
        (is_sayable(file.name) and file.entries is None) or (archives and is_plain_archive(file))
        for file in body.files
    )
    return body if body.known and body.files and fits and plain else None


@invariant("UPLOAD-002", SAY, reason="refused", expected="a follow-up with as many files as may be sent")
def follow_ups_take_most_files(seen: Seen) -> Findings:
    """A sound follow-up with 20 files is accepted, at any turn."""
    body = _fits(seen)
    if (
        body is not None
        and len(body.files) == seen.model.profile.max_files
        and seen.exchange.sent.size < LARGE
    ):
        yield from _accepted(seen, f"{plural(len(body.files), 'file')}")


@invariant(
    "UPLOAD-015", CREATE, SAY, reason="refused", expected="files within the limits, whatever their sum"
)
def sums_are_not_limited(seen: Seen) -> Findings:
    """A sound form with several files, each within the limit, is accepted."""
    body = _fits(seen)
    if body is not None and len(body.files) > 1:
        yield from _accepted(
            seen, f"{plural(len(body.files), 'file')} of {sum(file.size for file in body.files)} bytes"
        )


@invariant("UPLOAD-016", CREATE, SAY, reason="refused", expected="a file of zero bytes is accepted")
def empty_files_are_taken(seen: Seen) -> Findings:
    """A sound form with an empty file is accepted."""
    body = _fits(seen)
    if body is not None and any(file.size == 0 for file in body.files):
        yield from _accepted(seen, "a file has no bytes")


@invariant("UPLOAD-008", CREATE, SAY, reason="refused", expected="a file of exactly the limit is accepted")
def files_at_the_limit_are_taken(seen: Seen) -> Findings:
    """A sound form with one file, of exactly as many bytes as a file may have, is accepted."""
    body, most = asked(seen.exchange.sent), seen.model.profile.max_file_bytes
    if body.known and [file.size for file in body.files] == [most] and is_sayable(body.files[0].name):
        yield from _accepted(seen, f"the file has {plural(most, 'byte')}")


def _takes_archives(seen: Seen) -> bool:
    """Whether a form whose archive stands behind its message was accepted in the run."""
    return any(
        said.certainty is Certainty.ACCEPTED and said.asked.form is Form.MESSAGE_FIRST
        for task in seen.model.tasks.values()
        for said in task.said
        if any(file.entries for file in said.asked.files)
    )


@invariant("UPLOAD-026", CREATE, SAY, reason="refused", expected="files may stand before the fields")
def files_may_come_first(seen: Seen) -> Findings:
    """A sound form whose files stand before its message is accepted."""
    body = _fits(seen, archives=True)
    if body is None or body.form is not Form.FILES_FIRST:
        return
    # Who takes no archive in any order does not refuse it for its place.
    if not any(file.entries for file in body.files) or _takes_archives(seen):
        yield from _accepted(seen, "the files stand before the message")


@invariant("UPLOAD-026", GET, reason="misread", expected="fields behind the files mean what they say")
def fields_behind_files_are_read(seen: Seen) -> Findings:
    """A task that was made by a form with its files first has the message and the options of that form."""
    creation = seen.task.creation if seen.task else None
    if creation is None or creation.asked.form is not Form.FILES_FIRST or not seen.exchange.ok:
        return
    given = {name: value for name, value in creation.asked.fields.items() if name in OPTIONS - {"message"}}
    other = [name for name, value in given.items() if name in seen.fields and seen.fields[name] != value]
    if (
        seen.task is not None
        and not seen.task.goes_on(seen.ended)
        and not creation.is_shown_as(seen.fields.get("message"))
    ):
        other.append("message")
    yield says(
        not other,
        "its form had the files first",
        f"{', '.join(other)} differ" if other else "all is as given",
    )
