"""A rehearsal: where faults could act on what a project's callers do, and in which situations. None acts.

Only where a fault would change something that a client may see, and where its ledger row speaks of that.

Whoever wants to confine a fault learns from it what can be met at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.trigger import FaultContext, Trigger, read_trigger
from sigmic_conformance.spec.situations import Situations

Situation = frozenset[tuple[str, AbstractSet[str]]]
"""Each dimension of which something is known, with the values that hold."""
ValuesOf = Callable[[str, FaultContext], AbstractSet[str]]
Acts = Callable[[FaultSpec], bool]
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class _Rehearsed:
    """A fault, and where it breaks its own ledger row: elsewhere it is no occasion for it."""

    spec: FaultSpec
    breaks: Trigger

    def matches(self, context: FaultContext) -> bool:
        return self.spec.trigger.matches(context) and self.breaks.matches(context)

    def is_in(self, situation: Mapping[str, AbstractSet[str]]) -> bool:
        wanted = [*self.spec.trigger.situation.items(), *self.breaks.situation.items()]
        return all(not values.isdisjoint(situation.get(name, ())) for name, values in wanted)


class Rehearsal:
    """What one project has met; `values_of` tells in which situation something happens."""

    def __init__(self, specs: Iterable[FaultSpec], values_of: ValuesOf) -> None:
        self._points: dict[str, list[_Rehearsed]] = defaultdict(list)
        for spec in specs:
            self._points[spec.fault.point].append(_Rehearsed(spec, read_trigger(spec.fault.breaks)))
        self._values_of = values_of
        self._met: dict[str, set[Situation]] = defaultdict(set)
        self._left = _MOST

    def concerns(self, point: str) -> bool:
        """Return whether a fault of `point` is rehearsed."""
        return point in self._points

    def meet(self, point: str, context: FaultContext, acts: Acts, *, at: Situation | None = None) -> None:
        """Something happens at `point`; `acts` tells whether a fault would change anything about it.

        It is asked once a fault and situation. `at` is the situation where that was earlier than now.
        """
        fitting = [each for each in self._points.get(point, ()) if each.matches(context)]
        if not fitting or not self._left:
            return
        situation = self.situation(context) if at is None else at
        for each in fitting:
            spec = each.spec
            met = self._met[spec.fault.id]
            if situation not in met and each.is_in(dict(situation)) and acts(spec):
                met.add(situation)
                self._left -= 1

    def occasions(self) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
        """Each fault with each situation in which it could have acted."""
        for fault, situations in sorted(self._met.items()):
            for situation in situations:
                yield fault, {name: sorted(values) for name, values in sorted(situation, key=_name)}

    def situation(self, context: FaultContext) -> Situation:
        """Return what is known of the situation in which something happens."""
        known = ((name, self._values_of(name, context)) for name in Situations.load().dimensions)
        return frozenset((name, values) for name, values in known if values)


def _name(of: tuple[str, AbstractSet[str]]) -> str:
    return of[0]
