"""The events of streams, and their readers. Pure."""

from collections.abc import Hashable, Iterator
from itertools import pairwise

from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
)
from sigmic_conformance.conformance.model.cells.facts import NANO, Facts, Work, left, reads
from sigmic_conformance.conformance.transcript.stream import Stream

TENTH_OF_A_SECOND = NANO // 10


def _all(facts: Facts) -> Iterator[Stream]:
    return (stream for _, stream in facts.streams if stream.marker is not None)


def _live(work: Work) -> list[Stream]:
    """The streams of a turn that told live events."""
    return [each for each in work.streams if each.live]


def _probes_of_later(facts: Facts, *, to_the_end: bool = False) -> Iterator[str]:
    """The readers that received live events of a turn, or also its end, without the first reader."""
    for work in facts.works:
        heard = [each for each in _live(work) if each.terminal is not None or not to_the_end]
        yield from (each.exchange.probe for each in heard[1:])


# ----- event


def _numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((each.exchange.probe, len(each.live)) for each in _all(facts))


def _data(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((each.exchange.probe, event.data) for each in _all(facts) for event in each.events)


def _split_characters(facts: Facts) -> Iterator[str]:
    for each in _all(facts):
        if any(0x80 <= chunk.data[0] < 0xC0 for chunk in each.exchange.chunks if chunk.data):  # noqa: PLR2004  UTF-8
            yield each.exchange.probe


def _order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.exchange.probe, None)] * len(each.events) for each in _all(facts))


def _equal_events(facts: Facts) -> Iterator[str]:
    for each in _all(facts):
        if len({(event.type, event.data) for event in each.live}) < len(each.live):
            yield each.exchange.probe


def _before_the_first(facts: Facts) -> Iterator[str]:
    for each in _all(facts):
        if each.exchange.head_at is not None and each.live and each.exchange.head_at < each.live[0].at:
            yield each.exchange.probe


def _at_work(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for each in _all(facts) if each.is_streaming and each.live)


def _waited_behind(facts: Facts) -> Iterator[str]:
    for each in _all(facts):
        if each.last is not None and each.exchange.ended > each.last.at:
            yield each.exchange.probe


def _heard_by_two(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        ended = 0
        for each in sorted(_live(work), key=lambda one: one.exchange.started):
            if each.live[0].at < ended:
                yield each.exchange.probe
            ended = max(ended, each.exchange.ended)


def _orderly(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for each in _all(facts) if each.complete and each.last is not None)


def _left(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for _, each in facts.streams if left(each))


EVENT: Noun = {
    "count": Numbers(_numbers, many=100, too_many=1000),
    "size": Both(
        Sizes(_data, large=16_384, small=32, values=frozenset({"small", "large"})),
        When({"at_an_edge": _split_characters}),
    ),
    "place": Both(Order(_order, ORDER_ALONE), When({"again": _equal_events})),
    "moment": When(
        {
            "before": _before_the_first,
            "during": _at_work,
            "after": _waited_behind,
            "at_once": _heard_by_two,
            "twice": _probes_of_later,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("stream_task")}),
    "view": When({"several": lambda facts: _probes_of_later(facts, to_the_end=True)}),
    "end": When({"after": _orderly}),
    "cut": When({"middle": _left}),
}

# ----- reader


def _readers(work: Work) -> list[Stream]:
    """The readers of a turn that came while it went on."""
    return [each for each in work.streams if each.is_streaming]


def _reader_numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((work.probe, len(_readers(work))) for work in facts.works)


def _reader_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.exchange.probe, None) for each in _readers(work)] for work in facts.works)


def _returned(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        for one, other in pairwise(_readers(work)):
            if left(one) and one.exchange.ended <= other.exchange.started:
                yield other.exchange.probe


def _first_of_all(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        yield from (
            each.exchange.probe for each in _readers(work) if work.task.is_from_the_start(work.turn, each)
        )


def _in_the_middle(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        yield from (each.exchange.probe for each in _readers(work) if facts.is_joined(work, each))


def _late(work: Work) -> list[Stream]:
    return [each for each in work.streams if each.is_streaming is False]


def _same_moment(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        for one, other in pairwise(sorted(_readers(work), key=lambda each: each.exchange.started)):
            if other.exchange.started - one.exchange.started < TENTH_OF_A_SECOND:
                yield other.exchange.probe


def _looked_after_leaving(facts: Facts) -> Iterator[str]:
    for task, stream in facts.streams:
        if left(stream):
            yield from (each.probe for each in reads(task) if each.started > stream.exchange.ended)


def _one_left(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        readers = _readers(work)
        for gone in filter(left, readers):
            at = gone.exchange.ended
            if any(each.exchange.started < at < each.exchange.ended for each in readers):
                yield gone.exchange.probe


READER: Noun = {
    "count": Numbers(_reader_numbers, many=10),
    "place": Both(Order(_reader_order, ORDER_ALONE), When({"again": _returned})),
    "moment": When(
        {
            "before": _first_of_all,
            "during": _in_the_middle,
            "after": lambda facts: (s.exchange.probe for work in facts.works for s in _late(work)),
            "at_once": _same_moment,
            "twice": lambda facts: (s.exchange.probe for work in facts.works for s in _late(work)[1:]),
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("stream_task")}),
    "view": When({"several": lambda facts: _probes_of_later(facts, to_the_end=True)}),
    "end": When({"after": _looked_after_leaving}),
    "cut": When({"middle": _one_left}),
}
