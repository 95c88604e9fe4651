"""The events of streams, and their readers. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.cells.counters import (
    Numbers,
    Order,
    Sizes,
    When,
    is_inside_a_character,
    noun,
)
from sigmic_conformance.conformance.model.cells.facts import Facts, Work, left, reads, spelled
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

TENTH_OF_A_SECOND = NANO // 10


def _all(facts: Facts) -> Iterator[Stream]:
    return (stream for _, stream in facts.streams if stream.marker is not None)


def _later(facts: Facts) -> Iterator[Stream]:
    """The readers that received live events of a turn, without the first reader."""
    return (each for work in facts.works for each in [s for s in work.streams if s.live][1:])


def _ends_of_later(facts: Facts) -> Iterator[Exchange]:
    return (each.exchange for each in _later(facts) if each.terminal is not None)


# ----- event


def _split_characters(facts: Facts) -> Iterator[Exchange]:
    for each in _all(facts):
        if any(is_inside_a_character(chunk.data[0]) for chunk in each.exchange.chunks if chunk.data):
            yield each.exchange


def _equal_events(facts: Facts) -> Iterator[Exchange]:
    for each in _all(facts):
        if len({(event.type, event.data) for event in each.live}) < len(each.live):
            yield each.exchange


def _before_the_first(facts: Facts) -> Iterator[Exchange]:
    return (each.exchange for each in _all(facts) if each.live and each.opened < each.live[0].at)


def _waited_behind(facts: Facts) -> Iterator[Exchange]:
    return (e.exchange for e in _all(facts) if e.last is not None and e.exchange.ended > e.last.at)


def _heard_by_two(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        heard = [each for each in work.streams if each.live]
        for one, other in pairwise(sorted(heard, key=lambda each: each.exchange.started)):
            if other.live[0].at < one.exchange.ended:
                yield other.exchange


EVENT = noun(
    count=Numbers(lambda facts: ((e.exchange, len(e.live)) for e in _all(facts)), many=100, too_many=1000),
    size=[
        Sizes(
            lambda facts: ((each.exchange, event.data) for each in _all(facts) for event in each.events),
            large=16_384,
            small=32,
            values=frozenset({"small", "large"}),
        ),
        When(at_an_edge=_split_characters),
    ],
    place=[
        Order(lambda facts: ([each.exchange] * len(each.events) for each in _all(facts))),
        When(again=_equal_events),
    ],
    moment=When(
        before=_before_the_first,
        during=lambda facts: (each.exchange for each in _all(facts) if each.is_streaming and each.live),
        after=_waited_behind,
        at_once=_heard_by_two,
        twice=lambda facts: (each.exchange for each in _later(facts)),
    ),
    spelling=spelled("stream_task"),
    view=_ends_of_later,
    end=lambda facts: (each.exchange for each in _all(facts) if each.complete and each.last is not None),
    cut=lambda facts: (each.exchange for _, each in facts.streams if left(each)),
)

# ----- reader


def _returned(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        for one, other in pairwise(work.readers):
            if left(one) and one.exchange.ended <= other.exchange.started:
                yield other.exchange


def _first_of_all(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        mine = (each for each in work.readers if work.task.is_from_the_start(work.turn, each))
        yield from (each.exchange for each in mine)


def _late(work: Work) -> list[Exchange]:
    return [each.exchange for each in work.streams if each.is_streaming is False]


def _same_moment(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        for one, other in pairwise(sorted((each.exchange for each in work.readers), key=lambda e: e.started)):
            if other.started - one.started < TENTH_OF_A_SECOND:
                yield other


def _after_leaving(facts: Facts) -> Iterator[Exchange]:
    for task, stream in facts.streams:
        if left(stream):
            yield from (each for each in reads(task) if each.started > stream.exchange.ended)


def _one_left(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        for gone in filter(left, work.readers):
            at = gone.exchange.ended
            if any(each.exchange.started < at < each.exchange.ended for each in work.readers):
                yield gone.exchange


READER = noun(
    count=Numbers(lambda facts: ((work.sent, len(work.readers)) for work in facts.works), many=10),
    place=[
        Order(lambda facts: ([each.exchange for each in work.readers] for work in facts.works)),
        When(again=_returned),
    ],
    moment=When(
        before=_first_of_all,
        during=lambda facts: (each.exchange for _, each in facts.joined),
        after=lambda facts: (each for work in facts.works for each in _late(work)),
        at_once=_same_moment,
        twice=lambda facts: (each for work in facts.works for each in _late(work)[1:]),
    ),
    spelling=spelled("stream_task"),
    view=_ends_of_later,
    end=_after_leaving,
    cut=_one_left,
)
