"""Tool calls, their results, the answers to those that wait, and subagents. Pure."""

import json
from collections.abc import Iterable
from itertools import pairwise

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import OUTCOMES, Call, Decision
from sigmic_conformance.conformance.model.cells.facts import (
    Facts,
    Work,
    broken,
    left,
    overlap,
    reads,
    spelled,
)
from sigmic_conformance.conformance.model.cells.heuristics import (
    Reach,
    again,
    are_near,
    numbers,
    order,
    sizes,
)
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 5
TENTH_OF_A_SECOND = NANO // 10
OF_SUBAGENTS = ("subagent_start", "subagent_thought", "subagent_tool", "subagent_end")


def call(run: Facts) -> Reach:
    """The cells of calls."""
    told = [work for work in run.works if any(stream.live for stream in work.streams)]
    texts = ((work, json.dumps(one.args, ensure_ascii=False) if one.args else 0) for work, one in run.calls)
    return {
        **numbers(((work.sent, len(work.calls)) for work in told), many=MANY),
        **sizes(((work.sent, text) for work, text in texts), large=4096, small=32),
        **order([work.sent] * len(work.calls) for work in run.works),
        "place=again": again((work.sent, {(work.task.id, one.tool, one.words)}) for work, one in run.calls),
        "name=same": again((work.sent, {(id(work), one.tool)}) for work, one in run.calls if one.tool),
        "moment=before": _unknown(run),
        "moment=during": _reads(run, during=True),
        "moment=after": _reads(run, during=False),
        "moment=at_once": (
            work.sent
            for work in run.works
            for one, other in pairwise(work.calls)
            if _span(other)[0] < _span(one)[1]
        ),
        "moment=twice": _heard_twice(run),
        "spelling=other": spelled(run.requests("approve_tool_call")),
        "view=several": (work.sent for work, one in run.calls if one.read or one.listed),
        "end=after": (
            e
            for work, one in run.calls
            for e in work.task.cancellations
            if e.succeeded and _is_open(one, e.started) and _is_read_after(work.task, e.ended)
        ),
        "cut=middle": (stream.exchange for _, stream in _left(run)),
    }


def result(run: Facts) -> Reach:
    """The cells of results."""
    # The calls of each turn that have a result, in the order of the results.
    done = [
        (work, sorted((one for one in work.calls if one.result), key=lambda one: _span(one)[1]))
        for work in run.works
        if work.calls
    ]
    times = sorted(((_span(one)[1], work) for work, mine in done for one in mine), key=lambda pair: pair[0])
    outputs = [(work, one.output) for work, one in run.calls if one.output is not None]
    gone = {id(stream): (work.task, stream.exchange) for work, stream in _left(run)}
    return {
        **numbers(((work.sent, len(mine)) for work, mine in done), many=MANY),
        **sizes(((work.sent, output) for work, output in outputs), large=16_384, small=2),
        **order([work.sent] * len(mine) for work, mine in done),
        "place=again": again((work.sent, {(work.task.id, output)}) for work, output in outputs),
        "moment=before": _reads(run, during=True),
        "moment=after": _reads(run, during=False),
        "moment=at_once": (
            other.sent
            for (at, one), (later, other) in pairwise(times)
            if one.task is not other.task and later - at < TENTH_OF_A_SECOND
        ),
        "moment=twice": _heard_twice(run),
        "view=several": (work.sent for work, one in run.calls if any("output" in told for told in one.read)),
        "end=after": (
            stream.exchange
            for stream in run.streams
            if stream.terminal is not None and stream.of("tool_result")
        ),
        "cut=middle": (e for task, e in gone.values() if _is_read_after(task, e.ended)),
    }


def approval(run: Facts) -> Reach:
    """The cells of answers to calls."""
    waiting = [each for task in run.tasks for each in task.calls.values()]
    taken = [(task, _taken(task)) for task in run.tasks]
    further = [pair for each in waiting for pair in pairwise(each.decisions)]
    proceeded = [(task, [each for each in mine if each.may_proceed]) for task, mine in taken]
    return {
        **numbers(
            ((mine[0].exchange, len({each.call for each in mine})) for _, mine in taken if mine),
            many=MANY,
            least=1,
        ),
        "count=zero": (e for each in waiting for e in each.listed),
        **order([each.exchange for each in mine] for _, mine in taken),
        "place=again": (other.exchange for _, other in further),
        "name=nearly_same": (
            each.exchange for task in run.tasks for each in task.decisions if _is_nearly_right(task, each)
        ),
        "moment=before": _unknown(run),
        "moment=during": (
            one.exchange for each in waiting for one in each.decisions if each.first_decided_by(one.exchange)
        ),
        "moment=after": (
            one.exchange
            for each in waiting
            for one in each.decisions
            if each.result is not None and one.sent > each.result.at
        ),
        "moment=at_once": (e for each in waiting for e in overlap(one.exchange for one in each.decisions)),
        "moment=twice": (other.exchange for one, other in further if one.outcome == other.outcome),
        "spelling=other": spelled(run.requests("approve_tool_call")),
        "view=several": (work.sent for work, each in run.calls if each.asked is not None and each.listed),
        "end=after": (
            mine[0].exchange
            for task, mine in proceeded
            if mine and any(each.first and each.first.at > mine[0].sent for each in task.calls.values())
        ),
        "cut=middle": broken(run.requests("approve_tool_call")),
    }


def subagent(run: Facts) -> Reach:
    """The cells of subagents."""
    live = [(work, each) for work in run.works for each in work.streams if each.live]
    heard = [(work, each, mine) for work, each in live if (mine := each.of("subagent_start"))]
    ends = [(each, mine[-1].at) for _, each, _ in heard if (mine := each.of("subagent_end"))]
    names = [(each, [str(one.get("agentName")) for one in mine]) for _, each, mine in heard]
    same = [each.exchange for each, mine in names if len(set(mine)) < len(mine)]
    return {
        **numbers((each.exchange, len(each.of("subagent_start"))) for _, each in live),
        **order([each.exchange for one in each.live if one.type in OF_SUBAGENTS] for _, each, _ in heard),
        "place=again": same,
        "name=same": same,
        "moment=before": (
            each.exchange
            for _, each, mine in heard
            if any(text.at <= mine[0].at for text in each.of("content"))
        ),
        "moment=during": (each.exchange for _, each, _ in heard if each.of("subagent_tool")),
        "moment=after": (
            each.exchange for each, at in ends if any(text.at >= at for text in each.of("content"))
        ),
        "moment=twice": (other.exchange for (one, _, _), (work, other, _) in pairwise(heard) if one is work),
        "end=after": (each.exchange for _, each, _ in heard if each.terminal is not None),
        "cut=middle": (
            each.exchange
            for _, each, mine in heard
            if left(each) and len(each.of("subagent_end")) < len(mine)
        ),
    }


def _span(call: Call) -> tuple[int, int]:
    """The times of the first event of a call and of its result; twice the first if it has no result."""
    first = call.first.at if call.first is not None else 0
    return first, call.result.at if call.result is not None else first


def _is_open(call: Call, at: int) -> bool:
    """Whether a stream had shown a call before a time, but not its result."""
    first, result = _span(call)
    return first <= at and (call.result is None or at < result)


def _unknown(run: Facts) -> Iterable[Exchange]:
    """The answers to calls that no stream and no list had shown before."""
    for task in run.model.tasks.values():
        for each in task.decisions:
            mine = task.calls.get(each.call) or Call(each.call)
            shown = [*(one.at for one in mine.heard[:1]), *(e.ended for e in mine.listed)]
            if min(shown, default=each.sent) >= each.sent and each.exchange.status is not None:
                yield each.exchange


def _reads(run: Facts, *, during: bool) -> Iterable[Exchange]:
    """The answers of get_task between the first event of a call and its result, or after it in its turn."""
    for work, each in run.calls:
        first, done = _span(each)
        if during:
            yield from (e for e in work.task.read if first < e.started and e.ended < done)
        elif each.result is not None:
            until = work.turn.until
            yield from (e for e in work.task.read if e.started > done and (until is None or e.ended < until))


def _heard_twice(run: Facts) -> Iterable[Exchange]:
    """The messages with a call whose result several readers received."""
    for work, each in run.calls:
        if len({id(one.stream) for one in each.heard if one.is_result}) > 1:
            yield work.sent


def _left(run: Facts) -> Iterable[tuple[Work, Stream]]:
    """The readers that left while a call had no result."""
    return (
        (work, stream)
        for work, each in run.calls
        for stream in work.streams
        if left(stream) and _is_open(each, stream.exchange.ended)
    )


def _is_read_after(task: Task, at: int) -> bool:
    return any(e.started > at for e in reads(task))


def _taken(task: Task) -> list[Decision]:
    return [each for each in task.decisions if each.certainty is Certainty.ACCEPTED]


def _is_nearly_right(task: Task, decision: Decision) -> bool:
    """Whether the outcome or the call that an answer names differs in little from a right one."""
    word = decision.outcome
    wrong = word is not None and word not in OUTCOMES and any(are_near(word, one) for one in OUTCOMES)
    return wrong or any(are_near(decision.call, name) for name, each in task.calls.items() if each.first)
