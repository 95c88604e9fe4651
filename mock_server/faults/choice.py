"""One choice per step: a fault-injecting subclass acts while a fault could, else its honest class does.

The choice is made where a method is looked up, so before it is called. Invariant: what chooses takes nothing
that a caller sends. A project without armed faults runs the methods of the honest classes alone.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FunctionType
from typing import Any, ClassVar

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.engine import Faults


@dataclass(slots=True)
class _Scope:
    """What is known of the project that a request or a run belongs to."""

    project: str | None = None


_SCOPE: ContextVar[_Scope | None] = ContextVar("project of a request or a run", default=None)


@contextmanager
def unknown_project() -> Iterator[None]:
    """Inside, a request is answered whose project is not known until `concern` names it."""
    token = _SCOPE.set(_Scope())
    try:
        yield
    finally:
        _SCOPE.reset(token)


def concern(project: str) -> None:
    """The request being answered belongs to this project."""
    scope = _SCOPE.get()
    if scope is not None:
        scope.project = project


def run_for(project: str) -> None:
    """From here on, in this context, a run of this project works: call it where a run begins."""
    _SCOPE.set(_Scope(project))


def may_act_here(faults: Faults) -> bool:
    """Return whether a fault could act on the request or run of this context; if it is not known, on any."""
    scope = _SCOPE.get()
    if scope is None or scope.project is None:
        return not faults.is_at_rest
    return faults.may_act(scope.project)


class Choice:
    """A method that is the subclass's own while a fault could act, else the inherited one."""

    __slots__ = ("_honest", "own")

    def __init__(self, own: Callable[..., Any], honest: Any) -> None:
        self.own = own
        self._honest = honest

    def __get__(self, instance: "FaultInjecting | None", owner: type | None = None) -> Any:
        chosen = self.own if instance is None or instance.may_fault else self._honest
        return chosen.__get__(instance, owner)


class FaultInjecting:
    """Base of every subclass of an honest class: what it overrides runs only while `may_fault`.

    `always` names the methods that run at any time: they make further objects, or take nothing of a caller.
    """

    __slots__ = ()

    _always: ClassVar[frozenset[str]]

    def __init_subclass__(cls, *, always: Collection[str] = ()) -> None:
        super().__init_subclass__()
        # A dataclass with slots is made a second time, of the members of the first and without its arguments.
        cls._always = frozenset(always) or vars(cls).get("_always", frozenset())
        for name, own in list(vars(cls).items()):
            if name.startswith("__") or name in cls._always:
                continue
            honest = next((vars(base)[name] for base in cls.__mro__[1:] if name in vars(base)), None)
            if honest is not None and isinstance(own, FunctionType | Choice):
                setattr(cls, name, Choice(own.own if isinstance(own, Choice) else own, honest))

    @property
    def may_fault(self) -> bool:
        """True while a fault could act on what this object does next."""
        raise NotImplementedError


class FaultInjectingPart(FaultInjecting):
    """A part of the server that works for all projects: it acts for that of the request or the run."""

    __slots__ = ()

    _faults: Faults

    @property
    def may_fault(self) -> bool:
        return may_act_here(self._faults)


class FaultInjectingWork(FaultInjecting):
    """An object that works for one project, which its `Asker` names."""

    __slots__ = ()

    _asker: Asker

    @property
    def may_fault(self) -> bool:
        return self._asker.may_act
