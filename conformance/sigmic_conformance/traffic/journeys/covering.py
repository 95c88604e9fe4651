"""The covering array: choices of steps, so that every pair, and some triples, occur together in one step.

Turn, session, length of the history and variables depend on the history of a task and not on one step: the
layout assigns them to a step by its place in a journey. The array has the other dimensions. It is generated
by covertable, in an order that depends on the seed of the run.
"""

from collections.abc import Callable, Mapping
from typing import Any

from covertable import make  # type: ignore[import-untyped]  # it has no type hints

from sigmic_conformance.traffic.journeys.reachable_situations import ReachableSituations
from sigmic_spec.situations import Situations

LIFE = ("turn", "session", "history", "value")
"""The dimensions that depend on a step's place in the life of a task."""

Row = Mapping[str, str]


def covering_array(
    situations: Situations, offered: ReachableSituations, *, seed: int, triples: bool
) -> tuple[Row, ...]:
    """Choices of steps that cover every pair of reachable values and, with `triples`, the triples."""
    factors = {name: list(values) for name, values in offered.values.items() if name not in LIFE}
    deep = [name for name in situations.triples if name in factors]
    rows = make(
        factors,
        strength=2,
        sub_models=[{"fields": deep, "strength": 3}] if triples else [],
        constraints=_constraints(situations, factors),
        salt=str(seed),
    )
    return tuple({name: row[name] for name in factors} for row in rows)


def _constraints(situations: Situations, factors: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """What cannot occur together, in covertable's form: one condition per two dimensions."""
    excluded: dict[tuple[str, str], set[tuple[str, str]]] = {}
    names = list(factors)
    for pair in situations.impossible:
        if all(each.dimension in factors for each in pair):
            one, other = sorted(pair, key=lambda each: names.index(each.dimension))
            excluded.setdefault((one.dimension, other.dimension), set()).add((one.value, other.value))
    return [
        {"operator": "fn", "requires": list(fields), "evaluate": _differs(fields, pairs)}
        for fields, pairs in excluded.items()
    ]


def _differs(fields: tuple[str, str], pairs: set[tuple[str, str]]) -> Callable[[Row], bool]:
    first, second = fields
    return lambda row: (row[first], row[second]) not in pairs
