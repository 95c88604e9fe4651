"""The events of streams, and their readers. Pure."""

from itertools import pairwise

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.cells.facts import Facts, left, reads, spelled
from sigmic_conformance.conformance.model.cells.heuristics import (
    Reach,
    is_inside_a_character,
    numbers,
    order,
    sizes,
)

TENTH_OF_A_SECOND = NANO // 10


def event(run: Facts) -> Reach:
    """The cells of events."""
    streams = [each for each in run.streams if each.marker is not None]
    heard = [[each for each in work.streams if each.live] for work in run.works]
    return {
        **numbers(((each.exchange, len(each.live)) for each in streams), many=100, too_many=1000),
        **sizes(
            ((each.exchange, one.data) for each in streams for one in each.events),
            large=16_384,
            small=32,
            values=("small", "large"),
        ),
        "size=at_an_edge": (
            each.exchange
            for each in streams
            if any(is_inside_a_character(chunk.data[0]) for chunk in each.exchange.chunks if chunk.data)
        ),
        **order([each.exchange] * len(each.events) for each in streams),
        "place=again": (
            each.exchange
            for each in streams
            if len({(one.type, one.data) for one in each.live}) < len(each.live)
        ),
        "moment=before": (each.exchange for each in streams if each.live and each.opened < each.live[0].at),
        "moment=during": (each.exchange for each in streams if each.live and each.is_streaming),
        "moment=after": (
            each.exchange for each in streams if each.last is not None and each.exchange.ended > each.last.at
        ),
        "moment=at_once": (
            other.exchange
            for mine in heard
            for one, other in pairwise(mine)
            if other.live[0].at < one.exchange.ended
        ),
        "moment=twice": (each.exchange for mine in heard for each in mine[1:]),
        "spelling=other": spelled(run.requests("stream_task")),
        "view=several": (each.exchange for mine in heard for each in mine[1:] if each.terminal is not None),
        "end=after": (each.exchange for each in streams if each.complete and each.last is not None),
        "cut=middle": (each.exchange for each in run.streams if left(each)),
    }


def reader(run: Facts) -> Reach:
    """The cells of readers."""
    pairs = [pair for work in run.works for pair in pairwise(work.readers)]
    late = [[each for each in work.streams if each.is_streaming is False] for work in run.works]
    gone = [(task, each.exchange.ended) for task in run.tasks for each in task.streams if left(each)]
    return {
        **numbers(((work.sent, len(work.readers)) for work in run.works), many=10),
        **order([each.exchange for each in work.readers] for work in run.works),
        "place=again": (
            other.exchange
            for one, other in pairs
            if left(one) and one.exchange.ended <= other.exchange.started
        ),
        "moment=before": (
            each.exchange
            for work in run.works
            for each in work.readers
            if work.task.is_from_the_start(work.turn, each)
        ),
        "moment=during": (each.exchange for _, each in run.joined),
        "moment=after": (each.exchange for mine in late for each in mine),
        "moment=at_once": (
            other.exchange
            for one, other in pairs
            if other.exchange.started - one.exchange.started < TENTH_OF_A_SECOND
        ),
        "moment=twice": (each.exchange for mine in late for each in mine[1:]),
        "spelling=other": spelled(run.requests("stream_task")),
        "view=several": event(run)["view=several"],
        "end=after": (e for task, ended in gone for e in reads(task) if e.started > ended),
        "cut=middle": (
            each.exchange
            for work in run.works
            for each in filter(left, work.readers)
            if any(one.exchange.started < each.exchange.ended < one.exchange.ended for one in work.readers)
        ),
    }
