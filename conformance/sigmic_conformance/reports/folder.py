"""The files of reports: the names of those that a run writes automatically, and how to write one."""

from pathlib import Path

PAGE, SUMMARY = "report.html", "summary.md"


def clear(folder: Path) -> None:
    """Remove what an earlier run derived: a report must not outlive its result."""
    for name in (PAGE, SUMMARY):
        (folder / name).unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Write a report; bytes that are not UTF-8 are escaped."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
