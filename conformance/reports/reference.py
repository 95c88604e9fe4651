"""The kept report of the reference platform, held against a fresh run, so that CI sees a changed verdict.

    python -m conformance.reports.reference            judge the mock and write reports/reference/
    python -m conformance.reports.reference --check    judge the mock and compare, row by row
    … --run DIR                                        use that run instead of a fresh one

What is kept is small and the same from run to run: times, ids, ports and measured numbers are replaced,
evidence and transcripts are left out. It is a `result.json` like any other: `diff`, `badge` read it too.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.conformance.reports.folder import SUMMARY, write
from sigmic_conformance.conformance.reports.markdown import summary
from sigmic_conformance.conformance.reports.material import gather, rows_of
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.results.comparison import Change, changes
from sigmic_conformance.conformance.results.saved import RESULT, SavedRun, Unusable
from sigmic_conformance.spec.plural import plural

FOLDER = Path("reports/reference")
RUN_SECONDS = 600
NO_TIME = "1970-01-01T00:00:00.000+00:00"
KEPT = frozenset(
    {"format", "suite", "ledger", "target", "strict", "selection", "tier", "problem", "counts", "areas"}
    | {"exit_code", "exit_codes", "baseline", "complete"}
)
LEFT_OUT = {"probe": "left-out", "exchange": 0, "label": "left out", "note": "evidence is not kept here"}
NOISE = frozenset({Unproven.TIMING_NOISE.value, Unproven.BUDGET.value, Unproven.TARGET_THROTTLED.value})
"""Reasons that speak of the machine and not of the target: such a row is named and not compared."""

_VOLATILE = (
    (re.compile(r"\[secret:[0-9a-f]+\]"), "[secret]"),
    (re.compile(r"eyJ[\w-]+(\.[\w-]*){0,2}"), "{token}"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "{uuid}"),
    (re.compile(r"\b\d{13}-[0-9a-z]{9}\b"), "{conversation}"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "{time}"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:{port}"),
    (re.compile(r"\b[a-z_]*[0-9a-f]{10,}\b"), "{nonce}"),
    # How often something was seen is chance, once included.
    (re.compile(r" \((and (\d+ )?more|(\d+|several) times?)\)"), ""),
    (
        re.compile(r"\b\d[\d,]*(\.\d+)?(?= ?(ms|s|seconds|bytes?|characters?|events?|tasks?|messages?)\b)"),
        "{n}",
    ),
    (re.compile(r"(?<=\{n\} )(byte|character|event|task|message)\b"), r"\1s"),
    (re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])"), "{n}"),
)


class NotKept(Exception):
    """The run is not fit to be the reference, or there is none; the text is one line."""


def settled(text: str) -> str:
    """The text with everything that differs from run to run replaced by its name."""
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text


def reduced(document: Mapping[str, Any]) -> dict[str, Any]:
    """The result without what is volatile or large; still a result by the published schema."""
    kept = {key: value for key, value in document.items() if key in KEPT}
    return kept | {
        "target": document["target"] | {"base_url": "http://127.0.0.1"},
        "started_at": NO_TIME,
        "ended_at": NO_TIME,
        "probes": {},
        "verdicts": [_row(row) for row in document["verdicts"]],
    }


def compared(kept: SavedRun, fresh: SavedRun) -> tuple[list[Change], list[str]]:
    """The rows that are judged otherwise, and those that the machine was too busy to judge."""
    noisy = sorted(row for row, verdict in fresh.verdicts.items() if verdict.reason in NOISE)
    found = [each for each in changes(kept, fresh) if each.id not in noisy and _differs(each)]
    return found, noisy


def keep(run: SavedRun, folder: Path) -> None:
    """Write the reference report. Raises `NotKept` for a run that is not one."""
    problem = next(_unfit(run), None)
    if problem is not None:
        raise NotKept(f"{run.folder} is not kept: {problem}")
    small = SavedRun(folder, reduced(run.document))
    material = replace(gather(run), run=small, rows=rows_of(small))
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / RESULT, json.dumps(small.document, ensure_ascii=False, indent=1) + "\n")
    write(folder / SUMMARY, summary(material))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all is well, 1 when verdicts changed."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.reports.reference",
        description="The saved report of the reference platform.",
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--run", type=Path, metavar="DIR", help="a finished run, instead of a fresh one")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: reports/reference")
    options = parser.parse_args(arguments)
    try:
        if options.run is not None:
            return _use(saved.read(options.run), options)
        with tempfile.TemporaryDirectory(prefix="sigmic-reference-") as folder:
            return _use(_fresh(Path(folder)), options)
    except (NotKept, Unusable, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return ExitCode.USAGE


def _use(run: SavedRun, options: argparse.Namespace) -> int:
    if not options.check:
        keep(run, options.folder)
        sys.stdout.write(f"{options.folder}: {plural(len(run.verdicts), 'requirement')} kept\n")
        return ExitCode.OK
    found, noisy = compared(saved.read(options.folder), run)
    for change in found:
        sys.stdout.write(f"{change.text()}\n")
    if noisy:
        sys.stdout.write(f"too busy a machine to compare: {', '.join(noisy)}\n")
    said = (
        f"{plural(len(found), 'verdict differs', 'verdicts differ')} from {options.folder}"
        if found
        else "the verdicts are those that are kept"
    )
    again = "; if you intended this, write it again: python -m conformance.reports.reference" if found else ""
    sys.stdout.write(f"{said}{again}\n")
    return ExitCode.FAILED if found else ExitCode.OK


def _fresh(folder: Path) -> SavedRun:
    """Judge the reference platform in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "sigmic_conformance.conformance",
        "run",
        "--mock",
        "--report-dir",
        str(folder),
    ]
    try:
        subprocess.run(command, check=False, timeout=RUN_SECONDS)  # noqa: S603  this suite's own command
    except subprocess.TimeoutExpired:
        raise NotKept(f"the run did not end within {RUN_SECONDS} s") from None
    return saved.read(folder)


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


def _differs(change: Change) -> bool:
    return _sense(change.before) != _sense(change.after)


def _sense(verdict: Verdict | None) -> object:
    if verdict is None:
        return None
    reading = settled(verdict.observed) if verdict.outcome is Outcome.INFO and not verdict.reason else ""
    return verdict.outcome, verdict.reason, reading


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without its evidence; of one that passed not even what was observed, which differs by chance."""
    passed = row["outcome"] == Outcome.PASSED
    observed = "" if passed else settled(row["observed"])[:300]
    slices = [LEFT_OUT] if row["slices"] else []
    return {**row, "expected": settled(row.get("expected", "")), "observed": observed, "slices": slices}


if __name__ == "__main__":
    raise SystemExit(main())
