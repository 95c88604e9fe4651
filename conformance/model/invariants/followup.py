"""FOLLOWUP, SESSION and CREATE: a well-formed message is taken and answered, whatever came before it."""

from dataclasses import replace

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import VIEWER, Key
from sigmic_conformance.conformance.model.calls import SUCCESS
from sigmic_conformance.conformance.model.conversation import View, shown
from sigmic_conformance.conformance.model.files_seen import brought_before
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Asked, Certainty, Form, asked
from sigmic_conformance.conformance.model.results import good_results
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.model.workspace import digests_read, is_plain, is_plain_archive
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.spec.plural import plural

CREATE, SAY, HISTORY, STREAM, GET = (
    "create_task",
    "send_message",
    "get_task_history",
    "stream_task",
    "get_task",
)
OF_A_CREATION = frozenset({"message", "systemPrompt", "showInHistory", "autoExecute"})
LONGEST = 10_000
"""Characters of a message of which nobody doubts that it is taken; the limit is not documented (G-11)."""
MOST_FILES, MOST_BYTES = 20, 50_000_000
UNSUPPORTED = 415
DENIALS = frozenset({400, 403, 404, 409, 410, 413, 415, 422, 500})
"""Refusals that blame a well-formed request, or say that it cannot be done."""


def _is_sound(body: Asked, names: frozenset[str]) -> bool:
    """Whether a body has a message, documented fields of documented types, and lawful files."""
    text = body.message
    # What is blank besides spaces, nobody says (G-11).
    said = text is not None and len(text) <= LONGEST and any(map(str.isalnum, text))
    if not said or set(body.fields) - names:
        return False
    flags = all(isinstance(body.fields.get(name, True), bool) for name in ("autoExecute", "showInHistory"))
    prompt = isinstance(body.fields.get("systemPrompt", ""), str)
    lawful = len(body.files) <= MOST_FILES and all(map(_is_lawful, body.files))
    return flags and prompt and lawful


def _is_lawful(file: SentFile) -> bool:
    """Whether nobody doubts that a file is taken: a plain one, or an archive of plain ones (ZIP-001)."""
    return (is_plain(file) or is_plain_archive(file)) and 0 < file.size <= MOST_BYTES


def _taken(seen: Seen, known: str) -> Findings:
    """A request of a valid caller, sent whole, is not refused as a wrong or an impossible one."""
    origin = any(name.lower() in {"origin", "content-encoding"} for name, _ in seen.exchange.sent.headers)
    if seen.caller.owner in {None, Key(VIEWER)} or origin or not seen.exchange.sent.whole:
        return
    if seen.exchange.succeeded or seen.exchange.status in DENIALS:
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


def _may_be_large(seen: Seen) -> bool:
    """Whether a front end may have its own limit for so many bytes (G-27)."""
    return seen.exchange.sent.size > 1 << 20


@invariant("CREATE-001", CREATE, reason="refused", expected="a task from a JSON body with a message")
def messages_as_json_create(seen: Seen) -> Findings:
    """A sound JSON body creates a task, with whatever credential."""
    body = asked(seen.exchange.sent)
    if body.form is Form.JSON and _is_sound(body, OF_A_CREATION):
        yield from _taken(seen, "the body is as documented")


@invariant("CREATE-002", CREATE, reason="refused", expected="a task from a form with a message")
def messages_as_forms_create(seen: Seen) -> Findings:
    """A sound form without files creates a task."""
    body = asked(seen.exchange.sent)
    if body.known and body.form is None and not body.files and _is_sound(body, OF_A_CREATION):
        yield from _taken(seen, "the form is as documented")


@invariant("UPLOAD-001", CREATE, reason="refused", expected="a task from a form with up to 20 files")
def files_create(seen: Seen) -> Findings:
    """A sound form with files creates a task, in whatever order its parts come."""
    body = asked(seen.exchange.sent)
    if body.files and not _may_be_large(seen) and _is_sound(body, OF_A_CREATION):
        yield from _taken(seen, f"a message and {plural(len(body.files), 'file')} within the limits")


def _on_completed(seen: Seen) -> Turn | None:
    """The last turn, when an own follow-up was sent to a task that was known to be completed."""
    task = seen.task
    rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
    return rest if rest is not None and rest.over is not None and rest.over.status == COMPLETED else None


def _on_finished(seen: Seen) -> Turn | None:
    """The same of a task that was known to have ended in a way after which the target takes follow-ups."""
    task = seen.task
    rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
    goes_on = {COMPLETED} | seen.model.choices.continued
    return rest if rest is not None and rest.over is not None and rest.over.status in goes_on else None


@invariant("FOLLOWUP-001", SAY, reason="refused", expected="a JSON follow-up on a completed task is accepted")
def follow_ups_are_taken(seen: Seen) -> Findings:
    """A sound JSON follow-up of the owner on a completed task is accepted, at any turn."""
    body, rest = asked(seen.exchange.sent), _on_completed(seen)
    if rest is not None and body.form is Form.JSON and _is_sound(body, frozenset({"message"})):
        yield from _taken(seen, f"turn {rest.number} was completed")


@invariant("FOLLOWUP-002", SAY, reason="refused", expected="a follow-up as a form with files is accepted")
def follow_ups_with_files_are_taken(seen: Seen) -> Findings:
    """A sound follow-up with files of the owner on a completed task is accepted, at any turn."""
    body, rest = asked(seen.exchange.sent), _on_completed(seen)
    if (
        rest is not None
        and body.files
        and not _may_be_large(seen)
        and _is_sound(body, frozenset({"message"}))
    ):
        yield from _taken(seen, f"turn {rest.number} was completed")


@invariant("FOLLOWUP-002", SAY, reason="refused", expected="a follow-up as a form, whose files are optional")
def follow_ups_as_forms_are_taken(seen: Seen) -> Findings:
    """A sound form without files of the owner on a completed task is accepted, at any turn."""
    body, rest = asked(seen.exchange.sent), _on_completed(seen)
    if rest is not None and body.form is None and not body.files and _is_sound(body, frozenset({"message"})):
        yield from _taken(seen, f"turn {rest.number} was completed")


def _is_a_form(seen: Seen) -> Findings:
    """A form is no media type that is refused, whatever its files are called."""
    body = asked(seen.exchange.sent)
    said = body.known and body.message is not None and seen.caller.owner not in {None, Key(VIEWER)}
    if said and body.files and (seen.exchange.succeeded or seen.exchange.status == UNSUPPORTED):
        yield says(
            seen.exchange.succeeded,
            f"it is a form with {plural(len(body.files), 'file')}",
            summary(seen.exchange),
        )


@invariant("UPLOAD-001", CREATE, reason="refused", expected="a form with files, by its media type")
def creations_may_be_forms(seen: Seen) -> Findings:
    """A creation with files is not refused for being a form."""
    yield from _is_a_form(seen)


@invariant("CREATE-002", CREATE, reason="refused", expected="a task from a form, by its media type")
def forms_create(seen: Seen) -> Findings:
    """A creation is not refused for being a form, whatever else is in it."""
    yield from _is_a_form(seen)


@invariant("FOLLOWUP-002", SAY, reason="refused", expected="a follow-up as a form, by its media type")
def follow_ups_may_be_forms(seen: Seen) -> Findings:
    """The owner's follow-up with files on a completed task is not refused for being a form."""
    if _on_completed(seen) is not None:
        yield from _is_a_form(seen)


@invariant(
    "SESSION-001",
    SAY,
    reason="expiry-error",
    expected="a follow-up after the expiry is accepted like any other",
)
def follow_ups_after_expiry_are_taken(seen: Seen) -> Findings:
    """A sound follow-up is accepted when the session must have expired, if follow-ups on such a task are."""
    body, rest, idle = (
        asked(seen.exchange.sent),
        _on_finished(seen),
        seen.model.profile.session_expiry_seconds,
    )
    if rest is None or rest.over is None or idle is None or not _is_sound(body, frozenset({"message"})):
        return
    if seen.began - rest.over.ended > idle * 1_000_000_000 and not _may_be_large(seen):
        yield from _taken(
            seen, f"turn {rest.number} had ended as {rest.over.words} more than {idle:g} s before"
        )


@invariant("FOLLOWUP-003", SAY, reason="other-status", expected="`data.status` running")
def follow_ups_answer_running(seen: Seen) -> Findings:
    """Each accepted follow-up answers the status running."""
    if seen.exchange.ok:
        status = seen.fields.get("status")
        yield says(status == "running", "the follow-up was accepted", f"status {status}")


@invariant("CREATE-004", CREATE, reason="other-status", expected="`data.status` pending")
def creations_answer_pending(seen: Seen) -> Findings:
    """Each accepted creation answers the status pending."""
    if seen.exchange.ok and seen.task is not None:
        status = seen.fields.get("status")
        yield says(status == "pending", "the task was created", f"status {status}")


def _answered(seen: Seen, view: View) -> Turn | None:
    """The last turn when it was known to be completed before a view, and a follow-up had begun it."""
    rest = seen.task.at_rest(view.began, view.ended) if seen.task else None
    if rest is None or rest.over is None or rest.over.status != COMPLETED or rest.number == 1:
        return None
    return rest


@invariant(
    "FOLLOWUP-007",
    HISTORY,
    STREAM,
    reason="not-answered",
    expected="another assistant message for a follow-up",
)
def follow_ups_are_answered(seen: Seen) -> Findings:
    """Behind the last message of the user stands an answer, once its turn is completed."""
    rest = _answered(seen, seen.view) if seen.view else None
    if rest is None or seen.view is None:
        return
    roles = [str(each.get("role")) for each in seen.view.messages]
    holds = bool(roles) and roles[-1] == "assistant"
    yield says(holds, f"the follow-up of turn {rest.number} was completed", f"the roles are {roles[-4:]}")


@invariant("FOLLOWUP-016", SAY, reason="not-run", expected="a follow-up on a failed or cancelled task runs")
def follow_ups_on_ended_tasks(seen: Seen) -> Findings:
    """A sound follow-up of the owner on a failed or cancelled task is accepted, in any form of body.

    Files may be refused for what they are, but not as if the task were at fault.
    """
    task, body = seen.task, asked(seen.exchange.sent)
    rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
    if rest is None or rest.over is None or rest.over.status in {COMPLETED, None}:
        return
    blames = seen.exchange.code == "CONFLICT" and _is_sound(replace(body, files=()), frozenset({"message"}))
    if blames or (_is_sound(body, frozenset({"message"})) and not _may_be_large(seen)):
        yield from _taken(seen, f"turn {rest.number} was {rest.over.words}")


@invariant(
    "FOLLOWUP-013", HISTORY, reason="half-done", expected="a refused follow-up leaves the history unchanged"
)
def refused_follow_ups_are_not_kept(seen: Seen) -> Findings:
    """A text that only refused follow-ups said is not in the history, in whatever form it was sent."""
    if seen.view is None or seen.task is None or seen.task.creation is None:
        return
    for count in seen.task.counts(seen.view):
        if count.refused and any(each.is_follow_up for each in count.refused):
            there = shown(count, seen.view)
            message = str(count.said.asked.message)[:60]
            known = f"{message!r} was refused, and accepted {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is there {plural(there, 'time')}")


@invariant(
    "FOLLOWUP-013", GET, reason="half-done", expected="a refused follow-up leaves the status unchanged"
)
def refused_follow_ups_change_nothing(seen: Seen) -> Findings:
    """A task at rest has the status that it had before a follow-up was refused."""
    task, rest = seen.task, seen.rest()
    if task is None or rest is None or not seen.exchange.ok:
        return
    refused = [
        final
        for each in task.refusals
        if each.answered <= seen.began and (final := rest.final(each.sent)) is not None
    ]
    if refused:
        status = seen.fields.get("status")
        yield says(status == refused[0], f"it was {refused[0]}, then one was refused", f"status {status}")


@invariant("FOLLOWUP-011", STREAM, GET, reason="not-readable", expected="an uploaded file with its own bytes")
def uploaded_files_have_their_bytes(seen: Seen) -> Findings:
    """A command that tells the digests of all uploads tells those of the bytes that were sent."""
    for result in good_results(seen):
        read = digests_read(result.command, result.output)
        if seen.task is None or read is None:
            continue
        for each in brought_before(seen.task, result.at):
            same = {one.file.sha256 for one in seen.task.brought if one.file.name == each.file.name}
            if each.file.name in read and None not in same:
                holds = read[each.file.name] in same
                shown = f"the command reads {'them' if holds else 'others'}"
                yield says(holds, f"{each.path} was sent with {plural(each.file.size, 'byte')}", shown)


@invariant("FOLLOWUP-011", STREAM, reason="not-readable", expected="the agent can read an uploaded file")
def uploaded_files_can_be_read(seen: Seen) -> Findings:
    """A tool that is named for reading, and that names a plain upload alone, does not fail."""
    task, stream = seen.task, seen.stream
    if task is None or stream is None:
        return
    paths = {
        f"uploads/{file.name}"
        for said in task.said
        if said.certainty is Certainty.ACCEPTED
        for file in said.asked.files
        if is_plain(file)
    }
    for event in stream.of("tool_result"):
        call = task.calls.get(event.call)
        if call is None or call.tool != "read_file" or len(call.args) != 1:
            continue
        path = str(next(iter(call.args.values()))).removeprefix("/workspace/").removeprefix("./")
        if path in paths:
            yield says(
                event.get("status") == SUCCESS,
                f"{path} was uploaded",
                f"read_file ends {event.get('status')}",
            )
