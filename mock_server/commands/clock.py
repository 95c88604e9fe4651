"""`sigmic-mock clock`: look at a project's time, set how it moves, move it."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.commands.command import Console
from sigmic_conformance.mock_server.commands.target import Target, find_target, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="print the mode and the time", allow_abbrev=False)
    change = actions.add_parser("set", help="set the clock mode, or the date and time", allow_abbrev=False)
    change.add_argument("mode", nargs="?", metavar="MODE", help="real, scaled:N, manual or autojump")
    change.add_argument("--now", metavar="INSTANT", help="calendar, for example 2030-01-31T12:00:00Z")
    advance = actions.add_parser("advance", help="advance a manual or autojump clock", allow_abbrev=False)
    advance.add_argument("by", metavar="TIME", help="duration, for example 15s, 30m or 1h30m")
    timers = actions.add_parser("timers", help="list pending timers", allow_abbrev=False)
    for action in (show, change, advance, timers):
        target_arguments(action)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it."""
    target = find_target(given, environment)
    answer, lines = _ACTIONS[given.action](target, given)
    console.say(json.dumps(answer) if given.json else "\n".join(lines))
    return 0


def _show(target: Target, _given: argparse.Namespace) -> tuple[Any, list[str]]:
    state = target.call("GET", "/clock")
    return state, _state(state)


def _set(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    asked = {"mode": given.mode, "now": given.now}
    state = target.call("PUT", "/clock", {name: value for name, value in asked.items() if value is not None})
    return state, _state(state)


def _advance(target: Target, given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("POST", "/clock/advance", {"by": given.by})
    lines = [f"now {answer['now']}", *(f"{count} x {name}" for name, count in answer["counts"].items())]
    if not answer["settled"]:
        lines.append("work that it started is still running; see `sigmic-mock clock show`")
    return answer, lines


def _timers(target: Target, _given: argparse.Namespace) -> tuple[Any, list[str]]:
    answer = target.call("GET", "/clock/timers")
    lines = [f"{timer['due']}  {timer['timer']}  {timer['owner']}" for timer in answer["timers"]]
    return answer, lines or ["nothing is pending"]


def _state(state: Mapping[str, Any]) -> list[str]:
    return [f"{state['mode']}  {state['now']}  {state['timers']} timers  project {state['project']}"]


_ACTIONS = {"show": _show, "set": _set, "advance": _advance, "timers": _timers}
