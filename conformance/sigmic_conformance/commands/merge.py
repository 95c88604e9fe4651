"""`sigmic-conformance merge RUN…`: merge the shards of a run into one result and apply the gate."""

import argparse
from pathlib import Path

from sigmic_conformance.commands.deriving import derived
from sigmic_conformance.commands.output import show, show_lines, writing
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.registry import load
from sigmic_conformance.reports.folder import clear
from sigmic_conformance.results import saved
from sigmic_conformance.results.baseline_file import read_baseline
from sigmic_conformance.run import console
from sigmic_conformance.run.merging import Merged, merged
from sigmic_conformance.run.result import write_result, write_transcripts
from sigmic_spec.ledger import Ledger


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the shards, the baseline and the output."""
    parser.add_argument("saved", metavar="RUN", nargs="+", type=Path, help="folder of a shard's run")
    parser.add_argument("--baseline", metavar="FILE", type=Path, help="known failures of the target (YAML)")
    parser.add_argument("--report-dir", metavar="DIR", type=Path, default="reports", help="default: reports/")


def run(options: argparse.Namespace) -> int:
    """Check the transcripts of all shards, write and print the report; return the exit code of a run."""
    ledger = Ledger.load()
    folder: Path = options.report_dir
    parts = [saved.read(path) for path in options.saved]
    baseline = read_baseline(options.baseline) if options.baseline else ()
    if any(part.folder.resolve() == folder.resolve() for part in parts):
        raise Refused(f"{folder} holds one of the shards: write the whole elsewhere, by --report-dir")
    whole = merged(parts, ledger, load(ledger.by_id), baseline)
    with writing(folder):
        _write(whole, folder)
    written, went = derived(folder, ())
    code = whole.code() if went is ExitCode.OK else went
    show_lines((*console.table(whole.run), *console.claimed(whole.run), ""))
    show_lines((*console.findings(whole.run), ""))
    show(console.conclusion(whole.run, code))
    show(f"Report: {folder / written} (transcripts in transcripts/)")
    return code


def _write(whole: Merged, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / saved.RESULT).unlink(missing_ok=True)
    clear(folder)
    sha256 = write_transcripts(folder, whole.transcripts, whole.again)
    write_result(folder, whole.document(sha256))
