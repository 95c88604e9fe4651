"""`python -m load.merge A B … --into FOLDER`: one report of runs of several machines without a common master.

Exit codes: 0 held, 2 asked wrongly, 3 an objective is broken, 4 no answer: the parts are not of one load, or
what they show together is unproven or incomplete.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sigmic_conformance.load.report.files import render_table, write_report
from sigmic_conformance.load.report.merging import differences, merge
from sigmic_conformance.load.report.saved import BadReport, read_whole_report
from sigmic_conformance.load.verdicts.conclusion import WITHOUT_ANSWER_EXIT

ASKED_WRONGLY = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge; returns the exit code."""
    parser = argparse.ArgumentParser("load.merge", description="Merge the reports of one load.")
    parser.add_argument("first", type=Path, help="load.json of one machine, or its folder")
    parser.add_argument("others", type=Path, nargs="+", metavar="other", help="of another")
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where the report goes")
    asked = parser.parse_args(arguments)
    paths: list[Path] = [asked.first, *asked.others]
    if len({path.resolve() for path in paths}) < len(paths):
        return _refuse("one of them is given twice", ASKED_WRONGLY)
    try:
        parts = {str(path): read_whole_report(path) for path in paths}
    except BadReport as problem:
        return _refuse(str(problem), ASKED_WRONGLY)
    if found := differences(parts):
        return _refuse(f"not of one load: {'; '.join(found)}", WITHOUT_ANSWER_EXIT)
    merged = merge(parts)
    write_report(merged.report, asked.into)
    sys.stdout.write(f"{render_table(merged.outcomes, merged.conclusion, '')}\n")
    sys.stdout.write(f"report: {asked.into / 'load.html'}\n")
    return merged.conclusion.exit_code or 0


def _refuse(problem: str, code: int) -> int:
    sys.stderr.write(f"load.merge: {problem}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
