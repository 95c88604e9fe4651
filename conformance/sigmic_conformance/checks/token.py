"""The exchange of widget app credentials for a token."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import User, lifetime_of
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_requests import why_not_refused
from sigmic_conformance.model.operations import FILES, GET, HISTORY, SAY, STREAM, TOKEN
from sigmic_conformance.model.record.controls import accepted
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import SentMessage, json_value
from sigmic_conformance.model.statuses import COMPLETED
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_spec.plural import plural

LIFETIMES: tuple[str, ...] = ("30m", "1h", "7d")
TOLERANCE_SECONDS = 60


@check("TOKEN-001", reason="wrong-form")
def token_form(record: Record) -> Findings:
    exchange = record.exchange("token_exchange", "good: default")
    start = record.fact("token_exchange", "starts: default") if exchange.ok else None
    yield says(
        start == "eyJ",
        "a string that begins with eyJ",
        f"the token begins with {spelled(start)}",
        exchange=exchange,
    )


@check("TOKEN-002", TOKEN, reason="missing")
def expiry_is_given(seen: Seen) -> Findings:
    """An accepted exchange tells when the token expires, in an envelope or without one."""
    if seen.exchange.ok:
        told = {**json_values.fields(seen.exchange.json()), **seen.fields}
        yield says(
            told.get("expiresAt") is not None,
            "a token was given",
            f"expiresAt {spelled(told.get('expiresAt'))}",
        )


@check("TOKEN-003", TOKEN, reason="outside-data")
def inside_the_envelope(seen: Seen) -> Findings:
    """The `data` of an accepted exchange has both fields."""
    if seen.exchange.ok:
        yield says({"token", "expiresAt"} <= seen.fields.keys(), "a token was given", summary(seen.exchange))


@check("TOKEN-004", reason="refused")
def no_credential_is_needed(record: Record) -> Findings:
    labels = ["good: default", "good: concurrent 1", "good: concurrent 2"]
    return accepted(record, "token_exchange", labels, "accepted without a credential in a header")


@check("TOKEN-005", reason="refused")
def json_is_taken(record: Record) -> Findings:
    return accepted(record, "token_exchange", ["good: default"], "an application/json body is taken")


@check("TOKEN-006", reason="wrong-form")
def compact_form(record: Record) -> Findings:
    exchange = record.exchange("token_exchange", "good: default")
    *decoded, number = record.fact("token_exchange", "segments: default")
    header, claims = [*decoded, None, None][:2]
    right = isinstance(header, dict) and isinstance(claims, dict) and number == 3
    known = "three segments of base64url, unpadded, the first two JSON objects"
    yield says(right, known, f"segments: {number}, header {spelled(header)}", exchange=exchange)


@check("TOKEN-007", reason="refused")
def lifetimes_accepted(record: Record) -> Findings:
    labels = [f"good: {name}" for name in LIFETIMES]
    return accepted(record, "token_exchange", labels, "30m, 1h and 7d are accepted")


def _now(seen: Seen) -> float | None:
    """The time of an exchange: when the probe asked, if it noted that, or the Date of the answer."""
    noted = seen.model.record.noted("token_exchange", "asked at") if seen.probe == "token_exchange" else None
    asked = json_values.fields(noted).get(seen.exchange.label.removeprefix("good: "))
    return asked if isinstance(asked, float) else seen.exchange.date


def _lasts_as_long(seen: Seen, asked: object) -> Findings:
    """`expiresAt` is within a minute of the time of the exchange plus the lifetime."""
    length, now = lifetime_of(asked), _now(seen)
    if seen.exchange.ok and length is not None and now is not None:
        ends = {**json_values.fields(seen.exchange.json()), **seen.fields}.get("expiresAt")
        at = json_values.instant(ends)
        off = None if at is None else at - now - length
        holds = off is not None and abs(off) <= TOLERANCE_SECONDS
        shown = f"off by {'an unreadable time' if off is None else f'{off:.1f} s'}"
        yield says(holds, f"the request has {asked}, or it is the default", shown)


@check("TOKEN-008", TOKEN, reason="wrong-lifetime")
def default_lifetime(seen: Seen) -> Findings:
    """Without `expiresIn` every token is valid for an hour."""
    if "expiresIn" not in seen.body.fields:
        yield from _lasts_as_long(seen, "1h")


@check("TOKEN-009", TOKEN, reason="wrong-lifetime")
def asked_lifetime(seen: Seen) -> Findings:
    """Every token is valid for the requested lifetime.

    Whether a target may limit a lifetime of days is open (G-93, X-23).
    """
    asked = seen.body.fields.get("expiresIn")
    if not str(asked).endswith("d") or seen.model.record.admits(Premise.DAYS_ARE_KEPT):
        yield from _lasts_as_long(seen, asked)


def _claims(seen: Seen) -> Mapping[str, object]:
    """The claims of the token in an answer; a record has them without the signature."""
    payload = json_values.word(seen.fields.get("token")).split(".")[1:2]
    with suppress(ValueError):
        return json_values.fields(json.loads(base64.urlsafe_b64decode(f"{payload[0]}===" if payload else "")))
    return {}


@check("TOKEN-010", TOKEN, reason="contradiction")
def exp_agrees(seen: Seen) -> Findings:
    """The claim `exp` of every token agrees with `expiresAt` to within a minute."""
    exp, at = _claims(seen).get("exp"), json_values.instant(seen.fields.get("expiresAt"))
    if exp is not None and at is not None:
        holds = isinstance(exp, int | float) and abs(exp - at) <= TOLERANCE_SECONDS
        yield says(holds, f"expiresAt is {at:.0f}", f"exp {exp}")


@check("TOKEN-011", reason="variable-in-token")
def nothing_in_the_token(record: Record) -> Findings:
    exchange = record.exchange("token_exchange", "good: variables")
    leaks = record.fact("token_exchange", "leaks: variables")
    yield says(
        not leaks,
        "no value of env or secrets in the decoded token",
        f"{plural(len(leaks), 'value')} in the token",
        exchange=exchange,
    )


@check("TOKEN-012", TOKEN, reason="variable-in-answer")
def exchanges_show_no_values(seen: Seen) -> Findings:
    """No value that was sent in an exchange is in its answer, whether accepted or refused."""
    body = seen.body.fields
    values = [
        value
        for name in ("env", "secrets")
        for value in json_values.fields(body.get(name)).values()
        if isinstance(value, str) and len(value) >= 8
    ]
    if values:
        text = seen.exchange.body.decode("utf-8", "replace")
        found = [value for value in values if value in text]
        yield says(
            not found,
            f"{plural(len(values), 'value was', 'values were')} given",
            f"{len(found)} of them are in the answer",
        )


@check("TOKEN-013", reason="refused")
def variables_are_taken(record: Record) -> Findings:
    return accepted(record, "token_exchange", ["good: variables"], "env and secrets are accepted")


@check("TOKEN-014", GET, HISTORY, FILES, STREAM, reason="refused")
def any_token_of_the_user(seen: Seen, creation: SentMessage) -> Findings:
    """A token reads the tasks that were created with another token of the same end user."""
    made, asked_with = (
        {value for name, value in each.sent.headers if name.lower() == "authorization"}
        for each in (creation.exchange, seen.exchange)
    )
    if isinstance(seen.caller.owner, User) and not made & asked_with:
        yield from not_refused(seen)


@check("TOKEN-014", SAY, reason="refused")
def any_token_of_the_user_goes_on(seen: Seen, creation: SentMessage) -> Findings:
    """A token continues a completed task that was created with another token of the same end user."""
    rest = seen.rest_on_arrival()
    if rest is not None and rest.over is not None and rest.over.status == COMPLETED:
        yield from any_token_of_the_user(seen, creation)


@check("TOKEN-015", TOKEN, reason="token-in-refusal")
def refusals_have_no_token(seen: Seen) -> Findings:
    """No refusal of an exchange contains a text in the form of a token."""
    if seen.exchange.refused:
        shown = b"eyJ" in seen.exchange.body
        yield says(not shown, "the exchange was refused", "a token is in it" if shown else "there is none")


@check("TOKEN-016", reason="app-revealed")
def apps_are_not_enumerable(record: Record) -> Findings:
    wrong, unknown = (
        record.exchange("token_exchange", f"bad: {name}") for name in ("wrong secret", "unknown app")
    )
    same = (wrong.status, wrong.code, wrong.message) == (unknown.status, unknown.code, unknown.message)
    yield says(
        same,
        "the same status, code and message",
        f"{wrong.status} {spelled(wrong.message)} and {unknown.status} {spelled(unknown.message)}",
        exchange=wrong,
    )


@check("TOKEN-020", TOKEN, reason="wrong-form")
def form_of_expiry(seen: Seen) -> Findings:
    """`expiresAt` is a number or a time: no page shows its type."""
    ends = seen.fields.get("expiresAt")
    if seen.exchange.ok and ends is not None:
        holds = isinstance(ends, int | float) or json_values.timestamp(ends)
        yield says(holds, "a token was given", spelled(ends))


@check("TOKEN-021", TOKEN, reason="no-envelope")
def bodies_are_objects(seen: Seen) -> Findings:
    """A body labelled JSON that is invalid, or not an object, is refused with the envelope."""
    known, value = json_value(seen.exchange.sent)
    if known and not isinstance(value, dict) and seen.was_decided:
        exchange = seen.exchange
        holds, text = exchange.refused and exchange.code is not None, (exchange.sent.text or "")[:30]
        yield says(holds, f"the body is {spelled(text)}", summary(exchange), reason=why_not_refused(exchange))
