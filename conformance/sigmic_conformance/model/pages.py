"""The list pages in the answers to callers: their order, and how many tasks they showed. Pure."""

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from sigmic_conformance.model.callers import Caller, Callers, Owner
from sigmic_conformance.model.requests import query_of
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange

NEAR = 12
"""How many earlier pages are searched for one that was read again."""


class Pages:
    """The answers of list_tasks with a page, in the order of their requests."""

    def __init__(self, pages: Sequence[Exchange], callers: Callers) -> None:
        self._pages = pages
        self._queries = [(query_of(each.sent), each) for each in pages]
        self._callers = callers

    def before(self, exchange: Exchange, caller: Caller) -> Iterator[tuple[Mapping[str, str], Exchange]]:
        """The pages that a caller received before a request, the latest first, each with its query."""
        for query, each in reversed(self._queries):
            if each.ended <= exchange.started and self._callers.of(each) == caller:
                yield query, each

    def around(self, exchange: Exchange, caller: Caller) -> tuple[Exchange, Exchange] | None:
        """The last page before a request, and the first after it, that a caller received for one query."""
        own = query_of(exchange.sent)
        for asked, earlier in itertools.islice(self.before(exchange, caller), NEAR):
            later = (
                each
                for query, each in self._queries
                if each.started >= exchange.ended and query == asked and self._callers.of(each) == caller
            )
            if asked != own and (found := next(later, None)) is not None:
                return earlier, found
        return None

    def listed_before(self, owner: Owner, at: int) -> int:
        """How many different tasks an owner had received before a time, at most as many as a page counted."""
        ended, counts = self._listed.get(owner, ([], []))
        place = bisect_right(ended, at)
        return counts[place - 1] if place else 0

    @cached_property
    def _listed(self) -> Mapping[Owner, tuple[list[int], list[int]]]:
        """Per owner: the end times of list pages, and how many tasks were both listed and counted by then.

        Another row checks a total that lags behind the listed tasks.
        """
        shown: dict[Owner, set[str]] = {}
        most: dict[Owner, int] = {}
        found: dict[Owner, tuple[list[int], list[int]]] = {}
        for page in sorted(self._pages, key=lambda each: each.ended):
            owner = self._callers.of(page).owner
            if owner is not None:
                mine = shown.setdefault(owner, set())
                mine.update(name for entry in page.entries if isinstance(name := entry.get("id"), str))
                most[owner] = max(most.get(owner, 0), total_of(page) or 0)
                ended, counts = found.setdefault(owner, ([], []))
                ended.append(page.ended)
                counts.append(min(len(mine), most[owner]))
        return found


def total_of(page: Exchange) -> int | None:
    """The number of tasks in the whole list, according to a page."""
    body = page.json()
    total = json_values.fields(json_values.fields(body).get("pagination")).get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) else None
