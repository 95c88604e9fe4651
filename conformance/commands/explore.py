"""`sigmic-conformance explore`: random walks through a task's life, repeatable by their seed."""

import argparse
import contextlib
import os
import secrets
from pathlib import Path

from conformance import console, result
from conformance.commands.command import Refused
from conformance.exit_codes import MEANING, ExitCode
from conformance.explore.run import Exploration
from conformance.reference import reference_platform
from conformance.registry import load
from conformance.settings import effective
from conformance.target import Credentials, Profile, ProfileError, resolve
from spec.ledger import Ledger


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target, the budget and the seed."""
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--mock", action="store_true", help="start the reference platform and explore that")
    target.add_argument("--target", metavar="URL", help="the platform to explore")
    target.add_argument("--profile", metavar="FILE", help="profile of the target (YAML)")
    parser.add_argument("--api-key-env", metavar="NAME", help="variable with the key")
    parser.add_argument("--turns", type=int, default=60, help="how often an agent may work (default 60)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long it may take (default 60)")
    parser.add_argument("--seed", type=int, help="repeat the walks of this seed")
    parser.add_argument("--report-dir", metavar="DIR", default="reports/explore")


def run(options: argparse.Namespace) -> int:
    """Walk, judge, print what was found, and write a result like any other run's."""
    if options.turns < 1 or options.seconds <= 0:
        raise Refused("--turns and --seconds must be above 0")
    seed = secrets.randbelow(1 << 31) if options.seed is None else options.seed
    with contextlib.ExitStack() as resources:
        try:
            profile, credentials = _target(options, resources)
        except ProfileError as problem:
            raise Refused(str(problem)) from problem
        ledger = Ledger.load()
        exploration = Exploration(
            profile=profile, credentials=credentials, ledger=ledger, registry=load(ledger.by_id)
        )
        print(f"Exploring {profile.base_url}, seed {seed} (--seed {seed} repeats it) …", flush=True)
        exploration.explore(seed=seed, turns=options.turns, seconds=options.seconds)
    code = exploration.exit_code()
    if exploration.reachable is not None and exploration.reachable.problem is not None:
        print(f"Not explored: {exploration.reachable.problem}")
    for line in console.findings(exploration):
        print(line)
    path = result.write(exploration, Path(options.report_dir), complete=True)
    counts = ", ".join(f"{number} {what}" for what, number in exploration.counted().items())
    print(f"{counts}; {len(exploration.verdicts)} requirements decided: {MEANING[ExitCode(code)]}")
    print(f"Report: {path}")
    return int(code)


def _target(options: argparse.Namespace, resources: contextlib.ExitStack) -> tuple[Profile, Credentials]:
    if options.mock:
        return resources.enter_context(reference_platform())
    return resolve(effective(vars(options), os.environ), environment=os.environ)
