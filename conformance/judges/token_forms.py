"""TOKEN: what an exchange takes, what is inside a token, and where a token works (AUTH-006)."""

from typing import Any

from sigmic_conformance.conformance.judges.variables import printed
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive, info
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

EXCHANGE, USERS, RENEWED = "token_exchange", "end_users", "renewed_variables"
TAKEN = ("90s", "30d")
REFUSED = ("31d", "zero", "leading zero", "fraction", "bare number", "capital", "week", "blank")
NO_LIFETIMES = ("bad: expiresIn empty", "bad: expiresIn negative")
KEY_ONLY = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")


@judge("AUTH-006", USERS)
def where_a_token_works(record: Record) -> Verdict:
    pin = Pin(every_operation="a token works on all task operations", create_only="only on create_task")
    for operation in KEY_ONLY:
        exchange = record.exchange(USERS, f"own: {operation}")
        if exchange.succeeded:
            reading: str | None = "every_operation"
        else:
            reading = "create_only" if exchange.status in {401, 403} else None
        pin.see(reading, exchange, summary(exchange))
    return pin.verdict()


@judge("TOKEN-005", EXCHANGE)
def takes_json(record: Record) -> Verdict:
    claim = Claim("refused", "an application/json body is taken")
    exchange = record.exchange(EXCHANGE, "good: default")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-017", EXCHANGE)
def forms_of_lifetimes(record: Record) -> Verdict:
    claim = Claim("other-lifetimes", "90s and 30d are taken, 31d and other spellings are refused")
    for name in TAKEN:
        exchange = record.exchange(EXCHANGE, f"odd: expiresIn {name}")
        claim.see(exchange.ok, exchange, f"{name}: {summary(exchange)}")
    for label in (*(f"odd: expiresIn {name}" for name in REFUSED), *NO_LIFETIMES):
        exchange = record.exchange(EXCHANGE, label)
        claim.see(exchange.refused, exchange, f"{label}: {summary(exchange)}")
    return claim.verdict()


@judge("TOKEN-018", EXCHANGE)
def long_names(record: Record) -> Verdict:
    claim = Claim("refused", "an endUserId of 255 characters, spaces, @ and letters beyond ASCII")
    exchange = record.exchange(EXCHANGE, "odd: endUserId of 255 characters")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-019", EXCHANGE)
def claims_of_a_token(record: Record) -> Verdict:
    claim = Claim("other-claims", "HS256, sub, iat, exp and a jti that is new each time")
    identities: set[Any] = set()
    for name in ("default", "30m", "1h", "7d"):
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        header, told, _ = record.fact(EXCHANGE, f"segments: {name}")
        told = told if isinstance(told, dict) else {}
        algorithm = header.get("alg") if isinstance(header, dict) else None
        holds = (
            algorithm == "HS256"
            and told.get("sub") == record.fact(EXCHANGE, "user")
            and all(shapes.count(told.get(each)) for each in ("iat", "exp"))
            and isinstance(told.get("jti"), str)
            and told["jti"] not in identities
        )
        identities.add(told.get("jti"))
        claim.see(holds, exchange, f"{name}: {algorithm}, claims {', '.join(sorted(told))}")
    return claim.verdict()


@judge("TOKEN-020", EXCHANGE)
def form_of_expiry(record: Record) -> Verdict:
    claim = Claim("wrong-form", "ISO-8601 in UTC with milliseconds")
    for name in ("default", "30m", "1h", "7d"):
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        inner = exchange.data if isinstance(exchange.data, dict) else {}
        claim.see(shapes.timestamp(inner.get("expiresAt")), exchange, f"{inner.get('expiresAt')!r}")
    return claim.verdict()


@judge("TOKEN-022", RENEWED)
def newest_variables(record: Record) -> Verdict:
    """The task is made with the token of the first exchange, after the second one."""
    stream = record.stream(RENEWED, f"{record.fact(RENEWED, 'run')}: stream")
    claim = Claim("older-variables", "the env and secrets of the newest exchange")
    for name in ("RENEWED_ENV", "RENEWED_SECRET"):
        found = printed(stream, name)
        if not found:
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"no tool printed a digest of {name}")
        digests = record.fact(RENEWED, "digests")[name]
        which = next((when for when, digest in digests.items() if digest in found), "neither")
        claim.see(which == "newest", stream.exchange, f"{name} is that of the {which} exchange")
    return claim.verdict()


@judge("CREATE-034", USERS)
def owner_of_a_token_task(record: Record) -> Verdict:
    claim = Claim("empty", "apiKeyId and username are strings that are not empty")
    exchange = record.exchange(USERS, "own: get_task")
    if not exchange.ok:
        return info(f"a token cannot read its task: {summary(exchange)}")
    told = [exchange.fields.get(name) for name in ("apiKeyId", "username")]
    claim.see(all(map(shapes.filled, told)), exchange, f"apiKeyId {told[0]!r}, username {told[1]!r}")
    return claim.verdict()
