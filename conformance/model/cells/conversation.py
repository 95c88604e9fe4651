"""The messages of the user and the answers of the agent. Pure."""

from collections.abc import Callable, Hashable, Iterator

from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
)
from sigmic_conformance.conformance.model.cells.facts import NANO, SENDS, Facts, Work, left, overlap
from sigmic_conformance.conformance.model.conversation import Said, View
from sigmic_conformance.conformance.transcript.json_values import word
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 10


def views(facts: Facts) -> Iterator[View]:
    """What the run saw of the conversations of its tasks."""
    return (view for task in facts.tasks for view in task.views if view.messages)


def _of_agent(view: View) -> list[str]:
    return [word(each.get("content")) for each in view.messages if each.get("role") == "assistant"]


# ----- message


def _without(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((each.probe, 0) for each, body in facts.bodies if "message" not in body.fields)


def _messages_shown(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((view.exchange.probe, len(view.of_user)) for view in views(facts))


def _texts(facts: Facts) -> Iterator[tuple[str, str | int]]:
    for each, body in facts.bodies:
        if isinstance(text := body.fields.get("message"), str):
            yield each.probe, text


def _message_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(view.exchange.probe, None) for _ in view.of_user] for view in views(facts))


def _said_again(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        seen: set[str] = set()
        for said in task.said:
            text = said.asked.message
            if text is not None:
                if text in seen:
                    yield said.exchange.probe
                seen.add(text)


def _follow_ups(facts: Facts, when: Callable[[Work, Said], bool]) -> Iterator[str]:
    """The follow-ups that fulfil a condition, with the turn before them."""
    for work in facts.works:
        for each in work.task.said:
            if each.is_follow_up and work.task.turn_at(each.sent) is work.turn and when(work, each):
                yield each.exchange.probe


def _before_it_works(work: Work, said: Said) -> bool:
    has_signs = work.turn.taken < work.start < said.sent
    soon = said.sent - work.turn.taken < NANO
    return soon and not has_signs and not work.turn.was_over(said.sent)


def _while_it_works(work: Work, said: Said) -> bool:
    return work.goes_on(said.sent)


def _when_over(work: Work, said: Said) -> bool:
    return work.turn.was_over(said.sent)


def _together(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        yield from (
            each.probe for each in overlap([said.exchange for said in task.said if said.is_follow_up])
        )


def _in_both(facts: Facts) -> Iterator[str]:
    """The views of each task at rest that has views of both kinds."""
    for task in facts.tasks:
        kinds = {each.by.is_stream for each in task.settled}
        if len(kinds) > 1:
            yield from (each.by.exchange.probe for each in task.settled)


def _looked_after_a_refusal(facts: Facts) -> Iterator[str]:
    refused: dict[str, int] = {}
    for each in facts.requests(*SENDS):
        if each.refused:
            refused.setdefault(each.probe, each.ended)
    for each in facts.requests("get_task_history", "list_tasks", "get_task"):
        if each.started > refused.get(each.probe, each.started):
            yield each.probe


def _breaks(facts: Facts) -> Iterator[str]:
    return (each.probe for each in facts.broken(*SENDS))


MESSAGE: Noun = {
    "count": Both(Numbers(_messages_shown, many=MANY, least=1), Numbers(_without, many=1)),
    "size": Sizes(_texts, large=4096),
    "place": Both(Order(_message_order, ORDER_ALONE), When({"again": _said_again})),
    "moment": When(
        {
            "before": lambda facts: _follow_ups(facts, _before_it_works),
            "during": lambda facts: _follow_ups(facts, _while_it_works),
            "after": lambda facts: _follow_ups(facts, _when_over),
            "at_once": _together,
            "twice": _said_again,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled(*SENDS)}),
    "view": When({"several": _in_both}),
    "end": When({"after": _looked_after_a_refusal}),
    "cut": When({"middle": _breaks}),
}

# ----- answer


def _answers_shown(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((view.exchange.probe, len(_of_agent(view))) for view in views(facts))


def _whole(facts: Facts) -> Iterator[Stream]:
    return (each for _, each in facts.streams if each.terminal is not None and each.texts)


def _spoken(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((each.exchange.probe, "".join(each.texts)) for each in _whole(facts))


def _answer_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(view.exchange.probe, text) for text in _of_agent(view)] for view in views(facts))


def _from_the_start(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        for each in work.streams:
            if each.texts and work.task.is_from_the_start(work.turn, each):
                yield each.exchange.probe


def _between_texts(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        first, last = work.speaks
        reads: list[Exchange] = [*work.task.read, *(each.exchange for each in work.streams)]
        yield from (each.probe for each in reads if first < each.started < last)


def _in_history(facts: Facts) -> Iterator[str]:
    return (view.exchange.probe for view in views(facts) if not view.is_stream and _of_agent(view))


def _two_speak(facts: Facts) -> Iterator[str]:
    for one, other in facts.together(facts.works):
        (first, last), (begins, ends) = one.speaks, other.speaks
        if first and begins and first < ends and begins < last:
            yield other.probe


def _read_twice(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        shown = [each.by for each in task.settled if _of_agent(each.by)]
        yield from (each.exchange.probe for each in shown[1:])


def _heard_and_shown(facts: Facts) -> Iterator[str]:
    for work in facts.works:
        whole = work.task.heard_whole(work.turn)
        if whole is not None and whole.texts:
            answer = "".join(whole.texts)
            views = (each for each in work.task.settled if each.by.began > whole.exchange.ended)
            yield from (each.by.exchange.probe for each in views if answer in _of_agent(each.by)[-1:])


def _heard_out(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for each in _whole(facts) if each.complete)


def _left_between_texts(facts: Facts) -> Iterator[str]:
    return (each.exchange.probe for _, each in facts.streams if each.texts and left(each))


ANSWER: Noun = {
    "count": Numbers(_answers_shown, many=MANY),
    "size": Sizes(_spoken, large=16_384, small=16, values=frozenset({"small", "large", "at_an_edge"})),
    "place": Order(_answer_order),
    "moment": When(
        {
            "before": _from_the_start,
            "during": _between_texts,
            "after": _in_history,
            "at_once": _two_speak,
            "twice": _read_twice,
        }
    ),
    "view": When({"several": _heard_and_shown}),
    "end": When({"after": _heard_out}),
    "cut": When({"middle": _left_between_texts}),
}
