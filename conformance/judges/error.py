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
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.artifact import MadeFile
from sigmic_conformance.conformance.labels.auth import Credentials, Strangers, UnknownTask
from sigmic_conformance.conformance.labels.cancel import CancelFinished
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.create import CreationRefusals
from sigmic_conformance.conformance.labels.create_bodies import BodyTooLarge
from sigmic_conformance.conformance.labels.followup import FollowUp, FollowUpEarly
from sigmic_conformance.conformance.labels.http_paths import PathsAndMethods
from sigmic_conformance.conformance.labels.list import PageNonsense
from sigmic_conformance.conformance.labels.project import Viewer
from sigmic_conformance.conformance.labels.token import TokenExchange, TokenLifetime
from sigmic_conformance.conformance.labels.upload import FileCounts, FileSizes
from sigmic_conformance.conformance.labels.zip import HostileArchives
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

MALFORMED = frozenset({400, 422})

MESSAGES = {
    "AUTH_REQUIRED": "Authentication required",
    "INVALID_CREDENTIALS": "Invalid app credentials",
}


def incomplete(record: Record) -> list[Exchange]:
    """Requests that lack what they need; that an empty message does, no page says (G-11)."""
    found = [
        record.exchange(CreationRefusals.BAD.of(name))
        for name in ("no message", "message is a number", "not an object")
    ]
    return [*found, record.exchange(FollowUp.BAD_NO_MESSAGE)]


judge_each(
    __name__,
    {
        "ERROR-002": Refusal(
            [Credentials.BAD.of("unknown key"), Credentials.BAD.of("unknown key in X-API-Key")],
            401,
            "INVALID_API_KEY",
            control=Credentials.GOOD.of("bearer"),
        ),
        "ERROR-003": Refusal(
            [Credentials.BAD.of("no known prefix"), Credentials.BAD.of("one word")],
            401,
            "INVALID_AUTH_FORMAT",
            control=Credentials.GOOD.of("bearer"),
        ),
        "ERROR-007": Refusal(
            [TokenExchange.BAD.of("no appId"), TokenExchange.BAD.of("no appSecret")],
            400,
            "MISSING_CREDENTIALS",
            control=TokenExchange.GOOD.of("default"),
        ),
        "ERROR-008": Refusal(
            [TokenExchange.BAD.of("no endUserId"), TokenExchange.BAD.of("empty endUserId")],
            400,
            "MISSING_END_USER_ID",
            control=TokenExchange.GOOD.of("default"),
        ),
        "ERROR-009": Refusal(
            [TokenExchange.BAD.of("wrong secret"), TokenExchange.BAD.of("unknown app")],
            401,
            "INVALID_CREDENTIALS",
            control=TokenExchange.GOOD.of("default"),
        ),
        "ERROR-010": Refusal(
            [TokenExchange.BAD.of("expiresIn banana")],
            400,
            "INVALID_EXPIRES_IN",
            control=TokenExchange.GOOD.of("default"),
        ),
        "ERROR-011": Refusal(
            [
                TokenExchange.BAD.of("env name"),
                TokenExchange.BAD.of("env value"),
                TokenExchange.BAD.of("secret name"),
                TokenExchange.BAD.of("secret value"),
            ],
            400,
            "INVALID_ENV",
            control=TokenExchange.GOOD.of("default"),
        ),
        "ERROR-014": Refusal(
            [ApproveOnce.BAD_OUTCOME, ApproveOnce.BAD_NUMBER],
            code="VALIDATION_ERROR",
            control=ApproveOnce.APPROVE,
        ),
        "ERROR-019": Refusal(
            [CreationRefusals.RAW.of("plain text")],
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            control=CreationRefusals.TWIN,
        ),
        "ERROR-021": Refusal(
            [FileSizes.CREATE.of("beyond"), FileSizes.FOLLOW_UP.of("beyond")],
            413,
            "FILE_TOO_LARGE",
            control=FileSizes.CREATE.of("accepted size"),
        ),
        "ERROR-022": Refusal(
            [FileCounts.ONE_TOO_MANY, FileCounts.FOLLOW_UP_ONE_TOO_MANY],
            400,
            "TOO_MANY_FILES",
            control=FileCounts.MOST,
        ),
        "ERROR-023": Refusal(
            [
                HostileArchives.CLIMBING,
                HostileArchives.ABSOLUTE,
                HostileArchives.LINK,
                HostileArchives.BOMB,
                HostileArchives.CUT,
            ],
            400,
            "INVALID_ARCHIVE",
            control=HostileArchives.TWIN,
        ),
        "ERROR-028": Refusal([MadeFile.NO_PATH], code="VALIDATION_ERROR", control=MadeFile.DOWNLOAD),
        "ERROR-029": Refusal([MadeFile.MISSING_FILE], code="NOT_FOUND", control=MadeFile.DOWNLOAD),
        "ERROR-030": Refusal([ApproveOnce.BAD_UNKNOWN_CALL], code="NOT_FOUND", control=ApproveOnce.APPROVE),
    },
)


@judge("ERROR-001", Credentials.PROBE, Strangers.PROBE)
def no_credentials(record: Record) -> Verdict:
    asked = strangers(record, "nobody")
    asked.append(record.exchange(Credentials.BAD.of("nothing")))
    return refusals(
        asked,
        control=lambda: record.exchange(Credentials.GOOD.of("bearer")),
        expected="401 AUTH_REQUIRED",
        status=401,
        codes=frozenset({"AUTH_REQUIRED"}),
    )


@judge("ERROR-004", Credentials.PROBE)
def invalid_token(record: Record) -> Verdict:
    forged = record.exchange(Credentials.BAD.of("forged token"))
    if knows_no_tokens(forged):
        return inconclusive(Unproven.PRECONDITION, NO_TOKENS, cite(forged))
    return Refusal(
        [
            Credentials.BAD.of("forged token"),
            Credentials.BAD.of("token of two segments"),
            Credentials.BAD.of("token that is not JSON"),
        ],
        401,
        "INVALID_TOKEN",
        control=Credentials.GOOD.of("bearer"),
    )(record)


@judge("ERROR-006", TokenLifetime.PROBE)
def foreign_origin(record: Record) -> Verdict:
    control = TokenLifetime.ALLOWED_ORIGIN_CREATES if record.profile.allowed_origin else TokenLifetime.VALID
    # Of these there is none where the profile names no allowed origin.
    more = (TokenLifetime.ORIGIN_THAT_BEGINS_ALIKE, TokenLifetime.FOREIGN_ORIGIN_FOLLOWS_UP)
    asked = [each for each in more if record.any_of(each)]
    return refused(
        record,
        [TokenLifetime.FOREIGN_ORIGIN_CREATES, TokenLifetime.FOREIGN_ORIGIN, *asked],
        control=control,
        expected="403 ORIGIN_NOT_ALLOWED",
        status=403,
        codes=frozenset({"ORIGIN_NOT_ALLOWED"}),
    )


@judge("ERROR-012", Viewer.PROBE)
def viewers_change_nothing(record: Record) -> Verdict:
    observations = Observations("not-refused", "403 FORBIDDEN, and nothing changes")
    for operation in CHANGES:
        exchange = record.exchange(Viewer.CHANGES.of(operation))
        wanted = (403, frozenset({"FORBIDDEN"})) if operation in SURELY_FORBIDDEN else (None, None)
        good = is_refusal(exchange, status=wanted[0], codes=wanted[1])
        reason = "accepted" if exchange.succeeded else "wrong-refusal"
        observations.add(good, exchange, f"{operation}: {summary(exchange)}", reason=reason)
    before, after = record.exchange(Viewer.BEFORE), record.exchange(Viewer.AFTER)
    same = shapes.task(before.data) == shapes.task(after.data)
    observations.add(after.ok and same, after, "the task afterwards", reason="changed")
    one, other = record.exchange(Viewer.HISTORY_BEFORE), record.exchange(Viewer.HISTORY_AFTER)
    observations.add(messages(one) == messages(other), other, "the history afterwards", reason="changed")
    page = record.exchange(Viewer.LIST)
    made = set(tasks_marked(page, record.fact(Viewer.MARK))) - {record.fact(Viewer.TASK)}
    observations.add(not made, page, f"{plural(len(made), 'task')} made by the viewer", reason="changed")
    return observations.verdict()


def _of_an_unknown_task(record: Record) -> list[Exchange]:
    """The requests for a task that nobody made, which has the id of a UUID.

    Where ids have another form, one that is refused as invalid is malformed (C-05, G-40) and shows nothing.
    """
    own = shapes.word(record.exchange(EasyTask.FINISHED).fields.get("id"))
    has_uuids = shapes.UUID.fullmatch(own) is not None
    return [
        each for each in record.labelled(UnknownTask.UNKNOWN) if has_uuids or each.status not in MALFORMED
    ]


@judge("ERROR-013", UnknownTask.PROBE, EasyTask.PROBE)
def unknown_tasks_code(record: Record) -> Verdict:
    wanted = {"approve_tool_call", "list_artifacts", "download_artifact"}
    asked = [each for each in _of_an_unknown_task(record) if each.operation in wanted]
    codes = frozenset({"NOT_FOUND"})
    return refusals(
        asked, control=lambda: record.exchange(EasyTask.NO_FILES), expected="NOT_FOUND", codes=codes
    )


@judge("ERROR-015", UnknownTask.PROBE, EasyTask.PROBE)
def unknown_task(record: Record) -> Verdict:
    asked = _of_an_unknown_task(record)
    codes = frozenset({"NOT_FOUND"})
    return refusals(
        asked,
        control=lambda: record.exchange(EasyTask.FINISHED),
        expected="404 NOT_FOUND",
        status=404,
        codes=codes,
    )


@judge("ERROR-016", CreationRefusals.PROBE, FollowUp.PROBE)
def validation_is_4xx(record: Record) -> Verdict:
    return refusals(incomplete(record), control=record.exchange(CreationRefusals.TWIN), expected="4xx")


@judge("ERROR-017", CreationRefusals.PROBE, FollowUp.PROBE, PageNonsense.PROBE)
def validation_is_400(record: Record) -> Verdict:
    asked = [*incomplete(record), *record.labelled(PageNonsense.BAD.of("limit"))[:2]]
    return refusals(
        asked,
        control=record.exchange(CreationRefusals.TWIN),
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("ERROR-018", PathsAndMethods.PROBE)
def wrong_method(record: Record) -> Verdict:
    return refusals(
        record.labelled(PathsAndMethods.WRONG_METHOD),
        control=record.exchange(PathsAndMethods.TWIN),
        expected="405 METHOD_NOT_ALLOWED",
        status=405,
        codes=frozenset({"METHOD_NOT_ALLOWED"}),
    )


@judge("ERROR-020", BodyTooLarge.PROBE)
def body_beyond_the_limit(record: Record) -> Verdict:
    """A body of a tebibyte is announced and begun; whoever waits for the rest has not refused it."""
    control = record.exchange(BodyTooLarge.TWIN)
    if not control.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(control), cite(control))
    observations = Observations("not-refused", "413 PAYLOAD_TOO_LARGE, and no task is created")
    for label in (BodyTooLarge.CREATE_TASK, BodyTooLarge.SEND_MESSAGE):
        exchange = record.exchange(label)
        good = is_refusal(exchange, status=413, codes=frozenset({"PAYLOAD_TOO_LARGE"}))
        observations.add(good, exchange, f"{label}: {summary(exchange)}")
    page = record.exchange(BodyTooLarge.LIST)
    made = tasks_marked(page, f"{record.fact(BodyTooLarge.MARK)} too large")
    observations.add(
        not made, page, f"{plural(len(made), 'task')} of the refused creation", reason="half-done"
    )
    return observations.verdict()


@judge("ERROR-024", FollowUpEarly.PROBE, CancelFinished.PROBE)
def conflicts(record: Record) -> Verdict:
    """Whether a running task takes a follow-up, and a finished one a cancellation, is judged elsewhere."""
    observations = Observations("other-refusal", "409 CONFLICT")
    for exchange in (
        record.exchange(FollowUpEarly.EARLY_FOLLOW_UP),
        record.exchange(CancelFinished.CANCEL),
    ):
        good = is_refusal(exchange, status=409, codes=frozenset({"CONFLICT"}))
        observations.add(good, exchange, f"{exchange.operation}: {summary(exchange)}")
    return observations.verdict()


@judge("ERROR-027", Strangers.PROBE, Credentials.PROBE, TokenExchange.PROBE, sweep=True)
def documented_messages(record: Record) -> Verdict:
    observations = Observations("other-message", " and ".join(MESSAGES.values()))
    for exchange in record.exchanges():
        wanted = MESSAGES.get(exchange.code or "")
        if wanted is not None and exchange.refused:
            observations.add(exchange.message == wanted, exchange, f"{exchange.code}: {exchange.message!r}")
    return observations.verdict()
