"""The armed faults of every project: which match an occasion at a point, and how often each has fired.

Rule: a fault armed for a project fires for that project alone, one armed for no project for all callers. To
arm a fault lets its effects replace their steps (see `effect`), until it is disarmed.
"""

import asyncio
import random
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from sigmic_mock.faults.armed import Armed, Firing
from sigmic_mock.faults.breakpoints import Breakpoints
from sigmic_mock.faults.dry_run import ALWAYS, Acts, Confirm, DryRun, unrecorded
from sigmic_mock.faults.effect import ANY, CURRENT, HEADERS, R, attach
from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.situation import Situations
from sigmic_mock.faults.subject import Subject, subject_of_thing
from sigmic_mock.faults.trigger import FaultContext
from sigmic_mock.ports import Clock, Clocks

_OF_REQUEST: ContextVar[tuple[Armed, ...]] = ContextVar("faults of a request", default=())
"""The faults in the header of the current request. A run that it starts inherits them."""
_ALL_CALLERS = ""
"""The clock of a fault armed for all projects: that of no project."""


@dataclass(frozen=True, slots=True)
class Here:
    """One call of a step, with the fault of one effect for its project and task."""

    faults: "Faults"
    point: str
    subject: Subject
    step: Callable[..., Any]
    """Continues with the step, or with the next effect."""

    def about(self, thing: object, **known: str | None) -> "Here":
        """Return the same for the project and task that `thing` belongs to."""
        return replace(self, subject=replace(subject_of_thing(thing) or self.subject, **known))

    def fires(self, code: str | None = None, *, of: str | None = None, acts: Acts = ALWAYS) -> bool:
        """Return whether the fault fires. It then counts as fired: ask only if that changes what happens.

        `code` is the variant of the effect, `of` the point if the function is registered for several. `acts`
        returns whether it changes anything with given parameters, for a dry run.
        """
        return self.params(code, of=of, acts=acts) is not None

    def params(
        self, code: str | None = None, *, of: str | None = None, acts: Acts = ALWAYS
    ) -> Mapping[str, Any] | None:
        """Return the parameters of the fault if it fires; see `fires`."""
        return self._on_loop(
            lambda: self.faults.fire(of or self.point, self.subject.context(code), self.subject.project, acts)
        )

    def later(
        self, code: str | None = None, *, of: str | None = None
    ) -> tuple[Mapping[str, Any] | None, Confirm]:
        """Return the parameters if the fault fires, and a function to call once a client could see it."""
        point, context = of or self.point, self.subject.context(code)
        confirm = self.faults.occasion(point, context, self.subject.project)
        return self.faults.fire(point, context, self.subject.project, None), confirm

    def _on_loop(self, ask: Callable[[], R]) -> R:
        """Ask on the event loop of the engine, also from a thread."""
        loop = self.faults.loop
        try:
            is_here = asyncio.get_running_loop() is not None
        except RuntimeError:
            is_here = loop is None
        if is_here or loop is None:
            return ask()

        async def asked() -> R:
            return ask()

        return asyncio.run_coroutine_threadsafe(asked(), loop).result()


class Faults:
    """The engine."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._armed: list[Armed] = []
        self._numbers = count(1)
        self._listeners: list[Callable[[Firing], None]] = []
        self._attached: dict[object, Callable[[], None]] = {}
        """Functions that restore steps: by number of the armed fault, by project of a dry run, by header."""
        self._held: Counter[str] = Counter()
        """Points whose effects still have work to do."""
        self.breakpoints = Breakpoints(partial(_hold, self._held))
        weakref.finalize(self, _restore, self.breakpoints, self._attached)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._has_headers = False
        self.situations: Situations | None = None
        """Returns situations. Without it a fault confined to one never fires."""
        self._dry_runs: dict[str, DryRun] = {}

    def read_headers(self) -> None:
        """Let each request ask for faults by its header."""
        self._attached[HEADERS] = self.hold_step(HEADERS)

    def serve_here(self) -> None:
        """Be the faults of all work that begins in this context: call it where a server starts."""
        self.loop = asyncio.get_running_loop()
        CURRENT.set(self)

    def clock(self, project: str | None) -> Clock:
        """Return the clock that the faults of a project live by."""
        return self._clocks.of(project or _ALL_CALLERS)

    def hold_step(self, point: str) -> Callable[[], None]:
        """Let the effects of `point` be called even if nothing is armed; return a function that ends that."""
        return _hold(self._held, point)

    def close(self) -> None:
        """Stop replacing steps with effects: the server has stopped."""
        _restore(self.breakpoints, self._attached)

    def arm(self, spec: FaultSpec, project: str | None = None) -> Armed:
        """Arm a fault for one project, or for all of them."""
        armed = self._made(spec, project)
        self._armed.append(armed)
        self._attached[armed.number] = attach([spec.fault.point])
        return armed

    def _made(self, spec: FaultSpec, project: str | None) -> Armed:
        return Armed(
            number=next(self._numbers),
            spec=spec,
            project=project,
            armed_at=self.clock(project).monotonic(),
            random=random.Random(spec.trigger.seed),  # noqa: S311 - repeatable, not secret
        )

    @contextmanager
    def from_header(self, specs: Sequence[FaultSpec]) -> Iterator[None]:
        """Inside, `specs`, which the header of a request asks for, fire for this request alone."""
        self._has_headers = True
        own = tuple(self._made(spec, None) for spec in specs)
        for point in {spec.fault.point for spec in specs}:
            if ("header", point) not in self._attached:  # permanently: the request's run outlives it
                self._attached["header", point] = attach([point])
        token = _OF_REQUEST.set(own)
        try:
            yield
        finally:
            _OF_REQUEST.reset(token)

    @property
    def of_request(self) -> tuple[Armed, ...]:
        """The faults in the header of the current request."""
        return _OF_REQUEST.get() if self._has_headers else ()

    def active(self, project: str | None = None) -> tuple[Armed, ...]:
        """Return the armed faults, in the order of arming; with a project, those that may fire for it."""
        return tuple(each for each in self._armed if project is None or each.project in {None, project})

    def unfired(self, project: str | None = None) -> tuple[Armed, ...]:
        """Return the armed faults that never fired: a test that relied on one proved nothing."""
        return tuple(armed for armed in self.active(project) if armed.fired == 0)

    def clear(
        self,
        project: str | None = None,
        *,
        server_wide: bool = False,
        id: str | None = None,
        number: int | None = None,
    ) -> tuple[Armed, ...]:
        """Disarm faults of `project`, `server_wide` those of all callers, or by default everything.

        Of these only fault `id`, only `number`. Return the disarmed faults.
        """
        gone = tuple(
            each
            for each in self.active()
            if (each.project is None if server_wide else project in {None, each.project})
            and id in {None, each.spec.fault.id}
            and number in {None, each.number}
        )
        for each in gone:
            self._armed.remove(each)
            self._attached.pop(each.number, bool)()
        if id is None and number is None and project is not None:
            self.end_dry_run(project)
        return gone

    def capture(self, project: str) -> tuple[Armed, ...]:
        """Return the current state of the faults of this project alone; their times count from now."""
        now = self.clock(project).monotonic()
        return tuple(
            replace(armed, armed_at=armed.armed_at - now, random=copy(armed.random))
            for armed in self.active(project)
            if armed.project == project
        )

    def restore(self, project: str, captured: Iterable[Armed], renamed: Mapping[str, str]) -> None:
        """Replace the faults of the project; `renamed` are the new ids of the tasks in their triggers."""
        self.clear(project)
        for each in captured:
            trigger = each.spec.trigger
            if trigger.task is not None and trigger.task in renamed:
                trigger = replace(trigger, task=renamed[trigger.task])
            armed = self.arm(replace(each.spec, trigger=trigger), project)
            armed.armed_at += each.armed_at
            armed.random, armed.seen, armed.fired = copy(each.random), each.seen, each.fired

    def begin_dry_run(self, specs: Iterable[FaultSpec], project: str) -> None:
        """Start to record where these faults could fire in a project, with an empty record."""
        self.end_dry_run(project)
        if self.situations is not None:
            run = self._dry_runs[project] = DryRun(specs, self.situations.values)
            self._attached["dry run", project] = attach(run.points)

    def end_dry_run(self, project: str) -> DryRun | None:
        """Stop recording for a project; return the record."""
        self._attached.pop(("dry run", project), bool)()
        return self._dry_runs.pop(project, None)

    def occasion(self, point: str, context: FaultContext, project: str | None) -> Confirm:
        """Note an occasion at `point`; return a function to call in a dry run once a client could see it."""
        run = self._dry_runs.get(project or "")
        return unrecorded if run is None else run.note(point, context)

    def listen(self, listener: Callable[[Firing], None]) -> None:
        """Call `listener` for every firing."""
        self._listeners.append(listener)

    @property
    def is_confined(self) -> bool:
        """True if the situation of an occasion must be known."""
        return bool(self._dry_runs) or any(each.is_confined for each in (*self._armed, *self.of_request))

    def here(self, point: str, subject: Subject, step: Callable[..., Any]) -> Here:
        """Return the first argument of an effect of `point`: a call of its step, and its subject."""
        return Here(self, point, subject, step)

    def may_fire(self, point: str, project: str | None) -> bool:
        """Return whether the effects of `point` are called for a project; with None, for any project."""
        return self._held[point] > 0 or self.is_armed(point, project)

    def is_armed(self, point: str, project: str | None) -> bool:
        """Return whether something could fire at `point` for a project; with None, for any project."""
        for each in (*self._armed, *self.of_request):
            is_there = point in {ANY, each.spec.fault.point}
            if is_there and (project is None or each.project in {None, project}):
                return True
        runs = self._dry_runs.values() if project is None else (self._dry_runs.get(project),)
        return any(run is not None and (point == ANY or point in run.points) for run in runs)

    def matching(
        self,
        point: str,
        project: str | None,
        context: FaultContext,
        *,
        of_request: Sequence[Armed] | None = None,
        server_wide: bool | None = None,
    ) -> Iterator[Armed]:
        """Yield the faults that are to act. If one acts, `count` it.

        `of_request` replaces the faults in the header of the current request, `server_wide` selects those
        that are, or are not, armed for all callers.
        """
        for armed in (*self._armed, *(self.of_request if of_request is None else of_request)):
            is_there = armed.spec.fault.point == point and server_wide in {None, armed.project is None}
            if is_there and self._matches(armed, project, context):
                yield armed

    def count(self, armed: Armed, context: FaultContext, project: str | None = None) -> None:
        """Count a fault that has acted, in `project` if it is known."""
        armed.fired += 1
        if armed.spec.trigger.per is not None and context.counts is not None:
            context.counts[armed.number].fired += 1
        firing = Firing(
            fault=armed.spec.fault.id,
            number=armed.number,
            project=armed.project if project is None else project,
            context=context,
        )
        for listener in self._listeners:
            listener(firing)

    def fire(
        self, point: str, context: FaultContext, project: str | None, acts: Acts | None
    ) -> Mapping[str, Any] | None:
        """Return the parameters of the fault that fires at `point`, which is counted, or None.

        `acts` is for a dry run; None if the effect is reported later.
        """
        if acts is not None:
            self.occasion(point, context, project)(acts)
        for armed in self.matching(point, project, context):
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
        if self.is_over(armed):
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

    def is_over(self, armed: Armed) -> bool:
        """Return whether its lifetime has ended: it stays armed, for its count, and fires no more."""
        return armed.spec.trigger.is_over(self.clock(armed.project), armed.armed_at)

    def _is_in(self, dimension: str, wanted: AbstractSet[str], context: FaultContext) -> bool:
        return self.situations is not None and not wanted.isdisjoint(
            self.situations.values(dimension, context)
        )


def _hold(held: Counter[str], point: str) -> Callable[[], None]:
    detach = attach([point])
    held[point] += 1

    def release() -> None:
        detach()
        held[point] -= 1

    return release


def _restore(breakpoints: Breakpoints, attached: dict[object, Callable[[], None]]) -> None:
    breakpoints.clear()
    while attached:
        attached.popitem()[1]()
