"""AUTH: which credentials are accepted, which are refused, and that a refusal has no effect."""

from sigmic_conformance.conformance.judging.controls import refusals, refused
from sigmic_conformance.conformance.judging.credentials import NO_TOKENS, knows_no_tokens, strangers
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inapplicable, inconclusive
from sigmic_conformance.conformance.labels.auth import (
    BadCaller,
    Credentials,
    EitherHeader,
    GoodCaller,
    Strangers,
)
from sigmic_conformance.conformance.labels.token import Asked, EndUsers, TokenLifetime
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript.transcript import Exchange

KEY_ONLY: tuple[Asked, ...] = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")


def accepted(record: Record, *callers: GoodCaller) -> Verdict:
    """The call was answered 2xx, while a caller without credentials was not."""
    control = record.exchange(Credentials.BAD.of("nothing"))
    if not control.refused:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"a caller without credentials is let in: {summary(control)}",
            cite(control),
        )
    observations = Observations("refused", "a 2xx answer")
    for caller in callers:
        exchange = record.exchange(Credentials.GOOD.of(caller))
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


judge_each(
    __name__,
    {
        "AUTH-005": Acceptance([EndUsers.CREATE], "a task is created"),
        "AUTH-009": Refusal([TokenLifetime.FORGED.of("altered payload")], 401, control=TokenLifetime.VALID),
        "AUTH-011": Refusal([TokenLifetime.FORGED.of("foreign signature")], 401, control=TokenLifetime.VALID),
        "AUTH-017": Refusal(
            [Credentials.BAD.of("Basic")], 401, "INVALID_AUTH_FORMAT", control=Credentials.GOOD.of("bearer")
        ),
        "AUTH-018": Refusal(
            [Credentials.BAD.of("query string")], control=Credentials.GOOD.of("bearer"), expected="a refusal"
        ),
        "AUTH-020": Refusal(
            [Strangers.BAD_CREATION.of("nobody")],
            401,
            control=Strangers.BEFORE,
            expected="401, not a complaint about the body",
        ),
        "AUTH-022": Refusal(
            [
                Credentials.BAD.of("very long"),
                Credentials.BAD.of("not ASCII"),
                Credentials.BAD.of("a tab inside"),
            ],
            control=Credentials.GOOD.of("bearer"),
        ),
    },
)


@judge("AUTH-001", Credentials.PROBE)
def bearer_key(record: Record) -> Verdict:
    return accepted(record, "bearer", "bearer again")


@judge("AUTH-002", Credentials.PROBE)
def header_key(record: Record) -> Verdict:
    return accepted(record, "x-api-key")


@judge("AUTH-003", EitherHeader.PROBE)
def same_key_in_either_header(record: Record) -> Verdict:
    observations = Observations("not-seen", "a task made with one header is read with the other")
    for label in (EitherHeader.KEY_READS, EitherHeader.BEARER_READS):
        exchange = record.exchange(label)
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("AUTH-004", Strangers.PROBE)
def refusals_have_no_effect(record: Record) -> Verdict:
    observations = Observations("effect-without-credentials", "task, history and list as before")
    for what, labels in (
        ("history", (Strangers.HISTORY_BEFORE, Strangers.HISTORY_AFTER)),
        ("list", (Strangers.LIST_BEFORE, Strangers.LIST_AFTER)),
    ):
        before, after = (record.exchange(label) for label in labels)
        same = _messages(before) == _messages(after) if what == "history" else True
        if before.ok:
            observations.add(after.ok and same, after, f"{what} is {'as before' if same else 'changed'}")
    before, after = record.exchange(Strangers.BEFORE), record.exchange(Strangers.AFTER)
    status = [exchange.fields.get("status") for exchange in (before, after)]
    observations.add(status[0] == status[1], after, f"status was {status[0]}, is {status[1]}")
    for exchange in record.any_of(Strangers.CREATION, Strangers.BAD_CREATION):
        observations.add(not exchange.succeeded, exchange, summary(exchange))
    return observations.verdict()


def _messages(exchange: Exchange) -> object:
    return exchange.fields.get("messages") if isinstance(exchange.data, dict) else None


@judge("AUTH-006", EndUsers.PROBE)
def where_a_token_works(record: Record) -> Verdict:
    followed = Reading(
        every_operation="a token works on all task operations", create_only="only on create_task"
    )
    for operation in KEY_ONLY:
        exchange = record.exchange(EndUsers.OWN.of(operation))
        if exchange.succeeded:
            reading: str | None = "every_operation"
        else:
            reading = "create_only" if exchange.status in {401, 403} else None
        followed.add(reading, exchange, summary(exchange))
    return followed.verdict()


@judge("AUTH-007", Credentials.PROBE)
def malformed_key(record: Record) -> Verdict:
    names: tuple[BadCaller, ...] = ("short key", "long key", "letters beyond f", "own key and more")
    by_api_key = Credentials.BAD.of("own key and more in X-API-Key")
    codes = {record.exchange(Credentials.BAD.of(name)).code for name in names}
    known = frozenset({"INVALID_API_KEY", "INVALID_AUTH_FORMAT"})
    one = frozenset(code for code in codes if code in known)
    # What its code says there is another matter: a target may know no such header (AUTH-002).
    either = one | {record.exchange(by_api_key).code or ""}
    return refused(
        record,
        [*map(Credentials.BAD.of, names), by_api_key],
        control=Credentials.GOOD.of("bearer"),
        expected="401 and one of INVALID_API_KEY and INVALID_AUTH_FORMAT, always the same",
        status=401,
        codes=either if one and len(codes) == 1 else frozenset({"INVALID_API_KEY"}),
    )


@judge("AUTH-008", TokenLifetime.PROBE)
def token_expires(record: Record) -> Verdict:
    if not record.exchange(TokenLifetime.SHORT_LIVED).ok:
        return inconclusive(Unproven.PRECONDITION, "the target gives no token of two seconds")
    return refused(
        record,
        [TokenLifetime.SHORT_LIVED_EXPIRED],
        control=TokenLifetime.SHORT_LIVED_VALID,
        expected="401 INVALID_TOKEN",
        status=401,
        codes=frozenset({"INVALID_TOKEN"}),
    )


@judge("AUTH-010", Credentials.PROBE)
def unsigned_token(record: Record) -> Verdict:
    unsigned = record.exchange(Credentials.BAD.of("unsigned token"))
    if knows_no_tokens(unsigned):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(unsigned))
    return refused(
        record,
        [Credentials.BAD.of("unsigned token")],
        control=Credentials.GOOD.of("bearer"),
        expected="401",
        status=401,
    )


@judge("AUTH-012", Credentials.PROBE)
def broken_token(record: Record) -> Verdict:
    names: tuple[BadCaller, ...] = ("token of two segments", "token that is not JSON", "token alone")
    labels = [Credentials.BAD.of(name) for name in names]
    alone = record.exchange(Credentials.BAD.of("token alone"))
    if knows_no_tokens(alone):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(alone))
    return refused(record, labels, control=Credentials.GOOD.of("bearer"), expected="401", status=401)


@judge("AUTH-013", Credentials.PROBE)
def scheme_in_any_case(record: Record) -> Verdict:
    return accepted(record, "lower-case scheme")


@judge("AUTH-014", Credentials.PROBE, Strangers.PROBE, sweep=True)
def challenge(record: Record) -> Verdict:
    observations = Observations("no-challenge", "WWW-Authenticate on every 401")
    for exchange in record.exchanges():
        if exchange.status == 401 and exchange.operation != "create_token":
            value = exchange.header("www-authenticate")
            observations.add(bool(value), exchange, f"WWW-Authenticate {value!r}")
    return observations.verdict()


@judge("AUTH-015", Credentials.PROBE)
def authorization_decides(record: Record) -> Verdict:
    observations = Observations("other-header-decides", "the Authorization header is used, good or bad")
    exchange = record.exchange(Credentials.BOTH_HEADERS)
    observations.add(exchange.ok, exchange, summary(exchange))
    for exchange in record.labelled(Credentials.BOTH_HEADERS_THE_OTHER_WAY):
        observations.add(exchange.refused, exchange, summary(exchange))
    return observations.verdict()


@judge("AUTH-016", Credentials.PROBE, TokenLifetime.PROBE, sweep=True)
def token_as_key(record: Record) -> Verdict:
    """A forged token, and where there is a widget app a good one."""
    return refusals(
        [
            *record.labelled(Credentials.TOKEN_AS_KEY),
            *record.labelled(TokenLifetime.AS_A_KEY),
        ],
        control=lambda: record.exchange(Credentials.GOOD.of("bearer")),
        expected="401 INVALID_API_KEY",
        status=401,
        codes=frozenset({"INVALID_API_KEY"}),
    )


@judge("AUTH-019", Strangers.PROBE)
def existence_is_hidden(record: Record) -> Verdict:
    observations = Observations(
        "existence-revealed", "the same status and code for an existing and an unknown task"
    )
    for caller in ("nobody", "forged token"):
        real = record.labelled(Strangers.REAL_TASK.of(caller))
        unknown = record.labelled(Strangers.UNKNOWN_TASK.of(caller))
        controls = {other.operation: other for other in unknown}
        for one, other in ((each, controls[each.operation]) for each in real if each.operation in controls):
            same = (one.status, one.code, one.message) == (other.status, other.code, other.message)
            no = one.refused or knows_no_tokens(one)
            observations.add(same and no, one, f"{summary(one)}; unknown: {other.status} {other.code}")
    return observations.verdict()


@judge("AUTH-023", Strangers.PROBE)
def tokens_everywhere(record: Record) -> Verdict:
    asked = [
        exchange
        for exchange in strangers(record, "forged token")
        if exchange.operation in {"approve_tool_call", "list_artifacts", "download_artifact"}
    ]
    if asked and all(map(knows_no_tokens, asked)):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(asked[0]))
    return refusals(
        asked,
        control=lambda: record.exchange(Strangers.BEFORE),
        expected="401 INVALID_TOKEN",
        status=401,
        codes=frozenset({"INVALID_TOKEN"}),
    )


@judge("AUTH-024", TokenLifetime.PROBE)
def allowed_origin(record: Record) -> Verdict:
    if record.profile.allowed_origin is None:
        return inapplicable("the profile names no allowed origin (widget: allowed_origin)")
    control = record.exchange(TokenLifetime.VALID)
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"the token is refused without an origin too: {summary(control)}",
            cite(control),
        )
    observations = Observations("refused", "accepted, as without an `Origin` header")
    for label in (TokenLifetime.ALLOWED_ORIGIN, TokenLifetime.ALLOWED_ORIGIN_CREATES):
        exchange = record.exchange(label)
        observations.add(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return observations.verdict()
