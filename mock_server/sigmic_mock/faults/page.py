"""The pages of `reference/faults/` of the site, made from the catalogue: an index, classes and areas."""

import json
from collections.abc import Sequence

from sigmic_mock.faults.catalogue import load_catalogue
from sigmic_mock.faults.fault import Fault, FaultClass
from sigmic_mock.faults.trigger import CONDITIONS
from sigmic_spec.situations import Situations

_INDEX = """\
# Faults

The mock can inject these faults. The [guide](../../guides/faults.md) explains how to arm one. A fault
takes its parameters and [conditions](../fault-conditions.md). The claim is the reason that the check of the
requirement must report for the violation. A test arms every fault, and checks for it on the wire.

| page | contents | faults |
|---|---|---:|
"""
_CLASSES = {
    FaultClass.TRANSIENT: ("transient.md", "Transient faults", "Legal failures that a client must survive."),
    FaultClass.VARIATION: ("variations.md", "Variations", "Legal, but unusual behaviour."),
}


def pages() -> dict[str, str]:
    """Return the pages by file name; the first is the index."""
    faults = load_catalogue().values()
    made: dict[str, tuple[str, str, list[Fault]]] = {
        name: (title, about, [fault for fault in faults if fault.kind is kind])
        for kind, (name, title, about) in _CLASSES.items()
    }
    broken: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.kind is FaultClass.VIOLATION:
            broken.setdefault(fault.row.partition("-")[0], []).append(fault)
    for area, rows in sorted(broken.items()):
        link = f"[{area} requirement](../requirements/{area.lower()}.md)"
        about = f"Violations: each breaks the {link} that it names."
        made[f"{area.lower()}.md"] = (f"{area} violations", about, rows)
    listed = (
        f"| [{title}]({name}) | {about} | {len(rows)} |\n" for name, (title, about, rows) in made.items()
    )
    return {
        "index.md": _INDEX + "".join(listed),
        **{name: _page(title, about, rows) for name, (title, about, rows) in made.items()},
    }


def _page(title: str, about: str, faults: Sequence[Fault]) -> str:
    head = "| fault | requirement | what a client learns | parameters | claim |\n|---|---|---|---|---|\n"
    return f"# {title}\n\n{about}\n\n{head}" + "".join(f"{_row(fault)}\n" for fault in faults)


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
    area = fault.row.partition("-")[0].lower()
    requirement = f"[{fault.row}](../requirements/{area}.md#{fault.row})"
    return f"| `{fault.id}` | {requirement} | {fault.learns} | {shown} | {claim} |"
