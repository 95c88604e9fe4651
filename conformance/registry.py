"""The registry of probes and judges: adding a check is one function under a decorator.

`@probe` names an async function that makes traffic; `@judge` binds a pure function to a ledger id and to the
probes it reads. Both are collected by importing every module of `conformance.probes` and
`conformance.judges`; a claim on an unknown id, a second claim on one id and an unknown probe refuse to load.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Ending
from sigmic_conformance.spec.nearest import hint

Traffic = Callable[[Any], Awaitable[None]]
"""What a probe does, given a `probing.driver.Driver`. Judges are announced here too, and must not know it."""
_Traffic = TypeVar("_Traffic", bound=Traffic)


class Concurrency(StrEnum):
    """What may run beside what."""

    TIMING = "timing"  # readers of time: never wait for a place
    AGENT = "agent"  # make the agent work: as many at once as the profile allows
    QUICK = "quick"  # a few requests
    BULK = "bulk"  # large uploads: one at a time, on a loop of their own


class Requires(StrEnum):
    """What a probe cannot do without, beyond a key."""

    WRITES = "writes"
    SECOND_KEY = "second_key"
    WIDGET = "widget_credentials"
    EXPIRY = "expiry"
    VIEWER = "viewer"
    MCP = "mcp"
    MCP_WIDGET = "mcp_widget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Traffic to make. `window` gives the seconds that it takes on a healthy target."""

    name: ProbeName
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
            and "the time until a session expires is unknown (profile key session_expiry_seconds)",
        }
        for required in sorted(self.requires):
            if reasons[required]:
                return Ending.UNAVAILABLE, str(reasons[required])
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A pure function from the record to a verdict on one ledger row; `needs` are the probes that it reads.

    A `sweep` looks at every exchange of the whole run; its `needs` only make sure that there are some.
    `capabilities` are those that the row is about; `check` adds those of its probes, but not for a sweep.
    """

    id: str
    function: Callable[[Record], Verdict]
    needs: tuple[ProbeName, ...]
    sweep: bool = False
    capabilities: frozenset[str] = frozenset()
    module: str = ""


@dataclass(slots=True)
class Registry:
    """All probes and judges."""

    probes: dict[str, Probe] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)

    def add_probe(self, probe: Probe) -> None:
        """Take a probe; its name must be new."""
        if probe.name in self.probes:
            raise ValueError(f"two probes are called {probe.name}")
        self.probes[probe.name] = probe

    def add_judge(self, judge: Judge) -> None:
        """Take a judge; nobody else may judge its row."""
        if judge.id in self.judges:
            raise ValueError(f"two checks claim {judge.id}")
        self.judges[judge.id] = judge

    def check(self, ledger: Iterable[str]) -> None:
        """Refuse judges of unknown rows, and judges that read unknown probes."""
        known = set(ledger)
        unknown = sorted(set(self.judges) - known)
        if unknown:
            near = hint(unknown[0], known)
            raise ValueError(
                f"checks of requirements that the ledger does not have: {', '.join(unknown)}{near}"
            )
        for row, judge in self.judges.items():
            missing = sorted(set(judge.needs) - set(self.probes))
            if missing or not judge.needs:
                raise ValueError(f"{judge.id} needs probes that exist: {', '.join(missing) or 'none named'}")
            needed = [self.probes[name].capabilities for name in judge.needs if not judge.sweep]
            self.judges[row] = replace(judge, capabilities=judge.capabilities.union(*needed))

    def probes_for(self, judges: Iterable[Judge]) -> list[Probe]:
        """The probes that these judges need, each once."""
        names = {name for judge in judges for name in judge.needs}
        return [probe for name, probe in self.probes.items() if name in names]


REGISTRY = Registry()


def probe(
    *,
    seconds: float | Callable[[Profile], float] = 1.0,
    concurrency: Concurrency = Concurrency.QUICK,
    capabilities: Iterable[str] = (),
    requires: Iterable[Requires] = (Requires.WRITES,),
) -> Callable[[_Traffic], _Traffic]:
    """Announce a probe under the function's own name."""

    def announce(function: _Traffic) -> _Traffic:
        REGISTRY.add_probe(
            Probe(
                name=ProbeName(function.__name__),
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


def judge(
    id: str, *needs: ProbeName, sweep: bool = False, capabilities: Iterable[str] = ()
) -> Callable[[Callable[[Record], Verdict]], Callable[[Record], Verdict]]:
    """Announce the judge of a ledger row, its probes, and capabilities beyond those of the probes."""

    def announce(function: Callable[[Record], Verdict]) -> Callable[[Record], Verdict]:
        REGISTRY.add_judge(
            Judge(
                id=id,
                function=function,
                needs=needs,
                sweep=sweep,
                capabilities=frozenset(capabilities),
                module=function.__module__,
            )
        )
        return function

    return announce


class Rule(Protocol):
    """A judge that is a row of a table: the probes that it reads, and its verdict on their record."""

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that it reads."""
        ...

    def __call__(self, record: Record) -> Verdict:
        """Judge."""
        ...


def judge_each(
    module: str, rules: Mapping[str, Rule], *, sweep: bool = False, capabilities: Iterable[str] = ()
) -> None:
    """Announce the judges of a table, by ledger id; `module` is the `__name__` of the one that holds it."""
    for row, rule in rules.items():
        REGISTRY.add_judge(
            Judge(
                id=row,
                function=rule,
                needs=rule.probes,
                sweep=sweep,
                capabilities=frozenset(capabilities),
                module=module,
            )
        )


def load(ledger: Iterable[str]) -> Registry:
    """Import every probe and judge, check them against the ledger's ids, and return the registry."""
    for package in ("sigmic_conformance.conformance.probes", "sigmic_conformance.conformance.judges"):
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(module.__path__):
            importlib.import_module(f"{package}.{found.name}")
    REGISTRY.check(ledger)
    return REGISTRY


def selected(registry: Registry, ids: Iterable[str]) -> Mapping[str, Judge]:
    """The judges of these rows, in the ledger's order; KeyError for a row without one."""
    return {row: registry.judges[row] for row in ids}
