"""A table for the terminal. Pure."""

from collections.abc import Iterable


def aligned(rows: Iterable[Iterable[str]]) -> str:
    """Return the rows as lines, each column as wide as its widest cell."""
    lines = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
