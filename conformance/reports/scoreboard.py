"""Several runs side by side, as Markdown: the areas, and the rows on which the runs disagree. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.reports.visible import one_line
from sigmic_conformance.conformance.results.saved import SavedRun

SIGNS: Mapping[Outcome, str] = {
    Outcome.PASSED: "✓",
    Outcome.INFO: "i",
    Outcome.WARNED: "!",
    Outcome.FAILED: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.BLOCKED: "?",
    Outcome.INAPPLICABLE: "·",
    Outcome.ERRORED: "E",
}
LEGEND = "✓ passed, ! tolerated, ✗ broken, ? unproven, i told only, · not offered, blank: not judged"


def scoreboard(runs: Mapping[str, SavedRun], statements: Mapping[str, str]) -> Iterator[str]:
    """A table of broken and passed rows by area, then a line for each row that is not the same everywhere."""
    names = [_cell(name) for name in runs]
    rows = sorted({row for run in runs.values() for row in run.verdicts})
    yield from _table("area", names)
    for area in dict.fromkeys(row.partition("-")[0] for row in rows):
        mine = [row for row in rows if row.startswith(f"{area}-")]
        yield _line(area, [_counts(run, mine) for run in runs.values()])
    yield _line("**all**", [_counts(run, rows) for run in runs.values()])
    judged = [row for row in rows if all(row in run.verdicts for run in runs.values())]
    found = {row: {_sign(run, row) for run in runs.values()} - {""} for row in rows}
    differing = [row for row, signs in found.items() if len(signs) > 1]
    yield ""
    yield f"{len(differing)} of {len(rows)} rows differ; {len(judged)} are judged in every run. {LEGEND}."
    if differing:
        yield ""
        yield from _table("row", [*names, "requirement"])
        for row in differing:
            yield _line(row, [*(_sign(run, row) for run in runs.values()), _cell(statements.get(row, ""))])


def _counts(run: SavedRun, rows: Sequence[str]) -> str:
    counted = Counter(_sign(run, row) for row in rows)
    told = " ".join(f"{counted[sign]}{sign}" for sign in "✗!?✓" if counted[sign])
    return told or next((sign for sign in "i·" if counted[sign]), "")


def _sign(run: SavedRun, row: str) -> str:
    verdict = run.verdicts.get(row)
    return "" if verdict is None else SIGNS[verdict.outcome]


def _table(first: str, names: Sequence[str]) -> Iterator[str]:
    yield _line(first, names)
    yield _line("---", ["---"] * len(names))


def _line(first: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"


def _cell(text: str) -> str:
    return one_line(text, 120).replace("|", "\\|")
