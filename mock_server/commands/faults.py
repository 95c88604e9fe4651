"""`sigmic-mock faults`: look at the catalogue, arm a fault, see what fired, clear."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from mock_server.commands.command import USAGE, CommandRefused, Console
from mock_server.commands.target import Target, find_target, target_arguments
from mock_server.faults.catalogue import BadOrder, find, load_catalogue, parse_values


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    catalogue = actions.add_parser("list", help="print every fault there is", allow_abbrev=False)
    show = actions.add_parser("show", help="print one fault, or what is armed", allow_abbrev=False)
    show.add_argument("fault", nargs="?", metavar="ID")
    arm = actions.add_parser("arm", help="arm a fault for a project", allow_abbrev=False)
    arm.add_argument("order", metavar="ID[:name=value;name=value]", help="parameters and conditions")
    clear = actions.add_parser("clear", help="disarm one fault, or all", allow_abbrev=False)
    clear.add_argument("fault", nargs="?", metavar="ID")
    for action in (catalogue, show, arm, clear):
        target_arguments(action)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it; the catalogue is printed without a server."""
    try:
        answer, lines = _answer(given, environment)
    except BadOrder as problem:
        raise CommandRefused(str(problem), USAGE) from None
    console.say(json.dumps(answer) if given.json else "\n".join(lines))
    return 0


def _answer(given: argparse.Namespace, environment: Mapping[str, str]) -> tuple[Any, list[str]]:
    if given.action == "list":
        rows = [fault.as_json() for fault in load_catalogue().values()]
        return {"faults": rows}, [f"{row['class']:9}  {row['id']:36}  {row['requirement']}" for row in rows]
    if given.action == "show" and given.fault:
        row = find(given.fault).as_json()
        return row, [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in row.items()]
    return _of_server(given, find_target(given, environment))


def _of_server(given: argparse.Namespace, target: Target) -> tuple[Any, list[str]]:
    if given.action == "arm":
        fault, values = parse_values(given.order)
        armed = target.call("POST", "/faults", {"fault": fault, "with": values})
        return armed, [_line(armed)]
    if given.action == "clear":
        query = {"fault": find(given.fault).id} if given.fault else {}
        answer = target.call("DELETE", "/faults", {}, **query)
        return answer, [_line(each) for each in answer["cleared"]] or ["nothing was armed"]
    answer = target.call("GET", "/faults/active")
    return answer, [_line(each) for each in answer["active"]] or ["nothing is armed"]


def _line(armed: Mapping[str, Any]) -> str:
    return f"{armed['number']}  {armed['fault']}  fired {armed['fired']}"
