"""CREATE: every form of a creation means what it says, whoever sends it, and reads back as it was given."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import User
from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.requests import Form, asked, query_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Sent

CREATE, GET, LIST, HISTORY, STREAM, FILES = (
    *("create_task", "get_task", "list_tasks", "get_task_history", "stream_task", "list_artifacts"),
)
DOCUMENTED = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute", "env", "secrets", "files"})
FLAGS = ("showInHistory", "autoExecute")
MOST = 0.9
"""Of the time that the profile gives a whole task: whoever waits for its end looks again until then."""
KEPT = 16_000
"""Characters of a JSON body that are surely kept whole."""


def _creation(seen: Seen) -> Said | None:
    """The creation of the task, when it is known word for word and the answer is a whole one."""
    creation = seen.task.creation if seen.task else None
    return creation if creation is not None and creation.asked.known and seen.exchange.succeeded else None


def _decided(seen: Seen) -> bool:
    """Whether a valid caller was told yes or no; what is not sent whole may be taken for another body."""
    told = seen.exchange.succeeded or seen.exchange.refused
    return seen.caller.owner is not None and seen.exchange.sent.whole and told


def _refused(seen: Seen, known: str, *, status: int | None = None, code: str | None = None) -> Findings:
    if not _decided(seen) or seen.exchange.code == "FORBIDDEN":
        return
    holds = seen.exchange.refused and seen.exchange.status == (status or seen.exchange.status)
    yield says(holds and seen.exchange.code == (code or seen.exchange.code), known, summary(seen.exchange))


@invariant("CREATE-003", CREATE, reason="no-id", expected="a non-empty string as `data.id`")
def creations_answer_an_id(seen: Seen) -> Findings:
    """Every accepted creation answers the id of its task."""
    if seen.exchange.ok:
        told = seen.fields.get("id")
        yield says(shapes.filled(told), "the creation was accepted", f"id {told!r}")


@invariant("CREATE-009", CREATE, reason="accepted", expected="an empty message is refused")
def empty_messages_are_refused(seen: Seen) -> Findings:
    """A creation whose message is empty is refused, in any form of body."""
    body = asked(seen.exchange.sent)
    if body.known and body.fields.get("message") == "":
        yield from _refused(seen, "the message is empty")


@invariant(
    "CREATE-020", GET, reason="other-value", expected="`true` and `false` of a form mean true and false"
)
def form_booleans_read_back(seen: Seen) -> Findings:
    """The booleans of a form read back as they were written."""
    creation = _creation(seen)
    if creation is None or creation.asked.form is Form.JSON:
        return
    for name in FLAGS:
        given = creation.asked.fields.get(name)
        if isinstance(given, bool) and name in seen.fields:
            yield says(
                seen.fields[name] is given, f"the form said {name}={given}", f"it reads {seen.fields[name]}"
            )


@invariant(
    "CREATE-021", CREATE, reason="other-reading", expected="true and false in any case, and nothing else"
)
def form_booleans_are_words(seen: Seen) -> Findings:
    """A form's boolean that is neither word is refused as invalid; one in capitals is no reason to."""
    body = asked(seen.exchange.sent)
    words = [
        value
        for name in FLAGS
        if body.known and body.form is not Form.JSON and isinstance(value := body.fields.get(name), str)
    ]
    if [word for word in words if word.lower() not in {"true", "false"}]:
        yield from _refused(seen, f"a boolean is {words[0]!r}", status=400, code="VALIDATION_ERROR")
    elif words and body.message and set(body.fields) <= DOCUMENTED and _decided(seen):
        yield says(seen.exchange.succeeded, f"a boolean is {words[0]!r}", summary(seen.exchange))


@invariant("CREATE-022", CREATE, reason="accepted", expected="400 for an unknown field")
def unknown_fields_are_refused(seen: Seen) -> Findings:
    """A JSON body with a field that no page names is refused."""
    body = asked(seen.exchange.sent)
    unknown = sorted(set(body.fields) - DOCUMENTED) if body.known and body.form is Form.JSON else []
    if unknown:
        yield from _refused(seen, f"it has {unknown[0]!r}", status=400)


@invariant("CREATE-023", GET, reason="variables-dropped", expected="the env of a form that was taken")
def form_variables_are_not_dropped(seen: Seen) -> Findings:
    """A form with variables, if it was accepted, made a task that has them."""
    creation = _creation(seen)
    if creation is None or creation.asked.form is Form.JSON or not creation.asked.fields.get("env"):
        return
    if isinstance(seen.task.owner if seen.task else None, User):
        return
    env = seen.fields.get("env")
    yield says(bool(env), "the form had env, and was accepted", f"env {shapes.word(env)[:60]}")


@invariant(
    "CREATE-024", HISTORY, STREAM, reason="file-attached", expected="no file of a JSON body is attached"
)
def json_attaches_nothing(seen: Seen) -> Findings:
    """The first message of a task that was created from JSON with `files` has no attached file."""
    creation = _creation(seen)
    if creation is None or seen.view is None or creation.asked.form is not Form.JSON:
        return
    if "files" in creation.asked.fields and seen.view.of_user:
        told = seen.view.of_user[0].get("attachedFiles")
        yield says(not told, "its body was JSON", f"attached are {shapes.word(told)[:60]}")


@invariant("CREATE-026", GET, reason="text-changed", expected="the message code point for code point")
def awkward_messages_read_back(seen: Seen) -> Findings:
    """A message with more than printable ASCII reads back as it was given, in whatever form it was sent."""
    creation, task = _creation(seen), seen.task
    text = creation.asked.message if creation else None
    if text is None or task is None or task.goes_on(seen.ended) or not _is_awkward(text, creation):
        return
    told = seen.fields.get("message")
    same = creation is not None and creation.is_shown_as(told)
    yield says(same, f"the message was {text[:60]!r}", f"it reads {shapes.word(told)[:60]}")


@invariant("CREATE-026", HISTORY, reason="text-changed", expected="the message code point for code point")
def awkward_messages_are_kept(seen: Seen) -> Findings:
    """The history has a message with more than printable ASCII as it was given."""
    creation = _creation(seen)
    text = creation.asked.message if creation else None
    if text is None or creation is None or creation.asked.files or not _is_awkward(text, creation):
        return
    if seen.view is not None and creation.answered <= seen.began:
        told = seen.view.of_user[0].get("content") if seen.view.of_user else None
        same = isinstance(told, str) and told.strip() == text.strip()
        yield says(same, f"the message was {text[:60]!r}", f"it is kept as {shapes.word(told)[:60]}")


def _is_awkward(text: str, said: Said | None) -> bool:
    """More than printable ASCII; a form's line ends are a browser's business (HTML), and say nothing."""
    odd = not text.isascii() or any(ord(sign) < 32 for sign in text)  # noqa: PLR2004  control characters
    lines = "\n" in text or "\r" in text
    return odd and (said is not None and (said.asked.form is Form.JSON or not lines))


@invariant("CREATE-027", CREATE, reason="refused", expected="a urlencoded body is taken as a form")
def urlencoded_bodies_are_taken(seen: Seen) -> Findings:
    """A sound urlencoded body creates a task, with whatever credential."""
    body = asked(seen.exchange.sent)
    text = body.message if body.form is Form.URLENCODED else None
    plain = set(body.fields) <= {"message", "systemPrompt", *FLAGS}
    flags = all(isinstance(body.fields.get(name, True), bool) for name in FLAGS)
    sound = text is not None and any(map(str.isalnum, text)) and plain and flags
    if sound and _decided(seen) and seen.exchange.code != "FORBIDDEN":
        yield says(seen.exchange.succeeded, "the body is as documented", summary(seen.exchange))


def _json_value(sent: Sent) -> tuple[bool, Any]:
    """Whether a body is labelled JSON and known whole, and its value; Ellipsis when it is none."""
    kind = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    if kind.partition(";")[0].strip().lower() != "application/json" or sent.text is None or not sent.whole:
        return False, ...
    if len(sent.text) > KEPT or "\ufffd" in sent.text or sent.size != len(sent.text.encode(errors="replace")):
        return False, ...
    try:
        return True, shapes.read(sent.text)
    except shapes.TooDeep:
        return False, ...
    except ValueError:
        return True, ...


@invariant(
    "CREATE-028",
    CREATE,
    reason="wrong-refusal",
    expected="4xx in the envelope for a body that is not an object",
)
def bodies_are_objects(seen: Seen) -> Findings:
    """A body labelled JSON that is none, or no object, is refused in the envelope."""
    known, value = _json_value(seen.exchange.sent)
    if known and not isinstance(value, dict) and _decided(seen):
        holds = seen.exchange.refused and seen.exchange.code is not None
        yield says(holds, f"the body is {(seen.exchange.sent.text or '')[:30]!r}", summary(seen.exchange))


@invariant("CREATE-029", GET, HISTORY, STREAM, reason="hidden", expected="read and streamed like any other")
def hidden_tasks_are_read(seen: Seen) -> Findings:
    """A task with showInHistory false is read by its owner."""
    if seen.task is not None and seen.task.is_hidden:
        yield from not_refused(seen)


@invariant("CREATE-029", LIST, reason="hidden", expected="listed like any other")
def hidden_tasks_are_listed(seen: Seen) -> Findings:
    """A page that has the whole of a list has the tasks with showInHistory false as well."""
    owner = seen.caller.owner
    if owner is None or query_of(seen.exchange.sent) or not seen.exchange.ok:
        return
    listed = {entry.get("id") for entry in seen.exchange.entries}
    for task in seen.model.created_before(owner, seen.began, hidden=True):
        if len(listed) < 50:  # noqa: PLR2004  a page that is not full has all of them
            yield says(
                task.id in listed, f"{task.id} was created", "listed" if task.id in listed else "not listed"
            )


@invariant("CREATE-030", GET, reason="other-value", expected="an empty env reads back as {} or null")
def empty_env_reads_back(seen: Seen) -> Findings:
    """An empty env reads back as an empty object or null, and is not left out."""
    creation = _creation(seen)
    if creation is not None and creation.asked.form is Form.JSON and creation.asked.fields.get("env") == {}:
        env = seen.fields.get("env", "absent")
        yield says(env in ({}, None), "env was {}", f"env {env}")


@invariant("CREATE-033", CREATE, reason="accepted", expected="a JSON value that is not a boolean is refused")
def json_booleans_are_booleans(seen: Seen) -> Findings:
    """A JSON body whose autoExecute or showInHistory is no boolean is refused."""
    body = asked(seen.exchange.sent)
    fields: Mapping[str, Any] = body.fields if body.known and body.form is Form.JSON else {}
    wrong = [name for name in FLAGS if fields.get(name) is not None and not isinstance(fields[name], bool)]
    if wrong:
        yield from _refused(seen, f"{wrong[0]} is {shapes.word(fields[wrong[0]])[:30]}")


@invariant("CREATE-034", GET, reason="empty", expected="non-empty apiKeyId and username")
def tasks_of_tokens_have_an_owner(seen: Seen) -> Findings:
    """A task that was made with a token tells whose it is."""
    if seen.exchange.ok and seen.task is not None and isinstance(seen.task.owner, User):
        told = [seen.fields.get(name) for name in ("apiKeyId", "username")]
        yield says(
            all(map(shapes.filled, told)), "a token made it", f"apiKeyId {told[0]!r}, username {told[1]!r}"
        )


@invariant("CREATE-006", GET, reason="not-started", expected="a created task leaves `pending` by itself")
def created_tasks_start(seen: Seen) -> Findings:
    """A task is not pending when most of the time that the profile gives a whole task has passed."""
    task = seen.task
    creation = task.creation if task else None
    if (
        task is None
        or creation is None
        or not seen.exchange.ok
        or task.may_be_cancelled(seen.began, seen.ended)
    ):
        return
    waited = (seen.began - creation.answered) / 1e9
    status = seen.fields.get("status")
    if status != "pending" or waited >= seen.model.profile.task_seconds * MOST:
        yield says(status != "pending", f"it was created {waited:.1f} s before", f"the status is {status}")
