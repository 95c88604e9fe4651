"""Tokens, end users, their app, and projects. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from sigmic_conformance.conformance.model.callers import OWNER, SECOND, Key, Relation, User, relation
from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Names,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
)
from sigmic_conformance.conformance.model.cells.facts import Facts, is_spelled, overlap
from sigmic_conformance.conformance.model.requests import asked
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 5
SHORTEST_KEY = 16


def _exchanges(facts: Facts) -> Iterator[tuple[Exchange, Mapping[str, Any]]]:
    """The exchanges for a token whose body is known."""
    for each in facts.requests("create_token"):
        body = asked(each.sent)
        if body.known:
            yield each, body.fields


def _credential(exchange: Exchange) -> str | None:
    """The value in the header of a credential; None without a header."""
    for name, value in exchange.sent.headers:
        if name.lower() == "x-api-key":
            return value
        if name.lower() == "authorization":
            return value.partition(" ")[2]
    return None


def _of_users(facts: Facts) -> Iterator[tuple[Exchange, User]]:
    """The answered requests that carry a token that is valid."""
    return ((each, by.owner) for each, by in facts.callers if isinstance(by.owner, User))


# ----- token


def _issued(facts: Facts) -> Mapping[tuple[object, object], list[tuple[Exchange, str]]]:
    """The tokens of each end user, in order."""
    found: dict[tuple[object, object], list[tuple[Exchange, str]]] = defaultdict(list)
    for each, body in _exchanges(facts):
        if each.ok and isinstance(token := each.fields.get("token"), str):
            found[str(body.get("appId")), str(body.get("endUserId"))].append((each, token))
    return found


def _per_user(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((tokens[0][0].probe, len(tokens)) for tokens in _issued(facts).values())


def _without(facts: Facts) -> Iterator[str]:
    return (each.probe for each, by in facts.callers if by.is_nobody)


def _credentials(facts: Facts) -> Iterator[tuple[str, str | int]]:
    for each, by in facts.callers:
        # Invalid credentials only: of a key no run keeps more than a placeholder.
        credential = _credential(each) if by.owner is None else None
        if credential is not None:
            yield each.probe, credential


def _used(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    used = {_credential(each) for each, _ in _of_users(facts)}
    for tokens in _issued(facts).values():
        yield [(each.probe, None) for each, token in tokens if token in used]


def _same_exchange(facts: Facts) -> Iterator[str]:
    seen: set[str] = set()
    for each, _ in _exchanges(facts):
        if each.sent.text is not None and each.sent.text in seen:
            yield each.probe
        seen.add(each.sent.text or "")


def _altered(facts: Facts) -> Iterator[str]:
    for each, by in facts.callers:
        if by.is_invalid and (_credential(each) or "").startswith("eyJ"):
            yield each.probe


def _over(facts: Facts) -> Iterator[Exchange]:
    """The requests with a token that was issued and is over."""
    return (each for each, by in facts.callers if by.owner is None and facts.model.callers.is_over(each))


def _users_together(facts: Facts) -> Iterator[str]:
    mine: dict[User, list[Exchange]] = defaultdict(list)
    for each, user in _of_users(facts):
        if facts.model.operation(each) != "stream_task":
            mine[user].append(each)
    for exchanges in mine.values():
        yield from (each.probe for each in overlap(exchanges))


def _used_twice(facts: Facts) -> Iterator[str]:
    seen: set[str | None] = set()
    for each, _ in _of_users(facts):
        credential = _credential(each)
        if credential in seen:
            yield each.probe
        seen.add(credential)


def _told_with_end(facts: Facts) -> Iterator[str]:
    return (each.probe for each, _ in _exchanges(facts) if each.ok and "expiresAt" in each.fields)


def _looked_when_over(facts: Facts) -> Iterator[str]:
    return (each.probe for each in _over(facts) if each.task in facts.model.tasks)


TOKEN: Noun = {
    "count": Both(Numbers(_per_user, many=MANY, least=1), When({"zero": _without})),
    "size": Sizes(_credentials, large=4096, values=frozenset({"small", "large"})),
    "place": Both(Order(_used, ORDER_ALONE), When({"again": _same_exchange})),
    "name": When({"nearly_same": _altered}),
    "moment": When(
        {
            "during": lambda facts: (each.probe for each, _ in _of_users(facts)),
            "after": lambda facts: (each.probe for each in _over(facts)),
            "at_once": _users_together,
            "twice": _used_twice,
        }
    ),
    "spelling": When(
        {"other": lambda facts: (each.probe for each, _ in _of_users(facts) if is_spelled(each))}
    ),
    "view": When({"several": _told_with_end}),
    "end": When({"after": _looked_when_over}),
}

# ----- end user


def _field(facts: Facts, name: str) -> Iterator[tuple[Exchange, str | None]]:
    for each, body in _exchanges(facts):
        value = body.get(name)
        if value is None or isinstance(value, str):
            yield each, value


def _without_user(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((each.probe, 0) for each, value in _field(facts, "endUserId") if value is None)


def _users(facts: Facts) -> Iterator[tuple[str, int]]:
    """How many end users an app had at each exchange."""
    seen: set[str] = set()
    for each, value in _field(facts, "endUserId"):
        if each.ok and value:
            seen.add(value)
            yield each.probe, len(seen)


def _user_names(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((each.probe, value) for each, value in _field(facts, "endUserId") if value is not None)


def _known_users(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    yield [(each.probe, value) for each, value in _field(facts, "endUserId") if each.ok and value]


def _own_reads(facts: Facts) -> Iterator[tuple[Exchange, Task]]:
    for each, user in _of_users(facts):
        task = facts.model.tasks.get(each.task)
        if task is not None and each.ok and relation(user, task.owner) is Relation.OWN:
            yield each, task


def _users_at_work(facts: Facts) -> Iterator[str]:
    works = [work for work in facts.works if isinstance(work.task.owner, User)]
    pairs = facts.together(works)
    return (other.probe for one, other in pairs if one.task.owner != other.task.owner)


def _read_and_listed(facts: Facts) -> Iterator[str]:
    readers = {task.owner for _, task in _own_reads(facts)}
    for each, user in _of_users(facts):
        if user in readers and each.ok and facts.model.operation(each) == "list_tasks":
            yield each.probe


def _broken(facts: Facts) -> Iterator[str]:
    return (each.probe for each in facts.broken("create_token"))


USER: Noun = {
    "count": Both(Numbers(_users, many=MANY, least=1), Numbers(_without_user, many=1)),
    "size": Sizes(_user_names, large=255, values=frozenset({"nothing"})),
    "name": Names(_known_users),
    "moment": When(
        {
            "during": lambda facts: (each.probe for each, _ in _own_reads(facts)),
            "at_once": _users_at_work,
            "twice": lambda facts: (
                each.probe for tokens in _issued(facts).values() for each, _ in tokens[1:]
            ),
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("create_token")}),
    "view": When({"several": _read_and_listed}),
    "cut": When({"middle": _broken}),
}

# ----- app


def _without_app(facts: Facts) -> Iterator[str]:
    return (each.probe for each, body in _exchanges(facts) if "appId" not in body or "appSecret" not in body)


def _empty_app(facts: Facts) -> Iterator[str]:
    return (
        each.probe for each, body in _exchanges(facts) if "" in (body.get("appId"), body.get("appSecret"))
    )


def _exchanged(facts: Facts) -> Iterator[str]:
    return (each.probe for each, _ in _exchanges(facts) if each.ok)


def _unknown_apps(facts: Facts) -> Iterator[str]:
    return (each.probe for each, _ in _exchanges(facts) if each.code == "INVALID_CREDENTIALS")


def _exchanged_together(facts: Facts) -> Iterator[str]:
    return (each.probe for each in overlap(list(facts.requests("create_token"))))


APP: Noun = {
    "count": When({"zero": _without_app, "one": _exchanged}),
    "size": When({"nothing": _empty_app}),
    "name": When({"nearly_same": _unknown_apps}),
    "moment": When({"during": _exchanged, "at_once": _exchanged_together, "twice": _same_exchange}),
    "spelling": When({"other": lambda facts: facts.spelled("create_token")}),
    "cut": When({"middle": _broken}),
}

# ----- project


def _by(facts: Facts, role: str) -> Iterator[Exchange]:
    return (each for each, by in facts.callers if by.owner == Key(role))


def _no_keys(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each invalid credential in the form of a key, with its probe."""
    for each, by in facts.callers:
        credential = (_credential(each) or "") if by.is_invalid else ""
        if credential.startswith("sigmic_"):
            yield each.probe, credential


def _malformed(facts: Facts) -> Iterator[str]:
    return (probe for probe, credential in _no_keys(facts) if len(credential) > SHORTEST_KEY)


def _foreign(facts: Facts) -> Iterator[tuple[Exchange, Task]]:
    for each in _by(facts, SECOND):
        task = facts.model.tasks.get(each.task)
        if task is not None and task.owner == Key(OWNER):
            yield each, task


def _foreign_at_work(facts: Facts) -> Iterator[str]:
    return (each.probe for each, task in _foreign(facts) if facts.is_at_work(task, each.started))


def _projects_at_work(facts: Facts) -> Iterator[str]:
    works = [work for work in facts.works if isinstance(work.task.owner, Key)]
    return (other.probe for one, other in facts.together(works) if one.task.owner != other.task.owner)


def _foreign_again(facts: Facts) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for each, _ in _foreign(facts):
        request = each.sent.method, each.sent.target
        if request in seen:
            yield each.probe
        seen.add(request)


def _foreign_lists(facts: Facts) -> Iterator[str]:
    met = {each.probe for each, _ in _foreign(facts)}
    for each in _by(facts, SECOND):
        if each.probe in met and facts.model.operation(each) == "list_tasks":
            yield each.probe


def _spelled_keys(facts: Facts) -> Iterator[str]:
    return (each.probe for role in (OWNER, SECOND) for each in _by(facts, role) if is_spelled(each))


PROJECT: Noun = {
    "count": When(
        {
            "zero": lambda facts: (probe for probe, _ in _no_keys(facts)),
            "one": lambda facts: (each.probe for each in _by(facts, OWNER)),
            "two": lambda facts: (each.probe for each in _by(facts, SECOND)),
        }
    ),
    "name": When({"nearly_same": _malformed}),
    "moment": When({"during": _foreign_at_work, "at_once": _projects_at_work, "twice": _foreign_again}),
    "spelling": When({"other": _spelled_keys}),
    "view": When({"several": _foreign_lists}),
}
