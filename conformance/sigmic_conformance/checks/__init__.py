"""The checks: one module for each area of the ledger, one check for each requirement.

This module says what a check is: clauses, pure functions under `@check` that yield findings.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.finding import Findings
from sigmic_spec.nearest import hint

_FACTS = re.compile(r" \((?:[A-Z]{1,2}-\d+(?:, (?:a gap|[A-Z]{1,2}-\d+))*|RFC [^()]*)\)")
"""Facts and standards in brackets, as in `(G-43, a gap)`."""
_Clause = TypeVar("_Clause", bound=Callable[..., Findings])


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A check, or a part of one: it reads each answer and stream of some operations, or the run as a whole.

    `on` names the operations; without any it is a clause of the run, whose function takes the record.
    `reason` is the code of a violation, `rule` what it demands, as a sentence.
    """

    name: str
    on: frozenset[str]
    reason: str
    function: Callable[[Any], Findings]
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The check of a requirement: its clauses.

    `needs` are the probes whose traffic shows it. With `anywhere` any traffic may; `needs` then only ensure
    that there is some. `capabilities` are those that the requirement is about.
    """

    id: str
    needs: tuple[str, ...]
    anywhere: bool = False
    capabilities: frozenset[str] = frozenset()
    clauses: tuple[Clause, ...] = ()

    @property
    def area(self) -> str:
        """The area of its requirement."""
        return self.id.partition("-")[0]

    @property
    def module(self) -> str:
        """The name of the module of its first clause."""
        return self.clauses[0].function.__module__

    @property
    def reads_whole_run(self) -> bool:
        """True if it reads the traffic of all probes of a run: a clause of the run reads that of its own."""
        return self.anywhere or any(clause.on for clause in self.clauses)

    @property
    def is_of_the_run(self) -> bool:
        """True if a clause of the run shows that the statement holds: its other clauses only violate it."""
        return not all(clause.on for clause in self.clauses)


DECLARED: dict[str, list[Clause]] = {}
"""The clauses of the modules that were imported, by requirement."""


def check(id: str, *on: str, reason: str) -> Callable[[_Clause], _Clause]:
    """Register a clause of the check of a requirement.

    `on` are the operations whose answers or streams it reads, `reason` the code of a violation. A parameter
    of the clause is the observation, `seen`, or its attribute of that name, such as `task` or `turn`. The
    clause applies only to observations that have all of them. Without operations it is a clause of the run:
    its one parameter is the `record`, and its findings name their exchange.
    """

    def announce(function: _Clause) -> _Clause:
        area, module = id.partition("-")[0].lower(), function.__module__.rpartition(".")[2]
        if module.partition("_")[0] != area:
            told = f"write it in checks/{area}.py or checks/{area}_….py"
            raise _refused(id, function, f"in the module {module}", told)
        clause = Clause(
            name=function.__name__,
            on=frozenset(on),
            reason=reason,
            function=_given(id, function, on),
            rule=_rule(function),
        )
        clauses = DECLARED.setdefault(id, [])
        if any(each.name == clause.name for each in clauses):
            raise _refused(id, function, "the second one of that name", "give it another name")
        clauses.append(clause)
        return function

    return announce


def _rule(function: Callable[..., Findings]) -> str:
    """The first sentence of a function's documentation, without the facts of the ledger that it names."""
    first = " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split())
    return _FACTS.sub("", first)


def _given(id: str, function: Callable[..., Findings], on: Sequence[str]) -> Callable[[Any], Findings]:
    """The clause as a function of the observation, or of the record, alone; ValueError for another form."""
    names = tuple(inspect.signature(function, follow_wrapped=False).parameters)
    if function.__name__ == "<lambda>":
        raise _refused(id, function, "a lambda", "write def NAME(seen: Seen) -> Findings under @check(…)")
    returned = inspect.signature(function).return_annotation
    if returned not in {Findings, inspect.Signature.empty}:
        raise _refused(id, function, "no clause", "it must yield findings: def NAME(…) -> Findings")
    if not on and names != ("record",):
        told = "name the operations that it reads, or take the record: def NAME(record: Record) -> Findings"
        raise _refused(id, function, "without operations", told)
    unknown = [name for name in names if on and name != "seen" and not hasattr(Seen, name)]
    if "record" in unknown:
        told = f"a clause of the whole run has none: @check({id!r}, reason=…)"
        raise _refused(id, function, "a clause of the record with operations", told)
    if unknown:
        told = f"an observation has no {', '.join(unknown)}{hint(unknown[0], dir(Seen))}"
        raise _refused(id, function, "with an unknown parameter", told)

    @wraps(function)
    def apply(seen: Seen) -> Findings:
        values = []
        for name in names:
            value = seen if name == "seen" else getattr(seen, name)
            if value is None:
                return iter(())
            values.append(value)
        return function(*values)

    return function if names in {("seen",), ("record",)} else apply


def _refused(id: str, function: Callable[..., object], what: str, told: str) -> ValueError:
    code = function.__code__
    return ValueError(
        f"{code.co_filename}:{code.co_firstlineno}: {function.__name__}, a check of {id}, is {what}: {told}"
    )
