"""The cells that a run reached, and its requirements by situations, as a page. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sigmic_conformance.conformance.reports.cells import cells_table
from sigmic_conformance.conformance.reports.document import document
from sigmic_conformance.conformance.reports.grid import Mark, grid
from sigmic_conformance.conformance.reports.markup import Html, element, fold, prose, wide
from sigmic_conformance.conformance.results.cell_counts import CellCounts
from sigmic_conformance.conformance.results.coverage import situation_count
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.spec.plural import plural
from sigmic_conformance.spec.situations import Situations, Value

NEVER, OUTSIDE = "0", ""
"""Cells for a value that a row was never checked with: it was with another value, or with none."""
_KINDS = {NEVER: "never", OUTSIDE: "outside"}
SWEPT = "Checked on all traffic; counted where the verdict cites it."
_STYLE = Path(__file__).with_name("situations.css")


def situations_page(
    counts: SituationCounts,
    cells: CellCounts,
    statements: Mapping[str, str],
    anywhere: Collection[str],
    target: str,
) -> str:
    """The page of one run; `statements` are the sentences of the rows, by their ids.

    `anywhere` are the rows that are checked on all traffic: a run records only the situations that they cite.
    """
    situations = Situations.load()
    areas: dict[str, list[str]] = defaultdict(list)
    for row in sorted(counts.rows):
        areas[row.partition("-")[0]].append(row)
    checked = situation_count(counts, situations)
    title = f"Cells and situations: {target}"
    return document(
        title,
        element("header", element("h1", title), element("p", _said(counts, checked.have, checked.of))),
        element(
            "main",
            element("h2", "Nouns by heuristics"),
            cells_table(cells),
            element("h2", "Sentences by situations"),
            _key(),
            [_area(area, rows, counts, statements, anywhere, situations) for area, rows in areas.items()],
            element("h2", f"Pairs of situations in which no requirement was tested: {len(checked.missing)}"),
            element("ul", [element("li", each) for each in checked.missing]),
        ),
        style=_STYLE.read_text(encoding="utf-8"),
    )


def _said(counts: SituationCounts, have: int, of: int) -> str:
    rows = plural(len(counts.rows), "requirement")
    return f"{rows} tested wherever they apply, in {have:,} of {of:,} pairs of situations."


def _key() -> Html:
    meanings = (
        ("12", "", "tested so often"),
        (
            NEVER,
            "never",
            "never tested here, but elsewhere in the dimension: not what it is about, or not looked at",
        ),
        (
            " ",
            "outside",
            "the run shows nothing of this dimension where the requirement applies, or does not count it",
        ),
    )
    return element(
        "ul",
        [element("li", element("b", sign, class_=kind or None), said) for sign, kind, said in meanings],
        class_="key",
    )


def _area(
    area: str,
    rows: list[str],
    counts: SituationCounts,
    statements: Mapping[str, str],
    anywhere: Collection[str],
    situations: Situations,
) -> Html:
    """The rows of an area, folded; the fold's label has the number of empty cells."""
    lines = {row: list(_marks(row, counts, situations, is_anywhere=row in anywhere)) for row in rows}
    told = [text for line in lines.values() for text, *_ in line if text != OUTSIDE]
    empty = told.count(NEVER)
    names = f"{area}, sentences by situations"
    heads = (
        element(
            "th",
            row,
            element("span", prose(statements.get(row, ""))),
            element("span", SWEPT) if row in anywhere else None,
            scope="row",
        )
        for row in lines
    )
    table = grid("requirement", situations.dimensions, zip(heads, lines.values(), strict=True))
    never = f"never tested in {empty} of {plural(len(told), 'place')}"
    said = [f"{plural(len(rows), 'requirement')}, ", element("span", never, class_="some" if empty else None)]
    return fold([element("b", area), *said], wide(table, names), class_="area")


def _marks(row: str, counts: SituationCounts, situations: Situations, *, is_anywhere: bool) -> Iterator[Mark]:
    """The marks of a row."""
    found = counts.values(row)
    for dimension in situations.dimensions.values():
        numbers = [found[Value(dimension.name, value)] for value in dimension.values]
        empty = NEVER if any(numbers) and not is_anywhere else OUTSIDE
        yield from ((str(number or empty), None if number else _KINDS[empty], None) for number in numbers)
