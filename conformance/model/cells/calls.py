"""Tool calls, their results, the answers to those that wait, and subagents. Pure."""

import json
from collections.abc import Hashable, Iterator
from itertools import pairwise

from sigmic_conformance.conformance.model.calls import OUTCOMES, Call, Decision
from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Names,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
    are_near,
)
from sigmic_conformance.conformance.model.cells.facts import NANO, Facts, Work, left, overlap, reads
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.stream import Stream

MANY = 5
TENTH_OF_A_SECOND = NANO // 10


def _calls(facts: Facts) -> Iterator[tuple[Work, Call]]:
    return ((work, call) for work in facts.works for call in work.calls)


def _span(call: Call) -> tuple[int, int]:
    """The times of the first event of a call and of its result; twice the first if it has no result."""
    first = call.first.at if call.first is not None else 0
    return first, call.result.at if call.result is not None else first


# ----- call


def _per_turn(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((work.probe, len(work.calls)) for work in facts.works if any(each.live for each in work.streams))


def _arguments(facts: Facts) -> Iterator[tuple[str, str | int]]:
    for work, call in _calls(facts):
        yield work.probe, json.dumps(call.args, ensure_ascii=False) if call.args else 0


def _call_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(work.probe, None) for _ in work.calls] for work in facts.works)


def _same_calls(facts: Facts) -> Iterator[str]:
    seen: set[tuple[str, object, str]] = set()
    for work, call in _calls(facts):
        key = work.task.id, call.tool, call.words
        if key in seen:
            yield work.probe
        seen.add(key)


def _tools(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    return ([(work.probe, call.tool) for call in work.calls if call.tool] for work in facts.works)


def _unknown(facts: Facts) -> Iterator[Decision]:
    """The answers to calls that no stream and no list had shown before."""
    for task in facts.model.tasks.values():
        for each in task.decisions:
            call = task.calls.get(each.call)
            known = call is not None and (
                (call.first is not None and call.first.at < each.sent)
                or any(listed.ended < each.sent for listed in call.listed)
            )
            if not known and each.exchange.status is not None:
                yield each


def _read_meanwhile(facts: Facts) -> Iterator[str]:
    for work, call in _calls(facts):
        first, result = _span(call)
        yield from (each.probe for each in work.task.read if first < each.started and each.ended < result)


def _read_later(facts: Facts) -> Iterator[str]:
    for work, call in _calls(facts):
        if call.result is not None:
            at, until = call.result.at, work.turn.until
            reads = (each for each in work.task.read if each.started > at)
            yield from (each.probe for each in reads if until is None or each.ended < until)


def _side_by_side(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        for one, other in pairwise(work.calls):
            if _span(other)[0] < _span(one)[1]:
                yield work.probe


def _heard_twice(facts: Facts) -> Iterator[str]:
    for work, call in _calls(facts):
        if len({id(each.stream) for each in call.heard if each.is_result}) > 1:
            yield work.probe


def _also_read(facts: Facts) -> Iterator[str]:
    return (work.probe for work, call in _calls(facts) if call.read or call.listed)


def _cancelled(facts: Facts) -> Iterator[str]:
    for work, call in _calls(facts):
        first, result = _span(call)
        for each in work.task.cancellations:
            open_then = first < each.started and (call.result is None or each.started < result)
            if open_then and each.succeeded and any(one.started > each.ended for one in reads(work.task)):
                yield each.probe


def _left_meanwhile(facts: Facts) -> Iterator[Stream]:
    """The readers that left while a call had no result."""
    for work, call in _calls(facts):
        first, result = _span(call)
        for each in filter(left, work.streams):
            if first <= each.exchange.ended and (call.result is None or each.exchange.ended < result):
                yield each


CALL: Noun = {
    "count": Numbers(_per_turn, many=MANY),
    "size": Sizes(_arguments, large=4096, small=32),
    "place": Both(Order(_call_order, ORDER_ALONE), When({"again": _same_calls})),
    "name": Names(_tools, frozenset({"same"})),
    "moment": When(
        {
            "before": lambda facts: (each.exchange.probe for each in _unknown(facts)),
            "during": _read_meanwhile,
            "after": _read_later,
            "at_once": _side_by_side,
            "twice": _heard_twice,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("approve_tool_call")}),
    "view": When({"several": _also_read}),
    "end": When({"after": _cancelled}),
    "cut": When({"middle": lambda facts: (each.exchange.probe for each in _left_meanwhile(facts))}),
}

# ----- result


def _done(facts: Facts) -> Iterator[tuple[Work, list[Call]]]:
    """The calls of each turn that have a result, in the order of the results."""
    for work in facts.works:
        if work.calls:
            yield work, sorted((each for each in work.calls if each.result), key=lambda each: _span(each)[1])


def _outputs(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((work.probe, call.output) for work, call in _calls(facts) if call.output is not None)


def _result_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(work.probe, None) for _ in done] for work, done in _done(facts))


def _same_outputs(facts: Facts) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for work, done in _done(facts):
        for key in [(work.task.id, call.output) for call in done if call.output is not None]:
            if key in seen:
                yield work.probe
            seen.add(key)


def _results_together(facts: Facts) -> Iterator[str]:
    found = sorted(
        ((_span(call)[1], work.task.id, work.probe) for work, done in _done(facts) for call in done)
    )
    for (at, task, _), (later, other, probe) in pairwise(found):
        if task != other and later - at < TENTH_OF_A_SECOND:
            yield probe


def _told_again(facts: Facts) -> Iterator[str]:
    for work, done in _done(facts):
        if any("output" in told for call in done for told in call.read):
            yield work.probe


def _heard_to_the_end(facts: Facts) -> Iterator[str]:
    for _, stream in facts.streams:
        if stream.terminal is not None and stream.of("tool_result"):
            yield stream.exchange.probe


def _read_after_leaving(facts: Facts) -> Iterator[str]:
    gone = {id(each): each for each in _left_meanwhile(facts)}
    for task, stream in facts.streams:
        if id(stream) in gone and any(each.started > stream.exchange.ended for each in reads(task)):
            yield stream.exchange.probe


RESULT: Noun = {
    "count": Numbers(lambda facts: ((work.probe, len(done)) for work, done in _done(facts)), many=MANY),
    "size": Sizes(_outputs, large=16_384, small=2),
    "place": Both(Order(_result_order, ORDER_ALONE), When({"again": _same_outputs})),
    "moment": When(
        {
            "before": _read_meanwhile,
            "after": _read_later,
            "at_once": _results_together,
            "twice": _heard_twice,
        }
    ),
    "view": When({"several": _told_again}),
    "end": When({"after": _heard_to_the_end}),
    "cut": When({"middle": _read_after_leaving}),
}

# ----- approval


def _taken(task: Task) -> list[Decision]:
    return [each for each in task.decisions if each.certainty is Certainty.ACCEPTED]


def _waiting(facts: Facts) -> Iterator[tuple[str, int]]:
    """Zero for each answer that told that a call waits."""
    for task in facts.tasks:
        for call in task.calls.values():
            yield from ((each.probe, 0) for each in call.listed)


def _answered(facts: Facts) -> Iterator[tuple[str, int]]:
    for task in facts.tasks:
        if taken := _taken(task):
            yield taken[0].exchange.probe, len({each.call for each in taken})


def _answer_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.exchange.probe, None) for each in _taken(task)] for task in facts.tasks)


def _further(facts: Facts) -> Iterator[tuple[Decision, Decision]]:
    """An answer to a call, and the one in front of it."""
    for task in facts.tasks:
        for call in task.calls.values():
            yield from ((other, one) for one, other in pairwise(call.decisions))


def _near_words(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        for each in task.decisions:
            word = each.outcome
            wrong = word is not None and word not in OUTCOMES and any(are_near(word, one) for one in OUTCOMES)
            near = any(are_near(each.call, name) for name, call in task.calls.items() if call.first)
            if wrong or near:
                yield each.exchange.probe


def _first_answers(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        for call in task.calls.values():
            yield from (e.exchange.probe for e in call.decisions if call.first_decided_by(e.exchange))


def _late_answers(facts: Facts) -> Iterator[str]:
    for _, call in _calls(facts):
        if call.result is not None:
            at = call.result.at
            yield from (each.exchange.probe for each in call.decisions if each.sent > at)


def _answers_together(facts: Facts) -> Iterator[str]:
    for _, call in _calls(facts):
        yield from (each.probe for each in overlap([one.exchange for one in call.decisions]))


def _heard_and_listed(facts: Facts) -> Iterator[str]:
    return (work.probe for work, call in _calls(facts) if call.asked is not None and call.listed)


def _calls_afterwards(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        proceeds = [each.sent for each in _taken(task) if each.may_proceed]
        firsts = [call.first.at for call in task.calls.values() if call.first is not None]
        if proceeds and task.creation is not None and any(at > proceeds[0] for at in firsts):
            yield task.creation.exchange.probe


APPROVAL: Noun = {
    "count": Both(Numbers(_answered, many=MANY, least=1), Numbers(_waiting, many=1)),
    "place": Both(
        Order(_answer_order, ORDER_ALONE),
        When({"again": lambda facts: (each.exchange.probe for each, _ in _further(facts))}),
    ),
    "name": When({"nearly_same": _near_words}),
    "moment": When(
        {
            "before": lambda facts: (each.exchange.probe for each in _unknown(facts)),
            "during": _first_answers,
            "after": _late_answers,
            "at_once": _answers_together,
            "twice": lambda facts: (
                each.exchange.probe for each, before in _further(facts) if each.outcome == before.outcome
            ),
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("approve_tool_call")}),
    "view": When({"several": _heard_and_listed}),
    "end": When({"after": _calls_afterwards}),
    "cut": When({"middle": lambda facts: (each.probe for each in facts.broken("approve_tool_call"))}),
}

# ----- subagent

_EVENTS = ("subagent_start", "subagent_thought", "subagent_tool", "subagent_end")


def _with_subagents(facts: Facts) -> Iterator[tuple[Work, Stream]]:
    for work in facts.works:
        yield from ((work, each) for each in work.streams if each.of("subagent_start"))


def _started(facts: Facts) -> Iterator[tuple[str, int]]:
    for work in facts.works:
        yield from (
            (each.exchange.probe, len(each.of("subagent_start"))) for each in work.streams if each.live
        )


def _of_subagents(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    for _, stream in _with_subagents(facts):
        yield [(stream.exchange.probe, None) for each in stream.live if each.type in _EVENTS]


def _agents(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    for _, stream in _with_subagents(facts):
        started = stream.of("subagent_start")
        yield [(stream.exchange.probe, str(each.get("agentName"))) for each in started]


def _same_agents(facts: Facts) -> Iterator[str]:
    names = Names(_agents, frozenset({"same"}))
    return (probe for _, probe in names(facts))


def _said_around(facts: Facts, *, after: bool) -> Iterator[str]:
    for _, stream in _with_subagents(facts):
        ends = stream.of("subagent_end") if after else stream.of("subagent_start")
        texts = [event.at for event in stream.of("content")]
        if ends and any((at >= ends[-1].at) if after else (at <= ends[0].at) for at in texts):
            yield stream.exchange.probe


def _heard_by_others(facts: Facts) -> Iterator[str]:
    before = None
    for work, stream in _with_subagents(facts):
        if work is before:
            yield stream.exchange.probe
        before = work


def _left_a_subagent(facts: Facts) -> Iterator[str]:
    for _, stream in _with_subagents(facts):
        if left(stream) and len(stream.of("subagent_end")) < len(stream.of("subagent_start")):
            yield stream.exchange.probe


SUBAGENT: Noun = {
    "count": Numbers(_started),
    "place": Both(Order(_of_subagents, ORDER_ALONE), When({"again": _same_agents})),
    "name": When({"same": _same_agents}),
    "moment": When(
        {
            "before": lambda facts: _said_around(facts, after=False),
            "during": lambda facts: (
                s.exchange.probe for _, s in _with_subagents(facts) if s.of("subagent_tool")
            ),
            "after": lambda facts: _said_around(facts, after=True),
            "twice": _heard_by_others,
        }
    ),
    "end": When(
        {
            "after": lambda facts: (
                s.exchange.probe for _, s in _with_subagents(facts) if s.terminal is not None
            )
        }
    ),
    "cut": When({"middle": _left_a_subagent}),
}
