"""AUTH: which credentials are accepted, which are refused, and that a refusal has no effect."""

from sigmic_conformance.conformance.judging.controls import refusals, refused
from sigmic_conformance.conformance.judging.credentials import NO_TOKENS, knows_no_tokens, strangers
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inapplicable, inconclusive
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript.transcript import Exchange

END_USERS = "end_users"
GOOD = "good: bearer"
KEY_ONLY = ("get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks")


def accepted(record: Record, *labels: str) -> Verdict:
    """The call was answered 2xx, while a caller without credentials was not."""
    control = record.exchange("credentials", "bad: nothing")
    if not control.refused:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"a caller without credentials is let in: {summary(control)}",
            cite(control),
        )
    observations = Observations("refused", "a 2xx answer")
    for label in labels:
        exchange = record.exchange("credentials", label)
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


judge_each(
    __name__,
    {
        "AUTH-005": Acceptance("end_users", ["create"], "a task is created"),
        "AUTH-009": Refusal("token_lifetime", ["forged: altered payload"], 401, control="valid"),
        "AUTH-011": Refusal("token_lifetime", ["forged: foreign signature"], 401, control="valid"),
        "AUTH-017": Refusal("credentials", ["bad: Basic"], 401, "INVALID_AUTH_FORMAT", control=GOOD),
        "AUTH-018": Refusal("credentials", ["bad: query string"], control=GOOD, expected="a refusal"),
        "AUTH-020": Refusal(
            "strangers",
            ["nobody, bad creation"],
            401,
            control="before",
            expected="401, not a complaint about the body",
        ),
        "AUTH-022": Refusal(
            "credentials", ["bad: very long", "bad: not ASCII", "bad: a tab inside"], control=GOOD
        ),
    },
)


@judge("AUTH-001", "credentials")
def bearer_key(record: Record) -> Verdict:
    return accepted(record, "good: bearer", "good: bearer again")


@judge("AUTH-002", "credentials")
def header_key(record: Record) -> Verdict:
    return accepted(record, "good: x-api-key")


@judge("AUTH-003", "either_header")
def same_key_in_either_header(record: Record) -> Verdict:
    observations = Observations("not-seen", "a task made with one header is read with the other")
    for label in ("key reads", "bearer reads"):
        exchange = record.exchange("either_header", label)
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("AUTH-004", "strangers")
def refusals_have_no_effect(record: Record) -> Verdict:
    observations = Observations("effect-without-credentials", "task, history and list as before")
    for what in ("history", "list"):
        before, after = (record.exchange("strangers", f"{what} {when}") for when in ("before", "after"))
        same = _messages(before) == _messages(after) if what == "history" else True
        if before.ok:
            observations.add(after.ok and same, after, f"{what} is {'as before' if same else 'changed'}")
    before, after = record.exchange("strangers", "before"), record.exchange("strangers", "after")
    status = [exchange.fields.get("status") for exchange in (before, after)]
    observations.add(status[0] == status[1], after, f"status was {status[0]}, is {status[1]}")
    for exchange in strangers(record, ""):
        if "creation" in exchange.label:
            observations.add(not exchange.succeeded, exchange, summary(exchange))
    return observations.verdict()


def _messages(exchange: Exchange) -> object:
    return exchange.fields.get("messages") if isinstance(exchange.data, dict) else None


@judge("AUTH-006", END_USERS)
def where_a_token_works(record: Record) -> Verdict:
    followed = Reading(
        every_operation="a token works on all task operations", create_only="only on create_task"
    )
    for operation in KEY_ONLY:
        exchange = record.exchange(END_USERS, f"own: {operation}")
        if exchange.succeeded:
            reading: str | None = "every_operation"
        else:
            reading = "create_only" if exchange.status in {401, 403} else None
        followed.add(reading, exchange, summary(exchange))
    return followed.verdict()


@judge("AUTH-007", "credentials")
def malformed_key(record: Record) -> Verdict:
    names = ("short key", "long key", "letters beyond f")
    codes = {record.exchange("credentials", f"bad: {name}").code for name in names}
    known = frozenset({"INVALID_API_KEY", "INVALID_AUTH_FORMAT"})
    one = frozenset(code for code in codes if code in known)
    return refused(
        record,
        "credentials",
        [f"bad: {name}" for name in names],
        control=GOOD,
        expected="401 and one of INVALID_API_KEY and INVALID_AUTH_FORMAT, always the same",
        status=401,
        codes=one if len(codes) == 1 else frozenset({"INVALID_API_KEY"}),
    )


@judge("AUTH-008", "token_lifetime")
def token_expires(record: Record) -> Verdict:
    if not record.exchange("token_lifetime", "short-lived").ok:
        return inconclusive(Unproven.PRECONDITION, "the target gives no token of two seconds")
    return refused(
        record,
        "token_lifetime",
        ["short-lived: expired"],
        control="short-lived: valid",
        expected="401 INVALID_TOKEN",
        status=401,
        codes=frozenset({"INVALID_TOKEN"}),
    )


@judge("AUTH-010", "credentials")
def unsigned_token(record: Record) -> Verdict:
    unsigned = record.exchange("credentials", "bad: unsigned token")
    if knows_no_tokens(unsigned):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(unsigned))
    return refused(record, "credentials", ["bad: unsigned token"], control=GOOD, expected="401", status=401)


@judge("AUTH-012", "credentials")
def broken_token(record: Record) -> Verdict:
    names = ("token of two segments", "token that is no JSON", "token alone")
    labels = [f"bad: {name}" for name in names]
    alone = record.exchange("credentials", "bad: token alone")
    if knows_no_tokens(alone):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(alone))
    return refused(record, "credentials", labels, control=GOOD, expected="401", status=401)


@judge("AUTH-013", "credentials")
def scheme_in_any_case(record: Record) -> Verdict:
    return accepted(record, "good: lower-case scheme")


@judge("AUTH-014", *("credentials", "strangers"), sweep=True)
def challenge(record: Record) -> Verdict:
    observations = Observations("no-challenge", "WWW-Authenticate on every 401")
    for exchange in record.exchanges():
        if exchange.status == 401 and exchange.operation != "create_token":
            value = exchange.header("www-authenticate")
            observations.add(bool(value), exchange, f"WWW-Authenticate {value!r}")
    return observations.verdict()


@judge("AUTH-015", "credentials")
def authorization_decides(record: Record) -> Verdict:
    observations = Observations("other-header-decides", "the Authorization header is used, good or bad")
    exchange = record.exchange("credentials", "both headers")
    observations.add(exchange.ok, exchange, summary(exchange))
    for exchange in record.transcript("credentials").labelled("both headers, the other way"):
        observations.add(exchange.refused, exchange, summary(exchange))
    return observations.verdict()


@judge("AUTH-016", "credentials", "token_lifetime", sweep=True)
def token_as_key(record: Record) -> Verdict:
    """A forged token, and where there is a widget app a good one."""
    return refusals(
        [
            *record.transcript("credentials").labelled("token as key"),
            *record.transcript("token_lifetime").labelled("as a key"),
        ],
        control=lambda: record.exchange("credentials", GOOD),
        expected="401 INVALID_API_KEY",
        status=401,
        codes=frozenset({"INVALID_API_KEY"}),
    )


@judge("AUTH-019", "strangers")
def existence_is_hidden(record: Record) -> Verdict:
    observations = Observations(
        "existence-revealed", "the same status and code for an existing and an unknown task"
    )
    for caller in ("nobody", "forged token"):
        real = record.transcript("strangers").labelled(f"{caller}, real task")
        unknown = record.transcript("strangers").labelled(f"{caller}, unknown task")
        controls = {other.operation: other for other in unknown}
        for one, other in ((each, controls[each.operation]) for each in real if each.operation in controls):
            same = (one.status, one.code, one.message) == (other.status, other.code, other.message)
            no = one.refused or knows_no_tokens(one)
            observations.add(same and no, one, f"{summary(one)}; unknown: {other.status} {other.code}")
    return observations.verdict()


@judge("AUTH-023", "strangers")
def tokens_everywhere(record: Record) -> Verdict:
    asked = [
        exchange
        for exchange in strangers(record, "forged token,")
        if exchange.operation in {"approve_tool_call", "list_artifacts", "download_artifact"}
    ]
    if asked and all(map(knows_no_tokens, asked)):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(asked[0]))
    return refusals(
        asked,
        control=lambda: record.exchange("strangers", "before"),
        expected="401 INVALID_TOKEN",
        status=401,
        codes=frozenset({"INVALID_TOKEN"}),
    )


@judge("AUTH-024", "token_lifetime")
def allowed_origin(record: Record) -> Verdict:
    if record.profile.allowed_origin is None:
        return inapplicable("the profile names no allowed origin (widget: allowed_origin)")
    control = record.exchange("token_lifetime", "valid")
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED,
            f"the token is refused without an origin too: {summary(control)}",
            cite(control),
        )
    observations = Observations("refused", "accepted, as without an `Origin` header")
    for label in ("allowed origin", "allowed origin creates"):
        exchange = record.exchange("token_lifetime", label)
        observations.add(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return observations.verdict()
