"""CREATE, FOLLOWUP, UPLOAD, VARS and ERROR: what must be refused is refused, whenever it is sent."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.calls import decides
from sigmic_conformance.conformance.model.conversation import calls_in
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Asked, Form, asked, call_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

CREATE, SAY, APPROVE, TOKEN = "create_task", "send_message", "approve_tool_call", "create_token"
DOWNLOAD = "download_artifact"
UNSUPPORTED = 415
OPTIONS = frozenset({"env", "secrets", "autoExecute", "systemPrompt"})
"""Fields that a creation may have and a follow-up may not (FOLLOWUP-018)."""
OF_A_BODY = frozenset({400, 422})
"""Statuses that say that what was sent is wrong, and not that it is too much, too soon or somebody else's."""
_INVENTED = re.compile(r"no-such-[a-z-]+")
"""An id that says of itself that it is nobody's."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _refused(seen: Seen, known: str) -> Findings:
    """The request is not accepted; what a server without an answer did is another row's question."""
    if seen.was_told:
        yield says(not seen.exchange.succeeded, known, summary(seen.exchange))


def _without_message(body: Asked) -> bool:
    return body.known and "message" not in body.fields


@invariant("CREATE-008", CREATE, reason="accepted", expected="a creation without `message` is refused")
def creations_need_a_message(seen: Seen) -> Findings:
    """A creation without a message, in any form of body, is refused."""
    body = asked(seen.exchange.sent)
    if _without_message(body) and not body.files:
        yield from _refused(seen, "the body has no message")


@invariant("FOLLOWUP-004", SAY, reason="accepted", expected="a follow-up without `message` is refused")
def follow_ups_need_a_message(seen: Seen) -> Findings:
    """A follow-up without a message, with files or without, is refused."""
    if _without_message(asked(seen.exchange.sent)):
        yield from _refused(seen, "the body has no message")


@invariant("UPLOAD-013", CREATE, SAY, reason="accepted", expected="files without a `message` are refused")
def files_need_a_message(seen: Seen) -> Findings:
    """A form with files and no message is refused."""
    body = asked(seen.exchange.sent)
    if _without_message(body) and body.files:
        yield from _refused(seen, f"{plural(len(body.files), 'file')} and no message")


def _too_many(seen: Seen) -> Findings:
    body, most = asked(seen.exchange.sent), seen.model.profile.max_files
    if body.known and len(body.files) > most:
        yield from _refused(seen, f"{plural(len(body.files), 'file')}, and at most {most} are taken")


def _too_large(seen: Seen) -> Findings:
    body, most = asked(seen.exchange.sent), seen.model.profile.max_file_bytes
    sizes = [file.size for file in body.files if file.size > most]
    if body.known and sizes and seen.exchange.sent.whole:
        yield from _refused(seen, f"a file of {sizes[0]} bytes, and at most {most} are taken")


@invariant("UPLOAD-003", CREATE, reason="accepted", expected="more than 20 files are refused")
def creations_with_too_many_files(seen: Seen) -> Findings:
    """A creation with more files than may be sent is refused."""
    yield from _too_many(seen)


@invariant("UPLOAD-004", SAY, reason="accepted", expected="more than 20 files are refused")
def follow_ups_with_too_many_files(seen: Seen) -> Findings:
    """A follow-up with more files than may be sent is refused."""
    yield from _too_many(seen)


@invariant("UPLOAD-006", CREATE, reason="accepted", expected="a file above the limit is refused")
def creations_with_a_too_large_file(seen: Seen) -> Findings:
    """A creation with a file above the limit is refused."""
    yield from _too_large(seen)


@invariant("UPLOAD-007", SAY, reason="accepted", expected="a file above the limit is refused")
def follow_ups_with_a_too_large_file(seen: Seen) -> Findings:
    """A follow-up with a file above the limit is refused."""
    yield from _too_large(seen)


def _variables(seen: Seen) -> Iterator[tuple[str, Any]]:
    """The variables of a JSON body of a creation, names with values."""
    body = asked(seen.exchange.sent)
    if body.known and body.form is Form.JSON:
        for kind in ("env", "secrets"):
            yield from shapes.fields(body.fields.get(kind)).items()


def _any(seen: Seen, test: Callable[[str, Any], bool], known: str) -> Findings:
    wrong = [name for name, value in _variables(seen) if test(name, value)]
    if wrong:
        yield from _refused(seen, f"{known}: {wrong[0]!r}")


@invariant("VARS-008", CREATE, reason="accepted", expected="an ill-formed name is refused")
def names_are_well_formed(seen: Seen) -> Findings:
    """A creation with a variable whose name the documentation forbids is refused, in either map."""
    yield from _any(seen, lambda name, _: name.isascii() and not _NAME.fullmatch(name), "an ill-formed name")


@invariant("VARS-009", CREATE, reason="accepted", expected="a value that is not a string is refused")
def values_are_strings(seen: Seen) -> Findings:
    """A creation with a variable whose value is not a string is refused, in either map."""
    yield from _any(seen, lambda _, value: not isinstance(value, str), "a value that is not a string")


@invariant("CREATE-010", CREATE, reason="accepted", expected="a message that is not a string is refused")
def messages_are_strings(seen: Seen) -> Findings:
    """A JSON creation whose message is not a string is refused."""
    body = asked(seen.exchange.sent)
    if body.known and body.form is Form.JSON and not isinstance(body.fields.get("message", ""), str):
        yield from _refused(seen, f"the message is {shapes.word(body.fields['message'])[:40]}")


@invariant(
    "ERROR-030", APPROVE, reason="wrong-code", expected="NOT_FOUND for a call that the task does not have"
)
def unknown_calls_are_not_found(seen: Seen) -> Findings:
    """The owner's well-formed answer to a call of which nobody ever heard is refused as not found.

    Where no reader was, there may be calls that nobody told of: not one of a name that nobody can guess.
    """
    task, body = seen.task, asked(seen.exchange.sent)
    if task is None or task.creation is None or not seen.is_own or not decides(body):
        return
    call = task.calls.get(call_of(seen.exchange.sent))
    name = call_of(seen.exchange.sent)
    heard = all(task.heard_whole(turn) is not None for turn in task.turns if turn.began <= seen.ended)
    told = any(name in calls_in(view.messages) for view in task.views)
    heard = heard or (not told and _INVENTED.fullmatch(name) is not None)
    listed = any(_pends(each.fields, name) for each in task.read)
    if heard and not listed and (call is None or not call.heard) and task.turns:
        holds = seen.exchange.code == "NOT_FOUND" if seen.exchange.refused else not seen.exchange.succeeded
        yield says(holds, "no reader ever received the call", summary(seen.exchange))


def _pends(fields: Mapping[str, Any], call: str) -> bool:
    return any(each.get("callId") == call for each in shapes.objects(fields.get("pendingApprovals")))


@invariant("ERROR-016", APPROVE, reason="accepted", expected="4xx for what fails validation")
def unfit_answers_are_refused(seen: Seen) -> Findings:
    """An answer with none of the three outcomes to a waiting call is refused.

    A message of blanks is left to CREATE-009 and FOLLOWUP-020: no page says that it fails validation (G-11).
    """
    if _is_unfit(seen):
        yield from _refused(seen, "the outcome is not one of the three")


@invariant(
    "ERROR-016", CREATE, SAY, APPROVE, DOWNLOAD, reason="accepted", expected="4xx for what fails validation"
)
def what_is_told_to_be_invalid_is_refused(seen: Seen) -> Findings:
    """What tells that validation failed has the status of a refusal, whatever was wrong with the request."""
    if seen.exchange.code == "VALIDATION_ERROR" and seen.exchange.status is not None:
        yield says(seen.exchange.refused, "its code is VALIDATION_ERROR", summary(seen.exchange))


def _is_unfit(seen: Seen) -> bool:
    """Whether the owner answers a waiting call with none of the three outcomes."""
    body, task = asked(seen.exchange.sent), seen.task
    call = task.calls.get(call_of(seen.exchange.sent)) if task is not None and seen.is_own else None
    return call is not None and body.known and not decides(body) and call.waits(seen.began, seen.began)


@invariant("ERROR-017", APPROVE, DOWNLOAD, SAY, reason="wrong-code", expected="400 VALIDATION_ERROR")
def what_is_invalid_has_its_code(seen: Seen) -> Findings:
    """Refused as invalid: an answer with no outcome, a download without a path, a follow-up with options."""
    known = _why_invalid(seen)
    if known is not None and seen.exchange.refused:
        holds = (seen.exchange.status, seen.exchange.code) == (400, "VALIDATION_ERROR")
        yield says(holds, known, summary(seen.exchange))


def _why_invalid(seen: Seen) -> str | None:
    """What makes the owner's request invalid; None where nothing is known to."""
    if not seen.is_own:
        return None
    if seen.operation == DOWNLOAD:
        return None if "path=" in seen.exchange.sent.target else "no path was given"
    if seen.operation == APPROVE:
        return "the outcome is not one of the three" if _is_unfit(seen) else None
    if seen.exchange.status not in OF_A_BODY:
        return None
    body, rest = asked(seen.exchange.sent), seen.rest()
    more = sorted(OPTIONS & set(body.fields)) if body.known and body.message else []
    # Whether a task that did not end well goes on at all is a choice, and may be told first.
    goes_on = rest is not None and rest.over is not None and rest.over.status == COMPLETED
    return f"a follow-up has {more[0]}" if more and goes_on else None


@invariant("ERROR-019", TOKEN, CREATE, SAY, APPROVE, reason="wrong-code", expected="UNSUPPORTED_MEDIA_TYPE")
def other_media_types_have_their_code(seen: Seen) -> Findings:
    """A refusal that says by its status that the body is of another type says so by its code too."""
    if seen.exchange.status == UNSUPPORTED:
        shown = summary(seen.exchange)
        yield says(seen.exchange.code == "UNSUPPORTED_MEDIA_TYPE", "it was refused with 415", shown)


@invariant("ERROR-028", DOWNLOAD, reason="wrong-code", expected="VALIDATION_ERROR without `path`")
def downloads_need_a_path(seen: Seen) -> Findings:
    """The owner's download without a path is refused as invalid."""
    if seen.is_own and "path=" not in seen.exchange.sent.target and seen.exchange.refused:
        shown = f"{seen.exchange.status} {seen.exchange.code}"
        yield says(seen.exchange.code == "VALIDATION_ERROR", "no path was given", shown)
