"""The error catalogue, one row per code."""

import itertools
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import Relation, User
from sigmic_conformance.model.calls import decides
from sigmic_conformance.model.conversation import calls_in
from sigmic_conformance.model.observation.seen import NO_ORIGIN, Seen
from sigmic_conformance.model.observation.seen_requests import (
    is_refused_as,
    is_viewer,
    not_accepted,
    why_not_refused,
)
from sigmic_conformance.model.operations import (
    APPROVE,
    CANCEL,
    CHANGES,
    CREATE,
    DOWNLOAD,
    FILES,
    OF_A_TASK,
    READS,
    SAY,
    TASKS,
    TOKEN,
)
from sigmic_conformance.model.record.controls import refused
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import (
    Asked,
    Form,
    call_of,
    is_well_formed,
)
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.workspace import Download
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.redaction import PLACEHOLDER

UNAUTHORISED, NOT_FOUND, UNSUPPORTED = 401, 404, 415
MESSAGES = {
    "AUTH_REQUIRED": "Authentication required",
    "INVALID_CREDENTIALS": "Invalid app credentials",
}
DIGITS = 64
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RELATIVE = re.compile(r"\w[\w .-]{0,199}(/\w[\w .-]{0,199})*")
_RANDOM_ID = re.compile(r".{8,}(?=.{0,7}[A-Za-z]).{8}")
"""A random id: it has a letter near its end, so it is not a counted number."""
_INVENTED = re.compile(r"no-such-[a-z-]+")


def _coded(seen: Seen, code: str, known: str) -> Findings:
    exchange = seen.exchange
    if seen.was_decided and (exchange.succeeded or is_well_formed(seen.operation, exchange)):
        holds = (exchange.status, exchange.code) == (UNAUTHORISED, code)
        yield says(holds, known, summary(exchange), reason=why_not_refused(exchange, UNAUTHORISED))


@check("ERROR-001", *TASKS, reason="wrong-code")
def without_credential(seen: Seen) -> Findings:
    """An operation on tasks without any credential is refused with its code, for any request."""
    query = seen.exchange.sent.target.partition("?")[2]
    in_query = any(word in query for word in ("[secret:", "key=", "token="))
    if seen.caller.is_nobody and not in_query:
        yield from _coded(seen, "AUTH_REQUIRED", "it carries no credential")


def _credential(seen: Seen) -> str:
    """The value after `Bearer`, for a request that is otherwise as documented."""
    values = [value for name, value in seen.exchange.sent.headers if name.lower() == "authorization"]
    return values[0].removeprefix("Bearer ") if values and values[0].startswith("Bearer ") else ""


@check("ERROR-002", *TASKS, reason="wrong-code")
def with_an_unknown_key(seen: Seen) -> Findings:
    """A well-formed key that was never issued is refused with its code, for any request."""
    credential = _credential(seen) or seen.exchange.sent.header("x-api-key") or ""
    digits = credential.removeprefix("sigmic_")
    well_formed = (
        credential.startswith("sigmic_")
        and len(digits) == DIGITS
        and not set(digits) - set("0123456789abcdef")
    )
    if seen.caller.is_invalid and well_formed:
        yield from _coded(seen, "INVALID_API_KEY", "the key was never issued")


@check("ERROR-003", *TASKS, reason="wrong-code")
def with_an_unknown_format(seen: Seen) -> Findings:
    """A bearer credential with neither prefix is refused with its code, for any request."""
    credential = _credential(seen)
    odd = not credential.isascii() or not credential.isprintable() or not credential
    known = credential.startswith(("sigmic_", "eyJ")) or PLACEHOLDER.match(credential)  # of a key
    if seen.caller.is_invalid and not odd and not known:
        yield from _coded(seen, "INVALID_AUTH_FORMAT", "the credential has neither prefix")


@check("ERROR-004", *TASKS, reason="wrong-code")
def with_an_invalid_token(seen: Seen) -> Findings:
    """A bearer token that is not valid is refused with its code, for any request."""
    if (
        seen.caller.is_invalid
        and _credential(seen).startswith("eyJ")
        and seen.exchange.code != "JWT_NOT_CONFIGURED"
    ):
        yield from _coded(seen, "INVALID_TOKEN", "the token is not valid")


@check("ERROR-006", CREATE, SAY, CANCEL, *READS, DOWNLOAD, reason="accepted")
def other_origins_are_refused(seen: Seen) -> Findings:
    """A token's request from another host than the allowed one is refused with the code, if any such is.

    The other host may begin alike, or be `null`: each page can send that from a sandboxed frame. Another
    scheme or port of the allowed host is open (G-90). A follow-up, a cancellation or a download may be
    refused for another reason.
    """
    origin, allowed = seen.exchange.sent.header("origin"), seen.model.profile.allowed_origin
    if origin is None or allowed is None or not isinstance(seen.caller.owner, User):
        return
    if urlsplit(origin).hostname == urlsplit(allowed).hostname:
        return
    if seen.exchange.refused and seen.operation not in {SAY, CANCEL, DOWNLOAD}:
        holds = (seen.exchange.status, seen.exchange.code) == (403, NO_ORIGIN)
        yield says(holds, f"{origin} is not allowed", summary(seen.exchange), reason="wrong-code")
    elif seen.was_answered and seen.exchange.ok:
        used = (each for each in seen.model.exchanges if seen.model.operation(each) != TOKEN)
        if any(each.code == NO_ORIGIN for each in used):
            yield breaks(f"{origin} is not {allowed}, and another is refused", summary(seen.exchange))


def _is_odd(name: str, value: object) -> bool:
    return NAME.fullmatch(name) is None or not isinstance(value, str)


def _variables(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return (each for kind in ("env", "secrets") for each in json_values.fields(body.get(kind)).items())


MISTAKES: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "MISSING_CREDENTIALS": lambda body: not {"appId", "appSecret"} <= body.keys(),
    "MISSING_END_USER_ID": lambda body: not body.get("endUserId"),
    "INVALID_ENV": lambda body: any(itertools.starmap(_is_odd, _variables(body))),
}
"""The possible mistakes in an exchange's body, by the code of a body with only this mistake."""


def _mistake_has_its_code(seen: Seen, code: str) -> Findings:
    """A body of the exchange with this mistake is refused; another one shows that the app is accepted."""
    body = seen.body
    if body.form is not Form.JSON or not MISTAKES[code](body.fields):
        return
    known = f"the body of the exchange has the mistake of {code}"
    if "expiresIn" in body.fields or sum(is_wrong(body.fields) for is_wrong in MISTAKES.values()) > 1:
        yield from is_refused_as(seen, known)
    elif seen.exchange.succeeded or seen.model.gives_tokens:
        yield from is_refused_as(seen, known, status=400, code=code)


@check("ERROR-007", TOKEN, reason="wrong-code")
def missing_credentials(seen: Seen) -> Findings:
    """A body without the credentials of an app is refused with its code."""
    return _mistake_has_its_code(seen, "MISSING_CREDENTIALS")


@check("ERROR-008", TOKEN, reason="wrong-code")
def missing_end_user(seen: Seen) -> Findings:
    """A body without an end user is refused with its code."""
    return _mistake_has_its_code(seen, "MISSING_END_USER_ID")


@check("ERROR-009", reason="not-refused")
def wrong_credentials_have_their_code(record: Record) -> Findings:
    names = ("wrong secret", "unknown app", "secret and more", "nearly the secret")
    return _exchanges_refused(record, names, 401, "INVALID_CREDENTIALS")


@check("ERROR-010", reason="not-refused")
def wrong_lifetimes_have_their_code(record: Record) -> Findings:
    names = ("expiresIn banana", "expiresIn with more", "expiresIn within")
    return _exchanges_refused(record, names, 400, "INVALID_EXPIRES_IN")


def _exchanges_refused(record: Record, names: Sequence[str], status: int, code: str) -> Findings:
    """The exchanges of these names are refused with status and code, while a good one is accepted."""
    labels, known = [f"bad: {name}" for name in names], f"{status} {code}"
    control, codes = "good: default", frozenset({code})
    return refused(
        record, "token_exchange", labels, control=control, expected=known, status=status, codes=codes
    )


@check("ERROR-011", TOKEN, reason="wrong-code")
def odd_variables(seen: Seen) -> Findings:
    """A body with a variable of an odd name or value is refused with its code."""
    return _mistake_has_its_code(seen, "INVALID_ENV")


@check("ERROR-012", *CHANGES, reason="wrong-refusal")
def viewers_are_forbidden(seen: Seen) -> Findings:
    """No change with a viewer's key is accepted, in any state of the task."""
    if is_viewer(seen) and is_well_formed(seen.operation, seen.exchange):
        sure = seen.operation in {CREATE, SAY, CANCEL}
        code, status = ("FORBIDDEN", 403) if sure else (None, None)
        yield from is_refused_as(seen, "the key is a viewer's", status=status, code=code)


def _nobody_made(seen: Seen) -> bool:
    """Whether no answer named the task: a UUID, or a random id of the target's own form with another end."""
    name, tasks = seen.exchange.task, seen.model.tasks
    if name in tasks and _is_named(tasks[name]):
        return False
    alike = any(each[:-1] == name[:-1] and _is_named(tasks[each]) for each in tasks)
    return json_values.UUID.fullmatch(name) is not None or (_RANDOM_ID.fullmatch(name) is not None and alike)


def _is_named(task: Task) -> bool:
    return bool(task.creation is not None or task.read or task.statuses)


def _is_unknown(seen: Seen) -> bool:
    """Whether a valid caller sends a well-formed request for a task that no answer of the run has named."""
    if seen.caller.owner is None or is_viewer(seen) or not is_well_formed(seen.operation, seen.exchange):
        return False
    return _nobody_made(seen) and not seen.model.choices.takes_for_malformed(seen.exchange.status)


@check("ERROR-013", FILES, DOWNLOAD, APPROVE, reason="wrong-code")
def unknown_tasks_have_no_files(seen: Seen) -> Findings:
    """Files and calls of a task that was never created are not found."""
    if _is_unknown(seen):
        yield from is_refused_as(seen, "the task was never created", code="NOT_FOUND")


@check("ERROR-014", APPROVE, reason="wrong-code")
def unknown_outcomes_are_refused(seen: Seen, task: Task, body: Asked) -> Findings:
    """An outcome that is not one of the three, sent by the owner to a waiting call, is refused as invalid."""
    outcome = body.fields.get("outcome")
    if not seen.may_answer_calls or not body.known or not isinstance(outcome, str) or decides(body):
        return
    call = task.calls.get(call_of(seen.exchange.sent))
    if call is not None and call.waits(seen.began, seen.began):
        yield from is_refused_as(seen, f"the outcome is {spelled(outcome)}", code="VALIDATION_ERROR")


@check("ERROR-015", *OF_A_TASK, reason="wrong-code")
def unknown_tasks_are_not_found(seen: Seen) -> Findings:
    """No operation finds a task that was never created."""
    if _is_unknown(seen):
        yield from is_refused_as(seen, "the task was never created", status=404, code="NOT_FOUND")


@check("ERROR-015", *OF_A_TASK, reason="wrong-code")
def hidden_tasks_are_not_found(seen: Seen) -> Findings:
    """A 404 to a caller of another project or user has the code NOT_FOUND, as for a task that does not exist.

    For a task that was never created this applies to every caller and every request.
    """
    stranger = seen.relation in {Relation.OTHER_PROJECT, Relation.OTHER_END_USER} or _nobody_made(seen)
    if stranger and seen.exchange.status == NOT_FOUND and seen.exchange.code is not None:
        yield says(
            seen.exchange.code == "NOT_FOUND",
            "the response is 404",
            summary(seen.exchange),
        )


def _lacks(body: Asked, operation: str) -> str | None:
    """What is missing or wrong in a body of a valid form; None if nothing is, or if that is unknown.

    No page says that an empty message fails validation (G-11).
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
    if seen.caller.owner is None or is_viewer(seen) or not seen.exchange.sent.whole:
        return None
    if seen.operation == CREATE:
        return _lacks(seen.body, CREATE)
    return _lacks(seen.body, seen.operation) if seen.is_own and seen.operation == SAY else None


@check("ERROR-016", CREATE, SAY, reason="accepted")
def invalid_bodies_are_refused(seen: Seen) -> Findings:
    """A body without a message is refused with a 4xx status, in any form and at any turn."""
    known = _is_invalid(seen)
    if known is not None:
        yield from is_refused_as(seen, known)


def _is_unfit(seen: Seen) -> bool:
    """Whether the owner answers a waiting call with none of the three outcomes."""
    body, task = seen.body, seen.task
    if task is None or not seen.may_answer_calls:
        return False
    call = task.calls.get(call_of(seen.exchange.sent))
    return call is not None and body.known and not decides(body) and call.waits(seen.began, seen.began)


@check("ERROR-016", APPROVE, reason="accepted")
def unfit_answers_are_refused(seen: Seen) -> Findings:
    """An answer with none of the three outcomes to a waiting call is refused."""
    if _is_unfit(seen):
        yield from not_accepted(seen, "the outcome is not one of the three")


@check("ERROR-016", CREATE, SAY, APPROVE, DOWNLOAD, reason="accepted")
def what_is_documented_as_invalid_is_refused(seen: Seen) -> Findings:
    """A response with the code of failed validation has a status of refusal, whatever the mistake was."""
    if seen.exchange.code == "VALIDATION_ERROR" and seen.exchange.status is not None:
        yield says(seen.exchange.refused, "its code is VALIDATION_ERROR", summary(seen.exchange))


@check("ERROR-027", *TASKS, TOKEN, reason="other-message")
def documented_messages(seen: Seen) -> Findings:
    """The two codes with documented messages have these messages."""
    wanted = MESSAGES.get(seen.exchange.code or "")
    if wanted is not None and seen.exchange.refused:
        shown = f"{seen.exchange.code}: {spelled(seen.exchange.message)}"
        yield says(seen.exchange.message == wanted, f"the message is {spelled(wanted)}", shown)


@check("ERROR-028", DOWNLOAD, reason="wrong-code")
def downloads_need_a_path(seen: Seen) -> Findings:
    """The owner's download without a path is refused as invalid."""
    if seen.is_own and "path=" not in seen.exchange.sent.target:
        yield from is_refused_as(seen, "no path was given", code="VALIDATION_ERROR")


def _climbs(path: str) -> bool:
    """Whether a path leads out of the workspace, plain or decoded once or twice."""
    forms = {form.replace("\\", "/") for form in (path, unquote(path), unquote(unquote(path)))}
    return any(posixpath.normpath(form).startswith(("../", "/etc/")) for form in forms)


def _last(path: str) -> str:
    """The last part of a path; a backslash may separate parts, or be a letter of a name."""
    return posixpath.basename(path.replace("\\", "/"))


@check("ERROR-029", DOWNLOAD, reason="accepted")
def files_of_others_are_absent(seen: Seen, task: Task, download: Download) -> Findings:
    """The owner's download of a path out of the workspace is not accepted, unless a list has its name."""
    if not download.path or not seen.is_own or not seen.was_answered:
        return
    name = _last(unquote(unquote(download.path)))
    listed = any(_last(path) == name for each in task.listings for path in each.files)
    if _climbs(download.path) and task.listings and not listed:
        yield says(
            not seen.exchange.succeeded, f"no list has {spelled(download.path)}", summary(seen.exchange)
        )


def _absent(seen: Seen) -> Iterator[str]:
    """The path of a download that no call named and no list has, if the task was idle throughout."""
    download, task = seen.download, seen.task
    if task is None or download is None or not download.path or not seen.is_own:
        return
    hidden = any(part.startswith(".") or part == "node_modules" for part in download.path.split("/"))
    for listing in task.listings if not hidden else ():
        began, ended = min(listing.exchange.started, seen.began), max(listing.exchange.ended, seen.ended)
        if download.path not in listing.files and task.turns.at_rest(began, ended) is not None:
            name = download.path.rpartition("/")[2]
            made = any(name in call.words for call in task.calls.values())
            if not made and not any(_last(path) == name for path in listing.files):
                yield download.path
                return


@check("ERROR-029", DOWNLOAD, reason="wrong-code")
def absent_files_are_not_found(seen: Seen) -> Findings:
    """A relative path of plain names that is not listed is not found, in any turn.

    No page says how any other path is refused (G-78).
    """
    for path in _absent(seen):
        if _RELATIVE.fullmatch(path):
            yield from is_refused_as(seen, f"no list has {path}", code="NOT_FOUND")


@check("ERROR-030", APPROVE, reason="wrong-code")
def unknown_calls_are_not_found(seen: Seen, task: Task, body: Asked) -> Findings:
    """The owner's well-formed answer to a call that was never reported is refused as not found.

    Without a reader there may be unreported calls, but not with a name that cannot be guessed, nor with the
    random id of another task's call.
    """
    if task.creation is None or not seen.may_answer_calls or not decides(body):
        return
    call = task.calls.get(call_of(seen.exchange.sent))
    name = call_of(seen.exchange.sent)
    heard = all(task.readers.of_all(turn) is not None for turn in task.turns if turn.began <= seen.ended)
    told = any(name in calls_in(view.messages) for view in task.views)
    others = (each.calls.get(name) for each in seen.model.tasks.values() if each is not task)
    of_another = any(each is not None and each.events for each in others) and _RANDOM_ID.fullmatch(name)
    heard = heard or (not told and bool(of_another or _INVENTED.fullmatch(name)))
    listed = any(name in each.pending_calls for each in task.read)
    if heard and not listed and (call is None or not call.events) and task.turns:
        yield from is_refused_as(seen, "no reader ever received the call", code="NOT_FOUND")
