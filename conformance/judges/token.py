"""TOKEN: what an exchange takes, what is inside a token, and how long it holds."""

from typing import Any

from sigmic_conformance.conformance.judging.controls import ANY_CODE
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes

RENEWED_VARIABLES = "renewed_variables"
TOKEN_EXCHANGE = "token_exchange"
TAKEN = ("90s", "30d")
REFUSED = ("31d", "zero", "leading zero", "fraction", "bare number", "capital", "week", "blank")
NO_LIFETIMES = ("bad: expiresIn empty", "bad: expiresIn negative")
LIFETIMES = {"30m": 1800, "1h": 3600, "7d": 604_800}
TOLERANCE_SECONDS = 60


def lifetime(record: Record, seconds: dict[str, int]) -> Verdict:
    """`expiresAt` is within a minute of the time of the exchange plus the lifetime."""
    observations = Observations("wrong-lifetime", "now plus the lifetime, within 60 seconds")
    asked = record.fact(TOKEN_EXCHANGE, "asked at")
    for name, length in seconds.items():
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        inner = exchange.data if isinstance(exchange.data, dict) else exchange.json()
        at = shapes.instant(inner.get("expiresAt")) if isinstance(inner, dict) else None
        off = None if at is None else at - asked[name] - length
        holds = off is not None and abs(off) <= TOLERANCE_SECONDS
        observations.add(
            holds, exchange, f"{name}: off by {'an unreadable time' if off is None else f'{off:.1f} s'}"
        )
    return observations.verdict()


judge_each(
    __name__,
    {
        "TOKEN-004": Acceptance(
            TOKEN_EXCHANGE, ["good: default"], "accepted without a credential in a header"
        ),
        "TOKEN-005": Acceptance(TOKEN_EXCHANGE, ["good: default"], "an application/json body is taken"),
        "TOKEN-013": Acceptance(TOKEN_EXCHANGE, ["good: variables"], "env and secrets are accepted"),
        "TOKEN-014": Acceptance(
            "end_users", ["own again: get_task"], "a second token of the same end user reads the task"
        ),
        "TOKEN-018": Acceptance(
            TOKEN_EXCHANGE,
            ["odd: endUserId of 255 characters"],
            "an endUserId of 255 characters, spaces, @ and letters beyond ASCII",
        ),
        "TOKEN-021": Refusal(
            TOKEN_EXCHANGE,
            ["raw: malformed", "raw: a list", "raw: empty"],
            code=ANY_CODE,
            control="good: default",
            expected="4xx in the envelope",
        ),
    },
)


@judge("TOKEN-001", TOKEN_EXCHANGE)
def token_form(record: Record) -> Verdict:
    observations = Observations("wrong-form", "a string that begins with eyJ")
    exchange = record.exchange(TOKEN_EXCHANGE, "good: default")
    start = record.fact(TOKEN_EXCHANGE, "starts: default") if exchange.ok else None
    observations.add(start == "eyJ", exchange, f"the token begins with {start!r}")
    return observations.verdict()


@judge("TOKEN-002", TOKEN_EXCHANGE)
def expiry_is_told(record: Record) -> Verdict:
    observations = Observations("missing", "expiresAt")
    for name in ("default", *LIFETIMES):
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        body = exchange.json()
        inner = exchange.data if isinstance(exchange.data, dict) else body
        value = inner.get("expiresAt") if isinstance(inner, dict) else None
        observations.add(value is not None, exchange, f"expiresAt {value!r}")
    return observations.verdict()


@judge("TOKEN-003", TOKEN_EXCHANGE)
def inside_the_envelope(record: Record) -> Verdict:
    observations = Observations("outside-data", "token and expiresAt inside data")
    exchange = record.exchange(TOKEN_EXCHANGE, "good: default")
    data = exchange.data
    holds = isinstance(data, dict) and "token" in data and "expiresAt" in data
    observations.add(holds, exchange, summary(exchange))
    return observations.verdict()


@judge("TOKEN-006", TOKEN_EXCHANGE)
def compact_form(record: Record) -> Verdict:
    observations = Observations("wrong-form", "three segments, the first two base64url JSON objects")
    exchange = record.exchange(TOKEN_EXCHANGE, "good: default")
    *decoded, number = record.fact(TOKEN_EXCHANGE, "segments: default")
    header, claims = [*decoded, None, None][:2]
    holds = isinstance(header, dict) and isinstance(claims, dict) and number == 3
    observations.add(holds, exchange, f"{number} segments, header {header!r}")
    return observations.verdict()


@judge("TOKEN-007", TOKEN_EXCHANGE)
def lifetimes_accepted(record: Record) -> Verdict:
    observations = Observations("refused", "30m, 1h and 7d are accepted")
    for name in LIFETIMES:
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        observations.add(exchange.ok, exchange, f"{name}: {summary(exchange)}")
    return observations.verdict()


@judge("TOKEN-008", TOKEN_EXCHANGE)
def default_lifetime(record: Record) -> Verdict:
    return lifetime(record, {"default": 3600})


@judge("TOKEN-009", TOKEN_EXCHANGE)
def asked_lifetime(record: Record) -> Verdict:
    return lifetime(record, LIFETIMES)


@judge("TOKEN-010", TOKEN_EXCHANGE)
def exp_agrees(record: Record) -> Verdict:
    observations = Observations("contradiction", "exp agrees with expiresAt to within a minute")
    for name in ("default", *LIFETIMES):
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        claims = record.fact(TOKEN_EXCHANGE, f"segments: {name}")[1]
        exp = claims.get("exp") if isinstance(claims, dict) else None
        at = shapes.instant(exchange.fields.get("expiresAt"))
        if exp is None or at is None:
            continue
        holds = isinstance(exp, int | float) and abs(exp - at) <= TOLERANCE_SECONDS
        observations.add(holds, exchange, f"{name}: exp {exp}, expiresAt {at:.0f}")
    return observations.verdict()


@judge("TOKEN-011", TOKEN_EXCHANGE)
def nothing_in_the_token(record: Record) -> Verdict:
    observations = Observations("variable-in-token", "no value of env or secrets in the decoded token")
    exchange = record.exchange(TOKEN_EXCHANGE, "good: variables")
    leaks = record.fact(TOKEN_EXCHANGE, "leaks: variables")
    observations.add(not leaks, exchange, f"{len(leaks)} values in the token")
    return observations.verdict()


@judge("TOKEN-012", TOKEN_EXCHANGE)
def nothing_in_the_answer(record: Record) -> Verdict:
    observations = Observations("variable-in-answer", "no value of env or secrets in the answer")
    exchange = record.exchange(TOKEN_EXCHANGE, "good: variables")
    if not exchange.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(exchange), cite(exchange))
    body = exchange.body.decode("utf-8", "replace")
    words = (record.fact(TOKEN_EXCHANGE, "env"), record.fact(TOKEN_EXCHANGE, "placeholder"))
    observations.add(not any(word in body for word in words), exchange, "searched the answer for both values")
    return observations.verdict()


@judge("TOKEN-015", TOKEN_EXCHANGE)
def refusal_has_no_token(record: Record) -> Verdict:
    observations = Observations("token-in-refusal", "no token")
    for exchange in record.exchanges(TOKEN_EXCHANGE):
        if exchange.label.startswith("bad:"):
            observations.add(
                b"eyJ" not in exchange.body and not exchange.succeeded, exchange, summary(exchange)
            )
    return observations.verdict()


@judge("TOKEN-016", TOKEN_EXCHANGE)
def apps_are_not_enumerable(record: Record) -> Verdict:
    observations = Observations("app-revealed", "the same status, code and message")
    wrong, unknown = (
        record.exchange(TOKEN_EXCHANGE, f"bad: {name}") for name in ("wrong secret", "unknown app")
    )
    same = (wrong.status, wrong.code, wrong.message) == (unknown.status, unknown.code, unknown.message)
    observations.add(
        same, wrong, f"{wrong.status} {wrong.message!r} and {unknown.status} {unknown.message!r}"
    )
    return observations.verdict()


@judge("TOKEN-017", TOKEN_EXCHANGE)
def forms_of_lifetimes(record: Record) -> Verdict:
    observations = Observations(
        "other-lifetimes", "90s and 30d are taken, 31d and other spellings are refused"
    )
    for name in TAKEN:
        exchange = record.exchange(TOKEN_EXCHANGE, f"odd: expiresIn {name}")
        observations.add(exchange.ok, exchange, f"{name}: {summary(exchange)}")
    for label in (*(f"odd: expiresIn {name}" for name in REFUSED), *NO_LIFETIMES):
        exchange = record.exchange(TOKEN_EXCHANGE, label)
        observations.add(exchange.refused, exchange, f"{label}: {summary(exchange)}")
    return observations.verdict()


@judge("TOKEN-019", TOKEN_EXCHANGE)
def claims_of_a_token(record: Record) -> Verdict:
    observations = Observations("other-claims", "HS256, sub, iat, exp and a jti that is new each time")
    identities: set[Any] = set()
    for name in ("default", "30m", "1h", "7d"):
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        header, found, _ = record.fact(TOKEN_EXCHANGE, f"segments: {name}")
        found = found if isinstance(found, dict) else {}
        algorithm = header.get("alg") if isinstance(header, dict) else None
        holds = (
            algorithm == "HS256"
            and found.get("sub") == record.fact(TOKEN_EXCHANGE, "user")
            and all(shapes.count(found.get(each)) for each in ("iat", "exp"))
            and isinstance(found.get("jti"), str)
            and found["jti"] not in identities
        )
        identities.add(found.get("jti"))
        observations.add(holds, exchange, f"{name}: {algorithm}, claims {', '.join(sorted(found))}")
    return observations.verdict()


@judge("TOKEN-020", TOKEN_EXCHANGE)
def form_of_expiry(record: Record) -> Verdict:
    observations = Observations("wrong-form", "ISO-8601 in UTC with milliseconds")
    for name in ("default", "30m", "1h", "7d"):
        exchange = record.exchange(TOKEN_EXCHANGE, f"good: {name}")
        inner = exchange.data if isinstance(exchange.data, dict) else {}
        observations.add(shapes.timestamp(inner.get("expiresAt")), exchange, f"{inner.get('expiresAt')!r}")
    return observations.verdict()


@judge("TOKEN-022", RENEWED_VARIABLES)
def newest_variables(record: Record) -> Verdict:
    """The task is made with the token of the first exchange, after the second one."""
    stream = record.stream(RENEWED_VARIABLES, f"{record.fact(RENEWED_VARIABLES, 'run')}: stream")
    observations = Observations("older-variables", "the env and secrets of the newest exchange")
    for name in ("RENEWED_ENV", "RENEWED_SECRET"):
        found = printed(stream, name)
        if not found:
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"no tool printed a digest of {name}")
        digests = record.fact(RENEWED_VARIABLES, "digests")[name]
        which = next((when for when, digest in digests.items() if digest in found), "neither")
        observations.add(which == "newest", stream.exchange, f"{name} is that of the {which} exchange")
    return observations.verdict()
