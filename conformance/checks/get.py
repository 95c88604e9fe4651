"""Reading one task."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.task_objects import every_task, listings, tasks
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.auth import EitherHeader, UnknownTask
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.model.callers import Key
from sigmic_conformance.conformance.model.calls import AWAITING
from sigmic_conformance.conformance.model.conversation import View
from sigmic_conformance.conformance.model.operations import (
    APPROVE,
    CANCEL,
    DOWNLOAD,
    FILES,
    GET,
    HISTORY,
    SAY,
    STREAM,
)
from sigmic_conformance.conformance.model.outputs import output_of
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.seen_calls import may_count
from sigmic_conformance.conformance.model.seen_tasks import stays_as_read
from sigmic_conformance.conformance.model.statuses import COMPLETED, FAILED
from sigmic_conformance.conformance.registry import check, check_each, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

STARTED = frozenset({"running", "awaiting_approval", "completed", "failed"})


UNFINISHED = frozenset({"pending", "running", "awaiting_approval"})


@dataclass(frozen=True, slots=True)
class OutputField:
    """A field of every output object that get_task tells; an optional one only where it is there."""

    name: str
    holds: Callable[[object], bool]
    expected: str
    probe: ProbeName = ToolTask.PROBE

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that are read."""
        return (self.probe,)

    def __call__(self, record: Record) -> Verdict:
        return every_task(record, "wrong-type", self.expected, self._look)

    def _look(self, task: dict[str, Any]) -> tuple[bool, str] | None:
        output = task.get("output")
        if not isinstance(output, dict) or (self.name in shapes.OPTIONAL and self.name not in output):
            return None
        value = output.get(self.name)
        return self.holds(value), f"output.{self.name}: {brief(value)}"


OF_A_TASK = (GET, HISTORY, STREAM, SAY, FILES, DOWNLOAD, APPROVE, CANCEL)


_SAME = (
    "status",
    "message",
    "systemPrompt",
    "showInHistory",
    "autoExecute",
    "env",
    "error",
    "createdAt",
    "startedAt",
)


LONG_ANSWER = 12


def are_calls(value: object) -> bool:
    """A list of objects with the strings callId, toolName and status, and the object args."""
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and all(shapes.text(each.get(name)) for name in ("callId", "toolName", "status"))
        and shapes.mapping(each.get("args"))
        for each in value
    )


def are_thoughts(value: object) -> bool:
    """A list of objects with the strings subject and description."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and all(shapes.text(each.get(name)) for name in ("subject", "description"))
        for each in value
    )


def is_time(value: object) -> bool:
    """A time in any form."""
    return shapes.instant(value) is not None


check_each(
    __name__,
    {
        "GET-013": OutputField("content", shapes.text, "a string", EasyTask.PROBE),
        "GET-014": OutputField("updatedAt", is_time, "a timestamp", EasyTask.PROBE),
        "GET-015": OutputField("thoughts", are_thoughts, "a list of objects with subject and description"),
        "GET-016": OutputField("toolCalls", shapes.listing, "a list"),
        "GET-017": OutputField("toolCalls", are_calls, "callId, toolName, status and an args object"),
    },
)


@check_record("GET-001")
def same_id(record: Record) -> Verdict:
    observations = Observations("other-id", "the id in the path")
    for exchange, task in tasks(record):
        observations.add(task.get("id") == exchange.task, exchange, f"id {task.get('id')}")
    return observations.verdict()


@check_record("GET-002")
def one_key_id(record: Record) -> Verdict:
    observations = Observations("other-key", "a string, the same for all tasks of one key")
    first: object = None
    for probe in (EasyTask.PROBE, EitherHeader.PROBE):
        for exchange in record.exchanges(probe):
            if exchange.operation == "get_task" and exchange.ok:
                value = exchange.fields.get("apiKeyId")
                first = value if first is None else first
                observations.add(isinstance(value, str) and value == first, exchange, f"apiKeyId {value!r}")
    return observations.verdict()


@check("GET-002", GET, reason="other-key")
def one_key_one_id(seen: Seen) -> Findings:
    """ApiKeyId is that of every other task of the key."""
    if seen.task is None or not isinstance(seen.task.owner, Key) or not seen.exchange.ok:
        return
    first = seen.model.key_ids.get(seen.task.owner)
    shown = seen.fields.get("apiKeyId")
    if first is not None:
        yield says(shown == first, f"other tasks of the key have {first}", f"apiKeyId {shown}")


@check_record("GET-003")
def username(record: Record) -> Verdict:
    return every_task(
        record,
        "wrong-type",
        "a string",
        lambda task: (shapes.text(task.get("username")), f"username {task.get('username')!r}"),
    )


@check_record("GET-004")
def session_and_conversation(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        values = [task.get("sessionId"), task.get("conversationId")]
        return (all(map(shapes.text, values)), f"{values}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-type", "strings in a completed task", look)


@check_record("GET-005")
def known_statuses(record: Record) -> Verdict:
    observations = Observations("unknown-status", "one of the six statuses")
    for exchange, task in tasks(record):
        observations.add(
            shapes.one_of(task.get("status"), shapes.STATUSES), exchange, f"status {task.get('status')!r}"
        )
    for exchange, items, _ in listings(record):
        odd = [item.get("status") for item in items if not shapes.one_of(item.get("status"), shapes.STATUSES)]
        observations.add(not odd, exchange, f"unknown: {odd or 'none'}")
    return observations.verdict()


@check("GET-006", GET, reason="other-message")
def message_reads_back(seen: Seen) -> Findings:
    """The message is that of the creation; after a follow-up it may be another by a gap (G-43)."""
    creation = seen.task.creation if seen.task else None
    text = creation.asked.message if creation else None
    if text is None or not seen.exchange.ok or seen.task is None or seen.task.goes_on(seen.ended):
        return
    shown = seen.fields.get("message")
    holds = creation is not None and creation.is_shown_as(shown)
    yield says(holds, f"the message was {text[:60]!r}", f"it reads {shapes.word(shown)[:60]}")


@check_record("GET-007")
def error_field(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, error = task.get("status"), task.get("error")
        if status == "cancelled":
            return None
        good = shapes.text(error) if status == "failed" else error is None
        return good, f"{status}: error {error!r}"

    return every_task(record, "wrong-error", "a string when failed, else null", look)


def _is_time(value: object) -> bool:
    """A time told as a string; its form is judged elsewhere."""
    return shapes.text(value) and shapes.instant(value) is not None


@check_record("GET-008")
def created_at(record: Record) -> Verdict:
    observations = Observations("changed", "a timestamp, told as a string, that never changes")
    seen: dict[str, object] = {}
    for exchange, task in tasks(record):
        value = task.get("createdAt")
        observed = f"createdAt {value!r}"
        observations.add(_is_time(value), exchange, observed, reason="no-timestamp")
        observations.add(seen.setdefault(exchange.task, value) == value, exchange, observed)
    return observations.verdict()


@check("GET-008", GET, reason="changed")
def created_once(seen: Seen) -> Findings:
    """CreatedAt is the same as in every earlier answer."""
    yield from stays_as_read(seen, "createdAt")


@check_record("GET-009")
def started_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        value = task.get("startedAt")
        return (_is_time(value), f"startedAt {value}") if shapes.one_of(task.get("status"), STARTED) else None

    return every_task(record, "missing", "a timestamp once it has started", look)


@check_record("GET-010")
def completed_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, value = task.get("status"), task.get("completedAt")
        if shapes.one_of(status, UNFINISHED):
            return value is None, f"{status}: completedAt {value}"
        return (_is_time(value), f"completed: completedAt {value}") if status == "completed" else None

    return every_task(record, "wrong-time", "null until finished, a timestamp when completed", look)


def has_output(record: Record, status: str) -> Verdict:
    """Every task that get_task tells in this status has an output object."""

    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        there = isinstance(task.get("output"), dict)
        return (there, f"output {'there' if there else 'absent'}") if task.get("status") == status else None

    return every_task(record, "no-output", "an output object", look)


@check_record("GET-011")
def completed_has_output(record: Record) -> Verdict:
    return has_output(record, "completed")


@check_record("GET-012")
def running_has_output(record: Record) -> Verdict:
    return has_output(record, "running")


@check_record("GET-018")
def no_empty_approvals(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        if task.get("status") == "awaiting_approval":
            return None
        return (
            "pendingApprovals" not in task,
            f"{task.get('status')}: {task.get('pendingApprovals', 'absent')}",
        )

    return every_task(record, "not-absent", "absent when nothing waits", look)


@check("GET-018", GET, reason="not-absent")
def nothing_pends_at_rest(seen: Seen) -> Findings:
    """A task that was known to be completed lists no waiting call."""
    rest = seen.rest()
    if rest is not None and rest.over is not None and rest.over.status == COMPLETED and seen.exchange.ok:
        absent = "pendingApprovals" not in seen.fields
        shown = (
            "there is none"
            if absent
            else f"pendingApprovals {shapes.word(seen.fields['pendingApprovals'])[:80]}"
        )
        yield says(absent, f"turn {rest.number} was completed", shown)


@check("GET-019", GET, reason="not-listed")
def waiting_tasks_list_their_call(seen: Seen) -> Findings:
    """A task that awaits an approval in two readings, which nobody has answered in this turn, lists a call.

    In one reading alone the call may have been asked for, or answered, while the answer was made up.
    """
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or seen.fields.get("status") != AWAITING or not seen.exchange.ok:
        return
    if not turn.holds(seen.began, seen.ended) or task.may_be_cancelled(turn.began, seen.ended):
        return
    decided = any(may_count(each) and turn.began <= each.sent < seen.ended for each in task.decisions)
    before = any(
        each.fields.get("status") == AWAITING and each.ended + NANO <= seen.began
        for each in task.read
        if turn.holds(each.started, each.ended)
    )
    if before and not decided:
        listed = shapes.objects(seen.fields.get("pendingApprovals"))
        yield says(
            bool(listed),
            "it has awaited an approval for a second",
            f"{plural(len(listed), 'call is', 'calls are')} listed",
        )


@check("GET-019", GET, reason="not-listed")
def waiting_call_is_listed(seen: Seen) -> Findings:
    """A call that was known to wait all the time is in pendingApprovals."""
    if seen.task is None or not seen.exchange.ok:
        return
    shown = [shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))]
    for call in seen.task.calls.values():
        waits = call.waits(seen.began, seen.ended) and seen.fields.get("status") != FAILED
        if waits and not seen.task.may_be_cancelled(seen.began, seen.ended):
            yield says(
                call.id in shown, f"the call {call.id} had asked and was not answered", f"pending are {shown}"
            )


@check("GET-020", GET, reason="wrong-shape")
def pending_calls_have_their_shape(seen: Seen) -> Findings:
    """Each pending approval names its call and its tool, and has arguments, in any turn."""
    told = seen.fields.get("pendingApprovals") if seen.exchange.ok else None
    for each in shapes.items(told):
        call = shapes.fields(each)
        holds = all(shapes.text(call.get(name)) for name in ("callId", "toolName"))
        holds = holds and shapes.mapping(call.get("args"))
        yield says(holds, "a call waits", f"it is shown with {sorted(call)}")


@check_record("GET-021")
def waiting_call_in_output(record: Record) -> Verdict:
    observations = Observations("not-in-output", "the waiting call in output.toolCalls, as awaiting_approval")
    exchange = record.exchange(ApproveOnce.STILL_WAITING)
    output = exchange.fields.get("output")
    calls = output.get("toolCalls") if isinstance(output, dict) else None
    found = [
        call.get("status")
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, dict) and call.get("callId") == record.fact(ApproveOnce.CALL)
    ]
    observations.add(
        found == ["awaiting_approval"], exchange, f"the call's status in output: {found or 'absent'}"
    )
    return observations.verdict()


@check("GET-021", GET, reason="other-entry")
def waiting_calls_are_in_the_output(seen: Seen) -> Findings:
    """A call that was known to wait is in the output's calls with the status awaiting_approval."""
    task = seen.task
    output = seen.fields.get("output") if seen.exchange.ok else None
    if task is None or not isinstance(output, dict) or task.may_be_cancelled(seen.began, seen.ended):
        return
    told = {
        shapes.word(each.get("callId")): each.get("status")
        for each in shapes.objects(output.get("toolCalls"))
    }
    for call in task.calls.values():
        if call.waits(seen.began, seen.ended) and seen.fields.get("status") == AWAITING:
            shown = f"output has {told.get(call.id, 'no such call')}"
            yield says(told.get(call.id) == AWAITING, f"the call {call.id} waits", shown)


@check("GET-022", GET, reason="texts-differ")
def output_is_what_was_streamed(seen: Seen) -> Findings:
    """The output of a completed turn is the text that its reader heard, or one who joined and stayed."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.task is None:
        return
    content = shapes.fields(seen.fields.get("output")).get("content")
    heard = seen.task.heard_whole(rest) or seen.task.heard_to_the_end(rest)
    if heard is not None and isinstance(content, str):
        if seen.model.choices.accumulates and rest.number > 1:
            content = output_of(seen.task, rest, accumulated=True)
        if content is None:
            return
        holds = heard.delivered(content)
        yield says(
            holds, f"a reader received {''.join(heard.texts)[:60]!r}", f"output.content {content[:60]!r}"
        )


@check_record("GET-023")
def times_in_order(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        times = [shapes.instant(task.get(name)) for name in ("createdAt", "startedAt", "completedAt")]
        known = [time for time in times if time is not None]
        return (known == sorted(known), f"{known}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-order", "createdAt, startedAt, completedAt", look)


def _differences(one: Any, other: Any) -> Iterator[str]:
    for name in (*_SAME, "completedAt"):
        if one.get(name) != other.get(name):
            yield name
    before, after = shapes.fields(one.get("output")), shapes.fields(other.get("output"))
    for name in ("content", "updatedAt"):
        if before.get(name) != after.get(name):
            yield f"output.{name}"


@check("GET-024", GET, reason="changed-by-reading")
def reading_changes_nothing(seen: Seen) -> Findings:
    """What an earlier answer showed of the completed task at rest, this one shows too."""
    rest = seen.rest()
    if (
        rest is None
        or rest.over is None
        or rest.over.status != COMPLETED
        or seen.task is None
        or not seen.exchange.ok
    ):
        return
    for earlier in seen.task.read:
        if earlier.ended > seen.began:
            break
        if seen.task.at_rest(earlier.started, seen.ended) is rest:
            differing = sorted(_differences(earlier.fields, seen.fields))
            shown = f"{', '.join(differing)} differ" if differing else "it is the same"
            yield says(not differing, f"{earlier.label} had shown the task at rest", shown)
            break


@check_record("GET-025")
def output_of_unfinished(record: Record) -> Verdict:
    followed = Reading(
        every_started_task="output in awaiting_approval, failed and cancelled too",
        running_and_completed="output in running and completed only",
    )
    for exchange, task in tasks(record):
        status = task.get("status")
        if (
            shapes.one_of(status, {"awaiting_approval", "failed", "cancelled"})
            and task.get("startedAt") is not None
        ):
            there = isinstance(task.get("output"), dict)
            reading = "every_started_task" if there else "running_and_completed"
            followed.add(reading, exchange, f"{status}: output {'there' if there else 'absent'}")
    return followed.verdict()


def _form(value: object) -> str | None:
    """Whether an id is null or a string; None for anything else, or when it is absent."""
    if value is None:
        return "null"
    return "string" if shapes.text(value) else None


def _pending(record: Record) -> list[tuple[Exchange, dict[str, Any]]]:
    """Every view of a task that has never started."""
    views = [*tasks(record)]
    views += [(exchange, item) for exchange, items, _ in listings(record) for item in items]
    return [
        (exchange, task)
        for exchange, task in views
        if task.get("status") == "pending" and task.get("startedAt") is None
    ]


@check_record("GET-026")
def ids_of_a_pending_task(record: Record) -> Verdict:
    """Each of the two follows a reading of its own, so that all four pairs are admissible."""
    followed = Reading(
        null_null="both are null while pending",
        string_string="both are strings from the start",
        null_string="sessionId is null, conversationId a string from the start",
        string_null="sessionId is a string from the start, conversationId null",
    )
    for exchange, task in _pending(record):
        forms = [_form(task.get(name, ...)) for name in ("sessionId", "conversationId")]
        reading = None if None in forms else "_".join(map(str, forms))
        followed.add(reading, exchange, f"sessionId {forms[0]}, conversationId {forms[1]}")
    return followed.verdict()


@check_record("GET-027")
def odd_ids(record: Record) -> Verdict:
    observations = Observations("not-refused", "4xx in the envelope")
    for label in ("not a UUID", "long"):
        for exchange in record.transcript(UnknownTask.PROBE).labelled(label):
            observations.add(exchange.refused and exchange.code is not None, exchange, summary(exchange))
    return observations.verdict()


@check("GET-027", *OF_A_TASK, reason="not-refused")
def odd_ids_are_refused(seen: Seen) -> Findings:
    """A task id that is none is refused in the envelope, by every operation."""
    name = seen.exchange.task
    known = name in seen.model.tasks and seen.model.tasks[name].creation is not None
    plain = "%" not in seen.exchange.sent.target.partition("?")[0]
    if seen.caller.owner is not None and plain and name and not known and not shapes.UUID.fullmatch(name):
        holds = seen.exchange.refused and seen.exchange.code is not None
        yield says(holds, f"{name[:40]!r} is not a UUID", summary(seen.exchange))


@check("GET-028", GET, reason="still-pending")
def answered_call_is_gone_state(seen: Seen) -> Findings:
    """A call that was answered before is not listed as waiting."""
    if seen.task is None or not seen.exchange.ok:
        return
    shown = {shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))}
    for call in seen.task.calls.values():
        answered = [
            each
            for each in call.decisions
            if each.certainty is Certainty.ACCEPTED and each.answered <= seen.began
        ]
        if answered:
            yield says(
                call.id not in shown, f"the call {call.id} had been answered", f"pending are {sorted(shown)}"
            )


@check("GET-029", GET, reason="other-message")
def message_stays_the_first(seen: Seen) -> Findings:
    """After a follow-up the message is still that of the creation."""
    creation = seen.task.creation if seen.task else None
    text = creation.asked.message if creation else None
    if text is None or not seen.exchange.ok or seen.task is None or seen.task.turn_at(seen.began) is None:
        return
    if seen.task.goes_on(seen.ended):
        shown = seen.fields.get("message")
        holds = creation is not None and creation.is_shown_as(shown)
        yield says(holds, f"the first message was {text[:60]!r}", f"it reads {shapes.word(shown)[:60]}")


@check_record("GET-030")
def output_of_the_last_turn(record: Record) -> Verdict:
    observations = Observations("other-turns", "output.content is the last answer alone")
    exchange = record.exchange(FollowUp.AFTER)
    answers = [
        str(message.get("content"))
        for message in messages(record.exchange(FollowUp.HISTORY_AFTER))
        if message.get("role") == "assistant"
    ]
    content = shapes.fields(exchange.fields.get("output")).get("content")
    if len(answers) > 1:
        observations.add(
            content == answers[-1], exchange, f"{brief(content)!r}, last answer {brief(answers[-1])!r}"
        )
    return observations.verdict()


@check("GET-030", GET, reason="of-all-turns")
def output_is_of_the_last_turn(seen: Seen) -> Findings:
    """The output of a completed task has no call that was heard of in an earlier turn."""
    task, rest = seen.task, seen.rest()
    output = seen.fields.get("output")
    if task is None or rest is None or rest.number == 1 or not isinstance(output, dict):
        return
    told = {shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))}
    earlier = {
        call.id for call in task.calls.values() if call.first is not None and call.first.at < rest.began
    }
    for exchange in task.read:
        if exchange.ended <= rest.began:
            before = shapes.fields(exchange.fields.get("output"))
            earlier.update(
                shapes.word(each.get("callId")) for each in shapes.objects(before.get("toolCalls"))
            )
    if earlier:
        found = [call for call in earlier if call in told]
        yield says(
            not found,
            f"{plural(len(earlier), 'call was', 'calls were')} shown in earlier turns",
            f"shown again are {sorted(found)[:2] or 'none'}",
        )


def _dense(*texts: str) -> str:
    return "".join("".join(each.split()) for each in texts)


def _answers(view: View) -> tuple[str, str]:
    """The last answer before the user's last message, and all that was answered to that; without blanks."""
    asked = max((place for place, each in enumerate(view.messages) if each.get("role") == "user"), default=0)
    said = [
        (place, shapes.word(each.get("content")))
        for place, each in enumerate(view.messages)
        if each.get("role") == "assistant"
    ]
    earlier = [text for place, text in said if place < asked]
    return _dense(*earlier[-1:]), _dense(*(text for place, text in said if place > asked))


@check("GET-030", GET, reason="other-turns")
def output_has_no_answer_of_before(seen: Seen) -> Findings:
    """The output of a completed turn is not its saved answer with the answer of an earlier turn before it."""
    task, rest = seen.task, seen.rest()
    content = shapes.fields(seen.fields.get("output")).get("content")
    if task is None or rest is None or rest.number == 1 or not isinstance(content, str):
        return
    if rest.over is None or rest.over.status != COMPLETED:
        return
    for view in task.views:
        if task.at_rest(min(view.began, seen.began), max(view.ended, seen.ended)) is rest:
            earlier, own = _answers(view)
            if own and earlier:
                told = _dense(content)
                before = told.removesuffix(own) if told.endswith(own) else ""
                # A short answer may end a sentence of this turn by chance.
                more = before == earlier or (len(earlier) >= LONG_ANSWER and before.endswith(earlier))
                shown = "the output begins with others" if more else "the output has it alone"
                yield says(not more, f"{view.exchange.label} showed the answer of turn {rest.number}", shown)
            return


@check("GET-031", "get_task", reason="refused")
def created_tasks_can_be_read_at_once(seen: Seen) -> Findings:
    """The owner's first look at a task finds it."""
    if seen.task is not None and not any(each.ended <= seen.began for each in seen.task.read):
        yield from not_refused(seen)


@check("GET-031", GET, reason="refused")
def owner_may_read(seen: Seen) -> Findings:
    """The owner of a task is never told that it is not there."""
    yield from not_refused(seen)


@check("GET-032", GET, reason="changed")
def conversation_stays_get(seen: Seen) -> Findings:
    """ConversationId is the same as in every earlier answer that had one."""
    yield from stays_as_read(seen, "conversationId")
