"""`sigmic-mock snapshot`: keep a project's whole state, go back to it, make other projects from it."""

import argparse
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sigmic_conformance.mock_server.commands.command import Console
from sigmic_conformance.mock_server.commands.target import Target, find_target, target_arguments
from sigmic_conformance.spec.plural import plural


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    save = actions.add_parser("save", help="save a snapshot", allow_abbrev=False)
    save.add_argument("name", nargs="?", metavar="NAME", help="default: snapshot-1, snapshot-2, …")
    everything = actions.add_parser("list", help="list the project's snapshots", allow_abbrev=False)
    restore = actions.add_parser("restore", help="restore a snapshot", allow_abbrev=False)
    fork = actions.add_parser("fork", help="create projects from a snapshot", allow_abbrev=False)
    fork.add_argument("--count", type=int, default=1, metavar="NUMBER", help="how many (default: 1)")
    delete = actions.add_parser("delete", help="delete a snapshot", allow_abbrev=False)
    for action in (restore, fork, delete):
        action.add_argument("name", metavar="NAME")
    for action in (save, everything, restore, fork, delete):
        target_arguments(action)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it."""
    answer, lines = _ACTIONS[given.action](find_target(given, environment), given)
    console.say(json.dumps(answer) if given.json else "\n".join(lines))
    return 0


def _save(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("POST", "/snapshots", {} if given.name is None else {"name": given.name})
    return answer, [_line(answer)]


def _list(target: Target, _given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("GET", "/snapshots")
    return answer, [_line(each) for each in answer["snapshots"]] or ["there is no snapshot"]


def _restore(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("POST", f"{_address(given)}/restore", {})
    return answer, [f"restored {_line(answer)}"]


def _fork(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("POST", f"{_address(given)}/fork", {"count": given.count})
    return answer, [
        f"{fork['project']}  {fork['api_key']}  {plural(len(fork['tasks']), 'task')}"
        for fork in answer["forks"]
    ]


def _delete(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("DELETE", _address(given))
    return answer, [f"deleted {answer['deleted']} of project {answer['project']}"]


def _address(given: argparse.Namespace) -> str:
    return f"/snapshots/{quote(given.name, safe='')}"


def _line(snapshot: Mapping[str, Any]) -> str:
    return (
        f"{snapshot['name']}  {snapshot['taken_at']}  {plural(len(snapshot['tasks']), 'task')}"
        f"  {snapshot['sessions']} sessions  {plural(snapshot['bytes'], 'byte')}"
    )


_ACTIONS = {"save": _save, "list": _list, "restore": _restore, "fork": _fork, "delete": _delete}
