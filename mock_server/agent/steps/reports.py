"""Reports of tool calls as words of the answer, and how a playbook asks for one (`report`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sigmic_conformance.mock_server.agent.steps.schemas import TEXT, described, record
from sigmic_conformance.mock_server.agent.steps.tables import summarise
from sigmic_conformance.mock_server.agent.tools.output import is_cut
from sigmic_conformance.spec.plural import plural

LISTED_FILES = 50


class Report(Protocol):
    """Puts a successful call into words."""

    def words(self, output: str) -> str:
        """Return what to say about what the tool printed; never empty."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A lead, and everything the tool printed in a fenced block."""

    lead: str

    def words(self, output: str) -> str:
        if not output.strip():
            return f"{self.lead} (nothing)"
        return f"{self.lead}\n\n{fenced(output)}"


@dataclass(frozen=True, slots=True)
class Brief:
    """A fixed sentence; what the tool printed stays in the tool result."""

    sentence: str

    def words(self, output: str) -> str:  # noqa: ARG002 - the sentence says it all
        return self.sentence


@dataclass(frozen=True, slots=True)
class Printed:
    """What the tool printed, as it is: for tools whose output is already a sentence."""

    def words(self, output: str) -> str:
        return output.rstrip("\n") or "It printed nothing."


@dataclass(frozen=True, slots=True)
class Table:
    """A truthful summary of a table or text that was read: rows, columns, sums."""

    path: str

    def words(self, output: str) -> str:
        return summarise(self.path, output, cut=is_cut(output))


@dataclass(frozen=True, slots=True)
class Sizes:
    """The uploaded files with their sizes, read off a recursive `list_directory` of `uploads`."""

    paths: tuple[str, ...]

    def words(self, output: str) -> str:
        sizes = {name: size for name, size in map(_sized, output.splitlines()) if size}
        lines = [
            f"- `{path}`" + (f" ({sizes[name]})" if (name := path.removeprefix("uploads/")) in sizes else "")
            for path in self.paths[:LISTED_FILES]
        ]
        if len(self.paths) > LISTED_FILES:
            lines.append(f"- and {len(self.paths) - LISTED_FILES} more")
        return "\n".join([f"I received {plural(len(self.paths), 'file')}:", "", *lines])


def _sized(line: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*) \((\d[\d,]* bytes?)\)", line)
    return (match[1], match[2]) if match else (line, "")


def fenced(text: str) -> str:
    """Put a text into a Markdown fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


OUTPUT = "Output:"

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
