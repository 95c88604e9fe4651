"""A truthful summary of a CSV table or of a text: every figure in it was counted."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from sigmic_spec.plural import plural

SHOWN_COLUMNS = 20
SNIFFED_CHARACTERS = 4_096
MOST_DIGITS = 30
DELIMITERS = {".tsv": "\t", ".tab": "\t"}


def is_table(path: str) -> bool:
    """True if the extension is that of a table of separated values."""
    return path.lower().endswith((".csv", ".tsv", ".tab"))


def summarise(path: str, text: str, *, cut: bool = False) -> str:
    """Describe the text of `path`; with `cut` it is only the beginning of the file."""
    if not text:
        return f"`{path}` is empty."
    if is_table(path) and (described := _table(path, text, cut=cut)):
        return described
    lines, words = len(text.splitlines()), len(text.split())
    scope = "The beginning of the file has" if cut else "It has"
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return (
        f"I read `{path}`. {scope} {plural(lines, 'line')}, {plural(words, 'word')} and "
        f"{plural(len(text), 'character')}." + (f" It begins: “{first[:120]}”" if first else "")
    )


def _table(path: str, text: str, *, cut: bool) -> str | None:
    rows = _rows(path, text)
    if not rows:
        return None
    if cut:
        rows = rows[:-1] or rows  # the last one may be half a row
    header, body = rows[0], rows[1:]
    sums = [line for at, name in enumerate(header[:SHOWN_COLUMNS]) if (line := _figures(name, at, body))]
    scope = " in the part I could read (the file is longer)" if cut else ""
    more = f" and {len(header) - SHOWN_COLUMNS} more" if len(header) > SHOWN_COLUMNS else ""
    counted = f"{plural(len(body), 'data row')}{scope}, {plural(len(header), 'column')}"
    lines = [f"I read `{path}`: {counted}.", f"Columns: {', '.join(header[:SHOWN_COLUMNS])}{more}."]
    return "\n\n".join([*lines, "\n".join(sums)] if sums else lines)


def _rows(path: str, text: str) -> list[list[str]]:
    suffix = path[path.rfind(".") :].lower()
    head = text[:SNIFFED_CHARACTERS].split("\n", 1)[0]
    delimiter = DELIMITERS.get(suffix) or max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        return [row for row in reader if row]
    except csv.Error:
        return []


def _figures(name: str, at: int, body: Sequence[Sequence[str]]) -> str | None:
    values = [value for row in body if at < len(row) and (value := row[at].strip())]
    numbers = [number for value in values if (number := _number(value)) is not None]
    if not numbers or len(numbers) != len(values):
        return None
    total = sum(numbers, Decimal(0))
    return f"- {name}: sum {total:f}, minimum {min(numbers):f}, maximum {max(numbers):f}"


def _number(text: str) -> Decimal | None:
    if len(text) > MOST_DIGITS or not set(text) <= set("0123456789.+-"):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
