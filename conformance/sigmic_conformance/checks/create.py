"""Creating a task."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import WITH_POLICIES, Owner, User
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.files_seen import touched
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import asking, calls_streamed
from sigmic_conformance.model.observation.seen_requests import (
    form_accepted,
    is_accepted,
    is_refused_as,
    is_sound,
    not_accepted,
    why_not_refused,
    without_message,
)
from sigmic_conformance.model.observation.seen_tasks import fields_given, reads_back
from sigmic_conformance.model.observation.seen_turns import answered_last
from sigmic_conformance.model.observation.seen_variables import printed_variables, token_requests
from sigmic_conformance.model.operations import CREATE, FILES, GET, HISTORY, LIST, STREAM
from sigmic_conformance.model.page import Page
from sigmic_conformance.model.record.answer_data import tasks_marked
from sigmic_conformance.model.record.controls import refused
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import MOST
from sigmic_conformance.model.record.variable_digests import printed
from sigmic_conformance.model.requests import Asked, Certainty, Form, SentMessage, asked, json_value
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Listing
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief
from sigmic_spec.plural import plural

FLAGS = ("showInHistory", "autoExecute")
OF_A_CREATION = frozenset({"message", "systemPrompt", *FLAGS})
_FILE_NAME = re.compile(r'"([\w-]+\.\w+)"')
_OF_THIS_RUN = re.compile(r"\bn[0-9a-f]{12}\b")
"""A word that a probe generated, so that no task of another run has it."""


@check("CREATE-001", CREATE, reason="refused")
def messages_as_json_create(seen: Seen, body: Asked) -> Findings:
    """A sound JSON body creates a task, with any valid credential."""
    if body.form is Form.JSON and is_sound(body, OF_A_CREATION):
        yield from is_accepted(seen, "the body is as documented")


@check("CREATE-002", CREATE, reason="refused")
def messages_as_forms_create(seen: Seen, body: Asked) -> Findings:
    """A sound form without files creates a task."""
    if body.known and body.form is None and not body.files and is_sound(body, OF_A_CREATION):
        yield from is_accepted(seen, "the form is as documented")


@check("CREATE-002", CREATE, reason="refused")
def forms_are_accepted(seen: Seen) -> Findings:
    """A form with a message is accepted."""
    return form_accepted(seen)


@check("CREATE-003", CREATE, reason="no-id")
def creations_answer_an_id(seen: Seen) -> Findings:
    """Every accepted creation answers with the id of its task."""
    if seen.exchange.ok:
        told = seen.fields.get("id")
        yield says(json_values.filled(told), "the creation was accepted", f"id {spelled(told)}")


@check("CREATE-003", GET, reason="refused")
def created_tasks_can_be_read(seen: Seen) -> Findings:
    """The owner's request for a task that was created is accepted."""
    return not_refused(seen)


@check("CREATE-004", CREATE, reason="other-status")
def creations_answer_pending(seen: Seen) -> Findings:
    """Each accepted creation answers with the status pending."""
    if seen.exchange.ok and seen.task is not None:
        status = seen.fields.get("status")
        yield says(status == "pending", "the task was created", f"status {status}")


@check("CREATE-005", CREATE, reason="id-reused")
def ids_are_new(seen: Seen) -> Findings:
    """Each accepted creation answers with a new id."""
    if seen.exchange.ok:
        told, mine = json_values.word(seen.fields.get("id")), f"{seen.exchange.probe} {seen.exchange.number}"
        holds = told != "null" and seen.model.first_reading(f"CREATE-005 {told}", mine) == mine
        yield says(holds, "a task was created", f"id {told}")


@check("CREATE-006", GET, reason="not-started")
def created_tasks_start(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """A task is not pending after most of the time that the profile allows for a whole task.

    Whether a follow-up makes it pending again is open.
    """
    if (
        not seen.exchange.ok
        or any(each.sent < seen.ended for each in task.messages[1:])
        or task.may_be_cancelled(seen.began, seen.ended)
    ):
        return
    waited = (seen.began - creation.answered) / 1e9
    status = seen.fields.get("status")
    if status != "pending" or waited >= seen.model.profile.task_seconds * MOST:
        yield says(status != "pending", f"it was created {waited:.1f} s before", f"the status is {status}")


@check("CREATE-007", GET, reason="answered-late")
def creations_are_answered_first(seen: Seen, turn: Turn) -> Findings:
    """A creation is answered before its run is over."""
    if turn.number == 1 and turn.message.certainty is Certainty.ACCEPTED:
        yield from answered_last(seen, turn.message.exchange)


@check("CREATE-008", CREATE, reason="accepted")
def creations_need_a_message(seen: Seen, body: Asked) -> Findings:
    """A creation without a message, in any form of body, is refused."""
    if without_message(body) and not body.files:
        yield from not_accepted(seen, "the body has no message")


def _decided(seen: Seen) -> bool:
    """Whether a valid caller's request was decided; an incomplete body may be read as another one."""
    valid = seen.caller.owner is not None and seen.exchange.code != "FORBIDDEN"
    return valid and seen.exchange.sent.whole and seen.was_decided


def _refused(seen: Seen, known: str, *, status: int | None = None, code: str | None = None) -> Findings:
    if _decided(seen):
        yield from is_refused_as(seen, known, status=status, code=code)


def _is_refused_if_not_taken(seen: Seen, known: str) -> Findings:
    """The request is refused, if it is not accepted."""
    if _decided(seen) and not seen.exchange.succeeded:
        yield from is_refused_as(seen, known)


@check("CREATE-009", CREATE, reason="accepted")
def empty_messages_are_refused(seen: Seen, body: Asked) -> Findings:
    """A creation whose message is empty is refused, in any form of body."""
    if body.known and body.fields.get("message") == "":
        yield from _refused(seen, "the message is empty")


@check("CREATE-010", CREATE, reason="accepted")
def messages_are_strings(seen: Seen, body: Asked) -> Findings:
    """A JSON creation whose message is not a string is refused."""
    if body.known and body.form is Form.JSON and not isinstance(body.fields.get("message", ""), str):
        yield from not_accepted(seen, f"the message is {json_values.word(body.fields['message'])[:40]}")


def _made_with(model: Model) -> Mapping[tuple[str, str], frozenset[str]]:
    """The created tasks by message and system prompt, for texts that only this run uses.

    A text is missing if one of its creations was not answered, because that may have created a task.
    """
    found: dict[tuple[str, str], set[str]] = {}
    unsure: set[tuple[str, str]] = set()
    for exchange in model.exchanges:
        if model.operation(exchange) == "create_task":
            body = asked(exchange.sent)
            for name in ("message", "systemPrompt"):
                if isinstance(value := body.fields.get(name), str) and _OF_THIS_RUN.search(value):
                    ids = found.setdefault((name, value.strip()), set())
                    if exchange.ok:
                        ids.add(json_values.word(exchange.fields.get("id")))
                    elif not exchange.refused:
                        unsure.add((name, value.strip()))
    return {text: frozenset(ids) for text, ids in found.items() if text not in unsure}


@check("CREATE-011", LIST, reason="half-done")
def refused_creations_leave_nothing(seen: Seen, page: Page) -> Findings:
    """A listed task with a message or a prompt of this run was created by an answered creation."""
    made = seen.model.derived(_made_with)
    for item in page.items:
        for name in ("message", "systemPrompt"):
            value, told = json_values.word(item.get(name)).strip(), json_values.word(item.get("id"))
            if (ids := made.get((name, value))) is not None:
                known = f"{plural(len(ids), 'creation')} with the {name} {spelled(value, 40)} accepted"
                yield says(told in ids, known, f"{told} is listed")


@check("CREATE-012", GET, reason="other-value")
def system_prompt_not_given(seen: Seen) -> Findings:
    """A system prompt that was left out is null."""
    if (fields_given(seen) or {"systemPrompt": 1}).get("systemPrompt") is None:
        yield from reads_back(seen, "systemPrompt")


@check("CREATE-013", GET, reason="other-value")
def system_prompt_given(seen: Seen) -> Findings:
    """A system prompt that was given reads back."""
    if isinstance((fields_given(seen) or {}).get("systemPrompt"), str):
        yield from reads_back(seen, "systemPrompt")


def _flag(seen: Seen, name: str, *, wanted: bool | None) -> Findings:
    given = fields_given(seen)
    if given is None or given.get(name) is not wanted:
        return
    yield from reads_back(seen, name, default=True)


def _users_with_variables(model: Model) -> frozenset[Owner]:
    """End users whose token exchange had, or may have had, `env` or `secrets`."""
    asked_for = model.derived(token_requests)
    return frozenset(
        user
        for user, body in asked_for
        if not body.known or body.fields.get("env") or body.fields.get("secrets")
    )


@check("CREATE-014", GET, reason="other-value")
def tasks_are_shown_by_default(seen: Seen) -> Findings:
    """A task that was created without the flag has true."""
    return _flag(seen, "showInHistory", wanted=None)


@check("CREATE-015", GET, reason="other-value")
def tasks_can_be_hidden(seen: Seen) -> Findings:
    """A task that was created with false has false."""
    return _flag(seen, "showInHistory", wanted=False)


@check("CREATE-016", GET, reason="other-value")
def tools_run_by_default(seen: Seen) -> Findings:
    """A task that was created without the flag has true."""
    return _flag(seen, "autoExecute", wanted=None)


@check("CREATE-017", GET, reason="other-value")
def tools_can_wait(seen: Seen) -> Findings:
    """A task that was created with false has false."""
    return _flag(seen, "autoExecute", wanted=False)


@check("CREATE-018", GET, reason="other-value")
def env_not_given(seen: Seen) -> Findings:
    """An env that was left out is null, or the one from an end user's token exchange (X-06)."""
    given, owner = fields_given(seen), seen.task.owner if seen.task else None
    none = given is not None and given.get("env") is None
    of_exchange = owner in seen.model.derived(_users_with_variables) and bool(seen.fields.get("env"))
    if none and owner is not None and not of_exchange:
        yield from reads_back(seen, "env")


@check("CREATE-019", STREAM, reason="asked")
def automatic_tasks_never_ask(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """No call of a task with automatic execution waits, unless its project's policies may ask."""
    if task.asks is not False or creation.exchange.role == WITH_POLICIES:
        return
    for call in calls_streamed(seen):
        yield says(
            call.asked is None, "autoExecute is true", f"the call {call.id} ({call.tool}) " + asking(call)
        )


def _creation(seen: Seen) -> SentMessage | None:
    """The creation of the task, if it is known exactly and the answer is a complete one."""
    creation = seen.creation
    return creation if creation is not None and creation.asked.known and seen.exchange.succeeded else None


@check("CREATE-020", GET, reason="other-value")
def form_booleans_read_back(seen: Seen) -> Findings:
    """The booleans of a form read back with the values that were sent."""
    creation = _creation(seen)
    if creation is None or creation.asked.form is Form.JSON:
        return
    for name in FLAGS:
        given = creation.asked.fields.get(name)
        if isinstance(given, bool) and name in seen.fields:
            yield says(
                seen.fields[name] is given,
                f"the form has {name}={spelled(given)}",
                f"it reads {spelled(seen.fields[name])}",
            )


def _in_a_form(body: Asked) -> frozenset[str]:
    """The names of the variables in a form."""
    if not body.known or body.form is Form.JSON:
        return frozenset()
    try:
        given = [
            json_values.read(json_values.word(body.fields.get(kind, "{}"))) for kind in ("env", "secrets")
        ]
    except ValueError:
        return frozenset()
    return frozenset(name for each in given for name in json_values.fields(each))


@check("CREATE-023", reason="no-reading")
def variables_in_a_form(record: Record) -> Findings:
    followed = Reading(refused="refused, and no task is created", honoured="as if sent in JSON")
    for name in ("env", "secrets"):
        made = record.exchange("form_variables", f"{name}: create")
        if made.refused:
            page = record.exchange("form_variables", "list")
            half = tasks_marked(page, f"{record.fact('form_variables', 'mark')} {name}")
            observed = f"{name}: {summary(made)}{', but a task is there' if half else ''}"
            followed.add(None if half else "refused", made, observed)
        elif made.succeeded:
            stream = record.stream("form_variables", f"{name}: stream")
            found = printed(stream, "FORM_WORD")
            if found:
                kept = record.fact("form_variables", f"{name}: digest") in found
                observed = f"{name}: accepted, and {'kept' if kept else 'dropped'}"
                followed.add("honoured" if kept else None, made, observed)
        elif made.status is not None:
            followed.add(None, made, f"{name}: {summary(made)}")
    return followed.findings(alike=False)


@check("CREATE-023", STREAM, GET, reason="variables-dropped")
def form_variables_are_set(seen: Seen) -> Findings:
    """A command finds no variable of an accepted form empty."""
    creation = _creation(seen)
    names = _in_a_form(creation.asked) if creation is not None else ()
    for each in printed_variables(seen) if names else ():
        if each.name in names:
            shown = "it is empty" if each.is_of("") else "it has a value"
            yield says(not each.is_of(""), f"the form had {each.name}, and was accepted", shown)


@check("CREATE-023", GET, reason="variables-dropped")
def form_variables_read_back(seen: Seen) -> Findings:
    """An accepted form with an env created a task that has one."""
    creation, owner = _creation(seen), seen.task.owner if seen.task else None
    if creation is None or creation.asked.form is Form.JSON or isinstance(owner, User):
        return
    if creation.asked.fields.get("env"):
        env = seen.fields.get("env")
        yield says(bool(env), "the form had env, and was accepted", f"env {json_values.word(env)[:60]}")


@check("CREATE-024", CREATE, reason="server-error")
def files_in_json_are_refused(seen: Seen, body: Asked) -> Findings:
    """A JSON body with `files` is refused, if it is not accepted."""
    if body.form is Form.JSON and "files" in body.fields:
        yield from _is_refused_if_not_taken(seen, "its body is JSON with files")


@check("CREATE-024", FILES, reason="file-attached")
def json_brings_no_files(seen: Seen, task: Task, listing: Listing) -> Findings:
    """No file that only a JSON body named is listed."""
    creation = _creation(seen)
    if creation is None or creation.asked.form is not Form.JSON:
        return
    names = set(_FILE_NAME.findall(json_values.word(creation.asked.fields.get("files", []))))
    listed = {posixpath.basename(path) for path in listing.files}
    for name in names:
        if not touched(task, name, seen.ended):
            shown = "it is listed" if name in listed else "it is not listed"
            yield says(name not in listed, f"the JSON of the creation named {name}", shown)


@check("CREATE-024", HISTORY, STREAM, reason="file-attached")
def json_attaches_nothing(seen: Seen, view: View) -> Findings:
    """The first message of a task that was created from JSON with `files` has no attached file."""
    creation = _creation(seen)
    if creation is None or creation.asked.form is not Form.JSON:
        return
    if "files" in creation.asked.fields and view.of_user:
        told = view.of_user[0].get("attachedFiles")
        yield says(not told, "its body was JSON", f"attached are {json_values.word(told)[:60]}")


def _is_awkward(text: str, said: SentMessage) -> bool:
    """Text beyond printable ASCII. Line ends in a form are left out, because browsers change them (HTML)."""
    in_form = said.asked.form is not Form.JSON
    return not text.isascii() or any(ord(sign) < 32 and not (in_form and sign in "\r\n") for sign in text)


def _is_same(text: str, said: SentMessage, told: object) -> bool:
    """Whether a message reads unchanged; white space may differ if it came in a form."""
    if said.asked.form is Form.JSON or not isinstance(told, str):
        return said.is_shown_as(told)
    return " ".join(text.split()) in " ".join(told.split())


@check("CREATE-026", GET, reason="text-changed")
def awkward_messages_read_back(seen: Seen, task: Task) -> Findings:
    """A message with more than printable ASCII reads back unchanged, whatever the form of the request."""
    creation = _creation(seen)
    text = creation.asked.message if creation else None
    if creation is None or text is None or task.turns.goes_on(seen.ended) or not _is_awkward(text, creation):
        return
    told = seen.fields.get("message")
    same = _is_same(text, creation, told)
    yield says(
        same, f"the message was {spelled(text, 60)}", f"it reads {in_brief(text, json_values.word(told))}"
    )


@check("CREATE-026", HISTORY, reason="text-changed")
def awkward_messages_are_kept(seen: Seen) -> Findings:
    """The history has a message with more than printable ASCII unchanged."""
    creation = _creation(seen)
    text = creation.asked.message if creation else None
    if text is None or creation is None or creation.asked.files or not _is_awkward(text, creation):
        return
    if seen.view is not None and creation.answered <= seen.began:
        told = seen.view.of_user[0].get("content") if seen.view.of_user else None
        same = _is_same(text, creation, told)
        yield says(
            same,
            f"the message was {spelled(text, 60)}",
            f"it is kept as {in_brief(text, json_values.word(told))}",
        )


@check("CREATE-028", CREATE, reason="no-envelope")
def bodies_are_objects(seen: Seen) -> Findings:
    """A body labelled JSON that is invalid, or not an object, is refused with the envelope."""
    known, value = json_value(seen.exchange.sent)
    if known and not isinstance(value, dict) and _decided(seen):
        exchange = seen.exchange
        holds, text = exchange.refused and exchange.code is not None, (exchange.sent.text or "")[:30]
        yield says(holds, f"the body is {spelled(text)}", summary(exchange), reason=why_not_refused(exchange))


@check("CREATE-032", reason="not-refused")
def broken_forms(record: Record) -> Findings:
    labels = ["raw: form without boundary", "raw: form cut short", "raw: form with broken part"]
    known = "4xx, and no task is created"
    yield from refused(record, "creation_refusals", labels, control="form twin", expected=known)
    page = record.exchange("creation_refusals", "list")
    made = tasks_marked(page, f"{record.fact('creation_refusals', 'mark')}, broken form")
    asked = (each for label in labels for each in record.labelled("creation_refusals", label))
    if made and all(each.refused for each in asked):
        shown = f"{plural(len(made), 'task')} of forms that were refused"
        yield breaks(known, shown, exchange=page, reason="half-done")


@check("CREATE-033", CREATE, reason="accepted")
def json_booleans_are_booleans(seen: Seen, body: Asked) -> Findings:
    """A JSON body whose autoExecute or showInHistory is not a boolean is refused."""
    fields: Mapping[str, Any] = body.fields if body.known and body.form is Form.JSON else {}
    wrong = [name for name in FLAGS if fields.get(name) is not None and not isinstance(fields[name], bool)]
    if wrong:
        yield from _refused(seen, f"{wrong[0]} is {json_values.word(fields[wrong[0]])[:30]}")
