"""Tokens, end users, their app, and projects. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_conformance.conformance.model.callers import OWNER, SECOND, Key, User
from sigmic_conformance.conformance.model.cells.counters import (
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    noun,
    repeated,
)
from sigmic_conformance.conformance.model.cells.facts import Facts, Work, broken, is_spelled, overlap, spelled
from sigmic_conformance.conformance.model.requests import asked
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 5
SHORTEST_KEY = 16
EXCHANGE = "create_token"


def _exchanges(facts: Facts) -> Iterator[tuple[Exchange, Mapping[str, Any]]]:
    """The token exchanges whose body is known."""
    pairs = ((each, asked(each.sent)) for each in facts.requests(EXCHANGE))
    return ((each, body.fields) for each, body in pairs if body.known)


def _credential(exchange: Exchange) -> str:
    """The value in the header of a credential; empty without a header."""
    for name, value in exchange.sent.headers:
        if name.lower() == "x-api-key":
            return value
        if name.lower() == "authorization":
            return value.partition(" ")[2]
    return ""


def _of_users(facts: Facts) -> Iterator[tuple[Exchange, User]]:
    """The answered requests with a valid token."""
    return ((each, by.owner) for each, by in facts.callers if isinstance(by.owner, User))


def _owners_at_work(facts: Facts, kind: type[User | Key]) -> Iterator[Exchange]:
    """The turns of one owner that ran while a turn of another owner of this kind did."""
    works: list[Work] = [work for work in facts.works if isinstance(work.task.owner, kind)]
    return (other.sent for one, other in facts.together(works) if one.task.owner != other.task.owner)


# ----- token


def _issued(facts: Facts) -> list[list[tuple[Exchange, str]]]:
    """The tokens of each end user, in order."""
    found: dict[tuple[str, str], list[tuple[Exchange, str]]] = defaultdict(list)
    for each, body in _exchanges(facts):
        if each.ok and isinstance(token := each.fields.get("token"), str):
            found[str(body.get("appId")), str(body.get("endUserId"))].append((each, token))
    return list(found.values())


def _used(facts: Facts) -> Iterator[list[Exchange]]:
    used = {_credential(each) for each, _ in _of_users(facts)}
    return ([each for each, token in tokens if token in used] for tokens in _issued(facts))


def _same_exchange(facts: Facts) -> Iterator[Exchange]:
    return repeated((each, each.sent.text) for each, _ in _exchanges(facts))


def _over(facts: Facts) -> Iterator[Exchange]:
    """The requests with an expired token."""
    return (each for each, by in facts.callers if by.owner is None and facts.model.callers.is_over(each))


def _users_together(facts: Facts) -> Iterator[Exchange]:
    mine: dict[User, list[Exchange]] = defaultdict(list)
    for each, user in _of_users(facts):
        if facts.model.operation(each) != "stream_task":
            mine[user].append(each)
    return (each for exchanges in mine.values() for each in overlap(exchanges))


TOKEN = noun(
    count=[
        Numbers(lambda facts: ((tokens[0][0], len(tokens)) for tokens in _issued(facts)), many=MANY, least=1),
        When(zero=lambda facts: (each for each, by in facts.callers if by.is_nobody)),
    ],
    # Invalid credentials only: for a key, a run records only a placeholder.
    size=Sizes(
        lambda facts: ((each, _credential(each)) for each, by in facts.callers if by.owner is None),
        large=4096,
        values=frozenset({"small", "large"}),
    ),
    place=[Order(_used), When(again=_same_exchange)],
    name=When(
        nearly_same=lambda facts: (
            each for each, by in facts.callers if by.is_invalid and _credential(each).startswith("eyJ")
        )
    ),
    moment=When(
        during=lambda facts: (each for each, _ in _of_users(facts)),
        after=_over,
        at_once=_users_together,
        twice=lambda facts: repeated((each, _credential(each)) for each, _ in _of_users(facts)),
    ),
    spelling=lambda facts: (each for each, _ in _of_users(facts) if is_spelled(each)),
    view=lambda facts: (each for each, _ in _exchanges(facts) if each.ok and "expiresAt" in each.fields),
    end=lambda facts: (each for each in _over(facts) if each.task in facts.model.tasks),
)

# ----- end user


def _names(facts: Facts, *, accepted: bool = False) -> Iterator[tuple[Exchange, str]]:
    """The end users that exchanges name."""
    for each, body in _exchanges(facts):
        if isinstance(name := body.get("endUserId"), str) and (each.ok or not accepted):
            yield each, name


def _numbers(facts: Facts) -> Iterator[tuple[Exchange, int]]:
    """The number of end users of an app at each exchange."""
    seen: set[str] = set()
    for each, name in _names(facts, accepted=True):
        seen.add(name)
        yield each, len(seen)


def _own_reads(facts: Facts) -> Iterator[tuple[Exchange, User]]:
    for each, user in _of_users(facts):
        task = facts.model.tasks.get(each.task)
        if task is not None and each.ok and task.owner == user:
            yield each, user


def _read_and_listed(facts: Facts) -> Iterator[Exchange]:
    readers = {user for _, user in _own_reads(facts)}
    for each, user in _of_users(facts):
        if user in readers and each.ok and facts.model.operation(each) == "list_tasks":
            yield each


USER = noun(
    count=[
        Numbers(_numbers, many=MANY, least=1),
        When(zero=lambda facts: (each for each, body in _exchanges(facts) if "endUserId" not in body)),
    ],
    size=When(nothing=lambda facts: (each for each, name in _names(facts) if not name)),
    name=Names(lambda facts: iter([list(_names(facts, accepted=True))])),
    moment=When(
        during=lambda facts: (each for each, _ in _own_reads(facts)),
        at_once=lambda facts: _owners_at_work(facts, User),
        twice=lambda facts: (each for tokens in _issued(facts) for each, _ in tokens[1:]),
    ),
    spelling=spelled(EXCHANGE),
    view=_read_and_listed,
    cut=broken(EXCHANGE),
)

# ----- app


def _without_app(facts: Facts) -> Iterator[Exchange]:
    return (e for e, body in _exchanges(facts) if "appId" not in body or "appSecret" not in body)


def _exchanged(facts: Facts) -> Iterator[Exchange]:
    return (each for each, _ in _exchanges(facts) if each.ok)


APP = noun(
    count=When(zero=_without_app, one=_exchanged),
    size=When(
        nothing=lambda facts: (e for e, b in _exchanges(facts) if "" in (b.get("appId"), b.get("appSecret")))
    ),
    name=When(nearly_same=lambda facts: (e for e, _ in _exchanges(facts) if e.code == "INVALID_CREDENTIALS")),
    moment=When(
        during=_exchanged,
        at_once=lambda facts: overlap(list(facts.requests(EXCHANGE))),
        twice=_same_exchange,
    ),
    spelling=spelled(EXCHANGE),
    cut=broken(EXCHANGE),
)

# ----- project


def _by(facts: Facts, *roles: str) -> Iterator[Exchange]:
    owners = {Key(role) for role in roles}
    return (each for each, by in facts.callers if by.owner in owners)


def _no_keys(facts: Facts) -> Iterator[Exchange]:
    """The requests with an invalid credential in the form of a key."""
    return (e for e, by in facts.callers if by.is_invalid and _credential(e).startswith("sigmic_"))


def _foreign(facts: Facts) -> Iterator[tuple[Exchange, Task]]:
    """The requests with the key of another project for a task of the first."""
    for each in _by(facts, SECOND):
        task = facts.model.tasks.get(each.task)
        if task is not None and task.owner == Key(OWNER):
            yield each, task


def _foreign_lists(facts: Facts) -> Iterator[Exchange]:
    met = {each.probe for each, _ in _foreign(facts)}
    for each in _by(facts, SECOND):
        if each.probe in met and facts.model.operation(each) == "list_tasks":
            yield each


PROJECT = noun(
    count=When(zero=_no_keys, one=lambda facts: _by(facts, OWNER), two=lambda facts: _by(facts, SECOND)),
    name=When(
        nearly_same=lambda facts: (each for each in _no_keys(facts) if len(_credential(each)) > SHORTEST_KEY)
    ),
    moment=When(
        during=lambda facts: (e for e, task in _foreign(facts) if facts.is_at_work(task, e.started)),
        at_once=lambda facts: _owners_at_work(facts, Key),
        twice=lambda facts: repeated((e, (e.sent.method, e.sent.target)) for e, _ in _foreign(facts)),
    ),
    spelling=lambda facts: filter(is_spelled, _by(facts, OWNER, SECOND)),
    view=_foreign_lists,
)
