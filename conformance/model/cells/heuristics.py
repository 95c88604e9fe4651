"""The heuristics of a tester that apply to the things of any noun alike: number, size, order and name. Pure.

Each returns, for every cell that it decides, an exchange for each time that the cell was reached.
"""

import unicodedata
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise

from sigmic_conformance.conformance.transcript.transcript import Exchange

Reach = dict[str, Iterable[Exchange]]
"""By cell of a noun, written `place=first`: an exchange for each time that it was reached."""
BUFFER = 4096
"""Usual buffer sizes are multiples of this."""
CONTINUES = 0b1000_0000
FEWEST_IN_ORDER = 3
"""A shorter sequence has no middle."""


def numbers(
    counted: Iterable[tuple[Exchange, int]],
    *,
    many: int | None = None,
    too_many: int | None = None,
    least: int = 0,
) -> Reach:
    """The cells of the number of things in one place. A number below `many` counts as a few."""
    bounds = {"zero": 0, "one": 1, "two": 2, "many": many, "too_many": too_many}
    fewest = {name: bound for name, bound in bounds.items() if bound is not None and bound >= least}
    found: dict[str, list[Exchange]] = {name: [] for name in fewest}
    for exchange, number in counted:
        for name in [name for name, bound in fewest.items() if number >= bound][-1:]:
            found[name].append(exchange)
    return {f"count={name}": exchanges for name, exchanges in found.items()}


def sizes(
    things: Iterable[tuple[Exchange, str | int]],
    *,
    large: int,
    small: int = 1,
    values: Collection[str] = ("nothing", "small", "large", "at_an_edge"),
) -> Reach:
    """The cells of the size of texts, or of numbers of bytes. A large one may also be at an edge."""
    found: dict[str, list[Exchange]] = {name: [] for name in values}
    for exchange, thing in things:
        # Most sizes are far from every named value: only the others are encoded.
        size = thing if isinstance(thing, int) else len(thing)
        if isinstance(thing, str) and size > small:
            size = len(thing.encode(errors="replace"))
        named = {
            "nothing": size == 0,
            "small": 0 < size <= small,
            "large": size >= large,
            "at_an_edge": is_at_an_edge(thing, size),
        }
        for name in values:
            found[name] += [exchange] * named[name]
    return {f"size={name}": exchanges for name, exchanges in found.items()}


def is_inside_a_character(byte: int) -> bool:
    """True for a byte of UTF-8 with which no character begins."""
    return byte & 0b1100_0000 == CONTINUES


def is_at_an_edge(thing: str | int, size: int) -> bool:
    """Whether it is within one byte of a multiple of a buffer, or has a character across such an edge."""
    if size < BUFFER - 1:
        return False
    if min(size % BUFFER, -size % BUFFER) <= 1:
        return True
    if isinstance(thing, int) or thing.isascii():
        return False
    body = thing.encode(errors="replace")
    return any(is_inside_a_character(body[edge]) for edge in range(BUFFER, len(body), BUFFER))


def order(sequences: Iterable[Sequence[Exchange]]) -> Reach:
    """The cells of the place of things among others, each thing as the exchange that shows it."""
    long = [each for each in sequences if len(each) >= FEWEST_IN_ORDER]
    places = {"first": 0, "middle": 1, "last": -1}
    return {f"place={name}": [each[at] for each in long] for name, at in places.items()}


def again(things: Iterable[tuple[Exchange, Collection[Hashable]]]) -> Iterator[Exchange]:
    """The things that have a key which an earlier one had."""
    seen: set[Hashable] = set()
    for exchange, keys in things:
        if not seen.isdisjoint(keys):
            yield exchange
        seen.update(keys)


def near(names: Iterable[tuple[Exchange, str]]) -> Iterator[Exchange]:
    """The names of one place that differ in little from another one."""
    by_name = {name: exchange for exchange, name in names}
    return (by_name[other] for one, other in pairwise(sorted(by_name, key=_folded)) if are_near(one, other))


def are_near(one: str, other: str) -> bool:
    """Whether two names differ in case, form, a trailing dot, one character, or what one has in addition."""
    if one == other:
        return False
    first, second = _folded(one), _folded(other)
    if first == second or (first and second.startswith(first)):
        return True
    return len(first) == len(second) and sum(a != b for a, b in zip(first, second, strict=True)) == 1


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". ")
