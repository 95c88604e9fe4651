"""Tool calls, their results, the answers to those that wait, and subagents. Pure."""

import json
from collections.abc import Hashable, Iterator
from itertools import pairwise

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import OUTCOMES, Call, Decision
from sigmic_conformance.conformance.model.cells.counters import (
    Again,
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    are_near,
    noun,
)
from sigmic_conformance.conformance.model.cells.facts import (
    Facts,
    Work,
    broken,
    left,
    overlap,
    reads,
    spelled,
)
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 5
TENTH_OF_A_SECOND = NANO // 10
At = tuple[Exchange, Hashable]


def _calls(facts: Facts) -> Iterator[tuple[Work, Call]]:
    return ((work, call) for work in facts.works for call in work.calls)


def _span(call: Call) -> tuple[int, int]:
    """The times of the first event of a call and of its result; twice the first if it has no result."""
    first = call.first.at if call.first is not None else 0
    return first, call.result.at if call.result is not None else first


def _is_open(call: Call, at: int) -> bool:
    """Whether a stream had shown a call before a time, but not its result."""
    first, result = _span(call)
    return first <= at and (call.result is None or at < result)


def _by_task(facts: Facts) -> Iterator[tuple[Task, list[tuple[Work, Call]]]]:
    for task in facts.tasks:
        yield task, [(work, call) for work in facts.works_of(task) for call in work.calls]


# ----- call


def _arguments(facts: Facts) -> Iterator[tuple[Exchange, str | int]]:
    for work, call in _calls(facts):
        yield work.sent, json.dumps(call.args, ensure_ascii=False) if call.args else 0


def _unknown(facts: Facts) -> Iterator[Exchange]:
    """The answers to calls that no stream and no list had shown before."""
    for task in facts.model.tasks.values():
        for each in task.decisions:
            call = task.calls.get(each.call)
            known = call is not None and (
                (call.first is not None and call.first.at < each.sent)
                or any(listed.ended < each.sent for listed in call.listed)
            )
            if not known and each.exchange.status is not None:
                yield each.exchange


def _meanwhile(facts: Facts) -> Iterator[Exchange]:
    for work, call in _calls(facts):
        first, result = _span(call)
        yield from (each for each in work.task.read if first < each.started and each.ended < result)


def _later(facts: Facts) -> Iterator[Exchange]:
    for work, call in _calls(facts):
        if call.result is not None:
            at, until = call.result.at, work.turn.until
            mine = (each for each in work.task.read if each.started > at)
            yield from (each for each in mine if until is None or each.ended < until)


def _heard_twice(facts: Facts) -> Iterator[Exchange]:
    for work, call in _calls(facts):
        if len({id(each.stream) for each in call.heard if each.is_result}) > 1:
            yield work.sent


def _cancelled(facts: Facts) -> Iterator[Exchange]:
    for work, call in _calls(facts):
        for each in work.task.cancellations:
            met = each.succeeded and _is_open(call, each.started)
            if met and any(one.started > each.ended for one in reads(work.task)):
                yield each


def _left_meanwhile(facts: Facts) -> Iterator[Stream]:
    """The readers that left while a call had no result."""
    for work, call in _calls(facts):
        yield from (each for each in work.streams if left(each) and _is_open(call, each.exchange.ended))


CALL = noun(
    count=Numbers(
        lambda facts: ((w.sent, len(w.calls)) for w in facts.works if any(s.live for s in w.streams)),
        many=MANY,
    ),
    size=Sizes(_arguments, large=4096, small=32),
    place=[
        Order(lambda facts: ([work.sent] * len(work.calls) for work in facts.works)),
        Again(
            lambda facts: ([(w.sent, (c.tool, c.words)) for w, c in calls] for _, calls in _by_task(facts))
        ),
    ],
    name=Names(
        lambda facts: ([(work.sent, call.tool) for call in work.calls if call.tool] for work in facts.works),
        frozenset({"same"}),
    ),
    moment=When(
        before=_unknown,
        during=_meanwhile,
        after=_later,
        at_once=lambda facts: (
            work.sent
            for work in facts.works
            for one, other in pairwise(work.calls)
            if _span(other)[0] < _span(one)[1]
        ),
        twice=_heard_twice,
    ),
    spelling=spelled("approve_tool_call"),
    view=lambda facts: (work.sent for work, call in _calls(facts) if call.read or call.listed),
    end=_cancelled,
    cut=lambda facts: (each.exchange for each in _left_meanwhile(facts)),
)

# ----- result


def _done(facts: Facts) -> Iterator[tuple[Work, list[Call]]]:
    """The calls of each turn that have a result, in the order of the results."""
    for work in facts.works:
        if work.calls:
            yield work, sorted((each for each in work.calls if each.result), key=lambda each: _span(each)[1])


def _outputs(facts: Facts) -> Iterator[list[At]]:
    for _, calls in _by_task(facts):
        yield [(work.sent, call.output) for work, call in calls if call.output is not None]


def _results_together(facts: Facts) -> Iterator[Exchange]:
    done = [(_span(call)[1], work) for work, calls in _done(facts) for call in calls]
    for (at, one), (later, other) in pairwise(sorted(done, key=lambda each: each[0])):
        if one.task is not other.task and later - at < TENTH_OF_A_SECOND:
            yield other.sent


def _after_leaving(facts: Facts) -> Iterator[Exchange]:
    gone = {id(each) for each in _left_meanwhile(facts)}
    for task, stream in facts.streams:
        if id(stream) in gone and any(each.started > stream.exchange.ended for each in reads(task)):
            yield stream.exchange


RESULT = noun(
    count=Numbers(lambda facts: ((work.sent, len(done)) for work, done in _done(facts)), many=MANY),
    size=Sizes(
        lambda facts: ((work.sent, call.output) for work, call in _calls(facts) if call.output is not None),
        large=16_384,
        small=2,
    ),
    place=[
        Order(lambda facts: ([work.sent] * len(done) for work, done in _done(facts))),
        Again(_outputs),
    ],
    moment=When(before=_meanwhile, after=_later, at_once=_results_together, twice=_heard_twice),
    view=lambda facts: (w.sent for w, call in _calls(facts) if any("output" in told for told in call.read)),
    end=lambda facts: (
        stream.exchange
        for _, stream in facts.streams
        if stream.terminal is not None and stream.of("tool_result")
    ),
    cut=_after_leaving,
)

# ----- approval


def _taken(task: Task) -> list[Decision]:
    return [each for each in task.decisions if each.certainty is Certainty.ACCEPTED]


def _answered(facts: Facts) -> Iterator[tuple[Exchange, int]]:
    for task in facts.tasks:
        if taken := _taken(task):
            yield taken[0].exchange, len({each.call for each in taken})


def _further(facts: Facts) -> Iterator[tuple[Decision, Decision]]:
    """An answer to a call, and the previous answer to it."""
    for task in facts.tasks:
        for call in task.calls.values():
            yield from ((other, one) for one, other in pairwise(call.decisions))


def _near_words(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        for each in task.decisions:
            word = each.outcome
            wrong = word is not None and word not in OUTCOMES and any(are_near(word, one) for one in OUTCOMES)
            if wrong or any(are_near(each.call, name) for name, call in task.calls.items() if call.first):
                yield each.exchange


def _calls_afterwards(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        for proceeded in [each for each in _taken(task) if each.may_proceed][:1]:
            if any(call.first is not None and call.first.at > proceeded.sent for call in task.calls.values()):
                yield proceeded.exchange


APPROVAL = noun(
    count=[
        Numbers(_answered, many=MANY, least=1),
        When(zero=lambda facts: (e for task in facts.tasks for c in task.calls.values() for e in c.listed)),
    ],
    place=[
        Order(lambda facts: ([each.exchange for each in _taken(task)] for task in facts.tasks)),
        When(again=lambda facts: (each.exchange for each, _ in _further(facts))),
    ],
    name=When(nearly_same=_near_words),
    moment=When(
        before=_unknown,
        during=lambda facts: (
            each.exchange
            for task in facts.tasks
            for call in task.calls.values()
            for each in call.decisions
            if call.first_decided_by(each.exchange)
        ),
        after=lambda facts: (
            each.exchange
            for _, call in _calls(facts)
            for each in call.decisions
            if call.result is not None and each.sent > call.result.at
        ),
        at_once=lambda facts: (
            each for _, call in _calls(facts) for each in overlap([one.exchange for one in call.decisions])
        ),
        twice=lambda facts: (
            each.exchange for each, before in _further(facts) if each.outcome == before.outcome
        ),
    ),
    spelling=spelled("approve_tool_call"),
    view=lambda facts: (work.sent for work, call in _calls(facts) if call.asked is not None and call.listed),
    end=_calls_afterwards,
    cut=broken("approve_tool_call"),
)

# ----- subagent

_EVENTS = ("subagent_start", "subagent_thought", "subagent_tool", "subagent_end")


def _heard(facts: Facts) -> Iterator[Stream]:
    return (each for work in facts.works for each in work.streams if each.of("subagent_start"))


def _same_agents(facts: Facts) -> Iterator[Exchange]:
    for each in _heard(facts):
        names = [event.get("agentName") for event in each.of("subagent_start")]
        if len(set(map(str, names))) < len(names):
            yield each.exchange


def _said_before(facts: Facts) -> Iterator[Exchange]:
    for each in _heard(facts):
        first = each.of("subagent_start")[0].at
        if any(event.at <= first for event in each.of("content")):
            yield each.exchange


def _said_after(facts: Facts) -> Iterator[Exchange]:
    for each in _heard(facts):
        ends = each.of("subagent_end")
        if ends and any(event.at >= ends[-1].at for event in each.of("content")):
            yield each.exchange


def _heard_by_others(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        yield from [each.exchange for each in work.streams if each.of("subagent_start")][1:]


def _left_one(facts: Facts) -> Iterator[Exchange]:
    for each in filter(left, _heard(facts)):
        if len(each.of("subagent_end")) < len(each.of("subagent_start")):
            yield each.exchange


SUBAGENT = noun(
    count=Numbers(
        lambda facts: (
            (each.exchange, len(each.of("subagent_start")))
            for work in facts.works
            for each in work.streams
            if each.live
        )
    ),
    place=[
        Order(
            lambda facts: (
                [each.exchange for event in each.live if event.type in _EVENTS] for each in _heard(facts)
            )
        ),
        When(again=_same_agents),
    ],
    name=When(same=_same_agents),
    moment=When(
        before=_said_before,
        during=lambda facts: (each.exchange for each in _heard(facts) if each.of("subagent_tool")),
        after=_said_after,
        twice=_heard_by_others,
    ),
    end=lambda facts: (each.exchange for each in _heard(facts) if each.terminal is not None),
    cut=_left_one,
)
