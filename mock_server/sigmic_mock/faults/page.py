"""The page `reference/faults.md` of the site, made from the catalogue."""

import json
from collections.abc import Iterator

from sigmic_mock.faults.catalogue import load_catalogue
from sigmic_mock.faults.fault import Fault, FaultClass
from sigmic_mock.faults.trigger import CONDITIONS
from sigmic_spec.situations import Situations

_TITLES = {
    FaultClass.VIOLATION: "Violations: each breaks the requirement it names",
    FaultClass.TRANSIENT: "Transient faults: legal failures that a client must survive",
    FaultClass.VARIATION: "Variations: legal, but unusual",
}


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    faults = load_catalogue().values()
    yield "# Faults"
    yield ""
    yield "The mock can inject these faults. The [guide](../guides/faults.md) explains how to arm one."
    yield "A fault takes its parameters and the conditions below. The claim is the reason that the check of"
    yield "the requirement must report for the violation. A test arms every fault, and checks for it on the"
    yield "wire."
    yield from ("", "## Conditions", "")
    yield conditions()
    yield from ("", "## Situations", "")
    yield situations()
    for kind, title in _TITLES.items():
        rows = [fault for fault in faults if fault.kind is kind]
        yield from ("", f"## {title} ({len(rows)})", "")
        yield "| fault | requirement | what a client learns | parameters | claim |"
        yield "|---|---|---|---|---|"
        yield from map(_row, rows)


def conditions() -> str:
    """Return the table of the conditions."""
    meanings = {name: asks.replace("|", "\\|") for name, asks in CONDITIONS.items()}
    rows = [f"| `{name}` | {meaning} |" for name, meaning in meanings.items()]
    return "\n".join(["| condition | meaning |", "|---|---|", *rows])


def situations() -> str:
    """Return the table of the dimensions that confine a fault, with their values."""
    rows = [
        f"| `{each.name}` | {each.about} | {', '.join(f'`{value}`' for value in each.values)} |"
        for each in Situations.load().dimensions.values()
    ]
    return "\n".join(["| dimension | what it distinguishes | values |", "|---|---|---|", *rows])


def _row(fault: Fault) -> str:
    params = "; ".join(f"{name}={json.dumps(value)}" for name, value in fault.params.items())
    shown = f"`` {params.replace('|', chr(92) + '|')} ``" if params else ""
    claim = f"`{fault.reason}`" if fault.reason else ""
    return f"| `{fault.id}` | {fault.row} | {fault.learns} | {shown} | {claim} |"
