"""Tokens, end users, their app, and projects. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.conformance.model.callers import OWNER, SECOND, Key, User
from sigmic_conformance.conformance.model.cells.facts import Facts, broken, overlap, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, again, near, numbers, order, sizes
from sigmic_conformance.conformance.model.requests import asked
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 5
SHORTEST_KEY = 16
EXCHANGE = "create_token"


def token(run: Facts) -> Reach:
    """The cells of tokens."""
    issued = list(_issued(run).values())
    used = _of_users(run)
    credentials = {_credential(e) for e, _ in used}
    over = [e for e, by in run.callers if by.owner is None and run.model.callers.is_over(e)]
    requests: dict[User, list[Exchange]] = defaultdict(list)
    for e, user in used:
        if run.model.operation(e) != "stream_task":
            requests[user].append(e)
    return {
        **numbers(((tokens[0][0], len(tokens)) for tokens in issued), many=MANY, least=1),
        "count=zero": (e for e, by in run.callers if by.is_nobody),
        # Invalid credentials only: for a key, a run records only a placeholder.
        **sizes(
            ((e, _credential(e)) for e, by in run.callers if by.owner is None),
            large=4096,
            values=("small", "large"),
        ),
        **order([e for e, told in tokens if told in credentials] for tokens in issued),
        "place=again": again((e, {e.sent.text}) for e, _ in _exchanges(run)),
        "name=nearly_same": (
            e for e, by in run.callers if by.is_invalid and _credential(e).startswith("eyJ")
        ),
        "moment=during": (e for e, _ in used),
        "moment=after": over,
        "moment=at_once": (e for exchanges in requests.values() for e in overlap(exchanges)),
        "moment=twice": again((e, {_credential(e)}) for e, _ in used),
        "spelling=other": spelled(e for e, _ in used),
        "view=several": (e for e, _ in _exchanges(run) if e.ok and "expiresAt" in e.fields),
        "end=after": (e for e in over if e.task in run.model.tasks),
    }


def end_user(run: Facts) -> Reach:
    """The cells of end users."""
    names = [(e, name) for e, body in _exchanges(run) if isinstance(name := body.get("endUserId"), str)]
    accepted = [(e, name) for e, name in names if e.ok]
    seen = [len({name for _, name in accepted[: at + 1]}) for at in range(len(accepted))]
    used = [(e, user, run.model.tasks.get(e.task)) for e, user in _of_users(run) if e.ok]
    own = [(e, user) for e, user, task in used if task is not None and task.owner == user]
    readers = {user for _, user in own}
    works = [work for work in run.works if isinstance(work.task.owner, User)]
    return {
        **numbers(((e, number) for (e, _), number in zip(accepted, seen, strict=True)), many=MANY, least=1),
        "count=zero": (e for e, body in _exchanges(run) if "endUserId" not in body),
        "size=nothing": (e for e, name in names if not name),
        "name=same": again((e, {name}) for e, name in accepted),
        "name=nearly_same": near(accepted),
        "moment=during": (e for e, _ in own),
        "moment=at_once": (
            other.sent for one, other in run.together(works) if one.task.owner != other.task.owner
        ),
        "moment=twice": (e for tokens in _issued(run).values() for e, _ in tokens[1:]),
        "spelling=other": spelled(run.requests(EXCHANGE)),
        "view=several": (
            e for e, user, _ in used if user in readers and run.model.operation(e) == "list_tasks"
        ),
        "cut=middle": broken(run.requests(EXCHANGE)),
    }


def app(run: Facts) -> Reach:
    """The cells of the app."""
    exchanges = _exchanges(run)
    given = [(e, {body.get("appId"), body.get("appSecret")}) for e, body in exchanges]
    return {
        "count=zero": (e for e, values in given if None in values),
        "count=one": (e for e, _ in exchanges if e.ok),
        "size=nothing": (e for e, values in given if "" in values),
        "name=nearly_same": (e for e, _ in exchanges if e.code == "INVALID_CREDENTIALS"),
        "moment=during": (e for e, _ in exchanges if e.ok),
        "moment=at_once": overlap(run.requests(EXCHANGE)),
        "moment=twice": again((e, {e.sent.text}) for e, _ in exchanges),
        "spelling=other": spelled(run.requests(EXCHANGE)),
        "cut=middle": broken(run.requests(EXCHANGE)),
    }


def project(run: Facts) -> Reach:
    """The cells of projects: the keys of the run, and values with the form of a key."""
    unknown = [e for e, by in run.callers if by.is_invalid and _credential(e).startswith("sigmic_")]
    first, second = ([e for e, by in run.callers if by.owner == Key(role)] for role in (OWNER, SECOND))
    named = [(e, run.model.tasks.get(e.task)) for e in second]
    foreign = [(e, task) for e, task in named if task is not None and task.owner == Key(OWNER)]
    probes = {e.probe for e, _ in foreign}
    works = [work for work in run.works if isinstance(work.task.owner, Key)]
    return {
        "count=zero": unknown,
        "count=one": first,
        "count=two": second,
        "name=nearly_same": (e for e in unknown if len(_credential(e)) > SHORTEST_KEY),
        "moment=during": (e for e, task in foreign if run.is_at_work(task, e.started)),
        "moment=at_once": (
            other.sent for one, other in run.together(works) if one.task.owner != other.task.owner
        ),
        "moment=twice": again((e, {(e.sent.method, e.sent.target)}) for e, _ in foreign),
        "spelling=other": spelled([*first, *second]),
        "view=several": (e for e in second if e.probe in probes and run.model.operation(e) == "list_tasks"),
    }


def _exchanges(run: Facts) -> list[tuple[Exchange, Mapping[str, Any]]]:
    """The token exchanges whose body is known."""
    pairs = ((e, asked(e.sent)) for e in run.requests(EXCHANGE))
    return [(e, body.fields) for e, body in pairs if body.known]


def _issued(run: Facts) -> Mapping[tuple[str, str], list[tuple[Exchange, str]]]:
    """The tokens of each end user, in order."""
    found: dict[tuple[str, str], list[tuple[Exchange, str]]] = defaultdict(list)
    for e, body in _exchanges(run):
        if e.ok and isinstance(value := e.fields.get("token"), str):
            found[str(body.get("appId")), str(body.get("endUserId"))].append((e, value))
    return found


def _of_users(run: Facts) -> list[tuple[Exchange, User]]:
    """The answered requests with a valid token."""
    return [(e, by.owner) for e, by in run.callers if isinstance(by.owner, User)]


def _credential(exchange: Exchange) -> str:
    """The value in the header of a credential; empty without a header."""
    for name, value in exchange.sent.headers:
        if name.lower() == "x-api-key":
            return value
        if name.lower() == "authorization":
            return value.partition(" ")[2]
    return ""
