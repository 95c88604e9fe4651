"""The part `rows`: the violations that turned each checked row red, and rows without any. Needs no traffic.

A check that never turned red may be unable to fail. A violation counts for the row that it declares, if that
row failed for the declared reason (`Grade.CAUGHT`).
"""

from collections.abc import Iterable

from lab.prove.grading import Grade
from lab.prove.part import Part
from lab.prove.trial import ProofContext

BREAKING = "server"
"""The part whose violations count."""


def rows_part(bench: ProofContext, parts: Iterable[Part]) -> Part:
    """Compare the rows that caught a violation with all checked rows."""
    found = killers(parts)
    checked = [row.id for row in bench.ledger.requirements if row.id in bench.registry.checks]
    unkilled = [row for row in checked if row not in found]
    return Part(
        name="rows",
        items=len(checked),
        summary=f"{len(checked) - len(unkilled)} of {len(checked)} tested requirements were turned red"
        + (f", {len(unkilled)} were not" if unkilled else ""),
        problems=tuple(f"not broken  {row}  no violation turned it red" for row in unkilled),
        data={"killers": {row: found[row] for row in checked if row in found}, "unkilled": unkilled},
    )


def killers(parts: Iterable[Part]) -> dict[str, list[str]]:
    """For each row, the violations that turned it red for the declared reason."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for finding in part.data.get("findings", ()) if part.name == BREAKING else ():
            if finding["grade"] == Grade.CAUGHT:
                found.setdefault(finding["row"], []).append(finding["id"])
    return found
