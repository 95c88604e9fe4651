"""`sigmic-mock faults`: list the catalogue, arm a fault, see what fired, clear."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from sigmic_mock.commands.command import USAGE, CommandRefused, Console
from sigmic_mock.commands.target import Target, find_target, target_arguments
from sigmic_mock.faults.catalogue import BadFaultSpec, find, load_catalogue, specify
from sigmic_mock.faults.fault import FaultClass
from sigmic_mock.faults.grammar import read_spec
from sigmic_mock.gauntlet.plan import chosen

_USUAL = {"probability": 1.0, "seed": 0}
"""Conditions that every trigger has."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    catalogue = actions.add_parser("list", help="list faults, with what each teaches", allow_abbrev=False)
    catalogue.add_argument(
        "only", nargs="?", default="*", metavar="GLOB", help="ids, for example 'sse.*|net.*'"
    )
    kinds = ",".join(FaultClass)
    catalogue.add_argument(
        "--class", dest="classes", metavar="LIST", default=kinds, help=f"classes (default: {kinds})"
    )
    show = actions.add_parser("show", help="show a fault, or the armed faults", allow_abbrev=False)
    show.add_argument("fault", nargs="?", metavar="ID")
    arm = actions.add_parser(
        "arm", help="arm a fault for a project, or for all callers (--all-callers)", allow_abbrev=False
    )
    arm.add_argument("spec", metavar="ID[,name=value,name=value]", help="parameters and conditions")
    clear = actions.add_parser("clear", help="disarm one fault, or all", allow_abbrev=False)
    clear.add_argument("fault", nargs="?", metavar="ID|NUMBER", help="default: all of the project")
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
        faults = chosen(load_catalogue().values(), given.classes.split(","), given.only)
        return {"faults": [each.as_json() for each in faults]}, [
            f"{each.kind:9}  {each.id:36}  {each.row:13}  {each.learns}" for each in faults
        ]
    if given.action == "show" and given.fault:
        row = find(given.fault).as_json()
        return row, [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in row.items()]
    return _of_server(given, find_target(given, environment))


def _of_server(given: argparse.Namespace, target: Target) -> tuple[Any, list[str]]:
    scope = {"scope": "server"} if given.all_callers else {}
    if given.action == "arm":
        fault, values = read_spec(given.spec)
        specify(fault, values)
        armed = target.ask("arm_fault", **{"fault": fault, "with": values}, **scope)
        return armed, [_line(armed)]
    if given.action == "clear":
        return _clear(given, target, scope)
    answer = target.ask("list_armed_faults", **scope)
    return answer, [_line(each) for each in answer["active"]] or ["no faults armed"]


def _clear(given: argparse.Namespace, target: Target, scope: Mapping[str, str]) -> tuple[Any, list[str]]:
    """Disarm; also list what stays armed, and how to disarm that."""
    before = target.ask("list_armed_faults", **scope)["active"]
    named: dict[str, Any] = {}
    if given.fault is not None and given.fault.isdecimal():
        armed = next((each for each in before if each["number"] == int(given.fault)), None)
        if armed is None:
            raise CommandRefused(f"no fault with the number {given.fault} is armed; see `faults show`")
        named = {"number": armed["number"]}
        scope = {"scope": "server"} if armed["project"] is None else {}
    elif given.fault is not None:
        named = {"fault": find(given.fault).id}
    answer = target.ask("clear_faults", **named, **scope)
    gone = {each["number"] for each in answer["cleared"]}
    left = [each for each in before if each["number"] not in gone]
    lines = [f"disarmed  {_line(each)}" for each in answer["cleared"]] or [_none_armed(given)]
    return answer, [*lines, *(f"still armed  {_line(each)}; disarm it: {_way(each)}" for each in left)]


def _way(armed: Mapping[str, Any]) -> str:
    return f"`sigmic-mock faults clear {armed['number']}`"


def _none_armed(given: argparse.Namespace) -> str:
    what = given.fault or "no fault"
    whose = "all callers" if given.all_callers else "this project"
    return f"{what} is armed for {whose}" if given.fault is None else f"{what} is not armed for {whose}"


def _line(armed: Mapping[str, Any]) -> str:
    whose = "all callers" if armed["project"] is None else f"project {armed['project']}"
    count = f"fired {armed['fired']}" if armed["fired"] else "never fired"
    over = "  over" if armed["over"] else ""
    said = armed["parameters"] | {
        name: value for name, value in armed["where"].items() if _USUAL.get(name) != value
    }
    with_ = "".join(f"  {name}={value}" for name, value in said.items() if value != "")
    return f"{armed['number']}  {armed['fault']}  {count}{over}  {whose}{with_}"
