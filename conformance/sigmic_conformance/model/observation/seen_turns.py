"""The turn of an observation, and whether it was running."""

from sigmic_conformance.model.calls import EXECUTING, SUCCESS, Call
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_variables import given
from sigmic_conformance.model.outputs import output_of
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.timing import NANO, jitter
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, FINAL, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief, is_damaged, lost_blank
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

HELD_BACK_SECONDS = 0.5


LEAST_SECONDS = 1.0


def completed_turn(seen: Seen) -> Turn | None:
    """The last turn, if it was known to be completed and cannot have been cancelled."""
    rest, task = seen.rest, seen.task
    if rest is None or task is None or rest.over is None or rest.over.status != COMPLETED:
        return None
    return None if task.may_be_cancelled(rest.began, seen.ended) else rest


def output_shown(seen: Seen, turn: Turn) -> str | None:
    """The text of the output in get_task of a completed idle turn."""
    return output_of(seen.task, turn, accumulated=seen.model.choices.accumulates) if seen.task else None


def not_damaged(seen: Seen, turn: Turn, text: object, where: str) -> Findings:
    """The text of a completed turn is not what a reader received, with a part lost or changed.

    It may be the whole text, the text since the last tool (X-04), or worded differently. Tasks with secrets
    are skipped: how printed secrets are masked, and in which views, is open (V-07).
    """
    task = seen.task
    heard = task.readers.of_all(turn) if task else None
    if task is None or heard is None or not isinstance(text, str) or not heard.answer.pieces:
        return
    said = heard.answer.text
    if given(task, "secrets") or PLACEHOLDER.search(said) or PLACEHOLDER.search(text):
        return
    readings = (said, *heard.answer.endings)
    whole = [each for each in readings if each and "".join(each.split()) in "".join(text.split())]
    is_whole = bool(whole)
    if whole and all(lost_blank(each, text) for each in whole):
        shown = f"{where} {spelled(lost_blank(whole[0], text))}, without white space"
        yield says(not whole, f"a reader received {spelled(whole[0], 60)}", shown)
    elif is_whole or is_damaged(said, text):
        known = f"a reader received {spelled(said, 60)} ({plural(len(said), 'character')})"
        yield says(is_whole, known, f"{where} {in_brief(said, text)}")


def turn_streamed(seen: Seen) -> Turn | None:
    """The turn that a stream reports to its end."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or not stream.is_streaming or not stream.complete:
        return None
    turn = seen.turn
    ended = stream.terminal is not None and stream.terminal.type == "done"
    return turn if ended and turn is not None and turn.is_clear and turn.taken <= seen.began else None


def was_at_work(seen: Seen, task: Task, turn: Turn) -> bool:
    """Whether a turn was known to run from a request to its answer, according to other answers and streams.

    An event that arrived later was sent later, unless the network delayed it. So the only evidence is answers
    that were requested afterwards, and calls that were known to wait.
    """
    began, ended = seen.began, seen.ended
    over = turn.was_over(ended) and turn.over is not None and turn.over.by is not seen.exchange
    if not turn.is_clear or turn.taken > began or over or task.may_be_cancelled(began, ended):
        return False
    later = any(
        told.status in {RUNNING, AWAITING} and told.began >= ended and turn.holds(told.began, told.ended)
        for told in task.statuses
    )
    return later or any(
        call.waits(began, ended) or _sleeps(call, turn, began, ended) for call in task.calls.values()
    )


def _sleeps(call: Call, turn: Turn, began: int, ended: int) -> bool:
    """Whether a call of a turn was known to sleep between two times: it did not start before its turn.

    An executing call may fail with its turn, so it has to succeed afterwards.
    """
    first, result = call.first, call.result
    if first is None or result is None or call.sleeps is None or result.status != SUCCESS:
        return False
    mine = turn.began <= first.at and result.at >= ended
    runs = any(each.status == EXECUTING and each.at <= began for each in call.events if not each.is_result)
    return mine and runs and turn.began + call.sleeps * NANO >= ended


def _saved_at(seen: Seen, task: Task, turn: Turn) -> object:
    """When a turn's message was saved, by the target's own clock; None if unknown."""
    if turn.number == 1:
        return seen.fields.get("createdAt")
    kept = [view.of_user[-1] for view in task.views if view.began >= turn.taken and view.of_user]
    told = [each.get("createdAt") for each in kept if turn.message.is_shown_as(each.get("content"))]
    return told[0] if told else None


def answered_last(seen: Seen, said: Exchange) -> Findings:
    """How a message is answered if its run was long, and was over at the first read afterwards.

    The target's own clock gives the length of the run. A target that answers before the end answers within
    the first moments; one that answers after the end takes as long as the run, and then shows an idle task
    immediately. A later answer was delayed by a busy machine or network, and so may be any answer to a probe
    that was itself that late. The message may have been saved some time before its run started.
    """
    task = seen.task
    turn = next((each for each in task.turns if each.message.exchange is said), None) if task else None
    if task is None or turn is None or not turn.is_clear or not seen.exchange.ok:
        return
    looks = [
        each for each in task.read if each.started >= turn.taken and turn.holds(each.started, each.ended)
    ]
    if not looks or looks[0] is not seen.exchange:
        return
    began, ended = (json_values.instant(seen.fields.get(name)) for name in ("startedAt", "completedAt"))
    made = json_values.instant(_saved_at(seen, task, turn))
    if not json_values.one_of(seen.fields.get("status"), FINAL):
        yield says(True, "a message was answered", "its run was not over at the first look")  # noqa: FBT003  held
    elif jitter(seen.model.record, seen.exchange.probe) > HELD_BACK_SECONDS * NANO:
        return
    elif began is not None and ended is not None and ended - began >= LEAST_SECONDS:
        took, until = ((at - turn.began) / NANO for at in (turn.taken, seen.ended))
        latest = ended - (began if made is None else min(made, began)) + HELD_BACK_SECONDS
        late = ended - began <= took <= latest and until - took < HELD_BACK_SECONDS
        known = f"its run took {ended - began:.1f} s"
        yield says(not late, known, f"answered after {took:.1f} s, and over at the first look")


def turn_joined(seen: Seen) -> Turn | None:
    """The turn that a stream reports live; None if it is ambiguous."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or not stream.is_streaming:
        return None
    turn = seen.turn
    return turn if turn is not None and turn.is_clear and turn.taken <= seen.began else None
