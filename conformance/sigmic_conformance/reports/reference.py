"""The verdicts of the reference platform, compared with a fresh run, so that CI sees a changed verdict.

    sigmic-conformance run --mock --report-dir reports/mock
    python -m sigmic_conformance.reports.reference reports/mock            write reports/reference.tsv
    python -m sigmic_conformance.reports.reference reports/mock --check    compare with it, row by row

The table has one line per requirement: id, outcome, and the reason or the reading of an open question.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.reports.folder import write
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import SavedRun, Unusable
from sigmic_spec.plural import plural

FILE = Path("reports/reference.tsv")
NOISE = frozenset({Unproven.TIMING_NOISE.value, Unproven.BUDGET.value, Unproven.TARGET_THROTTLED.value})
"""Reasons that are due to the machine and not the target: such a row is named and not compared."""
_TIMES = re.compile(r" \([\d,]+ times?\)$")


class NotKept(Exception):
    """The run cannot be the reference, or there is no run; the text is one line."""


class Line(NamedTuple):
    """A verdict of the table. `reason` is the reading for an `info` that has no reason."""

    outcome: str
    reason: str = ""

    def text(self) -> str:
        """Return the verdict as text for a reader."""
        return Outcome(self.outcome).with_reason(self.reason)


def read(path: Path) -> dict[str, Line]:
    """Return the verdicts of a table by requirement. Raises `NotKept` and OSError."""
    found = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.startswith("#"):
            continue
        try:
            row, *line = text.split("\t")
            found[row] = Line(*line)
        except TypeError as error:
            raise NotKept(f"{path}:{number}: not an id, an outcome and a reason between tabs") from error
    return found


def table(run: SavedRun) -> str:
    """Return the table of a run. Raises `NotKept` for a run that cannot be the reference."""
    problem = next(_unfit(run), None)
    if problem is not None:
        raise NotKept(f"{run.folder} is not kept: {problem}")
    document = run.document
    counts = ", ".join(f"{number} {outcome}" for outcome, number in document["counts"].items() if number)
    head = (
        "# Verdicts of the reference platform, written by `python -m sigmic_conformance.reports.reference`.",
        f"# suite {document['suite']}, ledger {document['ledger']}, {counts}",
    )
    rows = ("\t".join((row, *line)).rstrip() for row, line in sorted(lines(run).items()))
    return "\n".join((*head, *rows, ""))


def lines(run: SavedRun) -> dict[str, Line]:
    """Return the verdicts of a run in the form of the table."""
    return {row: _line(verdict) for row, verdict in run.verdicts.items()}


def compared(kept: Mapping[str, Line], run: SavedRun) -> tuple[list[str], list[str]]:
    """Return a text for each row that changed, and the rows that the machine was too busy to check."""
    fresh = lines(run)
    noisy = sorted(row for row, line in fresh.items() if line.reason in NOISE)
    rows = sorted((kept.keys() | fresh.keys()) - set(noisy))
    pairs = ((row, kept.get(row), fresh.get(row)) for row in rows)
    return [f"{row}  {_text(old)} → {_text(new)}" for row, old, new in pairs if old != new], noisy


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if no verdict changed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m sigmic_conformance.reports.reference",
        description="The saved verdicts of the reference platform.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or its result.json")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--file", type=Path, default=FILE, help=f"default: {FILE}")
    options = parser.parse_args(arguments)
    try:
        return _use(saved.read(options.run), options)
    except (NotKept, Unusable, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return ExitCode.USAGE


def _use(run: SavedRun, options: argparse.Namespace) -> int:
    if not options.check:
        write(options.file, table(run))
        sys.stdout.write(f"{options.file}: {plural(len(run.verdicts), 'requirement')} kept\n")
        return ExitCode.OK
    found, noisy = compared(read(options.file), run)
    sys.stdout.writelines(f"{change}\n" for change in found)
    if noisy:
        sys.stdout.write(f"too busy a machine to compare: {', '.join(noisy)}\n")
    if not found:
        sys.stdout.write(f"the verdicts are those of {options.file}\n")
        return ExitCode.OK
    sys.stdout.write(
        f"{plural(len(found), 'verdict differs', 'verdicts differ')} from {options.file}; "
        "if you intended this, write it again: python -m sigmic_conformance.reports.reference RUN\n"
    )
    return ExitCode.FAILED


def _unfit(run: SavedRun) -> Iterator[str]:
    document = run.document
    if not document["target"]["reference"]:
        yield "it tested another target than the reference platform"
    if document["problem"]:
        yield f"nothing was tested: {document['problem']}"
    if run.is_partial or document.get("unselected"):
        yield "it tested only a part of the requirements"
    noisy = [row for row, verdict in run.verdicts.items() if verdict.reason in NOISE]
    if noisy:
        yield f"the machine was too busy to test {', '.join(noisy[:5])}: run again when it is quiet"
    broken = [row for row, verdict in run.verdicts.items() if verdict.outcome is Outcome.ERRORED]
    if broken:
        yield f"the suite itself broke in {', '.join(broken[:5])}"
    if document["exit_code"] != ExitCode.OK:
        yield f"the reference platform has to be conformant, and this is exit code {document['exit_code']}"


def _line(verdict: Verdict) -> Line:
    # An `info` without a reason records which reading a target follows; its counts vary between runs.
    is_reading = verdict.outcome is Outcome.INFO and not verdict.reason
    reading = _TIMES.sub("", " ".join(verdict.observed.split())) if is_reading else ""
    return Line(verdict.outcome, verdict.reason or reading)


def _text(line: Line | None) -> str:
    return line.text() if line else "not judged"


if __name__ == "__main__":
    raise SystemExit(main())
