"""`sigmic-conformance list`: the ledger rows that are judged."""

import argparse

from conformance.commands.command import Refused, nearest
from conformance.exit_codes import ExitCode
from conformance.registry import load
from spec.ledger import Ledger


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the areas to list."""
    parser.add_argument("area", nargs="*", help="only these areas, such as BEAT")


def run(options: argparse.Namespace) -> int:
    """Print a line a row."""
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    unknown = sorted({area.upper() for area in options.area} - set(ledger.areas))
    if unknown:
        hint = nearest(unknown[0], ledger.areas, f" (there are {', '.join(ledger.areas)})")
        raise Refused(f"no such area: {', '.join(unknown)}{hint}")
    wanted = {area.upper() for area in options.area} or set(ledger.areas)
    rows = [row for row in ledger.requirements if row.id in registry.judges and row.area in wanted]
    for row in rows:
        print(f"{row.id:14} {row.level.value:7} {row.evidence.value:11} {row.statement}")
    print(f"{len(rows)} of {len(ledger.requirements)} rows")
    return ExitCode.OK
