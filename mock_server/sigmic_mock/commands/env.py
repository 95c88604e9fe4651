"""`sigmic-mock env`: how to reach the running server, as lines for a shell: `eval "$(sigmic-mock env)"`."""

import argparse
import json
import shlex
from collections.abc import Mapping
from typing import Any

from sigmic_mock.commands.command import CommandRefused, Console
from sigmic_mock.commands.target import find_target, target_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    target_arguments(parser)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Print the variables; asks the server whether it is there."""
    target = find_target(given, environment)
    target.ask("health")
    if not target.ready:
        raise CommandRefused("this shell already points to a server. For another one, use --ready-file FILE")
    variables = client_variables(target.ready)
    if given.json:
        console.say(json.dumps(variables))
        return 0
    for name, value in variables.items():
        console.say(f"export {name}={shlex.quote(value)}")
    return 0


def client_variables(ready: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that clients and commands read, from a server's ready file."""
    variables = {
        "SIGMIC_BASE_URL": str(ready["base_url"]),
        "SIGMIC_MOCK_CONTROL_URL": str(ready["control_url"]),
        "SIGMIC_MOCK_CONTROL_TOKEN": str(ready["control_token"]),
    }
    if ready.get("api_key"):
        variables["SIGMIC_API_KEY"] = str(ready["api_key"])
    return variables
