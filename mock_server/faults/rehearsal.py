"""A rehearsal: where faults could act on what a project's callers do, and in which situations. None acts.

An occasion counts when it is there that a fault would be asked: what becomes known later confines nothing.

Only where a fault would change something that a client may see, and where its ledger row speaks of that.

Whoever wants to confine a fault learns from it what can be met at all.
"""

from collections import Counter, defaultdict
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
        self._met: dict[str, Counter[Situation]] = defaultdict(Counter)
        self._left = _MOST

    def concerns(self, point: str) -> bool:
        """Return whether a fault of `point` is rehearsed."""
        return point in self._points

    def meet(self, point: str, context: FaultContext, acts: Acts) -> None:
        """Something happens at `point`; `acts` tells whether a fault would change anything about it.

        It is asked until it says so once, of each fault in each situation.
        """
        self.note(point, context)(acts)

    def note(self, point: str, context: FaultContext) -> Callable[[Acts], None]:
        """Something happens at `point`; whether a fault would change anything about it is told later.

        The situation is that of now: a fault that is armed is asked now.
        """
        fitting = [each for each in self._points.get(point, ()) if each.matches(context)]
        if not fitting or not self._left:
            return _of_no_interest
        situation = self._situation(context)
        known = dict(situation)
        there = [each.spec for each in fitting if each.is_in(known)]
        return lambda acts: self._count(there, situation, acts)

    def _count(self, specs: Iterable[FaultSpec], situation: Situation, acts: Acts) -> None:
        for spec in specs:
            met = self._met[spec.fault.id]
            if situation in met:
                met[situation] += 1
            elif self._left and acts(spec):
                met[situation] = 1
                self._left -= 1

    def occasions(self) -> Iterator[tuple[str, Mapping[str, list[str]], int]]:
        """Each fault with each situation in which it could have acted, and how often it came to that."""
        for fault, situations in sorted(self._met.items()):
            for situation, count in situations.items():
                yield fault, {name: sorted(values) for name, values in sorted(situation, key=_name)}, count

    def _situation(self, context: FaultContext) -> Situation:
        known = ((name, self._values_of(name, context)) for name in Situations.load().dimensions)
        return frozenset((name, values) for name, values in known if values)


def _name(of: tuple[str, AbstractSet[str]]) -> str:
    return of[0]


def _of_no_interest(_acts: Acts) -> None:
    """Nothing is rehearsed there."""
