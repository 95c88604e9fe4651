"""Dry run: records where each fault would fire, and in which situations; fires none.

Only what is known when the fault is checked can restrict it. An occasion counts if a client could see the
effect, and if its requirement applies there. It shows which situations a fault can be confined to.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.trigger import FaultContext, Trigger, read_trigger
from sigmic_spec.situations import Situations

Situation = frozenset[tuple[str, AbstractSet[str]]]
"""The known dimensions, each with the values that hold."""
ValuesOf = Callable[[str, FaultContext], AbstractSet[str]]
Acts = Callable[[FaultSpec], bool]
"""Returns whether a fault would change something that a client can see."""
Confirm = Callable[..., None]
"""Reports to the dry run that a client could see an effect; takes an `Acts` if parameters matter."""
ALWAYS: Acts = lambda _spec: True  # noqa: E731 - a default
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class _Considered:
    """A fault, and the trigger of the cases in which it breaks its own requirement; only these count."""

    spec: FaultSpec
    breaks: Trigger

    def matches(self, context: FaultContext) -> bool:
        return self.spec.trigger.matches(context) and self.breaks.matches(context)

    def is_in(self, situation: Mapping[str, AbstractSet[str]]) -> bool:
        wanted = [*self.spec.trigger.situation.items(), *self.breaks.situation.items()]
        return all(not values.isdisjoint(situation.get(name, ())) for name, values in wanted)


class DryRun:
    """The record of one project; `values_of` returns the situation of an occasion."""

    def __init__(self, specs: Iterable[FaultSpec], values_of: ValuesOf) -> None:
        self.points: dict[str, list[_Considered]] = defaultdict(list)
        for spec in specs:
            self.points[spec.fault.point].append(_Considered(spec, read_trigger(spec.fault.breaks)))
        self._values_of = values_of
        self._met: dict[str, Counter[Situation]] = defaultdict(Counter)
        self._left = _MOST

    def note(self, point: str, context: FaultContext) -> Confirm:
        """Note an occasion at `point`; return a function to call with an `Acts` if a client could see it.

        The situation is the present one: an armed fault is checked now. The `Acts` is called until it returns
        True once, for each fault in each situation.
        """
        fitting = [each for each in self.points.get(point, ()) if each.matches(context)]
        if not fitting or not self._left:
            return unrecorded
        situation = self._situation(context)
        known = dict(situation)
        there = [each.spec for each in fitting if each.is_in(known)]
        return lambda acts=ALWAYS: self._count(there, situation, acts)

    def _count(self, specs: Iterable[FaultSpec], situation: Situation, acts: Acts) -> None:
        for spec in specs:
            met = self._met[spec.fault.id]
            if situation in met:
                met[situation] += 1
            elif self._left and acts(spec):
                met[situation] = 1
                self._left -= 1

    def occasions(self) -> Iterator[tuple[str, Mapping[str, list[str]], int]]:
        """Yield each fault with each situation in which it could have fired, and how often."""
        for fault, situations in sorted(self._met.items()):
            for situation, count in situations.items():
                yield fault, {name: sorted(values) for name, values in sorted(situation, key=_name)}, count

    def _situation(self, context: FaultContext) -> Situation:
        known = ((name, self._values_of(name, context)) for name in Situations.load().dimensions)
        return frozenset((name, values) for name, values in known if values)


def _name(of: tuple[str, AbstractSet[str]]) -> str:
    return of[0]


def unrecorded(_acts: Acts = ALWAYS) -> None:
    """Record nothing: there is no dry run, or none of its faults fires there."""
