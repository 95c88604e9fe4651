"""LIST: where pages begin, what a walk yields, whose tasks are listed, and what moves a task."""

from typing import Any

from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict, info
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

UNCHANGED, SCOPE, FOLLOW_UP = "unchanged_list", "list_scope", "follow_up"


def ids(exchange: Exchange) -> list[Any]:
    """The ids on a page, in order."""
    data = exchange.data if isinstance(exchange.data, list) else []
    return [item.get("id") for item in data if isinstance(item, dict)]


def unchanged(record: Record, name: str) -> Exchange:
    """A request made while nothing moved in the list."""
    return record.exchange(UNCHANGED, f"{record.fact(UNCHANGED, 'unchanged')}: {name}")


@judge("LIST-005", UNCHANGED)
def pages_begin_at_offset(record: Record) -> Verdict:
    claim = Claim("wrong-place", "a page at offset n begins with the task at place n")
    whole = ids(unchanged(record, "before"))
    for offset in (1, 2, 4):
        page = unchanged(record, f"offset {offset}")
        claim.see(ids(page) == whole[offset : offset + 2], page, f"offset {offset}: {ids(page)}")
    return claim.verdict()


@judge("LIST-015", UNCHANGED)
def walks_yield_each_once(record: Record) -> Verdict:
    claim = Claim("lost-or-twice", "every task once")
    before = unchanged(record, "before")
    walked = [each for offset in (0, 2, 4) for each in ids(unchanged(record, f"offset {offset}"))]
    claim.see(sorted(map(str, walked)) == sorted(map(str, ids(before)[:6])), before, f"walked {walked}")
    return claim.verdict()


@judge("LIST-020", UNCHANGED)
def order_is_repeated(record: Record) -> Verdict:
    claim = Claim("other-order", "the same order")
    before, after = unchanged(record, "before"), unchanged(record, "after")
    claim.see(ids(before) == ids(after), after, f"{len(ids(after))} tasks")
    return claim.verdict()


@judge("LIST-019", SCOPE)
def scope_is_one(record: Record) -> Verdict:
    """Another credential's task shows whether the list reaches beyond the key; once seen, it has to stay."""
    pin = Pin(
        project="tasks of other credentials of the project too", key_or_user="only the key's or user's own"
    )
    other = record.transcript(SCOPE).facts.get("other's task")
    lists, alone = record.transcript(SCOPE).labelled("list"), []
    for exchange in lists:
        mine = record.fact(SCOPE, "task") in ids(exchange)
        if not mine:
            pin.see(None, exchange, f"{len(ids(exchange))} tasks, the key's newest is not among them")
        elif other is not None:
            listed = other in ids(exchange)
            told = f"a task of another credential is {'listed' if listed else 'not listed'}"
            pin.see("project" if listed else "key_or_user", exchange, told)
        else:
            alone.append(cite(exchange, "the key's own task is listed"))
    if other is None and len(alone) == len(lists) > 0:
        return info("the key's own task is in every list; nobody else's was made to look for", *alone[:3])
    return pin.verdict()


@judge("LIST-021", FOLLOW_UP)
def follow_ups_move_up(record: Record) -> Verdict:
    claim = Claim("not-moved", "above every task that was active before its follow-up")
    page, task = record.exchange(FOLLOW_UP, "list"), record.fact(FOLLOW_UP, "task")
    items = page.entries
    said = [
        shapes.instant(message.get("createdAt"))
        for message in messages(record.exchange(FOLLOW_UP, "history after"))
        if message.get("role") == "user"
    ]
    if task not in ids(page) or not said or said[-1] is None:
        return claim.verdict()
    above = items[: ids(page).index(task)]
    older = [item.get("id") for item in above if (shapes.instant(item.get("lastActivityAt")) or 0) < said[-1]]
    # Among no other tasks any order is right: the younger one was made to be moved over.
    if older or record.fact(FOLLOW_UP, "younger") in ids(page):
        claim.see(not older, page, f"at place {len(above)}, below {len(older)} that were active earlier")
    return claim.verdict()
