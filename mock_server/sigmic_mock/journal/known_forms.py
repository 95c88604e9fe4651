"""The byte strings that one project's entries must not show, each with the mark that replaces it.

They are found by their first bytes, in one pass over a text, regardless of their number.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from sys import byteorder

from sigmic_mock.domain.redaction import SHORTEST

MOST_FORMS = 1000
MOST_BYTES = 4 * 1024 * 1024
"""Beyond either limit, the form that was learnt first is forgotten."""


class KnownForms:
    """Forms of at least `SHORTEST` bytes, with their marks."""

    def __init__(self, most: int = MOST_FORMS) -> None:
        self._most = most
        self._marks: OrderedDict[bytes, bytes] = OrderedDict()
        self._by_start: dict[int, set[bytes]] = {}
        self._bytes = 0
        self.longest = 0
        """The bytes of the longest form so far."""

    def __len__(self) -> int:
        return len(self._marks)

    def learn(self, marks: Mapping[bytes, bytes]) -> None:
        """Add forms; the last one is forgotten last."""
        for form, mark in marks.items():
            if form not in self._marks:
                self._bytes += len(form)
                self._by_start.setdefault(_start(form), set()).add(form)
                self.longest = max(self.longest, len(form))
            self._marks[form] = mark
            self._marks.move_to_end(form)
        while len(self._marks) > self._most or self._bytes > MOST_BYTES:
            self._forget(next(iter(self._marks)))

    def _forget(self, form: bytes) -> None:
        del self._marks[form]
        self._bytes -= len(form)
        alike = self._by_start[_start(form)]
        alike.remove(form)
        if not alike:
            del self._by_start[_start(form)]

    def marked(self, data: bytes) -> bytes:
        """Return `data` with each form replaced by its mark."""
        # Longest first, so that a form that starts with another one gets its own mark.
        for form in sorted(self._begun(data), key=len, reverse=True):
            data = data.replace(form, self._marks[form])
        return data

    def _begun(self, data: bytes) -> Iterable[bytes]:
        """Yield the forms whose first bytes are in `data`."""
        starts = self._by_start.keys()
        for start in set[int]().union(*(starts & words for words in _words(data))):
            yield from self._by_start[start]


def _start(form: bytes) -> int:
    return int.from_bytes(form[:SHORTEST], byteorder)


def _words(data: bytes) -> Iterator[memoryview]:
    """Yield all sequences of `SHORTEST` bytes as numbers: those at 0, 4, …, those at 1, 5, … and so on."""
    view = memoryview(data)
    for offset in range(min(SHORTEST, len(data) - SHORTEST + 1)):
        count = (len(data) - offset) // SHORTEST
        yield view[offset : offset + count * SHORTEST].cast("I")
