"""Reads a `load.json` again: the file, and out of it what was measured, as a worker would hand it over."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_conformance.load.measures.recorder import Numbers, Wire
from sigmic_conformance.load.report.build import FORMAT, Report
from sigmic_conformance.spec import strict_yaml

SCHEMA = Path(__file__).parent / "load.schema.yaml"


class BadReport(Exception):
    """A file that is no report; its text is one line."""


def read_report(path: Path) -> Report:
    """Return the report of a file or of the folder that a run wrote; raises `BadReport`."""
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


def read_whole_report(path: Path) -> Report:
    """Return a report that has its published form in every part; raises `BadReport`."""
    report = read_report(path)
    schema = strict_yaml.read(SCHEMA.read_text(encoding="utf-8"))
    for misfit in jsonschema_rs.validator_for(schema).iter_errors(report):
        place = ".".join(str(step) for step in misfit.instance_path) or "the whole"
        raise BadReport(f"{path}: not of the form of load.json, by {misfit.kind.name} of {place}")
    return report


def began_of(report: Report) -> float:
    """Return when a run began, in epoch seconds."""
    return datetime.fromisoformat(report["began"]).timestamp()


def numbers_of(section: Mapping[str, Any]) -> Numbers:
    """Return the numbers of a part of a report that has `distributions` and `counts`."""
    return Numbers.from_wire(
        {
            "distributions": {name: row["histogram"] for name, row in section["distributions"].items()},
            "counts": {name: row["value"] for name, row in section["counts"].items()},
            "users": {},
        }
    )


def wire_of(report: Report) -> Wire:
    """Return everything that was measured, in the form in which workers hand it to their master."""
    numbers, began = numbers_of(report), began_of(report)
    numbers.users.update((user, numbers_of(section)) for user, section in report["by_user"].items())
    return {
        "numbers": numbers.to_wire(),
        "outside": numbers_of(report["outside"]).to_wire(),
        "timeline": list(_moments(report)),
        "errors": [
            [row["operation"], row["reason"], row["count"], began + row["first"], began + row["last"]]
            for row in report["errors"]
        ],
        "evidence": [{**row, "at": began + row["at"]} for row in report["evidence"]],
    }


def _moments(report: Report) -> Iterator[dict[str, Any]]:
    """Of streams a report says how many were open: what opened and closed within a second is not in it."""
    before = 0
    for row in report["timeline"]:
        grown = row["streams"] - before
        before = row["streams"]
        kept = ("second", "held", "missing", "returning", "lost", "doubled", "out_of_order", "lateness")
        yield {
            **{name: row[name] for name in kept},
            "opened": max(0, grown),
            "closed": max(0, -grown),
            "lag": row["own_lag"],
        }
