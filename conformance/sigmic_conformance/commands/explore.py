"""`sigmic-conformance explore`: requests drawn from the contract, or random lives of tasks.

The verdicts are those of requirements, in a result like any other run's.
"""

import argparse
import contextlib
import os
from pathlib import Path

from sigmic_conformance.commands.deriving import derived
from sigmic_conformance.commands.exploration.lives import Lives
from sigmic_conformance.commands.exploration.run import Exploration
from sigmic_conformance.commands.exploration.scope import explorable
from sigmic_conformance.commands.output import show, show_lines
from sigmic_conformance.commands.targeting import require_target
from sigmic_conformance.exit_codes import MEANING, ExitCode, Refused
from sigmic_conformance.registry import load
from sigmic_conformance.reports.folder import clear
from sigmic_conformance.run import console, result
from sigmic_conformance.target.profile import Credentials, Profile, resolve
from sigmic_conformance.target.reference_server import reference_platform
from sigmic_conformance.target.settings import effective
from sigmic_conformance.traffic.seed import SEED_LIMIT, new_seed
from sigmic_spec.arguments import as_argument
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from sigmic_spec.nearest import hint_of_known
from sigmic_spec.plural import plural
from sigmic_spec.units import read_seconds

REQUESTS, TURNS, TURNS_OF_LIVES = 600, 60, 2_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target, the budget and the seed."""
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--mock", action="store_true", help="start the reference platform and explore it")
    target.add_argument("--target", metavar="URL", help="base URL of the platform to explore")
    parser.add_argument("--profile", metavar="FILE", help="profile of the target (YAML)")
    parser.add_argument("--api-key-env", metavar="NAME", help="environment variable with the API key")
    parser.add_argument(
        "--stateful",
        action="store_true",
        help="random lives of tasks instead of single requests; one that breaks a requirement is shortened",
    )
    parser.add_argument(
        "--turns",
        type=int,
        metavar="N",
        help=f"maximum number of agent turns (default: {TURNS}, with --stateful {TURNS_OF_LIVES})",
    )
    parser.add_argument(
        "--seconds",
        metavar="TIME",
        type=as_argument(read_seconds),
        default=60.0,
        help="time limit, for example 5m (default 60s)",
    )
    parser.add_argument(
        "--requests",
        type=int,
        metavar="N",
        help=f"maximum number of requests (default {REQUESTS})",
    )
    parser.add_argument(
        "--operation", action="append", metavar="NAME", help="only this operation; repeatable"
    )
    parser.add_argument("--seed", type=int, help="seed, to repeat an exploration")
    parser.add_argument("--report-dir", metavar="DIR", default="reports/explore")


def run(options: argparse.Namespace) -> int:
    """Explore, check, print the findings, and write a result like any other run's."""
    require_target(options)
    _check(options)
    seed = new_seed() if options.seed is None else options.seed
    with contextlib.ExitStack() as resources:
        profile, credentials = _target(options, resources)
        ledger = Ledger.load()
        registry = load(ledger.by_id)
        show(f"Exploring {profile.base_url}, seed {seed} (--seed {seed} repeats it) …")
        if options.stateful:
            if profile.read_only:
                raise Refused("--stateful creates tasks, but the profile allows reading only")
            lives = Lives(profile=profile, credentials=credentials, ledger=ledger, registry=registry)
            lives.explore_lives(seed=seed, turns=options.turns or TURNS_OF_LIVES, seconds=options.seconds)
            _show_shortest(lives)
            return _told(lives, Path(options.report_dir))
        operations = explorable(profile, options.operation or ())
        if not operations:
            raise Refused("nothing to explore: the profile leaves out every operation that was asked for")
        exploration = Exploration(profile=profile, credentials=credentials, ledger=ledger, registry=registry)
        exploration.explore(
            operations,
            seed=seed,
            requests=options.requests or REQUESTS,
            turns=options.turns or TURNS,
            seconds=options.seconds,
        )
    return _told(exploration, Path(options.report_dir))


def _show_shortest(lives: Lives) -> None:
    """Print the number of lives, and the steps of the shortest that breaks a requirement."""
    told = f"{plural(lives.lived, 'life', 'lives')} with {plural(lives.spending.turns, 'turn')}"
    if lives.shortest is None:
        show(f"{told}, none of them broke a requirement")
        return
    show(f"{told}. The shortest that breaks {lives.shortest.broken[0]}:")
    show_lines(f"  {number}. {step}" for number, step in enumerate(lives.shortest.steps, 1))


def _check(options: argparse.Namespace) -> None:
    if options.stateful and (options.operation or options.requests is not None):
        raise Refused("--operation and --requests choose single requests: leave them out with --stateful")
    limits = (options.turns, options.requests)
    if options.seconds <= 0 or any(each is not None and each < 1 for each in limits):
        raise Refused("--turns, --requests and --seconds must be above 0")
    if options.seed is not None and not 0 <= options.seed < SEED_LIMIT:
        raise Refused(f"--seed: {options.seed} is not a whole number from 0 to {SEED_LIMIT - 1}")
    known = Document.load().operations
    for name in options.operation or ():
        if name not in known:
            raise Refused(f"--operation: the contract has no {name}{hint_of_known(name, known)}")


def _target(options: argparse.Namespace, resources: contextlib.ExitStack) -> tuple[Profile, Credentials]:
    if options.mock:
        return resources.enter_context(reference_platform())
    return resolve(effective(vars(options), os.environ), environment=os.environ)


def _told(exploration: Exploration, folder: Path) -> int:
    """Print the findings, write the result, and return the exit code."""
    code = exploration.exit_code()
    if exploration.reachable is not None and exploration.reachable.problem is not None:
        show(f"Not explored: {exploration.reachable.problem}")
    show_lines(console.findings(exploration))
    result.write(exploration, folder, complete=True)
    clear(folder)
    written, went = derived(folder, exploration.credentials.secrets())
    code = code if went is ExitCode.OK else went
    counts = ", ".join(f"{number} {what}" for what, number in exploration.counted().items())
    show(f"{counts}; {plural(len(exploration.verdicts), 'requirement')} decided: {MEANING[ExitCode(code)]}")
    show(f"Report: {folder / written} (transcripts in transcripts/)")
    return int(code)
