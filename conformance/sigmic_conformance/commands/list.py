"""`sigmic-conformance list`: list the requirements that are tested."""

import argparse
from typing import Any

from sigmic_conformance.commands.locating import locations
from sigmic_conformance.commands.output import show, show_json
from sigmic_conformance.commands.selection import matching
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.registry import Registry, load
from sigmic_spec.ledger import Ledger
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.requirement import Evidence, Level, Requirement

SHOWN = 30
"""The most known words that a message lists."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the areas to list and the filters of rows."""
    parser.add_argument("area", nargs="*", help="only these areas, for example BEAT")
    parser.add_argument(
        "--level", action="append", metavar="LEVEL", help=f"only {', '.join(Level)}; repeatable"
    )
    parser.add_argument(
        "--evidence", action="append", metavar="KIND", help=f"only {', '.join(Evidence)}; repeatable"
    )
    parser.add_argument("-k", metavar="EXPRESSION", dest="select", help="requirements, as in `run`")
    parser.add_argument(
        "--where",
        nargs="*",
        metavar="ID",
        help="print file and line of the row, check, probes, tests and faults of these requirements",
    )
    parser.add_argument("--json", action="store_true", help="print the requirements as JSON")


def run(options: argparse.Namespace) -> int:
    """Print one line per row; exit 5 if no row is left."""
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    areas = _known(options.area, list(ledger.areas), "area", str.upper)
    levels = _known(options.level or [], list(Level), "level", str.lower)
    kinds = _known(options.evidence or [], list(Evidence), "kind of evidence", str.lower)
    checked = [row for row in ledger.requirements if row.id in registry.checks]
    for asked in map(str.upper, options.where or []):
        if asked in ledger.by_id and asked not in registry.checks:
            raise Refused(f"{asked} has no check; `explain {asked}` says why")
    named = _known(options.where or [], [row.id for row in checked], "requirement", str.upper)
    rows = [
        row
        for row in matching(options.select, checked, registry)
        if row.id in named and row.area in areas and row.level in levels and row.evidence in kinds
    ]
    if not rows:
        raise Refused(
            "no requirement matches all filters; `list` without filters shows all requirements",
            ExitCode.NOTHING,
        )
    if options.json:
        show_json([_as_json(row, registry) for row in rows])
        return ExitCode.OK
    if options.where is not None:
        for row in rows:
            show(row.id)
            for place in locations(row.id, registry):
                show(f"  {place.what:6} {place}  {place.name}".rstrip())
        return ExitCode.OK
    for row in rows:
        show(f"{row.id:14} {row.level.value:7} {row.evidence.value:11} {row.statement}")
    show(f"{len(rows)} of {len(ledger.requirements)} requirements")
    return ExitCode.OK


def _as_json(row: Requirement, registry: Registry) -> dict[str, Any]:
    check = registry.checks[row.id]
    return {
        "id": row.id,
        "area": row.area,
        "level": row.level.value,
        "evidence": row.evidence.value,
        "source": row.source,
        "statement": row.statement,
        "operations": list(row.operations),
        "probes": list(check.needs),
        "sweep": check.anywhere,
        "where": [f"{place.what} {place}" for place in locations(row.id, registry)],
    }


def _known(given: list[str], known: list[str], what: str, spell: Any) -> set[str]:
    """The given words, or all known ones if none was given; Refused for an unknown word."""
    words = {spell(word) for word in given}
    unknown = sorted(words - set(known))
    if unknown:
        word = unknown[0]
        few = len(known) <= SHOWN
        near = hint_of_known(word, known) if few else hint(word, known, otherwise="; `list` shows all")
        raise Refused(f"no such {what}: {', '.join(unknown)}{near}")
    return words or set(known)
