"""The pages of lists. Pure."""

from itertools import pairwise

from sigmic_conformance.conformance.model.cells.facts import Facts, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, again, numbers
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.requests import query_of
from sigmic_conformance.conformance.transcript.json_values import FINAL, one_of
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY, MOST = 50, 100


def page(run: Facts) -> Reach:
    """The cells of pages: their limit, their place in the list, and the state of their tasks."""
    caller = run.model.callers.of
    limits = [(e, _asked(e, "limit", MANY)) for e in run.requests("list_tasks") if e.status is not None]
    full = [(e, total) for e in run.pages if e.entries and (total := total_of(e)) is not None]
    places = [(e, offset := _asked(e, "offset", 0), total - offset - len(e.entries)) for e, total in full]
    created = {task.owner: task.creation.sent for task in run.tasks if task.creation is not None}
    creations = [(e, caller(e).owner) for e in run.requests("create_task")]
    over = [(e, {one_of(entry.get("status"), FINAL) for entry in e.entries}) for e in run.pages]
    rests = [
        (told, (task.id, rest.number))
        for task in run.tasks
        for told in task.told
        if (rest := task.at_rest(told.began, told.ended)) is not None
    ]
    read = {rest for told, rest in rests if told.operation == "get_task"}
    return {
        **numbers(((e, len(e.entries)) for e in run.pages), many=MANY),
        "count=too_many": (e for e, limit in limits if limit > MOST),
        "size=small": (e for e, limit in limits if limit == 1),
        "size=large": (e for e, limit in limits if limit == MOST),
        "size=at_an_edge": (
            e for e, _, rest in places if rest <= 0 and len(e.entries) == _asked(e, "limit", MANY)
        ),
        "place=first": (e for e, offset, _ in places if offset == 0),
        "place=middle": (e for e, offset, rest in places if offset > 0 and rest > 0),
        "place=last": (e for e, _, rest in places if rest <= 0),
        "place=again": again((e, {(caller(e), e.sent.target)}) for e in run.pages),
        "moment=before": (e for e in run.pages if e.ended < created.get(caller(e).owner, 0)),
        "moment=during": (e for e, states in over if False in states),
        "moment=after": (e for e, states in over if True in states),
        "moment=at_once": (
            e
            for e in run.pages
            if any(
                one.started < e.ended and e.started < one.ended and owner == caller(e).owner
                for one, owner in creations
            )
        ),
        "moment=twice": (
            other
            for one, other in pairwise(sorted(run.pages, key=lambda e: (e.probe, e.started)))
            if one.probe == other.probe and _asked(one, "offset", 0) < _asked(other, "offset", 0)
        ),
        "spelling=other": spelled(run.requests("list_tasks")),
        "view=several": (
            told.exchange for told, rest in rests if told.operation == "list_tasks" and rest in read
        ),
    }


def _asked(page: Exchange, name: str, usual: int) -> int:
    value = query_of(page.sent).get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else usual
