"""An effect: a function that is registered for a step of the platform, and runs in its place.

    @effect("approve.lost", at=Approvals.decide)
    async def lost(here, self, call_id, outcome): ...

A step is a method of a class of the platform. `here.fires()` says whether the fault fires, `here.step(...)`
continues with the step or with the next effect. Effects of one step run in the order of their registration.
`before` and `after` are short for an effect that changes nothing about the call, or only its result.

Invariant: a step is replaced only while one of its points is armed somewhere in this process. Otherwise the
class holds the platform's own method, and no code of this package is called.
"""

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from inspect import iscoroutine, iscoroutinefunction, unwrap
from typing import Any, Protocol, TypeVar

from sigmic_mock.faults.subject import Subject, subject_of_call

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

ANY = "*"
"""The point of functions that collect data for faults: they run while any fault could act."""
HEADERS = "header"
"""The point of the function that reads faults from the header of a request."""
BREAKPOINT = "breakpoint"
"""The point of the functions that pause a task: they run while a breakpoint is set."""
CURRENT: ContextVar["ServerFaults | None"] = ContextVar(
    "faults of the server that this code works for", default=None
)


class ServerFaults(Protocol):
    """The faults of a server; `engine.Faults` are."""

    def may_fire(self, point: str, project: str | None) -> bool:
        """Return whether the effects of `point` are called for a project; with None, for any project."""

    def here(self, point: str, subject: Subject, step: Callable[..., Any]) -> Any:
        """Return the first argument of an effect of `point`: a call of its step, and its subject."""


@dataclass(frozen=True, slots=True)
class _Effect:
    points: frozenset[str]
    first: str
    function: Callable[..., Any]


class _Replaced:
    """A step with its effects; while `users` is above 0 the class holds `call` in its place."""

    def __init__(self, owner: type, name: str) -> None:
        self._owner = owner
        self._name = name
        self._original = vars(owner)[name]
        self.effects: list[_Effect] = []
        self.users = 0

        @wraps(self._original)
        def call(instance: Any, *given: Any, **named: Any) -> Any:
            return self._run(instance, given)(*given, **named)

        self._call = call

    def _run(self, instance: Any, given: tuple[Any, ...]) -> Callable[..., Any]:
        """Return the call to run: the effects that could act here around the step, or the step alone."""
        faults = CURRENT.get()
        step: Callable[..., Any] = partial(self._original, instance)
        if faults is None:
            return step
        subject = subject_of_call(instance, given)
        for each in reversed(self.effects):
            if any(faults.may_fire(point, subject.project) for point in each.points):
                step = partial(each.function, faults.here(each.first, subject, step), instance)
        return step

    def use(self, count: int) -> None:
        """Add `count`, which may be negative, to the armed faults that use the effects of the step."""
        self.users += count
        setattr(self._owner, self._name, self._call if self.users else self._original)


_STEPS: dict[tuple[type, str], _Replaced] = {}
_AT: dict[str, list[_Replaced]] = defaultdict(list)
"""By point the steps that have an effect of it."""
_LOCK = threading.RLock()  # unreferenced faults may be collected within it


def effect(*points: str, at: Callable[..., Any]) -> Callable[[F], F]:
    """Register a function for the step `at`, a `Class.method`, and the points whose faults it performs."""
    owner: Any = sys.modules[at.__module__]
    *path, name = at.__qualname__.split(".")
    for part in path:
        owner = getattr(owner, part)
    if not isinstance(owner, type) or name not in vars(owner):
        raise TypeError(f"{at.__qualname__} is not a step: write a method that its class defines itself")

    def register(function: F) -> F:
        if (owner, name) not in _STEPS:
            _STEPS[owner, name] = _Replaced(owner, name)
        step = _STEPS[owner, name]
        step.effects.append(_Effect(frozenset(points), points[0], function))
        for point in points:
            if step not in _AT[point]:
                _AT[point].append(step)
        return function

    return register


def before(*points: str, at: Callable[..., Any]) -> Callable[[F], F]:
    """Register a function that is called before the step, with its arguments; it may raise."""

    async def around_async(function: Any, here: Any, instance: Any, *given: Any, **named: Any) -> Any:
        await _finished(function(here, instance, *given, **named))
        return await here.step(*given, **named)

    def around(function: Any, here: Any, instance: Any, *given: Any, **named: Any) -> Any:
        function(here, instance, *given, **named)
        return here.step(*given, **named)

    return _around(points, at, around_async if iscoroutinefunction(unwrap(at)) else around)


def after(*points: str, at: Callable[..., Any]) -> Callable[[F], F]:
    """Register a function that is called with the step's result and its arguments; it returns the result."""

    async def around_async(function: Any, here: Any, instance: Any, *given: Any, **named: Any) -> Any:
        return await _finished(function(here, instance, await here.step(*given, **named), *given, **named))

    def around(function: Any, here: Any, instance: Any, *given: Any, **named: Any) -> Any:
        return function(here, instance, here.step(*given, **named), *given, **named)

    return _around(points, at, around_async if iscoroutinefunction(unwrap(at)) else around)


def _around(points: tuple[str, ...], at: Callable[..., Any], call: Callable[..., Any]) -> Callable[[F], F]:
    def register(function: F) -> F:
        effect(*points, at=at)(partial(call, function))
        return function

    return register


async def _finished(result: Any) -> Any:
    return await result if iscoroutine(result) else result


def points() -> frozenset[str]:
    """Return every point that has an effect."""
    return frozenset(_AT)


def attach(points: Iterable[str]) -> Callable[[], None]:
    """Let the effects of these points replace their steps; return a function that ends it."""
    steps = [step for point in {*points, ANY} for step in _AT.get(point, ())]
    with _LOCK:
        for step in steps:
            step.use(1)

    def detach() -> None:
        with _LOCK:
            for step in steps:
                step.use(-1)

    return detach
