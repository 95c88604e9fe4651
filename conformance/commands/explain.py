"""`sigmic-conformance explain ID`: one row, its sentence, its source, and how it is judged."""

import argparse

from conformance.commands.command import Refused, nearest
from conformance.exit_codes import ExitCode
from conformance.registry import load
from spec.ledger import Ledger


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the row."""
    parser.add_argument("id", help="a ledger id, such as BEAT-001")


def run(options: argparse.Namespace) -> int:
    """Print what the ledger and the registry know of the row."""
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    row = ledger.by_id.get(options.id.upper())
    if row is None:
        hint = nearest(options.id.upper(), ledger.by_id, "; `list` shows all")
        raise Refused(f"the ledger has no row {options.id!r}{hint}")
    print(f"{row.id}  {row.statement}")
    print(f"level     {row.level.value}, evidence {row.evidence.value}")
    print(f"source    {row.source}")
    print(f"about     {', '.join(row.operations)}")
    judge = registry.judges.get(row.id)
    if judge is None:
        print(f"judged    not: {ledger.reasons[row.untestable] if row.untestable else 'no judge yet'}")
        return ExitCode.OK
    print(f"judged    by {judge.function.__module__}.{judge.function.__name__}")
    for name in judge.needs:
        print(f"probe     {name}: {registry.probes[name].summary}")
    if judge.sweep:
        print("          and over every other exchange of the run")
    return ExitCode.OK
