"""AUTH: a credential that is none is refused by every operation alike; a good one works at each."""

import base64
import json
from typing import Any

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import Header, User
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import is_well_formed
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

CREATE, LIST = "create_task", "list_tasks"
READS = ("get_task", "get_task_history", "list_artifacts", "stream_task", LIST)
OF_A_TASK = (*READS[:4], "download_artifact", "send_message", "approve_tool_call", "cancel_task")
TASKS = (*OF_A_TASK, LIST, CREATE)
AT_FILES = ("approve_tool_call", "list_artifacts", "download_artifact")
UNAUTHORISED = 401
DIGITS = frozenset("0123456789abcdef")
LENGTH = 64
LONGEST = 1000
SEGMENTS = 3


def _headers(exchange: Exchange) -> list[tuple[str, str]]:
    return [
        (name.lower(), value)
        for name, value in exchange.sent.headers
        if name.lower() in {"authorization", "x-api-key"}
    ]


def _bearer(seen: Seen) -> str | None:
    """The one credential behind Bearer, where that is the only header of its kind."""
    headers = _headers(seen.exchange)
    if len(headers) == 1 and headers[0][0] == "authorization" and headers[0][1].startswith("Bearer "):
        return headers[0][1].removeprefix("Bearer ")
    return None


def _unauthorised(seen: Seen, known: str, *codes: str) -> Findings:
    """The request is refused with 401 and one of these codes; what else is wrong may come first (G-98)."""
    if seen.exchange.succeeded or (seen.exchange.refused and is_well_formed(seen.operation, seen.exchange)):
        holds = seen.exchange.status == UNAUTHORISED and (not codes or seen.exchange.code in codes)
        yield says(holds, known, summary(seen.exchange))


@invariant("AUTH-007", *TASKS, reason="wrong-code", expected="401 and one of two codes, always the same")
def malformed_keys_are_refused(seen: Seen) -> Findings:
    """A key with other than 64 hexadecimal digits is refused by every operation, with one code in the run."""
    key = _bearer(seen) or ""
    digits = key.removeprefix("sigmic_")
    malformed = len(digits) != LENGTH or bool(set(digits) - DIGITS)
    if key.startswith("sigmic_") and malformed and key.isascii() and key.isprintable() and len(key) < LONGEST:
        code = seen.exchange.code
        first = (
            seen.model.first_reading("AUTH-007", code) if code is not None and seen.exchange.refused else ""
        )
        known = "the key has not 64 hexadecimal digits"
        codes = {"INVALID_API_KEY", "INVALID_AUTH_FORMAT"} & {first or ""}
        yield from _unauthorised(seen, known, *(codes or {"INVALID_API_KEY"}))


def _segments(seen: Seen) -> list[str]:
    """The segments of a bearer token that nobody issued; none for any other credential."""
    token = _bearer(seen)
    return token.split(".") if token and token.startswith("eyJ") and seen.caller.is_invalid else []


def _decoded(segment: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return None


def _knows_tokens(seen: Seen) -> bool:
    return seen.exchange.code != "JWT_NOT_CONFIGURED"


@invariant("AUTH-009", *TASKS, reason="accepted", expected="401 for a token whose payload was altered")
def altered_tokens_are_refused(seen: Seen) -> Findings:
    """A token of three segments that was not issued so is refused by every operation."""
    if len(_segments(seen)) == SEGMENTS and _segments(seen)[2] and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token was not issued so")


@invariant("AUTH-011", *TASKS, reason="accepted", expected="401 for a token signed with another key")
def foreign_tokens_are_refused(seen: Seen) -> Findings:
    """A token with a signature that is not the server's is refused by every operation."""
    segments = _segments(seen)
    header = _decoded(segments[0]) if len(segments) == SEGMENTS and segments[2] else None
    if isinstance(header, dict) and header.get("alg") != "none" and _knows_tokens(seen):
        yield from _unauthorised(seen, "its signature is another's")


@invariant("AUTH-010", *TASKS, reason="accepted", expected="401 for a token without a signature")
def unsigned_tokens_are_refused(seen: Seen) -> Findings:
    """A token that says `alg: none` is refused by every operation."""
    segments = _segments(seen)
    header = _decoded(segments[0]) if segments else None
    if isinstance(header, dict) and str(header.get("alg")).lower() == "none" and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token is not signed")


@invariant("AUTH-012", *TASKS, reason="wrong-refusal", expected="401 for a malformed token")
def broken_tokens_are_refused(seen: Seen) -> Findings:
    """A token with a missing segment, or with one that is no JSON, is refused with 401."""
    segments = _segments(seen)
    whole = len(segments) == SEGMENTS and all(isinstance(_decoded(each), dict) for each in segments[:2])
    sound = is_well_formed(seen.operation, seen.exchange)
    if segments and not whole and sound and _knows_tokens(seen) and seen.exchange.status is not None:
        yield says(seen.exchange.status == UNAUTHORISED, "the token is broken", summary(seen.exchange))


@invariant(
    "AUTH-023", *AT_FILES, reason="wrong-code", expected="401 INVALID_TOKEN at approvals and files too"
)
def files_refuse_tokens_alike(seen: Seen) -> Findings:
    """Approvals and files refuse an invalid token with the code of the other operations."""
    if _segments(seen) and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token is not valid", "INVALID_TOKEN")


@invariant(
    "AUTH-016", *TASKS, reason="wrong-refusal", expected="401 INVALID_API_KEY for a token in X-API-Key"
)
def tokens_are_no_keys(seen: Seen) -> Findings:
    """A token in X-API-Key is refused as a key that is none."""
    headers = _headers(seen.exchange)
    if len(headers) == 1 and headers[0][0] == "x-api-key" and headers[0][1].startswith("eyJ"):
        yield from _unauthorised(seen, "X-API-Key has a token", "INVALID_API_KEY")


@invariant("AUTH-017", *TASKS, reason="wrong-refusal", expected="401 INVALID_AUTH_FORMAT for another scheme")
def other_schemes_are_refused(seen: Seen) -> Findings:
    """A credential of another scheme is refused by every operation, with its code."""
    headers = _headers(seen.exchange)
    scheme = headers[0][1].partition(" ")[0] if len(headers) == 1 and headers[0][0] == "authorization" else ""
    if " " in (headers[0][1] if headers else "") and scheme.isalpha() and scheme.lower() != "bearer":
        yield from _unauthorised(seen, f"the scheme is {scheme}", "INVALID_AUTH_FORMAT")


@invariant("AUTH-018", *TASKS, reason="accepted", expected="no credential from the query string")
def queries_carry_no_credential(seen: Seen) -> Findings:
    """A request whose only credential is in its query is not accepted, by any operation."""
    query = seen.exchange.sent.target.partition("?")[2]
    there = any(word in query for word in ("[secret:", "key=", "token="))
    if not _headers(seen.exchange) and there and seen.was_told:
        yield says(not seen.exchange.succeeded, "the credential is in the query", summary(seen.exchange))


@invariant(
    "AUTH-020", CREATE, "send_message", reason="body-first", expected="401, not a complaint about the body"
)
def credentials_come_first(seen: Seen) -> Findings:
    """A body with something wrong, sent without credentials, is refused for the credentials."""
    wrong = not is_well_formed(seen.operation, seen.exchange)
    if seen.caller.is_nobody and wrong and seen.was_told:
        yield says(seen.exchange.status == UNAUTHORISED, "it carries no credential", summary(seen.exchange))


@invariant("AUTH-022", *TASKS, reason="server-error", expected="4xx for a credential of odd characters")
def odd_credentials_break_nothing(seen: Seen) -> Findings:
    """A credential that is very long, or not printable ASCII, is refused and breaks nothing."""
    headers = _headers(seen.exchange)
    odd = [
        value
        for _, value in headers
        if len(value) > LONGEST or not value.isascii() or not value.isprintable()
    ]
    token = bool(odd) and odd[0].partition(" ")[2].startswith("eyJ")
    if odd and not token and seen.caller.owner is None and seen.exchange.status is not None:
        shown = summary(seen.exchange)
        yield says(seen.exchange.refused, f"the credential has {plural(len(odd[0]), 'character')}", shown)


@invariant(
    "AUTH-019",
    *OF_A_TASK,
    reason="existence-revealed",
    expected="the same for an existing and an unknown task",
)
def strangers_see_no_difference(seen: Seen) -> Findings:
    """Without a valid credential a task that is there answers as one that nobody made."""
    if not (seen.caller.is_nobody or seen.caller.is_invalid) or not seen.exchange.refused:
        return
    if seen.task is None or seen.task.creation is None or not is_well_formed(seen.operation, seen.exchange):
        return
    for other in seen.model.refused_as(seen.operation, tuple(_headers(seen.exchange))):
        mine, theirs = ((each.status, each.code, each.message) for each in (seen.exchange, other))
        yield says(mine == theirs, f"an unknown task was answered {theirs[:2]}", summary(seen.exchange))
        return


@invariant(
    "AUTH-006", *READS, reason="two-readings", expected="a token works everywhere, or at create_task alone"
)
def tokens_work_alike(seen: Seen) -> Findings:
    """The end user's own token is taken by every reading operation, or by none, within one run.

    At the tasks of others it is refused as a token by all of them, or by none.
    """
    own = seen.operation == LIST or seen.is_own
    if not isinstance(seen.caller.owner, User) or seen.caller.header is not Header.BEARER:
        return
    if any(name.lower() == "origin" for name, _ in seen.exchange.sent.headers):
        return
    theirs = seen.task is not None and seen.task.owner is not None and not own
    foreign = theirs and seen.exchange.status in {401, 403, 404}
    if foreign or (own and (seen.exchange.succeeded or seen.exchange.status in {401, 403})):
        taken = seen.exchange.succeeded if own else seen.exchange.status != UNAUTHORISED
        reading, whose = "taken" if taken else "refused", "" if own else " at others' tasks"
        first = seen.model.first_reading(f"AUTH-006{whose}", reading)
        yield says(reading == first, f"a token was {first} before{whose}", summary(seen.exchange))


@invariant(
    "AUTH-024", CREATE, *READS, reason="refused", expected="a token from an allowed origin is accepted"
)
def allowed_origins_are_accepted(seen: Seen) -> Findings:
    """A token that comes from the allowed origin is not refused for that, by any operation."""
    origin = next((value for name, value in seen.exchange.sent.headers if name.lower() == "origin"), None)
    allowed = seen.model.profile.allowed_origin
    if origin is None or origin != allowed or not isinstance(seen.caller.owner, User):
        return
    if seen.was_told:
        holds = seen.exchange.status != UNAUTHORISED and seen.exchange.code != "ORIGIN_NOT_ALLOWED"
        yield says(holds, f"{origin} is allowed", summary(seen.exchange))


@invariant(
    "ERROR-006", CREATE, *READS, reason="wrong-code", expected="403 ORIGIN_NOT_ALLOWED for another origin"
)
def other_origins_are_refused(seen: Seen) -> Findings:
    """A token that comes from another origin than the allowed one is refused with its code."""
    origin = next((value for name, value in seen.exchange.sent.headers if name.lower() == "origin"), None)
    allowed = seen.model.profile.allowed_origin
    if origin is None or allowed is None or origin == allowed or not isinstance(seen.caller.owner, User):
        return
    foreign = origin.startswith("https://") and allowed not in origin
    if foreign and seen.exchange.refused:
        holds = (seen.exchange.status, seen.exchange.code) == (403, "ORIGIN_NOT_ALLOWED")
        yield says(holds, f"{origin} is not allowed", summary(seen.exchange))
