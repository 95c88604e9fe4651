"""Compare several runs: the areas, and the rows on which the runs disagree. Markdown or a page. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.document import document
from sigmic_conformance.reports.markup import Child, Html, element, fact, line, prose, table, wide
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.reports.words import verdict_in_words
from sigmic_conformance.results.saved import SavedRun
from sigmic_spec.plural import plural

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
COUNTED = "E✗!?✓"
"""The signs that summarise an area, worst first; the other signs only if it has none of these."""
KINDS = {"E": "errored", "✗": "failed", "!": "warned", "?": "inconclusive", "✓": "passed"}
LEGEND = "✓ passed, ! tolerated, ✗ broken, ? unproven, i information only, · not offered, blank: not tested"


@dataclass(frozen=True, kw_only=True)
class Scoreboard:
    """The runs by name: for each area how many rows have which sign, and the rows that differ."""

    verdicts: Mapping[str, str]
    areas: Mapping[str, Sequence[Counter[str]]]
    total: Sequence[Counter[str]]
    differing: Mapping[str, Sequence[str]]
    rows: int
    judged_everywhere: int

    @property
    def agreement(self) -> str:
        """How far the runs agree, as a sentence."""
        return (
            f"{len(self.differing)} of {plural(self.rows, 'requirement')} with different verdicts;"
            f" {self.judged_everywhere} with a verdict in every run."
        )


def scoreboard(runs: Mapping[str, SavedRun]) -> Scoreboard:
    """Count what the runs found. A row that one of them did not check is not a difference for that reason."""
    rows = sorted({row for run in runs.values() for row in run.verdicts})
    areas = dict.fromkeys(row.partition("-")[0] for row in rows)
    signs = {row: [_sign(run, row) for run in runs.values()] for row in rows}
    return Scoreboard(
        verdicts={name: verdict_in_words(run.document) for name, run in runs.items()},
        areas={
            area: _counted([found for row, found in signs.items() if row.startswith(f"{area}-")])
            for area in areas
        },
        total=_counted(list(signs.values())),
        differing={row: found for row, found in signs.items() if len(set(found) - {""}) > 1},
        rows=len(rows),
        judged_everywhere=sum(all(found) for found in signs.values()),
    )


def markdown(board: Scoreboard, statements: Mapping[str, str]) -> Iterator[str]:
    """A table of the areas, then a line for each row on which the runs differ."""
    names = [_cell(name) for name in board.verdicts]
    yield from _table("area", names)
    for area, found in board.areas.items():
        yield _line(area, [_counts(each) for each in found])
    yield _line("**all**", [_counts(each) for each in board.total])
    yield ""
    yield f"{board.agreement} {LEGEND}."
    if board.differing:
        yield ""
        yield from _table("id", [*names, "requirement"])
        for row, signs in board.differing.items():
            yield _line(row, [*signs, _cell(statements.get(row, ""))])


def scoreboard_page(board: Scoreboard, statements: Mapping[str, str]) -> str:
    """The same as a page, with the verdict on each target above it."""
    facts = [fact(name, said) for name, said in board.verdicts.items()]
    counted = {**board.areas, "all": board.total}
    areas: list[tuple[str, list[Child]]] = [
        (area, [[[_html_sign(*each), " "] for each in _told(counts)] for counts in found])
        for area, found in counted.items()
    ]
    differing: list[tuple[str, list[Child]]] = [
        (row, [*map(_html_sign, signs), prose(statements.get(row, ""))])
        for row, signs in board.differing.items()
    ]
    return document(
        f"Conformance of {', '.join(board.verdicts)}",
        element(
            "header",
            element("p", "Conformance to the Sigmic AI API", class_="over"),
            element("h1", f"Comparison of {plural(len(board.verdicts), 'run')}"),
            element("dl", facts, class_="facts"),
        ),
        element(
            "main",
            element("p", f"{board.agreement} {LEGEND}.", class_="note"),
            element("h2", "Areas"),
            _html_table("Areas", "area", board.verdicts, areas),
            element("h2", "Requirements that differ"),
            _html_table("Requirements that differ", "id", [*board.verdicts, "requirement"], differing)
            if differing
            else element("p", "None."),
        ),
    )


def _counted(rows: Sequence[Sequence[str]]) -> list[Counter[str]]:
    return [Counter(column) for column in zip(*rows, strict=True)]


def _told(counted: Counter[str]) -> list[tuple[str, str]]:
    """The signs of a cell with their numbers, as text."""
    told = [(sign, f"{counted[sign]}{sign}") for sign in COUNTED if counted[sign]]
    return told or [(sign, sign) for sign in "i·" if counted[sign]][:1]


def _counts(counted: Counter[str]) -> str:
    return " ".join(text for _, text in _told(counted))


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


def _html_sign(sign: str, text: str | None = None) -> Html:
    return element("span", text or sign, class_=f"sign {KINDS.get(sign, 'none')}")


def _html_table(
    label: str, first: str, names: Iterable[str], lines: Sequence[tuple[str, list[Child]]]
) -> Html:
    body = [line(name, *cells) for name, cells in lines]
    return wide(table((first, *names), body, class_=f"board {first}s"), label)
