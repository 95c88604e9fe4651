"""The registry of probes and checks: adding a check is one function under a decorator.

`@probe` registers an async function that sends traffic. `@check` binds a pure function, a clause, to a
requirement; the ledger names its probes. All are collected by importing every module of
`traffic.probes` and `checks`. Loading fails for a check without a requirement, a requirement without a check,
a check outside the module of its area, and an unknown probe.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.finding import Findings
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending
from sigmic_spec.nearest import hint
from sigmic_spec.requirement import Requirement

Traffic = Callable[[Any], Awaitable[None]]
"""The function of a probe. It takes a `traffic.driver.Driver`: Any, as checks must not import it."""
_FACTS = re.compile(r" \((?:[A-Z]{1,2}-\d+(?:, (?:a gap|[A-Z]{1,2}-\d+))*|RFC [^()]*)\)")
"""Facts and standards in brackets, as in `(G-43, a gap)`."""
_Traffic = TypeVar("_Traffic", bound=Traffic)
_Clause = TypeVar("_Clause", bound=Callable[..., Findings])


class Concurrency(StrEnum):
    """How many probes of a kind may run in parallel."""

    TIMING = "timing"  # time measurements: never wait for a slot
    AGENT = "agent"  # make the agent work: up to the profile's number in parallel
    QUICK = "quick"  # a few requests
    BULK = "bulk"  # large uploads: one at a time, on a separate event loop


class Requires(StrEnum):
    """What a probe requires in addition to a key."""

    WRITES = "writes"
    SECOND_KEY = "second_key"
    WIDGET = "widget_credentials"
    EXPIRY = "expiry"
    VIEWER = "viewer"
    MCP = "mcp"
    MCP_WIDGET = "mcp_widget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Traffic to send. `window` returns the seconds that it takes on a healthy target."""

    name: str
    function: Traffic
    window: Callable[[Profile], float]
    concurrency: Concurrency
    capabilities: frozenset[str] = frozenset()
    requires: frozenset[Requires] = frozenset()
    summary: str = ""

    def seconds(self, profile: Profile) -> float:
        """How long the probe takes on a healthy target."""
        return self.window(profile)

    def unavailable(self, profile: Profile) -> tuple[Ending, str] | None:
        """Why the probe cannot run against this target, or None."""
        missing = profile.lacks(self.capabilities)
        if missing:
            return Ending.INAPPLICABLE, f"the profile says that the target is without {', '.join(missing)}"
        reasons = {
            Requires.WRITES: profile.read_only and "the profile allows reading only",
            Requires.SECOND_KEY: not profile.has_second_key
            and "no second API key was given (--second-api-key-env)",
            Requires.VIEWER: "viewer" not in profile.roles
            and "no API key of a viewer was given (profile key viewer_api_key_env)",
            Requires.MCP: "mcp" not in profile.roles
            and "no API key of a project with the suite's MCP server was given (profile key mcp_api_key_env)",
            Requires.MCP_WIDGET: not profile.has_mcp_widget
            and "no widget app of the project with the suite's MCP server was given (profile key mcp_widget)",
            Requires.WIDGET: not profile.has_widget
            and "no widget credentials were given (profile key widget)",
            Requires.EXPIRY: profile.session_expiry_seconds is None
            and "the time until a session expires is unknown (--session-expiry TIME)",
        }
        for required in sorted(self.requires):
            if reasons[required]:
                return Ending.UNAVAILABLE, str(reasons[required])
        return None


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
    module: str = ""
    clauses: tuple[Clause, ...] = ()

    @property
    def area(self) -> str:
        """The area of its requirement."""
        return self.id.partition("-")[0]

    @property
    def reads_whole_run(self) -> bool:
        """True if it reads the traffic of all probes of a run: a clause of the run reads that of its own."""
        return self.anywhere or any(clause.on for clause in self.clauses)

    @property
    def is_of_the_run(self) -> bool:
        """True if a clause of the run shows that the statement holds: its other clauses only violate it."""
        return not all(clause.on for clause in self.clauses)


@dataclass(slots=True)
class _Declared:
    """The declarations of the modules of checks for one requirement."""

    module: str
    clauses: list[Clause] = field(default_factory=list)


@dataclass(slots=True)
class Registry:
    """All probes and checks."""

    probes: dict[str, Probe] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    """Filled by `bind`."""
    _declared: dict[str, _Declared] = field(default_factory=dict)

    def add_probe(self, probe: Probe) -> None:
        """Add a probe; its name must be new."""
        if probe.name in self.probes:
            raise ValueError(f"two probes are called {probe.name}")
        self.probes[probe.name] = probe

    def add_clause(self, id: str, module: str, clause: Clause) -> None:
        """Add a clause; clauses of one requirement must have different names."""
        declared = self._declared.setdefault(id, _Declared(module))
        if any(each.name == clause.name for each in declared.clauses):
            raise ValueError(f"two clauses of {id} are called {clause.name}")
        declared.clauses.append(clause)

    def add(self, check: Check) -> None:
        """Add a check; it replaces another one of the same requirement."""
        self.checks[check.id] = check

    def bind(self, ledger: Mapping[str, Requirement]) -> None:
        """Assign the probes of its requirement to every check; ValueError if the two do not match."""
        unknown = sorted(set(self._declared) - set(ledger))
        if unknown:
            near = hint(unknown[0], ledger)
            raise ValueError(
                f"checks of requirements that the ledger does not have: {', '.join(unknown)}{near}"
            )
        for name, requirement in ledger.items():
            declared = self._declared.get(name)
            if declared is None:
                if requirement.probes:
                    raise ValueError(f"{name} has no check: add a function under @check({name!r}, …)")
                continue
            missing = sorted(set(requirement.probes) - set(self.probes))
            if missing or not requirement.probes:
                near = hint(missing[0], self.probes) if missing else ""
                raise ValueError(
                    f"{name} needs probes that exist: {', '.join(missing) or 'none named'}{near}"
                )
            needs = tuple(requirement.probes)
            needed = [self.probes[each].capabilities for each in needs if not requirement.anywhere]
            self.add(
                Check(
                    id=name,
                    needs=needs,
                    anywhere=requirement.anywhere,
                    capabilities=frozenset(requirement.capabilities).union(*needed),
                    module=declared.module,
                    clauses=tuple(declared.clauses),
                )
            )

    def probes_for(self, checks: Iterable[Check]) -> list[Probe]:
        """The probes that these checks need, each once."""
        names = {name for check in checks for name in check.needs}
        return [probe for name, probe in self.probes.items() if name in names]


REGISTRY = Registry()


def probe(
    *,
    seconds: float | Callable[[Profile], float] = 1.0,
    concurrency: Concurrency = Concurrency.QUICK,
    capabilities: Iterable[str] = (),
    requires: Iterable[Requires] = (Requires.WRITES,),
) -> Callable[[_Traffic], _Traffic]:
    """Register a probe under the function's name."""

    def announce(function: _Traffic) -> _Traffic:
        REGISTRY.add_probe(
            Probe(
                name=function.__name__,
                function=function,
                window=seconds if callable(seconds) else lambda _: seconds,
                concurrency=concurrency,
                capabilities=frozenset(capabilities),
                requires=frozenset(requires),
                summary=(function.__doc__ or "").strip().partition("\n")[0],
            )
        )
        return function

    return announce


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
        REGISTRY.add_clause(id, function.__module__, clause)
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


def load(ledger: Mapping[str, Requirement]) -> Registry:
    """Import every probe and check, bind them to the ledger, and return the registry."""
    for package in ("sigmic_conformance.traffic.probes", "sigmic_conformance.checks"):
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(module.__path__):
            importlib.import_module(f"{package}.{found.name}")
    REGISTRY.bind(ledger)
    return REGISTRY
