"""VARS: a value that was given is the value that the sandbox has, in every turn; no secret is shown."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Form
from sigmic_conformance.conformance.model.results import good_results
from sigmic_conformance.conformance.model.secrets import text_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

STREAM, GET = "stream_task", "get_task"
EVERYTHING = (
    *("create_token", "create_task", "list_tasks", GET, STREAM, "get_task_history", "send_message"),
    *("list_artifacts", "download_artifact", "approve_tool_call", "cancel_task"),
)
NOTHING = hashlib.sha256(b"").hexdigest()
"""What the digest of a variable is that is not set, or that is empty."""
_HASHED = re.compile(r'printf %s "\$(?:\{(\w+)\}|(\w+))" ?\| ?sha256sum')
_SHOWN = re.compile(r'(?:printenv (\w+)|printf (?:%s|\'%s\') "\$(\w+)")')
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b(?! [ *]\S*uploads/)")
"""That of what was printed; a command may tell those of files as well."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command showed of a variable: its digest, or with `plain` the value itself."""

    call: Call
    name: str
    shown: str
    plain: bool
    at: int

    def is_of(self, value: str) -> bool:
        """Whether it is what a variable of this value shows; a command's last line end is cut by some."""
        return self.shown == value if self.plain else self.shown == hashlib.sha256(value.encode()).hexdigest()


def printed(seen: Seen) -> Iterator[Printed]:
    """The variables that commands were seen to show: as many digests as variables, or one value alone."""
    for result in good_results(seen):
        call, output = result.call, result.output or ""
        command = next((text for text in call.args.values() if isinstance(text, str) and "$" in text), None)
        command = command or next((str(text) for text in call.args.values() if "printenv" in str(text)), "")
        hashed, shown = list(_HASHED.finditer(command)), _SHOWN.fullmatch(command.strip())
        digests = _DIGEST.findall(output)
        set_anew = any(f"{found[1] or found[2]}=" in command for found in hashed)
        if hashed and len(digests) == len(hashed) and not set_anew:
            for found, digest in zip(hashed, digests, strict=True):
                yield Printed(call, found[1] or found[2], digest, plain=False, at=result.at)
        elif shown:
            name = shown[1] or shown[2]
            yield Printed(call, name, output.removesuffix("\n"), plain=True, at=result.at)


def _may_be_gone(task: Task, turn: Turn | None) -> bool:
    """Whether a turn may be without the variables of the creation (G-62)."""
    return turn is None or (turn.number > 1 and not task.admits(Premise.VARIABLES_LAST))


def given(task: Task, kind: str) -> dict[str, str]:
    """The variables of a creation, where they are known."""
    creation = task.creation
    if creation is None or creation.asked.form is not Form.JSON or not creation.asked.known:
        return {}
    values = shapes.fields(creation.asked.fields.get(kind))
    return {name: value for name, value in values.items() if isinstance(value, str)}


@invariant(
    "VARS-004", STREAM, GET, reason="not-in-environment", expected="the value of env in the environment"
)
def env_is_in_the_sandbox(seen: Seen) -> Findings:
    """A variable of env has the value that was given, in every turn; a secret of its name wins."""
    if seen.task is None:
        return
    env, secret = given(seen.task, "env"), given(seen.task, "secrets")
    for each in printed(seen):
        value = env.get(each.name)
        gone = _may_be_gone(seen.task, seen.task.turn_at(each.at))
        if value is not None and each.name not in secret and "[secret:" not in value and not gone:
            yield says(
                each.is_of(value),
                f"env gave {each.name}={value[:40]!r}",
                f"a command shows {each.shown[:70]!r}",
            )


@invariant(
    "VARS-005", STREAM, GET, reason="not-in-environment", expected="the value of secrets in the environment"
)
def secrets_are_in_the_sandbox(seen: Seen) -> Findings:
    """A variable of secrets is not empty in any turn of the session that the creation made (X-07)."""
    if seen.task is None:
        return
    secret = given(seen.task, "secrets")
    for each in printed(seen):
        turn = seen.task.turn_at(each.at)
        if each.name not in secret or each.plain or turn is None or _may_be_gone(seen.task, turn):
            continue
        if not seen.restored(turn):
            value = secret[each.name]
            # What was learnt to be secret is kept as a placeholder, and its digest is not known.
            hidden = "[secret:" in value
            holds = each.shown != NOTHING and not _is_named(each, seen.task) if hidden else each.is_of(value)
            yield says(holds, f"secrets gave {each.name}", f"a command shows the digest {each.shown[:16]}")


def _is_named(each: Printed, task: Task) -> bool:
    """Whether the variable has the value that env gave to the same name (VARS-006)."""
    value = given(task, "env").get(each.name)
    return value is not None and "[secret:" not in value and each.is_of(value)


@invariant("VARS-006", STREAM, GET, reason="env-wins", expected="the value of secrets for a name in both")
def secrets_win_everywhere(seen: Seen) -> Findings:
    """A name in both maps never has the value from env while the first session lives."""
    if seen.task is None:
        return
    both = given(seen.task, "env").keys() & given(seen.task, "secrets").keys()
    for each in printed(seen):
        turn = seen.task.turn_at(each.at)
        same = given(seen.task, "env").get(each.name) == given(seen.task, "secrets").get(each.name)
        if each.name not in both or same or turn is None or _may_be_gone(seen.task, turn):
            continue
        if not seen.restored(turn):
            named = _is_named(each, seen.task)
            yield says(
                not named, f"both maps gave {each.name}", "it has env's value" if named else "it has another"
            )


@invariant(
    "VARS-005",
    STREAM,
    GET,
    reason="not-in-environment",
    expected="the value of secrets in every turn of the session",
)
def secrets_stay_in_the_sandbox(seen: Seen) -> Findings:
    """What a command shows of a secret is the same in every turn of one session."""
    task = seen.task
    if task is None:
        return
    secret = given(task, "secrets")
    for each in printed(seen):
        earlier = seen.model.first_digest("VARS-005", task, each.name)
        turn = task.turn_at(each.at)
        if each.name not in secret or each.plain or turn is None or _may_be_gone(task, turn):
            continue
        if not seen.restored(turn):
            if earlier is None:
                seen.model.first_digest("VARS-005", task, each.name, each.shown)
            else:
                yield says(
                    each.shown == earlier, f"{each.name} had the digest {earlier[:16]}", each.shown[:16]
                )


@invariant(
    "VARS-017", STREAM, GET, reason="leaked-to-another-task", expected="a variable of one task in no other"
)
def variables_stay_in_their_task(seen: Seen) -> Findings:
    """A variable that a task was not given never has the value that another task gave to its name."""
    if seen.task is None or seen.task.creation is None or not seen.task.creation.asked.known:
        return
    own = given(seen.task, "env").keys() | given(seen.task, "secrets").keys()
    for each in printed(seen):
        if each.name in own:
            continue
        foreign = [
            value
            for task in seen.model.tasks.values()
            if task is not seen.task and (value := given(task, "env").get(each.name))
        ]
        if foreign:
            of_other = any(each.is_of(value) for value in foreign)
            yield says(
                not of_other, f"only other tasks were given {each.name}", f"it shows {each.shown[:40]!r}"
            )


@invariant("VARS-003", *EVERYTHING, reason="secret-shown", expected="no secret in anything that the API says")
def secrets_are_shown_nowhere(seen: Seen) -> Findings:
    """No secret that was ever given in the run is in what the API itself says, to anybody."""
    secrets = seen.model.secrets
    if secrets:
        found = set(seen.model.any_secret.findall(text_of(seen.exchange, seen.stream)))
        yield says(
            not found,
            f"{plural(len(secrets), 'secret was', 'secrets were')} given in the run",
            f"{len(found)} of them are shown",
        )


@invariant("ENVELOPE-016", *EVERYTHING, reason="internals-leaked", expected="no credential in a refusal")
def refusals_show_no_credential(seen: Seen) -> Findings:
    """No refusal repeats a credential of the run: its key, its app's secret, its token."""
    if seen.exchange.refused:
        text = seen.exchange.body.decode("utf-8", "replace")
        found = [value for value in seen.model.credentials if value in text]
        yield says(not found, "the run's credentials are known", f"{len(found)} of them are in the refusal")
