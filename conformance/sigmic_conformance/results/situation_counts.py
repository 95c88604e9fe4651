"""How often each row was checked in which situation: saved compactly in `result.json`. Pure.

The distinct situations of a run are listed once, each by its values; a row has pairs of an index in that list
and the number of checks. The counts for one value, or two together, are computed from these.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sigmic_spec.situations import Pair, Situation, Value


@dataclass(frozen=True, slots=True)
class SituationCounts:
    """By row, how many observations were checked in each situation."""

    rows: Mapping[str, Mapping[Situation, int]]

    def document(self) -> dict[str, Any]:
        """As JSON values: `met` lists the situations, `judged` has pairs of index and count for each row."""
        met = sorted({situation for counts in self.rows.values() for situation in counts})
        places = {situation: place for place, situation in enumerate(met)}
        return {
            "met": [dict(situation) for situation in met],
            "judged": {
                row: sorted([places[situation], number] for situation, number in counts.items())
                for row, counts in sorted(self.rows.items())
            },
        }

    @classmethod
    def restored(cls, document: Mapping[str, Any]) -> "SituationCounts":
        """The counts from the output of `document`."""
        met = [tuple(each.items()) for each in document.get("met", ())]
        checked = document.get("judged", {})
        return cls({row: {met[place]: number for place, number in pairs} for row, pairs in checked.items()})

    def pairs(self) -> Counter[Pair]:
        """How often any row was checked with two values together."""
        # Many rows are checked in the same situations: the values of each are combined once.
        numbers: Counter[Situation] = Counter()
        for counts in self.rows.values():
            numbers.update(counts)
        found: Counter[Pair] = Counter()
        for situation, number in numbers.items():
            values = [Value(dimension, value) for dimension, value in situation]
            for one, other in combinations(values, 2):
                found[one, other] += number
        return found
