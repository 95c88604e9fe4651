"""FOLLOWUP and STATE: how a task at work meets a further message, and what is told while that is answered."""

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.callers import Key
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.reading import DENIALS
from sigmic_conformance.conformance.model.requests import Certainty, Form, asked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, FAILED, FINAL, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

CREATE, SAY, GET, HISTORY, LIST = (
    "create_task",
    "send_message",
    "get_task",
    "get_task_history",
    "list_tasks",
)
OF_A_FOLLOW_UP = frozenset({"message", "files"})
LEAST_SECONDS = 1.0
"""A run as long as that cannot be over when its message is answered at once."""
HELD_BACK_SECONDS = 0.5
"""An answer that waits for the end of a run comes within that of it."""


def _at_work(seen: Seen, task: Task, turn: Turn) -> bool:
    """Whether a turn was known to go on while something was asked and answered, by what others were told.

    An event that arrived later was told later, unless a network held it back; so only answers that were asked
    for afterwards, and calls that were known to wait, prove it.
    """
    began, ended = seen.began, seen.ended
    over = turn.was_over(ended) and turn.over is not None and turn.over.by is not seen.exchange
    if not turn.is_clear or turn.taken > began or over or task.may_be_cancelled(began, ended):
        return False
    later = any(
        told.status in {RUNNING, AWAITING} and told.began >= ended and turn.holds(told.began, told.ended)
        for told in task.told
    )
    return later or any(call.waits(began, ended) for call in task.calls.values())


def _meets_work(seen: Seen) -> Turn | None:
    """The turn that was known to go on while the owner's further message was answered."""
    task = seen.task
    turn = task.turn_at(seen.began) if task and seen.is_own else None
    if task is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return None
    return turn if _at_work(seen, task, turn) else None


def _conflict(seen: Seen) -> Findings:
    body = asked(seen.exchange.sent)
    said = body.message is not None and body.message.strip() and not set(body.fields) - OF_A_FOLLOW_UP
    turn = _meets_work(seen) if said else None
    if turn is not None and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (409, "CONFLICT")
        yield says(holds, f"turn {turn.number} was going on", summary(seen.exchange))


@invariant("FOLLOWUP-014", SAY, reason="not-refused", expected="409 CONFLICT for a running task")
def early_follow_ups_conflict(seen: Seen) -> Findings:
    """A further message to a task that was known to be at work is refused with 409 CONFLICT."""
    yield from _conflict(seen)


@invariant("ERROR-024", SAY, reason="other-refusal", expected="409 CONFLICT")
def conflicts_have_their_code(seen: Seen) -> Findings:
    """A further message to a task at work, when it is refused, is refused with 409 CONFLICT."""
    if seen.exchange.refused:
        yield from _conflict(seen)


def _answering(seen: Seen, task: Task) -> Turn | None:
    """The follow-up's turn that was known to go on while something was read."""
    turn = task.turn_at(seen.began)
    if turn is None or turn.number == 1 or not _at_work(seen, task, turn):
        return None
    return turn


@invariant("STATE-008", GET, HISTORY, reason="never-running", expected="running before it is finished again")
def followed_up_tasks_run(seen: Seen) -> Findings:
    """A task whose follow-up was known to be in progress is told to run, or to await an approval."""
    task = seen.task
    turn = _answering(seen, task) if task else None
    if turn is not None and seen.exchange.ok:
        status = seen.fields.get("status")
        holds = shapes.one_of(status, {RUNNING, AWAITING})
        yield says(holds, f"turn {turn.number} was going on", f"the status is {status}")


@invariant("FOLLOWUP-017", GET, reason="not-reset", expected="completedAt null while a follow-up is answered")
def completion_is_reset(seen: Seen) -> Findings:
    """A followed-up task that is told to be at work has no time of its end; one that is completed has."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if turn is None or turn.number == 1 or not seen.exchange.ok:
        return
    status, ended = seen.fields.get("status"), seen.fields.get("completedAt")
    if shapes.one_of(status, {"pending", RUNNING, AWAITING}):
        yield says(ended is None, f"turn {turn.number} has the status {status}", f"completedAt {ended}")
    elif status == COMPLETED:
        yield says(
            shapes.timestamp(ended), f"turn {turn.number} has the status {status}", f"completedAt {ended}"
        )


@invariant("FOLLOWUP-018", SAY, reason="other-refusal", expected="400 VALIDATION_ERROR for other fields")
def follow_ups_take_no_options(seen: Seen) -> Findings:
    """A follow-up with an option of creations is refused as invalid."""
    body = asked(seen.exchange.sent)
    more = sorted(set(body.fields) & {"env", "secrets", "autoExecute", "systemPrompt"}) if body.known else []
    if more and seen.is_own and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (400, "VALIDATION_ERROR")
        yield says(holds, f"it has {', '.join(more)}", summary(seen.exchange))


@invariant("FOLLOWUP-020", SAY, reason="wrong-refusal", expected="400 VALIDATION_ERROR without a message")
def empty_follow_ups_are_invalid(seen: Seen) -> Findings:
    """The owner's follow-up whose message is missing or empty is refused as invalid."""
    body = asked(seen.exchange.sent)
    if body.known and seen.is_own and body.fields.get("message", "") == "" and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (400, "VALIDATION_ERROR")
        yield says(holds, "the body has no message", summary(seen.exchange))


@invariant(
    "FOLLOWUP-019", GET, reason="not-applied", expected="the options of the creation after a follow-up"
)
def options_outlast_follow_ups(seen: Seen) -> Findings:
    """After a follow-up autoExecute, systemPrompt and env read back as the creation gave them."""
    task = seen.task
    creation = task.creation if task else None
    turn = task.turn_at(seen.began) if task else None
    if (
        creation is None
        or not creation.asked.known
        or turn is None
        or turn.number == 1
        or not seen.exchange.ok
    ):
        return
    names = ["systemPrompt", "autoExecute"]
    if task is not None and isinstance(task.owner, Key) and creation.asked.form is Form.JSON:
        names.append("env")
    given = {name: value for name in names if (value := creation.asked.fields.get(name)) not in (None, {})}
    other = [name for name, value in given.items() if name in seen.fields and seen.fields[name] != value]
    if given:
        shown = f"{', '.join(other)} differ" if other else "they are the same"
        yield says(not other, f"the creation gave {', '.join(given)}", shown)


@invariant("STATE-009", SAY, reason="stuck-failed", expected="a failed task can be followed up")
def failed_tasks_take_follow_ups(seen: Seen) -> Findings:
    """The owner's sound follow-up to a task that was known to have failed is accepted, whatever its form.

    Files may be refused for what they are, but not as if the task were at fault.
    """
    task, body = seen.task, asked(seen.exchange.sent)
    rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
    if rest is None or rest.over is None or rest.over.status != FAILED:
        return
    said = (
        body.message is not None and any(map(str.isalnum, body.message)) and set(body.fields) == {"message"}
    )
    # That a front end refuses is nobody's failure here: too many requests, too long a body.
    refusals = DENIALS if body.files else DENIALS | {400, 422}
    if said and (seen.exchange.succeeded or seen.exchange.status in refusals):
        yield says(seen.exchange.succeeded, f"turn {rest.number} had failed", summary(seen.exchange))


@invariant("STATE-009", GET, reason="stuck-failed", expected="a followed-up task runs and ends again")
def failed_tasks_run_again(seen: Seen) -> Findings:
    """A failed task whose follow-up was accepted does not go on to tell the end that it had."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    before = task.turns[turn.number - 2] if task and turn and turn.number > 1 else None
    if task is None or turn is None or before is None or not turn.is_clear or turn.taken > seen.began:
        return
    if before.over is None or before.over.status != FAILED or not seen.exchange.ok:
        return
    ends = [
        each.fields.get("completedAt") or each.fields.get("startedAt")
        for each in task.read
        if before.over.ended <= each.ended <= turn.began and each.fields.get("status") == FAILED
    ]
    if ends and ends[-1] is not None and shapes.one_of(seen.fields.get("status"), FINAL):
        told = seen.fields.get("completedAt") or seen.fields.get("startedAt")
        yield says(
            told != ends[-1], "it had failed, and was followed up", f"{seen.fields['status']} at {told}"
        )


def _made(seen: Seen, task: Task, turn: Turn) -> object:
    """When a turn's message was saved, by the target's own clock; None where nothing tells it."""
    if turn.number == 1:
        return seen.fields.get("createdAt")
    kept = [view.of_user[-1] for view in task.views if view.began >= turn.taken and view.of_user]
    told = [each.get("createdAt") for each in kept if turn.said.is_shown_as(each.get("content"))]
    return told[0] if told else None


def _answered_last(seen: Seen, said: Exchange) -> Findings:
    """What a message is answered, when the run that it began was long, and over at the first look at it.

    The run's length is told by the target's own clock. Who answers before the end answers within its first
    moments; who answers behind it takes as long, and shows a task at rest at once. An answer that came later
    still was held back by a busy machine or network, on the way of whatever was sent first. A message may
    have been saved some time before its run began.
    """
    task = seen.task
    turn = next((each for each in task.turns if each.said.exchange is said), None) if task else None
    if task is None or turn is None or not turn.is_clear or not seen.exchange.ok:
        return
    looks = [
        each for each in task.read if each.started >= turn.taken and turn.holds(each.started, each.ended)
    ]
    if not looks or looks[0] is not seen.exchange:
        return
    began, ended = (shapes.instant(seen.fields.get(name)) for name in ("startedAt", "completedAt"))
    made = shapes.instant(_made(seen, task, turn))
    if not shapes.one_of(seen.fields.get("status"), FINAL):
        yield says(True, "a message was answered", "its run was not over at the first look")  # noqa: FBT003  held
    elif began is not None and ended is not None and ended - began >= LEAST_SECONDS:
        took, until = ((at - turn.began) / NANO for at in (turn.taken, seen.ended))
        latest = ended - (began if made is None else min(made, began)) + HELD_BACK_SECONDS
        late = ended - began <= took <= latest and until - took < HELD_BACK_SECONDS
        known = f"its run took {ended - began:.1f} s"
        yield says(not late, known, f"answered after {took:.1f} s, and over at the first look")


@invariant("FOLLOWUP-006", GET, reason="answered-late", expected="an answer before the agent has finished")
def follow_ups_are_answered_first(seen: Seen) -> Findings:
    """A follow-up is answered before its run is over."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if turn is not None and turn.number > 1 and turn.said.certainty is Certainty.ACCEPTED:
        yield from _answered_last(seen, turn.said.exchange)


@invariant("CREATE-007", GET, reason="answered-late", expected="an answer before the agent has finished")
def creations_are_answered_first(seen: Seen) -> Findings:
    """A creation is answered before its run is over."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if turn is not None and turn.number == 1 and turn.said.certainty is Certainty.ACCEPTED:
        yield from _answered_last(seen, turn.said.exchange)
