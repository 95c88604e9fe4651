"""Data of a workload in separate files: CSV with a header, UTF-8. An error names the line."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigmic_load.settings.checked_yaml import BadFile, bytes_of
from sigmic_spec.nearest import hint_of_known
from sigmic_spec.plural import plural

LONGEST = 100_000
"""The maximum length of a cell, in characters."""
LARGEST = 50_000_000
"""The maximum size of a file, in bytes."""


@dataclass(frozen=True, slots=True)
class DataRow:
    """One record: its first line, and its cells by column name."""

    line: int
    cells: Mapping[str, str]


def read_rows(path: Path, columns: tuple[str, ...]) -> tuple[DataRow, ...]:
    """Return the records of a file, in which all these columns must be filled. Raises `BadFile`."""
    rows = tuple(_rows(path, _decoded(path, bytes_of(path, LARGEST)), columns))
    if not rows:
        raise BadFile(f"{path}: no line below the header")
    return rows


def _decoded(path: Path, raw: bytes) -> list[str]:
    try:
        return raw.decode("utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFile(f"{path}: line {line}: no UTF-8") from None


def _rows(path: Path, lines: list[str], columns: tuple[str, ...]) -> Iterator[DataRow]:
    records = csv.reader(lines, strict=True)
    line = 1
    try:
        header = next(records, [])
        for column in columns:
            if column not in header:
                near = hint_of_known(column, header) if header else ""
                raise BadFile(f"{path}: line 1: no column {column}{near}")
        line = records.line_num + 1
        for record in records:
            if record:
                yield DataRow(line, _cells(path, line, header, record, columns))
            line = records.line_num + 1
    except csv.Error as error:
        raise BadFile(f"{path}: line {line}: {error}") from None


def _cells(
    path: Path, line: int, header: list[str], record: list[str], columns: tuple[str, ...]
) -> Mapping[str, str]:
    if len(record) != len(header):
        raise BadFile(f"{path}: line {line}: {plural(len(record), 'cell')}, but the header has {len(header)}")
    cells = {name: cell for name, cell in zip(header, record, strict=True) if name in columns}
    for name, cell in cells.items():
        if not cell.strip():
            raise BadFile(f"{path}: line {line}: {name} is empty")
        if len(cell) > LONGEST:
            raise BadFile(f"{path}: line {line}: {name} is longer than {LONGEST:,} characters")
    return cells
