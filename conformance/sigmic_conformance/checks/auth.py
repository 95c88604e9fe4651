"""Credentials, that is API keys and tokens, at every operation."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import Caller, Header, Key, Relation, User
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_requests import why_not_refused
from sigmic_conformance.model.operations import (
    APPROVE,
    CREATE,
    DOWNLOAD,
    FILES,
    GET,
    LIST,
    OF_A_TASK,
    READS,
    STREAM,
    TASKS,
)
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import SentMessage, asked, is_well_formed, query_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

AT_FILES = (APPROVE, FILES, DOWNLOAD)
UNAUTHORISED, FORBIDDEN = 401, 403
LENGTH, DIGITS = 64, frozenset("0123456789abcdef")
LONGEST = 1000
SEGMENTS = 3
_TRIED: tuple[str, ...] = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")


def _accepts(seen: Seen, caller: Caller, known: str) -> Findings:
    """A valid credential is never refused as missing or invalid."""
    if caller.owner is not None and seen.was_answered:
        yield says(seen.exchange.status != UNAUTHORISED, known, summary(seen.exchange))


@check("AUTH-001", *TASKS, reason="refused")
def keys_as_bearer(seen: Seen) -> Findings:
    """The run's keys are accepted after `Bearer` by every operation."""
    if isinstance(seen.caller.owner, Key) and seen.caller.header is Header.BEARER:
        yield from _accepts(seen, seen.caller, "the key is valid")


@check("AUTH-002", *TASKS, reason="refused")
def keys_as_api_key(seen: Seen) -> Findings:
    """The run's keys are accepted in X-API-Key by every operation."""
    if isinstance(seen.caller.owner, Key) and seen.caller.header is Header.API_KEY:
        yield from _accepts(seen, seen.caller, "the key is valid")


@check("AUTH-003", GET, STREAM, reason="not-seen")
def either_header_sees_the_task(seen: Seen, creation: SentMessage) -> Findings:
    """The key that created a task also sees it in the other header.

    Its files and its history may not exist yet, or no longer (X-14, G-75, G-82).
    """
    other = seen.model.callers.of(creation.exchange).header is not seen.caller.header
    if isinstance(seen.caller.owner, Key) and other:
        yield from not_refused(seen)


@check("AUTH-004", *TASKS, reason="effect-without-credentials")
def without_a_valid_credential_nothing_is_accepted(seen: Seen) -> Findings:
    """A request without a credential, or with one that was never issued or has expired, is not accepted."""
    if seen.caller.is_nobody or seen.caller.is_invalid:
        known = "it carries no credential" if seen.caller.is_nobody else "its credential was never issued"
        yield says(not seen.exchange.succeeded, known, summary(seen.exchange))


@check("AUTH-005", CREATE, reason="refused")
def tokens_create(seen: Seen) -> Findings:
    """A valid token is not refused as missing or invalid when it creates a task."""
    if isinstance(seen.caller.owner, User):
        yield from _accepts(seen, seen.caller, "the token is valid")


@check("AUTH-006", *READS, reason="two-readings")
def tokens_work_alike(seen: Seen) -> Findings:
    """The end user's own token is accepted by every reading operation, or by none, within one run.

    For the tasks of others it is refused as a token by all of them, or by none.
    """
    own = seen.operation == LIST or seen.is_own
    if not isinstance(seen.caller.owner, User) or seen.caller.header is not Header.BEARER:
        return
    if seen.from_elsewhere:
        return
    theirs = seen.task is not None and seen.task.owner is not None and not own
    foreign = theirs and seen.exchange.status in {401, 403, 404}
    if foreign or (own and (seen.exchange.succeeded or seen.exchange.status in {401, 403})):
        taken = seen.exchange.succeeded if own else seen.exchange.status != UNAUTHORISED
        reading, whose = "taken" if taken else "refused", "" if own else " at others' tasks"
        first = seen.model.first_reading(f"AUTH-006{whose}", reading)
        yield says(reading == first, f"a token was {first} before{whose}", summary(seen.exchange))


@check("AUTH-006", reason="no-reading")
def where_a_token_works(record: Record) -> Findings:
    followed = Reading(
        every_operation="a token works on all task operations", create_only="only on create_task"
    )
    for operation in _TRIED:
        exchange = record.exchange("end_users", f"own: {operation}")
        if exchange.succeeded:
            reading: str | None = "every_operation"
        else:
            reading = "create_only" if exchange.status in {401, 403} else None
        followed.add(reading, exchange, summary(exchange))
    return followed.findings()


def _headers(exchange: Exchange) -> list[tuple[str, str]]:
    return [
        (name.lower(), value)
        for name, value in exchange.sent.headers
        if name.lower() in {"authorization", "x-api-key"}
    ]


def _bearer(seen: Seen) -> str | None:
    """The credential behind Bearer, if the request has no other credential header."""
    headers = _headers(seen.exchange)
    if len(headers) == 1 and headers[0][0] == "authorization" and headers[0][1].startswith("Bearer "):
        return headers[0][1].removeprefix("Bearer ")
    return None


def _unauthorised(seen: Seen, known: str, *codes: str) -> Findings:
    """The request is refused with 401 and one of these codes, unless it has another mistake (G-98)."""
    exchange = seen.exchange
    if seen.was_decided and (exchange.succeeded or is_well_formed(seen.operation, exchange)):
        holds = exchange.status == UNAUTHORISED and (not codes or exchange.code in codes)
        yield says(holds, known, summary(exchange), reason=why_not_refused(exchange, UNAUTHORISED))


@check("AUTH-007", *TASKS, reason="wrong-code")
def malformed_keys_are_refused(seen: Seen) -> Findings:
    """A key without 64 hexadecimal digits is refused by every operation, with one code in the run."""
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


@check("AUTH-008", *TASKS, reason="wrong-code")
def tokens_end(seen: Seen) -> Findings:
    """Every operation refuses an expired token with 401 INVALID_TOKEN."""
    if seen.model.callers.is_over(seen.exchange):
        yield from _unauthorised(seen, "the lifetime of the token is over", "INVALID_TOKEN")


def _knows_tokens(seen: Seen) -> bool:
    return seen.exchange.code != "JWT_NOT_CONFIGURED"


def _segments(seen: Seen) -> list[str]:
    """The segments of a bearer token that was never issued; empty for any other credential."""
    token = _bearer(seen)
    return token.split(".") if token and token.startswith("eyJ") and seen.caller.is_invalid else []


@check("AUTH-009", *TASKS, reason="accepted")
def altered_tokens_are_refused(seen: Seen) -> Findings:
    """A token of three segments that was not issued in this form is refused by every operation."""
    if len(_segments(seen)) == SEGMENTS and _segments(seen)[2] and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token was not issued so")


def _decoded(segment: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return None


@check("AUTH-010", *TASKS, reason="accepted")
def unsigned_tokens_are_refused(seen: Seen) -> Findings:
    """A token that says `alg: none` is refused by every operation."""
    segments = _segments(seen)
    header = _decoded(segments[0]) if segments else None
    if isinstance(header, dict) and str(header.get("alg")).lower() == "none" and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token is not signed")


@check("AUTH-011", *TASKS, reason="accepted")
def foreign_tokens_are_refused(seen: Seen) -> Findings:
    """A token with a signature from another signer is refused by every operation."""
    segments = _segments(seen)
    header = _decoded(segments[0]) if len(segments) == SEGMENTS and segments[2] else None
    if isinstance(header, dict) and header.get("alg") != "none" and _knows_tokens(seen):
        yield from _unauthorised(seen, "its signature is another's")


@check("AUTH-012", *TASKS, reason="wrong-code")
def broken_tokens_are_refused(seen: Seen) -> Findings:
    """A token with a missing or non-JSON segment is refused with 401."""
    segments = _segments(seen)
    whole = len(segments) == SEGMENTS and all(isinstance(_decoded(each), dict) for each in segments[:2])
    if segments and not whole and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token is broken")


@check("AUTH-013", *TASKS, reason="refused")
def schemes_in_any_case(seen: Seen) -> Findings:
    """A key of the run behind the word Bearer is accepted in any capitalisation of the word."""
    headers = _headers(seen.exchange)
    name, value = headers[0] if len(headers) == 1 else ("", "")
    scheme, _, credential = value.partition(" ")
    written = name == "authorization" and scheme.lower() == "bearer" and scheme != "Bearer"
    if written and credential in seen.model.credentials and seen.was_answered:
        known = f"the key is valid behind {scheme}"
        yield says(seen.exchange.status != UNAUTHORISED, known, summary(seen.exchange))


@check("AUTH-014", *TASKS, reason="no-challenge")
def refusals_carry_a_challenge(seen: Seen) -> Findings:
    """Every 401 of an operation on tasks has a WWW-Authenticate header."""
    if seen.exchange.status == UNAUTHORISED:
        value = seen.exchange.header("www-authenticate")
        yield says(bool(value), "the status is 401", f"WWW-Authenticate {spelled(value)}")


@check("AUTH-018", *TASKS, reason="accepted")
def queries_carry_no_credential(seen: Seen) -> Findings:
    """A request whose only credential is in its query is not accepted by any operation."""
    query = seen.exchange.sent.target.partition("?")[2]
    there = any(word in query for word in ("[secret:", "key=", "token="))
    if not _headers(seen.exchange) and there and seen.was_answered:
        yield says(not seen.exchange.succeeded, "the credential is in the query", summary(seen.exchange))


def _unknown(seen: Seen, *, well_formed: bool) -> Iterator[Exchange]:
    """Refusals of the same operation on tasks that were never created, to the same credential."""
    mine = _headers(seen.exchange)
    for each in seen.model.exchanges:
        is_alike = each.refused and _headers(each) == mine and seen.model.operation(each) == seen.operation
        if is_alike and is_well_formed(seen.operation, each) is well_formed:
            task = seen.model.tasks.get(each.task)
            malformed = seen.model.choices.takes_for_malformed(each.status)
            if (
                (task is None or task.creation is None)
                and json_values.UUID.fullmatch(each.task)
                and not malformed
            ):
                yield each


@check("AUTH-019", *OF_A_TASK, reason="existence-revealed")
def strangers_see_no_difference(seen: Seen) -> Findings:
    """Without a valid credential, an existing task is refused like one that was never created."""
    if not (seen.caller.is_nobody or seen.caller.is_invalid) or not seen.exchange.refused:
        return
    if seen.task is None or seen.task.creation is None or not is_well_formed(seen.operation, seen.exchange):
        return
    for other in _unknown(seen, well_formed=True):
        mine, theirs = ((each.status, each.code, each.message) for each in (seen.exchange, other))
        yield says(
            mine == theirs,
            f"a task that does not exist is answered with {spelled(theirs[:2])}",
            summary(seen.exchange),
        )
        return


def _content(exchange: Exchange) -> tuple[object, ...]:
    """The content of a request, for a comparison with another one of the operation."""
    return asked(exchange.sent).fields, query_of(exchange.sent)


@check("AUTH-019", *OF_A_TASK, reason="existence-revealed")
def other_projects_see_no_difference(seen: Seen) -> Findings:
    """An invalid request on another project's task is refused like one on no task, or as forbidden (G-41)."""
    if seen.relation is not Relation.OTHER_PROJECT or is_well_formed(seen.operation, seen.exchange):
        return
    asks = _content(seen.exchange)
    for other in _unknown(seen, well_formed=False):
        if seen.was_decided and _content(other) == asks:
            holds = seen.exchange.status in {FORBIDDEN, other.status}
            yield says(
                holds, f"a task that does not exist is answered with {summary(other)}", summary(seen.exchange)
            )
            return


@check("AUTH-022", *TASKS, reason="server-error")
def odd_credentials_break_nothing(seen: Seen) -> Findings:
    """A credential that is very long, or not printable ASCII, is refused without a server error."""
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


@check("AUTH-023", *AT_FILES, reason="wrong-code")
def files_refuse_tokens_alike(seen: Seen) -> Findings:
    """Approvals and files refuse an invalid token with the code of the other operations."""
    if _segments(seen) and _knows_tokens(seen):
        yield from _unauthorised(seen, "the token is not valid", "INVALID_TOKEN")


@check("AUTH-024", CREATE, *READS, reason="refused")
def allowed_origins_are_accepted(seen: Seen) -> Findings:
    """A token with a request from the allowed origin is not refused for its origin by any operation."""
    origin = next((value for name, value in seen.exchange.sent.headers if name.lower() == "origin"), None)
    allowed = seen.model.profile.allowed_origin
    if origin is None or origin != allowed or not isinstance(seen.caller.owner, User):
        return
    if seen.was_answered:
        holds = seen.exchange.status != UNAUTHORISED and seen.exchange.code != "ORIGIN_NOT_ALLOWED"
        yield says(holds, f"{origin} is allowed", summary(seen.exchange))
