"""`python -m lab.prove`: break the reference platform in every known way, and detect it."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lab.prove.lanes import ON_REQUEST, PARTS
from lab.prove.page import page
from lab.prove.part import EDITS, SAMPLE, Part, ProofOptions
from lab.prove.platform import ControlRefused
from lab.prove.proving import HEALTHY, NothingMatches, document, exit_code, prove
from sigmic_conformance.commands.output import complain, show_lines, writing
from sigmic_conformance.commands.selection import where_to_look
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.run.result import suite_version, write_whole
from sigmic_conformance.target.profile import ProfileError

JOBS_PER_PROCESSOR = 8
LINE_SECONDS = 10.0
SHOWN = 40
LOOK_AT_ROWS = "in a clone `tox -e unit -- tests/mock_server/faults` says what is wrong with a fault"


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; print one clear line for an error; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab.prove", description=__doc__)
    arguments(parser)
    try:
        return run(parser.parse_args(words))
    except Refused as refusal:
        complain(f"lab.prove: {refusal}")
        return refusal.code


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts to run and the report's folder."""
    parser.add_argument("--part", choices=[*PARTS], action="append", help="run only this part; repeatable")
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        default=[],
        help="ids or requirements to prove, for example 'http.*' or 'BEAT-*'; repeatable",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_whole(64),
        default=JOBS_PER_PROCESSOR * (os.cpu_count() or 1),
        help="parallel trials (default: eight per CPU)",
    )
    parser.add_argument(
        "--sample",
        metavar="N",
        type=_whole(1_000_000),
        default=SAMPLE,
        help=f"for --part confined: number of violations to draw (default {SAMPLE})",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="for --part confined: seed of the sample (default 0)"
    )
    parser.add_argument(
        "--edits",
        metavar="N",
        type=_whole(10_000),
        default=EDITS,
        help=f"for --part transcripts: random edits per transcript (default {EDITS})",
    )
    parser.add_argument("--report-dir", metavar="DIR", default="reports", help="default: reports/")


def run(options: argparse.Namespace) -> int:
    """Run the proof, print the summary, write proof.json and proof.html."""
    folder = Path(options.report_dir)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("proof.json", "proof.html"):
            (folder / name).unlink(missing_ok=True)
    started_at = datetime.now(UTC)
    plan = ProofOptions(
        tuple(options.only),
        options.jobs,
        _Ticker(),
        sample=options.sample,
        seed=options.seed,
        edits=options.edits,
    )
    try:
        names = options.part or [name for name in PARTS if name not in ON_REQUEST]
        parts = prove(names, plan, _say)
    except (ProfileError, ControlRefused, NothingMatches) as problem:
        raise refusal(problem, options.only) from problem
    except KeyboardInterrupt:
        raise Refused("interrupted, nothing was written", ExitCode.INTERRUPTED) from None
    found = document(parts, started_at=started_at, only=options.only, suite=suite_version())
    write_whole(folder / "proof.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    write_whole(folder / "proof.html", page(found))
    show_lines(summary(parts, found["seconds"], folder))
    return exit_code(parts)


def refusal(problem: ProfileError | ControlRefused | NothingMatches, only: Sequence[str]) -> Refused:
    """Return the line for a proof that cannot be run with `--only`."""
    if isinstance(problem, ProfileError):
        return Refused(str(problem), ExitCode.UNREACHABLE)
    if isinstance(problem, ControlRefused):
        return Refused(f"the reference platform refuses {problem}; {LOOK_AT_ROWS}", ExitCode.HARNESS)
    # Ids of faults are in lower case, those of requirements in upper case.
    known = sorted(problem.known, key=lambda name: name.isupper() is not only[0].isupper())
    shown = " or ".join(map(repr, only))
    return Refused(f"nothing matches --only {shown}; {where_to_look(only[0], known)}", ExitCode.NOTHING)


class _Ticker:
    """Prints the progress of a part, at most every ten seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._said >= LINE_SECONDS:
            self._said = now
            _say(f"  {text}")


def _say(text: str) -> None:
    complain(text)


def summary(parts: Sequence[Part], seconds: float, folder: Path) -> Iterator[str]:
    """The lines to print: each part with items, its first problems, the verdict."""
    for part in parts:
        if part.name != HEALTHY and not part.items and not part.problems:
            continue  # the pattern matches no item of this part
        yield f"{part.name:12} {part.summary} ({part.seconds} s)"
        yield from (f"    {problem}" for problem in part.problems[:SHOWN])
        if len(part.problems) > SHOWN:
            yield f"    and {len(part.problems) - SHOWN} more, see proof.json"
    verdict = "the suite is proven" if exit_code(parts) is ExitCode.OK else "the suite is not proven"
    yield ""
    yield f"{verdict}, {seconds} s. Report: {folder / 'proof.json'}, proof.html"


def _whole(most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from 1 to the maximum."""

    def read(text: str) -> int:
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from 1 to {most}, not {text!r}")
        return int(text)

    return read
