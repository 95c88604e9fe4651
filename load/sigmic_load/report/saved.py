"""Read a `load.json`."""

import json
from pathlib import Path

from sigmic_load.report.build import FORMAT, Report


class BadReport(Exception):
    """A file is not a report; the text is one line."""


def read_report(path: Path) -> Report:
    """Return the report in a file, or in the directory that a run wrote. Raises `BadReport`."""
    file = path / "load.json" if path.is_dir() else path
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadReport(f"{file}: {error.strerror or error}") from None
    except ValueError:
        raise BadReport(f"{file}: no JSON") from None
    told = report.get("format") if isinstance(report, dict) else None
    if told != FORMAT:
        raise BadReport(f"{file}: no load.json of format {FORMAT}" + (f", but of {told}" if told else ""))
    return dict(report)
