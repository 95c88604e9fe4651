"""`sigmic-mock faults`: look at the catalogue, arm a fault, see what fired, clear."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.commands.command import USAGE, CommandRefused, Console
from sigmic_conformance.mock_server.commands.target import Target, find_target, target_arguments
from sigmic_conformance.mock_server.faults.catalogue import BadFaultSpec, find, load_catalogue
from sigmic_conformance.mock_server.faults.grammar import read_spec


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    catalogue = actions.add_parser("list", help="list all faults", allow_abbrev=False)
    show = actions.add_parser("show", help="show a fault, or the armed faults", allow_abbrev=False)
    show.add_argument("fault", nargs="?", metavar="ID")
    arm = actions.add_parser(
        "arm", help="arm a fault for a project, or for all callers (--all-callers)", allow_abbrev=False
    )
    arm.add_argument("spec", metavar="ID[,name=value,name=value]", help="parameters and conditions")
    clear = actions.add_parser("clear", help="disarm one fault, or all", allow_abbrev=False)
    clear.add_argument("fault", nargs="?", metavar="ID")
    for action in (catalogue, show, arm, clear):
        target_arguments(action)
    for action in (show, arm, clear):
        action.add_argument(
            "--all-callers",
            action="store_true",
            help="apply to the whole server, including requests without credentials",
        )


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it; the catalogue is printed without a server."""
    try:
        answer, lines = _answer(given, environment)
    except BadFaultSpec as problem:
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
    scope = {"scope": "server"} if given.all_callers else {}
    if given.action == "arm":
        fault, values = read_spec(given.spec)
        armed = target.ask("arm_fault", **{"fault": fault, "with": values}, **scope)
        return armed, [_line(armed)]
    if given.action == "clear":
        answer = target.ask("clear_faults", fault=find(given.fault).id if given.fault else None, **scope)
        return answer, [_line(each) for each in answer["cleared"]] or [_none_armed(given, target)]
    answer = target.ask("list_armed_faults", **scope)
    return answer, [_line(each) for each in answer["active"]] or ["no faults armed"]


def _none_armed(given: argparse.Namespace, target: Target) -> str:
    if given.all_callers:
        return "no faults armed for all callers"
    others = len(target.ask("list_armed_faults", scope="server")["active"])
    also = f"; {others} armed for all callers, see `faults show --all-callers`" if others else ""
    return f"no faults armed for this project{also}"


def _line(armed: Mapping[str, Any]) -> str:
    whose = "all callers" if armed["project"] is None else f"project {armed['project']}"
    count = f"fired {armed['fired']}" if armed["fired"] else "never fired"
    return f"{armed['number']}  {armed['fault']}  {count}  {whose}"
