"""The messages of the user and the answers of the agent. Pure."""

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.cells.facts import SENDS, Facts, broken, left, overlap, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, again, numbers, order, sizes
from sigmic_conformance.conformance.model.conversation import View
from sigmic_conformance.conformance.transcript.json_values import word

MANY = 10


def message(run: Facts) -> Reach:
    """The cells of messages."""
    repeated = list(
        again(
            (said.exchange, {(task.id, said.asked.message)})
            for task, said in run.said
            if said.asked.message is not None
        )
    )
    follow_ups = [
        (work, said)
        for work in run.works
        for said in work.task.said
        if said.is_follow_up and work.task.turn_at(said.sent) is work.turn
    ]
    refused = {each.probe: each.ended for each in reversed([*run.requests(*SENDS)]) if each.refused}
    return {
        **numbers(((view.exchange, len(view.of_user)) for view in run.views), many=MANY, least=1),
        "count=zero": (e for e, body in run.bodies if "message" not in body.fields),
        **sizes(
            ((e, text) for e, body in run.bodies if isinstance(text := body.fields.get("message"), str)),
            large=4096,
        ),
        **order([view.exchange] * len(view.of_user) for view in run.views),
        "place=again": repeated,
        "moment=before": (
            said.exchange
            for work, said in follow_ups
            if said.sent - work.turn.taken < NANO
            and not work.turn.taken < work.start < said.sent
            and not work.turn.was_over(said.sent)
        ),
        "moment=during": (said.exchange for work, said in follow_ups if work.goes_on(said.sent)),
        "moment=after": (said.exchange for work, said in follow_ups if work.turn.was_over(said.sent)),
        "moment=at_once": (
            e for task in run.tasks for e in overlap(said.exchange for said in task.said if said.is_follow_up)
        ),
        "moment=twice": repeated,
        "spelling=other": spelled(run.requests(*SENDS)),
        "view=several": (
            shown.by.exchange
            for task in run.tasks
            if len({shown.by.is_stream for shown in task.settled}) > 1
            for shown in task.settled
        ),
        "end=after": (
            e
            for e in run.requests("get_task_history", "list_tasks", "get_task")
            if e.started > refused.get(e.probe, e.started)
        ),
        "cut=middle": broken(run.requests(*SENDS)),
    }


def answer(run: Facts) -> Reach:
    """The cells of answers."""
    shown = [(view, _answers(view)) for view in run.views]
    whole = [stream for stream in run.streams if stream.terminal is not None and stream.texts]
    heard = ((work, work.task.heard_whole(work.turn)) for work in run.works)
    spoken = [work for work in run.works if work.speaks[0]]
    return {
        **numbers(((view.exchange, len(texts)) for view, texts in shown), many=MANY),
        **sizes(
            ((stream.exchange, "".join(stream.texts)) for stream in whole),
            large=16_384,
            small=16,
            values=("small", "large", "at_an_edge"),
        ),
        **order([view.exchange] * len(texts) for view, texts in shown),
        "place=again": again((view.exchange, {(id(view), text)}) for view, texts in shown for text in texts),
        "moment=before": (
            stream.exchange
            for work in run.works
            for stream in work.streams
            if stream.texts and work.task.is_from_the_start(work.turn, stream)
        ),
        "moment=during": (
            e
            for work in spoken
            for e in [*work.task.read, *(stream.exchange for stream in work.streams)]
            if work.speaks[0] < e.started < work.speaks[1]
        ),
        "moment=after": (view.exchange for view, texts in shown if texts and not view.is_stream),
        "moment=at_once": (
            other.sent
            for one, other in run.together(spoken)
            if one.speaks[0] < other.speaks[1] and other.speaks[0] < one.speaks[1]
        ),
        "moment=twice": (
            e
            for task in run.tasks
            for e in [each.by.exchange for each in task.settled if _answers(each.by)][1:]
        ),
        "view=several": (
            each.by.exchange
            for work, stream in heard
            if stream is not None and stream.texts
            for each in work.task.settled
            if each.by.began > stream.exchange.ended and _answers(each.by)[-1:] == ["".join(stream.texts)]
        ),
        "end=after": (stream.exchange for stream in whole if stream.complete),
        "cut=middle": (stream.exchange for stream in run.streams if stream.texts and left(stream)),
    }


def _answers(view: View) -> list[str]:
    return [word(each.get("content")) for each in view.messages if each.get("role") == "assistant"]
