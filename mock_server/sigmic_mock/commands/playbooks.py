"""`sigmic-mock playbooks`: list them, check files, explain the match of a message, print the schema.

All but `--running` works without a server.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.playbooks.collection import read_all
from sigmic_mock.agent.playbooks.files import (
    SHIPPED,
    PlaybookError,
    PlaybookReader,
    as_yaml,
    playbook_paths,
)
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.playbook import Playbook, ties
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.commands.command import FAILED, CommandRefused, Console
from sigmic_mock.commands.target import find_target, target_arguments
from sigmic_mock.control.playbooks import listed, prompt_of
from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS
from sigmic_spec.plural import plural

_SHOWN_RUNNERS_UP = 5
_READER = PlaybookReader(ALL_STEP_KINDS)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all playbooks", allow_abbrev=False)
    validate = actions.add_parser(
        "validate", help="validate playbook files and report all errors", allow_abbrev=False
    )
    validate.add_argument("paths", nargs="+", metavar="PATH", help="a playbook file, or a folder of them")
    validate.add_argument("--json", action="store_true", help="print one JSON object")
    explain = actions.add_parser(
        "explain", help="show which playbook a message matches, and why", allow_abbrev=False
    )
    explain.add_argument("message", metavar="MESSAGE")
    explain.add_argument("--file", action="append", default=[], metavar="NAME", help="an attached file")
    explain.add_argument(
        "--after",
        action="append",
        default=[],
        metavar="MESSAGE",
        help="an earlier message of the conversation",
    )
    for action in (listing, explain):
        action.add_argument("--playbooks", metavar="FOLDER", help="folder of your own playbooks")
        action.add_argument("--running", action="store_true", help="ask the running server")
        target_arguments(action)
    actions.add_parser("schema", help="print the JSON Schema of a playbook", allow_abbrev=False)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Run the command; `validate` exits with 1 for an invalid file."""
    match given.action:
        case "schema":
            console.say(json.dumps(playbook_schema(ALL_STEP_KINDS), indent=2))
        case "validate":
            return _validate(given, console)
        case "list":
            answer = _listed(given, environment)
            console.say(json.dumps(answer) if given.json else "\n".join(_rows(answer)))
            for problem in answer["problems"]:
                console.note(f"broken, the last good version is in use: {problem}")
        case _:
            answer = _explained(given, environment)
            console.say(json.dumps(answer) if given.json else "\n".join(_lines(answer)))
    return 0


# --- validate ----------------------------------------------------------------------------------------------


def _validate(given: argparse.Namespace, console: Console) -> int:
    files: list[Path] = []
    problems: list[str] = []
    for path in map(Path, given.paths):
        try:
            found = playbook_paths(path) if path.is_dir() else [path]
            files += found
            if not found:
                problems.append(f"{path}: holds no playbook; one is a file whose name ends in .yaml or .yml")
        except OSError as error:
            problems.append(f"{path}: can't be read: {error.strerror}")
    playbooks, wrong = read_all(list(dict.fromkeys(files)), _READER)
    problems += wrong
    problems += _ties_with_bundled(playbooks)
    if given.json:
        console.say(json.dumps({"files": len(files), "valid": not problems, "problems": problems}))
    elif problems:
        console.say("\n".join(problems))
    else:
        console.say(f"{plural(len(playbooks), 'playbook')}, no problems")
    return FAILED if problems else 0


def _ties_with_bundled(playbooks: list[Playbook]) -> list[str]:
    """Return the playbooks that tie with one another or with a bundled playbook of another name."""
    names = {playbook.name for playbook in playbooks}
    bundled, _ = read_all(playbook_paths(SHIPPED), _READER)
    return list(ties([*(each for each in bundled if each.name not in names), *playbooks]))


# --- list and explain --------------------------------------------------------------------------------------


def _listed(given: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    if given.running or given.ready_file:
        return dict(find_target(given, environment).ask("list_playbooks"))
    return listed(Agent(_library(given, environment)), given.project or "")


def _rows(answer: Mapping[str, Any]) -> list[str]:
    rows = answer["playbooks"]
    width = max((len(row["name"]) for row in rows), default=0)
    return [f"{row['name']:{width}}  {row['from']:7}  {row['summary']}" for row in rows] or ["none"]


def _explained(given: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    if given.running or given.ready_file:
        prompt = {"message": given.message, "files": given.file, "earlier": given.after}
        return dict(find_target(given, environment).ask("explain", **prompt))
    agent = Agent(_library(given, environment))
    return agent.explain(prompt_of(given.message, given.file, given.after, given.project or ""))


def _library(given: argparse.Namespace, environment: Mapping[str, str]) -> Library:
    folder = given.playbooks or environment.get("SIGMIC_MOCK_PLAYBOOKS")
    try:
        return Library([Path(folder)] if folder else [], reader=_READER)
    except PlaybookError as error:
        raise CommandRefused(str(error)) from None


def _lines(answer: Mapping[str, Any]) -> list[str]:
    lines = [f"# {answer['source']}: {answer['why']}"]
    if answer["playbook"]:
        lines.append(f"# from {answer['playbook']['from']}: {answer['playbook']['source']}")
    fitting = [each for each in answer["runners_up"] if each["fits"]]
    others = [each for each in answer["runners_up"] if not each["fits"]]
    shown = [*fitting, *others[:_SHOWN_RUNNERS_UP]]
    lines += [f"# not {each['name']}: {each['why_not']}" for each in shown]
    if len(others) > _SHOWN_RUNNERS_UP:
        lines.append(f"# and {len(others) - _SHOWN_RUNNERS_UP} more that do not match (--json shows all)")
    lines += [f"# not understood: {json.dumps(each, ensure_ascii=False)}" for each in answer["unparsed"]]
    return [*lines, *([] if answer["compiled"] is None else [as_yaml(answer["compiled"])])]
