"""Text for the terminal and the page: tables, and numbers. Pure."""

from collections.abc import Iterable


def aligned(rows: Iterable[Iterable[str]]) -> str:
    """Return the rows as lines, each column as wide as its widest cell."""
    lines = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def number(value: float) -> str:
    """Format a number briefly, with a separator for thousands."""
    if value == 0:
        return "0"
    if abs(value) >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}"
    return f"{value:.3g}"
