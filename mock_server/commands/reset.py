"""`sigmic-mock reset`: put a project back to nothing, or one thing of it."""

import argparse
import json
from collections.abc import Mapping

from sigmic_conformance.mock_server.commands.command import Console
from sigmic_conformance.mock_server.commands.target import find_target, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "scope",
        nargs="*",
        metavar="THING",
        help="what to reset: state, faults, clock, …; default: everything",
    )
    target_arguments(parser)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it."""
    answer = find_target(given, environment).call(
        "POST", "/reset", {"scope": given.scope} if given.scope else {}
    )
    console.say(
        json.dumps(answer)
        if given.json
        else f"reset {', '.join(answer['reset'])} of project {answer['project']}"
    )
    return 0
