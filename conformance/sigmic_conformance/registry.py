"""All probes and checks, bound to the requirements of the ledger.

`load` imports every module of `traffic.probes` and `checks`. It fails for a check without a requirement, a
requirement without a check, and an unknown probe.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sigmic_conformance.checks import DECLARED, Check, Clause
from sigmic_conformance.traffic.probe import PROBES, Probe
from sigmic_spec.nearest import hint
from sigmic_spec.requirement import Requirement


@dataclass(slots=True)
class Registry:
    """All probes and checks, by name and by requirement."""

    probes: dict[str, Probe] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)

    def probes_for(self, checks: Iterable[Check]) -> list[Probe]:
        """The probes that these checks need, each once."""
        names = {name for check in checks for name in check.needs}
        return [probe for name, probe in self.probes.items() if name in names]


REGISTRY = Registry()
"""Filled by `load`."""


def load(ledger: Mapping[str, Requirement]) -> Registry:
    """Import every probe and check, bind them to the ledger, and return the registry."""
    for package in ("sigmic_conformance.traffic.probes", "sigmic_conformance.checks"):
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(module.__path__):
            importlib.import_module(f"{package}.{found.name}")
    REGISTRY.probes.update(PROBES)
    REGISTRY.checks.update(bound(DECLARED, PROBES, ledger))
    return REGISTRY


def bound(
    declared: Mapping[str, Sequence[Clause]],
    probes: Mapping[str, Probe],
    ledger: Mapping[str, Requirement],
) -> dict[str, Check]:
    """The check of each requirement, with the probes that the ledger names; ValueError for a mismatch."""
    unknown = sorted(set(declared) - set(ledger))
    if unknown:
        near = hint(unknown[0], ledger)
        raise ValueError(f"checks of requirements that the ledger does not have: {', '.join(unknown)}{near}")
    found: dict[str, Check] = {}
    for name, requirement in ledger.items():
        clauses = declared.get(name)
        if clauses is None:
            if requirement.probes:
                raise ValueError(f"{name} has no check: add a function under @check({name!r}, …)")
            continue
        missing = sorted(set(requirement.probes) - set(probes))
        if missing or not requirement.probes:
            near = hint(missing[0], probes) if missing else ""
            raise ValueError(f"{name} needs probes that exist: {', '.join(missing) or 'none named'}{near}")
        needed = [probes[each].capabilities for each in requirement.probes if not requirement.anywhere]
        found[name] = Check(
            id=name,
            needs=tuple(requirement.probes),
            anywhere=requirement.anywhere,
            capabilities=frozenset(requirement.capabilities).union(*needed),
            clauses=tuple(clauses),
        )
    return found
