"""AUTH, ERROR, ISOLATION and TOKEN: who may, may by every operation; who may not, may by none."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import Caller, Header, Key, Relation, User, relation
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.reading import has_begun, not_refused
from sigmic_conformance.conformance.model.requests import asked, is_well_formed
from sigmic_conformance.conformance.model.secrets import text_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

READS = ("get_task", "get_task_history", "list_artifacts", "download_artifact")
CHANGES = ("send_message", "approve_tool_call", "cancel_task")
STREAM, LIST, CREATE, TOKEN = "stream_task", "list_tasks", "create_task", "create_token"
TASKS = (*READS, *CHANGES, STREAM, LIST, CREATE)
DIGITS = 64
"""Of a key behind its prefix (A-01)."""
FORBIDDEN = frozenset({403, 404})


def _denied(seen: Seen, of: Relation) -> Findings:
    """A caller of this relation to the task is refused, with one of the two statuses."""
    if seen.relation is not of or seen.task is None or seen.task.creation is None:
        return
    if seen.task.creation.answered <= seen.began and seen.was_told:
        holds = seen.exchange.status in FORBIDDEN
        # What is wrong with the request may be told first (G-98): no effect, and nothing of the task.
        if holds or seen.exchange.succeeded:
            yield says(
                holds, f"the task belongs to another: {of.value.replace('_', ' ')}", summary(seen.exchange)
            )


@invariant("ISOLATION-001", *READS, reason="accepted", expected="403 or 404 for a key of another project")
def other_projects_read_nothing(seen: Seen) -> Findings:
    """A key of another project reads nothing of a task, by no operation."""
    yield from _denied(seen, Relation.OTHER_PROJECT)


@invariant("ISOLATION-002", STREAM, reason="accepted", expected="403 or 404 for a key of another project")
def other_projects_hear_nothing(seen: Seen) -> Findings:
    """A key of another project cannot open a stream."""
    yield from _denied(seen, Relation.OTHER_PROJECT)


@invariant("ISOLATION-003", *CHANGES, reason="accepted", expected="403 or 404 for a key of another project")
def other_projects_change_nothing(seen: Seen) -> Findings:
    """A key of another project cannot follow up, approve or cancel."""
    yield from _denied(seen, Relation.OTHER_PROJECT)


@invariant("ISOLATION-005", *READS, STREAM, reason="accepted", expected="403 or 404 for another end user")
def other_end_users_read_nothing(seen: Seen) -> Findings:
    """A token of another end user reads and hears nothing of a task, by no operation."""
    yield from _denied(seen, Relation.OTHER_END_USER)


@invariant("ISOLATION-006", *CHANGES, reason="accepted", expected="403 or 404 for another end user")
def other_end_users_change_nothing(seen: Seen) -> Findings:
    """A token of another end user cannot follow up, approve or cancel."""
    yield from _denied(seen, Relation.OTHER_END_USER)


def _listed(seen: Seen, of: Relation) -> Iterator[str]:
    for entry in seen.exchange.entries if seen.exchange.ok else ():
        name = entry.get("id")
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        if task is not None and relation(seen.caller.owner, task.owner) is of:
            yield task.id


@invariant(
    "ISOLATION-004", LIST, reason="listed-to-a-stranger", expected="no task of another project in the list"
)
def lists_have_no_foreign_tasks(seen: Seen) -> Findings:
    """The list of a key has no task that was made with a key of another project."""
    if isinstance(seen.caller.owner, Key) and seen.exchange.ok:
        foreign = list(_listed(seen, Relation.OTHER_PROJECT))
        yield says(
            not foreign, "the caller's key is of one project", f"foreign tasks: {foreign[:3] or 'none'}"
        )


@invariant("ISOLATION-005", LIST, reason="accepted", expected="no task of another end user in the list")
def lists_have_no_tasks_of_other_users(seen: Seen) -> Findings:
    """The list of an end user has no task of another one."""
    if isinstance(seen.caller.owner, User) and seen.exchange.ok:
        foreign = list(_listed(seen, Relation.OTHER_END_USER))
        yield says(
            not foreign,
            f"the caller is {seen.caller.owner.name}",
            f"tasks of others: {foreign[:3] or 'none'}",
        )


@invariant(
    "AUTH-004",
    *TASKS,
    reason="effect-without-credentials",
    expected="no effect and no answer without valid credentials",
)
def nobody_gets_anything(seen: Seen) -> Findings:
    """A request without a credential, or with one that was never issued or is over, is not accepted."""
    if seen.caller.is_nobody or seen.caller.is_invalid:
        known = "it carries no credential" if seen.caller.is_nobody else "its credential was never issued"
        yield says(not seen.exchange.succeeded, known, summary(seen.exchange))


def _credential(seen: Seen) -> str:
    """The value behind `Bearer`, for a request that is otherwise as documented."""
    values = [value for name, value in seen.exchange.sent.headers if name.lower() == "authorization"]
    return values[0].removeprefix("Bearer ") if values and values[0].startswith("Bearer ") else ""


def _coded(seen: Seen, code: str, known: str) -> Findings:
    if seen.was_told and seen.exchange.refused and is_well_formed(seen.operation, seen.exchange):
        holds = (seen.exchange.status, seen.exchange.code) == (401, code)
        yield says(holds, known, f"{seen.exchange.status} {seen.exchange.code}")


@invariant("ERROR-001", *TASKS, reason="wrong-code", expected="401 AUTH_REQUIRED")
def without_credential(seen: Seen) -> Findings:
    """An operation on tasks without any credential is refused with its code, whatever it asks for."""
    in_query = any(word in _query(seen) for word in ("[secret:", "key=", "token="))
    if seen.caller.is_nobody and not in_query:
        yield from _coded(seen, "AUTH_REQUIRED", "it carries no credential")


def _query(seen: Seen) -> str:
    return seen.exchange.sent.target.partition("?")[2]


@invariant("ERROR-002", *TASKS, reason="wrong-code", expected="401 INVALID_API_KEY")
def with_an_unknown_key(seen: Seen) -> Findings:
    """A well-formed key that was never issued is refused with its code, whatever it asks for."""
    credential = _credential(seen)
    digits = credential.removeprefix("sigmic_")
    well_formed = (
        credential.startswith("sigmic_")
        and len(digits) == DIGITS
        and not set(digits) - set("0123456789abcdef")
    )
    if seen.caller.is_invalid and seen.caller.header is Header.BEARER and well_formed:
        yield from _coded(seen, "INVALID_API_KEY", "the key was never issued")


@invariant("ERROR-003", *TASKS, reason="wrong-code", expected="401 INVALID_AUTH_FORMAT")
def with_an_unknown_format(seen: Seen) -> Findings:
    """A bearer credential of neither prefix is refused with its code, whatever it asks for."""
    credential = _credential(seen)
    odd = not credential.isascii() or not credential.isprintable() or not credential
    if seen.caller.is_invalid and not odd and not credential.startswith(("sigmic_", "eyJ")):
        yield from _coded(seen, "INVALID_AUTH_FORMAT", "the credential has neither prefix")


@invariant("ERROR-004", *TASKS, reason="wrong-code", expected="401 INVALID_TOKEN")
def with_an_invalid_token(seen: Seen) -> Findings:
    """A bearer token that is not valid is refused with its code, whatever it asks for."""
    if (
        seen.caller.is_invalid
        and _credential(seen).startswith("eyJ")
        and seen.exchange.code != "JWT_NOT_CONFIGURED"
    ):
        yield from _coded(seen, "INVALID_TOKEN", "the token is not valid")


@invariant("AUTH-008", *TASKS, reason="accepted", expected="INVALID_TOKEN once the lifetime is over")
def tokens_end(seen: Seen) -> Findings:
    """A token whose lifetime is over is not accepted, by any operation."""
    if seen.model.callers.is_over(seen.exchange):
        yield says(not seen.exchange.succeeded, "the lifetime of the token is over", summary(seen.exchange))


def _accepts(seen: Seen, caller: Caller, known: str) -> Findings:
    """A valid credential is never taken for none."""
    if caller.owner is not None and seen.was_told:
        yield says(seen.exchange.status != 401, known, summary(seen.exchange))  # noqa: PLR2004  RFC 9110


@invariant("AUTH-001", *TASKS, reason="refused", expected="a key as `Authorization: Bearer` is accepted")
def keys_as_bearer(seen: Seen) -> Findings:
    """The run's keys are accepted behind `Bearer` by every operation."""
    if isinstance(seen.caller.owner, Key) and seen.caller.header is Header.BEARER:
        yield from _accepts(seen, seen.caller, "the key is valid")


@invariant("AUTH-002", *TASKS, reason="refused", expected="a key as `X-API-Key` is accepted")
def keys_as_api_key(seen: Seen) -> Findings:
    """The run's keys are accepted in X-API-Key by every operation."""
    if isinstance(seen.caller.owner, Key) and seen.caller.header is Header.API_KEY:
        yield from _accepts(seen, seen.caller, "the key is valid")


@invariant("AUTH-003", *READS, STREAM, reason="not-seen", expected="the same task by either header")
def either_header_sees_the_task(seen: Seen) -> Findings:
    """A task that was made with a key is seen by the same key in the other header."""
    creation = seen.task.creation if seen.task else None
    if creation is None or not isinstance(seen.caller.owner, Key):
        return
    if (
        seen.model.callers.of(creation.exchange).header is not seen.caller.header
        and seen.operation != READS[-1]
    ):
        yield from not_refused(seen)


@invariant("AUTH-005", CREATE, reason="refused", expected="create_task accepts a valid token")
def tokens_create(seen: Seen) -> Findings:
    """A valid token is not taken for none when it creates a task."""
    if isinstance(seen.caller.owner, User):
        yield from _accepts(seen, seen.caller, "the token is valid")


@invariant(
    "TOKEN-014",
    *READS[:3],
    STREAM,
    reason="refused",
    expected="any token of the end user reads the user's tasks",
)
def any_token_of_the_user(seen: Seen) -> Findings:
    """A token reads the tasks that were made with another token of the same end user."""
    creation = seen.task.creation if seen.task else None
    if creation is None or not isinstance(seen.caller.owner, User):
        return
    header = {value for name, value in creation.exchange.sent.headers if name.lower() == "authorization"}
    if header.isdisjoint(
        value for name, value in seen.exchange.sent.headers if name.lower() == "authorization"
    ):
        yield from not_refused(seen)


@invariant("CREATE-003", "get_task", STREAM, reason="refused", expected="the task can be read by the id")
def created_tasks_can_be_read(seen: Seen) -> Findings:
    """The owner of a task reads it, or its stream, at any time after it was created."""
    yield from not_refused(seen)


@invariant("GET-031", "get_task", reason="refused", expected="readable as soon as create_task has answered")
def created_tasks_can_be_read_at_once(seen: Seen) -> Findings:
    """The owner's first look at a task finds it."""
    if seen.task is not None and not any(each.ended <= seen.began for each in seen.task.read):
        yield from not_refused(seen)


@invariant(
    "HISTORY-001", "get_task_history", reason="refused", expected="the history of the task in the path"
)
def owner_may_read_the_history(seen: Seen) -> Findings:
    """The owner of a task is not refused its history, once the agent has begun."""
    if has_begun(seen):
        yield from not_refused(seen)


@invariant(
    "SESSION-010", "get_task_history", "list_artifacts", STREAM, reason="refused", expected="readable at rest"
)
def readable_after_expiry(seen: Seen) -> Findings:
    """What was left alone for longer than a session lives is read by its owner."""
    rest, idle = seen.rest(), seen.model.profile.session_expiry_seconds
    if (
        rest is not None
        and rest.over is not None
        and idle
        and seen.began - rest.over.ended > idle * 1_000_000_000
    ):
        yield from not_refused(seen)


@invariant("TOKEN-015", TOKEN, reason="token-in-refusal", expected="a refused exchange answers no token")
def refusals_have_no_token(seen: Seen) -> Findings:
    """No refusal of an exchange carries what looks like a token."""
    if seen.exchange.refused:
        shown = b"eyJ" in seen.exchange.body
        yield says(not shown, "the exchange was refused", "a token is in it" if shown else "there is none")


@invariant(
    "TOKEN-012",
    TOKEN,
    reason="variable-in-answer",
    expected="no value of env or secrets in the exchange's answer",
)
def exchanges_show_no_values(seen: Seen) -> Findings:
    """No value that an exchange was given is in its answer, refused or not."""
    body = asked(seen.exchange.sent).fields
    values = [
        value
        for name in ("env", "secrets")
        for value in shapes.fields(body.get(name)).values()
        if isinstance(value, str) and len(value) >= 8  # noqa: PLR2004  a shorter one occurs by chance
    ]
    if values:
        text = seen.exchange.body.decode("utf-8", "replace")
        found = [value for value in values if value in text]
        yield says(
            not found,
            f"{plural(len(values), 'value was', 'values were')} given",
            f"{len(found)} of them are in the answer",
        )


@invariant(
    "VARS-015",
    *READS[:3],
    STREAM,
    LIST,
    reason="variable-shown",
    expected="none of the exchange's env or secrets",
)
def exchange_values_stay_hidden(seen: Seen) -> Findings:
    """Whatever an end user reads shows no value of his exchanges, unless he himself said it openly."""
    if not isinstance(seen.caller.owner, User) or not seen.exchange.succeeded:
        return
    values = seen.model.exchange_values
    if values:
        shown = text_of(seen.exchange, seen.stream)
        found = [value for value in values if value in shown]
        yield says(
            not found,
            f"{plural(len(values), 'value was', 'values were')} given in exchanges",
            f"{len(found)} are in the answer",
        )
