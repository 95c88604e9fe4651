"""Suggest the closest known name for an unknown one. Shared by the mock, the suite and the load tests.

The search compares letter by letter, so its cost grows with the square of a text. Invariant: no other module
searches, and only short words among few names are compared.
"""

import difflib
import re
from collections.abc import Iterable
from itertools import islice

LONGEST = 80
"""Characters of a word that is compared."""
MOST_NAMES = 800
"""Names that it is compared with; names beyond that are left out."""


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the name nearest to `word`; None if none is near, or the word is too long.

    `cutoff` is the required similarity, 0 to 1.
    """
    return next(iter(nearest_few(word, known, 1, cutoff=cutoff)), None)


def nearest_few(word: str, known: Iterable[str], most: int, *, cutoff: float = 0.6) -> list[str]:
    """Return the `most` nearest names, the nearest first; none if the word is too long.

    If no name is similar, those that contain the word are nearest, such as `create_fork` of `fork`.
    """
    if len(word) > LONGEST:
        return []
    names = [name for name in islice(known, MOST_NAMES) if len(name) <= LONGEST]
    similar = difflib.get_close_matches(word, names, n=most, cutoff=cutoff)
    return similar or [name for name in names if word.lower() in _words(name)][:most]


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.lower())


def hint(word: str, known: Iterable[str], *, otherwise: str = "", cutoff: float = 0.6) -> str:
    """Return `; did you mean NAME?`, or `otherwise` if no name is near."""
    near = nearest(word, known, cutoff=cutoff)
    return f"; did you mean {near}?" if near else otherwise


def unfit(name: str, rule: object, given: str) -> str:
    """Return `NAME must be …, not 'GIVEN'; did you mean …?` of a rule `must be …; did you mean …?`."""
    said, semicolon, more = str(rule).partition("; ")
    return f"{name} {said}, not {given!r}{semicolon}{more}"


def hint_of_known(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return `; did you mean NAME?`, or `; known: NAME, NAME` if no name is near."""
    names = list(known)
    return hint(word, names, otherwise=f"; known: {', '.join(names) or 'none'}", cutoff=cutoff)
