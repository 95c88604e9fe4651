"""How the success of a call is put into words: the values of `report` in a playbook."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.agent.reports import Brief, Printed, Quote, Report, Sizes, Table
from sigmic_conformance.mock_server.agent.step_kinds.schemas import TEXT, described, record

OUTPUT = "Output:"

REPORT_SCHEMA = {
    "description": "How a success is put into words.",
    "oneOf": [
        {
            "description": (
                "none: not at all (default); output: all it printed, in a fence; printed: as it is; "
                "table: rows, columns and sums."
            ),
            "enum": ["output", "printed", "table", "none"],
        },
        record(("quote",), quote=described("These words, then all it printed, in a fence.", TEXT)),
        record(("brief",), brief=described("These words and nothing else.", TEXT)),
        record(("table",), table=described("Rows, columns and sums of the file of this name.", TEXT)),
        record(
            ("sizes",),
            sizes=described(
                "These uploaded files with their sizes, read off a listing.",
                {"type": "array", "items": TEXT},
            ),
        ),
    ],
}


def read_report(value: Any, args: Mapping[str, Any]) -> Report | None:
    """Return what `report` asks for."""
    match value:
        case "output":
            return Quote(OUTPUT)
        case "printed":
            return Printed()
        case "table":
            return Table(str(args.get("path", "the output")))
        case {"quote": lead}:
            return Quote(lead)
        case {"brief": sentence}:
            return Brief(sentence)
        case {"table": path}:
            return Table(path)
        case {"sizes": paths}:
            return Sizes(tuple(paths))
        case _:
            return None


def write_report(report: Report | None, args: Mapping[str, Any]) -> Any:
    """Return the shortest value of `report` that reads back as the same; None when there is none."""
    match report:
        case Quote(lead):
            return "output" if lead == OUTPUT else {"quote": lead}
        case Printed():
            return "printed"
        case Table(path):
            return "table" if path == str(args.get("path", "the output")) else {"table": path}
        case Brief(sentence):
            return {"brief": sentence}
        case Sizes(paths):
            return {"sizes": list(paths)}
        case _:
            return None
