"""env and secrets."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import VIEWER, Key, User
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.files_seen import may_be_own
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_requests import not_accepted
from sigmic_conformance.model.observation.seen_tasks import fields_given, reads_back
from sigmic_conformance.model.observation.seen_variables import (
    NOTHING,
    Printed,
    given,
    given_to_users,
    printed_variables,
)
from sigmic_conformance.model.operations import CREATE, DOWNLOAD, GET, HISTORY, STREAM
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.probe_reports import DIGESTS, PLACES, as_given, reports
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.requests import Form, SentMessage
from sigmic_conformance.model.secrets import given_to_exchanges, text_of, unmasked
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Download
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_spec.plural import plural

EVERYTHING = (
    *("create_token", "create_task", "list_tasks", GET, STREAM, "get_task_history", "send_message"),
    *("list_artifacts", "download_artifact", "approve_tool_call", "cancel_task"),
)
MOST_NAMES, MOST_BYTES = 100, 32_768
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(r"PATH|HOME|NODE_OPTIONS|LD_.*|PYTHON.*")
_OPTIONS = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute", "env", "secrets"})


def _is_plain(name: str, value: object) -> bool:
    """Whether a variable is certainly allowed: not a reserved name, no value with special characters."""
    sound = _NAME.fullmatch(name) is not None and _RESERVED.fullmatch(name.upper()) is None
    return sound and isinstance(value, str) and len(value) <= MOST_BYTES // 8 and "\0" not in value


def _maps(seen: Seen) -> list[dict[str, Any]]:
    """The variable maps of a valid JSON creation by a caller with permission to create."""
    body = seen.body
    sound = body.known and body.form is Form.JSON and body.message and not set(body.fields) - _OPTIONS
    if not sound or seen.caller.owner in {None, Key(VIEWER)} or not seen.exchange.sent.whole:
        return []
    flags = all(isinstance(body.fields.get(name, True), bool) for name in ("autoExecute", "showInHistory"))
    kinds = [body.fields[name] for name in ("env", "secrets") if body.fields.get(name) is not None]
    return [dict(each) for each in kinds] if flags and all(map(json_values.mapping, kinds)) else []


def _taken(seen: Seen, known: str) -> Findings:
    if seen.was_answered and not seen.from_elsewhere:
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


@check("VARS-001", CREATE, reason="refused")
def variables_are_taken(seen: Seen) -> Findings:
    """A sound creation with plainly named variables of moderate length is accepted."""
    maps = _maps(seen)
    count = sum(map(len, maps))
    if (
        count
        and count <= MOST_NAMES
        and all(_is_plain(name, value) for each in maps for name, value in each.items())
    ):
        yield from _taken(seen, f"{plural(count, 'variable')}")


@check("VARS-002", GET, reason="other-env")
def env_reads_back(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """An env that was given as JSON, with a key, reads back: every name with its value."""
    given, by_key = fields_given(seen) or {}, isinstance(task.owner, Key)
    if by_key and creation.asked.form is Form.JSON and given.get("env"):
        yield from reads_back(seen, "env")


def _any_secret(model: Model) -> re.Pattern[str]:
    """Matches the values that were sent as secrets; of those with the same beginning, the longest."""
    return re.compile("|".join(map(re.escape, sorted(model.secrets, key=len, reverse=True))))


@check("VARS-003", *EVERYTHING, reason="secret-shown")
def secrets_are_shown_nowhere(seen: Seen) -> Findings:
    """No secret of the run is in the API's own part of any answer, for any caller."""
    secrets = seen.model.secrets
    if secrets:
        found = set(seen.model.derived(_any_secret).findall(text_of(seen.exchange, seen.stream)))
        yield says(
            not found,
            f"{plural(len(secrets), 'secret was', 'secrets were')} given in the run",
            f"{len(found)} of them are shown",
        )


@check("VARS-003", DOWNLOAD, reason="secret-shown")
def files_of_the_platform_have_no_secret(seen: Seen, task: Task, download: Download) -> Findings:
    """A hidden file that no call names has no secret: a platform may store variables in it."""
    heard = all(task.readers.of_all(turn) is not None for turn in task.turns)
    if heard and download.path and may_be_own(task, download.path) and seen.exchange.ok:
        found = [value for value in seen.model.secrets if value.encode() in seen.exchange.body]
        if found:
            yield breaks(f"no call wrote {download.path}", f"{plural(len(found), 'secret')} in it")


def _may_be_gone(task: Task, turn: Turn | None) -> bool:
    """Whether a turn may lack the variables of the creation (G-62)."""
    return turn is None or (turn.number > 1 and not task.admits(Premise.VARIABLES_LAST))


@check("VARS-004", STREAM, GET, reason="not-in-environment")
def env_is_in_the_sandbox(seen: Seen, task: Task) -> Findings:
    """A variable of env has no value but the one sent, in any turn; a secret of its name has priority."""
    env, secret = given(task, "env"), given(task, "secrets")
    for each in printed_variables(seen):
        value = env.get(each.name)
        gone = each.is_nothing and _may_be_gone(task, task.turns.at(each.at))
        if value is not None and each.name not in secret and "[secret:" not in value and not gone:
            yield says(
                each.is_of(value),
                f"env gave {each.name}={spelled(value, 40)}",
                f"a command shows {spelled(each.shown, 70)}",
            )


def _is_named(each: Printed, task: Task) -> bool:
    """Whether the variable has the value of the same name in env (VARS-006)."""
    value = given(task, "env").get(each.name)
    return value is not None and "[secret:" not in value and each.is_of(value)


@check("VARS-005", STREAM, GET, reason="not-in-environment")
def secrets_are_in_the_sandbox(seen: Seen, task: Task) -> Findings:
    """A variable of secrets is not empty in any turn of the session that the creation started (X-07)."""
    secret = given(task, "secrets")
    for each in printed_variables(seen):
        turn = task.turns.at(each.at)
        if each.name not in secret or each.plain or turn is None or _may_be_gone(task, turn):
            continue
        if not seen.restored(turn):
            value = secret[each.name]
            # A value that was recognised as a secret is recorded as a placeholder, so its digest is unknown.
            hidden = "[secret:" in value
            holds = each.shown != NOTHING and not _is_named(each, task) if hidden else each.is_of(value)
            yield says(holds, f"secrets gave {each.name}", f"a command shows the digest {each.shown[:16]}")


@check("VARS-005", STREAM, GET, reason="not-in-environment")
def secrets_stay_in_the_sandbox(seen: Seen, task: Task) -> Findings:
    """The output of a command for a secret is the same in every turn of one session."""
    secret = given(task, "secrets")
    for each in printed_variables(seen):
        earlier = seen.model.first_digest("VARS-005", task, each.name)
        turn = task.turns.at(each.at)
        if each.name not in secret or each.plain or turn is None or _may_be_gone(task, turn):
            continue
        if not seen.restored(turn):
            if earlier is None:
                seen.model.first_digest("VARS-005", task, each.name, each.shown)
            else:
                yield says(
                    each.shown == earlier, f"{each.name} had the digest {earlier[:16]}", each.shown[:16]
                )


@check("VARS-006", STREAM, GET, reason="env-wins")
def secrets_win_everywhere(seen: Seen, task: Task) -> Findings:
    """A name in both maps has no value from env in the first session, or in a turn that has other secrets."""
    env, secret = given(task, "env"), given(task, "secrets")
    shown = [(each, turn) for each in printed_variables(seen) if (turn := task.turns.at(each.at)) is not None]
    kept = {
        turn.number
        for each, turn in shown
        if each.name in secret and each.name not in env and not each.is_nothing
    }
    for each, turn in shown:
        if each.name not in env or each.name not in secret or env[each.name] == secret[each.name]:
            continue
        if turn.number in kept or not (_may_be_gone(task, turn) or seen.restored(turn)):
            named = _is_named(each, task)
            yield says(
                not named, f"both maps gave {each.name}", "it has env's value" if named else "it has another"
            )


@check("VARS-007", CREATE, reason="refused")
def plain_names_are_taken(seen: Seen) -> Findings:
    """A sound creation whose variables follow the documented rule for names is accepted."""
    maps = _maps(seen)
    names = [name for each in maps for name in each]
    if (
        names
        and len(names) <= MOST_NAMES
        and all(_is_plain(name, value) for each in maps for name, value in each.items())
    ):
        yield from _taken(seen, f"the names are {', '.join(names[:3])}")


def _variables(seen: Seen) -> Iterator[tuple[str, Any]]:
    """The variables of a JSON body of a creation, names with values."""
    body = seen.body
    if body.known and body.form is Form.JSON:
        for kind in ("env", "secrets"):
            yield from json_values.fields(body.fields.get(kind)).items()


def _any(seen: Seen, test: Callable[[str, Any], bool], known: str) -> Findings:
    wrong = [name for name, value in _variables(seen) if test(name, value)]
    if wrong:
        yield from not_accepted(seen, f"{known}: {spelled(wrong[0])}")


@check("VARS-008", CREATE, reason="accepted")
def names_are_well_formed(seen: Seen) -> Findings:
    """A creation with a forbidden variable name is refused, in either map."""
    yield from _any(seen, lambda name, _: name.isascii() and not _NAME.fullmatch(name), "an ill-formed name")


@check("VARS-009", CREATE, reason="accepted")
def values_are_strings(seen: Seen) -> Findings:
    """A value that is not a string is not accepted."""
    return _any(seen, lambda _, value: not isinstance(value, str), "a value that is not a string")


@check("VARS-014", STREAM, GET, HISTORY, reason="secret-shown")
def printed_secrets_are_masked(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """No secret of the task's creation is in text of its tools or its agent, unless it was sent openly."""
    if not creation.asked.known or not seen.exchange.succeeded:
        return
    secret = unmasked(creation.asked.fields, seen.model.secrets)
    delegated = seen.stream is not None and bool(seen.stream.of("subagent_start"))
    said = delegated or any(call.output is not None for call in task.calls.values())
    if secret and said:
        found = [value for value in secret if value.encode() in seen.exchange.body]
        yield says(
            not found,
            f"{plural(len(secret), 'secret was', 'secrets were')} given",
            f"{len(found)} of them are shown",
        )


def _exchange_values(model: Model) -> frozenset[str]:
    """The values of `env` and `secrets` that were sent in token exchanges only."""
    exchanges = [each for each in model.exchanges if model.operation(each) == "create_token"]
    return given_to_exchanges(exchanges, model.exchanges)


@check("VARS-015", *EVERYTHING[1:], reason="variable-shown")
def exchange_values_stay_hidden(seen: Seen) -> Findings:
    """No answer to an end user shows a value of an exchange, unless the end user sent it openly."""
    if not isinstance(seen.caller.owner, User):
        return
    values = seen.model.derived(_exchange_values)
    if values:
        shown = text_of(seen.exchange, seen.stream)
        found = [value for value in values if value in shown]
        known = f"{plural(len(values), 'value was', 'values were')} given in exchanges"
        if found or seen.operation == GET:
            yield says(not found, known, f"{len(found)} are in the answer")


@check("VARS-016", reason="no-reading")
def env_of_a_token(record: Record) -> Findings:
    followed = Reading(no_value="env is null", body_only="env holds what the creation's own body gave")
    own = {"OWN_WORD": record.fact("token_env", "own")}
    # A task without env shows none under both interpretations; only the other task tells them apart.
    for label, values in (("bare", None), ("with env", own)):
        exchange = record.exchange("token_env", f"{label}: task")
        data = exchange.data if isinstance(exchange.data, dict) else {}
        env = data.get("env")
        if values is None:
            if env not in (None, {}):
                followed.add(None, exchange, f"{label}: env {env}")
        else:
            reading = "no_value" if env is None else "body_only" if env == own else None
            followed.add(reading, exchange, f"{label}: env {env}")
    return followed.findings()


@check("VARS-016", GET, reason="no-reading")
def env_of_a_token_is_never_the_exchanges(seen: Seen, task: Task) -> Findings:
    """The env of a task that was created with a token is null or the creation's own."""
    given = fields_given(seen)
    if given is None or task.owner is None or isinstance(task.owner, Key):
        return
    shown, own = seen.fields.get("env"), given.get("env")
    yield says(
        shown in (None, {}, own),
        f"the creation gave {json_values.word(own)[:60]}",
        f"env {json_values.word(shown)[:60]}",
    )


@check("VARS-017", STREAM, GET, reason="leaked-to-another-task")
def variables_stay_in_their_task(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """A variable that a task did not receive never has the value from another task or end user."""
    if not creation.asked.known:
        return
    own = given(task, "env").keys() | given(task, "secrets").keys()
    for each in printed_variables(seen):
        if each.name in own:
            continue
        foreign = {
            value
            for other in seen.model.tasks.values()
            if other is not task and (value := given(other, "env").get(each.name))
        }
        users = given_to_users(seen, each.name)
        foreign |= {value for user, value in users if user != task.owner}
        foreign -= {value for user, value in users if user == task.owner}
        if foreign:
            of_other = any(each.is_of(value) for value in foreign)
            known = f"only other tasks or end users were given {each.name}"
            yield says(not of_other, known, f"it shows {spelled(each.shown, 40)}")


@check("VARS-019", reason="not-replaced")
def variables_of_an_exchange_reach_servers(record: Record) -> Findings:
    # The control: with variables of the task itself both servers answer.
    reports(record, "mcp_servers", "run", *DIGESTS)
    tasks = [reports(record, "mcp_exchange", "run")]
    if record.noted("mcp_exchange", "again"):
        tasks.append(reports(record, "mcp_exchange", "again"))
    known = "the exchange's value in url, headers and env of each server"
    for found in tasks:
        silent = [tool for tool in DIGESTS if not found.answered(tool)]
        for tool in silent:
            if not found.results(tool):
                raise NotReached(f"the call shows nothing: {found.outcome(tool)}")
            yield breaks(known, found.outcome(tool), exchange=found.exchange)
        if not silent:
            yield from as_given(found, PLACES, record.fact("mcp_exchange", "digests"))
