"""`python -m tools.mutation`: mutate the judge, run its unit tests, print the score and every survivor.

Exits with 1 when fewer than nine in ten mutants are noticed. A sample is drawn by a seed, which is printed.
With `--platform`, mutate a platform instead, and see whether a requirement fails.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

from cosmic_ray.work_item import MutationSpec

from tools.mutation.mutants import Mutant, drawn, mutant, places
from tools.mutation.plan import ROOT, SAMPLE, SAMPLED, WHOLE
from tools.mutation.score import GOAL, known, scores, survivors
from tools.mutation.trial import Outcome, prepare, proof, reach, tried

SEED_LIMIT = 1 << 32
DETECTED = 0.95
"""The share of mutants of a platform that the right requirement must detect."""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="MODULE", help="such as transcript.sse or checks.stream"
    )
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, metavar="N", help="mutants of the checks; 0: all"
    )
    parser.add_argument("--seed", type=int, help="draw the sample of this seed again")
    parser.add_argument(
        "--proof", type=Path, metavar="DIR", help="kept trials (prove --keep DIR), to try checks on as well"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--platform", choices=("mock", "independent"), help="mutate this platform instead")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="of --platform: go on from what is kept here, and keep more"
    )
    parser.add_argument(
        "--explained", type=Path, metavar="FILE", help="of --platform: what is known of the survivors (YAML)"
    )
    parser.add_argument(
        "--controls", type=int, default=0, metavar="N", help="of --platform: try it unchanged so many times"
    )
    options = parser.parse_args()
    if options.platform:
        return _platform(options)
    seed = secrets.randbelow(SEED_LIMIT) if options.seed is None else options.seed
    os.chdir(ROOT)
    prepare()
    chosen, whole = _chosen(options.only, options.sample, seed)
    print(
        f"{len(chosen)} mutants of {whole}, seed {seed} (--seed {seed} draws the sample again) …", flush=True
    )
    reached = reach()
    made = [each for spec in chosen if (each := mutant(spec)) is not None]
    judges = {each.module for each in made if f".{SAMPLED}." in each.module}
    kept = proof(options.proof.resolve(), judges) if options.proof and judges else None
    equivalent = known()
    results: list[tuple[Mutant, Outcome]] = []
    for result in tried(made, reached, options.jobs, kept):
        results.append(result)
        for each, outcome in survivors([result], equivalent):
            print(f"{outcome}  {each.module}:{each.line}  {each.operator}  ({len(results)} of {len(chosen)})")
            print(f"    - {each.before}\n    + {each.after}", flush=True)
    heads = ("noticed", "of", "score", "by proof", "by verdicts", "by words", "equivalent", "not imported")
    print(f"{'module':28}" + "".join(f"{head:>17}" for head in heads))
    told = scores(results, equivalent)
    for score in told:
        cells = (
            score.noticed,
            score.tried,
            f"{score.share:.1%}",
            score.proven,
            score.moved,
            score.worded,
            score.equivalent,
            score.broken,
        )
        print(f"{score.name:28}" + "".join(f"{cell:>17}" for cell in cells))
    return 0 if told[-1].share >= GOAL else 1


def _platform(options: argparse.Namespace) -> int:
    """Mutate a platform; print each survivor as soon as it is found, and then the figures."""
    from tools.mutation.platforms.report import figures, survivor  # noqa: PLC0415 - imports what the other way must not
    from tools.mutation.platforms.run import trials  # noqa: PLC0415 - likewise

    seed = secrets.randbelow(SEED_LIMIT) if options.seed is None else options.seed
    folder = options.keep or ROOT / "reports" / f"mutants-{options.platform}"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {seed}; kept in {folder}", flush=True)
    found = []
    for trial in trials(
        options.platform,
        sample=options.sample,
        seed=seed,
        jobs=min(options.jobs, options.sample),
        folder=folder,
        controls=options.controls,
    ):
        found.append(trial)
        if text := survivor(trial):
            print(text, flush=True)
    told = figures(found, options.explained)
    print(told.text)
    return 0 if told.share >= DETECTED else 1


def _chosen(only: list[str] | None, sample: int, seed: int) -> tuple[list[MutationSpec], int]:
    """Return the places that can be changed, and their total number."""
    wanted = only or [*WHOLE, SAMPLED]
    whole = [
        spec
        for name in wanted
        if name != SAMPLED
        for spec in places(f"sigmic_conformance.conformance.{name}")
    ]
    everything: list[MutationSpec] = []
    if SAMPLED in wanted:
        for path in sorted((ROOT / "conformance" / SAMPLED).glob("[a-z]*.py")):
            everything += places(f"sigmic_conformance.conformance.{SAMPLED}.{path.stem}")
    return whole + drawn(everything, sample or len(everything), seed), len(whole) + len(everything)


if __name__ == "__main__":
    sys.exit(main())
