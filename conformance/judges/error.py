"""ERROR: one code a row, looked for where it is provoked."""

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import is_refusal, refusals, refused
from sigmic_conformance.conformance.judging.credentials import (
    CHANGES,
    NO_TOKENS,
    SURELY_FORBIDDEN,
    knows_no_tokens,
    strangers,
)
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Refusal
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

APPROVE_ONCE = "approve_once"
BODY_TOO_LARGE = "body_too_large"
CANCEL_FINISHED = "cancel_finished"
CREATION_REFUSALS = "creation_refusals"
EASY_TASK = "easy_task"
FILE_COUNTS = "file_counts"
FILE_SIZES = "file_sizes"
FOLLOW_UP = "follow_up"
FOLLOW_UP_EARLY = "follow_up_early"
HOSTILE_ARCHIVES = "hostile_archives"
MADE_FILE = "made_file"
PAGE_NONSENSE = "page_nonsense"
PATHS_AND_METHODS = "paths_and_methods"
TOKEN_EXCHANGE = "token_exchange"
VIEWER = "viewer"
GOOD = "good: bearer"
MESSAGES = {
    "AUTH_REQUIRED": "Authentication required",
    "INVALID_CREDENTIALS": "Invalid app credentials",
}


def incomplete(record: Record) -> list[Exchange]:
    """Requests that lack what they need, at creation and at a follow-up."""
    found = [
        record.exchange(CREATION_REFUSALS, f"bad: {name}")
        for name in ("no message", "empty message", "message is a number", "not an object")
    ]
    return [*found, *(record.exchange(FOLLOW_UP, f"bad: {name}") for name in ("no message", "empty"))]


judge_each(
    __name__,
    {
        "ERROR-002": Refusal(
            "credentials",
            ["bad: unknown key", "bad: unknown key in X-API-Key"],
            401,
            "INVALID_API_KEY",
            control=GOOD,
        ),
        "ERROR-003": Refusal(
            "credentials", ["bad: no known prefix", "bad: one word"], 401, "INVALID_AUTH_FORMAT", control=GOOD
        ),
        "ERROR-007": Refusal(
            TOKEN_EXCHANGE,
            ["bad: no appId", "bad: no appSecret"],
            400,
            "MISSING_CREDENTIALS",
            control="good: default",
        ),
        "ERROR-008": Refusal(
            TOKEN_EXCHANGE,
            ["bad: no endUserId", "bad: empty endUserId"],
            400,
            "MISSING_END_USER_ID",
            control="good: default",
        ),
        "ERROR-009": Refusal(
            TOKEN_EXCHANGE,
            ["bad: wrong secret", "bad: unknown app"],
            401,
            "INVALID_CREDENTIALS",
            control="good: default",
        ),
        "ERROR-010": Refusal(
            TOKEN_EXCHANGE, ["bad: expiresIn banana"], 400, "INVALID_EXPIRES_IN", control="good: default"
        ),
        "ERROR-011": Refusal(
            TOKEN_EXCHANGE,
            ["bad: env name", "bad: env value", "bad: secret name", "bad: secret value"],
            400,
            "INVALID_ENV",
            control="good: default",
        ),
        "ERROR-014": Refusal(
            APPROVE_ONCE, ["bad: outcome", "bad: number"], code="VALIDATION_ERROR", control="approve"
        ),
        "ERROR-019": Refusal(
            CREATION_REFUSALS, ["raw: plain text"], 415, "UNSUPPORTED_MEDIA_TYPE", control="twin"
        ),
        "ERROR-021": Refusal(
            FILE_SIZES,
            ["create: beyond", "follow-up: beyond"],
            413,
            "FILE_TOO_LARGE",
            control="create: accepted size",
        ),
        "ERROR-022": Refusal(
            FILE_COUNTS, ["one too many", "follow-up: one too many"], 400, "TOO_MANY_FILES", control="most"
        ),
        "ERROR-023": Refusal(
            HOSTILE_ARCHIVES,
            ["climbing", "absolute", "link", "bomb", "cut"],
            400,
            "INVALID_ARCHIVE",
            control="twin",
        ),
        "ERROR-028": Refusal(MADE_FILE, ["no path"], code="VALIDATION_ERROR", control="download"),
        "ERROR-029": Refusal(MADE_FILE, ["missing file"], code="NOT_FOUND", control="download"),
        "ERROR-030": Refusal(APPROVE_ONCE, ["bad: unknown call"], code="NOT_FOUND", control="approve"),
    },
)


@judge("ERROR-001", "credentials", "strangers")
def no_credentials(record: Record) -> Verdict:
    asked = strangers(record, "nobody,")
    asked.append(record.exchange("credentials", "bad: nothing"))
    return refusals(
        asked,
        control=lambda: record.exchange("credentials", GOOD),
        expected="401 AUTH_REQUIRED",
        status=401,
        codes=frozenset({"AUTH_REQUIRED"}),
    )


@judge("ERROR-004", "credentials")
def invalid_token(record: Record) -> Verdict:
    forged = record.exchange("credentials", "bad: forged token")
    if knows_no_tokens(forged):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(forged))
    return Refusal(
        "credentials",
        ["bad: forged token", "bad: token of two segments", "bad: token that is no JSON"],
        401,
        "INVALID_TOKEN",
        control=GOOD,
    )(record)


@judge("ERROR-006", "token_lifetime")
def foreign_origin(record: Record) -> Verdict:
    control = "allowed origin creates" if record.profile.allowed_origin else "valid"
    return refused(
        record,
        "token_lifetime",
        ["foreign origin creates", "foreign origin"],
        control=control,
        expected="403 ORIGIN_NOT_ALLOWED",
        status=403,
        codes=frozenset({"ORIGIN_NOT_ALLOWED"}),
    )


@judge("ERROR-012", VIEWER)
def viewers_change_nothing(record: Record) -> Verdict:
    observations = Observations("not-refused", "403 FORBIDDEN, and nothing changes")
    for operation in CHANGES:
        exchange = record.exchange(VIEWER, f"changes: {operation}")
        wanted = (403, frozenset({"FORBIDDEN"})) if operation in SURELY_FORBIDDEN else (None, None)
        good = is_refusal(exchange, status=wanted[0], codes=wanted[1])
        reason = "accepted" if exchange.succeeded else "wrong-refusal"
        observations.add(good, exchange, f"{operation}: {summary(exchange)}", reason=reason)
    before, after = (record.exchange(VIEWER, name) for name in ("before", "after"))
    same = shapes.task(before.data) == shapes.task(after.data)
    observations.add(after.ok and same, after, "the task afterwards", reason="changed")
    one, other = (record.exchange(VIEWER, f"history {when}") for when in ("before", "after"))
    observations.add(messages(one) == messages(other), other, "the history afterwards", reason="changed")
    page = record.exchange(VIEWER, "list")
    made = set(tasks_marked(page, record.fact(VIEWER, "mark"))) - {record.fact(VIEWER, "task")}
    observations.add(not made, page, f"{len(made)} tasks made by the viewer", reason="changed")
    return observations.verdict()


@judge("ERROR-013", "unknown_task", EASY_TASK)
def unknown_tasks_code(record: Record) -> Verdict:
    wanted = {"approve_tool_call", "list_artifacts", "download_artifact"}
    asked = [
        each for each in record.transcript("unknown_task").labelled("unknown") if each.operation in wanted
    ]
    codes = frozenset({"NOT_FOUND"})
    return refusals(
        asked, control=lambda: record.exchange(EASY_TASK, "no files"), expected="NOT_FOUND", codes=codes
    )


@judge("ERROR-015", "unknown_task", EASY_TASK)
def unknown_task(record: Record) -> Verdict:
    asked = record.transcript("unknown_task").labelled("unknown")
    codes = frozenset({"NOT_FOUND"})
    return refusals(
        asked,
        control=lambda: record.exchange(EASY_TASK, "finished"),
        expected="404 NOT_FOUND",
        status=404,
        codes=codes,
    )


@judge("ERROR-016", CREATION_REFUSALS, FOLLOW_UP)
def validation_is_4xx(record: Record) -> Verdict:
    return refusals(incomplete(record), control=record.exchange(CREATION_REFUSALS, "twin"), expected="4xx")


@judge("ERROR-017", CREATION_REFUSALS, FOLLOW_UP, PAGE_NONSENSE)
def validation_is_400(record: Record) -> Verdict:
    asked = [*incomplete(record), *record.transcript(PAGE_NONSENSE).labelled("bad: limit")[:2]]
    return refusals(
        asked,
        control=record.exchange(CREATION_REFUSALS, "twin"),
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("ERROR-018", PATHS_AND_METHODS)
def wrong_method(record: Record) -> Verdict:
    return refusals(
        record.transcript(PATHS_AND_METHODS).labelled("wrong method"),
        control=record.exchange(PATHS_AND_METHODS, "twin"),
        expected="405 METHOD_NOT_ALLOWED",
        status=405,
        codes=frozenset({"METHOD_NOT_ALLOWED"}),
    )


@judge("ERROR-020", BODY_TOO_LARGE)
def body_beyond_the_limit(record: Record) -> Verdict:
    """A body of a tebibyte is announced and begun; whoever waits for the rest has not refused it."""
    control = record.exchange(BODY_TOO_LARGE, "twin")
    if not control.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(control), cite(control))
    observations = Observations("not-refused", "413 PAYLOAD_TOO_LARGE, and no task is made")
    for label in ("create_task", "send_message"):
        exchange = record.exchange(BODY_TOO_LARGE, label)
        good = is_refusal(exchange, status=413, codes=frozenset({"PAYLOAD_TOO_LARGE"}))
        observations.add(good, exchange, f"{label}: {summary(exchange)}")
    page = record.exchange(BODY_TOO_LARGE, "list")
    made = tasks_marked(page, f"{record.fact(BODY_TOO_LARGE, 'mark')} too large")
    observations.add(not made, page, f"{len(made)} tasks of the refused creation", reason="half-done")
    return observations.verdict()


@judge("ERROR-024", FOLLOW_UP_EARLY, CANCEL_FINISHED)
def conflicts(record: Record) -> Verdict:
    """Whether a running task takes a follow-up, and a finished one a cancellation, is judged elsewhere."""
    observations = Observations("other-refusal", "409 CONFLICT")
    for exchange in (
        record.exchange(FOLLOW_UP_EARLY, "early follow-up"),
        record.exchange(CANCEL_FINISHED, "cancel"),
    ):
        good = is_refusal(exchange, status=409, codes=frozenset({"CONFLICT"}))
        observations.add(good, exchange, f"{exchange.operation}: {summary(exchange)}")
    return observations.verdict()


@judge("ERROR-027", "strangers", "credentials", "token_exchange", sweep=True)
def documented_messages(record: Record) -> Verdict:
    observations = Observations("other-message", " and ".join(MESSAGES.values()))
    for exchange in record.exchanges():
        wanted = MESSAGES.get(exchange.code or "")
        if wanted is not None and exchange.refused:
            observations.add(exchange.message == wanted, exchange, f"{exchange.code}: {exchange.message!r}")
    return observations.verdict()
