"""Read a `load.json`, which may come from anywhere."""

import json
from functools import cache
from pathlib import Path

import jsonschema_rs

from sigmic_load.report.build import FORMAT, Report
from sigmic_load.settings.checked_yaml import BadFile, bytes_of
from sigmic_spec import strict_yaml

NEEDED = ["verdict", "target", "began", "judged", "shape", "heartbeat_period", "users", "machine"]
"""The facts of a report that a comparison needs, beside its numbers."""
LARGEST = 500_000_000


@cache
def _schema() -> jsonschema_rs.Validator:
    text = Path(__file__).with_name("load.schema.yaml").read_text(encoding="utf-8")
    required = [*NEEDED, "distributions", "counts"]
    return jsonschema_rs.validator_for(strict_yaml.read(text) | {"required": required})


class BadReport(Exception):
    """A file is not a report; the text is one line."""


def read_report(path: Path) -> Report:
    """Return the report in a file, or in the directory that a run wrote. Raises `BadReport`."""
    file = path / "load.json" if path.is_dir() else path
    try:
        report = json.loads(bytes_of(file, LARGEST))
    except BadFile as problem:
        raise BadReport(str(problem)) from None
    except (ValueError, RecursionError):
        raise BadReport(f"{file}: no JSON") from None
    told = report.get("format") if isinstance(report, dict) else None
    if told != FORMAT:
        raise BadReport(f"{file}: no load.json of format {FORMAT}" + (f", but of {told}" if told else ""))
    for misfit in _schema().iter_errors(report):
        place = ".".join(str(step) for step in misfit.instance_path) or "the file"
        raise BadReport(f"{file}: {place} is not of a load.json: {' '.join(misfit.message.split())[:200]}")
    return dict(report)
