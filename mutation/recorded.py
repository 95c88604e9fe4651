"""A saved run of the healthy reference platform as a further test of judges: verdicts on it must not change.

Nor those on the same record with the edits of the wire mutants done to it (`conformance.proof`). What is of
`conformance` is imported when it is used: in a child, where one module is another.
"""

from collections.abc import Iterator
from pathlib import Path


def verdicts(folder: Path, module: str) -> dict[str, str]:
    """What the judges of a module say of the record (by row) and of its spoiled copies (by mutant).

    A module without rows of its own serves others: then all rows are judged.
    """
    return dict(_verdicts(folder, module))


def _verdicts(folder: Path, module: str) -> Iterator[tuple[str, str]]:
    from conformance import saved
    from conformance.adjudication import adjudicate
    from conformance.proof.offline import can_be_offline, spoiled
    from conformance.proof.wire_mutants import MUTANTS
    from conformance.record import Record
    from conformance.registry import load
    from spec.ledger import Ledger

    run, ledger = saved.read(folder), Ledger.load()
    registry = load(ledger.by_id)
    mine = {row: judge for row, judge in registry.judges.items() if judge.module == module}
    judges = mine or registry.judges
    sweeps = any(judge.sweep for judge in judges.values())
    names = {name for judge in judges.values() for name in judge.needs}
    names |= {name for mutant in MUTANTS if mutant.row in judges for name in mutant.also}
    transcripts = {name: run.transcript(name) for name in run.document["probes"] if sweeps or name in names}
    whole = Record(run.profile, transcripts)
    for row, judge in sorted(judges.items()):
        if row in run.verdicts:
            verdict = adjudicate(judge, ledger.by_id[row], whole)
            yield row, f"{verdict.outcome} {verdict.reason}"
    for mutant in MUTANTS:
        if mutant.row in judges and can_be_offline(mutant.edit):
            needed = {*judges[mutant.row].needs, *mutant.also}
            before = {name: transcripts[name] for name in needed if name in transcripts}
            after, _ = spoiled(before, mutant.edit)
            if needed <= set(after):
                verdict = adjudicate(judges[mutant.row], ledger.by_id[mutant.row], Record(run.profile, after))
                yield mutant.id, f"{verdict.outcome} {verdict.reason}"
