"""The armed faults of every project: which match what happens at a point, and how often each has fired.

Rule: a fault belongs to the project it was armed for and no other project meets it; one armed for nobody in
particular (a flag of the start) concerns all. `choice` asks `may_act` before each step of a fault-injecting
subclass, and a point asks `is_idle` first: nothing armed costs one look-up.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

from sigmic_conformance.mock_server.faults.armed import Armed, Firing, HeldFault
from sigmic_conformance.mock_server.faults.rehearsal import Acts, Rehearsal
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.ports import Clocks


class SituationSource(Protocol):
    """Knows in which situation something happens."""

    def values(self, dimension: str, context: FaultContext) -> AbstractSet[str]:
        """Return which values of the dimension hold; none when that is not known at this point."""

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """The message of the request in hand is saved, its files are at `paths` of the workspace."""


@dataclass(slots=True)
class _Watch:
    """Who hears of firings."""

    listeners: list[Callable[[Firing], None]] = field(default_factory=list)


_OF_REQUEST: ContextVar[tuple[Armed, ...]] = ContextVar("faults of a request", default=())
"""What the request being answered asked for by its header. A run that it starts inherits it."""
ALWAYS: Acts = lambda _spec: True  # noqa: E731 - a default of two methods
_EVERYBODY = ""
"""Whose clock a fault armed for all projects lives by: nobody's, so it is as the server started."""


class Faults:
    """The engine."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._points: dict[str, list[Armed]] = {}
        self._projects: Counter[str | None] = Counter()
        """How many faults are armed for each project; None counts those that are armed for all callers."""
        self._numbers = count(1)
        self._watch = _Watch()
        self._has_headers = False
        self._situations: SituationSource | None = None
        self._confined = 0
        self._rehearsals: dict[str, Rehearsal] = {}

    def ask_situations_of(self, source: SituationSource) -> None:
        """Ask `source` where a fault is confined to situations. Without one such a fault never fires."""
        self._situations = source

    def arm(self, spec: FaultSpec, project: str | None = None) -> Armed:
        """Arm a fault for one project, or for all of them."""
        armed = self._armed(spec, project)
        self._points.setdefault(spec.fault.point, []).append(armed)
        self._projects[project] += 1
        self._confined += armed.is_confined
        return armed

    def _armed(self, spec: FaultSpec, project: str | None) -> Armed:
        return Armed(
            number=next(self._numbers),
            spec=spec,
            project=project,
            armed_at=self._clocks.of(project or _EVERYBODY).monotonic(),
            random=random.Random(spec.trigger.seed),  # noqa: S311 - repeatable, not secret
        )

    def note_message(self, task: str, paths: tuple[str, ...]) -> None:
        """The message of the request being answered belongs to `task`, with its files at `paths`."""
        if self._situations is not None:
            self._situations.message_saved(task, paths)

    def arm_for_task(
        self, fault: str, values: Mapping[str, Any], *, project: str, task: str
    ) -> Callable[[], None]:
        """Arm a fault for one task; return what disarms it. Raises `catalogue.BadFaultSpec`."""
        from sigmic_conformance.mock_server.faults.catalogue import specify  # noqa: PLC0415 - 300 rows, read when one is wanted

        armed = self.arm(specify(fault, {**values, "task": task}), project)
        return lambda: self._disarm(armed)

    @contextmanager
    def from_header(self, specs: Sequence[FaultSpec]) -> Iterator[None]:
        """Inside, what this request does meets `specs`, which its header asks for; nobody else does."""
        self._has_headers = True
        own = tuple(self._armed(spec, None) for spec in specs)
        token = _OF_REQUEST.set(own)
        try:
            yield
        finally:
            _OF_REQUEST.reset(token)

    @property
    def of_request(self) -> tuple[Armed, ...]:
        """What the request being answered asked for."""
        return _OF_REQUEST.get() if self._has_headers else ()

    def active(self, project: str | None = None) -> tuple[Armed, ...]:
        """Return what is armed, in the order of arming; with a project, what that project may meet."""
        everything = (armed for group in self._points.values() for armed in group)
        mine = (armed for armed in everything if project is None or armed.project in {None, project})
        return tuple(sorted(mine, key=lambda armed: armed.number))

    def unfired(self, project: str | None = None) -> tuple[Armed, ...]:
        """Return what was armed and never fired: a test that relied on it proved nothing."""
        return tuple(armed for armed in self.active(project) if armed.fired == 0)

    def clear(
        self, project: str | None = None, *, id: str | None = None, number: int | None = None
    ) -> tuple[Armed, ...]:
        """Disarm what was armed for `project` (all when None), or of it only fault `id`, only `number`."""
        mine = (armed for armed in self.active() if project is None or armed.project == project)
        gone = self._disarm_of(mine, id, number)
        if id is None and number is None and project is not None:
            self.end_rehearsal(project)
        return gone

    def _disarm_of(self, armed: Iterable[Armed], id: str | None, number: int | None) -> tuple[Armed, ...]:
        """Disarm, or of these only fault `id` and only `number`; return what was."""
        gone = tuple(
            each for each in armed if id in {None, each.spec.fault.id} and number in {None, each.number}
        )
        for each in gone:
            self._disarm(each)
        return gone

    def _disarm(self, armed: Armed) -> None:
        group = self._points.get(armed.spec.fault.point, [])
        if armed in group:
            group.remove(armed)
            self._projects[armed.project] -= 1
            self._confined -= armed.is_confined
        if not group:
            self._points.pop(armed.spec.fault.point, None)

    def clear_server_wide(self, *, id: str | None = None, number: int | None = None) -> tuple[Armed, ...]:
        """Disarm what was armed for everybody, or of it only fault `id`, only `number`; return it."""
        return self._disarm_of((armed for armed in self.active() if armed.project is None), id, number)

    def hold(self, project: str) -> tuple[HeldFault, ...]:
        """Return what is armed for this project alone, as it is now."""
        now = self._clocks.of(project).monotonic()
        return tuple(
            HeldFault(
                spec=armed.spec,
                age=now - armed.armed_at,
                drawn=armed.random.getstate(),
                seen=armed.seen,
                fired=armed.fired,
            )
            for armed in self.active(project)
            if armed.project == project
        )

    def put_back(self, project: str, held: Iterable[HeldFault], renamed: Mapping[str, str]) -> None:
        """Have exactly `held` armed for the project; `renamed` are the new ids of tasks they speak of."""
        self.clear(project)
        for each in held:
            trigger = each.spec.trigger
            if trigger.task is not None and trigger.task in renamed:
                trigger = replace(trigger, task=renamed[trigger.task])
            armed = self.arm(replace(each.spec, trigger=trigger), project)
            armed.armed_at -= each.age
            armed.random.setstate(each.drawn)
            armed.seen, armed.fired = each.seen, each.fired

    def begin_rehearsal(self, specs: Iterable[FaultSpec], project: str) -> None:
        """From now on note where these faults could act in a project; it forgets what it knew before."""
        source = self._situations
        if source is not None:
            self._rehearsals[project] = Rehearsal(specs, source.values)

    def end_rehearsal(self, project: str) -> Rehearsal | None:
        """Note nothing more for a project; return what it has met."""
        return self._rehearsals.pop(project, None)

    def rehearse(self, point: str, project: str | None, context: FaultContext, acts: Acts = ALWAYS) -> None:
        """Something happens at `point`; `acts` tells whether a fault would change anything about it."""
        rehearsal = self._rehearsals.get(project or "")
        if rehearsal is not None:
            rehearsal.meet(point, context, acts)

    def rehearse_later(
        self, point: str, project: str | None, context: FaultContext
    ) -> Callable[[Acts], None] | None:
        """Something happens at `point`; return whom to tell, later, whether a fault would change anything."""
        rehearsal = self._rehearsals.get(project or "")
        return None if rehearsal is None else rehearsal.note(point, context)

    def listen(self, listener: Callable[[Firing], None]) -> None:
        """Tell `listener` of every firing."""
        self._watch.listeners.append(listener)

    @property
    def is_at_rest(self) -> bool:
        """True when nothing can fire anywhere: nothing is armed, and the request asks for nothing."""
        return not (self._points or self._rehearsals or (self._has_headers and _OF_REQUEST.get()))

    def may_act(self, project: str | None) -> bool:
        """Return whether a fault could act on what a project does; None: on a request of no project."""
        return bool(
            self._projects[None] or self._projects[project] or project in self._rehearsals or self.of_request
        )

    @property
    def is_confined(self) -> bool:
        """True when it must be known of what happens in which situation it does."""
        return (
            self._confined > 0
            or bool(self._rehearsals)
            or any(armed.is_confined for armed in self.of_request)
        )

    def is_idle(self, point: str) -> bool:
        """Return whether nothing can fire at `point`."""
        if point in self._points or (self._has_headers and _OF_REQUEST.get()):
            return False
        return not (self._rehearsals and any(each.concerns(point) for each in self._rehearsals.values()))

    def matching(
        self,
        point: str,
        project: str | None,
        context: FaultContext,
        *,
        of_request: Sequence[Armed] | None = None,
        server_wide: bool | None = None,
    ) -> Iterator[Armed]:
        """Yield what is to act on this. Whoever acts must `count` it.

        `of_request` replaces what the request being answered asked for, `server_wide` asks for those that
        are, or are not, armed for everybody.
        """
        own = self.of_request if of_request is None else of_request
        own = [armed for armed in own if armed.spec.fault.point == point]
        for armed in (*self._points.get(point, ()), *own):
            if server_wide is not None and server_wide != (armed.project is None):
                continue
            if self._matches(armed, project, context):
                yield armed

    def count(self, armed: Armed, context: FaultContext, project: str | None = None) -> None:
        """A fault has acted, on something of `project` if it is known."""
        armed.fired += 1
        if armed.spec.trigger.per is not None and context.counts is not None:
            context.counts[armed.number].fired += 1
        firing = Firing(
            fault=armed.spec.fault.id,
            number=armed.number,
            project=armed.project if project is None else project,
            context=context,
        )
        for listener in self._watch.listeners:
            listener(firing)

    def fire(
        self,
        decision: str,
        project: str | None,
        *,
        task: str | None = None,
        operation: str | None = None,
        code: str | None = None,
        acts: Acts | None = ALWAYS,
    ) -> Mapping[str, Any] | None:
        """Return the parameters of the fault that wants `decision`, which then counts as fired, or None.

        Ask only where a yes changes what happens. `acts` tells that of a fault that is rehearsed; None where
        it is known later, and told by `rehearse`.
        """
        if self.is_idle(decision):
            return None
        context = FaultContext(task=task, operation=operation, code=code)
        if acts is not None:
            self.rehearse(decision, project, context, acts)
        for armed in self.matching(decision, project, context):
            self.count(armed, context, project)
            return armed.params
        return None

    def _matches(self, armed: Armed, project: str | None, context: FaultContext) -> bool:
        trigger = armed.spec.trigger
        if armed.project not in {None, project} or not trigger.matches(context):
            return False
        count = armed.count(context)
        if count is None or (armed.most is not None and count.fired >= armed.most):
            return False
        if trigger.lifetime is not None:
            clock = self._clocks.of(armed.project or _EVERYBODY)
            if clock.monotonic() >= armed.armed_at + trigger.lifetime:
                return False
        if not all(self._is_in(*each, context) for each in trigger.situation.items()):
            return False
        count.seen += 1
        if count is not armed:
            armed.seen += 1
        if trigger.nth is not None and count.seen < trigger.nth:
            return False
        if trigger.every is not None and count.seen % trigger.every:
            return False
        return trigger.probability >= 1 or armed.random.random() < trigger.probability

    def _is_in(self, dimension: str, wanted: AbstractSet[str], context: FaultContext) -> bool:
        return self._situations is not None and not wanted.isdisjoint(
            self._situations.values(dimension, context)
        )
