"""A part of each instrument, for CI: `python -m lab.sample [--since REVISION] [--report-dir DIR]`.

Proves the violations of the areas that a change touches, and draws the rest by a seed that follows from the
commit: a small part of every instrument, so that none breaks unnoticed. `.ci/nightly` runs them whole.
"""

import argparse
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sigmic_mock.faults.catalogue import load_catalogue
from sigmic_mock.faults.fault import Fault
from sigmic_spec.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
TOUCHED = 40
"""Violations of touched areas that are proven; of more, as many are drawn."""
OTHERS = 20
LEGAL = 4
"""Variations, and transient faults, that are drawn."""
PLATFORMS, PARTS = 2, 12
SECONDS = 600
_AREA_FILE = re.compile(
    r"spec/requirements/([a-z]+)\.yaml"
    r"|conformance/sigmic_conformance/(?:checks|traffic/probes)/([a-z]+)(?:_\w+)?\.py"
    r"|mock_server/sigmic_mock/faults/rows/([a-z]+)\.yaml"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The ids of faults to try."""

    touched: Sequence[str]
    others: Sequence[str]
    legal: Sequence[str]


def areas_of(paths: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the areas of the ledger that the changed files belong to by name, such as BEAT."""
    found = {match[match.lastindex or 0].upper() for match in map(_AREA_FILE.fullmatch, paths) if match}
    return found & set(known)


def draw(catalogue: Mapping[str, Fault], areas: Iterable[str], seed: int) -> Drawn:
    """Draw violations of the areas, violations of the others, and legal faults."""
    random, mine = Random(seed), set(areas)  # noqa: S311 - a sample
    violations = [each for each in catalogue.values() if each.kind == "violation"]
    touched = [each.id for each in violations if each.row.partition("-")[0] in mine]
    others = [each.id for each in violations if each.row.partition("-")[0] not in mine]
    legal = [
        name
        for kind in ("variation", "transient")
        for name in _some([each.id for each in catalogue.values() if each.kind == kind], LEGAL, random)
    ]
    return Drawn(_some(touched, TOUCHED, random), _some(others, OTHERS, random), legal)


def _some(ids: Sequence[str], most: int, random: Random) -> list[str]:
    return sorted(random.sample(ids, min(most, len(ids))))


def commands(drawn: Drawn, seed: int, folder: Path) -> dict[str, list[str]]:
    """Return the command of each instrument, by its name."""
    only = [word for name in (*drawn.touched, *drawn.others) for word in ("--only", name)]
    legal = [word for name in drawn.legal for word in ("--only", name)]
    prove = [sys.executable, "-m", "lab.prove"]
    platforms = [sys.executable, "-m", "lab.platforms.drawn"]
    return {
        "violations": [*prove, "--part", "server", *only, "--report-dir", str(folder / "violations")],
        "legal faults": [
            *prove,
            *("--part", "variations", "--part", "transient", *legal, "--report-dir", str(folder / "legal")),
        ],
        "drawn platforms": [
            *platforms,
            *("--first", str(seed % 10_000), "--seeds", str(PLATFORMS), "--parts", str(PARTS)),
        ],
        "unit tests of the instruments": [
            *(sys.executable, "-m", "pytest", "tests/lab", "-q", "-n", "4", "--dist", "worksteal"),
        ],
        "bench": [sys.executable, "-m", "lab.bench", "--quick", "--rounds", "1", "--only", "get"],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Run the sample; return 1 if an instrument found something."""
    parser = argparse.ArgumentParser(prog="python -m lab.sample", description=__doc__)
    parser.add_argument(
        "--since", default=os.environ.get("SIGMIC_BASE", ""), help="the revision before the change"
    )
    parser.add_argument("--report-dir", type=Path, default=Path("reports/sample"))
    options = parser.parse_args(words)
    commit = _git("rev-parse", "HEAD")
    seed = zlib.crc32(commit.encode())
    areas = areas_of(_changed(options.since), {each.area for each in Ledger.load().requirements})
    drawn = draw(load_catalogue(), areas, seed)
    print(
        f"touched: {', '.join(sorted(areas)) or 'no area'}; seed {seed}; "
        f"{len(drawn.touched)} violations of these areas, {len(drawn.others)} others",
        flush=True,
    )
    failed = []
    for name, command in commands(drawn, seed, options.report_dir).items():
        print(f"--- {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, timeout=SECONDS, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "every sample passed")
    return int(bool(failed))


def _changed(since: str) -> list[str]:
    """Return the files that changed since a revision; without a known one, those of the last day."""
    known = since and _git("rev-list", "-1", "--ignore-missing", since, "--")
    base = known or _git("rev-list", "-1", "--before=1 day ago", "HEAD")
    return _git("diff", "--name-only", base, "HEAD").splitlines() if base else []


def _git(*words: str) -> str:
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
