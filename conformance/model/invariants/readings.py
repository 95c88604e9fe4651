"""GET, HISTORY, LIST and PHASE: a task at rest shows its last turn, and is not changed by reading."""

from sigmic_conformance.conformance.model.callers import Key
from sigmic_conformance.conformance.model.conversation import Settled, View
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.requests import query_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, FINAL, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

GET, HISTORY, LIST, STREAM = "get_task", "get_task_history", "list_tasks", "stream_task"
SAME_SECONDS = 0.002
LONG_ANSWER = 12
"""Characters of an answer that do not end another one by chance."""


@invariant("GET-030", GET, reason="of-all-turns", expected="the output of the last turn alone")
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


@invariant("GET-030", GET, reason="other-turns", expected="the output of the last turn alone")
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


def _dense(*texts: str) -> str:
    return "".join("".join(each.split()) for each in texts)


@invariant("HISTORY-013", HISTORY, reason="wrong-shape", expected="callId, toolName and status")
def saved_calls_have_their_shape(seen: Seen) -> Findings:
    """Every tool call of every saved message names itself, its tool and its status."""
    for message in seen.view.messages if seen.view else ():
        for told in shapes.items(message.get("toolCalls")):
            call = shapes.fields(told)
            holds = all(shapes.text(call.get(name)) for name in ("callId", "toolName", "status"))
            yield says(holds, "a message has tool calls", f"one has {sorted(call)}")


@invariant("HISTORY-018", HISTORY, STREAM, reason="shown-early", expected="no answer before it is finished")
def answers_in_progress_are_not_shown(seen: Seen) -> Findings:
    """The last message of a task that was told afterwards to be at work is the user's."""
    task, view = seen.task, seen.view
    turn = task.turn_at(seen.began) if task else None
    if task is None or view is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    at_work = [
        told
        for told in task.told
        if told.status in {RUNNING, AWAITING, "pending"}
        and told.began >= view.ended
        and turn.holds(told.began, told.ended)
    ]
    if at_work and view.messages:
        role = view.messages[-1].get("role")
        yield says(
            role == "user",
            f"{at_work[0].exchange.label} shows it running",
            f"the last message is of {role}",
        )


@invariant("HISTORY-020", HISTORY, reason="two-readings", expected="one rule for the times of messages")
def times_of_messages_stay(seen: Seen) -> Findings:
    """The time of a message is the one that an earlier view of the task at rest told."""
    task, view = seen.task, seen.view
    settled = _last_history(task, seen.began) if task else None
    if task is None or view is None or settled is None:
        return
    before = {
        each.get("id"): each.get("createdAt") for each in settled.messages if shapes.filled(each.get("id"))
    }
    mine = {each.get("id"): each.get("createdAt") for each in view.messages}
    other = [name for name, told in before.items() if name in mine and not _same(told, mine[name])]
    if before.keys() & mine.keys():
        yield says(
            not other,
            f"{settled.by.exchange.label} told {plural(len(before), 'time')}",
            f"{len(other)} are different now",
        )


def _last_history(task: Task, at: int) -> Settled | None:
    """What the last history before a time, and not a stream, showed of the task at rest."""
    before = (each for each in reversed(task.settled) if each.by.ended <= at and not each.by.is_stream)
    return next(before, None)


def _same(one: object, other: object) -> bool:
    first, second = shapes.instant(one), shapes.instant(other)
    return first is None or second is None or abs(first - second) < SAME_SECONDS


@invariant("PHASE-024", GET, reason="ran-again", expected="reconnecting runs nothing")
def reading_streams_runs_nothing(seen: Seen) -> Findings:
    """A task at rest that somebody streamed is told with the times and the output that it had before."""
    task, rest = seen.task, seen.rest()
    if task is None or rest is None or not seen.exchange.ok:
        return
    for earlier in task.read:
        if earlier.ended > seen.began:
            break
        between = any(earlier.ended <= each.exchange.started < seen.began for each in task.streams)
        if between and task.at_rest(earlier.started, seen.ended) is rest:
            names = ("status", "startedAt", "completedAt")
            mine, theirs = (
                [*(each.get(name) for name in names), shapes.fields(each.get("output")).get("content")]
                for each in (seen.fields, earlier.fields)
            )
            shown = "it is unchanged" if mine == theirs else f"{mine[:3]}"
            yield says(mine == theirs, f"{earlier.label} told {theirs[:3]}, then it was streamed", shown)
            return


@invariant("PHASE-024", HISTORY, reason="ran-again", expected="reconnecting adds no message")
def reading_streams_adds_nothing(seen: Seen) -> Findings:
    """The history of a completed task at rest has as many messages as before somebody streamed it."""
    task, view, rest = seen.task, seen.view, seen.rest()
    if task is None or view is None or rest is None or rest.over is None or rest.over.status != COMPLETED:
        return
    earlier = next(
        (
            each
            for each in task.views
            if _is_before(each, view) and task.at_rest(each.began, view.ended) is rest
        ),
        None,
    )
    if earlier is not None and any(
        earlier.ended <= each.exchange.started < seen.began for each in task.streams
    ):
        known = f"{earlier.exchange.label} showed {plural(len(earlier.messages), 'message')}"
        yield says(
            len(view.messages) == len(earlier.messages), known, f"{plural(len(view.messages), 'message')}"
        )


@invariant("PHASE-024", STREAM, reason="ran-again", expected="reconnecting adds no message")
def a_stream_adds_no_message(seen: Seen) -> Findings:
    """The stream of a task at rest replays as many messages of the user as were there before."""
    task, view = seen.task, seen.view
    rest = task.at_rest(view.began, view.ended) if task and view else None
    if task is None or view is None or rest is None:
        return
    for earlier in task.views:
        if earlier.ended <= view.began and task.at_rest(earlier.began, view.ended) is rest:
            known = f"{earlier.exchange.label} showed {plural(len(earlier.of_user), 'message')} of the user"
            holds = len(view.of_user) == len(earlier.of_user)
            yield says(holds, known, f"the stream replays {len(view.of_user)}")
            return


def _is_before(one: View, other: View) -> bool:
    return not one.is_stream and one.ended <= other.began


@invariant(
    "STATE-003", GET, HISTORY, LIST, reason="not-completed", expected="a task that is done is completed"
)
def done_tasks_are_completed(seen: Seen) -> Findings:
    """A task of which a stream has told done to its end, or an answer that it is over, is told as over."""
    entries = seen.exchange.entries if seen.operation == LIST else [seen.exchange.fields]
    for entry in entries if seen.exchange.ok else ():
        name = entry.get("id") if seen.operation == LIST else seen.exchange.task
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        rest = task.at_rest(seen.began, seen.ended) if task else None
        final = rest.final(seen.began) if rest is not None else None
        if rest is not None and rest.over is not None and final is not None:
            status = entry.get("status")
            known = f"{rest.over.source} told the turn to be {final}"
            yield says(shapes.one_of(status, FINAL), known, f"status {status}")


@invariant("LIST-019", LIST, reason="scope-changed", expected="one scope of the list in the whole run")
def scope_stays(seen: Seen) -> Findings:
    """Whether a key's list has tasks that the run did not make with it is the same at every asking."""
    owner, page = seen.caller.owner, seen.exchange.entries
    if owner is None or not seen.exchange.ok or query_of(seen.exchange.sent):
        return
    made = {
        task.id
        for task in seen.model.created_before(owner, seen.began)
        if task.creation is not None and task.creation.asked.fields.get("showInHistory") is not False
    }
    listed = {entry.get("id") for entry in page}
    if made and len(page) < 50:  # noqa: PLR2004  a page that is not full is the whole list
        yield says(
            made <= listed,
            f"the caller created {plural(len(made), 'task')}",
            f"{len(made & listed)} of them are listed",
        )


@invariant("LIST-019", LIST, reason="scope-changed", expected="no fewer tasks than were listed before")
def lists_do_not_shrink(seen: Seen) -> Findings:
    """A key's list counts at least the tasks that pages have shown it before: no operation deletes one."""
    total, owner = total_of(seen.exchange), seen.caller.owner
    if not isinstance(owner, Key) or not seen.exchange.ok or total is None:
        return
    if shown := seen.model.pages.listed_before(owner, seen.began):
        yield says(
            total >= shown, f"{plural(shown, 'task')} had been listed to the key", f"the total is {total}"
        )


@invariant("LIST-020", LIST, reason="unordered", expected="the same order in two lists of the same tasks")
def order_stays(seen: Seen) -> Findings:
    """Tasks to which nothing happened stand in the same order as in the page before."""
    if seen.caller.owner is None or not seen.exchange.ok:
        return
    for asked, earlier in seen.model.pages.before(seen.exchange, seen.caller):
        if asked != query_of(seen.exchange.sent):
            continue
        mine, theirs = ([entry.get("id") for entry in each.entries] for each in (seen.exchange, earlier))
        still = [
            name
            for name in theirs
            if name in mine
            and isinstance(name, str)
            and (task := seen.model.tasks.get(name)) is not None
            and task.at_rest(earlier.started, seen.ended) is not None
        ]
        if len(still) > 1:
            now = [name for name in mine if name in still]
            shown = "the same order" if now == still else "another order"
            yield says(
                now == still, f"nothing happened to {plural(len(still), 'task')} since {earlier.label}", shown
            )
        return
