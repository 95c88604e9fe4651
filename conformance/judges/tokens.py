"""TOKEN, the token part of AUTH, and the exchange's codes of ERROR."""

from sigmic_conformance.conformance.judging.controls import ANY_CODE, refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inapplicable, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

EXCHANGE = "token_exchange"
LIFETIMES = {"30m": 1800, "1h": 3600, "7d": 604_800}
TOLERANCE_SECONDS = 60


def coded(record: Record, names: list[str], code: str, status: int) -> Verdict:
    """These exchanges are refused with status and code, beside an accepted one."""
    return refused(
        record,
        EXCHANGE,
        [f"bad: {name}" for name in names],
        twin="good: default",
        expected=f"{status} {code}",
        status=status,
        codes=frozenset({code}),
    )


@judge("ERROR-007", EXCHANGE)
def missing_credentials(record: Record) -> Verdict:
    return coded(record, ["no appId", "no appSecret"], "MISSING_CREDENTIALS", 400)


@judge("ERROR-008", EXCHANGE)
def missing_end_user(record: Record) -> Verdict:
    return coded(record, ["no endUserId", "empty endUserId"], "MISSING_END_USER_ID", 400)


@judge("ERROR-009", EXCHANGE)
def wrong_credentials(record: Record) -> Verdict:
    return coded(record, ["wrong secret", "unknown app"], "INVALID_CREDENTIALS", 401)


@judge("ERROR-010", EXCHANGE)
def bad_lifetime(record: Record) -> Verdict:
    return coded(record, ["expiresIn banana"], "INVALID_EXPIRES_IN", 400)


@judge("ERROR-011", EXCHANGE)
def bad_variables(record: Record) -> Verdict:
    return coded(record, ["env name", "env value", "secret name", "secret value"], "INVALID_ENV", 400)


@judge("ERROR-006", "token_lifetime")
def foreign_origin(record: Record) -> Verdict:
    twin = "allowed origin creates" if record.profile.allowed_origin else "valid"
    return refused(
        record,
        "token_lifetime",
        ["foreign origin creates", "foreign origin"],
        twin=twin,
        expected="403 ORIGIN_NOT_ALLOWED",
        status=403,
        codes=frozenset({"ORIGIN_NOT_ALLOWED"}),
    )


@judge("AUTH-024", "token_lifetime")
def allowed_origin(record: Record) -> Verdict:
    if record.profile.allowed_origin is None:
        return inapplicable("the profile names no allowed origin (widget: allowed_origin)")
    twin = record.exchange("token_lifetime", "valid")
    if not twin.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"the token is refused without an origin too: {summary(twin)}",
            cite(twin),
        )
    claim = Claim("refused", "accepted, as without an `Origin` header")
    for label in ("allowed origin", "allowed origin creates"):
        exchange = record.exchange("token_lifetime", label)
        claim.see(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return claim.verdict()


@judge("AUTH-005", "end_users")
def token_creates(record: Record) -> Verdict:
    claim = Claim("refused", "a task is created")
    exchange = record.exchange("end_users", "create")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("AUTH-008", "token_lifetime")
def token_expires(record: Record) -> Verdict:
    if not record.exchange("token_lifetime", "short-lived").ok:
        return inconclusive(Unproven.PRECONDITION, "the target gives no token of two seconds")
    return refused(
        record,
        "token_lifetime",
        ["short-lived: expired"],
        twin="short-lived: valid",
        expected="401 INVALID_TOKEN",
        status=401,
        codes=frozenset({"INVALID_TOKEN"}),
    )


@judge("AUTH-009", "token_lifetime")
def altered_token(record: Record) -> Verdict:
    return forged(record, "altered payload")


@judge("AUTH-011", "token_lifetime")
def foreign_signature(record: Record) -> Verdict:
    return forged(record, "foreign signature")


def forged(record: Record, what: str) -> Verdict:
    """A forged variant of a valid token is refused with 401."""
    return refused(record, "token_lifetime", [f"forged: {what}"], twin="valid", expected="401", status=401)


@judge("TOKEN-001", EXCHANGE)
def token_form(record: Record) -> Verdict:
    claim = Claim("wrong-form", "a string that begins with eyJ")
    exchange = record.exchange(EXCHANGE, "good: default")
    start = record.fact(EXCHANGE, "starts: default") if exchange.ok else None
    claim.see(start == "eyJ", exchange, f"the token begins with {start!r}")
    return claim.verdict()


@judge("TOKEN-002", EXCHANGE)
def expiry_is_told(record: Record) -> Verdict:
    claim = Claim("missing", "expiresAt")
    for name in ("default", *LIFETIMES):
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        body = exchange.json()
        inner = exchange.data if isinstance(exchange.data, dict) else body
        value = inner.get("expiresAt") if isinstance(inner, dict) else None
        claim.see(value is not None, exchange, f"expiresAt {value!r}")
    return claim.verdict()


@judge("TOKEN-003", EXCHANGE)
def inside_the_envelope(record: Record) -> Verdict:
    claim = Claim("outside-data", "token and expiresAt inside data")
    exchange = record.exchange(EXCHANGE, "good: default")
    data = exchange.data
    holds = isinstance(data, dict) and "token" in data and "expiresAt" in data
    claim.see(holds, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-004", EXCHANGE)
def no_header_needed(record: Record) -> Verdict:
    claim = Claim("refused", "accepted without a credential in a header")
    exchange = record.exchange(EXCHANGE, "good: default")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-006", EXCHANGE)
def compact_form(record: Record) -> Verdict:
    claim = Claim("wrong-form", "three segments, the first two base64url JSON objects")
    exchange = record.exchange(EXCHANGE, "good: default")
    *decoded, number = record.fact(EXCHANGE, "segments: default")
    header, claims = [*decoded, None, None][:2]
    holds = isinstance(header, dict) and isinstance(claims, dict) and number == 3
    claim.see(holds, exchange, f"{number} segments, header {header!r}")
    return claim.verdict()


@judge("TOKEN-007", EXCHANGE)
def lifetimes_accepted(record: Record) -> Verdict:
    claim = Claim("refused", "30m, 1h and 7d are accepted")
    for name in LIFETIMES:
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        claim.see(exchange.ok, exchange, f"{name}: {summary(exchange)}")
    return claim.verdict()


@judge("TOKEN-008", EXCHANGE)
def default_lifetime(record: Record) -> Verdict:
    return lifetime(record, {"default": 3600})


@judge("TOKEN-009", EXCHANGE)
def asked_lifetime(record: Record) -> Verdict:
    return lifetime(record, LIFETIMES)


def lifetime(record: Record, seconds: dict[str, int]) -> Verdict:
    """`expiresAt` is within a minute of the time of the exchange plus the lifetime."""
    claim = Claim("wrong-lifetime", "now plus the lifetime, within 60 seconds")
    asked = record.fact(EXCHANGE, "asked at")
    for name, length in seconds.items():
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        inner = exchange.data if isinstance(exchange.data, dict) else exchange.json()
        at = shapes.instant(inner.get("expiresAt")) if isinstance(inner, dict) else None
        off = None if at is None else at - asked[name] - length
        holds = off is not None and abs(off) <= TOLERANCE_SECONDS
        claim.see(
            holds, exchange, f"{name}: off by {'an unreadable time' if off is None else f'{off:.1f} s'}"
        )
    return claim.verdict()


@judge("TOKEN-010", EXCHANGE)
def exp_agrees(record: Record) -> Verdict:
    claim = Claim("contradiction", "exp agrees with expiresAt to within a minute")
    for name in ("default", *LIFETIMES):
        exchange = record.exchange(EXCHANGE, f"good: {name}")
        claims = record.fact(EXCHANGE, f"segments: {name}")[1]
        exp = claims.get("exp") if isinstance(claims, dict) else None
        at = shapes.instant(exchange.fields.get("expiresAt"))
        if exp is None or at is None:
            continue
        holds = isinstance(exp, int | float) and abs(exp - at) <= TOLERANCE_SECONDS
        claim.see(holds, exchange, f"{name}: exp {exp}, expiresAt {at:.0f}")
    return claim.verdict()


@judge("TOKEN-011", EXCHANGE)
def nothing_in_the_token(record: Record) -> Verdict:
    claim = Claim("variable-in-token", "no value of env or secrets in the decoded token")
    exchange = record.exchange(EXCHANGE, "good: variables")
    leaks = record.fact(EXCHANGE, "leaks: variables")
    claim.see(not leaks, exchange, f"{len(leaks)} values in the token")
    return claim.verdict()


@judge("TOKEN-012", EXCHANGE)
def nothing_in_the_answer(record: Record) -> Verdict:
    claim = Claim("variable-in-answer", "no value of env or secrets in the answer")
    exchange = record.exchange(EXCHANGE, "good: variables")
    if not exchange.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(exchange), cite(exchange))
    body = exchange.body.decode("utf-8", "replace")
    words = (record.fact(EXCHANGE, "env"), record.fact(EXCHANGE, "placeholder"))
    claim.see(not any(word in body for word in words), exchange, "searched the answer for both values")
    return claim.verdict()


@judge("TOKEN-013", EXCHANGE)
def variables_accepted(record: Record) -> Verdict:
    claim = Claim("refused", "env and secrets are accepted")
    exchange = record.exchange(EXCHANGE, "good: variables")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-014", "end_users")
def second_token_reads(record: Record) -> Verdict:
    claim = Claim("refused", "a second token of the same end user reads the task")
    exchange = record.exchange("end_users", "own again: get_task")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-015", EXCHANGE)
def refusal_has_no_token(record: Record) -> Verdict:
    claim = Claim("token-in-refusal", "no token")
    for exchange in record.exchanges(EXCHANGE):
        if exchange.label.startswith("bad:"):
            claim.see(b"eyJ" not in exchange.body and not exchange.succeeded, exchange, summary(exchange))
    return claim.verdict()


@judge("TOKEN-016", EXCHANGE)
def apps_are_not_enumerable(record: Record) -> Verdict:
    claim = Claim("app-revealed", "the same status, code and message")
    wrong, unknown = (record.exchange(EXCHANGE, f"bad: {name}") for name in ("wrong secret", "unknown app"))
    same = (wrong.status, wrong.code, wrong.message) == (unknown.status, unknown.code, unknown.message)
    claim.see(same, wrong, f"{wrong.status} {wrong.message!r} and {unknown.status} {unknown.message!r}")
    return claim.verdict()


@judge("TOKEN-021", EXCHANGE)
def bodies_that_are_no_objects(record: Record) -> Verdict:
    labels = [f"raw: {name}" for name in ("malformed", "a list", "empty")]
    return refused(
        record, EXCHANGE, labels, twin="good: default", expected="4xx in the envelope", codes=ANY_CODE
    )


@judge("VARS-015", "token_variables")
def exchange_variables_stay_hidden(record: Record) -> Verdict:
    claim = Claim("variable-shown", "no value of the exchange's env or secrets")
    words = (record.fact("token_variables", "env"), record.fact("token_variables", "placeholder"))
    for exchange in record.exchanges("token_variables"):
        body = exchange.body.decode("utf-8", "replace")
        claim.see(not any(word in body for word in words), exchange, f"searched {summary(exchange)}")
    return claim.verdict()
