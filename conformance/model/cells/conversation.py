"""The messages of the user and the answers of the agent. Pure."""

from collections.abc import Callable, Hashable, Iterator

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.cells.counters import (
    Again,
    Find,
    Numbers,
    Order,
    Sizes,
    When,
    noun,
)
from sigmic_conformance.conformance.model.cells.facts import (
    SENDS,
    Facts,
    Work,
    broken,
    left,
    overlap,
    spelled,
)
from sigmic_conformance.conformance.model.conversation import Said, View
from sigmic_conformance.conformance.transcript.json_values import word
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 10
At = tuple[Exchange, Hashable]


def _views(facts: Facts) -> Iterator[View]:
    return (view for task in facts.tasks for view in task.views if view.messages)


def _answers(view: View) -> list[str]:
    return [word(each.get("content")) for each in view.messages if each.get("role") == "assistant"]


# ----- message


def _texts(facts: Facts) -> Iterator[tuple[Exchange, str | int]]:
    for each, body in facts.bodies:
        if isinstance(text := body.fields.get("message"), str):
            yield each, text


def _said(facts: Facts) -> Iterator[list[At]]:
    for task in facts.tasks:
        yield [(each.exchange, text) for each in task.said if (text := each.asked.message) is not None]


def _said_again(facts: Facts) -> Iterator[Exchange]:
    return (exchange for _, exchange in Again(_said)(facts))


def _follow_ups(when: Callable[[Work, Said], bool]) -> Find:
    """The follow-ups that fulfil a condition, with the turn before them."""

    def find(facts: Facts) -> Iterator[Exchange]:
        for work in facts.works:
            for each in work.task.said:
                if each.is_follow_up and work.task.turn_at(each.sent) is work.turn and when(work, each):
                    yield each.exchange

    return find


def _before_it_works(work: Work, said: Said) -> bool:
    has_signs = work.turn.taken < work.start < said.sent
    soon = said.sent - work.turn.taken < NANO
    return soon and not has_signs and not work.turn.was_over(said.sent)


def _together(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        yield from overlap([said.exchange for said in task.said if said.is_follow_up])


def _in_both(facts: Facts) -> Iterator[Exchange]:
    """The views of each idle task that has views of both kinds."""
    for task in facts.tasks:
        if len({each.by.is_stream for each in task.settled}) > 1:
            yield from (each.by.exchange for each in task.settled)


def _after_a_refusal(facts: Facts) -> Iterator[Exchange]:
    refused: dict[str, int] = {}
    for each in facts.requests(*SENDS):
        if each.refused:
            refused.setdefault(each.probe, each.ended)
    for each in facts.requests("get_task_history", "list_tasks", "get_task"):
        if each.started > refused.get(each.probe, each.started):
            yield each


MESSAGE = noun(
    count=[
        Numbers(
            lambda facts: ((view.exchange, len(view.of_user)) for view in _views(facts)), many=MANY, least=1
        ),
        When(zero=lambda facts: (each for each, body in facts.bodies if "message" not in body.fields)),
    ],
    size=Sizes(_texts, large=4096),
    place=[
        Order(lambda facts: ([view.exchange] * len(view.of_user) for view in _views(facts))),
        Again(_said),
    ],
    moment=When(
        before=_follow_ups(_before_it_works),
        during=_follow_ups(lambda work, said: work.goes_on(said.sent)),
        after=_follow_ups(lambda work, said: work.turn.was_over(said.sent)),
        at_once=_together,
        twice=_said_again,
    ),
    spelling=spelled(*SENDS),
    view=_in_both,
    end=_after_a_refusal,
    cut=broken(*SENDS),
)

# ----- answer


def _whole(facts: Facts) -> Iterator[Stream]:
    return (each for _, each in facts.streams if each.terminal is not None and each.texts)


def _from_the_start(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        for each in work.streams:
            if each.texts and work.task.is_from_the_start(work.turn, each):
                yield each.exchange


def _between_texts(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        first, last = work.speaks
        mine = [*work.task.read, *(each.exchange for each in work.streams)]
        yield from (each for each in mine if first < each.started < last)


def _two_speak(facts: Facts) -> Iterator[Exchange]:
    for one, other in facts.together(facts.works):
        (first, last), (begins, ends) = one.speaks, other.speaks
        if first and begins and first < ends and begins < last:
            yield other.sent


def _read_twice(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        yield from [each.by.exchange for each in task.settled if _answers(each.by)][1:]


def _heard_and_shown(facts: Facts) -> Iterator[Exchange]:
    for work in facts.works:
        whole = work.task.heard_whole(work.turn)
        if whole is not None and whole.texts:
            answer, ended = "".join(whole.texts), whole.exchange.ended
            views = (each.by for each in work.task.settled if each.by.began > ended)
            yield from (view.exchange for view in views if answer in _answers(view)[-1:])


ANSWER = noun(
    count=Numbers(lambda facts: ((view.exchange, len(_answers(view))) for view in _views(facts)), many=MANY),
    size=Sizes(
        lambda facts: ((each.exchange, "".join(each.texts)) for each in _whole(facts)),
        large=16_384,
        small=16,
        values=frozenset({"small", "large", "at_an_edge"}),
    ),
    place=[
        Order(lambda facts: ([view.exchange] * len(_answers(view)) for view in _views(facts))),
        Again(lambda facts: ([(view.exchange, text) for text in _answers(view)] for view in _views(facts))),
    ],
    moment=When(
        before=_from_the_start,
        during=_between_texts,
        after=lambda facts: (v.exchange for v in _views(facts) if not v.is_stream and _answers(v)),
        at_once=_two_speak,
        twice=_read_twice,
    ),
    view=_heard_and_shown,
    end=lambda facts: (each.exchange for each in _whole(facts) if each.complete),
    cut=lambda facts: (each.exchange for _, each in facts.streams if each.texts and left(each)),
)
