"""Reports of tool calls as words of the answer, and how a playbook asks for one (`report`)."""

import re
from collections.abc import Mapping
from typing import Any

from sigmic_mock.agent.steps.schemas import TEXT, described, record
from sigmic_mock.agent.steps.tables import summarise
from sigmic_mock.agent.tools.output import NO_OUTPUT, is_cut


def reported(report: Any, output: str, args: Mapping[str, Any]) -> str | None:
    """Return the text about a call that printed `output`, as its `report` asks for it; None for no text."""
    match report:
        case "output":
            return _quoted("Output:", output) if output != NO_OUTPUT else "The command printed nothing."
        case "printed":
            return output.rstrip("\n") or "It printed nothing."
        case "table":
            return summarise(str(args.get("path", "the output")), output, cut=is_cut(output))
        case {"quote": lead}:
            return _quoted(lead, output)
        case {"brief": sentence}:
            return str(sentence)
        case {"table": path}:
            return summarise(path, output, cut=is_cut(output))
        case _:
            return None


def _quoted(lead: str, output: str) -> str:
    return f"{lead}\n\n{fenced(output)}" if output.strip() else f"{lead.rstrip(':')} nothing."


def fenced(text: str) -> str:
    """Put a text into a Markdown fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


REPORT_SCHEMA = {
    "description": "How the agent reports a success.",
    "oneOf": [
        {
            "description": (
                "none: not at all (default); output: the output in a fence; printed: the output unchanged; "
                "table: rows, columns and sums."
            ),
            "enum": ["output", "printed", "table", "none"],
        },
        record(("quote",), quote=described("These words, then all it printed, in a fence.", TEXT)),
        record(("brief",), brief=described("These words and nothing else.", TEXT)),
        record(("table",), table=described("Rows, columns and sums of the file of this name.", TEXT)),
    ],
}
